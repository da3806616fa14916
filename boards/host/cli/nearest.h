/* SPDX-License-Identifier: MIT */
/* Finds the option that a mistyped name probably means. */
#ifndef MIDGE_CLI_NEAREST_H
#define MIDGE_CLI_NEAREST_H

#include <stddef.h>

struct option_row;

/* Also returns unsupported options; NULL when none is near enough. `name` has len bytes and no
   dashes in front. */
const struct option_row *nearest_option(const char *name, size_t len);

#endif
