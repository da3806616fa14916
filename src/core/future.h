/* SPDX-License-Identifier: MIT */
/* Awaitables with small results: sleeps and futures (future.c), tasks (task.c). */
#ifndef MIDGE_CORE_FUTURE_H
#define MIDGE_CORE_FUTURE_H

#include "core/awaitable.h"

struct midge__simple {
    struct midge__awaitable aw;
    int error;
    midge_id child;
    intptr_t value;
    struct midge_result *full; /* a request's result passed on; NULL otherwise */
    union {
        void (*on_cancel)(void *ctx, midge_id id); /* a future's */
        void (*call)(void *ctx);                   /* midge_call_later's */
    };
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
