/* SPDX-License-Identifier: MIT */
/* The client of a run: its port, trusted roots, memory and limits. */
#ifndef MIDGE_CLI_SETUP_H
#define MIDGE_CLI_SETUP_H

#include "run.h"

/* 0, or an exit code after a line on stderr. */
int setup_port(struct run *run);
/* MIDGE_OK; or an error, with native and words for all fetches of the plan, which are not started
   then. */
int setup_client(struct run *run, int *native, const char **what);
/* Writes the files of -c. Returns code, or EXIT_WRITE. */
int setup_end(struct run *run, int code);
/* How many descriptors all transfers together may have. */
size_t setup_descriptors(void);

#endif
