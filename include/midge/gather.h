/* SPDX-License-Identifier: MIT */
/*
 * Many at once: gather, as-completed, timeouts, semaphores. Everything here takes and gives
 * awaitables: requests, sleeps, tasks, other gathers.
 */
#ifndef MIDGE_GATHER_H
#define MIDGE_GATHER_H

#include <midge/client.h>

#ifdef __cplusplus
extern "C" {
#endif

enum midge_gather_mode {
    MIDGE_GATHER_ALL,       /* ends when all ended, error OK: asyncio's return_exceptions=True */
    MIDGE_GATHER_FAIL_FAST, /* the first error cancels the rest; ends when all ended, with that
                               error and child = whose it was */
    MIDGE_GATHER_FIRST      /* ends when one has ended: child = which. The rest go on. Call it again
                               with those left: as-completed */
};

/* Await n (1..) awaitables. The list is copied. The children's results stay to be taken by
   midge_take. Canceling the gather cancels the children (FIRST: only the wait). BUSY if one of them
   is awaited by another; NO_SLOT, NO_MEMORY, INVALID, STALE. On an error nothing changed. */
int midge_gather(struct midge_client *client, const midge_id *ids, size_t n,
                 enum midge_gather_mode mode, midge_id *id);

/* Await `of`, at most ms: then it is canceled and this ends with TIMEOUT. Otherwise its result is
   passed on (id excepted), and is taken. ms as in midge_sleep. */
int midge_timeout(struct midge_client *client, midge_id of, uint32_t ms, midge_id *id);

/* Counting semaphore: at most `permits` hold it, the others wait in order. Set up by the macro or
   by midge_semaphore_init; lives until nothing waits for it. */
struct midge_semaphore {
    uint16_t permits;
    struct midge__waiter *head, *tail;
};
static inline void midge_semaphore_init(struct midge_semaphore *semaphore, uint16_t permits)
{
    semaphore->permits = permits;
    semaphore->head = semaphore->tail = NULL;
}
/* Ends with MIDGE_OK when the permit is yours. If it is canceled after that, release it. */
int midge_acquire(struct midge_client *client, struct midge_semaphore *semaphore, midge_id *id);
void midge_release(struct midge_client *client, struct midge_semaphore *semaphore);

#ifdef __cplusplus
}
#endif
#endif
