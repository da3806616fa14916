/* SPDX-License-Identifier: MIT */
/* Replay of a request (replay.c). These functions may rewind its source. */
#ifndef MIDGE_CORE_REPLAY_H
#define MIDGE_CORE_REPLAY_H

#include <stdbool.h>
#include "core/exchange.h"

struct midge__transfer;

#if MIDGE_WITH_REPLAY
/* Its exchange broke: will it be sent again? */
bool midge__replay_after_break(struct midge__transfer *t, enum midge__replay replay);
/* May it be sent again later, if memory is short for the head of its answer? */
bool midge__transfer_steps_back(const struct midge__transfer *t);
/* It ended with err: will it be sent again when there may be enough memory? */
bool midge__replay_for_memory(struct midge__transfer *t, int err);
#else
static inline bool midge__replay_after_break(struct midge__transfer *t, enum midge__replay replay)
{
    (void)t;
    (void)replay;
    return false;
}
static inline bool midge__transfer_steps_back(const struct midge__transfer *t)
{
    (void)t;
    return false;
}
static inline bool midge__replay_for_memory(struct midge__transfer *t, int err)
{
    (void)t;
    (void)err;
    return false;
}
#endif

#endif
