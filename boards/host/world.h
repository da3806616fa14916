/* SPDX-License-Identifier: MIT */
/* A world of the simulator (midge/sim.h) from a text file, for --sim. port/sim/WORLD.md is its
 * guide. */
#ifndef MIDGE_HOST_WORLD_H
#define MIDGE_HOST_WORLD_H

#include <stdint.h>
#include <midge/sim.h>

struct world {
    struct midge_sim *sim;
    char *text; /* the file: the simulation's strings are parts of it */
    struct world_memory *memory;
};

/* Reads the file and builds the world. seed NULL: the file's. trace: gets the lines, may be NULL.
   0, or -1 after a line on stderr. */
int world_open(struct world *world, const char *path, const uint64_t *seed,
               void (*trace)(void *ctx, const char *line), void *ctx);
/* After the client is closed. */
void world_close(struct world *world);

#endif
