/* SPDX-License-Identifier: MIT */
/* Reads the headers that concern framing and the connection. Part of the parser, for h1_parse.c. */
#ifndef MIDGE__H1_FRAMING_H
#define MIDGE__H1_FRAMING_H

#include "codec/h1_parse.h"

/* Records a header that concerns framing or connection. NULL, or a static text that names the
   error. */
const char *midge__h1_note_header(struct midge__h1_parse *p, struct midge_span name,
                                  struct midge_span value);

/* NULL, or a static text: the headers of a complete head contradict each other. */
const char *midge__h1_framing_error(const struct midge__h1_parse *p);

/* Sets framing and keep_alive of a final head. */
void midge__h1_choose_framing(struct midge__h1_parse *p);

#endif
