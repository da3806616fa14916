/* SPDX-License-Identifier: MIT */
/* A port above a port: limits receives and sends, changes the date, reports each turn, fails calls
   that a user wants to fail. */
#ifndef MIDGE_HOST_SHIM_H
#define MIDGE_HOST_SHIM_H

#include <midge/port.h>

#include "faults.h"

#define SHIM_KEY 32

struct shim {
    struct midge_port port; /* given to the client */
    const struct midge_port *below;
    const struct midge_port *files; /* whose file store is used [below] */
    size_t recv_slice, send_slice;  /* 0: as many bytes as asked for */
    int64_t now;                    /* the wall clock's time at start; negative: the real one */
    uint64_t start_us;
    uint64_t received; /* bytes so far */
    struct faults faults;
    uint8_t key[SHIM_KEY]; /* for a device_key of the port */
    /* Called before each wait, which then lasts turn_ms at most; NULL: not called. */
    void (*on_turn)(void *ctx);
    void *turn_ctx;
    int turn_ms;
    /* Called before each connect, recv, send, close and wait, that is several times in a turn;
       NULL: not called. It must not read the clock: in a simulated world that takes time. seen_us:
       the clock when it was read last. */
    void (*on_call)(void *ctx, uint64_t seen_us);
    void *call_ctx;
    uint64_t seen_us;
};

void shim_init(struct shim *shim, const struct midge_port *below);

#endif
