/* SPDX-License-Identifier: MIT */
/* Awaitables: slots, completions, results; sleeps and futures (awaitable.c). */
#ifndef MIDGE_CORE_AWAITABLE_H
#define MIDGE_CORE_AWAITABLE_H

#include <stdbool.h>
#include "base/list.h"
#include "base/timer_heap.h"
#include "midge/client.h"

struct midge__awaitable;

struct midge__awaitable_ops {
    /* End it with err (CANCELED, CLOSED). Live ones only. */
    void (*cancel)(struct midge__awaitable *aw, int err);
    /* Fill the cleared result. */
    void (*result)(const struct midge__awaitable *aw, struct midge_result *result);
    /* Calls the object's own completion callback; false if it has none. May be NULL. */
    bool (*completed)(struct midge__awaitable *aw, const struct midge_result *result);
    /* Free the object and all that it holds. */
    void (*destroy)(struct midge__awaitable *aw);
};

struct midge__awaitable {
    bool ended, delivered, detached;
    bool taken; /* its result was taken before its completion was delivered */
    struct midge_client *client;
    const struct midge__awaitable_ops *ops;
    midge_watch_fn watch;
    void *watch_ctx;
    struct midge__list link; /* in client->ended until the completion was delivered */
    struct midge__timer timer;
    midge_id id;
};

struct midge__slot {
    struct midge__awaitable *aw; /* NULL: free */
    uint16_t next_free;          /* index + 1 */
};

/* Gives the object (already allocated, ops set) a slot. NO_SLOT, CLOSED. */
int midge__awaitable_add(struct midge_client *client, struct midge__awaitable *aw);
void midge__awaitable_end(struct midge__awaitable *aw);
struct midge__awaitable *midge__awaitable_find(const struct midge_client *client, midge_id id);
/* Deliver completions until there are none, bounded. */
void midge__awaitables_deliver(struct midge_client *client);
/* End all live ones with CLOSED, run the tasks and watchers that wait for them, free all. */
void midge__awaitables_close(struct midge_client *client);

/* Sleeps, futures and tasks: small results. */
struct midge__simple {
    struct midge__awaitable aw;
    int error;
    midge_id child;
    intptr_t value;
    struct midge_result *full; /* a request's result passed on; NULL otherwise */
    void (*on_cancel)(void *ctx, midge_id id);
    void *ctx;
};
extern const struct midge__awaitable_ops midge__simple_ops;
/* Gives simple, just allocated, a slot. NO_MEMORY: too little would be left for requests; NO_SLOT,
   CLOSED. On an error simple is freed. */
int midge__simple_add(struct midge_client *client, struct midge__simple *simple,
                      const struct midge__awaitable_ops *ops);
void midge__simple_result(const struct midge__awaitable *aw, struct midge_result *result);
void midge__simple_destroy(struct midge__awaitable *aw);

#endif
