/* SPDX-License-Identifier: MIT */
/* The text of -w, filled with what is known of a fetch that has ended. */
#ifndef MIDGE_CLI_WRITE_OUT_H
#define MIDGE_CLI_WRITE_OUT_H

#include "fetch.h"

/* Replaces a format @FILE, @- by the file's text. 0, or EXIT_USAGE after a line on stderr. */
int write_out_read(struct keep *keep, const char **format);
/* Adds the text for stdout to the output's tail, and prints the one for stderr. */
void write_out_fill(struct fetch *fetch);

#endif
