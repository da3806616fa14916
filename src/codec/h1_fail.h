/* SPDX-License-Identifier: MIT */
/* Records errors with their place. Part of the parser. */
#ifndef MIDGE__H1_FAIL_H
#define MIDGE__H1_FAIL_H

#include "codec/h1_parse.h"

/* Records an error, for this and all later calls, and returns MIDGE_ERR_PROTOCOL. fail_at: `at`
   bytes after the next byte. fail_in_line: `at` bytes into the current line, folds not counted. */
int midge__h1_fail_at(struct midge__h1_parse *p, int at, const char *why);
int midge__h1_fail_in_line(struct midge__h1_parse *p, size_t at, const char *why);

#endif
