/* SPDX-License-Identifier: MIT */
/* Runs a plan on one client. */
#ifndef MIDGE_CLI_RUN_H
#define MIDGE_CLI_RUN_H

#include <midge/client.h>
#include <midge/cookies.h>

#include "host/device.h"
#include "host/network.h"
#include "host/shim.h"
#include "credential.h"
#include "har.h"
#include "memory.h"
#include "plan.h"
#include "progress.h"
#include "remote.h"

struct run {
    const struct options *options;
    const struct device *device; /* whose limits hold; NULL: none */
    struct keep *keep;
    struct network network;
    struct shim shim;
    struct plan plan;
    struct midge_cookies cookies; /* memory NULL: no group has a jar */
    struct har har;               /* --har */
    struct memory memory;         /* --memory, --report-html */
    struct text sessions;         /* --ssl-sessions: the client's, at its end */
    int sessions_error;
    struct text ca;
    const char *ca_place;         /* the file or folder that it is from */
    struct credential credential; /* --cert */
    void *block;                  /* the client's memory */
    size_t block_size;
    int poll_error; /* of the port, MIDGE_OK: none */
    uint32_t fail_alloc;
    uint8_t fail_alloc_sticky;
    struct midge_client *client;
    struct midge_stats stats; /* filled when the client is closed */
    struct progress progress;
    struct remotes remotes;
    uint64_t start_us, end_us;
    struct dump *dumps; /* the open files of -D */
    size_t n_dumps;
    size_t next; /* index in the plan of the next one to start */
    size_t live;
    size_t stdin_uploads; /* started: only these can wait for data */
    uint8_t aborted;
};

/* Runs the options, with the limits of device unless it is NULL, and prints all results. Returns
   the program's exit code. */
int run_options(const struct options *options, const struct device *device);

#endif
