/* SPDX-License-Identifier: MIT */
/* The parser's part that leaves out fields where the head buffer may not grow; for h1_parse.c. */
#ifndef MIDGE__H1_FIELDS_H
#define MIDGE__H1_FIELDS_H

#include "codec/h1_parse.h"

/* Is it one that is never left out? `whole`: else any name that begins so. */
bool midge__h1_field_is_needed(const struct midge__h1_parse *p, struct midge_span name, bool whole);

/* Leaves out what is not needed of the fields from p->fields to p->line; the current line moves
   down. False when all of them are needed. */
bool midge__h1_fields_drop(struct midge__h1_parse *p);

/* Leaves out the whole head; the trailers so far move down. */
void midge__h1_fields_drop_head(struct midge__h1_parse *p);

#endif
