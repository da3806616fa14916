/* SPDX-License-Identifier: MIT */
/*
 * Each call composes a part of the block and leaves out the bytes that do not lie in the window.
 * The text may lie behind the window in the same buffer, so it is moved, front to back.
 */
#include "codec/hpack.h"

#if MIDGE_WITH_HTTP2

#include <string.h>

#include "base/check.h"
#include "base/span.h"

/* First bytes (RFC 7541 6). */
enum { INDEXED = 0x80, LITERAL = 0x00, NEVER_INDEXED = 0x10 };

MIDGE__APART static void put_byte(struct midge__hpack_out *out, uint8_t byte)
{
    if (out->at >= out->begin && out->at < out->end) {
        out->buf[out->at - out->begin] = byte;
    }
    out->at++;
}

static void put_text(struct midge__hpack_out *out, struct midge_span text)
{
    const size_t start = out->at;
    out->at += text.len;
    const size_t from = start < out->begin ? out->begin : start;
    const size_t to = out->at < out->end ? out->at : out->end;
    if (from < to) {
        memmove(out->buf + (from - out->begin), text.ptr + (from - start), to - from);
    }
}

static void put_lower(struct midge__hpack_out *out, struct midge_span text)
{
    for (size_t i = 0; i < text.len; i++) {
        put_byte(out, (uint8_t)midge__lower(text.ptr[i]));
    }
}

/* RFC 7541 5.1; `first` has the bits above the integer's. */
MIDGE__APART static void put_integer(struct midge__hpack_out *out, unsigned first, unsigned bits,
                                     size_t n)
{
    const unsigned max = (1U << bits) - 1;
    if (n < max) {
        put_byte(out, (uint8_t)(first | n));
        return;
    }
    put_byte(out, (uint8_t)(first | max));
    for (n -= max; n >= 0x80; n >>= 7) {
        put_byte(out, (uint8_t)(n | 0x80));
    }
    put_byte(out, (uint8_t)n);
}

void midge__hpack_put_index(struct midge__hpack_out *out, unsigned index)
{
    put_byte(out, (uint8_t)(INDEXED | index));
}

void midge__hpack_put_field(struct midge__hpack_out *out, unsigned index, bool secret,
                            struct midge_span name, struct midge_span value)
{
    put_integer(out, secret ? NEVER_INDEXED : LITERAL, 4, index);
    if (index == 0) {
        put_integer(out, 0, 7, name.len);
        put_lower(out, name);
    }
    put_integer(out, 0, 7, value.len);
    put_text(out, value);
}

#endif
