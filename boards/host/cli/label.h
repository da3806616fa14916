/* SPDX-License-Identifier: MIT */
/*
 * Names from outside (URLs, texts of servers) for a terminal or a picture. What is not UTF-8 or not
 * harmless (app_character: controls, marks of direction) becomes '?', so no name can move the
 * cursor, forge a line or end an element.
 */
#ifndef MIDGE_CLI_LABEL_H
#define MIDGE_CLI_LABEL_H

#include "keep.h"

/* The columns that it takes: 2 for a wide character, 0 for a combining one. */
size_t label_columns(const char *name);
/* At most `room` columns of it, at least 8; a longer name loses its middle, which becomes "..".
   NUL-terminated. */
const char *label_cut(struct keep *keep, const char *name, size_t room);
/* The first columns of it, `room` at most. */
const char *label_begin(struct keep *keep, const char *name, size_t room);
/* As label_cut, filled up with spaces to `room` columns. */
const char *label_filled(struct keep *keep, const char *name, size_t room);
/* Adds it as text or attribute of XML: & < > " ' are escaped. */
void label_xml(struct text *out, const char *name);

#endif
