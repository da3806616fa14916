/* SPDX-License-Identifier: MIT */
/*
 * The client: tables, lists, one turn (client.c). How the objects of src/core point to each other:
 *
 *     client ── awaitables (slot table) ── transfer ── request (the user's, or a copy)
 *        │                                    │  └──── result
 *        ├── queue of transfers               │
 *        ├── origins (identity, session) ─────┤
 *        └── connections (tag 1..n) ──────────┴─ exchange (by the protocol's ops)
 *
 * In the structs, bytes and flags come first and embedded structs last: shorter instructions reach
 * the fields near the start (Thumb: 31 bytes for a byte, 124 for a word).
 *
 * Nothing is freed while a function up the stack may still look at it: ended connections wait in
 * client->dead for the end of the turn, ended awaitables in client->ended for their completion.
 */
#ifndef MIDGE_CORE_CLIENT_H
#define MIDGE_CORE_CLIENT_H

#include <stdbool.h>
#include "base/list.h"
#include "base/memory.h"
#include "base/timer_heap.h"
#include "core/awaitable.h"
#include "core/rate.h"
#include "io/tls.h"
#include "midge/client.h"
#include "midge/config.h"

struct midge__conn;
struct midge__name;
struct midge__task_ops;
struct midge__origin;

struct midge_client {
    bool admission_due; /* something changed that admission depends on */
    bool busy; /* within midge_poll or midge_cancel: midge_close waits until these return */
    bool closing;
    bool stepping;  /* a caller up the stack may use a connection */
    bool polled;    /* false: this turn's poll is still to come */
    bool app_waits; /* for the turn's end: it has got an answer's part, or its source has none */
#if MIDGE_WITH_RATE
    bool is_rated; /* there are rates */
#endif
#if MIDGE_WITH_NETWORK_CHANGE
    uint8_t network; /* network.h */
#endif
    uint16_t free_slot; /* index + 1 */
    struct midge_port *port;
    struct midge__slot *slots;
    uint32_t now_ms; /* the clock when last read */
    uint32_t live;   /* awaitables whose completion was not delivered */
    unsigned queued, n_conns, handshakes, transfers, exchanges, n_unused;
    unsigned n_resolving, n_waiting; /* n_waiting: those that wait for memory too */
#if MIDGE_WITH_HAPPY_EYEBALLS
    unsigned attempts; /* older ones of connections that are being opened (race.c) */
#endif
    size_t later; /* bytes that connections take when their handshakes begin: conn.c */
    int32_t crypto_left, bytes_left, steps_left; /* left of this turn's budget */
    uint32_t begins_left;                        /* the same: transfers that may begin */
    uint32_t first_order, next_order;            /* queue.c: of the queue's ends */
    struct midge__awaitable *taken; /* freed when the client is called again; NULL: none */
    struct midge__origin **origins; /* a table of n_buckets, a power of two; by their hashes */
    uint32_t n_buckets;
    uint16_t *free_tags; /* memory tags that no connection has: a stack */
    struct midge_pollfd *fds;
    uint8_t *send_buffer; /* MIDGE_SEND_BUFFER bytes, lent to a connection for a step; NULL: not
                             allocated */
    uint8_t *recv_buffer; /* MIDGE_RECV_BUFFER bytes in the same block; NULL: also while held by an
                             exchange */
    char *spare_head;     /* spare_size bytes; NULL none, or lent to an exchange */
    uint32_t spare_size;
    uint32_t wraps; /* how many times the clock had wrapped by now_ms */
    struct midge__tls_context *tls;
    const struct midge__task_ops *task_ops; /* NULL: no task was spawned */
    uint32_t serial;                        /* serial of the newest awaitable: awaitable.c */
    uint32_t n_requests;                    /* started so far */
    uint32_t newest_conn;                   /* its number */
    unsigned room_tries;                    /* tasks that wait for room and may try again */
#if MIDGE_WITH_RETRY
    uint32_t retry_budget; /* policy/retry.h */
#endif
#if MIDGE_WITH_RATE
    struct midge__limiter limiter;
#endif
#if MIDGE_WITH_NAMES
    struct midge__name *names; /* names.c */
    unsigned n_names;
#endif
#if MIDGE_WITH_PROXY
    struct midge__proxy *proxies; /* of its origins (proxy.c) */
#endif
    uint32_t expired_ms; /* when ageing.c last looked */
    uint32_t wall_s;     /* seconds of the wall clock in the last turn; 0: none */
    union {
        struct {
            struct midge__list prepared; /* requests (prepared.c) */
            struct midge__list ended, tasks, running, roomless, conns, ready, dead;
            struct midge__list waiting;        /* connections that wait for a permit and memory */
            struct midge__list memory_waiters; /* connections whose exchanges wait for memory */
            struct midge__list idle;           /* idle connections, the oldest first */
            struct midge__list silent;         /* leaders that would make way */
            struct midge__list overtaken;      /* leaders that are to close */
            struct midge__list reuses; /* origins with idle connections and transfers that may use
                                          them */
            struct midge__list stale;  /* origins whose place in the queue may have changed */
            struct midge__list held;   /* requests that wait for awaitables (hooks.c) */
            struct midge__list sessions, unused; /* origins with sessions, the least recently used
                                                    first; unused: without references */
        };
        struct midge__list lists[18]; /* all of them */
    };
    struct midge__timer_heap turns; /* queue.c: origins with a transfer that may begin */
    struct midge__timer_heap timers;
    struct midge__memory memory;
    struct midge_config config; /* defaults filled in */
#if MIDGE_WITH_STATS
    struct midge_stats stats; /* what stats.c counts */
#endif
};

/* Brackets of calls that run callbacks: a client closed inside is freed at the outermost leave,
   which then answers true. */
bool midge__client_enter(struct midge_client *client);
bool midge__client_leave(struct midge_client *client, bool outermost);
/* The buffers that exchanges borrow for a step (buffers.c): get allocates them if there are none
   (false: no memory), put frees them if there is no exchange. */
bool midge__client_buffers_get(struct midge_client *client);
void midge__client_buffers_put(struct midge_client *client);
/* clock.c: reads the clock, sets now_ms. */
void midge__client_tick(struct midge_client *client);
/* Milliseconds since the clock was last read; 0 if it went back, which a port must not do. */
uint32_t midge__client_since_tick(const struct midge_client *client);
/* As midge_poll; *closed: a callback closed the client, which is freed now. */
int midge__client_turn(struct midge_client *client, int timeout_ms, bool *closed);

/* Microseconds, for durations in reports. */
static inline uint64_t midge__now_us(const struct midge_client *client)
{
    return client->port->clock_us(client->port->ctx);
}

/* A number for a report: saturates, does not wrap. */
static inline uint32_t midge__u32(uint64_t value)
{
    return value > UINT32_MAX ? UINT32_MAX : (uint32_t)value;
}

static inline uint32_t midge__u32_least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

#endif
