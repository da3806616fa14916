/* SPDX-License-Identifier: MIT */
/* Start of a request: checks, copy, URL, origin, the queue; resume. */
#include "core/deadline.h"
#include "core/transfer.h"
#include "base/check.h"
#include "base/list.h"
#include "base/span.h"
#include "core/admission.h"
#include "core/awaitable.h"
#include "core/client.h"
#include "core/conn.h"
#include "core/exchange.h"
#include "core/leader.h"
#include "core/limits.h"
#include "core/origin.h"
#include "core/pool.h"
#include "core/queue.h"
#include "core/request.h"
#include "core/tell.h"
#include "midge/config.h"
#include <string.h>

static int check(const struct midge_request *r)
{
    if (r->url == NULL || !midge__timeouts_valid(&r->timeouts) ||
        (r->body != NULL && r->source != NULL) || (r->n_headers > 0 && r->headers == NULL) ||
        (r->sink != NULL && r->sink->write == NULL) ||
        (r->source != NULL && r->source->read == NULL)) {
        return MIDGE_ERR_INVALID;
    }
    uint64_t length;
    enum midge__h1_framing framing = midge__request_framing(r, &length);
    struct midge__h1_headers headers = {r->headers, r->n_headers};
    if ((r->content_type != NULL && !midge__h1_value_ok(r->content_type)) ||
        (r->bearer != NULL && !midge__h1_value_ok(r->bearer))) {
        return MIDGE_ERR_HEADER;
    }
    return midge__h1_check(midge__request_method(r), headers, framing, length);
}

static int prepare(struct midge_client *client, struct midge__transfer *t,
                   const struct midge_request *request)
{
    t->request = request;
    if (!request->borrow) {
        t->request = midge__request_copy(client, request);
        if (t->request == NULL) {
            return MIDGE_ERR_NO_MEMORY;
        }
        t->own_request = true;
    }
    int err = midge__request_url(client, request, &t->url, &t->own_url);
    if (err == MIDGE_OK) {
        err = midge__origin_get(client, t->request, t->url, &t->origin);
    }
    return err;
}

static void enqueue(struct midge_client *client, struct midge__transfer *t)
{
    t->phase_us = t->result->t.start_us = midge__now_us(client);
    t->start_ms = t->active_ms = client->now_ms;
    t->total_ms = midge__deadline_limit(t, MIDGE__LIMIT(total_ms));
    t->state = MIDGE__TRANSFER_QUEUED;
    midge__transfer_phase(t, MIDGE_PHASE_QUEUE);
    midge__queue_put(t, false);
    client->stats.requests++;
}

/* In one block with its result, so that a started request needs no more memory to end. */
struct with_result {
    struct midge__transfer t;
    struct midge_result result;
};

static struct midge__transfer *make(struct midge_client *client)
{
    struct with_result *both = midge__memory_calloc(&client->memory, 0, 1, sizeof *both);
    if (both == NULL) {
        return NULL;
    }
    struct midge__transfer *t = &both->t;
    midge__transfer_init(t, client, &both->result);
    return t;
}

/* The first request is tried with the memory that is free. */
static bool is_first(const struct midge_client *client)
{
    return client->queued == 0 && client->transfers == 0;
}

static int start(struct midge_client *client, const struct midge_request *request, midge_id *id)
{
    struct midge__transfer *t = make(client);
    if (t == NULL) {
        return MIDGE_ERR_NO_MEMORY;
    }
    midge__client_tick(client);
    int err = prepare(client, t, request);
    if (err == MIDGE_OK && !is_first(client) && !midge__memory_spares(&client->memory)) {
        err = MIDGE_ERR_NO_MEMORY;
    }
    if (err == MIDGE_OK) {
        err = midge__awaitable_add(client, &t->aw);
    }
    if (err != MIDGE_OK) {
        midge__transfer_ops.destroy(&t->aw);
        return err;
    }
    enqueue(client, t);
    if (id != NULL) {
        *id = t->aw.id;
    }
    return MIDGE_OK;
}

int midge_start(struct midge_client *client, const struct midge_request *request, midge_id *id)
{
    if (client == NULL || request == NULL || (id == NULL && request->on_done == NULL)) {
        return MIDGE_ERR_INVALID;
    }
    if (client->closing) {
        return MIDGE_ERR_CLOSED;
    }
    int err = check(request);
    if (err != MIDGE_OK) {
        return err;
    }
    err = start(client, request, id);
    if (err == MIDGE_ERR_NO_MEMORY && is_first(client)) {
        midge__admission_clear(client);
        midge__memory_yield(&client->memory, true);
        err = start(client, request, id);
        midge__memory_yield(&client->memory, false);
    }
    return err;
}

static int resume(struct midge_client *client, midge_id id, unsigned who)
{
    struct midge__awaitable *aw = midge__awaitable_find(client, id);
    if (aw == NULL || aw->ended || aw->ops != &midge__transfer_ops) {
        return MIDGE_ERR_STALE;
    }
    struct midge__transfer *t = midge__transfer_of(aw);
    if (t->state == MIDGE__TRANSFER_ATTACHED) {
        midge__client_tick(client); /* the idle deadline starts now */
        t->conn->protocol->resume(t->conn, t, who);
    }
    return MIDGE_OK;
}

int midge_resume(struct midge_client *client, midge_id id)
{
    return resume(client, id, MIDGE__RESUME_SINK | MIDGE__RESUME_SOURCE);
}

int midge_resume_sink(struct midge_client *client, midge_id id)
{
    return resume(client, id, MIDGE__RESUME_SINK);
}

int midge_resume_source(struct midge_client *client, midge_id id)
{
    return resume(client, id, MIDGE__RESUME_SOURCE);
}
