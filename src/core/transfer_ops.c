/* SPDX-License-Identifier: MIT */
/* A transfer as an awaitable: its result and completion, and its end from outside, by a deadline,
   by midge_cancel or by midge_close. An end from outside takes the transfer away from its
   connection, whose protocol decides whether the connection can be kept. */
#include "base/check.h"
#include "core/client.h"
#include "core/conn.h"
#include "core/deadline.h"
#include "core/exchange.h"
#include "core/hop.h"
#include "core/leader.h"
#include "core/origin.h"
#include "core/pool.h"
#include "core/retry.h"
#include "core/transfer.h"
#include <string.h>

/* A kept connection without a byte of an answer for this long may be broken. */
#define UNANSWERED_MS 1000U

/* On a kept connection. A cancel counts too: it may come from the application's own limit
   (midge_timeout). */
static bool is_unanswered(const struct midge__transfer *t, int err)
{
    uint32_t waited = t->aw.client->now_ms - t->conn->since_ms;
    return t->result->reused && t->result->phase != MIDGE_PHASE_BODY &&
           (err == MIDGE_ERR_TIMEOUT || waited >= UNANSWERED_MS);
}

/* True: its connection is to be closed. */
static bool leave_exchange(struct midge__transfer *t, int err)
{
    if (is_unanswered(t, err)) {
        midge__conn_unanswered(t->conn);
    }
    return !midge__exchange_drop(t);
}

static void leave_opening(const struct midge__transfer *t, int err)
{
    struct midge__conn *conn = t->conn;
    if (err == MIDGE_ERR_TIMEOUT && conn->state != MIDGE__CONN_WAIT_ROOM) {
        midge__origin_forget_after_failure(conn->origin, conn);
        if (midge__deadline_phase_left(t) == 0) { /* otherwise the total limit ended it */
            midge__leader_failed(conn);
        }
    }
    conn->transfer = NULL;
}

static void abandon(struct midge__transfer *t, int err)
{
    struct midge__conn *conn = t->conn;
    if (t->state == MIDGE__TRANSFER_ENDED) {
        return;
    }
    if (conn != NULL) {
        bool closes = true;
        if (t->state == MIDGE__TRANSFER_ATTACHED) {
            closes = leave_exchange(t, err);
        } else {
            leave_opening(t, err);
        }
        if (closes) {
            midge__conn_kill(conn);
        }
    }
    if (err != MIDGE_ERR_TIMEOUT || !midge__retry_error(t, err)) {
        midge__transfer_end(t, err);
    }
}

/* Moved bytes do not re-arm the timer: when it fires, it checks whether bytes moved. */
static void deadline(struct midge__timer *timer)
{
    struct midge__awaitable *aw = MIDGE_CONTAINER_OF(timer, struct midge__awaitable, timer);
    struct midge__transfer *t = midge__transfer_of(aw);
    if (midge__retry_wakes(t)) {
        return;
    }
    if (MIDGE_WITH_PHASE_DEADLINES && midge__transfer_left(t) > 0) {
        midge__transfer_arm(t);
        return;
    }
    abandon(t, MIDGE_ERR_TIMEOUT);
}

void midge__transfer_cancel(struct midge__awaitable *aw, int err)
{
    abandon(midge__transfer_of(aw), err);
}

void midge__transfer_result(const struct midge__awaitable *aw, struct midge_result *result)
{
    enum { BEGIN = offsetof(struct midge_result, is_request) };
    _Static_assert(offsetof(struct midge_result, status) ==
                           BEGIN + offsetof(struct midge__report, status) &&
                       offsetof(struct midge_result, detail) ==
                           BEGIN + offsetof(struct midge__report, detail) &&
                       sizeof *result >= BEGIN + sizeof(struct midge__report),
                   "a report has the layout of the result's second part");
    const struct midge__transfer *t = midge__transfer_of(aw);
    memcpy((char *)result + BEGIN, t->result, sizeof *t->result);
    result->error = t->error;
    result->url = t->request->url;
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
    midge__hop_end(t);
    midge__memory_wipe(&aw->client->memory, t); /* a copy of its headers */
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
    t->result->is_request = 1;
    t->result->cipher = t->result->detail = "";
    t->aw.client = client;
    t->aw.ops = &midge__transfer_ops;
    t->aw.timer.fire = deadline;
}
