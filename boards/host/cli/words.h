/* SPDX-License-Identifier: MIT */
/* A failure in the program's own words. */
#ifndef MIDGE_CLI_WORDS_H
#define MIDGE_CLI_WORDS_H

#include "fetch.h"

/* NULL: the result's own text says it best. */
const char *words_of(const struct fetch *fetch);

#endif
