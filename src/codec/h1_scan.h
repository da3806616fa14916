/* SPDX-License-Identifier: MIT */
/*
 * Finds the end of a text and of a name. Part of the parser, for h1_whole.c: every byte of a head
 * is looked at here, so a word is read at a time. A sum marks the bytes of the word that are not
 * usual, in their top bits. The bytes from the first mark on are checked one by one. There is no
 * limit: a word of NULs, which are marked and of no text or name, must stand behind the bytes.
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

/* The first byte that is marked. */
static inline char *midge__marked(char *at, size_t (*mark)(size_t word))
{
    size_t word, marks;
    do {
        memcpy(&word, at, sizeof word);
        marks = mark(word);
        at += sizeof word;
    } while (marks == 0);
    return at - sizeof word + midge__before_mark(marks);
}

/* The first control character. */
static inline char *midge__text_end(char *at)
{
    at = midge__marked(at, midge__mark_text);
    while (*at != '\r' && !midge__is_ctl(*at)) {
        at++;
    }
    return at;
}

/* The first byte that is not of a token. */
static inline char *midge__token_end(char *at)
{
    at = midge__marked(at, midge__mark_name);
    while (*at != ':' && midge__is_token(*at)) {
        at++;
    }
    return at;
}

#endif
