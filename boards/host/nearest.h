/* SPDX-License-Identifier: MIT */
/* The option that a mistyped name was probably meant to be. */
#ifndef MIDGE_HOST_NEAREST_H
#define MIDGE_HOST_NEAREST_H

#include <stddef.h>

struct option_row;

/* Also one that is not supported; NULL when none is near enough. `name` has len bytes and no dashes
   in front. */
const struct option_row *nearest_option(const char *name, size_t len);

#endif
