/* SPDX-License-Identifier: MIT */
/* Reads the headers that concern framing and the connection. Part of the parser, for h1_parse.c. */
#ifndef MIDGE__H1_FRAMING_H
#define MIDGE__H1_FRAMING_H

#include "codec/field.h"
#include "codec/h1_parse.h"

/* p->seen; TOLERATED: the response was ambiguous, its connection is never kept */
enum {
    MIDGE__H1_SEEN_CHUNKED = 1,
    MIDGE__H1_SEEN_CLOSE = 2,
    MIDGE__H1_SEEN_KEEP_ALIVE = 4,
    MIDGE__H1_SEEN_IDENTITY = 8,
    MIDGE__H1_SEEN_TOLERATED = 16
};

/* Records whether the current line was folded. */
static inline void midge__h1_note_fold(struct midge__h1_parse *p)
{
    p->seen |= p->folded ? MIDGE__H1_SEEN_TOLERATED : 0;
}

/* Records a header that concerns framing or connection. NULL, or a static text that names the
   error. */
const char *midge__h1_note_header(struct midge__h1_parse *p, enum midge__field field,
                                  struct midge_span value);

/* NULL, or a static text: the headers of a complete head contradict each other. */
const char *midge__h1_framing_error(const struct midge__h1_parse *p);

/* Sets framing and keep_alive of a final head. */
void midge__h1_choose_framing(struct midge__h1_parse *p);

#endif
