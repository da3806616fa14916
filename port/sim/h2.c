/* SPDX-License-Identifier: MIT */
/*
 * The HTTP/2 server: a gateway. Each stream becomes a peer of its own of the scripted HTTP/1.1
 * server (http.c), which gets the request as HTTP/1.1, and whose answer goes back as frames
 * (h2_out.c). So all that a reply can say works the same on a stream:
 *
 *     of the reply                     on the stream
 *     delay, pace, early, chunks       the same; chunks become DATA
 *     cut: reset, or FIN in the body   RST_STREAM with INTERNAL_ERROR
 *     until_close                      END_STREAM where it closes
 *     close                            GOAWAY: this stream is the last one
 *     raw: no HTTP/1.1 answer          RST_STREAM with PROTOCOL_ERROR
 *
 * The client's DATA get credit at once. What the client does wrong ends the connection with GOAWAY.
 */
#include "h2.h"

#if MIDGE_WITH_HTTP2

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/h2_write.h"

#define PREFACE "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

/* --- streams --- */

static struct sim_h2_stream *find(const struct sim_h2 *h, uint32_t id)
{
    struct sim_h2_stream *s = h->streams;
    while (s != NULL && (s->id != id || s->over)) {
        s = s->next;
    }
    return s;
}

static struct sim_h2_stream *add(struct sim_peer *peer, uint32_t id)
{
    struct sim_h2 *h = peer->state;
    struct sim_h2_stream *s = midge__sim_new(sizeof *s), **end = &h->streams;
    s->id = id;
    s->peer = peer;
    s->window = h->initial_window;
    s->head = midge__sim_new(SIM_H2_BLOCK);
    midge__h1_parse_init(&s->answer, s->head, SIM_H2_BLOCK,
                         strcmp(h->method, "HEAD") == 0 ? MIDGE__H1_FOR_HEAD : 0);
    s->http = midge__sim_peer_open(peer->sim, &midge__sim_http, peer->config, &midge__sim_h2_stream,
                                   s, peer->connection);
    if (!h->counted) {
        h->counted = true;
        sim_peer_opened(s->http); /* it counts connections */
    }
    while (*end != NULL) {
        end = &(*end)->next;
    }
    *end = s;
    h->last = id;
    return s;
}

/* Not from inside a callback of a stream's peer. */
static void sweep(struct sim_h2 *h, bool all)
{
    for (struct sim_h2_stream **at = &h->streams; *at != NULL;) {
        struct sim_h2_stream *s = *at;
        if (!all && !s->over) {
            at = &s->next;
            continue;
        }
        *at = s->next;
        midge__sim_peer_close(s->http);
        midge__sim_bytes_free(&s->out);
        free(s->head);
        free(s);
    }
}

/* --- requests --- */

static void put(struct sim_bytes *to, const char *text)
{
    midge__sim_bytes_put(to, (const uint8_t *)text, strlen(text));
}

static void put_field(struct sim_h2 *h, const char *name, const char *value)
{
    put(&h->fields, name);
    put(&h->fields, ": ");
    put(&h->fields, value);
    put(&h->fields, "\r\n");
}

static void on_field(struct sim_h2 *h, const char *name, const char *value)
{
    h->has_length = h->has_length || strcmp(name, "content-length") == 0;
    if (strcmp(name, ":method") == 0) {
        free(h->method);
        h->method = midge__sim_copy(value);
    } else if (strcmp(name, ":path") == 0) {
        free(h->path);
        h->path = midge__sim_copy(value);
    } else if (strcmp(name, ":authority") == 0) {
        put_field(h, "Host", value);
    } else if (name[0] != ':') {
        put_field(h, name, value);
    }
}

static bool read_block(struct sim_h2 *h, const uint8_t *at, size_t len)
{
    const uint8_t *end = at + len;
    for (;;) {
        switch (midge__hpack_read(&h->hpack, &at, end, &h->text)) {
        case MIDGE__HPACK_NEED_MORE:
            return true;
        case MIDGE__HPACK_NAME:
            h->text.ptr[h->text.fill++] = '\0';
            break;
        case MIDGE__HPACK_FIELD:
            h->text.ptr[h->text.fill] = '\0';
            on_field(h, h->text.ptr, h->text.ptr + strlen(h->text.ptr) + 1);
            h->text.fill = 0;
            break;
        default:
            return false;
        }
    }
}

static void forget_head(struct sim_h2 *h)
{
    free(h->method);
    free(h->path);
    h->method = h->path = NULL;
    h->has_length = false;
    h->hpack = (struct midge__hpack){0};
    h->text.fill = 0;
    midge__sim_bytes_free(&h->request);
    midge__sim_bytes_free(&h->fields);
}

static void make_request(struct sim_h2 *h, bool chunked)
{
    put(&h->request, h->method);
    put(&h->request, " ");
    put(&h->request, h->path);
    put(&h->request, " HTTP/1.1\r\n");
    midge__sim_bytes_put(&h->request, h->fields.data + h->fields.begin, h->fields.len);
    put(&h->request, chunked ? "Transfer-Encoding: chunked\r\n\r\n" : "\r\n");
}

/* False: the request is malformed. */
static bool end_block(struct sim_peer *peer, bool ends)
{
    struct sim_h2 *h = peer->state;
    const uint32_t id = h->frame.stream;
    if (h->method == NULL || h->path == NULL || id <= h->last) {
        return false;
    }
    if (!h->away) {
        struct sim_h2_stream *s = add(peer, id);
        s->chunked = !ends && !h->has_length;
        make_request(h, s->chunked);
        sim_peer_bytes(s->http, h->request.data + h->request.begin, h->request.len);
    }
    forget_head(h);
    return true;
}

static void on_data(struct sim_h2 *h, const uint8_t *data, size_t len)
{
    struct sim_h2_stream *s = find(h, h->frame.stream);
    char size[24];
    if (s == NULL) {
        return;
    }
    (void)snprintf(size, sizeof size, "%zx\r\n", len);
    if (s->chunked) {
        sim_peer_bytes(s->http, (const uint8_t *)size, strlen(size));
    }
    sim_peer_bytes(s->http, data, len);
    if (s->chunked) {
        sim_peer_bytes(s->http, (const uint8_t *)"\r\n", 2);
    }
}

static void give_credit(struct sim_peer *peer, uint32_t id, uint32_t n)
{
    uint8_t update[MIDGE__H2_UPDATE_SIZE];
    (void)midge__h2_write_window_update(update, id, n);
    (void)sim_peer_send(peer, update, sizeof update);
}

static void end_data(struct sim_peer *peer)
{
    struct sim_h2 *h = peer->state;
    struct sim_h2_stream *s = find(h, h->frame.stream);
    const bool ends = (h->frame.flags & MIDGE__H2_FLAG_END_STREAM) != 0;
    if (h->frame.length > 0) {
        give_credit(peer, 0, h->frame.length);
    }
    if (s != NULL && !ends && h->frame.length > 0) {
        give_credit(peer, s->id, h->frame.length);
    }
    if (s != NULL && ends && s->chunked) {
        sim_peer_bytes(s->http, (const uint8_t *)"0\r\n\r\n", 5);
    }
}

/* --- other frames --- */

static void on_setting(struct sim_h2 *h, const struct midge__h2_event *e)
{
    if (e->setting == MIDGE__H2_INITIAL_WINDOW_SIZE) {
        for (struct sim_h2_stream *s = h->streams; s != NULL; s = s->next) {
            s->window += (int64_t)e->value - h->initial_window;
        }
        h->initial_window = e->value;
    }
}

static void on_update(struct sim_h2 *h, uint32_t n)
{
    struct sim_h2_stream *s = find(h, h->frame.stream);
    if (h->frame.stream == 0) {
        h->window += n;
    } else if (s != NULL) {
        s->window += n;
    }
}

static void on_reset(struct sim_peer *peer, uint32_t code)
{
    struct sim_h2 *h = peer->state;
    struct sim_h2_stream *s = find(h, h->frame.stream);
    sim_peer_note(peer, "RST_STREAM of %u: %u", (unsigned)h->frame.stream, (unsigned)code);
    if (s != NULL) {
        s->over = true;
    }
}

static void answer_ping(struct sim_peer *peer, const uint8_t *data)
{
    uint8_t pong[MIDGE__H2_PING_SIZE];
    (void)midge__h2_write_ping(pong, MIDGE__H2_FLAG_ACK, data);
    (void)sim_peer_send(peer, pong, sizeof pong);
}

/* False: the client has broken the protocol. */
static bool act(struct sim_peer *peer, const struct midge__h2_event *e)
{
    struct sim_h2 *h = peer->state;
    switch ((enum midge__h2_kind)e->kind) {
    case MIDGE__H2_DATA:
        on_data(h, e->data, e->len);
        return true;
    case MIDGE__H2_DATA_END:
        end_data(peer);
        return true;
    case MIDGE__H2_BLOCK:
        return read_block(h, e->data, e->len);
    case MIDGE__H2_BLOCK_END:
        return midge__hpack_is_complete(&h->hpack) &&
               end_block(peer, (h->frame.flags & MIDGE__H2_FLAG_END_STREAM) != 0);
    case MIDGE__H2_SETTING:
        on_setting(h, e);
        return true;
    case MIDGE__H2_SETTINGS_END:
        midge__sim_h2_send(peer, MIDGE__H2_TYPE_SETTINGS, MIDGE__H2_FLAG_ACK, 0, NULL, 0);
        return true;
    case MIDGE__H2_PING:
        answer_ping(peer, e->data);
        return true;
    case MIDGE__H2_RST_STREAM:
        on_reset(peer, e->value);
        return true;
    case MIDGE__H2_WINDOW_UPDATE:
        on_update(h, e->value);
        return true;
    default:
        return true;
    }
}

/* --- the peer --- */

static void break_off(struct sim_peer *peer)
{
    struct sim_h2 *h = peer->state;
    uint8_t away[MIDGE__H2_PING_SIZE];
    h->broken = true;
    sim_peer_note(peer, "malformed: %s", midge__h2_why(&h->frame));
    (void)midge__h2_write_goaway(away, MIDGE__H2_PROTOCOL_ERROR);
    (void)sim_peer_send(peer, away, sizeof away);
    sim_peer_shutdown(peer);
}

static void frames(struct sim_peer *peer, const uint8_t *data, size_t len)
{
    struct sim_h2 *h = peer->state;
    struct midge__h2_event event;
    do {
        size_t used = 0;
        if (midge__h2_frame_read(&h->frame, data, len, &used, &event) != MIDGE_OK ||
            !act(peer, &event)) {
            break_off(peer);
            return;
        }
        data += used;
        len -= used;
    } while (event.kind != MIDGE__H2_NEED_MORE);
}

static void bytes(struct sim_peer *peer, const uint8_t *data, size_t len)
{
    struct sim_h2 *h = peer->state;
    while (len > 0 && h->preface < sizeof PREFACE - 1 && !h->broken) {
        h->broken = *data != (uint8_t)PREFACE[h->preface];
        h->preface++;
        data++;
        len--;
    }
    if (h->broken) {
        sim_peer_shutdown(peer);
        return;
    }
    frames(peer, data, len);
    midge__sim_h2_pump(peer);
    sweep(h, false);
}

/* The queue is empty: streams whose DATA are all sent go on. */
static void drained(struct sim_peer *peer)
{
    struct sim_h2 *h = peer->state;
    midge__sim_h2_pump(peer);
    for (struct sim_h2_stream *s = h->streams; s != NULL; s = s->next) {
        if (!s->over && !s->ends && s->out.len == 0) {
            sim_peer_drained(s->http);
        }
    }
    sweep(h, false);
}

static void opened(struct sim_peer *peer)
{
    const struct sim_site *site = peer->config;
    const uint32_t window = site->window > 0 ? site->window : 65535;
    const uint8_t settings[] = {0,
                                MIDGE__H2_MAX_CONCURRENT_STREAMS,
                                0,
                                0,
                                0,
                                100,
                                0,
                                MIDGE__H2_INITIAL_WINDOW_SIZE,
                                (uint8_t)(window >> 24),
                                (uint8_t)(window >> 16),
                                (uint8_t)(window >> 8),
                                (uint8_t)window};
    struct sim_h2 *h = peer->state;
    midge__h2_frame_init(&h->frame);
    h->frame.idle = INT32_MAX; /* the client opens them */
    h->window = h->initial_window = 65535;
    h->text.cap = SIM_H2_BLOCK - 1;
    h->text.ptr = midge__sim_new(SIM_H2_BLOCK);
    midge__sim_h2_send(peer, MIDGE__H2_TYPE_SETTINGS, 0, 0, settings, sizeof settings);
}

static void closed(struct sim_peer *peer)
{
    struct sim_h2 *h = peer->state;
    sweep(h, true);
    forget_head(h);
    free(h->text.ptr);
}

const struct sim_peer_type midge__sim_h2 = {
    .name = "h2",
    .size = sizeof(struct sim_h2),
    .opened = opened,
    .bytes = bytes,
    .drained = drained,
    .closed = closed,
};

#endif
