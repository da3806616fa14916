/* SPDX-License-Identifier: MIT */
/* Records errors with their place. Part of the parser. */
#ifndef MIDGE__H1_FAIL_H
#define MIDGE__H1_FAIL_H

#include "codec/h1_parse.h"

/* Offset of the next byte. */
static inline uint32_t midge__h1_offset(const struct midge__h1_parse *p)
{
    return p->received - (uint32_t)(p->end - p->at);
}

/* Record an error, for this and all later calls, and return MIDGE_ERR_PROTOCOL. fail_at, at_byte:
   `at` bytes after the next byte. in_line, at_line: `at` bytes into the current line, folds not
   counted. */
int midge__h1_fail_at_byte(struct midge__h1_parse *p, int at);
int midge__h1_fail_at_line(struct midge__h1_parse *p, size_t at);

#if MIDGE_WITH_TEXTS

int midge__h1_fail_at(struct midge__h1_parse *p, int at, const char *why);
int midge__h1_fail_in_line(struct midge__h1_parse *p, size_t at, const char *why);

#else

/* Then no text's address is loaded where an error occurs. */
static inline int midge__h1_fail_at(struct midge__h1_parse *p, int at, const char *why)
{
    (void)why;
    return midge__h1_fail_at_byte(p, at);
}

static inline int midge__h1_fail_in_line(struct midge__h1_parse *p, size_t at, const char *why)
{
    (void)why;
    return midge__h1_fail_at_line(p, at);
}

#endif

#endif
