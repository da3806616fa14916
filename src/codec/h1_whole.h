/* SPDX-License-Identifier: MIT */
/* Parses a head that lies in the head buffer as a whole, as most do. Part of the parser. */
#ifndef MIDGE__H1_WHOLE_H
#define MIDGE__H1_WHOLE_H

#include "codec/h1_parse.h"
#include "midge/config.h"

#if MIDGE_WITH_WHOLE_HEADS
/* Before a head's first byte is read. True: the head is parsed and consumed. False: the bytes are
   as they were, nothing is consumed, but the caller must clear the parser's notes of the head. */
bool midge__h1_whole(struct midge__h1_parse *p);
#else
static inline bool midge__h1_whole(struct midge__h1_parse *p)
{
    (void)p;
    return false;
}
#endif

#endif
