/* SPDX-License-Identifier: MIT */
/* The HTTP/2 server, answers: HTTP/1.1 of the scripted server is parsed by the client's own parser,
   its head becomes HEADERS and CONTINUATION, its body DATA as far as the windows allow. */
#include "h2.h"

#if MIDGE_WITH_HTTP2

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/h2_write.h"

#define PIECE     4096  /* of DATA, in turn */
#define QUEUE_MAX 16384 /* bytes queued, above which DATA wait */
#define STATUS    8     /* an index of the static table (RFC 7541 appendix A) */

void midge__sim_h2_send(struct sim_peer *peer, enum midge__h2_type type, unsigned flags,
                        uint32_t stream, const void *payload, size_t len)
{
    uint8_t frame[MIDGE__H2_FRAME_HEAD + MIDGE__H2_LENGTH_MAX];
    const size_t head = midge__h2_write_frame(frame, len, type, flags, stream);
    if (len > 0) {
        memcpy(frame + head, payload, len);
    }
    (void)sim_peer_send(peer, frame, head + len);
}

void midge__sim_h2_reset(struct sim_h2_stream *s, enum midge__h2_code code)
{
    uint8_t frame[MIDGE__H2_UPDATE_SIZE];
    if (!s->over) {
        s->over = true;
        (void)midge__h2_write_rst_stream(frame, s->id, code);
        (void)sim_peer_send(s->peer, frame, sizeof frame);
    }
}

/* --- DATA --- */

/* True: a frame was sent. */
static bool send_data(struct sim_h2 *h, struct sim_h2_stream *s)
{
    int64_t n = s->window < h->window ? s->window : h->window;
    n = n < PIECE ? n : PIECE;
    n = n < (int64_t)s->out.len ? n : (int64_t)s->out.len;
    const bool last = s->ends && n == (int64_t)s->out.len;
    if (s->over || n < 0 || (n == 0 && !last) || sim_peer_queued(s->peer) > QUEUE_MAX) {
        return false;
    }
    midge__sim_h2_send(s->peer, MIDGE__H2_TYPE_DATA, last ? MIDGE__H2_FLAG_END_STREAM : 0, s->id,
                       s->out.data + s->out.begin, (size_t)n);
    midge__sim_bytes_drop(&s->out, (size_t)n);
    h->window -= n;
    s->window -= n;
    s->over = last;
    return true;
}

void midge__sim_h2_pump(struct sim_peer *peer)
{
    struct sim_h2 *h = peer->state;
    bool more;
    do {
        more = false;
        for (struct sim_h2_stream *s = h->streams; s != NULL; s = s->next) {
            more = send_data(h, s) || more;
        }
    } while (more);
}

/* --- heads --- */

static bool is_of_connection(struct midge_span name)
{
    static const char *const names[] = {"connection", "keep-alive", "transfer-encoding",
                                        "proxy-connection", "upgrade"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        size_t n = 0;
        while (n < name.len && (name.ptr[n] | 32) == (names[i][n] | 32)) {
            n++;
        }
        if (n == name.len && names[i][n] == '\0') {
            return true;
        }
    }
    return false;
}

static void send_block(const struct sim_h2_stream *s, const uint8_t *block, size_t len, bool ends)
{
    enum midge__h2_type type = MIDGE__H2_TYPE_HEADERS;
    unsigned flags = ends ? MIDGE__H2_FLAG_END_STREAM : 0;
    do {
        const size_t n = len < MIDGE__H2_LENGTH_MAX ? len : MIDGE__H2_LENGTH_MAX;
        flags |= n == len ? MIDGE__H2_FLAG_END_HEADERS : 0;
        midge__sim_h2_send(s->peer, type, flags, s->id, block, n);
        block += n;
        len -= n;
        type = MIDGE__H2_TYPE_CONTINUATION;
        flags = 0;
    } while (len > 0);
}

static void send_head(const struct sim_h2_stream *s)
{
    uint8_t *block = midge__sim_new(2 * SIM_H2_BLOCK), *const end = block + 2 * SIM_H2_BLOCK;
    struct midge_span name, value;
    char status[12];
    size_t at = 0;
    (void)snprintf(status, sizeof status, "%03u", s->answer.status);
    uint8_t *to = midge__hpack_put_field(block, STATUS, false, (struct midge_span){"", 0},
                                         (struct midge_span){status, 3});
    while (midge__h1_header_next(&s->answer, &at, &name, &value)) {
        const size_t most = MIDGE__HPACK_FIELD_MAX(name.len + value.len);
        if (!is_of_connection(name) && most <= (size_t)(end - to)) {
            to = midge__hpack_put_field(to, 0, false, name, value);
        }
    }
    send_block(s, block, (size_t)(to - block), false);
    free(block);
}

/* The answer says Connection: close. */
static void go_away(struct sim_peer *peer)
{
    struct sim_h2 *h = peer->state;
    uint8_t payload[8] = {(uint8_t)(h->last >> 24), (uint8_t)(h->last >> 16),
                          (uint8_t)(h->last >> 8), (uint8_t)h->last};
    if (!h->away) {
        h->away = true;
        sim_peer_note(peer, "GOAWAY, last %u", (unsigned)h->last);
        midge__sim_h2_send(peer, MIDGE__H2_TYPE_GOAWAY, 0, 0, payload, sizeof payload);
    }
}

/* --- the carrier of a stream's peer --- */

static void act(struct sim_h2_stream *s, const struct midge__h1_event *event)
{
    switch (event->kind) {
    case MIDGE__H1_HEAD:
    case MIDGE__H1_INFORMATIONAL:
        send_head(s);
        break;
    case MIDGE__H1_BODY:
        midge__sim_bytes_put(&s->out, event->data, event->len);
        break;
    case MIDGE__H1_END:
        s->ends = true;
        if (!s->answer.keep_alive) {
            go_away(s->peer);
        }
        break;
    default:
        break;
    }
}

static bool stream_send(struct sim_peer *http, const uint8_t *data, size_t len)
{
    struct sim_h2_stream *s = http->below;
    struct midge__h1_event event;
    while (!s->over && !s->ends) {
        size_t used = 0;
        if (midge__h1_parse(&s->answer, data, len, &used, &event) != MIDGE_OK ||
            event.kind == MIDGE__H1_GROW) {
            midge__sim_h2_reset(s, MIDGE__H2_PROTOCOL_ERROR);
            break;
        }
        data += used;
        len -= used;
        act(s, &event);
        if (event.kind == MIDGE__H1_NEED_MORE) {
            break;
        }
    }
    midge__sim_h2_pump(s->peer);
    return true;
}

static void stream_shutdown(struct sim_peer *http)
{
    struct sim_h2_stream *s = http->below;
    if (s->over || s->ends) {
        return;
    }
    if (midge__h1_parse_eof(&s->answer, MIDGE__H1_EOF_CLOSE_NOTIFY) != MIDGE_OK) {
        midge__sim_h2_reset(s, MIDGE__H2_INTERNAL_ERROR);
        return;
    }
    s->ends = true;
    midge__sim_h2_pump(s->peer);
}

static void stream_reset(struct sim_peer *http)
{
    midge__sim_h2_reset(http->below, MIDGE__H2_INTERNAL_ERROR);
}

static void stream_hold(struct sim_peer *http, bool held)
{
    (void)http; /* the scripted server holds nothing */
    (void)held;
}

static size_t stream_queued(const struct sim_peer *http)
{
    const struct sim_h2_stream *s = http->below;
    return s->out.len + sim_peer_queued(s->peer);
}

const struct sim_carrier midge__sim_h2_stream = {
    .send = stream_send,
    .shutdown = stream_shutdown,
    .reset = stream_reset,
    .hold = stream_hold,
    .queued = stream_queued,
};

#endif
