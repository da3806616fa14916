/* SPDX-License-Identifier: MIT */
/* Removes fields where the head buffer may not grow. Part of the parser, for h1_parse.c. */
#ifndef MIDGE__H1_FIELDS_H
#define MIDGE__H1_FIELDS_H

#include "codec/h1_parse.h"

/* Must this field be kept? whole false: `name` is the beginning of a name; true if any kept field's
   name begins so. */
bool midge__h1_field_is_needed(const struct midge__h1_parse *p, struct midge_span name, bool whole);

/* Removes the fields from p->fields to p->line that are not needed; the current line moves down.
   False when all of them are needed. */
bool midge__h1_fields_drop(struct midge__h1_parse *p);

/* Removes the whole head; the trailers read so far move down. */
void midge__h1_fields_drop_head(struct midge__h1_parse *p);

#endif
