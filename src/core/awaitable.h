/* SPDX-License-Identifier: MIT */
/* Awaitables: slots, states, completions, results (awaitable.c). */
#ifndef MIDGE_CORE_AWAITABLE_H
#define MIDGE_CORE_AWAITABLE_H

#include <stdbool.h>
#include <stdint.h>
#include "base/list.h"
#include "base/timer_heap.h"
#include "midge/client.h"

struct midge__awaitable;

typedef void (*midge__done_fn)(void *ctx, const struct midge_result *result);

struct midge__awaitable_ops {
    bool is_request; /* the object is a struct midge__transfer */
    /* End it with err (CANCELED, CLOSED). Live ones only. */
    void (*cancel)(struct midge__awaitable *aw, int err);
    /* Fill the cleared result. */
    void (*result)(const struct midge__awaitable *aw, struct midge_result *result);
    /* The object's own completion callback and its ctx; NULL: it has none. May be NULL. */
    midge__done_fn (*done)(const struct midge__awaitable *aw, void **ctx);
    /* Free the object and all that it holds. */
    void (*destroy)(struct midge__awaitable *aw);
};

/*
 * An awaitable is live, then ended, then delivered: its completion callback and its watcher were
 * called. In each of these its result is kept for midge_take; or it is detached, so that the
 * delivery frees it; or it was taken, and is there for its delivery only. Without a callback or
 * watcher it is freed when it is taken, and when it is detached after the delivery.
 *
 * from                  to
 * LIVE                  LIVE_DETACHED, ENDED
 * LIVE_DETACHED         ENDED_DETACHED
 * ENDED                 ENDED_DETACHED, ENDED_TAKEN, DELIVERED
 * ENDED_DETACHED        ENDED_TAKEN, DELIVERED_DETACHED
 * ENDED_TAKEN           DELIVERED_TAKEN
 * DELIVERED             DELIVERED_DETACHED, DELIVERED_TAKEN
 * DELIVERED_DETACHED    DELIVERED (a task takes it), DELIVERED_TAKEN
 * DELIVERED_TAKEN       -
 */
enum midge__awaitable_state {
    MIDGE__LIVE,
    MIDGE__LIVE_DETACHED,
    MIDGE__ENDED,
    MIDGE__ENDED_DETACHED,
    MIDGE__ENDED_TAKEN,
    MIDGE__DELIVERED,
    MIDGE__DELIVERED_DETACHED,
    MIDGE__DELIVERED_TAKEN
};

struct midge__awaitable {
    uint8_t state; /* enum midge__awaitable_state */
    bool inner;    /* a future of src/async: the application cannot complete it */
    struct midge_client *client;
    const struct midge__awaitable_ops *ops;
    midge_watch_fn watch;
    void *watch_ctx;
    struct midge__list link; /* in client->ended until the completion was delivered; before it ends,
                                in a list of its kind */
    struct midge__timer timer;
    midge_id id;
};

/* A place in the table: an awaitable's address, or, as an odd number, the next free place. */
struct midge__slot {
    uintptr_t value;
};

/* NULL: the slot is free. */
static inline struct midge__awaitable *midge__slot_get(const struct midge__slot *slot)
{
    return (slot->value & 1) == 0 ? (struct midge__awaitable *)slot->value : NULL;
}

/* The slot is free; next: 1 + the index of the next free slot, 0 none. */
static inline void midge__slot_free(struct midge__slot *slot, unsigned next)
{
    slot->value = (uintptr_t)next << 1 | 1;
}

static inline bool midge__awaitable_ended(const struct midge__awaitable *aw)
{
    return aw->state >= MIDGE__ENDED;
}

/* Gives the object (already allocated, ops set) a slot. NO_SLOT, CLOSED. */
int midge__awaitable_add(struct midge_client *client, struct midge__awaitable *aw);
void midge__awaitable_end(struct midge__awaitable *aw);
struct midge__awaitable *midge__awaitable_find(const struct midge_client *client, midge_id id);
/* Deliver completions until there are none, bounded. */
void midge__awaitables_deliver(struct midge_client *client);
/* The client is called again: frees the awaitable that was taken last, to whose URL the result may
   point. */
void midge__awaitables_forget(struct midge_client *client);
/* Fills a result that has only an error. */
void midge__result_failed(struct midge_result *result, midge_id id, int err);
/* Cancels all live ones with err. */
void midge__awaitables_cancel(struct midge_client *client, int err);
/* Frees all. */
void midge__awaitables_free(struct midge_client *client);
/* Delivered: the result is kept for the task that awaits it, also if it is detached. */
void midge__awaitable_keep(struct midge__awaitable *aw);

#endif
