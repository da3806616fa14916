/* SPDX-License-Identifier: MIT */
/* Encoder of HPACK. */
#include "codec/hpack.h"

#if MIDGE_WITH_HTTP2

#include <string.h>

#include "base/check.h"
#include "base/span.h"

/* First bytes (RFC 7541 6). */
enum { LITERAL = 0x00, NEVER_INDEXED = 0x10 };

/* RFC 7541 5.1; `first` has the bits above the integer's. */
MIDGE__APART static uint8_t *put_integer(uint8_t *to, unsigned first, unsigned max, size_t n)
{
    if (n < max) {
        *to++ = (uint8_t)(first | n);
        return to;
    }
    *to++ = (uint8_t)(first | max);
    for (n -= max; n >= 0x80; n >>= 7) {
        *to++ = (uint8_t)(n | 0x80);
    }
    *to++ = (uint8_t)n;
    return to;
}

uint8_t *midge__hpack_put_index(uint8_t *to, unsigned index, bool secret)
{
    return put_integer(to, secret ? NEVER_INDEXED : LITERAL, 15, index);
}

uint8_t *midge__hpack_put_text(uint8_t *to, struct midge_span text, bool lower)
{
    to = put_integer(to, 0, 127, text.len);
    memmove(to, text.ptr, text.len);
    for (size_t i = 0; lower && i < text.len; i++) {
        to[i] = (uint8_t)midge__lower((char)to[i]);
    }
    return to + text.len;
}

#endif
