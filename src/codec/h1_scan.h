/* SPDX-License-Identifier: MIT */
/*
 * Finds the end of a text and of a name. Part of the parser, for h1_whole.c: every byte of a head
 * is looked at here, so a word is read at a time. A sum marks the bytes of the word that are not
 * usual, in their top bits. The bytes from the first mark on are checked one by one.
 *
 * No sum of bytes from 0x20 to 0x7f carries into the next byte. All others mark themselves, so
 * their carry can only change marks behind the first one, or on big-endian machines before it: then
 * more bytes are checked one by one.
 */
#ifndef MIDGE__H1_SCAN_H
#define MIDGE__H1_SCAN_H

#include "base/span.h"

#define MIDGE__ONES (SIZE_MAX / 0xff) /* 0x01 in each byte */
#define MIDGE__TOPS (MIDGE__ONES * 0x80)

/* Marks all but 0x20 to 0x7e. */
static inline size_t midge__mark_text(size_t word)
{
    return (word | (word - MIDGE__ONES * 0x20) | (word + MIDGE__ONES)) & MIDGE__TOPS;
}

/* Marks all but letters and '-'. */
static inline size_t midge__mark_name(size_t word)
{
    const size_t lower = word | MIDGE__ONES * 0x20;
    const size_t from_a = lower + MIDGE__ONES * (0x80 - 'a');
    const size_t after_z = lower + MIDGE__ONES * (0x7f - 'z');
    const size_t no_hyphen = (word ^ MIDGE__ONES * '-') + MIDGE__ONES * 0x7f;
    return (word | ((~from_a | after_z) & no_hyphen)) & MIDGE__TOPS;
}

/* Number of bytes before the first mark. */
static inline size_t midge__before_mark(size_t marks)
{
#if defined(__GNUC__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    return (size_t)__builtin_ctzll(marks) / 8;
#else
    (void)marks;
    return 0;
#endif
}

/* The first byte that is marked, or one of the last before the limit. */
static inline char *midge__unmarked_end(char *at, const char *limit, size_t (*mark)(size_t word))
{
    size_t word, marks = 0;
    for (; marks == 0 && (size_t)(limit - at) >= sizeof word; at += sizeof word) {
        memcpy(&word, at, sizeof word);
        marks = mark(word);
    }
    return marks != 0 ? at - sizeof word + midge__before_mark(marks) : at;
}

/* The first control character, or the limit. */
static inline char *midge__text_end(char *at, const char *limit)
{
    at = midge__unmarked_end(at, limit, midge__mark_text);
    while (at != limit && !midge__is_ctl(*at)) {
        at++;
    }
    return at;
}

/* The first byte that is not of a token, or the limit. */
static inline char *midge__token_end(char *at, const char *limit)
{
    at = midge__unmarked_end(at, limit, midge__mark_name);
    while (at != limit && midge__is_token(*at)) {
        at++;
    }
    return at;
}

#endif
