/* SPDX-License-Identifier: MIT */
/*
 * A stand-in for src/core: slots, futures, sleeps on a virtual clock, memory that is counted.
 * `sync`: watches run within the call that ends a thing; otherwise in fake_turn. The contract
 * allows both, so src/async is tested with both.
 */
#ifndef FAKE_CORE_H
#define FAKE_CORE_H

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include "midge/gather.h"

#define FAKE_SLOTS 64U

struct fake_slot {
    midge_id id; /* 0: free */
    bool sleeps, done, ending, detached, pending;
    uint64_t due;
    void (*on_cancel)(void *ctx, midge_id id);
    void *cancel_ctx;
    midge_watch_fn watch;
    void *watch_ctx;
    struct midge_result result;
};

struct midge_client {
    struct fake_slot slots[FAKE_SLOTS];
    uint16_t generation;
    uint64_t now;
    bool sync;
    unsigned allocs, frees;         /* blocks */
    unsigned fail_alloc, fail_slot; /* the nth from now fails; 0 none */
    size_t live_bytes, limit;       /* 0: no limit */
};

/* --- memory --- */

void *midge_alloc(struct midge_client *client, size_t size)
{
    if (client->fail_alloc > 0 && --client->fail_alloc == 0) {
        return NULL;
    }
    if (client->limit > 0 && client->live_bytes + size > client->limit) {
        return NULL;
    }
    size_t *block = malloc(2 * sizeof(size_t) + size);
    block[0] = size;
    client->live_bytes += size;
    client->allocs++;
    return block + 2;
}

void midge_free(struct midge_client *client, void *memory)
{
    if (memory != NULL) {
        size_t *block = (size_t *)memory - 2;
        client->live_bytes -= block[0];
        client->frees++;
        free(block);
    }
}

/* --- slots --- */

static struct fake_slot *fake_find(const struct midge_client *client, midge_id id)
{
    const struct fake_slot *slot = &client->slots[id % FAKE_SLOTS];
    return id != 0 && slot->id == id ? (struct fake_slot *)(uintptr_t)slot : NULL;
}

static struct fake_slot *fake_new(struct midge_client *client, midge_id *id)
{
    if (client->fail_slot > 0 && --client->fail_slot == 0) {
        return NULL;
    }
    for (unsigned i = 0; i < FAKE_SLOTS; i++) {
        if (client->slots[i].id == 0) {
            struct fake_slot *slot = &client->slots[i];
            memset(slot, 0, sizeof *slot);
            slot->id = *id = (midge_id)(++client->generation * FAKE_SLOTS + i);
            return slot;
        }
    }
    return NULL;
}

static inline unsigned fake_used(const struct midge_client *client)
{
    unsigned n = 0;
    for (unsigned i = 0; i < FAKE_SLOTS; i++) {
        n += client->slots[i].id != 0;
    }
    return n;
}

static void fake_notify(struct midge_client *client, midge_id id)
{
    struct fake_slot *slot = fake_find(client, id);
    midge_watch_fn fn = slot->watch;
    slot->watch = NULL;
    slot->pending = false;
    if (fn != NULL) {
        fn(slot->watch_ctx, id, &slot->result);
        slot = fake_find(client, id);
    }
    if (slot != NULL && slot->detached && slot->watch == NULL) {
        slot->id = 0;
    }
}

static void fake_end(struct midge_client *client, midge_id id, const struct midge_result *result)
{
    struct fake_slot *slot = fake_find(client, id);
    slot->done = true;
    slot->result = *result;
    slot->result.id = id;
    slot->pending = true;
    if (client->sync) {
        fake_notify(client, id);
    }
}

/* --- the calls --- */

int midge_future(struct midge_client *client, void (*on_cancel)(void *ctx, midge_id id), void *ctx,
                 midge_id *id)
{
    struct fake_slot *slot = fake_new(client, id);
    if (slot == NULL) {
        return MIDGE_ERR_NO_SLOT;
    }
    slot->on_cancel = on_cancel;
    slot->cancel_ctx = ctx;
    return MIDGE_OK;
}

int midge_sleep(struct midge_client *client, uint32_t ms, midge_id *id)
{
    struct fake_slot *slot = fake_new(client, id);
    if (slot == NULL) {
        return MIDGE_ERR_NO_SLOT;
    }
    slot->sleeps = true;
    slot->due = client->now + ms;
    return MIDGE_OK;
}

int midge_future_complete(struct midge_client *client, midge_id id,
                          const struct midge_result *result)
{
    struct fake_slot *slot = fake_find(client, id);
    if (slot == NULL || slot->done || slot->sleeps) {
        return MIDGE_ERR_STALE;
    }
    fake_end(client, id, result);
    return MIDGE_OK;
}

/* This core makes no difference between futures. */
int midge__future(struct midge_client *client, void (*on_cancel)(void *ctx, midge_id id), void *ctx,
                  midge_id *id)
{
    return midge_future(client, on_cancel, ctx, id);
}

int midge__future_complete(struct midge_client *client, midge_id id,
                           const struct midge_result *result)
{
    return midge_future_complete(client, id, result);
}

int midge_cancel(struct midge_client *client, midge_id id)
{
    const struct midge_result canceled = {.error = MIDGE_ERR_CANCELED};
    struct fake_slot *slot = fake_find(client, id);
    if (slot == NULL) {
        return MIDGE_ERR_STALE;
    }
    if (slot->done || slot->ending) {
        return MIDGE_OK;
    }
    slot->ending = true;
    if (slot->on_cancel != NULL) {
        slot->on_cancel(slot->cancel_ctx, id);
    }
    slot = fake_find(client, id);
    if (slot != NULL && !slot->done) { /* on_cancel may have completed it */
        fake_end(client, id, &canceled);
    }
    return MIDGE_OK;
}

int midge_done(const struct midge_client *client, midge_id id)
{
    struct fake_slot *slot = fake_find(client, id);
    return slot != NULL ? slot->done : MIDGE_ERR_STALE;
}

int midge_take(struct midge_client *client, midge_id id, struct midge_result *result)
{
    struct fake_slot *slot = fake_find(client, id);
    if (slot == NULL) {
        return MIDGE_ERR_STALE;
    }
    if (!slot->done) {
        return MIDGE_ERR_AGAIN;
    }
    *result = slot->result;
    slot->id = 0;
    memset(&slot->result, 0xa5, sizeof slot->result); /* a late reader finds nonsense */
    return MIDGE_OK;
}

int midge_detach(struct midge_client *client, midge_id id)
{
    struct fake_slot *slot = fake_find(client, id);
    if (slot == NULL) {
        return MIDGE_ERR_STALE;
    }
    slot->detached = true;
    if (slot->done && slot->watch == NULL) {
        slot->id = 0;
    }
    return MIDGE_OK;
}

int midge_watch(struct midge_client *client, midge_id id, midge_watch_fn fn, void *ctx)
{
    struct fake_slot *slot = fake_find(client, id);
    if (slot == NULL) {
        return MIDGE_ERR_STALE;
    }
    if (fn != NULL && slot->watch != NULL) {
        return MIDGE_ERR_BUSY;
    }
    slot->watch = fn;
    slot->watch_ctx = ctx;
    slot->pending = slot->done && fn != NULL;
    return MIDGE_OK;
}

/* --- time --- */

/* Timers that are due, then watches; until nothing is left to do. */
static inline void fake_turn(struct midge_client *client)
{
    const struct midge_result ok = {.error = MIDGE_OK};
    for (unsigned i = 0; i < FAKE_SLOTS; i++) {
        struct fake_slot *slot = &client->slots[i];
        if (slot->id != 0 && slot->sleeps && !slot->done && slot->due <= client->now) {
            fake_end(client, slot->id, &ok);
        }
    }
    for (unsigned i = 0; i < FAKE_SLOTS; i++) {
        if (client->slots[i].id != 0 && client->slots[i].pending) {
            fake_notify(client, client->slots[i].id);
            i = (unsigned)-1; /* it may have ended others */
        }
    }
}

static inline void fake_advance(struct midge_client *client, uint64_t ms)
{
    client->now += ms;
    fake_turn(client);
}

#endif
