/* SPDX-License-Identifier: MIT */
/*
 * HTTP/2, the sending direction: frames are composed into the connection's buffer, which is sent
 * before further ones are. In this order:
 *
 *     1. the rest of a header block: nothing may come between its frames (RFC 9113 4.3)
 *     2. the preface; answers to SETTINGS and PING; a PING of our own; the connection's credit
 *     3. each stream of h->ready in turn: its RST_STREAM, its credit, then its head or one DATA
 *        frame. So no stream keeps the others from sending.
 *
 * The turns are frames, not bytes: where the connection's window ends, a frame may be short. A
 * stream that could do more is put behind the others; one that waits for its window, its source or
 * its sink leaves the list until it is woken.
 */
#include "http/h2.h"
#include "midge/config.h"

#if MIDGE_WITH_HTTP2

/* --- the connection's own frames --- */

/* Where a frame of so many bytes goes. */
static uint8_t *take(struct midge__h2 *h, size_t size)
{
    uint8_t *to = h->out + h->out_len;
    h->out_len += (uint32_t)size;
    return to;
}

/* The most that put_own writes. */
#define OWN_MAX                                                                                    \
    (MIDGE__H2_PREFACE_SIZE + MIDGE__H2_ACK_SIZE + MIDGE__H2_PING_SIZE + MIDGE__H2_UPDATE_SIZE)

static void put_preface(struct midge__h2 *h)
{
    h->greeted = true;
    (void)midge__h2_write_preface(take(h, MIDGE__H2_PREFACE_SIZE), midge__h2_first_window(h),
                                  h->conn->client->config.max_head_total);
}

/* An answer to a PING, or one of our own, whose bytes do not matter. */
static void put_ping(struct midge__h2 *h)
{
    const unsigned flags = h->pong ? MIDGE__H2_FLAG_ACK : 0;
    h->ping = h->ping && h->pong;
    h->pong = false;
    (void)midge__h2_write_ping(take(h, MIDGE__H2_PING_SIZE), flags, h->echo);
}

/* May so many bytes of frames be put behind those that are there? Not within a header block. */
static bool may_add(struct midge__h2 *h, size_t size)
{
    return h->heading == NULL && midge__h2_has_out(h) && midge__h2_room(h) >= size;
}

/* There is room left for a GOAWAY. */
void midge__h2_put_pong(struct midge__h2 *h)
{
    if (may_add(h, (size_t)2 * MIDGE__H2_PING_SIZE)) {
        put_ping(h);
    }
}

static void put_credit(struct midge__h2 *h, uint32_t stream, uint32_t credit, int32_t *window)
{
    *window += (int32_t)credit;
    (void)midge__h2_write_window_update(take(h, MIDGE__H2_UPDATE_SIZE), stream, credit);
}

/* One part in so many of the connection's window, used up, makes its credit due: fewer parts for
   a frame that goes with others. */
#define ALONE_SHARE 8U
#define WITH_SHARE  64U

static void put_conn_credit(struct midge__h2 *h, unsigned share)
{
    const uint32_t credit = midge__h2_conn_credit(h, share);
    if (credit > 0) {
        put_credit(h, 0, credit, &h->recv_window);
    }
}

static bool has_own(const struct midge__h2 *h)
{
    return !h->greeted || h->acks > 0 || h->pong || h->ping ||
           midge__h2_conn_credit(h, ALONE_SHARE) > 0;
}

/* One frame of each kind; more of them follow when these are sent. */
static void put_own(struct midge__h2 *h)
{
    if (midge__h2_room(h) < OWN_MAX) {
        return;
    }
    if (!h->greeted) {
        put_preface(h);
    }
    if (h->acks > 0) {
        h->acks--;
        (void)midge__h2_write_settings_ack(take(h, MIDGE__H2_ACK_SIZE));
    }
    if (h->pong || h->ping) {
        put_ping(h);
    }
    put_conn_credit(h, ALONE_SHARE);
}

/* --- streams --- */

static void put_reset(struct midge__h2 *h, struct midge__h2_stream *s)
{
    if (!midge__h2_is_silent(s)) {
        (void)midge__h2_write_rst_stream(take(h, MIDGE__H2_UPDATE_SIZE), s->id,
                                         (enum midge__h2_code)s->reset);
    }
    midge__h2_stream_free(h, s);
}

/* One part of the work of s, which may be freed. False: there is too little room for it. */
MIDGE__APART static bool work(struct midge__h2 *h, struct midge__h2_stream *s)
{
    if (s->reset != MIDGE__H2_NO_RESET) {
        put_reset(h, s);
        return true;
    }
    if (midge__h2_has_kept(s)) {
        midge__h2_body_resume(h, s);
        return true;
    }
    uint32_t credit = midge__h2_credit(h, s);
    if (credit > 0) {
        put_credit(h, s->id, credit, &s->recv_window);
        put_conn_credit(h, WITH_SHARE);
    }
    if (s->send == MIDGE__H2_SEND_HEAD && midge__h2_is_held(h, s)) {
        midge__list_push_tail(&h->blocked, &s->ready);
        return true;
    }
    if (s->send == MIDGE__H2_SEND_HEAD) {
        return midge__h2_put_head(h, s);
    }
    if (s->send == MIDGE__H2_SEND_BODY) {
        midge__h2_put_data(h, s);
    }
    return true;
}

/* Each one once: those that come back wait behind the others. A source's callback may close the
   connection. */
static void put_streams(struct midge__h2 *h)
{
    const struct midge__conn *conn = h->conn;
    unsigned left = h->live;
    struct midge__list *link;
    while (left-- > 0 && conn->state == MIDGE__CONN_READY && h->heading == NULL &&
           midge__h2_room(h) >= MIDGE__H2_WORK_ROOM &&
           (link = midge__list_pop(&h->ready)) != NULL) {
        if (!work(h, MIDGE_CONTAINER_OF(link, struct midge__h2_stream, ready))) {
            midge__list_push_head(&h->ready, link);
            return;
        }
    }
}

MIDGE__APART static void compose(struct midge__h2 *h)
{
    if (h->heading != NULL) {
        (void)midge__h2_put_head(h, h->heading);
    }
    if (h->heading == NULL) {
        put_own(h);
        if (h->acks == 0) { /* the windows of all SETTINGS are in use already */
            put_streams(h);
        }
    }
}

/* --- the buffer --- */

bool midge__h2_busy(const struct midge__h2 *h)
{
    return h->out_pos < h->out_len || h->heading != NULL || !midge__list_empty(&h->ready) ||
           (h->conn != NULL && has_own(h));
}

/* That of an idle connection is allocated for the time until it is empty. */
bool midge__h2_has_out(struct midge__h2 *h)
{
    if (h->out == NULL) {
        h->out = midge__h2_alloc(h, MIDGE_SEND_BUFFER);
    }
    return h->out != NULL;
}

static void empty(struct midge__h2 *h)
{
    h->out_pos = h->out_len = 0;
    if (h->live == 0 && !has_own(h)) {
        midge__h2_wipe(h, h->out);
        h->out = NULL;
    }
}

static int flush(struct midge__h2 *h, bool *moved)
{
    struct midge__stream *stream = h->conn->stream;
    size_t n = 0;
    int err = stream->ops->send(stream, h->out + h->out_pos, h->out_len - h->out_pos, &n);
    h->out_pos += (uint32_t)n;
    *moved = err == MIDGE_OK || err == MIDGE_ERR_BUSY;
    if (h->out_pos == h->out_len) {
        empty(h);
    }
    return err == MIDGE_ERR_BUSY ? MIDGE_OK : err;
}

int midge__h2_send(struct midge__h2 *h, bool *moved)
{
    const struct midge__conn *conn = h->conn;
    if (!midge__h2_busy(h)) {
        return MIDGE_OK;
    }
    if (!midge__h2_has_out(h)) {
        return MIDGE_ERR_NO_MEMORY;
    }
    if (h->out_len == 0) {
        compose(h);
    }
    if (conn->state != MIDGE__CONN_READY) {
        return MIDGE_OK;
    }
    if (h->out_len == 0 || h->gone) {
        empty(h);
        return MIDGE_OK;
    }
    return flush(h, moved);
}

void midge__h2_goodbye(struct midge__h2 *h)
{
    bool moved;
    if (h->greeted && may_add(h, MIDGE__H2_PING_SIZE)) {
        (void)midge__h2_write_goaway(take(h, MIDGE__H2_PING_SIZE), (enum midge__h2_code)h->code);
        (void)flush(h, &moved);
    }
}

#endif
