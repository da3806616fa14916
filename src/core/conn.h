/* SPDX-License-Identifier: MIT */
/* Connections: states and ends (conn.c), opening (conn_open.c), steps (conn_step.c). pool.h has the
   idle ones. */
#ifndef MIDGE_CORE_CONN_H
#define MIDGE_CORE_CONN_H

#include <stdbool.h>
#include "base/list.h"
#include "base/timer_heap.h"
#include "codec/keep_alive.h"
#include "core/exchange.h"
#include "core/transfer.h"
#include "io/stream.h"
#include "io/tls.h"
#include "midge/client.h"

struct midge__origin;
struct midge__race;
struct midge__report;
struct midge__transfer;

enum midge__conn_state {
    MIDGE__CONN_NEW,        /* being made; leads to WAIT_DNS or WAIT_TCP */
    MIDGE__CONN_WAIT_DNS,   /* the resolver; ok: WAIT_TCP */
    MIDGE__CONN_WAIT_TCP,   /* connect; ok: WAIT_ROOM (TLS), READY, or WAIT_PROXY before these;
                               failed: the next address */
    MIDGE__CONN_WAIT_PROXY, /* a tunnel; ok: WAIT_ROOM (TLS) or READY */
    MIDGE__CONN_WAIT_ROOM,  /* handshake permit and memory; ok: WAIT_TLS */
    MIDGE__CONN_WAIT_TLS,   /* handshake; ok: READY. With a secure proxy: WAIT_PROXY or READY */
    MIDGE__CONN_READY,      /* carries exchanges, or idles in the pool */
    MIDGE__CONN_WAIT_CLOSE, /* close_notify is being sent; then DEAD */
    MIDGE__CONN_DEAD        /* freed at the end of the turn */
};

struct midge__conn {
    uint8_t state, address_at;
    bool permit;        /* it counts in client->handshakes */
    bool waits;         /* in client->waiting or ->memory_waiters */
    uint8_t want;       /* MIDGE_POLL_x, unless want_stale */
    bool want_stale;    /* it was stepped or kicked since */
    bool idle;          /* in client->idle: READY without exchanges */
    bool leads, silent; /* leader.c; silent: its peer has been silent for too long */
    bool answered;      /* a byte of an answer has come */
    bool seen_silent;   /* a poll has reported nothing since it became idle */
    bool steps_back;    /* while it waits for memory: its transfer may be sent again later */
    bool denied;        /* there will be no memory for its exchange */
#if MIDGE_WITH_HTTP2
    uint8_t protocol; /* enum midge__protocol, from READY on */
    bool shares;      /* it counts in origin->shared */
#endif
#if MIDGE_WITH_NETWORK_CHANGE
    uint8_t network; /* network.h */
#endif
    struct midge_client *client;
    struct midge__origin *origin;
    struct midge__transfer *transfer; /* the transfer that it is opened for, until READY */
    struct midge_dns_query *query;
    struct midge__exchange *memory_waiter; /* the one that needs `needs` */
    struct midge__stream *stream;          /* the top layer: tls or tcp */
#if MIDGE_WITH_HAPPY_EYEBALLS
    struct midge__race *race;      /* older attempts to connect, NULL none */
    struct midge_addr address;     /* of tcp */
    uint32_t attempt_ms, share_ms; /* when it began; its share of the time */
#endif
#if MIDGE_WITH_PROXY
    struct midge__tunnel *tunnel; /* WAIT_PROXY */
#endif
#if MIDGE_WITH_PROXY_TLS
    struct midge__tls *outer; /* to a secure proxy, on tcp and below tls; NULL: none yet */
    bool secured;             /* its handshake is complete */
#endif
    union {
        struct {
            struct midge__list link;  /* client->conns, or client->dead */
            struct midge__list ready; /* client->ready: has something to do */
            struct midge__list kin;   /* origin->usable or origin->leaders */
            struct midge__list rank;  /* client->idle, ->waiting, ->memory_waiters, ->silent or
                                         ->overtaken */
        };
        struct midge__list lists[4]; /* all of them */
    };
    /* WAIT_TCP: the next address; READY: keep-alive if idle, the protocol's if busy; WAIT_CLOSE:
       its limit */
    struct midge__timer timer;
    unsigned owner;     /* memory tag */
    unsigned exchanges; /* that it carries */
    uint32_t needs;     /* READY: bytes that an exchange waits for; 0 none */
    uint32_t number;    /* from 1, for reports */
#if MIDGE_WITH_STATS
    uint32_t longest_step_us;
#endif
    uint32_t served; /* exchanges so far */
    uint32_t rtt_ms; /* the longer of connect and first flight */
    /* From the server's Keep-Alive field; MIDGE__KEEP_ALIVE_NONE: it had none. */
    uint32_t keep_s;      /* seconds that it keeps an idle connection; the newest value counts */
    uint32_t served_most; /* exchanges in all; the smallest value counts */
    /* While it is opened: when it began to wait for the peer. READY: when the last byte of an
       answer came, or when it was taken out of the pool. */
    uint32_t since_ms;
    struct midge__tcp tcp;
    struct midge__tls tls;
};

/* The protocol's state lies behind the connection in the same block. */
#define MIDGE__CONN_BYTES                                                                          \
    ((sizeof(struct midge__conn) + sizeof(uint64_t) - 1) / sizeof(uint64_t) * sizeof(uint64_t))

/* The protocol that it speaks from READY on (shared.c chooses it). The table is constant, so that a
   link with LTO calls the functions of the only one directly. */
static inline const struct midge__protocol_ops *midge__carrier(const struct midge__conn *conn)
{
#if MIDGE_WITH_HTTP2
    return midge__protocols[conn->protocol];
#else
    (void)conn;
    return midge__protocols[MIDGE__PROTOCOL_H1];
#endif
}

#if MIDGE_WITH_HTTP2
#define midge__carrier_idles(conn)  (midge__carrier(conn)->idles)
#define midge__carrier_shares(conn) (midge__carrier(conn)->shares)
#else
#define midge__carrier_idles(conn)  ((void)(conn), false)
#define midge__carrier_shares(conn) ((void)(conn), false)
#endif

static inline void *midge__conn_state(const struct midge__conn *conn)
{
    return (void *)((uintptr_t)conn + MIDGE__CONN_BYTES);
}

/* How many more exchanges can it carry now? */
unsigned midge__conn_capacity(const struct midge__conn *conn);
/* Its capacity may have changed: transfers may join it, or may not. READY only. */
void midge__conn_offer(struct midge__conn *conn);
/* The one setter of the state. */
void midge__conn_state_set(struct midge__conn *conn, enum midge__conn_state state);
/* An exchange needs so many bytes, and they are not free. True: admission resumes it when they
   are; steps_back: its transfer may be sent again later. False: there will be none. */
bool midge__conn_need(struct midge__conn *conn, size_t bytes, bool steps_back);
/* It waits for its handshake; it waits no longer for anything. */
void midge__conn_wait(struct midge__conn *conn, struct midge__list *list);
void midge__conn_wait_end(struct midge__conn *conn);
#if MIDGE_WITH_PROXY_TLS
static inline unsigned midge__conn_outer_version(const struct midge__conn *conn)
{
    return conn->outer != NULL ? conn->outer->version : 0;
}
#else
#define midge__conn_outer_version(conn) 0U
#endif
/* May tickets come on it at any time? Then it may take memory for them while it is busy. */
static inline bool midge__conn_has_tickets(const struct midge__conn *conn)
{
    return MIDGE_WITH_SESSIONS &&
           (conn->tls.version == MIDGE_TLS_1_3 || midge__conn_outer_version(conn) == MIDGE_TLS_1_3);
}
/* The memory that it may take changes: its state, or it became idle or busy and has tickets. */
void midge__conn_promise(const struct midge__conn *conn);
/* It does not idle, and no transfer may join it. */
void midge__conn_withdraw(struct midge__conn *conn);
/* Something may have changed: step it this turn. */
void midge__conn_kick(struct midge__conn *conn);
void midge__conn_permit_drop(struct midge__conn *conn);
void midge__conn_query_drop(struct midge__conn *conn);
/* Gives t, admitted, to the protocol. NO_MEMORY, URL: nothing has changed. */
int midge__conn_attach(struct midge__conn *conn, struct midge__transfer *t);
/* The stream's recv; keeps a session that came, and charges the turn for records without data. */
int midge__conn_recv(struct midge__conn *conn, uint8_t *buf, size_t cap, size_t *n);
/* Would that find nothing? As far as this turn's poll, or the last recv, has shown. */
static inline bool midge__conn_is_silent(const struct midge__conn *conn)
{
    return conn->tcp.drained && !conn->stream->ops->pending(conn->stream);
}
void midge__conn_close(struct midge__conn *conn); /* in order, bounded */
void midge__conn_kill(struct midge__conn *conn);  /* at once */
void midge__conn_fail(struct midge__conn *conn, int err, const struct midge__fault *fault);
/* Frees the dead. */
void midge__conns_reap(struct midge_client *client);

/* --- opening (conn_open.c) --- */

/* Opens a connection for t and admits t. On an error nothing has changed. */
int midge__conn_open(struct midge_client *client, struct midge__transfer *t);
/* WAIT_ROOM got its permit: begin the handshake. */
void midge__conn_admit(struct midge__conn *conn);
/* Its transfer goes back to the queue (first: to its head), and begins anew with another
   connection, which needs at least that. conn ends. */
void midge__conn_requeue(struct midge__conn *conn, enum midge__need need, bool first);
/* True: memory was short before anything was sent (err), and others hold some, so t goes back to
   the queue and needs more. */
bool midge__conn_retry_later(struct midge__conn *conn, struct midge__transfer *t, int err);
void midge__conn_step_dns(struct midge__conn *conn);
/* late: the address's share of the time is over. */
void midge__conn_step_connect(struct midge__conn *conn, bool late);
/* True: there is more to do. */
bool midge__conn_step_proxy(struct midge__conn *conn);
/* True: there is more to do. */
bool midge__conn_step_tls(struct midge__conn *conn);

/* --- steps (conn_step.c) --- */

/* One step. Puts conn on the ready list again if there is more to do. */
void midge__conn_step(struct midge__conn *conn);
unsigned midge__conn_want(const struct midge__conn *conn);
midge_sock midge__conn_sock(const struct midge__conn *conn);

#endif
