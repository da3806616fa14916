/* SPDX-License-Identifier: MIT */
/*
 * Private to port/sim and to tests: the servers of the simulated network. A peer is the far end of
 * one connection, in the same process and on the same virtual clock.
 *
 * A peer type is a table of callbacks. The carrier below it calls them: the network for the lowest
 * peer, and for a peer inside TLS the TLS peer, which is a peer itself. A peer acts through the
 * inline functions sim_peer_x, which go to its carrier's table; so a peer does not know on which
 * carrier it is.
 *
 *     HTTP peer                     sim_peer_send(http, plaintext)
 *        carrier: TLS peer's ops      encrypts, sim_peer_send(tls, ciphertext)
 *     TLS peer
 *        carrier: the network's ops   queue, latency, faults, the client's recv
 *
 * Order of callbacks: opened, then bytes, drained and timer in any order, ended at most once,
 * closed exactly once and last. Any callback may call any sim_peer_x function of its own peer: none
 * of these calls back at once, and closed never comes from inside another callback of the same
 * connection. After closed the peer's memory is freed.
 *
 * All memory of peers is libc's, never the client's block. A peer must not use the host's clock,
 * addresses of objects, or uninitialised bytes: the same seed gives the same run to the byte.
 */
#ifndef MIDGE_SIM_PEER_H
#define MIDGE_SIM_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct midge_sim;
struct sim_peer;

/* A kind of server. Callbacks may be NULL: the event is ignored. */
struct sim_peer_type {
    const char *name; /* in the trace: "http", "tls" */
    size_t size;      /* bytes of sim_peer.state, zeroed before opened */
    /* The client's SYN has come (of an inner peer: the handshake has ended). */
    void (*opened)(struct sim_peer *peer);
    /* len > 0 bytes of the client have come; data is valid during the call. */
    void (*bytes)(struct sim_peer *peer, const uint8_t *data, size_t len);
    /* The client has closed after its last byte (inner peer: close_notify has come). */
    void (*ended)(struct sim_peer *peer);
    /* The carrier's queue is empty again: all that was sent is on the way. For endless bodies. */
    void (*drained)(struct sim_peer *peer);
    /* The time of sim_peer_after has come. */
    void (*timer)(struct sim_peer *peer);
    /* The connection is over, in any way. Frees the peer's own memory (state itself is freed by
       the carrier). No sim_peer_x function has an effect any more. */
    void (*closed)(struct sim_peer *peer);
};

/* The layer that a peer stands on. peer is the one above that calls; peer->below belongs to the
 * carrier. */
struct sim_carrier {
    bool (*send)(struct sim_peer *peer, const uint8_t *data, size_t len);
    void (*shutdown)(struct sim_peer *peer);
    void (*reset)(struct sim_peer *peer);
    void (*hold)(struct sim_peer *peer, bool held);
    size_t (*queued)(const struct sim_peer *peer);
};

/* An entry of the simulation's queue of events. Set by midge__sim_event_set. */
struct sim_event {
    uint64_t at_ns;
    uint64_t order; /* of two events at one time the one that was set first comes first */
    size_t index;   /* in the heap, from 1; 0: not set */
    void (*fire)(struct sim_event *event);
};

struct sim_peer {
    const struct sim_peer_type *type;
    const void *config; /* of the service; outlives all its peers */
    void *state;        /* type->size bytes */
    struct midge_sim *sim;
    uint32_t connection; /* its number in the trace, from 1; an inner peer has its carrier's */
    const struct sim_carrier *carrier;
    void *below; /* the carrier's own: connection, or the peer below */
    /* Private to peer.c. */
    struct sim_event timer;
    uint64_t random;
    bool over;
};

/* --- for peers --- */

/* Queues a copy of len bytes; 0 does nothing. False: the connection is over or shut down, or more
   than the sim's peer_queue bytes (16 MB) would wait: nothing was queued. */
static inline bool sim_peer_send(struct sim_peer *peer, const void *data, size_t len)
{
    return !peer->over && peer->carrier->send(peer, (const uint8_t *)data, len);
}

/* FIN after the bytes queued so far (inner peer: close_notify, then FIN). The client's bytes still
   come. A second call does nothing. */
static inline void sim_peer_shutdown(struct sim_peer *peer)
{
    if (!peer->over) {
        peer->carrier->shutdown(peer);
    }
}

/* Drops the bytes that are queued and not on the way, and sends a RST. closed comes soon. */
static inline void sim_peer_reset(struct sim_peer *peer)
{
    if (!peer->over) {
        peer->carrier->reset(peer);
    }
}

/* While held, bytes do not come, and the client's buffers fill up: back-pressure. */
static inline void sim_peer_hold(struct sim_peer *peer, bool held)
{
    if (!peer->over) {
        peer->carrier->hold(peer, held);
    }
}

/* Bytes that were sent and are not on the way yet. */
static inline size_t sim_peer_queued(const struct sim_peer *peer)
{
    return peer->over ? 0 : peer->carrier->queued(peer);
}

/* Calls timer once after ms milliseconds of virtual time (0: as soon as possible). A peer has one
   timer: a second call moves it. Each peer of a stack has its own. */
void midge__sim_peer_after(struct sim_peer *peer, uint32_t ms);
void midge__sim_peer_after_cancel(struct sim_peer *peer);

/* Bytes by chance from the seed, a stream of this peer's own. */
void midge__sim_peer_random(struct sim_peer *peer, uint8_t *buf, size_t len);

/* Adds a line to the trace: "0.012345 #3 tls: handshake done". One line without its end. */
#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
void midge__sim_peer_note(struct sim_peer *peer, const char *format, ...);

/* Virtual time since the sim was opened, and the simulated date in seconds since 1970. */
uint64_t midge__sim_now_ns(const struct midge_sim *sim);
int64_t midge__sim_date(const struct midge_sim *sim);

#define sim_peer_after(peer, ms)        midge__sim_peer_after(peer, ms)
#define sim_peer_after_cancel(peer)     midge__sim_peer_after_cancel(peer)
#define sim_peer_random(peer, buf, len) midge__sim_peer_random(peer, buf, len)
#define sim_peer_note(peer, ...)        midge__sim_peer_note(peer, __VA_ARGS__)

/* --- for carriers --- */

/* Makes a peer on a carrier; connection: its number. No callback is called. NULL: no memory. */
struct sim_peer *midge__sim_peer_open(struct midge_sim *sim, const struct sim_peer_type *type,
                                      const void *config, const struct sim_carrier *carrier,
                                      void *below, uint32_t connection);

/* Calls closed and frees the peer. Not from inside one of its callbacks. NULL does nothing. */
void midge__sim_peer_close(struct sim_peer *peer);

/* The callbacks, if the type has them. */
static inline void sim_peer_opened(struct sim_peer *peer)
{
    if (peer->type->opened != NULL) {
        peer->type->opened(peer);
    }
}

static inline void sim_peer_bytes(struct sim_peer *peer, const uint8_t *data, size_t len)
{
    if (peer->type->bytes != NULL && len > 0) {
        peer->type->bytes(peer, data, len);
    }
}

static inline void sim_peer_ended(struct sim_peer *peer)
{
    if (peer->type->ended != NULL) {
        peer->type->ended(peer);
    }
}

static inline void sim_peer_drained(struct sim_peer *peer)
{
    if (peer->type->drained != NULL) {
        peer->type->drained(peer);
    }
}

/* --- for worlds --- */

/* Connections to that host (by the name it was added with; NULL: every host) and TCP port get a
   peer of this type; type NULL: their SYN is not answered. type and config outlive the sim. A later
   call for the same port replaces an earlier one for new connections. NO_MEMORY, INVALID (no such
   host). */
int midge__sim_listen(struct midge_sim *sim, const char *host, uint16_t port,
                      const struct sim_peer_type *type, const void *config);

#endif
