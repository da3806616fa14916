/* SPDX-License-Identifier: MIT */
/* Repeats of a request that failed (retry.c). */
#ifndef MIDGE_CORE_RETRY_H
#define MIDGE_CORE_RETRY_H

#include "core/transfer.h"
#include "midge/config.h"

#if MIDGE_WITH_RETRY
/* The settings that are 0 become the build's. */
void midge__retry_open(struct midge_client *client);
/* It is started: its time counts from now. */
void midge__retry_start(struct midge__transfer *t);
/* The longest Retry-After that its rules accept; 0: it has none. */
uint32_t midge__retry_most(const struct midge__transfer *t);
/* The final head of its answer has come, with its status in t->result. True: the answer is dropped,
   and the request is repeated after it: t->again is set. */
bool midge__retry_head(struct midge__transfer *t);
/* It is about to end with err, its connection is taken care of. True: it is repeated instead, or it
   has ended in a callback. */
bool midge__retry_error(struct midge__transfer *t, int err);
/* The answer before is over: it waits until it is sent again. */
void midge__retry_begin(struct midge__transfer *t);
/* Its timer fired. True: it had waited, and has begun again. */
bool midge__retry_wakes(struct midge__transfer *t);
/* It ended well. */
void midge__retry_note_good(struct midge__transfer *t);
static inline bool midge__retry_waits(const struct midge__transfer *t)
{
    return t->again;
}
#else
#define midge__retry_open(client)  ((void)(client))
#define midge__retry_start(t)      ((void)(t))
#define midge__retry_most(t)       ((void)(t), 0U)
#define midge__retry_head(t)       ((void)(t), false)
#define midge__retry_error(t, err) ((void)(t), (void)(err), false)
#define midge__retry_begin(t)      ((void)(t))
#define midge__retry_wakes(t)      ((void)(t), false)
#define midge__retry_note_good(t)  ((void)(t))
#define midge__retry_waits(t)      ((void)(t), false)
#endif

#endif
