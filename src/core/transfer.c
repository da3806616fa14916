/* SPDX-License-Identifier: MIT */
/*
 * Transfers: a request from its start to its one completion.
 *
 * state     waits for                 on ok                  on error         deadline (and total)
 * QUEUED    admission                 OPENING, or ATTACHED   ENDED            queue
 *                                     to a kept connection
 * OPENING   dns, connect, permit,     ATTACHED               ENDED            dns, connect, tls
 *           handshake
 * ATTACHED  the protocol              ENDED                  ENDED or QUEUED  first byte, idle
 * ENDED     delivery                  –                      –                –
 */
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
#include "core/request.h"
#include "core/tell.h"
#include "midge/config.h"
#include <string.h>

/* A kept connection without a byte of an answer for this long may be broken. */
#define UNANSWERED_MS 1000U

static struct midge__transfer *transfer_of(const struct midge__awaitable *aw)
{
    return (struct midge__transfer *)(uintptr_t)((const char *)aw -
                                                 offsetof(struct midge__transfer, aw));
}

/* --- deadlines --- */

/* The field's offset in struct midge_timeouts. */
#define LIMIT(field) ((uint8_t)offsetof(struct midge_timeouts, field))

static uint32_t limit_in(const struct midge_timeouts *timeouts, uint8_t limit)
{
    uint32_t ms;
    memcpy(&ms, (const char *)timeouts + limit, sizeof ms);
    return ms;
}

/* The request's limit; if 0, the client's; if 0, the build's. */
static uint32_t limit_of(const struct midge__transfer *t, uint8_t limit)
{
    static const struct midge_timeouts build = {
        .queue_ms = MIDGE_QUEUE_MS,
        .dns_ms = MIDGE_DNS_MS,
        .connect_ms = MIDGE_CONNECT_MS,
        .tls_ms = MIDGE_TLS_MS,
        .first_byte_ms = MIDGE_FIRST_BYTE_MS,
        .idle_ms = MIDGE_IDLE_MS,
        .open_ms = MIDGE_NO_TIMEOUT,
        .attempt_ms = MIDGE_NO_TIMEOUT,
        .total_ms = MIDGE_TOTAL_MS,
    };
    uint32_t ms = limit_in(&t->request->timeouts, limit);
    ms = ms != 0 ? ms : limit_in(&t->aw.client->config.timeouts, limit);
    return ms != 0 ? ms : limit_in(&build, limit);
}

static uint32_t rest(uint32_t ms, uint32_t gone)
{
    if (ms == MIDGE_NO_TIMEOUT) {
        return ms;
    }
    return ms > gone ? ms - gone : 0;
}

static uint32_t smaller(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static uint32_t phase_limit(const struct midge__transfer *t)
{
    static const uint8_t limits[] = {LIMIT(queue_ms), LIMIT(dns_ms),  LIMIT(connect_ms),
                                     LIMIT(tls_ms),   LIMIT(idle_ms), LIMIT(first_byte_ms),
                                     LIMIT(idle_ms)};
    if (t->phase >= MIDGE_PHASE_DONE || (t->frozen && t->phase != MIDGE_PHASE_WAIT)) {
        return MIDGE_NO_TIMEOUT;
    }
    uint32_t ms = limit_of(t, limits[t->phase]);
    if (t->phase == MIDGE_PHASE_QUEUE) {
        return rest(ms, t->queued_ms);
    }
    if (t->phase <= MIDGE_PHASE_TLS) { /* the whole opening has a limit too */
        return smaller(ms, rest(limit_of(t, LIMIT(open_ms)), t->opening_ms));
    }
    return ms;
}

static uint32_t phase_left(const struct midge__transfer *t)
{
    return rest(phase_limit(t), t->aw.client->now_ms - t->active_ms);
}

uint32_t midge__transfer_left(const struct midge__transfer *t)
{
    return smaller(phase_left(t), rest(t->total_ms, t->aw.client->now_ms - t->start_ms));
}

static void arm(struct midge__transfer *t)
{
    uint32_t left = midge__transfer_left(t);
    struct midge_client *client = t->aw.client;
    if (left == MIDGE_NO_TIMEOUT) {
        midge__timer_disarm(&client->timers, &t->aw.timer);
    } else {
        (void)midge__timer_arm(&client->timers, &t->aw.timer, client->now_ms + left);
    }
}

static void abandon(struct midge__transfer *t, int err);

/* Moved bytes do not re-arm the timer: when it fires, it checks whether bytes moved. */
static void deadline(struct midge__timer *timer)
{
    struct midge__awaitable *aw = MIDGE_CONTAINER_OF(timer, struct midge__awaitable, timer);
    struct midge__transfer *t = transfer_of(aw);
    if (midge__transfer_left(t) > 0) {
        arm(t);
        return;
    }
    abandon(t, MIDGE_ERR_TIMEOUT);
}

void midge__transfer_active(struct midge__transfer *t)
{
    t->active_ms = t->aw.client->now_ms;
}

void midge__transfer_freeze(struct midge__transfer *t, bool frozen)
{
    if (t->frozen == frozen) {
        return;
    }
    t->frozen = frozen;
    midge__transfer_active(t);
    arm(t);
}

/* --- phases --- */

static void account(struct midge__transfer *t)
{
    _Static_assert(offsetof(struct midge_timings, body_us) == MIDGE_PHASE_BODY * sizeof(uint32_t),
                   "in the order of the phases");
    uint64_t now = midge__now_us(t->aw.client), spent = now - t->phase_us;
    uint32_t ms = t->aw.client->now_ms - t->active_ms;
    uint32_t *sum = (uint32_t *)(void *)&t->result->t + t->phase;
    t->phase_us = now;
    *sum = spent > UINT32_MAX - *sum ? UINT32_MAX : *sum + (uint32_t)spent;
    if (t->phase == MIDGE_PHASE_QUEUE) {
        t->queued_ms += ms;
    } else if (t->phase <= MIDGE_PHASE_TLS) {
        t->opening_ms += ms;
    }
}

void midge__transfer_phase(struct midge__transfer *t, enum midge_phase phase)
{
    account(t);
    t->phase = (uint8_t)phase;
    midge__transfer_active(t);
    arm(t);
}

/* If the transfer is admitted again, the new end would be later, so it has no effect. */
static void limit_attempt(struct midge__transfer *t)
{
    const struct midge_client *client = t->aw.client;
    uint32_t ms = limit_of(t, LIMIT(attempt_ms));
    if (t->total_ms == MIDGE_NO_TIMEOUT) {
        t->start_ms = client->now_ms;
    }
    if (ms != MIDGE_NO_TIMEOUT) {
        t->total_ms = smaller(t->total_ms, client->now_ms - t->start_ms + ms);
    }
}

void midge__transfer_admit(struct midge__transfer *t, struct midge__conn *conn)
{
    struct midge_client *client = t->aw.client;
    midge__list_remove(&t->link);
    t->conn = conn;
    t->state = MIDGE__TRANSFER_OPENING;
    limit_attempt(t);
    t->origin->active++;
    client->transfers++;
}

/* --- the end --- */

static void leave(struct midge__transfer *t)
{
    if (t->state == MIDGE__TRANSFER_OPENING || t->state == MIDGE__TRANSFER_ATTACHED) {
        t->origin->active--;
        t->aw.client->transfers--;
        t->aw.client->dirty = true;
    }
    midge__list_remove(&t->link);
    t->conn = NULL;
}

static int finish(struct midge__transfer *t, int err)
{
    const struct midge_request *r = t->request;
    enum midge_complete complete = (enum midge_complete)t->result->complete;
    if (r->source != NULL && r->source->finish != NULL) {
        r->source->finish(r->source);
    }
    if (r->sink != NULL && r->sink->finish != NULL) {
        int sank = r->sink->finish(r->sink, err, complete);
        err = err == MIDGE_OK && sank < 0 ? sank : err;
    }
    return err;
}

void midge__transfer_end(struct midge__transfer *t, int err)
{
    struct midge_client *client = t->aw.client;
    if (t->state == MIDGE__TRANSFER_ENDED) {
        return;
    }
    account(t);
    leave(t);
    t->state = MIDGE__TRANSFER_ENDED;
    t->result->t.total_us = midge__u32(midge__now_us(client) - t->result->t.start_us);
    t->error = finish(t, err);
    if (t->error == MIDGE_OK) {
        t->phase = MIDGE_PHASE_DONE;
    } else {
        client->stats.failed++;
        midge__trace(client, MIDGE_TRACE_ERROR, t->aw.id, midge_err_text(t->error), t->url, 0);
    }
    midge__origin_put(client, t->origin);
    t->origin = NULL;
    client->dirty = true;
    midge__awaitable_end(&t->aw);
}

/* On a kept connection. A cancel counts too: it may come from the application's own limit
   (midge_timeout). */
static bool is_unanswered(const struct midge__transfer *t, int err)
{
    uint32_t waited = t->aw.client->now_ms - t->conn->since_ms;
    return t->result->reused && t->phase != MIDGE_PHASE_BODY &&
           (err == MIDGE_ERR_TIMEOUT || waited >= UNANSWERED_MS);
}

/* Ends the transfer from outside: deadline, cancel, close. Its connection is closed. */
static void abandon(struct midge__transfer *t, int err)
{
    struct midge__conn *conn = t->conn;
    if (t->state == MIDGE__TRANSFER_ENDED) {
        return;
    }
    if (conn != NULL) {
        midge__conn_report(conn, t->result);
        if (t->state == MIDGE__TRANSFER_ATTACHED) {
            if (is_unanswered(t, err)) {
                midge__conn_unanswered(conn);
            }
            conn->protocol->cancel(conn, t);
        } else if (err == MIDGE_ERR_TIMEOUT && conn->state != MIDGE__CONN_WAIT_ADMIT) {
            midge__origin_doubt(conn->origin, conn);
            if (phase_left(t) == 0) { /* otherwise the total limit ended it */
                midge__leader_failed(conn);
            }
        }
        conn->transfer = NULL;
        midge__conn_kill(conn);
    }
    midge__transfer_end(t, err);
}

static bool is_idempotent(const char *method)
{
    static const char *const safe[] = {"GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"};
    for (size_t i = 0; i < MIDGE_ARRAY_LEN(safe); i++) {
        if (strcmp(method, safe[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* Bytes that the source gave may not have been sent, but only a rewind brings them back. */
static bool may_send_again(struct midge__transfer *t, bool sent_any)
{
    const struct midge_request *r = t->request;
    if (t->aw.client->closing || (sent_any && !is_idempotent(midge__request_method(r)))) {
        return false;
    }
    if (t->source_begun &&
        (r->source->rewind == NULL || r->source->rewind(r->source) != MIDGE_OK)) {
        return false;
    }
    t->source_begun = false;
    return true;
}

/* RFC 9112 9.3.1: a kept connection may have been closed while the request was on its way. */
static bool may_replay(struct midge__transfer *t, bool sent_any, bool got_any)
{
    return t->result->reused && !got_any && t->result->retries == 0 && may_send_again(t, sent_any);
}

bool midge__transfer_steps_back(const struct midge__transfer *t)
{
    const struct midge_request *r = t->request;
    return t->result->status == 0 && is_idempotent(midge__request_method(r)) &&
           (!t->source_begun || r->source->rewind != NULL);
}

/* The answer's head is longer than the spare buffer, and all connections wait for memory: the
   request is sent again when no other connection is open, since there may be enough then. */
static bool may_step_back(struct midge__transfer *t, int err)
{
    if (err != MIDGE_ERR_NO_MEMORY || t->aw.client->n_conns < 2 || !midge__transfer_steps_back(t) ||
        !may_send_again(t, true)) {
        return false;
    }
    t->put_off = MIDGE__PUT_OFF_ALONE;
    return true;
}

void midge__transfer_requeue(struct midge__transfer *t)
{
    leave(t);
    midge__transfer_phase(t, MIDGE_PHASE_QUEUE);
    t->state = MIDGE__TRANSFER_QUEUED;
    midge__list_push_head(&t->aw.client->queue, &t->link);
    t->aw.client->dirty = true;
}

void midge__transfer_broken(struct midge__transfer *t, int err, const struct midge__fault *fault,
                            bool sent_any, bool got_any)
{
    bool replay = may_replay(t, sent_any, got_any);
    bool back = !replay && may_step_back(t, err);
    if (t->state == MIDGE__TRANSFER_ENDED) {
        return; /* its source canceled it during the rewind */
    }
    if (t->result->reused && !got_any) {
        midge__conn_unanswered(t->conn);
    }
    if (replay || back) {
        t->result->retries += replay;
        t->result->reused = 0;
        t->frozen = false;
        midge__transfer_requeue(t);
        return;
    }
    if (fault != NULL) {
        t->result->native = fault->native;
        t->result->verify_flags = fault->verify_flags;
        t->result->cert_date = fault->cert_date;
        t->result->detail = fault->detail != NULL ? fault->detail : "";
    }
    midge__transfer_end(t, err);
}

/* --- as an awaitable --- */

static void transfer_cancel(struct midge__awaitable *aw, int err)
{
    abandon(transfer_of(aw), err);
}

static void transfer_result(const struct midge__awaitable *aw, struct midge_result *result)
{
    const struct midge__transfer *t = transfer_of(aw);
    *result = *t->result;
    result->is_request = 1;
    result->error = t->error;
    result->phase = t->phase;
}

static bool transfer_completed(struct midge__awaitable *aw, const struct midge_result *result)
{
    const struct midge_request *r = transfer_of(aw)->request;
    if (r->on_done == NULL) {
        return false;
    }
    r->on_done(r->ctx, result);
    return true;
}

static void transfer_destroy(struct midge__awaitable *aw)
{
    struct midge__transfer *t = transfer_of(aw);
    struct midge__memory *memory = &aw->client->memory;
    if (t->origin != NULL) {
        midge__origin_put(aw->client, t->origin);
    }
    if (t->own_url) {
        midge__memory_free(memory, (void *)(uintptr_t)t->url);
    }
    if (t->own_request) {
        midge__memory_free(memory, (void *)(uintptr_t)t->request);
    }
    midge__memory_free(memory, t);
}

static const struct midge__awaitable_ops transfer_ops = {
    .cancel = transfer_cancel,
    .result = transfer_result,
    .completed = transfer_completed,
    .destroy = transfer_destroy,
};

/* --- start --- */

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
    t->total_ms = limit_of(t, LIMIT(total_ms));
    t->state = MIDGE__TRANSFER_QUEUED;
    midge__transfer_phase(t, MIDGE_PHASE_QUEUE);
    midge__list_push_tail(&client->queue, &t->link);
    client->stats.requests++;
    client->dirty = true;
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
    t->result = &both->result;
    t->result->cipher = t->result->detail = "";
    t->aw.client = client;
    t->aw.ops = &transfer_ops;
    t->aw.timer.fire = deadline;
    midge__list_init(&t->link);
    return t;
}

/* The first request is tried with the memory that is free. */
static bool is_first(const struct midge_client *client)
{
    return midge__list_empty(&client->queue) && client->transfers == 0;
}

static int start(struct midge_client *client, const struct midge_request *request, midge_id *id)
{
    struct midge__transfer *t = make(client);
    if (t == NULL) {
        return MIDGE_ERR_NO_MEMORY;
    }
    midge__client_tick(client);
    int err = prepare(client, t, request);
    if (err == MIDGE_OK && !is_first(client) && !midge__room_to_wait(client)) {
        err = MIDGE_ERR_NO_MEMORY;
    }
    if (err == MIDGE_OK) {
        err = midge__awaitable_add(client, &t->aw);
    }
    if (err != MIDGE_OK) {
        transfer_destroy(&t->aw);
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
    if (aw == NULL || aw->ended || aw->ops != &transfer_ops) {
        return MIDGE_ERR_STALE;
    }
    struct midge__transfer *t = transfer_of(aw);
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
