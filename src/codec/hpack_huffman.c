/* SPDX-License-Identifier: MIT */
/*
 * d->code has the bits that are no whole code yet at its top, zeros below. The zeros cannot make a
 * code of them: no code begins with another one (hpack_tables.h). With 28 bits or more there is
 * always a code, or the string is refused: all four codes of 30 bits begin with 28 ones, and three
 * of them are characters that no field may have (CR, LF, and EOS, RFC 7541 5.2, RFC 9113 8.2.1).
 */
#include "codec/hpack_huffman.h"

#if MIDGE_WITH_HTTP2

#include "codec/hpack_tables.h"

/* Takes all whole codes off. Returns where the next character goes; NULL: a code of 30 bits. */
static inline char *take_codes(uint32_t *code, unsigned *bits, char *to)
{
    while (*bits >= MIDGE__HPACK_SHORTEST) {
        unsigned row = 0;
        if (*code >= MIDGE__HPACK_REFUSED) {
            return NULL;
        }
        while (*code >= midge__hpack_codes[row + 1]) {
            row++;
        }
        const unsigned len = midge__hpack_code_bits[row];
        if (len > *bits) {
            break;
        }
        const uint32_t nth = (*code - midge__hpack_codes[row]) >> (32 - len);
        *to++ = (char)midge__hpack_symbols[midge__hpack_code_symbols[row] + nth];
        *code <<= len;
        *bits -= len;
    }
    return to;
}

const uint8_t *midge__hpack_huffman(struct midge__hpack *d, const uint8_t *at, const uint8_t *end,
                                    struct midge__hpack_text *text)
{
    char dropped[2];
    char *to = text->ptr + text->fill, *const limit = text->ptr + text->cap;
    uint32_t code = d->code;
    unsigned bits = d->bits;
    for (; at < end && (text->skip || limit - to >= 2); at++) {
        const unsigned step = bits > 24 ? 4 : 8; /* `code` has no room for more */
        uint32_t in = (uint32_t)*at << 24;
        char *next = text->skip ? dropped : to;
        for (unsigned left = 8; left > 0 && next != NULL; left -= step, in <<= step) {
            code |= in >> bits; /* bits behind these are of the same byte, and come again */
            bits += step;
            next = take_codes(&code, &bits, next);
        }
        if (next == NULL) {
            return NULL;
        }
        to = text->skip ? to : next;
    }
    text->fill = (size_t)(to - text->ptr);
    d->code = code;
    d->bits = (uint8_t)bits;
    return at;
}

#endif
