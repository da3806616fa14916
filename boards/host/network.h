/* SPDX-License-Identifier: MIT */
/* The network of one run of the program: the machine's own, or a simulated one (--sim). */
#ifndef MIDGE_HOST_NETWORK_H
#define MIDGE_HOST_NETWORK_H

#include <stddef.h>
#include <stdint.h>
#include <midge/port.h>

#include "device.h"
#include "world.h"

struct network {
    struct midge_port *port;  /* of the network */
    struct midge_port *files; /* the machine's: its files are used also with a simulated network */
    struct world world;       /* world.sim NULL: the network is the machine's */
};

struct network_options {
    const char *sim; /* the file of a world; NULL: the machine's network */
    const uint64_t *seed;
    const struct device *device; /* whose sockets and windows a simulation has; NULL: none */
    uint8_t silent;              /* a simulation prints no trace */
};

/* MIDGE_OK; INVALID: the file is wrong, a line was printed; or an error of the port. */
int network_open(struct network *network, const struct network_options *options,
                 size_t max_sockets);
/* After the client is closed. */
void network_close(struct network *network);

#endif
