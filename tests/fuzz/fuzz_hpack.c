/* SPDX-License-Identifier: MIT */
/*
 * Header blocks: in one piece, and in pieces with a text buffer that is full at each byte: the same
 * fields and the same end. Beside nghttp2's decoder, without a dynamic table, where that
 * is at hand (hpack_oracle.h). Three differences are allowed: midge refuses a Huffman code of 30
 * bits for a character (RFC 9110 5.5), and an integer of more than four bytes after its first;
 * nghttp2 refuses a long string at its length, when midge still waits for its end.
 *
 * A field that the decoder read is also encoded, and read again.
 */
#include "fuzz.h"

#include "base/span.h"
#include "codec/hpack.h"
#include "hpack_oracle.h"

enum { ROOM = 4096 }; /* more than a name or value of the longest input */

struct block {
    struct midge__hpack hpack;
    struct midge__hpack_text text;
    struct fuzz_text name, value, *log;
    bool is_value, is_tight;
};

static void take(struct block *b)
{
    fuzz_add(b->is_value ? &b->value : &b->name, b->text.ptr, b->text.fill);
    b->text.fill = 0;
}

/* A field is encoded, and read again. */
static void check_encoder(struct midge_span name, struct midge_span value)
{
    const size_t most = MIDGE__HPACK_FIELD_MAX(name.len + value.len);
    uint8_t *block = malloc(most);
    char *read = malloc(name.len + value.len + 1);
    FUZZ_CHECK(block != NULL && read != NULL);
    const uint8_t *at = block, *end = midge__hpack_put_field(block, 0, false, name, value);
    struct midge__hpack hpack = {0};
    struct midge__hpack_text text = {read, 0, name.len + value.len};
    FUZZ_CHECK(end <= block + most);
    FUZZ_CHECK(midge__hpack_read(&hpack, &at, end, &text) == MIDGE__HPACK_NAME);
    FUZZ_CHECK(midge__span_eq_nocase(midge__span(read, text.fill), name));
    FUZZ_CHECK(midge__hpack_read(&hpack, &at, end, &text) == MIDGE__HPACK_FIELD);
    FUZZ_CHECK(midge__span_eq(midge__span(read + name.len, text.fill - name.len), value));
    FUZZ_CHECK(at == end && midge__hpack_is_complete(&hpack));
    free(read);
    free(block);
}

static void on_field(struct block *b)
{
    const bool has_control = memchr(b->value.ptr, 0, b->value.len) != NULL ||
                             memchr(b->value.ptr, 0x7f, b->value.len) != NULL;
    FUZZ_CHECK(b->hpack.unchecked || !has_control);
    hpack_log_field(b->log, b->name.ptr, b->name.len, b->value.ptr, b->value.len);
    if (!b->is_tight && b->name.len + b->value.len < 1000) {
        check_encoder(midge__span(b->name.ptr, b->name.len),
                      midge__span(b->value.ptr, b->value.len));
    }
    b->name.len = b->value.len = 0;
    b->is_value = false;
}

/* False: an error. */
static bool read_piece(struct block *b, const uint8_t *at, const uint8_t *end)
{
    while (true) {
        enum midge__hpack_kind kind = midge__hpack_read(&b->hpack, &at, end, &b->text);
        FUZZ_CHECK(at <= end && b->text.fill <= b->text.cap);
        take(b);
        if (kind == MIDGE__HPACK_NEED_MORE) {
            FUZZ_CHECK(at == end);
            return true;
        }
        if (kind == MIDGE__HPACK_ERROR) {
            return false;
        }
        FUZZ_CHECK(kind != MIDGE__HPACK_FULL || b->is_tight);
        if (kind == MIDGE__HPACK_NAME) {
            FUZZ_CHECK(!b->is_value);
            b->is_value = true;
        } else if (kind == MIDGE__HPACK_FIELD) {
            FUZZ_CHECK(b->is_value);
            on_field(b);
        }
    }
}

/* Adds the fields to the log. False: the block has an error, or is cut. */
static bool run(struct fuzz_in in, struct fuzz_splits splits, bool is_tight, struct fuzz_text *log)
{
    struct block b = {.log = log, .is_tight = is_tight};
    bool ok = true;
    b.text.cap = is_tight ? 1 : ROOM;
    b.text.ptr = malloc(b.text.cap);
    FUZZ_CHECK(b.text.ptr != NULL);
    fuzz_add(&b.name, "", 0);
    fuzz_add(&b.value, "", 0);
    while (ok && in.len > 0) {
        const size_t n = fuzz_next(&splits, in.len);
        uint8_t *piece = fuzz_copy(in.at, n);
        ok = read_piece(&b, piece, piece + n);
        free(piece);
        in.at += n;
        in.len -= n;
    }
    fuzz_free(&b.name);
    fuzz_free(&b.value);
    free(b.text.ptr);
    return ok && midge__hpack_is_complete(&b.hpack);
}

/* May midge refuse what nghttp2 accepts? Has the text a character of 30 bits, or the block what may
   be an integer of five bytes and more? */
static bool is_stricter(struct fuzz_in in, const struct fuzz_text *theirs)
{
    bool found = false;
    for (size_t i = 0; i < theirs->len; i++) {
        found = found || strchr("\r\n\x16", theirs->ptr[i]) != NULL;
    }
    for (size_t i = 0; i + 4 < in.len; i++) {
        found = found || (in.at[i] & in.at[i + 1] & in.at[i + 2] & in.at[i + 3] & 0x80) != 0;
    }
    return found;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_in in = {data, size};
    struct fuzz_splits splits = fuzz_splits(&in), none = {NULL, 0, 0};
    struct fuzz_text whole = {NULL, 0, 0}, pieces = {NULL, 0, 0}, theirs = {NULL, 0, 0};
    fuzz_add(&whole, "", 0);
    fuzz_add(&pieces, "", 0);
    fuzz_add(&theirs, "", 0);
    const bool ok = run(in, none, false, &whole), accepted = oracle_hpack(in, &theirs);
    FUZZ_CHECK(run(in, splits, true, &pieces) == ok);
    fuzz_same(&whole, &pieces, "In one piece and in pieces");
    if (HAS_HPACK_ORACLE) {
        FUZZ_CHECK(!ok || accepted);
        FUZZ_CHECK(ok || !accepted || is_stricter(in, &theirs));
        if (ok) {
            fuzz_same(&whole, &theirs, "midge and nghttp2");
        }
    }
    fuzz_free(&whole);
    fuzz_free(&pieces);
    fuzz_free(&theirs);
    return 0;
}
