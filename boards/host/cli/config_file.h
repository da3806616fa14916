/* SPDX-License-Identifier: MIT */
/* Files of options, for -K. */
#ifndef MIDGE_CLI_CONFIG_FILE_H
#define MIDGE_CLI_CONFIG_FILE_H

#include "keep.h"

/* Reads a file ("-": stdin) as the words of a command line. 0, or EXIT_USAGE after a line. */
int config_read(struct keep *keep, const char *path, int *argc, char ***argv);

#endif
