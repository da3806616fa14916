/* SPDX-License-Identifier: MIT */
/* Finds the name that a mistyped one probably means. */
#ifndef MIDGE_CLI_NEAREST_H
#define MIDGE_CLI_NEAREST_H

#include <stddef.h>

struct option_row;

/* Also returns unsupported options; NULL when none is near enough. `name` has len bytes and no
   dashes in front. */
const struct option_row *nearest_option(const char *name, size_t len);

/* How many letters must be added, removed, changed or swapped with the next one; SIZE_MAX if one of
   the names is longer than 40 letters. */
size_t nearest_distance(const char *a, const char *b);

#endif
