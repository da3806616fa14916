/* SPDX-License-Identifier: MIT */
/*
 * A device's speed in a simulated world: virtual time passes with what the client computes. A
 * program of 32 bits counts the basic blocks that it executes, by kind of work; a call of the port
 * charges the blocks since the call before, and a price of its own for lwIP and the driver. So
 * steps, turns and handshakes take what their work takes, in the slices in which the client does
 * it.
 */
#ifndef MIDGE_HOST_SPEED_H
#define MIDGE_HOST_SPEED_H

#include <stddef.h>
#include <stdint.h>
#include <midge/sim.h>

enum device_work {
    DEVICE_MATH,   /* numbers of many limbs and elliptic curves */
    DEVICE_CIPHER, /* AES, GCM, hashes */
    DEVICE_OTHER,
    DEVICE_WORKS /* count */
};

struct device_speed {
    uint32_t block_ps[DEVICE_WORKS]; /* of one basic block; all 0: no time passes */
    uint32_t call_ns;                /* of one call of connect, send, recv, poll */
    uint32_t byte_ns;                /* of one byte sent or received */
};

extern uint64_t device_blocks[DEVICE_WORKS]; /* executed so far */

struct world;
/* midge_sim_config.on_call; ctx is the struct world. */
void speed_charge(void *ctx, enum midge_sim_call call, size_t bytes);

#endif
