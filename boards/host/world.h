/* SPDX-License-Identifier: MIT */
/* A world of the simulator (midge/sim.h) from a text file, for --sim. port/sim/WORLD.md is its
 * guide. */
#ifndef MIDGE_HOST_WORLD_H
#define MIDGE_HOST_WORLD_H

#include <stdint.h>
#include <midge/sim.h>

#include "device.h"

struct world {
    struct midge_sim *sim;
    char *text; /* the file: the simulation's strings are parts of it */
    struct world_memory *memory;
    const struct device *device;    /* whose time it takes to compute; NULL: none passes */
    uint64_t charged[DEVICE_WORKS]; /* blocks */
};

struct world_options {
    const uint64_t *seed; /* NULL: the file's */
    /* Sockets, segment and receive buffer are this device's where the file says nothing. NULL: the
       simulation's. */
    const struct device *device;
    void (*trace)(void *ctx, const char *line); /* gets the lines; may be NULL */
};

/* Reads the file and builds the world. 0, or -1 after a line on stderr. */
int world_open(struct world *world, const char *path, const struct world_options *options);
/* After the client is closed. */
void world_close(struct world *world);

#endif
