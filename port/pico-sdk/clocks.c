/* SPDX-License-Identifier: MIT */
/*
 * The clocks of the RP2040 and RP2350: the timer of 1 us, 64 bits, which no reset of a counter
 * interrupts. The time of day is that timer and the moment that midge_pico_set_time was told.
 */
#include <midge/err.h>
#include <midge/port_pico.h>

#include <pico/time.h>

#include "entropy.h"

#define UNKNOWN INT64_MIN

static int64_t at_zero = UNKNOWN; /* the time of day at the timer's 0 */

static int64_t seconds_now(void)
{
    return (int64_t)(time_us_64() / 1000000);
}

static uint32_t clock_ms(void *ctx)
{
    (void)ctx;
    return to_ms_since_boot(get_absolute_time());
}

static uint64_t clock_us(void *ctx)
{
    (void)ctx;
    return time_us_64();
}

static int64_t wall_time(void *ctx)
{
    (void)ctx;
    return at_zero != UNKNOWN ? at_zero + seconds_now() : MIDGE_ERR_UNSUPPORTED;
}

void midge_pico_set_time(int64_t seconds)
{
    at_zero = seconds >= 0 ? seconds - seconds_now() : UNKNOWN;
}

static int entropy(void *ctx, uint8_t *buf, size_t len)
{
    (void)ctx;
    return midge_pico_entropy(buf, len);
}

void midge_pico_port(struct midge_port *port)
{
    port->clock_ms = clock_ms;
    port->clock_us = clock_us;
    port->wall_time = wall_time;
    port->entropy = entropy;
}
