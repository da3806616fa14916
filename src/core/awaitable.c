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
#include "core/client.h"
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
    struct midge__awaitable *aw =
        midge__slot_get(&client->slots[id % client->config.max_awaitables]);
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
    client->free_slot = (uint16_t)(slot->value >> 1);
    slot->value = (uintptr_t)aw;
    aw->client = client;
    aw->id = new_id(client, index);
    midge__list_init(&aw->link);
    client->live++;
    return MIDGE_OK;
}

/* --- states --- */

static void set_state(struct midge__awaitable *aw, enum midge__awaitable_state state)
{
    /* Bits of the states that may follow each; awaitable.h has the same table. */
    static const uint8_t next[] = {
        [MIDGE__LIVE] = 1U << MIDGE__LIVE_DETACHED | 1U << MIDGE__ENDED,
        [MIDGE__LIVE_DETACHED] = 1U << MIDGE__ENDED_DETACHED,
        [MIDGE__ENDED] =
            1U << MIDGE__ENDED_DETACHED | 1U << MIDGE__ENDED_TAKEN | 1U << MIDGE__DELIVERED,
        [MIDGE__ENDED_DETACHED] = 1U << MIDGE__ENDED_TAKEN | 1U << MIDGE__DELIVERED_DETACHED,
        [MIDGE__ENDED_TAKEN] = 1U << MIDGE__DELIVERED_TAKEN,
        [MIDGE__DELIVERED] = 1U << MIDGE__DELIVERED_DETACHED | 1U << MIDGE__DELIVERED_TAKEN,
        [MIDGE__DELIVERED_DETACHED] = 1U << MIDGE__DELIVERED | 1U << MIDGE__DELIVERED_TAKEN,
        [MIDGE__DELIVERED_TAKEN] = 0,
    };
    (void)next;
    MIDGE_ASSERT(aw->state == state || (next[aw->state] >> state & 1U) != 0);
    aw->state = (uint8_t)state;
}

static bool is_delivered(const struct midge__awaitable *aw)
{
    return aw->state >= MIDGE__DELIVERED;
}

static bool is_taken(const struct midge__awaitable *aw)
{
    return aw->state == MIDGE__ENDED_TAKEN || aw->state == MIDGE__DELIVERED_TAKEN;
}

/* Is it freed with its delivery? */
static bool is_dropped(const struct midge__awaitable *aw)
{
    return aw->state == MIDGE__ENDED_DETACHED || aw->state == MIDGE__DELIVERED_DETACHED ||
           is_taken(aw);
}

void midge__awaitable_keep(struct midge__awaitable *aw)
{
    if (aw->state == MIDGE__DELIVERED_DETACHED) {
        set_state(aw, MIDGE__DELIVERED);
    }
}

/* Frees its slot; the id is stale. */
static void leave_slot(struct midge__awaitable *aw)
{
    struct midge_client *client = aw->client;
    unsigned index = aw->id % client->config.max_awaitables;
    struct midge__slot *slot = &client->slots[index];
    midge__list_remove(&aw->link);
    midge__timer_disarm(&client->timers, &aw->timer);
    if (!is_delivered(aw)) {
        client->live--;
    }
    midge__slot_free(slot, client->free_slot);
    client->free_slot = (uint16_t)(index + 1U);
    client->admission_due = true; /* a request may wait for the slot or the memory */
}

static void release(struct midge__awaitable *aw)
{
    leave_slot(aw);
    aw->ops->destroy(aw);
}

void midge__awaitables_forget(struct midge_client *client)
{
    struct midge__awaitable *aw = client->taken;
    if (aw != NULL) {
        client->taken = NULL;
        client->admission_due = true;
        aw->ops->destroy(aw);
    }
}

/* Its result points into its memory, which is freed later. */
static void keep_taken(struct midge__awaitable *aw)
{
    struct midge_client *client = aw->client;
    midge__awaitables_forget(client);
    leave_slot(aw);
    client->taken = aw;
}

/* --- ends and completions --- */

void midge__awaitable_end(struct midge__awaitable *aw)
{
    set_state(aw, aw->state == MIDGE__LIVE_DETACHED ? MIDGE__ENDED_DETACHED : MIDGE__ENDED);
    midge__timer_disarm(&aw->client->timers, &aw->timer);
    midge__list_push_tail(&aw->client->ended, &aw->link);
}

void midge__result_failed(struct midge_result *result, midge_id id, int err)
{
    *result = (struct midge_result){.error = err, .id = id, .cipher = "", .detail = ""};
}

static void result_of(const struct midge__awaitable *aw, struct midge_result *result)
{
    midge__result_failed(result, 0, MIDGE_OK);
    aw->ops->result(aw, result);
    result->id = aw->id;
}

static void note_delivered(struct midge__awaitable *aw)
{
    if (!is_delivered(aw)) {
        set_state(aw, (enum midge__awaitable_state)(aw->state - MIDGE__ENDED + MIDGE__DELIVERED));
        aw->client->live--;
        aw->client->admission_due =
            true; /* tasks that wait for room check whether anything is live */
    }
}

static midge__done_fn done_of(const struct midge__awaitable *aw, void **ctx)
{
    return !is_delivered(aw) && aw->ops->done != NULL ? aw->ops->done(aw, ctx) : NULL;
}

/* Each callback may take, detach or watch the object. One that has a completion callback is freed
   after that, unless it has a watcher: then its end is as if it had no callback. */
MIDGE__APART static void deliver(struct midge__awaitable *aw)
{
    struct midge_client *client = aw->client;
    const midge_id id = aw->id;
    struct midge_result result;
    void *ctx = NULL;
    midge__done_fn done = done_of(aw, &ctx);
    result_of(aw, &result);
    note_delivered(aw);
    if (done != NULL) {
        done(ctx, &result);
        aw = midge__awaitable_find(client, id);
    }
    bool is_over = done != NULL;
    if (aw != NULL && aw->watch != NULL) {
        midge_watch_fn watch = aw->watch;
        aw->watch = NULL;
        watch(aw->watch_ctx, id, &result);
        aw = midge__awaitable_find(client, id);
        is_over = false;
    }
    if (aw != NULL && aw->watch == NULL && (is_over || is_dropped(aw))) {
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

/* --- the end of the client --- */

void midge__awaitables_cancel(struct midge_client *client, int err)
{
    for (unsigned i = 0; i < client->config.max_awaitables; i++) {
        struct midge__awaitable *aw = midge__slot_get(&client->slots[i]);
        if (aw != NULL && !midge__awaitable_ended(aw)) {
            aw->ops->cancel(aw, err);
        }
    }
}

void midge__awaitables_free(struct midge_client *client)
{
    midge__awaitables_forget(client);
    for (unsigned i = 0; i < client->config.max_awaitables; i++) {
        struct midge__awaitable *aw = midge__slot_get(&client->slots[i]);
        if (aw != NULL) {
            release(aw);
        }
    }
}

/* --- functions for all kinds --- */

int midge_done(const struct midge_client *client, midge_id id)
{
    const struct midge__awaitable *aw = midge__awaitable_find(client, id);
    return aw == NULL || is_taken(aw) ? MIDGE_ERR_STALE : midge__awaitable_ended(aw);
}

int midge_take(struct midge_client *client, midge_id id, struct midge_result *result)
{
    void *ctx;
    struct midge__awaitable *aw = midge__awaitable_find(client, id);
    if (aw == NULL || is_taken(aw)) {
        return MIDGE_ERR_STALE;
    }
    if (!midge__awaitable_ended(aw)) {
        return MIDGE_ERR_AGAIN;
    }
    if (result != NULL) {
        result_of(aw, result);
    }
    if (aw->watch == NULL && done_of(aw, &ctx) == NULL) {
        if (result != NULL && result->url != NULL) {
            keep_taken(aw);
        } else {
            release(aw);
        }
    } else { /* deliver() calls them, and releases it afterwards */
        set_state(aw, is_delivered(aw) ? MIDGE__DELIVERED_TAKEN : MIDGE__ENDED_TAKEN);
    }
    return MIDGE_OK;
}

int midge_detach(struct midge_client *client, midge_id id)
{
    struct midge__awaitable *aw = midge__awaitable_find(client, id);
    if (aw == NULL) {
        return MIDGE_ERR_STALE;
    }
    if (is_delivered(aw) && aw->watch == NULL) { /* with a watcher, deliver() releases it */
        release(aw);
    } else if (!is_dropped(aw) && aw->state != MIDGE__LIVE_DETACHED) {
        set_state(aw, (enum midge__awaitable_state)(aw->state + 1));
    }
    return MIDGE_OK;
}

int midge_watch(struct midge_client *client, midge_id id, midge_watch_fn fn, void *ctx)
{
    struct midge__awaitable *aw = midge__awaitable_find(client, id);
    if (aw == NULL || (fn != NULL && is_taken(aw))) {
        return MIDGE_ERR_STALE;
    }
    if (fn != NULL && aw->watch != NULL) {
        return MIDGE_ERR_BUSY;
    }
    aw->watch = fn;
    aw->watch_ctx = ctx;
    if (fn != NULL && is_delivered(aw) && midge__list_empty(&aw->link)) {
        midge__list_push_tail(&client->ended, &aw->link);
    }
    return MIDGE_OK;
}
