/* SPDX-License-Identifier: MIT */
/*
 * The scripted HTTP/1.1 server: one peer for each connection.
 *
 *     phase     waits for                               then
 *     REQUEST   the request (or its head: early)        DELAY
 *     DELAY     the reply's delay_ms                    head sent; BODY
 *     BODY      body_ms, the pace, an empty queue       REQUEST, REST or OVER
 *     REST      the rest of a body answered early       REQUEST
 *     RESETS    an empty queue                          reset; OVER
 *     OVER      the end; bytes are ignored
 *
 * All bytes of an answer go through emit, which counts them for the reply's cut. The head waits
 * for the body's first piece and is sent with it, as usual servers do, so a short answer over TLS
 * is one record.
 */
#include "http.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define QUEUE_LOW 16384 /* bytes queued, below which the body goes on */
#define PIECE     4096

enum phase { REQUEST, DELAY, BODY, REST, RESETS, OVER };

struct http {
    enum phase phase;
    struct sim_http_in in;
    bool head_seen;
    struct sim_reply *route;      /* NULL: 404 or 400 */
    struct midge_sim_reply reply; /* a copy */
    bool bodyless;                /* HEAD, 204, 304 */
    bool stalled;                 /* the body waits for an empty queue, also at a pace */
    struct sim_bytes head;        /* not sent yet: it goes with the next bytes */
    uint64_t sent;                /* bytes of this answer */
    uint64_t body_at, body_len;
};

static struct sim_site *site_of(const struct sim_peer *peer)
{
    union { /* the site counts, so it is no constant */
        const void *config;
        struct sim_site *site;
    } of = {.config = peer->config};
    return of.site;
}

/* --- sending --- */

static void cut(struct sim_peer *peer, struct http *h)
{
    sim_peer_note(peer, "answer is cut after %" PRIu64 " bytes", h->sent);
    h->phase = OVER;
    if (h->reply.end == MIDGE_SIM_END_FIN) {
        sim_peer_shutdown(peer);
    } else if (h->reply.end == MIDGE_SIM_END_RESET && sim_peer_queued(peer) == 0) {
        sim_peer_reset(peer);
    } else if (h->reply.end == MIDGE_SIM_END_RESET) {
        h->phase = RESETS;
    }
}

/* False: nothing more is to be sent. */
static bool emit_part(struct sim_peer *peer, struct http *h, const void *data, size_t len)
{
    bool cuts = h->reply.end != MIDGE_SIM_WHOLE && h->reply.cut_at - h->sent <= len;
    len = cuts ? (size_t)(h->reply.cut_at - h->sent) : len;
    if (!sim_peer_send(peer, data, len)) {
        h->phase = OVER;
        return false;
    }
    h->sent += len;
    if (cuts) {
        cut(peer, h);
    }
    return !cuts;
}

static bool emit(struct sim_peer *peer, struct http *h, const void *data, size_t len)
{
    if (h->head.len == 0) {
        return emit_part(peer, h, data, len);
    }
    midge__sim_bytes_put(&h->head, data, len);
    bool more = emit_part(peer, h, h->head.data + h->head.begin, h->head.len);
    midge__sim_bytes_free(&h->head);
    return more;
}

static const char *reason(int status)
{
    static const struct {
        int status;
        const char *reason;
    } all[] = {{200, "OK"},
               {201, "Created"},
               {202, "Accepted"},
               {204, "No Content"},
               {206, "Partial Content"},
               {301, "Moved Permanently"},
               {302, "Found"},
               {303, "See Other"},
               {304, "Not Modified"},
               {307, "Temporary Redirect"},
               {308, "Permanent Redirect"},
               {400, "Bad Request"},
               {401, "Unauthorized"},
               {403, "Forbidden"},
               {404, "Not Found"},
               {408, "Request Timeout"},
               {413, "Content Too Large"},
               {429, "Too Many Requests"},
               {500, "Internal Server Error"},
               {502, "Bad Gateway"},
               {503, "Service Unavailable"},
               {504, "Gateway Timeout"}};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        if (all[i].status == status) {
            return all[i].reason;
        }
    }
    return "Status";
}

static void put_text(struct sim_bytes *b, const char *text)
{
    midge__sim_bytes_put(b, (const uint8_t *)text, strlen(text));
}

static void make_head(struct http *h)
{
    const struct midge_sim_reply *reply = &h->reply;
    struct sim_bytes *head = &h->head;
    char line[96];
    (void)snprintf(line, sizeof line, "HTTP/1.1 %d %s\r\n", reply->status, reason(reply->status));
    put_text(head, line);
    put_text(head, reply->headers != NULL ? reply->headers : "");
    if (reply->chunk > 0) {
        put_text(head, "Transfer-Encoding: chunked\r\n");
    } else if (!reply->until_close && reply->status != 204 && reply->status != 304) {
        (void)snprintf(line, sizeof line, "Content-Length: %" PRIu64 "\r\n", h->body_len);
        put_text(head, line);
    }
    put_text(head, reply->close || reply->until_close ? "Connection: close\r\n\r\n" : "\r\n");
}

/* Byte i of the body; of an answer that is `raw`, all of it is its body. */
static uint8_t body_byte(const struct midge_sim_reply *r, uint64_t i)
{
    if (r->raw == NULL) {
        return r->body != NULL ? ((const uint8_t *)r->body)[i] : midge_sim_fill(i);
    }
    return (uint8_t)(i < r->raw_len ? r->raw[i] : r->forever[(i - r->raw_len) % r->forever_len]);
}

static void copy_body(const struct http *h, uint8_t *to, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        to[i] = body_byte(&h->reply, h->body_at + i);
    }
}

/* One piece of the body, of at most n bytes, or one chunk. */
static bool send_piece(struct sim_peer *peer, struct http *h, size_t n)
{
    uint8_t piece[PIECE + 32];
    int head = h->reply.chunk > 0 ? snprintf((char *)piece, 24, "%zx\r\n", n) : 0;
    size_t len = head > 0 ? (size_t)head : 0;
    copy_body(h, piece + len, n);
    len += n;
    if (h->reply.chunk > 0) {
        memcpy(piece + len, "\r\n", 2);
        len += 2;
    }
    h->body_at += n;
    return emit(peer, h, piece, len);
}

static size_t piece_len(const struct http *h)
{
    uint64_t left = h->body_len - h->body_at, n = PIECE, pace = h->reply.bytes_per_s;
    n = h->reply.chunk > 0 && h->reply.chunk < n ? h->reply.chunk : n;
    pace = pace > 0 && pace < 100 ? 1 : pace / 100;
    n = pace > 0 && pace < n ? pace : n;
    return (size_t)(left < n ? left : n);
}

/* --- the answer --- */

static void next_request(struct http *h)
{
    if (h->route != NULL) {
        h->route->body_bytes += h->in.body_bytes;
    }
    midge__sim_http_reset(&h->in);
    h->route = NULL;
    h->head_seen = false;
    h->phase = REQUEST;
}

static void answered(struct sim_peer *peer, struct http *h)
{
    sim_peer_note(peer, "%.10s %.150s -> %d, %" PRIu64 " bytes",
                  h->in.method != NULL ? h->in.method : "bad",
                  h->in.target != NULL ? h->in.target : "request", h->reply.status, h->body_at);
    if (h->route != NULL) {
        h->route->answers++;
    }
    if (h->reply.close || h->reply.until_close || h->in.close || h->in.state == SIM_IN_BAD) {
        sim_peer_shutdown(peer);
        h->phase = OVER;
    } else if (h->in.state == SIM_IN_WHOLE) {
        next_request(h);
    } else {
        h->phase = REST;
    }
}

static void send_body(struct sim_peer *peer, struct http *h)
{
    h->stalled = false;
    while (h->phase == BODY && h->body_at < h->body_len && !h->bodyless) {
        if (sim_peer_queued(peer) > QUEUE_LOW) {
            h->stalled = true;
            return; /* drained */
        }
        size_t n = piece_len(h);
        if (!send_piece(peer, h, n)) {
            return;
        }
        if (h->reply.bytes_per_s > 0 && h->body_at < h->body_len) {
            uint64_t ms = n * 1000 / h->reply.bytes_per_s;
            sim_peer_after(peer, ms > 0 ? (uint32_t)ms : 1);
            return;
        }
    }
    bool ends = h->phase == BODY && h->reply.chunk > 0 && !h->bodyless;
    if (h->phase == BODY && (!ends || emit(peer, h, "0\r\n\r\n", 5))) {
        answered(peer, h);
    }
}

static bool body_comes_later(const struct http *h)
{
    return h->bodyless || h->body_len == 0 || h->reply.body_ms > 0 || h->reply.bytes_per_s > 0;
}

/* More than the head is to come. Else the client may send its next request when it has the head. */
static bool has_end(const struct http *h)
{
    return !h->bodyless && (h->body_len > 0 || h->reply.chunk > 0 || h->reply.until_close);
}

static void begin_answer(struct sim_peer *peer, struct http *h)
{
    const struct midge_sim_reply *reply = &h->reply;
    h->phase = BODY;
    if (reply->raw == NULL) {
        make_head(h);
    }
    if (h->head.len > 0 && body_comes_later(h) && !emit(peer, h, NULL, 0)) {
        return;
    }
    if (reply->body_ms > 0 && has_end(h)) {
        sim_peer_after(peer, reply->body_ms);
    } else {
        send_body(peer, h);
    }
}

static void timer(struct sim_peer *peer)
{
    struct http *h = peer->state;
    if (h->phase == DELAY) {
        begin_answer(peer, h);
    } else if (h->phase == BODY) {
        send_body(peer, h);
    }
}

static void drained(struct sim_peer *peer)
{
    struct http *h = peer->state;
    if (h->phase == RESETS) {
        h->phase = OVER;
        sim_peer_reset(peer);
    } else if (h->phase == BODY && h->stalled) {
        send_body(peer, h);
    }
}

static void tell(struct http *h)
{
    const struct midge_sim_request request = {
        .method = h->in.method,
        .target = h->in.target,
        .head = (const char *)h->in.head.data + h->in.head.begin,
        .body = h->in.body.data != NULL ? h->in.body.data + h->in.body.begin : NULL,
        .body_len = h->in.body.len,
        .body_bytes = h->in.body_bytes,
        .number = h->route->requests,
    };
    h->reply.on_request(h->reply.ctx, &request, &h->reply);
}

static size_t len_of(const char *text, size_t len)
{
    return len > 0 ? len : strlen(text);
}

/* A raw answer has no head of its own and no framing. */
static void set_raw(struct http *h)
{
    struct midge_sim_reply *reply = &h->reply;
    reply->raw_len = len_of(reply->raw, reply->raw_len);
    reply->chunk = 0;
    h->body_len = reply->raw_len;
    if (reply->forever != NULL) {
        reply->forever_len = len_of(reply->forever, reply->forever_len);
        h->body_len = reply->forever_len > 0 ? UINT64_MAX : h->body_len;
    }
    h->bodyless = false;
}

static void answer(struct sim_peer *peer, struct http *h)
{
    struct midge_sim_reply *reply = &h->reply;
    if (h->route != NULL && reply->on_request != NULL) {
        tell(h);
    }
    reply->status = reply->status > 0 ? reply->status : 200;
    h->body_len = reply->body == NULL ? reply->fill : len_of(reply->body, reply->body_len);
    h->bodyless = (h->in.method != NULL && strcmp(h->in.method, "HEAD") == 0) ||
                  reply->status == 204 || reply->status == 304;
    if (reply->raw != NULL) {
        set_raw(h);
    }
    h->body_at = h->sent = 0;
    h->phase = DELAY;
    if (reply->delay_ms > 0) {
        sim_peer_after(peer, reply->delay_ms);
    } else {
        begin_answer(peer, h);
    }
}

/* --- the request --- */

static void head_came(struct sim_peer *peer, struct http *h)
{
    h->head_seen = true;
    h->reply = (struct midge_sim_reply){.status = h->in.state == SIM_IN_BAD ? 400 : 404,
                                        .close = h->in.state == SIM_IN_BAD};
    if (h->in.state != SIM_IN_BAD) {
        h->route = midge__sim_find_reply(site_of(peer), h->in.method, h->in.target);
    }
    if (h->route != NULL) {
        h->route->requests++;
        h->reply = h->route->reply;
    }
    if (h->reply.early && h->in.state != SIM_IN_WHOLE) {
        answer(peer, h);
    } else if (h->in.expects && h->in.state != SIM_IN_WHOLE && !h->reply.no_continue) {
        for (unsigned left = h->reply.continues > 0 ? h->reply.continues : 1; left > 0; left--) {
            (void)sim_peer_send(peer, "HTTP/1.1 100 Continue\r\n\r\n", 25);
        }
    }
}

static void refuse_pipelining(struct sim_peer *peer, struct http *h)
{
    sim_peer_note(peer, "a request before the answer to the one before");
    site_of(peer)->pipelined++;
    h->phase = OVER;
    sim_peer_reset(peer);
}

static void bytes(struct sim_peer *peer, const uint8_t *data, size_t len)
{
    struct http *h = peer->state;
    while (len > 0 && h->phase != OVER && h->phase != RESETS) {
        if (h->in.state == SIM_IN_WHOLE || h->in.state == SIM_IN_BAD) {
            refuse_pipelining(peer, h);
            return;
        }
        size_t n = midge__sim_http_take(&h->in, data, len);
        data += n;
        len -= n;
        if (!h->head_seen && h->in.state != SIM_IN_HEAD) {
            head_came(peer, h);
        }
        bool whole = h->in.state == SIM_IN_WHOLE || h->in.state == SIM_IN_BAD;
        if (whole && h->phase == REQUEST) {
            answer(peer, h);
        } else if (whole && h->phase == REST) {
            next_request(h);
        }
    }
}

static void opened(struct sim_peer *peer)
{
    site_of(peer)->connections++;
}

static void closed(struct sim_peer *peer)
{
    struct http *h = peer->state;
    next_request(h);
    midge__sim_bytes_free(&h->head);
}

const struct sim_peer_type midge__sim_http = {
    .name = "http",
    .size = sizeof(struct http),
    .opened = opened,
    .bytes = bytes,
    .drained = drained,
    .timer = timer,
    .closed = closed,
};
