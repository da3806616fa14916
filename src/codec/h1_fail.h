/* SPDX-License-Identifier: MIT */
/* Records errors with their place. Part of the parser. Without texts for people there is no cause
   and no place, and nothing is counted for them. */
#ifndef MIDGE__H1_FAIL_H
#define MIDGE__H1_FAIL_H

#include "codec/h1_parse.h"
#include "midge/err.h"

#if MIDGE_WITH_TEXTS

/* Offset of the next byte. */
static inline uint32_t midge__h1_offset(const struct midge__h1_parse *p)
{
    return p->received - (uint32_t)(p->end - p->at);
}

/* The next line starts here. */
static inline void midge__h1_mark_line(struct midge__h1_parse *p)
{
    p->offset = midge__h1_offset(p);
}

/* A call begins, with p->at and p->end set, and ends. */
static inline void midge__h1_count_input(struct midge__h1_parse *p)
{
    p->received += (uint32_t)(p->end - p->at);
}

static inline void midge__h1_count_rest(struct midge__h1_parse *p)
{
    p->received = midge__h1_offset(p);
}

/* Record an error, for this and all later calls, and return MIDGE_ERR_PROTOCOL. fail_at: `at` bytes
   after the next byte. in_line: `at` bytes into the current line, folds not counted. */
int midge__h1_fail_at(struct midge__h1_parse *p, int at, const char *why);
int midge__h1_fail_in_line(struct midge__h1_parse *p, size_t at, const char *why);

#else

static inline void midge__h1_mark_line(struct midge__h1_parse *p)
{
    (void)p;
}

static inline void midge__h1_count_input(struct midge__h1_parse *p)
{
    (void)p;
}

static inline void midge__h1_count_rest(struct midge__h1_parse *p)
{
    (void)p;
}

static inline int midge__h1_fail_at(struct midge__h1_parse *p, int at, const char *why)
{
    (void)at;
    (void)why;
    p->err = MIDGE_ERR_PROTOCOL;
    return MIDGE_ERR_PROTOCOL;
}

static inline int midge__h1_fail_in_line(struct midge__h1_parse *p, size_t at, const char *why)
{
    (void)at;
    return midge__h1_fail_at(p, 0, why);
}

#endif

#endif
