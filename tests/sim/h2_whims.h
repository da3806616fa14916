/* SPDX-License-Identifier: MIT */
/*
 * For test_h2_worlds.c: a server of HTTP/2 with whims, between the network and the simulator's
 * server. By chance it refuses streams, resets answers, changes SETTINGS, holds credit back, sends
 * PING and unknown frames, and says GOAWAY. It is a judge, too: the client must keep to the windows
 * that it has been given.
 */
#ifndef H2_WHIMS_H
#define H2_WHIMS_H

#include "http.h"
#include "sim_world.h"

#include "h2_scan.h"

#include "unit/chance.h"

enum {
    WHIM_STREAMS = 1024,
    WHIM_PENDING = 64, /* SETTINGS that the client has not answered */
    WHIM_INITIAL = 65535
};

enum { F_DATA, F_HEADERS, F_RST = 3, F_SETTINGS, F_PING = 6, F_GOAWAY, F_UPDATE, F_CONTINUATION };

struct whim_stream {
    bool began, dead; /* dead: refused or reset; nothing of it passes any more */
    int64_t window;   /* that the client may send */
    uint32_t owed;    /* credit that is held back */
};

struct whims {
    struct sim_peer *inner;
    struct h2_scan scan;
    uint8_t *frame; /* the client's that comes: its head and what has come of its payload */
    size_t len;
    struct whim_stream streams[WHIM_STREAMS]; /* by id / 2 */
    int64_t window, initial;                  /* of the connection; of new streams */
    uint32_t owed;
    uint32_t lost; /* bytes of answers that did not pass: the server below needs credit for them */
    uint32_t pending[WHIM_PENDING];
    unsigned n_pending;
    uint32_t last; /* the highest stream that has passed */
    bool away, greeted;
    bool in_head; /* CONTINUATION follows */
};

/* How wild the servers of this world are: one in so many. 0: not at all. */
static unsigned whims_rate;
static unsigned whims_refused, whims_reset, whims_away, whims_settings;

static inline bool whim(unsigned rare)
{
    return whims_rate > 0 && one_in(whims_rate * rare);
}

static inline void whims_say(struct sim_peer *peer, unsigned type, unsigned flags, uint32_t id,
                             const uint8_t *payload, size_t len)
{
    uint8_t frame[H2_SCAN_HEAD + 32] = {0, 0, (uint8_t)len, (uint8_t)type, (uint8_t)flags};
    frame[7] = (uint8_t)(id >> 8);
    frame[8] = (uint8_t)id;
    memcpy(frame + H2_SCAN_HEAD, payload, len);
    (void)sim_peer_send(peer, frame, H2_SCAN_HEAD + len);
}

static inline void whims_say_number(struct sim_peer *peer, unsigned type, uint32_t id, uint32_t n)
{
    const uint8_t payload[4] = {(uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8),
                                (uint8_t)n};
    whims_say(peer, type, 0, id, payload, sizeof payload);
}

static inline struct whim_stream *whims_stream(struct whims *h, uint32_t id)
{
    assert_true(id / 2 < WHIM_STREAMS);
    return &h->streams[id / 2];
}

/* --- SETTINGS --- */

static inline void whims_set_window(struct sim_peer *peer, uint32_t n)
{
    struct whims *h = peer->state;
    const uint8_t payload[6] = {
        0, 4, (uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n};
    if (h->n_pending < WHIM_PENDING) {
        h->pending[h->n_pending++] = n;
        whims_say(peer, F_SETTINGS, 0, 0, payload, sizeof payload);
        whims_settings++;
    }
}

static inline void whims_limit_streams(struct sim_peer *peer, uint32_t n)
{
    struct whims *h = peer->state;
    const uint8_t payload[6] = {0, 3, 0, 0, 0, (uint8_t)n};
    if (h->n_pending < WHIM_PENDING) {
        h->pending[h->n_pending] =
            h->n_pending > 0 ? h->pending[h->n_pending - 1] : (uint32_t)h->initial;
        h->n_pending++;
        whims_say(peer, F_SETTINGS, 0, 0, payload, sizeof payload);
    }
}

/* The client keeps to them from now on. The first ones are those of the server below. */
static inline void whims_answered(struct whims *h)
{
    if (!h->greeted) {
        h->greeted = true;
        return;
    }
    assert_true(h->n_pending > 0);
    const int64_t change = (int64_t)h->pending[0] - h->initial;
    h->initial = h->pending[0];
    for (unsigned i = 0; i < WHIM_STREAMS; i++) {
        h->streams[i].window += h->streams[i].began ? change : 0;
    }
    memmove(h->pending, h->pending + 1, --h->n_pending * sizeof *h->pending);
}

/* --- credit --- */

static inline void whims_credit(struct sim_peer *peer, uint32_t id, uint32_t n)
{
    struct whims *h = peer->state;
    if (id == 0) {
        h->window += n;
    } else {
        whims_stream(h, id)->window += n;
    }
    whims_say_number(peer, F_UPDATE, id, n);
}

/* Not from inside a callback of the server below, nor between the frames of a head. */
static inline void whims_replace(struct whims *h)
{
    const uint8_t update[H2_SCAN_HEAD + 4] = {0,
                                              0,
                                              4,
                                              F_UPDATE,
                                              0,
                                              0,
                                              0,
                                              0,
                                              0,
                                              (uint8_t)(h->lost >> 24),
                                              (uint8_t)(h->lost >> 16),
                                              (uint8_t)(h->lost >> 8),
                                              (uint8_t)h->lost};
    if (h->lost > 0 && !h->in_head) {
        h->lost = 0;
        sim_peer_bytes(h->inner, update, sizeof update);
    }
}

/* All that is held back; and windows are wide again. */
static inline void whims_relent(struct sim_peer *peer)
{
    struct whims *h = peer->state;
    whims_replace(h);
    for (uint32_t i = 0; i < WHIM_STREAMS; i++) {
        struct whim_stream *s = &h->streams[i];
        if (s->owed > 0 && !s->dead) {
            whims_credit(peer, 2 * i + 1, s->owed);
        }
        s->owed = 0;
    }
    if (h->owed > 0) {
        whims_credit(peer, 0, h->owed);
        h->owed = 0;
    }
    whims_set_window(peer, WHIM_INITIAL);
    whims_limit_streams(peer, 100);
}

/* --- what it does between two frames of an answer --- */

static inline void whims_go_away(struct sim_peer *peer)
{
    struct whims *h = peer->state;
    const uint8_t payload[8] = {0, 0, (uint8_t)(h->last >> 8), (uint8_t)h->last};
    h->away = true;
    whims_away++;
    whims_say(peer, F_GOAWAY, 0, 0, payload, sizeof payload);
}

static inline void whims_act(struct sim_peer *peer)
{
    struct whims *h = peer->state;
    static const uint8_t eight[8] = "whimsies";
    if (whim(2)) {
        whims_say(peer, F_PING, 0, 0, eight, 8);
    }
    if (whim(3)) {
        whims_say(peer, 48 + chance(9), chance(256), chance(3), eight, chance(8));
    }
    if (whim(2)) {
        whims_set_window(peer, one_in(2) ? chance(300) : chance(200000));
        sim_peer_after(peer, 20 + chance(400));
    }
    if (whim(6)) {
        whims_limit_streams(peer, chance(4));
        sim_peer_after(peer, 20 + chance(400));
    }
    if (whim(10) && !h->away) {
        whims_go_away(peer);
    }
}

/* --- from the server --- */

static inline bool whims_send(struct sim_peer *inner, const uint8_t *data, size_t len)
{
    struct sim_peer *peer = inner->below;
    struct whims *h = peer->state;
    const unsigned type = data[3];
    const uint32_t id = (uint32_t)(data[7] << 8 | data[8]),
                   n = (uint32_t)(data[11] << 8 | data[12]);
    assert_int_equal(len, H2_SCAN_HEAD + (size_t)(data[1] << 8 | data[2])); /* one frame */
    struct whim_stream *s = id > 0 ? whims_stream(h, id) : NULL;
    if (s != NULL && s->dead) {
        h->lost += type == F_DATA ? (uint32_t)(len - H2_SCAN_HEAD) : 0;
        sim_peer_after(peer, 20);
        return true;
    }
    if (type == F_UPDATE) {
        if (whim(1)) {
            *(s != NULL ? &s->owed : &h->owed) += n;
            sim_peer_after(peer, 20 + chance(400));
            return true;
        }
        *(s != NULL ? &s->window : &h->window) += n;
    } else if (type == F_GOAWAY) {
        h->away = true;
    } else if (s != NULL) {
        whims_act(peer);
        if (whim(4)) {
            whims_reset++;
            s->dead = true;
            h->lost += type == F_DATA ? (uint32_t)(len - H2_SCAN_HEAD) : 0;
            sim_peer_after(peer, 20);
            whims_say_number(peer, F_RST, id, 2); /* INTERNAL_ERROR */
            return true;
        }
    }
    return sim_peer_send(peer, data, len);
}

static inline void whims_shutdown(struct sim_peer *inner)
{
    sim_peer_shutdown((struct sim_peer *)inner->below);
}

static inline void whims_reset_all(struct sim_peer *inner)
{
    sim_peer_reset((struct sim_peer *)inner->below);
}

static inline void whims_hold(struct sim_peer *inner, bool held)
{
    sim_peer_hold((struct sim_peer *)inner->below, held);
}

static inline size_t whims_queued(const struct sim_peer *inner)
{
    return sim_peer_queued((const struct sim_peer *)inner->below);
}

static const struct sim_carrier whims_carrier = {.send = whims_send,
                                                 .shutdown = whims_shutdown,
                                                 .reset = whims_reset_all,
                                                 .hold = whims_hold,
                                                 .queued = whims_queued};

/* --- from the client --- */

/* False: the server below does not get it. */
static inline bool whims_request(struct sim_peer *peer, uint32_t id)
{
    struct whims *h = peer->state;
    struct whim_stream *s = whims_stream(h, id);
    *s = (struct whim_stream){.began = true, .window = h->initial};
    if (h->away) {
        s->dead = true;
    } else if (whim(4)) {
        whims_refused++;
        s->dead = true;
        whims_say_number(peer, F_RST, id, 7); /* REFUSED_STREAM */
    } else {
        h->last = id;
    }
    return !s->dead;
}

static inline bool whims_data(struct sim_peer *peer, uint32_t id, uint32_t n)
{
    struct whims *h = peer->state;
    struct whim_stream *s = whims_stream(h, id);
    s->window -= n;
    h->window -= n;
    assert_true(n == 0 || (s->window >= 0 && h->window >= 0)); /* the client keeps to them */
    if (s->dead && n > 0) {
        whims_credit(peer, 0, n); /* the server below does not know of it */
    }
    return !s->dead;
}

static inline bool whims_passes(struct sim_peer *peer)
{
    struct whims *h = peer->state;
    const uint32_t id = h2_scan_stream(&h->scan);
    const unsigned type = h2_scan_type(&h->scan);
    h->in_head = (type == F_HEADERS || type == F_CONTINUATION) && (h->scan.head[4] & 4) == 0;
    switch (type) {
    case F_HEADERS:
        return whims_request(peer, id);
    case F_DATA:
        return whims_data(peer, id, (uint32_t)(h->len - H2_SCAN_HEAD));
    case F_SETTINGS:
        if ((h->scan.head[4] & 1) != 0) {
            whims_answered(h);
        }
        return true;
    case F_PING:
        return (h->scan.head[4] & 1) == 0;
    default:
        return id == 0 || !whims_stream(h, id)->dead;
    }
}

static inline void whims_bytes(struct sim_peer *peer, const uint8_t *data, size_t len)
{
    struct whims *h = peer->state;
    for (size_t i = 0; i < len; i++) {
        const bool preface = h->scan.seen < H2_SCAN_PREFACE;
        (void)h2_scan(&h->scan, data[i]);
        if (preface) {
            sim_peer_bytes(h->inner, data + i, 1);
            continue;
        }
        h->frame[h->len++] = data[i];
        if (h->len >= H2_SCAN_HEAD && h->scan.left == 0) {
            if (whims_passes(peer)) {
                sim_peer_bytes(h->inner, h->frame, h->len);
            }
            h->len = 0;
        }
    }
    whims_replace(h);
}

static inline void whims_opened(struct sim_peer *peer)
{
    struct whims *h = peer->state;
    h->frame = malloc(H2_SCAN_HEAD + 16384);
    assert_non_null(h->frame);
    h->window = h->initial = WHIM_INITIAL;
    h->inner = midge__sim_peer_open(peer->sim, midge__sim_http_type(true), peer->config,
                                    &whims_carrier, peer, peer->connection);
    sim_peer_opened(h->inner);
}

static inline void whims_ended(struct sim_peer *peer)
{
    sim_peer_ended(((struct whims *)peer->state)->inner);
}

static inline void whims_drained(struct sim_peer *peer)
{
    sim_peer_drained(((struct whims *)peer->state)->inner);
}

static inline void whims_closed(struct sim_peer *peer)
{
    const struct whims *h = peer->state;
    midge__sim_peer_close(h->inner);
    free(h->frame);
}

static const struct sim_peer_type whims_type = {.name = "whims",
                                                .size = sizeof(struct whims),
                                                .opened = whims_opened,
                                                .bytes = whims_bytes,
                                                .ended = whims_ended,
                                                .drained = whims_drained,
                                                .timer = whims_relent,
                                                .closed = whims_closed};

#endif
