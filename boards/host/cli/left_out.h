/* SPDX-License-Identifier: MIT */
/* Options whose feature this build leaves out, as the programs of --device do. */
#ifndef MIDGE_CLI_LEFT_OUT_H
#define MIDGE_CLI_LEFT_OUT_H

#include "options.h"

/* 0, or EXIT_USAGE after a line that names the first such option and its feature. After all other
   checks of the group. */
int left_out_check(const struct options *options, const struct group *group);

#endif
