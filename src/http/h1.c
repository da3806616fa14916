/* SPDX-License-Identifier: MIT */
/* HTTP/1.1 as a connection's protocol: one exchange at a time. A step first sends once (h1_send.c,
   h1_source.c), then receives once and parses (h1_recv.c, h1_buffer.c). When sending fails, the
   answer is still waited for (h1_end.c). Exchanges take no memory of their own: their state is
   the connection's, and their buffers are lent by the client for a step. */
#include "http/h1.h"
#include "core/hooks.h"
#include "core/request.h"
#include "http/protocols.h"
#include <string.h>

static unsigned capacity(const struct midge__conn *conn)
{
    return conn->exchanges == 0 && !midge__h1_of(conn)->spent ? 1 : 0;
}

static void detach(struct midge__conn *conn)
{
    struct midge__h1 *h = midge__h1_of(conn);
    midge__h1_buffer_free(h);
    midge__h1_source_end(h);
}

static int attach(struct midge__conn *conn, struct midge__transfer *t)
{
    struct midge__h1 *h = midge__h1_of(conn);
    const struct midge_request *r = t->request;
    memset(h, 0, offsetof(struct midge__h1, parse));
    if (!midge__client_buffers_get(conn->client) ||
        (midge__request_source(r) != NULL &&
         midge__h1_source_begin(h, &conn->client->memory, conn->owner) != MIDGE_OK)) {
        return MIDGE_ERR_NO_MEMORY;
    }
    h->spent = true;
    bool head = (t->method & MIDGE__METHOD_HEAD) != 0;
    midge__h1_parse_init(&h->parse, NULL, 0, head ? MIDGE__H1_FOR_HEAD : 0);
    h->parse.budget = conn->client->config.max_head_total;
    h->parse.wanted = r->keep_headers;
    int err = midge__exchange_begin(&h->x, conn, t);
    h->parse.wanted = midge__hooks_keep(&h->x, h->parse.wanted);
    return err;
}

/* Sets DONE in the same step: the answer may have arrived already, and the connection is kept only
   after DONE. */
static void note_done(struct midge__h1 *h)
{
    size_t left = 0;
    if (h->send == MIDGE__H1_SEND_BODY && !midge__h1_uploads(h)) {
        (void)midge__exchange_memory(&h->x, &left);
        h->send = left == 0 ? MIDGE__H1_SEND_DONE : MIDGE__H1_SEND_BODY;
    }
    if (h->send == MIDGE__H1_SEND_DONE && midge__h1_unsent(h) == 0) {
        midge__exchange_request_done(&h->x);
    }
}

static bool is_sending(const struct midge__h1 *h)
{
    return midge__h1_unsent(h) > 0 ||
           (h->send < MIDGE__H1_SEND_DONE && (h->x.waits & MIDGE__WAITS_SOURCE) == 0);
}

/* Sends once, if there is something to send. */
static int send_some(struct midge__h1 *h, bool *moved)
{
    if (!is_sending(h)) {
        return MIDGE_OK;
    }
    int err =
        midge__h1_uploads(h) ? midge__h1_source_send(h, moved) : midge__h1_memory_send(h, moved);
    if (err == MIDGE_OK) {
        note_done(h);
    }
    return err;
}

static enum midge__step receive(struct midge__h1 *h, bool moved)
{
    if ((h->x.waits & MIDGE__RECV_WAITS) != 0) {
        return moved ? MIDGE__STEP_MORE : MIDGE__STEP_WAIT;
    }
    enum midge__step next = MIDGE__STEP_WAIT;
    if (!moved || h->parse_on || !midge__conn_is_silent(h->x.conn)) {
        next = midge__h1_recv(h);
    }
    return next == MIDGE__STEP_WAIT && moved && is_sending(h) ? MIDGE__STEP_MORE : next;
}

static enum midge__step step(struct midge__conn *conn)
{
    struct midge__h1 *h = midge__h1_of(conn);
    bool moved = false;
    if (h->x.transfer == NULL) {
        return MIDGE__STEP_OVER;
    }
    int err = send_some(h, &moved);
    if (h->x.transfer == NULL) {
        return MIDGE__STEP_OVER;
    }
    if (midge__exchange_source_failed(&h->x)) {
        return midge__h1_over(h, err, NULL);
    }
    if (err != MIDGE_OK && err != MIDGE_ERR_AGAIN &&
        midge__h1_send_broken(h, err) == MIDGE__STEP_OVER) {
        return MIDGE__STEP_OVER;
    }
    enum midge__step next = receive(h, moved);
    if (h->x.transfer != NULL) {
        midge__exchange_stepped(&h->x);
    }
    return next;
}

static unsigned want(const struct midge__conn *conn)
{
    const struct midge__h1 *h = midge__h1_of(conn);
    if (h->x.transfer == NULL) {
        return 0;
    }
    bool in = (h->x.waits & MIDGE__RECV_WAITS) == 0;
    return conn->stream->ops->interest(conn->stream, in, is_sending(h));
}

static bool drop(struct midge__exchange *x)
{
    (void)x;
    return false; /* bytes of its answer may come, which no other exchange may get */
}

const struct midge__protocol_ops midge__h1_ops = {
    .state_size = sizeof(struct midge__h1),
    .capacity = capacity,
    .attach = attach,
    .step = step,
    .want = want,
    .drop = drop,
    .detach = detach,
};
