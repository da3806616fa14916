/* SPDX-License-Identifier: MIT */
/* A port above a port: small receives and sends, another date, a look at each turn. */
#ifndef MIDGE_HOST_SHIM_H
#define MIDGE_HOST_SHIM_H

#include <midge/port.h>

struct shim {
    struct midge_port port; /* what the client gets */
    const struct midge_port *below;
    size_t recv_slice, send_slice; /* 0: as many as asked */
    int64_t now;                   /* the wall clock's time at start; negative: the real one */
    uint64_t start_us;
    uint64_t received; /* bytes so far */
    /* Called before each wait, which then lasts turn_ms at most; NULL: not wanted. */
    void (*on_turn)(void *ctx);
    void *turn_ctx;
    int turn_ms;
};

void shim_init(struct shim *shim, const struct midge_port *below);

#endif
