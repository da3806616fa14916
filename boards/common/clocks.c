/* SPDX-License-Identifier: MIT */
/* The parts of a board's port that are the machine's: clocks, the time of day, entropy. */
#include "common/clocks.h"

#include <midge/err.h>

#include "common/hw.h"
#include "common/services/services.h"

static uint32_t clock_ms(void *ctx)
{
    (void)ctx;
    return (uint32_t)hw_millis();
}

static uint64_t clock_us(void *ctx)
{
    (void)ctx;
    return hw_micros();
}

static int64_t wall_time(void *ctx)
{
    (void)ctx;
    return services_wall_time();
}

static int entropy(void *ctx, uint8_t *buf, size_t len)
{
    (void)ctx;
    return hw_entropy(buf, len) || services_entropy(buf, len) ? MIDGE_OK : MIDGE_ERR_ENTROPY;
}

void board_clocks(struct midge_port *port)
{
    port->clock_ms = clock_ms;
    port->clock_us = clock_us;
    port->wall_time = wall_time;
    port->entropy = entropy;
}
