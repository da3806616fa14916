/* SPDX-License-Identifier: MIT */
/*
 * Counting semaphore: a queue of futures. A released permit goes directly to the first waiter and
 * is not free in between: first come, first served.
 */
#include "base/check.h"
#include "midge/gather.h"

#if MIDGE_WITH_SEMAPHORE

struct midge__waiter {
    struct midge_client *client;
    struct midge_semaphore *semaphore;
    struct midge__waiter *next, *prev;
    midge_id id;
};

static void append(struct midge_semaphore *semaphore, struct midge__waiter *waiter)
{
    waiter->prev = semaphore->tail;
    if (semaphore->tail != NULL) {
        semaphore->tail->next = waiter;
    } else {
        semaphore->head = waiter;
    }
    semaphore->tail = waiter;
}

static void remove_waiter(struct midge_semaphore *semaphore, struct midge__waiter *waiter)
{
    if (waiter->prev != NULL) {
        waiter->prev->next = waiter->next;
    } else {
        semaphore->head = waiter->next;
    }
    if (waiter->next != NULL) {
        waiter->next->prev = waiter->prev;
    } else {
        semaphore->tail = waiter->prev;
    }
}

/* Called only while it is queued: a granted waiter's future has ended and cannot be canceled. */
static void waiter_canceled(void *ctx, midge_id id)
{
    struct midge__waiter *waiter = ctx;
    (void)id;
    remove_waiter(waiter->semaphore, waiter);
    midge_free(waiter->client, waiter);
}

static int acquire_at_once(struct midge_client *client, struct midge_semaphore *semaphore,
                           midge_id *id)
{
    const struct midge_result granted = {.error = MIDGE_OK};
    int err = midge__future(client, NULL, NULL, id);
    if (err != MIDGE_OK) {
        return err;
    }
    semaphore->permits--;
    return midge__future_complete(client, *id, &granted);
}

int midge_acquire(struct midge_client *client, struct midge_semaphore *semaphore, midge_id *id)
{
    if (semaphore == NULL || id == NULL) {
        return MIDGE_ERR_INVALID;
    }
    if (semaphore->permits > 0) {
        return acquire_at_once(client, semaphore, id);
    }
    struct midge__waiter *waiter = midge_alloc(client, sizeof *waiter);
    if (waiter == NULL) {
        return MIDGE_ERR_NO_MEMORY;
    }
    *waiter = (struct midge__waiter){.client = client, .semaphore = semaphore};
    int err = midge__future(client, waiter_canceled, waiter, &waiter->id);
    if (err != MIDGE_OK) {
        midge_free(client, waiter);
        return err;
    }
    append(semaphore, waiter);
    *id = waiter->id;
    return MIDGE_OK;
}

void midge_release(struct midge_client *client, struct midge_semaphore *semaphore)
{
    const struct midge_result granted = {.error = MIDGE_OK};
    struct midge__waiter *waiter = semaphore->head;
    (void)client; /* a semaphore may serve several clients: each waiter knows its own */
    if (waiter == NULL) {
        MIDGE_ASSERT(semaphore->permits < UINT16_MAX); /* released more often than acquired */
        semaphore->permits++;
        return;
    }
    struct midge_client *owner = waiter->client;
    midge_id id = waiter->id;
    remove_waiter(semaphore, waiter);
    midge_free(owner, waiter); /* first, since the completion may call this function again */
    (void)midge__future_complete(owner, id, &granted);
}

#endif
