/* SPDX-License-Identifier: MIT */
/*
 * Many at once: gather, as-completed, timeouts, semaphores. All functions here take and return
 * awaitables: requests, sleeps, tasks, other gathers.
 */
#ifndef MIDGE_GATHER_H
#define MIDGE_GATHER_H

#include <midge/client.h>
#include <midge/config.h>

#ifdef __cplusplus
extern "C" {
#endif

#if MIDGE_WITH_GATHER

/* When a gather ends. */
enum midge_gather_mode {
    MIDGE_GATHER_ALL,       /* ends when all ended, error OK: asyncio's return_exceptions=True */
    MIDGE_GATHER_FAIL_FAST, /* the first error cancels the others; ends when all have ended, with
                               that error and child = the one that failed */
    MIDGE_GATHER_FIRST      /* ends when one has ended; child = that one. The others continue.
                               Call it again with them: as-completed */
};

/* Await n (1..) awaitables. The list is copied. The children's results stay until midge_take
   takes them. Canceling the gather cancels the children (FIRST: only the wait). BUSY if one of
   them has a watcher already; NO_SLOT, NO_MEMORY, INVALID, STALE. On an error nothing has
   changed. */
int midge_gather(struct midge_client *client, const midge_id *ids, size_t n,
                 enum midge_gather_mode mode, midge_id *id);

#endif
#if MIDGE_WITH_TIMEOUT

/* Await `of`, at most ms; after that `of` is canceled and this ends with TIMEOUT. Otherwise this
   takes the result of `of` and ends with it (except for id). ms as in midge_sleep. */
int midge_timeout(struct midge_client *client, midge_id of, uint32_t ms, midge_id *id);

#endif
#if MIDGE_WITH_SEMAPHORE

/* Counting semaphore: at most `permits` hold it, the others wait in order. Set it up with
   midge_semaphore_init; it must live until nothing waits for it. */
struct midge_semaphore {
    uint16_t permits;                  /* that are free */
    struct midge__waiter *head, *tail; /* private */
};
/* permits: from 1 on. */
static inline void midge_semaphore_init(struct midge_semaphore *semaphore, uint16_t permits)
{
    semaphore->permits = permits;
    semaphore->head = semaphore->tail = NULL;
}
/* Ends with MIDGE_OK when the caller has the permit. If it is canceled after that, release the
   permit. */
int midge_acquire(struct midge_client *client, struct midge_semaphore *semaphore, midge_id *id);
/* Gives the permit to the first one that waits, or back. */
void midge_release(struct midge_client *client, struct midge_semaphore *semaphore);

#endif

#ifdef __cplusplus
}
#endif
#endif
