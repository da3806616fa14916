/* SPDX-License-Identifier: MIT */
/* How long the phases of a transfer took. The clock is read once when a phase ends; that is when
   the next one begins. */
#include "core/timings.h"
#include "core/transfer.h"

#if MIDGE_WITH_TIMINGS

void midge__timings_start(struct midge__transfer *t)
{
    t->phase_us = t->result->t.start_us = midge__now_us(t->aw.client);
}

void midge__timings_phase(struct midge__transfer *t)
{
    _Static_assert(offsetof(struct midge_timings, body_us) == MIDGE_PHASE_BODY * sizeof(uint32_t),
                   "in the order of the phases");
    uint64_t now = midge__now_us(t->aw.client);
    uint32_t *sum = (uint32_t *)(void *)&t->result->t + t->result->phase;
    *sum = midge__u32(*sum + (now - t->phase_us));
    t->phase_us = now;
}

void midge__timings_end(struct midge__transfer *t)
{
    midge__timings_phase(t);
    t->result->t.total_us = midge__u32(t->phase_us - t->result->t.start_us);
}

#endif
