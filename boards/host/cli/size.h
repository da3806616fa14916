/* SPDX-License-Identifier: MIT */
/*
 * midge size: the memory that a client needs under given settings, line by line (midge/ledger.h).
 * --device and --profile go on in the program of that device or profile, so the sizes are its own.
 */
#ifndef MIDGE_CLI_SIZE_H
#define MIDGE_CLI_SIZE_H

#include <stddef.h>
#include <stdint.h>
#include <midge/ledger.h>

#include "keep.h"

#define SIZE_LINES 64 /* there are fewer */

struct size {
    const char *device; /* BOARD-PROFILE; NULL: none */
    size_t block;       /* of that device */
    struct midge_ledger_line lines[SIZE_LINES];
    size_t n_lines;
    uint64_t needed; /* their sum, in 64 bits whatever size_t has */
    uint64_t least;
    uint64_t fits;        /* --fits, 0: not asked */
    unsigned connections; /* that fit into it */
    uint64_t fitting;     /* bytes that they need */
};

/* argv has what follows `midge size`, argv_whole the whole command; returns the exit code. */
int size_main(int argc, char **argv, char **argv_whole);

/* Print them to stdout. */
void size_show(const struct size *size);
void size_show_json(const struct size *size);

#endif
