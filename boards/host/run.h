/* SPDX-License-Identifier: MIT */
/* The run of a plan on one client. */
#ifndef MIDGE_HOST_RUN_H
#define MIDGE_HOST_RUN_H

#include <midge/client.h>

#include "plan.h"
#include "progress.h"
#include "shim.h"

struct run {
    const struct options *options;
    struct keep *keep;
    struct midge_port *below; /* the real port */
    struct shim shim;
    struct plan plan;
    struct text ca;
    void *block; /* the client's memory */
    size_t block_size;
    struct midge_client *client;
    struct midge_stats stats; /* filled when the client is closed */
    struct progress progress;
    uint64_t start_us, end_us;
    size_t next; /* of the plan, to start */
    size_t live;
    uint8_t aborted;
};

/* The program's exit code. Everything that is to be told was told. */
int run_options(const struct options *options);

#endif
