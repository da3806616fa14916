/* SPDX-License-Identifier: MIT */
/* HTTP/1.1 as a connection's protocol: one exchange at a time. h1_send.c and h1_recv.c have the two
   directions. A step first sends once, then receives once and parses. This file has the rest: waits
   of the sink, the source and for memory, the end of an exchange, and a request that cannot be
   sent. */
#include "http/h1.h"
#include "core/admission.h"
#include "core/client.h"
#include "core/replay.h"
#include "core/deadline.h"
#include "core/request.h"
#include <string.h>

void *midge__h1_keep(const struct midge__h1 *x, size_t size)
{
    return midge__memory_alloc(&x->conn->client->memory, x->conn->owner, size);
}

size_t midge__h1_budget(const struct midge__h1 *x, size_t n)
{
    int32_t left = x->conn->client->bytes_left;
    size_t most = left > 0 ? (size_t)left : 1;
    return n < most ? n : most;
}

/* --- pause and resume --- */

void midge__h1_ask(struct midge__h1 *x, unsigned who)
{
    x->resumed &= (uint8_t)~who;
}

static void set_waits(struct midge__h1 *x, unsigned waits)
{
    x->waits = (uint8_t)waits;
    /* The idle deadline stops while the application is waited for, but not while memory is: nothing
       else would end that wait if the others never free any. */
    midge__transfer_freeze(x->transfer, (waits & ~(unsigned)MIDGE__RESUME_MEMORY) != 0);
}

bool midge__h1_wait(struct midge__h1 *x, unsigned who)
{
    if ((x->resumed & who) != 0) {
        return false;
    }
    set_waits(x, x->waits | who);
    return true;
}

bool midge__h1_starve(struct midge__h1 *x, size_t bytes)
{
    struct midge__conn *conn = x->conn;
    if (!midge__admission_later(conn->client, conn)) {
        return false;
    }
    conn->starves = (uint32_t)bytes;
    midge__conn_wait(conn, &conn->client->starving);
    conn->steps_back = midge__transfer_steps_back(x->transfer);
    set_waits(x, x->waits | MIDGE__RESUME_MEMORY);
    return true;
}

static void resume(struct midge__conn *conn, struct midge__transfer *t, unsigned who)
{
    struct midge__h1 *x = conn->exchange;
    if (x == NULL || x->transfer == NULL || (t != NULL && x->transfer != t)) {
        return;
    }
    x->resumed |= (uint8_t)who;
    if ((x->waits & who) != 0) {
        set_waits(x, x->waits & ~who);
        midge__conn_kick(conn);
    }
}

/* --- the end of an exchange --- */

enum midge__step midge__h1_over(struct midge__h1 *x, int err, const struct midge__fault *fault)
{
    struct midge__transfer *t = x->transfer;
    x->transfer = NULL;
    midge__conn_report(x->conn, t->result);
    if (err == MIDGE_OK) {
        midge__transfer_end(t, MIDGE_OK);
        return MIDGE__STEP_OVER;
    }
    t->result->complete = MIDGE_COMPLETE_NO;
    if (err == MIDGE_ERR_PROTOCOL) {
        t->result->offset = x->parse.offset;
    }
    /* Another connection would not help a source that failed. */
    midge__transfer_broken(t, err, fault, x->sent_any, x->got_any || x->source_failed);
    return MIDGE__STEP_OVER;
}

/* --- a request that cannot be sent --- */

enum midge__step midge__h1_end_unsent(struct midge__h1 *x)
{
    return midge__h1_over(x, x->send_error, &x->send_fault);
}

/* Ends the request if no answer came in time. An answer that waits for memory has come. */
static void answer_late(struct midge__timer *timer)
{
    struct midge__conn *conn = MIDGE_CONTAINER_OF(timer, struct midge__conn, timer);
    struct midge__h1 *x = conn->exchange;
    if (x->transfer != NULL && x->transfer->result->status == 0 && conn->starves == 0) {
        (void)midge__h1_end_unsent(x);
        midge__conn_close(conn);
    }
}

void midge__h1_send_broken(struct midge__h1 *x, int err)
{
    struct midge__conn *conn = x->conn;
    uint32_t ms = MIDGE_EARLY_ANSWER_MS;
    x->send_error = err;
    x->send_fault = conn->stream->fault;
    x->send = MIDGE__H1_SEND_BROKEN;
    x->wpos = x->wlen = 0;
    set_waits(x, x->waits & ~(unsigned)MIDGE__RESUME_SOURCE);
    uint32_t left = midge__transfer_left(x->transfer);
    if (left <= ms) { /* before a deadline of the request, which would hide the cause */
        ms = left > 0 ? left - 1 : 0;
    }
    conn->timer.fire = answer_late;
    (void)midge__timer_arm(&conn->client->timers, &conn->timer, conn->client->now_ms + ms);
}

/* --- ops --- */

static unsigned capacity(const struct midge__conn *conn)
{
    return conn->exchange == NULL && conn->idle ? 1 : 0;
}

static void detach(struct midge__conn *conn)
{
    struct midge__memory *memory = &conn->client->memory;
    struct midge__h1 *x = conn->exchange;
    if (x != NULL) {
        conn->exchange = NULL;
        conn->starves = 0;
        midge__conn_wait_end(conn);
        midge__h1_recv_end(x);
        midge__memory_free(memory, x);
    }
}

static int attach(struct midge__conn *conn, struct midge__transfer *t)
{
    struct midge__h1 *x = midge__memory_alloc(&conn->client->memory, conn->owner, sizeof *x);
    if (x == NULL) {
        return MIDGE_ERR_NO_MEMORY;
    }
    memset(x, 0, offsetof(struct midge__h1, wbuf));
    x->conn = conn;
    x->transfer = t;
    conn->exchange = x;
    midge__h1_send_begin(x);
    midge__h1_recv_begin(x);
    if (t->request->on_send != NULL) {
        t->request->on_send(t->request->ctx, t->aw.id, midge__request_method(t->request),
                            t->request->url);
    }
    return MIDGE_OK;
}

static enum midge__step step(struct midge__conn *conn)
{
    struct midge__h1 *x = conn->exchange;
    bool moved = false;
    if (x->transfer == NULL) {
        return MIDGE__STEP_OVER;
    }
    int err = midge__h1_send(x, &moved);
    if (x->transfer == NULL) {
        return MIDGE__STEP_OVER;
    }
    if (err != MIDGE_OK) {
        return midge__h1_over(x, err, NULL);
    }
    if (x->send == MIDGE__H1_SEND_BROKEN && !x->sent_any && x->transfer->result->reused) {
        return midge__h1_end_unsent(x); /* the peer cannot have an answer to it */
    }
    if ((x->waits & MIDGE__H1_RECV_WAITS) != 0) {
        return moved ? MIDGE__STEP_MORE : MIDGE__STEP_WAIT;
    }
    enum midge__step next = midge__h1_recv(x);
    return next == MIDGE__STEP_WAIT && moved && midge__h1_sending(x) ? MIDGE__STEP_MORE : next;
}

static unsigned want(const struct midge__conn *conn)
{
    const struct midge__h1 *x = conn->exchange;
    if (x == NULL || x->transfer == NULL) {
        return 0;
    }
    bool in = (x->waits & MIDGE__H1_RECV_WAITS) == 0;
    return conn->stream->ops->interest(conn->stream, in, midge__h1_sending(x));
}

static void cancel(struct midge__conn *conn, struct midge__transfer *t)
{
    struct midge__h1 *x = conn->exchange;
    if (x != NULL && x->transfer == t) {
        x->transfer = NULL;
    }
}

const struct midge__protocol_ops midge__h1_ops = {
    .exchange_size = sizeof(struct midge__h1),
    .capacity = capacity,
    .attach = attach,
    .step = step,
    .want = want,
    .resume = resume,
    .cancel = cancel,
    .detach = detach,
};
