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
#include "base/millis.h"
#include "core/client.h"
#include "core/conn.h"
#include "core/deadline.h"
#include "core/exchange.h"
#include "core/leader.h"
#include "core/origin.h"
#include "core/pool.h"
#include "core/queue.h"
#include "core/replay.h"
#include "core/stats.h"
#include "core/tell.h"
#include "core/timings.h"
#include "midge/config.h"

/* A kept connection without a byte of an answer for this long may be broken. */
#define UNANSWERED_MS 1000U

/* A timer that is armed for an earlier time stays: when it fires, it is armed for the rest. So the
   phases of most requests do not move it. */
void midge__transfer_arm(struct midge__transfer *t)
{
    struct midge_client *client = t->aw.client;
    struct midge__timer *timer = &t->aw.timer;
    const uint32_t left = midge__transfer_left(t), at = client->now_ms + left;
    if (left == MIDGE_NO_TIMEOUT) {
        midge__timer_disarm(&client->timers, timer);
    } else if (!midge__timer_armed(timer) || midge__millis_before(at, timer->at_ms)) {
        (void)midge__timer_arm(&client->timers, timer, at);
    }
}

static void abandon(struct midge__transfer *t, int err);

/* Moved bytes do not re-arm the timer: when it fires, it checks whether bytes moved. */
static void deadline(struct midge__timer *timer)
{
    struct midge__awaitable *aw = MIDGE_CONTAINER_OF(timer, struct midge__awaitable, timer);
    struct midge__transfer *t = midge__transfer_of(aw);
    if (midge__transfer_left(t) > 0) {
        midge__transfer_arm(t);
        return;
    }
    abandon(t, MIDGE_ERR_TIMEOUT);
}

void midge__transfer_freeze(struct midge__transfer *t, bool frozen)
{
    if (t->frozen != frozen) {
        t->frozen = frozen;
        midge__transfer_active(t);
        midge__transfer_arm(t);
    }
}

void midge__transfer_phase(struct midge__transfer *t, enum midge_phase phase)
{
    midge__timings_phase(t);
    midge__deadline_phase_ends(t);
    t->phase = (uint8_t)phase;
    midge__transfer_arm(t);
}

void midge__transfer_admit(struct midge__transfer *t, struct midge__conn *conn)
{
    struct midge_client *client = t->aw.client;
    t->conn = conn;
    t->state = MIDGE__TRANSFER_OPENING;
    midge__deadline_attempt(t);
    t->origin->active++;
    client->transfers++;
    midge__queue_take(t);
}

static void leave(struct midge__transfer *t)
{
    if (t->state == MIDGE__TRANSFER_OPENING || t->state == MIDGE__TRANSFER_ATTACHED) {
        t->origin->active--;
        t->aw.client->transfers--;
        t->aw.client->dirty = true;
        midge__queue_update(t->origin);
    }
    midge__queue_take(t);
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
    midge__timings_end(t);
    leave(t);
    t->state = MIDGE__TRANSFER_ENDED;
    t->result->error = finish(t, err);
    if (t->result->error == MIDGE_OK) {
        t->phase = MIDGE_PHASE_DONE;
    } else {
        midge__stats_failed(client);
        midge__trace(client, MIDGE_TRACE_ERROR, t->aw.id, midge_err_text(t->result->error),
                     t->request->url, 0);
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
        } else if (err == MIDGE_ERR_TIMEOUT && conn->state != MIDGE__CONN_WAIT_ROOM) {
            midge__origin_doubt(conn->origin, conn);
            if (midge__deadline_phase_left(t) == 0) { /* otherwise the total limit ended it */
                midge__leader_failed(conn);
            }
        }
        conn->transfer = NULL;
        midge__conn_kill(conn);
    }
    midge__transfer_end(t, err);
}

void midge__transfer_requeue(struct midge__transfer *t, bool first)
{
    leave(t);
    midge__transfer_phase(t, MIDGE_PHASE_QUEUE);
    t->state = MIDGE__TRANSFER_QUEUED;
    midge__queue_put(t, first);
}

void midge__transfer_broken(struct midge__transfer *t, int err, const struct midge__fault *fault,
                            bool sent_any, bool got_any)
{
    bool replay = midge__replay_after_break(t, sent_any, got_any);
    bool back = !replay && midge__replay_for_memory(t, err);
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
        midge__transfer_requeue(t, true);
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

void midge__transfer_cancel(struct midge__awaitable *aw, int err)
{
    abandon(midge__transfer_of(aw), err);
}

void midge__transfer_result(const struct midge__awaitable *aw, struct midge_result *result)
{
    const struct midge__transfer *t = midge__transfer_of(aw);
    *result = *t->result;
    result->is_request = 1;
    result->url = t->request->url;
    result->phase = t->phase;
}

midge__done_fn midge__transfer_done(const struct midge__awaitable *aw, void **ctx)
{
    const struct midge_request *r = midge__transfer_of(aw)->request;
    *ctx = r->ctx;
    return r->on_done;
}

static void transfer_destroy(struct midge__awaitable *aw)
{
    struct midge__transfer *t = midge__transfer_of(aw);
    if (t->origin != NULL) {
        midge__origin_put(aw->client, t->origin);
    }
    midge__memory_free(&aw->client->memory, t);
}

const struct midge__awaitable_ops midge__transfer_ops = {
    .is_request = true,
    .cancel = midge__transfer_cancel,
    .result = midge__transfer_result,
    .done = midge__transfer_done,
    .destroy = transfer_destroy,
};

void midge__transfer_init(struct midge__transfer *t, struct midge_client *client)
{
    t->result->cipher = t->result->detail = "";
    t->aw.client = client;
    t->aw.ops = &midge__transfer_ops;
    t->aw.timer.fire = deadline;
    midge__list_init(&t->link);
}
