/* SPDX-License-Identifier: MIT */
/*
 * Prepared requests. The block is that of a started request (request.h) with struct midge_prepared
 * as its fixed part; the head's bytes are a block of their own. The transfer in it is cleared for
 * each start. It has a slot of the client's table while it is started: until its result was taken.
 */
#include "core/prepared.h"
#include "base/check.h"
#include "base/span.h"
#include "core/admission.h"
#include "core/client.h"
#include "core/head.h"
#include "core/hop.h"
#include "core/origin.h"
#include "core/request.h"
#include <string.h>

#if MIDGE_WITH_PREPARED

static void release(struct midge_client *client, struct midge_prepared *p)
{
    midge__list_remove(&p->link);
    if (p->origin != NULL) {
        midge__origin_put(client, p->origin);
    }
    midge__memory_wipe(&client->memory, (void *)(uintptr_t)p->head.ptr);
    midge__memory_wipe(&client->memory, p);
    client->admission_due = true; /* a request may have waited for the memory */
}

/* --- preparing --- */

/* Its value could differ from the length of a later body. */
static bool has_length(const struct midge_header *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (list[i].value != NULL &&
            midge__span_is(midge__span_of(list[i].name), "Content-Length")) {
            return true;
        }
    }
    return false;
}

static int make_head(struct midge_client *client, struct midge_prepared *p)
{
    struct midge__h1_write write;
    size_t n;
    midge__head_begin(&write, &p->t);
    write.framing = MIDGE__H1_FRAMING_NONE;
    const size_t size = midge__h1_head_size(&write);
    uint8_t *head = midge__memory_alloc(&client->memory, 0, size);
    if (head == NULL) {
        return MIDGE_ERR_NO_MEMORY;
    }
    (void)midge__h1_write(&write, head, size, &n);
    p->head = midge__span((const char *)head, size - 2); /* without its last CRLF */
    return MIDGE_OK;
}

/* The part of the transfer that stays the same. */
static void fill(struct midge_prepared *p, const struct midge__draft *draft)
{
    midge__draft_fill(draft, &p->t, (char *)(p + 1));
    p->request = (struct midge_request *)(uintptr_t)p->t.request;
    p->body = p->request->body;
    p->body_len = p->request->body_len;
}

static int prepare(struct midge_client *client, const struct midge_request *request,
                   struct midge_prepared **out)
{
    struct midge__draft draft;
    void *block;
    int err = midge__draft_init(&draft, request, true);
    draft.holds = true; /* its body changes */
    if (err == MIDGE_OK) {
        err = midge__draft_block(client, &draft, sizeof(struct midge_prepared), &block);
    }
    if (err != MIDGE_OK) {
        return err;
    }
    struct midge_prepared *p = block;
    midge__list_init(&p->link);
    midge__transfer_init(&p->t, client);
    fill(p, &draft);
    err = midge__origin_get(client, request, &draft.url, &p->origin);
    if (err == MIDGE_OK) {
        p->t.origin = p->origin;
        err = make_head(client, p);
    }
    if (err == MIDGE_OK && !midge__memory_spares(&client->memory)) {
        err = MIDGE_ERR_NO_MEMORY;
    }
    if (err != MIDGE_OK) {
        release(client, p);
        return err;
    }
    midge__list_push_tail(&client->prepared, &p->link);
    *out = p;
    return MIDGE_OK;
}

int midge_prepare(struct midge_client *client, const struct midge_request *request,
                  struct midge_prepared **prepared)
{
    if (client == NULL || request == NULL || prepared == NULL) {
        return MIDGE_ERR_INVALID;
    }
    if (client->closing) {
        return MIDGE_ERR_CLOSED;
    }
    if (has_length(request->headers, request->headers != NULL ? request->n_headers : 0) ||
        has_length(client->config.headers, client->config.n_headers)) {
        return MIDGE_ERR_HEADER;
    }
    midge__awaitables_forget(client);
    midge__client_tick(client);
    return prepare(client, request, prepared);
}

/* --- starting --- */

static struct midge_prepared *prepared_of(struct midge__awaitable *aw)
{
    return MIDGE_CONTAINER_OF(aw, struct midge_prepared, t.aw);
}

static void over(struct midge__awaitable *aw)
{
    struct midge_prepared *p = prepared_of(aw);
    MIDGE_ASSERT(p->t.origin == NULL); /* its end has put it */
    midge__hop_end(&p->t);
    p->is_started = false;
    if (p->is_freed) {
        release(aw->client, p);
    }
}

static const struct midge__awaitable_ops ops = {
    .is_request = true,
    .cancel = midge__transfer_cancel,
    .result = midge__transfer_result,
    .done = midge__transfer_done,
    .destroy = over,
};

/* Clears all that the start before has left. */
static void renew(struct midge_client *client, struct midge_prepared *p)
{
    const struct midge__transfer old = p->t;
    memset(&p->t, 0, sizeof p->t);
    midge__transfer_init(&p->t, client);
    p->t.aw.ops = &ops;
    p->t.request = old.request;
    p->t.timeouts = old.timeouts;
    p->t.method = old.method;
    p->t.target_at = old.target_at; /* for a hook's fields */
    p->t.target_len = old.target_len;
    p->t.is_prepared = true;
}

static int begin(struct midge_client *client, struct midge_prepared *p)
{
    int err = midge__origin_use(client, p->origin);
    if (err != MIDGE_OK) {
        return err;
    }
    p->t.origin = p->origin;
    err = midge__awaitable_add(client, &p->t.aw);
    if (err != MIDGE_OK) {
        midge__origin_put(client, p->origin);
        return err;
    }
    p->is_started = true;
    midge__transfer_enqueue(&p->t);
    return MIDGE_OK;
}

/* Takes the result of the start before. False: it has not ended, or its result waits for its
   callback or a watcher. */
static bool end_last(struct midge_client *client, const struct midge_prepared *p)
{
    const struct midge__awaitable *aw = &p->t.aw;
    bool waits = aw->watch != NULL || (p->request->on_done != NULL && aw->state < MIDGE__DELIVERED);
    return !waits && midge_take(client, aw->id, NULL) == MIDGE_OK;
}

int midge_start_prepared(struct midge_client *client, struct midge_prepared *p, const void *body,
                         size_t body_len, midge_id *id)
{
    if (client == NULL || p == NULL || p->is_freed || (id == NULL && p->request->on_done == NULL) ||
        (body != NULL && p->body == NULL)) {
        return MIDGE_ERR_INVALID;
    }
    midge__awaitables_forget(client); /* it may be this one */
    if (p->is_started && !end_last(client, p)) {
        return MIDGE_ERR_BUSY;
    }
    midge__client_tick(client);
    renew(client, p);
    p->request->body = body != NULL ? body : p->body;
    p->request->body_len = body != NULL ? body_len : p->body_len;
    int err = begin(client, p);
    if (err == MIDGE_OK && id != NULL) {
        *id = p->t.aw.id;
    }
    return err;
}

/* --- the end --- */

void midge_prepared_free(struct midge_client *client, struct midge_prepared *p)
{
    if (p == NULL) {
        return;
    }
    midge__awaitables_forget(client);
    p->is_freed = true;
    if (!p->is_started) {
        release(client, p);
    }
}

void midge__prepared_close(struct midge_client *client)
{
    struct midge__list *link;
    while ((link = midge__list_first(&client->prepared)) != NULL) {
        release(client, MIDGE_CONTAINER_OF(link, struct midge_prepared, link));
    }
}

#endif
