/* SPDX-License-Identifier: MIT */
/* Start of a request: checks, copy, URL, origin, the queue; resume. */
#include "base/list.h"
#include "core/admission.h"
#include "core/client.h"
#include "core/conn.h"
#include "core/deadline.h"
#include "core/event.h"
#include "core/exchange.h"
#include "core/kept_headers.h"
#include "core/origin.h"
#include "core/queue.h"
#include "core/request.h"
#include "core/retry.h"
#include "core/timings.h"
#include "core/transfer.h"

void midge__transfer_enqueue(struct midge__transfer *t)
{
    struct midge_client *client = t->aw.client;
    midge__event(t, START, 0, 0);
    midge__timings_start(t);
    midge__deadline_start(t);
    midge__retry_start(t);
    midge__transfer_arm(t);
    midge__queue_put(t, false);
    midge__kept_begin(t->request);
    if (MIDGE_WITH_STATS || MIDGE_WITH_TASKS) {
        client->n_requests++;
    }
}

/* The first request is tried with the memory that is free. */
static bool is_first(const struct midge_client *client)
{
    return client->queued == 0 && client->transfers == 0;
}

static int add(struct midge_client *client, struct midge__draft *draft, struct midge__transfer *t)
{
    int err = midge__origin_get(client, draft->request, &draft->url, &t->origin);
    if (err == MIDGE_OK && !is_first(client) && !midge__memory_spares(&client->memory)) {
        err = MIDGE_ERR_NO_MEMORY;
    }
    return err == MIDGE_OK ? midge__awaitable_add(client, &t->aw) : err;
}

static int start(struct midge_client *client, struct midge__draft *draft, midge_id *id)
{
    void *block;
    midge__client_tick(client);
    int err = midge__draft_block(client, draft, sizeof(struct midge__transfer), &block);
    if (err != MIDGE_OK) {
        return err;
    }
    struct midge__transfer *t = block;
    midge__transfer_init(t, client);
    midge__draft_fill(draft, t, (char *)(t + 1));
    err = add(client, draft, t);
    if (err != MIDGE_OK) {
        midge__transfer_ops.destroy(&t->aw);
        return err;
    }
    midge__transfer_enqueue(t);
    if (id != NULL) {
        *id = t->aw.id;
    }
    return MIDGE_OK;
}

int midge_start(struct midge_client *client, const struct midge_request *request, midge_id *id)
{
    struct midge__draft draft;
    if (client == NULL || request == NULL || (id == NULL && request->on_done == NULL)) {
        return MIDGE_ERR_INVALID;
    }
    if (client->closing) {
        return MIDGE_ERR_CLOSED;
    }
    if (!MIDGE_WITH_REQUEST_COPY && !request->borrow) {
        return MIDGE_ERR_UNSUPPORTED;
    }
    int err = midge__draft_init(&draft, request, !request->borrow);
    if (err != MIDGE_OK) {
        return err;
    }
    midge__awaitables_forget(client);
    err = start(client, &draft, id);
    if (err == MIDGE_ERR_NO_MEMORY && is_first(client)) {
        midge__admission_clear(client);
        midge__memory_yield(&client->memory, true);
        err = start(client, &draft, id);
        midge__memory_yield(&client->memory, false);
    }
    return err;
}

static int resume(struct midge_client *client, midge_id id, unsigned who)
{
    struct midge__awaitable *aw = midge__awaitable_find(client, id);
    if (aw == NULL || midge__awaitable_ended(aw) || !aw->ops->is_request) {
        return MIDGE_ERR_STALE;
    }
    struct midge__transfer *t = midge__transfer_of(aw);
    /* It has none while its source is rewound. */
    if (t->state == MIDGE__TRANSFER_ATTACHED && t->exchange != NULL) {
        midge__client_tick(client); /* the idle deadline starts now */
        midge__exchange_resume(t->exchange, who);
    }
    return MIDGE_OK;
}

int midge_resume(struct midge_client *client, midge_id id)
{
    return resume(client, id, MIDGE__WAITS_SINK | MIDGE__WAITS_SOURCE);
}

int midge_resume_sink(struct midge_client *client, midge_id id)
{
    return resume(client, id, MIDGE__WAITS_SINK);
}

int midge_resume_source(struct midge_client *client, midge_id id)
{
    return resume(client, id, MIDGE__WAITS_SOURCE);
}
