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

enum { ROW_OF_NUL = 7 }; /* no row before it has control characters */

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

/* Decodes codes of 5 to 7 bits, most of all, as long as the bits and the room suffice. */
static inline void decode_short(struct bits *b, char **to, const char *limit)
{
    while (b->n >= 7 && b->code < MIDGE__HPACK_CODE_8 && *to != limit) {
        unsigned len = 5, at = b->code >> 27;
        if (b->code >= MIDGE__HPACK_CODE_7) {
            len = 7;
            at = (b->code >> 25) - MIDGE__HPACK_BIAS_7;
        } else if (b->code >= MIDGE__HPACK_CODE_6) {
            len = 6;
            at = (b->code >> 26) - MIDGE__HPACK_BIAS_6;
        }
        *(*to)++ = (char)midge__hpack_symbols[at];
        b->code <<= len;
        b->n -= len;
    }
}

/* The row of the code that the bits begin with. */
static inline unsigned find_row(const struct bits *b)
{
    const uint32_t *next = midge__hpack_codes + 1;
    while (b->code >= *next) {
        next++;
    }
    return (unsigned)(next - midge__hpack_codes) - 1;
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

/* Decodes until bits or room are used up. *rows: all rows, or-ed. */
static inline enum midge__hpack_kind decode(struct bits *b, char **to, const char *limit,
                                            unsigned *rows)
{
    while (true) {
        fill(b);
        decode_short(b, to, limit);
        if (b->n <= 24 && b->at < b->end) {
            continue;
        }
        if (b->code >= MIDGE__HPACK_REFUSED) {
            return MIDGE__HPACK_ERROR;
        }
        const unsigned row = find_row(b), len = midge__hpack_code_bits[row];
        if (len > b->n) {
            if (b->at == b->end) {
                return MIDGE__HPACK_NEED_MORE;
            }
            fill_over(b);
            continue;
        }
        if (*to == limit) {
            return MIDGE__HPACK_FULL;
        }
        const uint32_t nth = (b->code - midge__hpack_codes[row]) >> (32 - len);
        *(*to)++ = (char)midge__hpack_symbols[midge__hpack_code_symbols[row] + nth];
        *rows |= row;
        take(b, len);
    }
}

enum midge__hpack_kind midge__hpack_huffman(struct midge__hpack *d, const uint8_t **at,
                                            const uint8_t *end, struct midge__hpack_text *text)
{
    struct bits b = {d->code, d->bits, 0, *at, end};
    char *to = text->ptr + text->fill;
    unsigned rows = 0;
    enum midge__hpack_kind kind = decode(&b, &to, text->ptr + text->cap, &rows);
    d->code = b.code;
    d->bits = (uint8_t)(b.over > 0 ? 24 + b.over : b.n);
    d->unchecked = d->unchecked || rows >= ROW_OF_NUL;
    text->fill = (size_t)(to - text->ptr);
    *at = b.at;
    return kind;
}

#endif
