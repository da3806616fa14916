/* SPDX-License-Identifier: MIT */
/*
 * For torture.h: HTTP/2's servers and streams. A proxy of which the tunnel leads to an HTTP/2
 * server in TLS; a server whose window for uploads is small; what a request of a scene of streams
 * has besides.
 */
#ifndef TORTURE_STREAMS_H
#define TORTURE_STREAMS_H

#include "http.h"
#include "tls_peer.h"

#include "sim_world.h"

struct trial;

/* LONG: longer than a window of the record limiter. */
enum { TORTURE_LONG = 2 * 2048 + 700, TORTURE_WINDOW = 500 };

struct torture_stream {
    struct trial *trial;
    struct midge_sink sink; /* passes on to below */
    struct midge_sink *below;
    bool pauses;
};

/* --- a tunnel --- */

struct torture_tunnel {
    unsigned seen; /* bytes of the empty line that ends CONNECT's head */
    struct sim_peer *inner;
};

static inline bool tunnel_send(struct sim_peer *inner, const uint8_t *data, size_t len)
{
    return sim_peer_send((struct sim_peer *)inner->below, data, len);
}

static inline void tunnel_shutdown(struct sim_peer *inner)
{
    sim_peer_shutdown((struct sim_peer *)inner->below);
}

static inline void tunnel_reset(struct sim_peer *inner)
{
    sim_peer_reset((struct sim_peer *)inner->below);
}

static inline void tunnel_hold(struct sim_peer *inner, bool held)
{
    sim_peer_hold((struct sim_peer *)inner->below, held);
}

static inline size_t tunnel_queued(const struct sim_peer *inner)
{
    return sim_peer_queued((const struct sim_peer *)inner->below);
}

static const struct sim_carrier tunnel_carrier = {.send = tunnel_send,
                                                  .shutdown = tunnel_shutdown,
                                                  .reset = tunnel_reset,
                                                  .hold = tunnel_hold,
                                                  .queued = tunnel_queued};

static inline void tunnel_bytes(struct sim_peer *peer, const uint8_t *data, size_t len)
{
    struct torture_tunnel *tunnel = peer->state;
    static const char end[] = "\r\n\r\n";
    while (tunnel->inner == NULL && len > 0) {
        tunnel->seen = *data == (uint8_t)end[tunnel->seen] ? tunnel->seen + 1 : *data == '\r';
        data++;
        len--;
        if (tunnel->seen == 4) {
            (void)sim_peer_send(peer, "HTTP/1.1 200 OK\r\n\r\n", 19);
            tunnel->inner = midge__sim_peer_open(peer->sim, &midge__sim_tls_peer, peer->config,
                                                 &tunnel_carrier, peer, peer->connection);
            sim_peer_opened(tunnel->inner);
        }
    }
    if (tunnel->inner != NULL) {
        sim_peer_bytes(tunnel->inner, data, len);
    }
}

static inline void tunnel_ended(struct sim_peer *peer)
{
    const struct torture_tunnel *tunnel = peer->state;
    if (tunnel->inner != NULL) {
        sim_peer_ended(tunnel->inner);
    }
}

static inline void tunnel_drained(struct sim_peer *peer)
{
    const struct torture_tunnel *tunnel = peer->state;
    if (tunnel->inner != NULL) {
        sim_peer_drained(tunnel->inner);
    }
}

static inline void tunnel_closed(struct sim_peer *peer)
{
    const struct torture_tunnel *tunnel = peer->state;
    midge__sim_peer_close(tunnel->inner);
}

/* In place of the server on port 80: a proxy, to the server on port 443. */
static inline void torture_tunnel(struct midge_sim *sim, struct midge_sim_host *host)
{
    static const struct sim_peer_type type = {.name = "tunnel",
                                              .size = sizeof(struct torture_tunnel),
                                              .bytes = tunnel_bytes,
                                              .ended = tunnel_ended,
                                              .drained = tunnel_drained,
                                              .closed = tunnel_closed};
    static struct sim_tls *tls; /* that of the last trial */
    midge__sim_tls_close(tls);
    tls = midge__sim_tls_open(
        &(const struct sim_tls_settings){.inner = midge__sim_http_type(true),
                                         .inner_config = midge__sim_site(host, 443),
                                         .alpn = "h2"});
    assert_non_null(tls);
    assert_int_equal(midge__sim_listen(sim, host->name, 80, &type, tls), MIDGE_OK);
}

/* --- servers --- */

static inline void torture_speak_h2(struct midge_sim *sim, struct midge_sim_host *host,
                                    uint16_t port, bool stalls)
{
    struct midge_sim_host *other = midge_sim_add_host(sim, "b.test");
    assert_int_equal(midge_sim_use_http2(host, 80), MIDGE_OK);
    assert_int_equal(midge_sim_use_http2(other, 80), MIDGE_OK);
    midge_sim_add_reply(host, port, "/long", &(struct midge_sim_reply){.fill = TORTURE_LONG});
    midge_sim_add_reply(host, port, "/last", &(struct midge_sim_reply){.fill = 300, .close = 1});
    midge__sim_site(host, port)->window = stalls ? TORTURE_WINDOW : 0;
}

#endif
