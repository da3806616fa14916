/* SPDX-License-Identifier: MIT */
#include "speed.h"

#include "world.h"

static uint64_t blocks_ns(const struct device_speed *speed, uint64_t *charged)
{
    uint64_t ps = 0;

    for (size_t i = 0; i < DEVICE_WORKS; i++) {
        ps += (device_blocks[i] - charged[i]) * speed->block_ps[i];
        charged[i] = device_blocks[i];
    }
    return ps / 1000;
}

void speed_charge(void *ctx, enum midge_sim_call call, size_t bytes)
{
    struct world *world = ctx;
    const struct device_speed *speed = &world->device->speed;
    uint64_t ns = blocks_ns(speed, world->charged);

    if (call != MIDGE_SIM_CLOCK && call != MIDGE_SIM_FILE) {
        ns += speed->call_ns + (uint64_t)speed->byte_ns * bytes;
    }
    midge_sim_charge(world->sim, ns);
}
