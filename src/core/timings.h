/* SPDX-License-Identifier: MIT */
/* Durations for reports (timings.c). They and stats.c are the only ones that read the port's
 * clock_us. */
#ifndef MIDGE_CORE_TIMINGS_H
#define MIDGE_CORE_TIMINGS_H

#include "core/client.h"
#include "midge/config.h"

struct midge__transfer;

#if MIDGE_WITH_TIMINGS
/* t is started. */
void midge__timings_start(struct midge__transfer *t);
/* Its phase ends: adds the phase's time to the result. */
void midge__timings_phase(struct midge__transfer *t);
/* It ends. */
void midge__timings_end(struct midge__transfer *t);
/* The sums so far; NULL without timings. */
#define midge__timings_of(t) (&(t)->result->t)
#else
#define midge__timings_start(t) ((void)(t))
#define midge__timings_phase(t) ((void)(t))
#define midge__timings_end(t)   ((void)(t))
#define midge__timings_of(t)    NULL
#endif

#endif
