/* SPDX-License-Identifier: MIT */
/*
 * The answers of the program chat, in two ways:
 *
 *     any bytes     whole and in pieces: the same text, error and end; each text that is shown is
 *                   whole characters of UTF-8; an event of any size stays in its memory
 *     a text        cut at any byte into the deltas of a stream, and that into pieces: shown is the
 *                   text itself, with U+FFFD for each byte that is no character
 */
#include <stdarg.h>

#include "base/span.h"
#include "chat_parts.h"
#include "fuzz.h"

#define REPLACED  "\xef\xbf\xbd"
#define EVENT_MAX 4096

static bool is_whole(const char *text, size_t len)
{
    uint32_t code = 0;
    for (size_t n; len > 0 && code != APP_NO_CHARACTER; text += n, len -= n) {
        n = app_utf8(text, len, &code);
    }
    return len == 0 && code != APP_NO_CHARACTER;
}

static void emit(void *ctx, const char *text, size_t len)
{
    FUZZ_CHECK(len > 0 && len <= CHAT_RUN_BYTES && is_whole(text, len));
    fuzz_add(ctx, text, len);
}

/* What an answer shows, and then how it ended. */
static void read_answer(struct midge_span body, size_t cap, struct fuzz_splits splits,
                        struct fuzz_text *shown)
{
    struct app app = {.name = "chat"};
    struct app_item item = {.app = &app, .number = 1};
    struct chat_answer *answer = calloc(1, sizeof *answer);
    char *event = malloc(cap);
    int err = MIDGE_OK;
    FUZZ_CHECK(answer != NULL && event != NULL);
    chat_answer_init(answer, event, cap, emit, shown);
    answer->is_good = true;
    while (body.len > 0 && err == MIDGE_OK) {
        const size_t size = fuzz_next(&splits, body.len);
        uint8_t *piece = fuzz_copy(body.ptr, size);
        err = answer->sink.write(&answer->sink, piece, size);
        body = midge__span(body.ptr + size, body.len - size);
        free(piece);
    }
    err = answer->sink.finish(&answer->sink, err,
                              err == MIDGE_OK ? MIDGE_COMPLETE_YES : MIDGE_COMPLETE_NO);
    item.result.error = err;
    told[0] = '\0';
    chat_answer_tell(answer, &item);
    FUZZ_CHECK(item.failed != chat_answer_is_whole(answer) || err != MIDGE_OK);
    fuzz_printf(shown, "\n%d %d %d %s", err, answer->done, item.failed, answer->reason);
    fuzz_puts(shown, told);
    free(event);
    free(answer);
}

static void check_bytes(struct midge_span body, size_t cap, struct fuzz_splits splits)
{
    const struct fuzz_splits none = {NULL, 0, 0};
    struct fuzz_text whole = {NULL, 0, 0}, split = {NULL, 0, 0};
    read_answer(body, cap, none, &whole);
    read_answer(body, cap, splits, &split);
    fuzz_same(&whole, &split, "an answer in pieces");
    fuzz_free(&whole);
    fuzz_free(&split);
}

/* --- a text in deltas --- */

/* Control characters, quotes and backslashes are escaped, all other bytes are as they are. */
static void add_byte_quoted(struct fuzz_text *stream, uint8_t byte)
{
    if (byte < ' ' || byte == '"' || byte == '\\') {
        fuzz_printf(stream, "\\u%04x", byte);
    } else {
        fuzz_add(stream, &byte, 1);
    }
}

/* chat.h: U+EF80 to U+EFFF and NUL are not passed on as they are. */
static bool is_own(const struct midge_span text)
{
    for (size_t i = 0; i < text.len; i++) {
        const uint8_t *at = (const uint8_t *)text.ptr + i;
        if (*at == '\0' || (*at == 0xee && i + 1 < text.len && at[1] >= 0xbe)) {
            return false;
        }
    }
    return true;
}

static void write_stream(struct midge_span text, struct fuzz_splits cuts, struct fuzz_text *stream)
{
    while (text.len > 0) {
        size_t size = fuzz_next(&cuts, text.len);
        size = size < 400 ? size : 400;
        fuzz_puts(stream, "data: {\"choices\":[{\"delta\":{\"content\":\"");
        for (size_t i = 0; i < size; i++) {
            add_byte_quoted(stream, (uint8_t)text.ptr[i]);
        }
        fuzz_puts(stream, "\"}}]}\n\n");
        text = midge__span(text.ptr + size, text.len - size);
    }
    fuzz_puts(stream, "data: [DONE]\n\n");
}

static void write_expected(struct midge_span text, struct fuzz_text *expected)
{
    fuzz_puts(expected, "");
    while (text.len > 0) {
        uint32_t code;
        const size_t n = app_utf8(text.ptr, text.len, &code);
        const bool good = code != APP_NO_CHARACTER;
        fuzz_add(expected, good ? text.ptr : REPLACED, good ? n : sizeof REPLACED - 1);
        text = midge__span(text.ptr + n, text.len - n);
    }
    fuzz_puts(expected, "\n0 1 0 ");
}

static void check_text(struct midge_span text, struct fuzz_splits cuts, struct fuzz_splits splits)
{
    struct fuzz_text stream = {NULL, 0, 0}, shown = {NULL, 0, 0}, expected = {NULL, 0, 0};
    if (!is_own(text)) {
        return;
    }
    write_stream(text, cuts, &stream);
    write_expected(text, &expected);
    read_answer(midge__span(stream.ptr, stream.len), EVENT_MAX, splits, &shown);
    fuzz_same(&shown, &expected, "a text cut into deltas");
    fuzz_free(&stream);
    fuzz_free(&shown);
    fuzz_free(&expected);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_in in = {data, size};
    const unsigned how = fuzz_choice(&in);
    const size_t cap = 16 + 4 * (size_t)fuzz_choice(&in);
    const struct fuzz_splits cuts = fuzz_splits(&in), splits = fuzz_splits(&in);
    const struct midge_span text = {(const char *)in.at, in.len};
    if ((how & 1) != 0) {
        check_text(text, cuts, splits);
    } else {
        check_bytes(text, cap, splits);
    }
    return 0;
}
