/* SPDX-License-Identifier: MIT */
/*
 * Awaitables: objects that are started and end once (requests, sleeps, futures, tasks). A slot
 * table turns ids into objects. An id is serial * max_awaitables + slot, where serial counts the
 * client's starts from 1: an id is used again when serial wraps, after 2^32 / max_awaitables
 * starts.
 *
 * An ended awaitable goes through client->ended, so that completions are delivered from one place
 * at the end of the turn and never from deep inside a connection's step.
 */
#include "core/awaitable.h"
#include "base/check.h"
#include "base/list.h"
#include "base/millis.h"
#include "core/client.h"
#include "core/task.h"
#include "midge/config.h"
#include <string.h>

/* Deliveries in one turn for each slot: a completion that causes others is followed at once, but an
   endless chain cannot block the turn. */
#define DELIVERIES_PER_SLOT 4U

/* --- slots --- */

static midge_id new_id(struct midge_client *client, unsigned index)
{
    uint32_t slots = client->config.max_awaitables;
    client->serial++;
    if (client->serial >= UINT32_MAX / slots) {
        client->serial = 1;
    }
    return client->serial * slots + index;
}

struct midge__awaitable *midge__awaitable_find(const struct midge_client *client, midge_id id)
{
    struct midge__awaitable *aw = client->slots[id % client->config.max_awaitables].aw;
    return aw != NULL && aw->id == id ? aw : NULL;
}

int midge__awaitable_add(struct midge_client *client, struct midge__awaitable *aw)
{
    if (client->closing) {
        return MIDGE_ERR_CLOSED;
    }
    if (client->free_slot == 0) {
        return MIDGE_ERR_NO_SLOT;
    }
    unsigned index = client->free_slot - 1U;
    struct midge__slot *slot = &client->slots[index];
    client->free_slot = slot->next_free;
    slot->aw = aw;
    aw->client = client;
    aw->id = new_id(client, index);
    midge__list_init(&aw->link);
    client->live++;
    return MIDGE_OK;
}

static void release(struct midge__awaitable *aw)
{
    struct midge_client *client = aw->client;
    unsigned index = aw->id % client->config.max_awaitables;
    struct midge__slot *slot = &client->slots[index];
    midge__list_remove(&aw->link);
    midge__timer_disarm(&client->timers, &aw->timer);
    if (!aw->delivered) {
        client->live--;
    }
    slot->aw = NULL;
    slot->next_free = client->free_slot;
    client->free_slot = (uint16_t)(index + 1U);
    aw->ops->destroy(aw);
    client->dirty = true; /* a request may have waited for its memory */
}

/* --- ends and completions --- */

void midge__awaitable_end(struct midge__awaitable *aw)
{
    MIDGE_ASSERT(!aw->ended);
    aw->ended = true;
    midge__timer_disarm(&aw->client->timers, &aw->timer);
    midge__list_push_tail(&aw->client->ended, &aw->link);
}

static void result_of(const struct midge__awaitable *aw, struct midge_result *result)
{
    memset(result, 0, sizeof *result);
    result->cipher = "";
    result->detail = "";
    aw->ops->result(aw, result);
    result->id = aw->id;
}

static void deliver(struct midge__awaitable *aw)
{
    struct midge_client *client = aw->client;
    midge_id id = aw->id;
    struct midge_result result;
    result_of(aw, &result);
    bool first = !aw->delivered;
    bool taken = aw->detached;
    if (first) {
        aw->delivered = true;
        client->live--;
        client->dirty = true; /* tasks that wait for room check whether anything is live */
        if (aw->ops->completed != NULL && aw->ops->completed(aw, &result)) {
            taken = true;
        }
    }
    aw = midge__awaitable_find(client, id); /* the callback may have taken it */
    if (aw == NULL) {
        return;
    }
    if (aw->watch != NULL) {
        midge_watch_fn watch = aw->watch;
        aw->watch = NULL;
        watch(aw->watch_ctx, id, &result);
        aw = midge__awaitable_find(client, id);
        taken = aw != NULL && aw->detached;
    }
    if (taken) {
        release(aw);
    }
}

void midge__awaitables_deliver(struct midge_client *client)
{
    unsigned left = client->config.max_awaitables * DELIVERIES_PER_SLOT;
    struct midge__list *link;
    while (left-- > 0 && (link = midge__list_pop(&client->ended)) != NULL) {
        deliver(MIDGE_CONTAINER_OF(link, struct midge__awaitable, link));
    }
}

/* Awaits of tasks end with CLOSED (or CANCELED), and tasks get a bounded number of rounds to clean
   up. Tasks that still wait after that are freed without having run to their end. */
void midge__awaitables_close(struct midge_client *client)
{
    client->closing = true;
    for (unsigned round = 0; round < 64; round++) {
        for (unsigned i = 0; i < client->config.max_awaitables; i++) {
            struct midge__awaitable *aw = client->slots[i].aw;
            if (aw != NULL && !aw->ended) {
                aw->ops->cancel(aw, MIDGE_ERR_CLOSED);
            }
        }
        midge__awaitables_deliver(client);
        midge__tasks_run(client);
        if (client->live == 0) {
            break;
        }
    }
    for (unsigned i = 0; i < client->config.max_awaitables; i++) {
        if (client->slots[i].aw != NULL) {
            release(client->slots[i].aw);
        }
    }
}

/* --- sleeps and futures --- */

/* The callback may complete the future itself, so that a granted permit is not lost. */
static void simple_cancel(struct midge__awaitable *aw, int err)
{
    struct midge__simple *simple = MIDGE_CONTAINER_OF(aw, struct midge__simple, aw);
    struct midge_client *client = aw->client;
    void (*on_cancel)(void *ctx, midge_id id) = simple->on_cancel;
    midge_id id = aw->id;
    simple->on_cancel = NULL;
    if (on_cancel != NULL) {
        on_cancel(simple->ctx, id);
    }
    if (midge__awaitable_find(client, id) == aw && !aw->ended) {
        simple->error = err;
        midge__awaitable_end(aw);
    }
}

void midge__simple_result(const struct midge__awaitable *aw, struct midge_result *result)
{
    const struct midge__simple *simple =
        (const struct midge__simple *)(const void *)((const char *)aw -
                                                     offsetof(struct midge__simple, aw));
    if (simple->full != NULL) {
        *result = *simple->full;
    }
    result->error = simple->error;
    result->child = simple->child;
    result->value = simple->value;
}

void midge__simple_destroy(struct midge__awaitable *aw)
{
    struct midge__simple *simple = MIDGE_CONTAINER_OF(aw, struct midge__simple, aw);
    midge__memory_free(&aw->client->memory, simple->full);
    midge__memory_free(&aw->client->memory, simple);
}

const struct midge__awaitable_ops midge__simple_ops = {
    .cancel = simple_cancel,
    .result = midge__simple_result,
    .destroy = midge__simple_destroy,
};

int midge__simple_add(struct midge_client *client, struct midge__simple *simple,
                      const struct midge__awaitable_ops *ops)
{
    simple->aw.ops = ops;
    int err = midge__memory_spares(&client->memory) ? midge__awaitable_add(client, &simple->aw)
                                                    : MIDGE_ERR_NO_MEMORY;
    if (err != MIDGE_OK) {
        midge__memory_free(&client->memory, simple);
    }
    return err;
}

static int simple_new(struct midge_client *client, struct midge__simple **out)
{
    *out = midge__memory_calloc(&client->memory, 0, 1, sizeof **out);
    return *out != NULL ? midge__simple_add(client, *out, &midge__simple_ops) : MIDGE_ERR_NO_MEMORY;
}

static void sleep_over(struct midge__timer *timer)
{
    midge__awaitable_end(MIDGE_CONTAINER_OF(timer, struct midge__awaitable, timer));
}

int midge_sleep(struct midge_client *client, uint32_t ms, midge_id *id)
{
    struct midge__simple *simple;
    if (client == NULL || id == NULL || !midge__millis_valid(ms)) {
        return MIDGE_ERR_INVALID;
    }
    int err = simple_new(client, &simple);
    if (err != MIDGE_OK) {
        return err;
    }
    simple->aw.timer.fire = sleep_over;
    midge__client_tick(client);
    if (ms != MIDGE_NO_TIMEOUT) {
        (void)midge__timer_arm(&client->timers, &simple->aw.timer, client->now_ms + ms);
    }
    *id = simple->aw.id;
    return MIDGE_OK;
}

int midge_future(struct midge_client *client, void (*on_cancel)(void *ctx, midge_id id), void *ctx,
                 midge_id *id)
{
    struct midge__simple *simple;
    if (client == NULL || id == NULL) {
        return MIDGE_ERR_INVALID;
    }
    int err = simple_new(client, &simple);
    if (err != MIDGE_OK) {
        return err;
    }
    simple->on_cancel = on_cancel;
    simple->ctx = ctx;
    *id = simple->aw.id;
    return MIDGE_OK;
}

/* A request's result that is passed on (midge_timeout) is copied whole. If there is no memory for
   the copy, its error is still passed on; a success becomes NO_MEMORY, so that it is not taken for
   a success without status. */
static void keep_full(struct midge__simple *simple, const struct midge_result *result)
{
    if (!result->is_request) {
        return;
    }
    simple->full = midge__memory_alloc(&simple->aw.client->memory, 0, sizeof *simple->full);
    if (simple->full != NULL) {
        *simple->full = *result;
    } else if (simple->error == MIDGE_OK) {
        simple->error = MIDGE_ERR_NO_MEMORY;
    }
}

int midge_future_complete(struct midge_client *client, midge_id id,
                          const struct midge_result *result)
{
    struct midge__awaitable *aw = midge__awaitable_find(client, id);
    if (aw == NULL || aw->ended || aw->ops != &midge__simple_ops ||
        aw->timer.fire != NULL) { /* it is a sleep */
        return MIDGE_ERR_STALE;
    }
    struct midge__simple *simple = MIDGE_CONTAINER_OF(aw, struct midge__simple, aw);
    simple->error = result->error;
    simple->child = result->child;
    simple->value = result->value;
    keep_full(simple, result);
    midge__awaitable_end(aw);
    return MIDGE_OK;
}

/* --- functions for all kinds --- */

int midge_cancel(struct midge_client *client, midge_id id)
{
    struct midge__awaitable *aw = midge__awaitable_find(client, id);
    if (aw == NULL) {
        return MIDGE_ERR_STALE;
    }
    if (!aw->ended) {
        bool outermost = midge__client_enter(client);
        aw->ops->cancel(aw, client->closing ? MIDGE_ERR_CLOSED : MIDGE_ERR_CANCELED);
        (void)midge__client_leave(client, outermost);
    }
    return MIDGE_OK;
}

int midge_done(const struct midge_client *client, midge_id id)
{
    const struct midge__awaitable *aw = midge__awaitable_find(client, id);
    return aw == NULL || aw->taken ? MIDGE_ERR_STALE : aw->ended;
}

int midge_take(struct midge_client *client, midge_id id, struct midge_result *result)
{
    struct midge__awaitable *aw = midge__awaitable_find(client, id);
    if (aw == NULL || aw->taken) {
        return MIDGE_ERR_STALE;
    }
    if (!aw->ended) {
        return MIDGE_ERR_AGAIN;
    }
    if (result != NULL) {
        result_of(aw, result);
    }
    /* Its completion callback or its watcher is still to be called: deliver() releases it
       afterwards. */
    if ((!aw->delivered && aw->ops->completed != NULL) || aw->watch != NULL) {
        aw->detached = aw->taken = true;
        return MIDGE_OK;
    }
    release(aw);
    return MIDGE_OK;
}

int midge_detach(struct midge_client *client, midge_id id)
{
    struct midge__awaitable *aw = midge__awaitable_find(client, id);
    if (aw == NULL) {
        return MIDGE_ERR_STALE;
    }
    aw->detached = true;
    if (aw->delivered && aw->watch == NULL) { /* with a watcher, deliver() releases it */
        release(aw);
    }
    return MIDGE_OK;
}

int midge_watch(struct midge_client *client, midge_id id, midge_watch_fn fn, void *ctx)
{
    struct midge__awaitable *aw = midge__awaitable_find(client, id);
    if (aw == NULL) {
        return MIDGE_ERR_STALE;
    }
    if (fn != NULL && aw->watch != NULL) {
        return MIDGE_ERR_BUSY;
    }
    aw->watch = fn;
    aw->watch_ctx = ctx;
    if (fn != NULL && aw->delivered && midge__list_empty(&aw->link)) {
        midge__list_push_tail(&client->ended, &aw->link);
    }
    return MIDGE_OK;
}

int midge_wait(struct midge_client *client, midge_id id, struct midge_result *result)
{
    if (client == NULL || client->busy) {
        return MIDGE_ERR_INVALID;
    }
    for (;;) {
        int err = midge_take(client, id, result);
        if (err != MIDGE_ERR_AGAIN) {
            return err;
        }
        bool closed;
        err = midge__client_turn(client, -1, &closed);
        if (err < 0 || closed) {
            return closed ? MIDGE_ERR_CLOSED : err;
        }
    }
}
