/* SPDX-License-Identifier: MIT */
/* The scanner's states, shared by its files: json_scan.c (tokens) calls json_string.c (strings). */
#ifndef MIDGE__JSON_STATE_H
#define MIDGE__JSON_STATE_H

#include <stdbool.h>

#include "midge/json.h"

enum {
    BOM,
    BOM_2,
    BOM_3,
    WAIT_VALUE, /* from here to WAIT_NEXT white space may come first */
    WAIT_FIRST_VALUE,
    WAIT_FIRST_NAME,
    WAIT_NAME,
    WAIT_COLON,
    WAIT_NEXT,
    STRING,
    UTF8,
    ESCAPE,
    HEX,
    PAIR,
    PAIR_U,
    LITERAL,
    MINUS, /* from here on numbers, RFC 8259 6, named after the part read last */
    ZERO,
    INTEGER,
    POINT,
    FRACTION,
    EXPONENT,
    SIGN,
    POWER,
    FAILED
};

/* Results of the functions that take a byte; errors are negative. */
enum { TAKEN, NOT_MINE };

#define NAME 0xff /* scan.type while a member's name is read */

/* scan.part: which part of its value the text is. */
enum { WHOLE, BEGINNING, PIECE };

static inline int go(struct midge__json_scan *s, uint8_t state)
{
    s->state = state;
    return TAKEN;
}

static inline int end_scalar(struct midge__json_scan *s)
{
    s->due = s->hits;
    return go(s, WAIT_NEXT);
}

/* Adds a character of a name, string or number, if a path still matches it. */
int midge__json_put(struct midge__json_scan *s, uint32_t code);

/* Takes a byte in the states STRING to PAIR_U. */
int midge__json_string(struct midge__json_scan *s, char c);

#endif
