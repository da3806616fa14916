/* SPDX-License-Identifier: MIT */
/* Rates of requests: limits of an origin and of the client, holds of an origin (rate.c). */
#ifndef MIDGE_CORE_RATE_H
#define MIDGE_CORE_RATE_H

#include <stdbool.h>
#include <stdint.h>
#include "base/timer_heap.h"
#include "midge/config.h"
#include "midge/rate.h"
#include "policy/rate.h"

struct midge_client;
struct midge_config;
struct midge__conn;
struct midge__origin;
struct midge__transfer;

enum { MIDGE__RATE_REQUESTS, MIDGE__RATE_BYTES, MIDGE__RATE_KINDS };

/* One of the client, and one of each origin. */
struct midge__limiter {
    const struct midge_rate *rate; /* NULL: no limit */
    struct midge__bucket buckets[MIDGE__RATE_KINDS];
    struct midge__timer timer; /* armed while a transfer waits for this limiter */
};

struct midge__origin_limits {
    struct midge__limiter limiter;
    uint32_t hold_ms, held_ms; /* nothing begins for hold_ms from held_ms on; 0: no hold */
    uint32_t turn;             /* order of the transfer that began last */
};

#if MIDGE_WITH_RATE

/* Are the rates of the configuration valid? */
bool midge__rate_valid(const struct midge_config *config);
void midge__rate_open(struct midge_client *client);
/* A new origin, with its names. */
void midge__rate_origin(struct midge__origin *origin);
/* Must its transfers wait? wanted: one of them could begin otherwise. The origin is updated
   (midge__queue_update) when that changes. */
#define midge__rate_holds(origin, wanted)                                                          \
    ((origin)->is_limited && midge__rate_check(origin, wanted))
bool midge__rate_check(struct midge__origin *origin, bool wanted);
/* The same for all transfers of the client; one of them could begin otherwise. */
#define midge__rate_holds_all(client)                                                              \
    ((client)->config.rate != NULL && midge__rate_check_all(client))
bool midge__rate_check_all(struct midge_client *client);
/* The origin is about to be freed. */
void midge__rate_drop(struct midge__origin *origin);
/* Is it to be remembered when it has no requests and connections? */
#define midge__rate_remembers(origin) ((origin)->is_limited && midge__rate_is_owed(origin))
bool midge__rate_is_owed(struct midge__origin *origin);
/* The order of an origin's next transfer among those of other origins. */
#define midge__rate_order(origin, order)                                                           \
    ((origin)->client->is_rated ? midge__rate_turn(origin, order) : (order))
uint32_t midge__rate_turn(const struct midge__origin *origin, uint32_t order);
/* A transfer leaves the queue; or it goes back, and nothing of it was sent. */
#define midge__rate_begin(t) ((t)->aw.client->is_rated ? midge__rate_take(t) : (void)0)
#define midge__rate_undo(t)  ((t)->aw.client->is_rated ? midge__rate_give(t) : (void)0)
void midge__rate_take(struct midge__transfer *t);
void midge__rate_give(struct midge__transfer *t);
/* Bytes of a request or an answer moved. */
#define midge__rate_bytes(conn, n)                                                                 \
    ((conn)->client->is_rated ? midge__rate_moved(conn, (uint32_t)(n)) : (void)0)
void midge__rate_moved(const struct midge__conn *conn, uint32_t n);
/* The head of its answer has come, with its Retry-After in t->result. most_ms: the longest wait
   that its request accepts, 0 none. */
#define midge__rate_answer(t, most_ms)                                                             \
    ((t)->result->retry_after_s > 0 ? midge__rate_told(t, most_ms) : (void)0)
void midge__rate_told(struct midge__transfer *t, uint32_t most_ms);

#else
#define midge__rate_valid(config)         ((void)(config), true)
#define midge__rate_open(client)          ((void)(client))
#define midge__rate_origin(origin)        ((void)(origin))
#define midge__rate_drop(origin)          ((void)(origin))
#define midge__rate_holds(origin, wanted) ((void)(origin), (void)(wanted), false)
#define midge__rate_holds_all(client)     ((void)(client), false)
#define midge__rate_remembers(origin)     ((void)(origin), false)
#define midge__rate_order(origin, order)  ((void)(origin), (order))
#define midge__rate_begin(t)              ((void)(t))
#define midge__rate_undo(t)               ((void)(t))
#define midge__rate_bytes(conn, n)        ((void)(conn), (void)(n))
#define midge__rate_answer(t, most_ms)    ((void)(t))
#endif

#endif
