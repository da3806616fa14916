/* SPDX-License-Identifier: MIT */
/*
 * With a simulated network the machine's port is opened for its file store only: nothing is looked
 * up, no socket is opened.
 */
#include "network.h"

#include <stdio.h>
#include <midge/err.h>
#include <midge/port_posix.h>

static void print_line(void *ctx, const char *line)
{
    (void)ctx;
    fprintf(stderr, "%s\n", line);
}

int network_open(struct network *network, const struct network_options *options, size_t max_sockets)
{
    int err;

    *network = (struct network){0};
    err = midge_posix_open(&network->files, max_sockets);
    if (err != MIDGE_OK) {
        return err;
    }
    network->port = network->files;
    if (options->sim == NULL) {
        return MIDGE_OK;
    }
    const struct world_options world = {.seed = options->seed,
                                        .device = options->device,
                                        .trace = options->silent ? NULL : print_line};
    if (world_open(&network->world, options->sim, &world) != 0) {
        network_close(network);
        return MIDGE_ERR_INVALID;
    }
    network->port = midge_sim_port(network->world.sim);
    return MIDGE_OK;
}

void network_close(struct network *network)
{
    if (network->world.sim != NULL) {
        world_close(&network->world);
    }
    midge_posix_close(network->files);
    *network = (struct network){0};
}
