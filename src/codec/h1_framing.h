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

/* The fields that concern framing or connection, and those of them that must not be folded. */
#define MIDGE__H1_NEVER_FOLDED                                                                     \
    (MIDGE__FIELD_BIT(CONTENT_LENGTH) | MIDGE__FIELD_BIT(TRANSFER_ENCODING) |                      \
     MIDGE__FIELD_BIT(CONNECTION))
#define MIDGE__H1_NOTED (MIDGE__H1_NEVER_FOLDED | MIDGE__FIELD_BIT(KEEP_ALIVE))

/* Records one of MIDGE__H1_NOTED. NULL, or a static text that names the error. */
const char *midge__h1_note_framing(struct midge__h1_parse *p, enum midge__field field,
                                   struct midge_span value);

/* Records a header; result as above. */
static inline const char *midge__h1_note_header(struct midge__h1_parse *p, enum midge__field field,
                                                struct midge_span value)
{
    const unsigned bit = midge__field_bit(field);
    p->present |= (uint16_t)bit;
    return (bit & MIDGE__H1_NOTED) != 0 ? midge__h1_note_framing(p, field, value) : NULL;
}

/* NULL, or a static text: the headers of a complete head contradict each other. */
const char *midge__h1_framing_error(const struct midge__h1_parse *p);

/* Sets framing and keep_alive of a final head. */
void midge__h1_choose_framing(struct midge__h1_parse *p);

#endif
