/* SPDX-License-Identifier: MIT */
/*
 * Small values from outside: base64 (any split gives the same bytes, and what is accepted encodes
 * back to the text), dates, Retry-After, Keep-Alive, Content-Range (also reads itself back), IP
 * addresses (beside the C library's reader), names of fields. The last byte chooses.
 */
#include "fuzz.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <time.h>

#include "base/address.h"
#include "base/base64.h"
#include "base/span.h"
#include "codec/content_range.h"
#include "codec/field.h"
#include "codec/http_date.h"
#include "codec/keep_alive.h"
#include "codec/retry_after.h"
#include "midge/err.h"

/* --- base64 --- */

/* Decodes in the given pieces into `out`, `cap` bytes at a time. */
static int decode(struct fuzz_in in, struct fuzz_splits splits, size_t cap, bool spaces,
                  struct fuzz_text *out)
{
    struct midge__base64 b = {.spaces = spaces};
    uint8_t bytes[64];
    int err = MIDGE_OK;
    fuzz_add(out, "", 0);
    while (in.len > 0 && err == MIDGE_OK) {
        size_t size = fuzz_next(&splits, in.len), n;
        char *piece = fuzz_copy(in.at, size);
        struct midge_span rest = midge__span(piece, size);
        do {
            err = midge__base64_decode(&b, &rest, bytes, cap, &n);
            FUZZ_CHECK(n <= cap);
            fuzz_add(out, bytes, n);
        } while (err == MIDGE_OK && rest.len > 0);
        in.at += size;
        in.len -= size;
        free(piece);
    }
    return err == MIDGE_OK ? midge__base64_end(&b) : err;
}

static void encode(struct fuzz_text *out, const struct fuzz_text *bytes)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    fuzz_add(out, "", 0);
    for (size_t i = 0; i < bytes->len; i += 3) {
        uint32_t three = 0;
        for (size_t k = 0; k < 3; k++) {
            three = three << 8 | (i + k < bytes->len ? (uint8_t)bytes->ptr[i + k] : 0U);
        }
        for (size_t k = 0; k < 4; k++) {
            bool pad = i + k > bytes->len;
            fuzz_add(out, pad ? "=" : &digits[three >> (18 - 6 * k) & 63], 1);
        }
    }
}

static void check_base64(struct fuzz_in in, struct fuzz_splits splits, unsigned choice)
{
    struct fuzz_text whole = {NULL, 0, 0}, split = {NULL, 0, 0}, again = {NULL, 0, 0};
    struct fuzz_splits none = {NULL, 0, 0};
    bool spaces = (choice & 1) != 0;
    int err = decode(in, none, 64, spaces, &whole);
    FUZZ_CHECK(err == decode(in, splits, 1 + choice % 64, spaces, &split));
    fuzz_same(&whole, &split, "base64 in pieces");
    if (err == MIDGE_OK && !spaces) {
        encode(&again, &whole);
        FUZZ_CHECK(again.len == in.len && memcmp(again.ptr, in.at, in.len) == 0);
    }
    fuzz_free(&whole);
    fuzz_free(&split);
    fuzz_free(&again);
}

/* --- dates and seconds --- */

/* What is accepted is the same moment in the preferred form. */
static void check_date(struct midge_span text)
{
    static const char days[] = "SunMonTueWedThuFriSat",
                      months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    int64_t seconds = -1, again = -1;
    char line[64];
    if (midge__http_date(text, &seconds)) {
        FUZZ_CHECK(seconds >= 0 && seconds <= 253402300800); /* a leap second after the year 9999 */
        time_t at = (time_t)seconds;
        const struct tm *tm = gmtime(&at);
        (void)snprintf(line, sizeof line, "%.3s, %02d %.3s %04d %02d:%02d:%02d GMT",
                       days + 3 * tm->tm_wday, tm->tm_mday, months + 3 * tm->tm_mon,
                       tm->tm_year + 1900, tm->tm_hour, tm->tm_min, tm->tm_sec);
        FUZZ_CHECK(seconds == 253402300800 || midge__http_date(midge__span_of(line), &again));
        FUZZ_CHECK(seconds == 253402300800 || seconds == again);
    }
}

static void check_retry_after(struct midge_span text, struct midge_span date)
{
    uint32_t seconds = midge__retry_after(text, date);
    bool digits = text.len > 0;
    uint64_t expected = 0;
    for (size_t i = 0; i < text.len; i++) {
        digits = digits && isdigit((unsigned char)text.ptr[i]);
        expected = digits && expected < UINT32_MAX ? expected * 10 + (uint64_t)(text.ptr[i] - '0')
                                                   : expected;
    }
    if (digits) {
        FUZZ_CHECK(seconds == (expected < UINT32_MAX ? expected : UINT32_MAX));
    }
}

/* Of several values the smallest counts, so reading it twice or in halves changes nothing. */
static void check_keep_alive(struct midge_span text)
{
    struct midge__keep_alive once = {MIDGE__KEEP_ALIVE_NONE, MIDGE__KEEP_ALIVE_NONE};
    midge__keep_alive_note(&once, text);
    struct midge__keep_alive twice = once;
    midge__keep_alive_note(&twice, text);
    FUZZ_CHECK(once.max == twice.max && once.timeout_s == twice.timeout_s);
}

/* --- addresses and names --- */

/* As the C library reads it. */
static void check_address(struct midge_span text, const char *string)
{
    uint8_t bytes[16] = {0}, expected[16] = {0};
    unsigned family = midge__address_parse(text, bytes);
    unsigned libc = inet_pton(AF_INET, string, expected) == 1    ? 4
                    : inet_pton(AF_INET6, string, expected) == 1 ? 6
                                                                 : 0;
    FUZZ_CHECK(family == libc);
    FUZZ_CHECK(family == 0 || memcmp(bytes, expected, family == 4 ? 4 : 16) == 0);
}

#define NUMBER 24

static size_t write_number(char *out, uint64_t value)
{
    return value == MIDGE_RANGE_UNKNOWN
               ? (size_t)snprintf(out, NUMBER, "*")
               : (size_t)snprintf(out, NUMBER, "%llu", (unsigned long long)value);
}

/* A range that is accepted is sound, and written out it is the text, but for leading zeros. */
static void check_content_range(struct midge_span text)
{
    struct midge_content_range range, again;
    char out[100] = "bytes ";
    size_t n = 6;
    if (!midge__content_range(text, &range)) {
        return;
    }
    bool star = range.first == MIDGE_RANGE_UNKNOWN;
    FUZZ_CHECK(star == (range.last == MIDGE_RANGE_UNKNOWN));
    FUZZ_CHECK(star ? range.total != MIDGE_RANGE_UNKNOWN
                    : range.first <= range.last && range.last < range.total);
    n += write_number(out + n, range.first);
    if (!star) {
        out[n++] = '-';
        n += write_number(out + n, range.last);
    }
    out[n++] = '/';
    n += write_number(out + n, range.total);
    FUZZ_CHECK(n <= text.len);
    FUZZ_CHECK(n < text.len || midge__span_eq_nocase(midge__span(out, n), text));
    FUZZ_CHECK(midge__content_range(midge__span(out, n), &again));
    FUZZ_CHECK(memcmp(&range, &again, sizeof range) == 0);
}

static void check_name(struct midge_span text)
{
    if (text.len > 0 && midge__token_len(text) == text.len) {
        enum midge__field field = midge__field_of(text);
        for (unsigned i = 0; i < MIDGE__FIELD_OTHER; i++) {
            FUZZ_CHECK((field == i) == midge__span_is(text, midge__field_name(i)));
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_in in = {data, size};
    unsigned choice = fuzz_choice(&in);
    struct fuzz_splits splits = fuzz_splits(&in);
    char *exact = fuzz_copy(in.at, in.len), *text = fuzz_string(in.at, in.len);
    struct midge_span span = midge__span(exact, in.len);
    size_t line = midge__span_find(span, '\n');
    struct midge_span date =
        line < span.len ? midge__span(exact + line + 1, span.len - line - 1) : midge__span(NULL, 0);
    check_base64(in, splits, choice);
    check_date(span);
    check_retry_after(midge__span(exact, line), date);
    check_keep_alive(span);
    check_content_range(span);
    check_name(span);
    if (text != NULL) {
        check_address(span, text);
    }
    free(text);
    free(exact);
    return 0;
}
