/* SPDX-License-Identifier: MIT */
/*
 * Four characters make three bytes. `chars` counts the characters of the current group; `bits`
 * holds the bits that are not part of a finished byte yet: none, six, four or two bits after 0, 1,
 * 2 or 3 characters.
 *
 *   chars  pads   next
 *   0      0      a character, or the end
 *   1      0      a character
 *   2, 3   0      a character or '='
 *   2      1      '='
 *   0      1, 2   the end: nothing may follow padding
 */
#include "base/base64.h"

#include "base/span.h"
#include "midge/err.h"

/* The value of a character, 0 to 63; -1: the character is not in the alphabet. */
static int value_of(char c)
{
    if (midge__is_alpha(c)) {
        return c >= 'a' ? c - 'a' + 26 : c - 'A';
    }
    if (midge__is_digit(c)) {
        return c - '0' + 52;
    }
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Returns as take_char does, but never 1. Padding is legal only when the bits before it are
   zero. */
static int take_pad(struct midge__base64 *b)
{
    if (b->chars < 2 || b->bits != 0) {
        return MIDGE_ERR_PROTOCOL;
    }
    b->pads++;
    if (b->chars + b->pads == 4) {
        b->chars = 0;
    }
    return 0;
}

/* 1: *out is a byte; 0: no byte is complete yet; negative: the character is not allowed here. */
static int take_char(struct midge__base64 *b, char c, uint8_t *out)
{
    int value = value_of(c);
    if (value < 0 || b->pads > 0) {
        return MIDGE_ERR_PROTOCOL;
    }
    unsigned free = 2u * b->chars; /* bits of this value that end a byte */
    unsigned bits = (unsigned)b->bits << 6 | (unsigned)value;
    b->chars = (b->chars + 1) & 3;
    *out = (uint8_t)(bits >> (6 - free));
    b->bits = (uint8_t)(bits & ((1u << (6 - free)) - 1));
    return free > 0;
}

static bool is_space(char c)
{
    return midge__is_ows(c) || c == '\r' || c == '\n';
}

int midge__base64_decode(struct midge__base64 *b, struct midge_span *in, uint8_t *out, size_t cap,
                         size_t *n)
{
    *n = 0;
    for (; in->len > 0 && *n < cap; in->ptr++, in->len--) {
        char c = *in->ptr;
        if (b->spaces != 0 && is_space(c)) {
            continue;
        }
        int got = c == '=' ? take_pad(b) : take_char(b, c, out + *n);
        if (got < 0) {
            return MIDGE_ERR_PROTOCOL;
        }
        *n += (size_t)got;
    }
    return MIDGE_OK;
}

int midge__base64_end(const struct midge__base64 *b)
{
    return b->chars == 0 ? MIDGE_OK : MIDGE_ERR_PROTOCOL;
}
