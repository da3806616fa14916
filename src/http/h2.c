/* SPDX-License-Identifier: MIT */
/* HTTP/2 as a connection's protocol. A step composes what is due and sends it (h2_send.c), receives
   once and reports each frame (h2_recv.c), and delivers what paused sinks left (h2_body.c). The
   connection keeps a send buffer while it carries exchanges: frames cannot be composed again. */
#include "http/h2.h"
#include "core/shared.h"
#include "http/protocols.h"

#if MIDGE_WITH_HTTP2

/* Before the server's SETTINGS some servers get into difficulties with more (lighttpd). */
#define EARLY_STREAMS 8U
#define LAST_ID       0x7ffffff0U
#define LAST_READS    16U /* after a send that failed */

static bool has_begun(const struct midge__h2 *h)
{
    return h->conn != NULL;
}

static unsigned capacity(const struct midge__conn *conn)
{
    const struct midge__h2 *h = midge__h2_of(conn);
    unsigned most = !has_begun(h) || !h->settled ? EARLY_STREAMS : h->max_streams;
    if (h->draining || h->full || h->frame.idle > LAST_ID || conn->client->closing) {
        return 0;
    }
    most = most < MIDGE_HTTP2_STREAMS ? most : MIDGE_HTTP2_STREAMS;
    most = most > h->live ? most - h->live : 0;
    unsigned limit = midge__h2_limit_capacity(h);
    return most < limit ? most : limit;
}

static void begin(struct midge__h2 *h, struct midge__conn *conn)
{
    h->conn = conn;
    midge__list_init(&h->ready);
    midge__list_init(&h->blocked);
    midge__h2_limit_open(h);
    midge__h2_frame_init(&h->frame);
    h->send_window = h->recv_window = MIDGE__H2_WINDOW;
    h->initial_window = MIDGE__H2_WINDOW;
    h->max_streams = MIDGE_HTTP2_STREAMS;
    h->trusted = conn->origin->no_table;
}

static void clear(struct midge__h2 *h, struct midge__h2_stream *s, uint32_t value)
{
    (void)value;
    midge__h2_free(h, s->spill);
    midge__h2_free(h, s);
}

static void detach(struct midge__conn *conn)
{
    struct midge__h2 *h = midge__h2_of(conn);
    if (!has_begun(h)) {
        return;
    }
    if (conn->state == MIDGE__CONN_READY) {
        midge__h2_goodbye(h);
    }
    midge__h2_streams_each(h, clear, 0);
    midge__h2_block_free(h);
    midge__h2_text_free(h);
    midge__h2_wipe(h, h->out);
    memset(h, 0, sizeof *h);
}

/* One more stream. A request that wants a connection of its own is the last one on it. */
static int attach(struct midge__conn *conn, struct midge__transfer *t)
{
    struct midge__h2 *h = midge__h2_of(conn);
    if (!has_begun(h)) {
        begin(h, conn);
    }
    const bool buffers = midge__h2_has_out(h) && midge__client_buffers_get(conn->client);
    struct midge__h2_stream *s = buffers ? midge__h2_stream_add(h) : NULL;
    if (s == NULL) {
        h->full = h->live > 0;
        return MIDGE_ERR_NO_MEMORY;
    }
    midge__h2_watch(h);
    int err = midge__exchange_begin(&s->x, conn, t);
    if (err != MIDGE_OK) {
        midge__h2_stream_free(h, s);
        h->full = h->live > 0;
    } else if (s->x.transfer != NULL && t->request->no_reuse) {
        midge__h2_drain(h);
    }
    return err;
}

static void feed(struct midge__h2 *h, struct midge__h2_stream *s, uint32_t value)
{
    (void)h;
    if (s->x.transfer != NULL) {
        midge__exchange_resume(&s->x, value);
    }
}

/* Exchanges that wait for memory beside the one that admission knows try again after it. */
static void feed_others(struct midge__h2 *h)
{
    if (h->starved && h->conn->memory_waiter == NULL) {
        h->starved = false;
        midge__h2_streams_each(h, feed, MIDGE__WAITS_MEMORY);
    }
}

/* A GOAWAY that came before tells which requests are safe to send again. */
static enum midge__step send_broken(struct midge__h2 *h, int err)
{
    const struct midge__fault fault = h->conn->stream->fault;
    enum midge__step next = MIDGE__STEP_MORE;
    h->conn->tcp.drained = false;
    for (unsigned i = 0; i < LAST_READS && next == MIDGE__STEP_MORE; i++) {
        next = midge__h2_recv(h);
    }
    return next == MIDGE__STEP_OVER ? next : midge__h2_over(h, err, &fault, MIDGE__H2_NO_ERROR);
}

static enum midge__step step(struct midge__conn *conn)
{
    struct midge__h2 *h = midge__h2_of(conn);
    bool moved = false;
    feed_others(h);
    int err = midge__h2_send(h, &moved);
    if (conn->state != MIDGE__CONN_READY) {
        return MIDGE__STEP_OVER;
    }
    if (err != MIDGE_OK && err != MIDGE_ERR_AGAIN) {
        return send_broken(h, err);
    }
    enum midge__step next = MIDGE__STEP_WAIT;
    if (!moved || !midge__conn_is_silent(conn)) {
        next = midge__h2_recv(h);
    }
    if (next == MIDGE__STEP_OVER || conn->state != MIDGE__CONN_READY) {
        return MIDGE__STEP_OVER;
    }
    bool more = err == MIDGE_OK && midge__h2_busy(h);
    return more ? MIDGE__STEP_MORE : next;
}

static unsigned want(const struct midge__conn *conn)
{
    const struct midge__h2 *h = midge__h2_of(conn);
    return conn->stream->ops->interest(conn->stream, !midge__h2_is_stuffed(h), midge__h2_busy(h));
}

static void resume(struct midge__exchange *x, unsigned who)
{
    (void)who;
    struct midge__h2_stream *s = midge__h2_stream_of(x);
    midge__h2_stream_wake(midge__h2_of(x->conn), s);
}

static bool drop(struct midge__exchange *x)
{
    midge__h2_stream_reset(midge__h2_of(x->conn), midge__h2_stream_of(x), MIDGE__H2_CANCEL);
    return true;
}

const struct midge__protocol_ops midge__h2_ops = {
    .state_size = sizeof(struct midge__h2),
    .exchange_size = sizeof(struct midge__h2_stream),
    .capacity = capacity,
    .attach = attach,
    .step = step,
    .want = want,
    .resume = resume,
    .drop = drop,
    .detach = detach,
    .idles = true,
    .shares = true,
};

#endif
