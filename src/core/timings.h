/* SPDX-License-Identifier: MIT */
/* Durations for reports (timings.c). Nothing else depends on the port's clock_us. */
#ifndef MIDGE_CORE_TIMINGS_H
#define MIDGE_CORE_TIMINGS_H

#include "core/client.h"
#include "midge/config.h"

struct midge__transfer;

#if MIDGE_WITH_TIMINGS
/* Microseconds, for durations. */
static inline uint64_t midge__now_us(const struct midge_client *client)
{
    return client->port->clock_us(client->port->ctx);
}
/* t is started. */
void midge__timings_start(struct midge__transfer *t);
/* Its phase ends: adds the phase's time to the result. */
void midge__timings_phase(struct midge__transfer *t);
/* It ends. */
void midge__timings_end(struct midge__transfer *t);
static inline void midge__timings_report(struct midge_result *result, uint32_t longest_step_us)
{
    result->longest_step_us = longest_step_us;
}
#else
#define midge__now_us(client)                          ((void)(client), (uint64_t)0)
#define midge__timings_start(t)                        ((void)(t))
#define midge__timings_phase(t)                        ((void)(t))
#define midge__timings_end(t)                          ((void)(t))
#define midge__timings_report(result, longest_step_us) ((void)(longest_step_us))
#endif

#endif
