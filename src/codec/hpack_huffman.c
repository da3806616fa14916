/* SPDX-License-Identifier: MIT */
/*
 * The bits that are not decoded yet are at the top of `code`, zeros below. The zeros cannot make a
 * code of them: no code begins with another one (hpack_tables.h). `code` is filled up to 25 bits or
 * more; only a code of 26 to 28 bits may need some bits of one byte more. With 28 bits there is
 * always a code, or the string is refused: all four codes of 30 bits begin with 28 ones. They are
 * EOS (RFC 7541 5.2) and characters that no field may have (CR, LF, SYN; RFC 9110 5.5).
 */
#include "codec/hpack_huffman.h"

#if MIDGE_WITH_HTTP2

#include "codec/hpack_tables.h"

enum { GO = -1 };

enum { BITS_OF_NUL = 13 }; /* no shorter code is that of a control character */

struct bits {
    uint32_t code;
    unsigned n;    /* valid bits of it */
    unsigned over; /* bits of the next byte, without those that are in `code`; 0: none of them is */
    const uint8_t *at, *end;
};

/* Where four bytes are left they are read at once; those bits of them that `n` does not count are
   read again later, and are the same then. */
static inline void fill(struct bits *b)
{
    if (b->n <= 24 && b->end - b->at >= 4) {
        const uint8_t *p = b->at;
        const uint32_t four =
            (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
        const unsigned bytes = (32 - b->n) / 8;
        b->code |= four >> b->n;
        b->n += 8 * bytes;
        b->at += bytes;
        return;
    }
    for (; b->n <= 24 && b->at < b->end; b->n += 8) {
        b->code |= (uint32_t)*b->at++ << (24 - b->n);
    }
}

/* Fills up to 32 bits. `code` has more than 24, and there is a byte more. */
static inline void fill_over(struct bits *b)
{
    b->over = b->n - 24;
    b->code |= (uint32_t)*b->at >> b->over;
    b->n = 32;
}

/* Decodes codes of 5 to 7 bits, most of all. NEED_MORE: too few bits; FULL; GO: a longer code. */
static inline int decode_short(struct bits *b, char **to, const char *limit)
{
    while (b->code < MIDGE__HPACK_CODE_8) {
        unsigned len = 5, at = b->code >> 27;
        if (b->code >= MIDGE__HPACK_CODE_7) {
            len = 7;
            at = (b->code >> 25) - MIDGE__HPACK_BIAS_7;
        } else if (b->code >= MIDGE__HPACK_CODE_6) {
            len = 6;
            at = (b->code >> 26) - MIDGE__HPACK_BIAS_6;
        }
        if (len > b->n) {
            return MIDGE__HPACK_NEED_MORE;
        }
        if (*to == limit) {
            return MIDGE__HPACK_FULL;
        }
        *(*to)++ = (char)midge__hpack_symbols[at];
        b->code <<= len;
        b->n -= len;
    }
    return GO;
}

struct code {
    uint8_t len, symbol;
};

/* The code of 8 bits or more that the bits begin with. */
static inline struct code find_code(uint32_t bits)
{
    const uint8_t *count = midge__hpack_counts,
                  *symbol = midge__hpack_symbols + MIDGE__HPACK_PLACE_8;
    unsigned left = 32 - 8;
    bits -= MIDGE__HPACK_CODE_8;
    while (bits >> left >= *count) {
        bits -= (uint32_t)*count << left--;
        symbol += *count++;
    }
    return (struct code){(uint8_t)(32 - left), symbol[bits >> left]};
}

/* Takes a code of `len` bits off. */
static inline void take(struct bits *b, unsigned len)
{
    b->code <<= len;
    b->n -= len;
    if (b->over > 0) {
        b->code |= (uint32_t)*b->at++ << (32 - b->over) >> b->n;
        b->n += b->over;
        b->over = 0;
    }
}

/* Decodes until bits or room are used up. *control: set if there may be control characters. */
static inline enum midge__hpack_kind decode(struct bits *b, char **to, const char *limit,
                                            bool *control)
{
    while (true) {
        fill(b);
        const int kind = decode_short(b, to, limit);
        if (b->at < b->end && b->n <= 24 && kind != MIDGE__HPACK_FULL) {
            continue;
        }
        if (kind != GO) {
            return (enum midge__hpack_kind)kind;
        }
        if (b->code >= MIDGE__HPACK_REFUSED) {
            return MIDGE__HPACK_ERROR;
        }
        const struct code found = find_code(b->code);
        if (found.len > b->n) {
            if (b->at == b->end) {
                return MIDGE__HPACK_NEED_MORE;
            }
            fill_over(b);
            continue;
        }
        if (*to == limit) {
            return MIDGE__HPACK_FULL;
        }
        *(*to)++ = (char)found.symbol;
        *control = *control || found.len >= BITS_OF_NUL;
        take(b, found.len);
    }
}

enum midge__hpack_kind midge__hpack_huffman(struct midge__hpack *d, const uint8_t **at,
                                            const uint8_t *end, struct midge__hpack_text *text)
{
    struct bits b = {d->code, d->bits, 0, *at, end};
    char *to = text->ptr + text->fill;
    bool control = d->unchecked;
    enum midge__hpack_kind kind = decode(&b, &to, text->ptr + text->cap, &control);
    d->code = b.code;
    d->bits = (uint8_t)(b.over > 0 ? 24 + b.over : b.n);
    d->unchecked = control;
    text->fill = (size_t)(to - text->ptr);
    *at = b.at;
    return kind;
}

#endif
