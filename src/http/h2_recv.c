/* SPDX-License-Identifier: MIT */
/*
 * HTTP/2, the receiving direction: reads once, into the client's buffer, and acts on each frame
 * (codec/h2_frame.h). An idle connection reads too, into a few bytes.
 *
 * Frames of streams that are over are read and forgotten: their RST_STREAM may be on its way (RFC
 * 9113 5.1). The connection's credit for them is returned.
 *
 * Floods. A frame that brings no request further counts; after CALM_MAX of them without DATA in
 * either direction the connection ends with ENHANCE_YOUR_CALM (RFC 9113 10.5). SETTINGS and PING
 * are answered from one place each: while MIDGE__H2_ACKS_MAX answers wait for a peer that does not
 * read, nothing is received.
 */
#include "http/h2.h"
#include "midge/config.h"

#if MIDGE_WITH_HTTP2

#define CALM_MAX   1000U
#define SMALL_READ 256U

/* --- frames that concern the connection --- */

/* False: beyond 2^31 - 1, RFC 9113 6.9.1. */
static bool widen(int32_t *window, int32_t change)
{
    if (*window > 0 && change > INT32_MAX - *window) {
        return false;
    }
    *window += change;
    return true;
}

MIDGE__APART static bool shift_window(struct midge__h2 *h, struct midge__h2_stream *s,
                                      uint32_t change)
{
    if (!widen(&s->send_window, (int32_t)change)) {
        return false;
    }
    if (s->send == MIDGE__H2_SEND_BODY && s->send_window > 0) {
        midge__h2_stream_wake(h, s);
    }
    return true;
}

static void shift_initial(struct midge__h2 *h, struct midge__h2_stream *s, uint32_t change)
{
    if (!shift_window(h, s, change)) {
        h->code = MIDGE__H2_FLOW_CONTROL_ERROR;
    }
}

/* RFC 9113 6.9.2: it changes the windows of all streams, even below 0. */
static void set_initial_window(struct midge__h2 *h, uint32_t value)
{
    const uint32_t change = value - h->initial_window; /* within 31 bits and a sign */
    h->initial_window = value;
    midge__h2_streams_each(h, shift_initial, change);
}

static void on_setting(struct midge__h2 *h, const struct midge__h2_event *event)
{
    if (event->setting == MIDGE__H2_MAX_CONCURRENT_STREAMS) {
        h->max_streams = (uint16_t)(event->value < UINT16_MAX ? event->value : UINT16_MAX);
    } else if (event->setting == MIDGE__H2_INITIAL_WINDOW_SIZE) {
        set_initial_window(h, event->value);
    }
}

static void settings_end(struct midge__h2 *h)
{
    h->settled = true;
    h->acks++;
    midge__h2_unblock(h);
    midge__conn_offer(h->conn);
}

/* --- windows --- */

static void on_window_update(struct midge__h2 *h, uint32_t increment)
{
    struct midge__h2_stream *s = h->current;
    if (h->frame.stream == 0) {
        if (!widen(&h->send_window, (int32_t)increment)) {
            h->code = MIDGE__H2_FLOW_CONTROL_ERROR;
        }
        midge__h2_unblock(h);
    } else if (s != NULL && (increment == 0 || !shift_window(h, s, increment))) {
        midge__h2_malformed(s, MIDGE__TEXT("malformed WINDOW_UPDATE"),
                            increment == 0 ? MIDGE__H2_PROTOCOL_ERROR
                                           : MIDGE__H2_FLOW_CONTROL_ERROR);
    }
}

/* --- frames that concern a stream --- */

/* DATA begins: all of it must fit into the windows. */
static void on_data_frame(struct midge__h2 *h)
{
    struct midge__h2_stream *s = h->current;
    if ((int32_t)h->frame.length > h->recv_window) {
        h->code = MIDGE__H2_FLOW_CONTROL_ERROR;
    } else if (s != NULL && s->recv == MIDGE__H2_RECV_ENDED) {
        midge__h2_malformed(s, MIDGE__TEXT("data after the end of the answer"),
                            MIDGE__H2_STREAM_CLOSED);
    } else if (s != NULL && s->recv == MIDGE__H2_RECV_HEAD) {
        midge__h2_malformed(s, MIDGE__TEXT("data before the head"), MIDGE__H2_PROTOCOL_ERROR);
    } else if (s != NULL && (int32_t)h->frame.length > s->recv_window) {
        midge__h2_malformed(s, MIDGE__TEXT("more data than the window"),
                            MIDGE__H2_FLOW_CONTROL_ERROR);
    }
}

static void on_frame(struct midge__h2 *h)
{
    const struct midge__h2_frame *f = &h->frame;
    if (f->type != MIDGE__H2_TYPE_CONTINUATION) {
        struct midge__h2_stream *s = f->stream != 0 ? midge__h2_stream_find(h, f->stream) : NULL;
        h->current = s != NULL && s->reset == MIDGE__H2_NO_RESET ? s : NULL;
    }
    h->calm++;
    if (h->calm > CALM_MAX) {
        h->code = MIDGE__H2_ENHANCE_YOUR_CALM;
    } else if (f->type == MIDGE__H2_TYPE_DATA) {
        on_data_frame(h);
    } else if (f->type == MIDGE__H2_TYPE_HEADERS) {
        midge__h2_block_begin(h, h->current);
    }
}

static void spend(struct midge__h2 *h, size_t n)
{
    h->recv_window -= (int32_t)n;
    if (h->current != NULL) {
        h->current->recv_window -= (int32_t)n;
        midge__h2_limit_used(h, h->current, n);
    }
}

static void on_data(struct midge__h2 *h, const uint8_t *data, size_t len)
{
    spend(h, len);
    h->calm = 0;
    if (h->current != NULL) {
        midge__h2_body(h, h->current, data, len);
    }
}

/* Also the padding's credit is due. */
static void on_data_end(struct midge__h2 *h, size_t padding)
{
    struct midge__h2_stream *s = h->current;
    spend(h, padding);
    if (s == NULL) {
        return;
    }
    if ((h->frame.flags & MIDGE__H2_FLAG_END_STREAM) != 0) {
        midge__h2_body_end(h, s);
    } else if (midge__h2_is_low(h, s)) {
        midge__h2_stream_wake(h, s);
    }
}

/* Each is answered (RFC 9113 6.7): the one before must leave its place. */
static void on_ping(struct midge__h2 *h, const uint8_t *data)
{
    if (h->pong) {
        midge__h2_put_pong(h);
    }
    memcpy(h->echo, data, sizeof h->echo);
    h->pong = true;
}

static void on_block(struct midge__h2 *h, bool decoded)
{
    if (!decoded) {
        midge__h2_block_free(h);
        h->code = (uint8_t)midge__h2_undecodable(h);
    }
}

static void on_block_end(struct midge__h2 *h)
{
    on_block(h, midge__h2_block_end(h));
    struct midge__h2_stream *s = h->deaf ? h->current : NULL;
    if (s != NULL && s->recv == MIDGE__H2_RECV_BODY &&
        (h->frame.flags & MIDGE__H2_FLAG_END_STREAM) != 0) {
        midge__h2_body_end(h, s); /* its trailers are not read */
    }
}

/* After an error h->code is set. */
MIDGE__APART static void act(struct midge__h2 *h, const struct midge__h2_event *event)
{
    switch ((enum midge__h2_kind)event->kind) {
    case MIDGE__H2_FRAME:
        on_frame(h);
        break;
    case MIDGE__H2_DATA:
        on_data(h, event->data, event->len);
        break;
    case MIDGE__H2_DATA_END:
        on_data_end(h, event->len);
        break;
    case MIDGE__H2_BLOCK:
        on_block(h, midge__h2_block_read(h, event->data, event->len));
        break;
    case MIDGE__H2_BLOCK_END:
        on_block_end(h);
        break;
    case MIDGE__H2_SETTING:
        on_setting(h, event);
        break;
    case MIDGE__H2_SETTINGS_END:
        settings_end(h);
        break;
    case MIDGE__H2_PING:
        on_ping(h, event->data);
        break;
    case MIDGE__H2_RST_STREAM:
        if (h->current != NULL) {
            midge__h2_reset_came(h, h->current, event->value);
        }
        break;
    case MIDGE__H2_GOAWAY:
        midge__h2_goaway(h, event->last, event->value);
        break;
    case MIDGE__H2_WINDOW_UPDATE:
        on_window_update(h, event->value);
        break;
    default: /* NEED_MORE, SETTINGS_ACK, PONG: it was heard */
        break;
    }
}

/* --- from the stream --- */

static const char *why(const struct midge__h2 *h)
{
    return h->code == MIDGE__H2_ENHANCE_YOUR_CALM    ? MIDGE__TEXT("flood of frames")
           : h->code == MIDGE__H2_COMPRESSION_ERROR  ? MIDGE__TEXT("malformed header block")
           : h->code == MIDGE__H2_FLOW_CONTROL_ERROR ? MIDGE__TEXT("window exceeded")
                                                     : midge__h2_why(&h->frame);
}

static enum midge__step parse(struct midge__h2 *h, const uint8_t *in, size_t len)
{
    struct midge__conn *conn = h->conn;
    struct midge__h2_event event;
    do {
        size_t used = 0;
        int err = midge__h2_frame_read(&h->frame, in, len, &used, &event);
        in += used;
        len -= used;
        if (err != MIDGE_OK) {
            return midge__h2_violated(h, h->frame.code, midge__h2_why(&h->frame));
        }
        act(h, &event);
        if (conn->state != MIDGE__CONN_READY) {
            return MIDGE__STEP_OVER; /* a callback closed it */
        }
        if (h->code != MIDGE__H2_NO_ERROR) {
            return midge__h2_violated(h, h->code, why(h));
        }
    } while (event.kind != MIDGE__H2_NEED_MORE);
    return MIDGE__STEP_MORE;
}

static enum midge__step on_error(struct midge__h2 *h, int err)
{
    switch (err) {
    case MIDGE_ERR_AGAIN:
        return MIDGE__STEP_WAIT;
    case MIDGE_ERR_BUSY:
        return MIDGE__STEP_MORE;
    case MIDGE_ERR_EOF:
        return midge__h2_over(h, err, NULL, MIDGE__H2_NO_ERROR);
    default:
        return midge__h2_over(h, err, &h->conn->stream->fault, MIDGE__H2_NO_ERROR);
    }
}

enum midge__step midge__h2_recv(struct midge__h2 *h)
{
    struct midge_client *client = h->conn->client;
    uint8_t few[SMALL_READ];
    uint8_t *buf = client->recv_buffer != NULL ? client->recv_buffer : few;
    size_t n = 0;
    if (midge__h2_is_stuffed(h)) {
        return MIDGE__STEP_WAIT;
    }
    int err = midge__conn_recv(h->conn, buf,
                               client->recv_buffer != NULL ? MIDGE_RECV_BUFFER : sizeof few, &n);
    if (err != MIDGE_OK) {
        return on_error(h, err);
    }
    h->heard_ms = client->now_ms;
    h->asked = false;
    const int32_t left = client->bytes_left - (int32_t)n;
    enum midge__step next = parse(h, buf, n);
    client->bytes_left =
        client->bytes_left < left ? client->bytes_left : left; /* frames count too */
    return next;
}

#endif
