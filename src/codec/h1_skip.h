/* SPDX-License-Identifier: MIT */
/* Removes and skips fields where the head buffer may not grow: the file behind
   midge__h1_parse_skip. Part of the parser. */
#ifndef MIDGE__H1_SKIP_H
#define MIDGE__H1_SKIP_H

#include "codec/h1_parse.h"
#include "midge/config.h"

#if MIDGE_WITH_HEAD_SKIPPING

/* Is the current line skipped? */
static inline bool midge__h1_skips(const struct midge__h1_parse *p)
{
    return p->skip != 0;
}

/* Checks bytes of a skipped line. 0, or an error. */
int midge__h1_skip_bytes(struct midge__h1_parse *p, const char *bytes, size_t len);

/* Call at the end of a skipped line. 0, or an error: the line was not a header. */
int midge__h1_skip_end(struct midge__h1_parse *p);

#else

static inline bool midge__h1_skips(const struct midge__h1_parse *p)
{
    (void)p;
    return false;
}

static inline int midge__h1_skip_bytes(struct midge__h1_parse *p, const char *bytes, size_t len)
{
    (void)p;
    (void)bytes;
    (void)len;
    return 0;
}

static inline int midge__h1_skip_end(struct midge__h1_parse *p)
{
    (void)p;
    return 0;
}

#endif
#endif
