/* SPDX-License-Identifier: MIT */
/*
 * --memory: who had how much of the client's block, over time. Looked at before each call of the
 * port (shim.h), so several times in a turn; the highest sum between two looks comes from the
 * allocator's own count.
 */
#ifndef MIDGE_CLI_MEMORY_H
#define MIDGE_CLI_MEMORY_H

#include <stdint.h>
#include <midge/memory_use.h>

#include "keep.h"

struct run;

/* An owner has got more or less: what it has from then on. */
struct memory_change {
    uint64_t us;
    unsigned owner;
    uint32_t small, records;
};
/* All of one client; cleared: nothing was noted. */
struct memory {
    struct memory_change *changes;
    struct midge_memory_use *now; /* by owner */
    size_t n;
    unsigned owners;
    int full; /* more than MEMORY_MOST changes: the rest was not noted */
};
#define MEMORY_MOST ((size_t)1 << 20)

/* From now on it is noted, if a picture is asked for. Call memory_end before the client closes. */
void memory_begin(struct run *run);
void memory_end(struct run *run);

/* Adds graph and legend for a page, as wide as it is. */
void memory_page(struct text *out, const struct run *run);
/* Saves the picture. 0, or EXIT_WRITE after a line. */
int memory_svg(const struct run *run, const char *path);

#endif
