/* SPDX-License-Identifier: MIT */
/* Reads fields in the head buffer. Part of the parser. */
#ifndef MIDGE__H1_FIELDS_H
#define MIDGE__H1_FIELDS_H

#include "codec/h1_parse.h"

/* The field at *at, which moves to the next one; false at `end`. */
bool midge__h1_field_next(const struct midge__h1_parse *p, size_t end, size_t *at,
                          struct midge_span *name, struct midge_span *value);

#endif
