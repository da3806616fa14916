/* SPDX-License-Identifier: MIT */
/*
 * Rates of requests. Limiters with token buckets (policy/rate.c), one of the client and one of each
 * origin, decide which transfers wait in the queue. An origin's may also be held back by its
 * server.
 *
 *     event                               effect
 *     a transfer leaves the queue         one token of its origin, one of the client
 *     it goes back before it was sent     both return
 *     bytes move                          so many tokens of both
 *     429 or 503 with Retry-After         the origin is held for that long, and for up to a second
 *                                         by chance: other devices were told the same
 *     the queue looks for the next one    an origin without token, or held, has no place in the
 *                                         order, and its timer is armed if a transfer waits there
 *     the timer                           the queue looks again
 *
 * So there is one timer for each origin that waits and one for the client, and none while nothing
 * waits. An origin that owes tokens is remembered as one with a session is (origin.c). While the
 * client has rates, the order among origins with equally many transfers in progress is the one in
 * which they began last: they take turns, and a long queue of one does not delay the others.
 */
#include "core/rate.h"
#include "base/backoff.h"
#include "base/check.h"
#include "base/millis.h"
#include "core/client.h"
#include "core/conn.h"
#include "core/origin.h"
#include "core/queue.h"
#include "core/transfer.h"
#include <string.h>

#if MIDGE_WITH_RATE

#define INTERVAL_MS 1000U
#define SPREAD_MS   1000U
/* The longest hold for a request without rules about repeats. */
#define HOLD_MOST_MS 60000U

/* --- a limiter --- */

static uint32_t or_else(uint32_t value, uint32_t otherwise)
{
    return value != 0 ? value : otherwise;
}

/* False: there is no limit of this kind. */
static bool find_rule(const struct midge__limiter *l, unsigned kind,
                      struct midge__bucket_rule *rule)
{
    const struct midge_rate *rate = l->rate;
    if (rate == NULL) {
        return false;
    }
    const bool bytes = kind == MIDGE__RATE_BYTES;
    rule->amount = bytes ? rate->bytes : rate->requests;
    rule->interval_ms = or_else(rate->interval_ms, INTERVAL_MS);
    rule->burst = bytes ? 1 : or_else(rate->burst, 1);
    return rule->amount > 0;
}

static void take(struct midge__limiter *l, unsigned kind, uint32_t now_ms, uint32_t n)
{
    struct midge__bucket_rule rule;
    if (find_rule(l, kind, &rule)) {
        midge__bucket_take(&l->buckets[kind], &rule, now_ms, n);
    }
}

static void give(struct midge__limiter *l)
{
    struct midge__bucket_rule rule;
    if (find_rule(l, MIDGE__RATE_REQUESTS, &rule)) {
        midge__bucket_give(&l->buckets[MIDGE__RATE_REQUESTS], &rule);
    }
}

static uint32_t find_wait(struct midge__limiter *l, uint32_t now_ms)
{
    uint32_t most = 0;
    for (unsigned kind = 0; kind < MIDGE__RATE_KINDS; kind++) {
        struct midge__bucket_rule rule;
        if (find_rule(l, kind, &rule)) {
            const uint32_t ms = midge__bucket_wait(&l->buckets[kind], &rule, now_ms);
            most = ms > most ? ms : most;
        }
    }
    return most;
}

static bool is_full(struct midge__limiter *l, uint32_t now_ms)
{
    bool full = true;
    for (unsigned kind = 0; kind < MIDGE__RATE_KINDS; kind++) {
        struct midge__bucket_rule rule;
        full = full &&
               (!find_rule(l, kind, &rule) || midge__bucket_full(&l->buckets[kind], &rule, now_ms));
    }
    return full;
}

static bool is_crowded(const struct midge__limiter *l, unsigned in_progress)
{
    return l->rate != NULL && l->rate->at_once > 0 && in_progress >= l->rate->at_once;
}

/* 0: it waits no longer. */
static void set_timer(struct midge_client *client, struct midge__limiter *l, uint32_t wait_ms)
{
    const uint32_t at = client->now_ms + wait_ms;
    if (wait_ms == 0) {
        midge__timer_disarm(&client->timers, &l->timer);
    } else if (!midge__timer_armed(&l->timer) || l->timer.at_ms != at) {
        (void)midge__timer_arm(&client->timers, &l->timer, at);
    }
}

/* --- the client's --- */

static bool is_valid(const struct midge_rate *rate)
{
    return rate == NULL || rate->interval_ms <= MIDGE__MILLIS_MAX;
}

bool midge__rate_valid(const struct midge_config *c)
{
    bool valid = is_valid(c->rate) && (c->n_origin_rates == 0 || c->origin_rates != NULL);
    for (size_t i = 0; valid && i < c->n_origin_rates; i++) {
        valid = is_valid(&c->origin_rates[i].rate);
    }
    return valid;
}

static void client_waited(struct midge__timer *timer)
{
    MIDGE_CONTAINER_OF(timer, struct midge_client, limiter.timer)->admission_due = true;
}

void midge__rate_open(struct midge_client *client)
{
    const struct midge_config *c = &client->config;
    client->is_rated = c->rate != NULL || c->n_origin_rates > 0;
    client->limiter.rate = c->rate;
    client->limiter.timer.fire = client_waited;
}

bool midge__rate_check_all(struct midge_client *client)
{
    struct midge__limiter *l = &client->limiter;
    const uint32_t wait = find_wait(l, client->now_ms);
    set_timer(client, l, wait);
    return wait > 0 || is_crowded(l, client->transfers);
}

/* --- an origin's --- */

static void origin_waited(struct midge__timer *timer)
{
    struct midge__origin *o = MIDGE_CONTAINER_OF(timer, struct midge__origin, limits.limiter.timer);
    midge__queue_update(o);
    o->client->admission_due = true;
}

static const struct midge_rate *rate_for(const struct midge_config *c, const char *host)
{
    for (size_t i = 0; i < c->n_origin_rates; i++) {
        const struct midge_origin_rate *row = &c->origin_rates[i];
        if (row->host == NULL || strcmp(row->host, host) == 0) {
            return &row->rate;
        }
    }
    return NULL;
}

void midge__rate_origin(struct midge__origin *o)
{
    o->limits.limiter.rate = rate_for(&o->client->config, o->url_host);
    o->limits.limiter.timer.fire = origin_waited;
    o->is_limited = o->limits.limiter.rate != NULL;
    o->limits.turn = o->client->next_order;
}

/* Its timer may still be armed: a hold that is over is seen before the timer of that fires. */
void midge__rate_drop(struct midge__origin *o)
{
    midge__timer_disarm(&o->client->timers, &o->limits.limiter.timer);
}

/* Milliseconds. A hold that is over ends here: later its time would look young again. */
static uint32_t find_hold(struct midge__origin *o)
{
    struct midge__origin_limits *limits = &o->limits;
    const uint32_t gone = o->client->now_ms - limits->held_ms;
    if (gone >= limits->hold_ms) {
        limits->hold_ms = 0;
        o->is_limited = limits->limiter.rate != NULL;
        return 0;
    }
    return limits->hold_ms - gone;
}

bool midge__rate_check(struct midge__origin *o, bool wanted)
{
    struct midge__limiter *l = &o->limits.limiter;
    const uint32_t hold = find_hold(o), owed = find_wait(l, o->client->now_ms);
    const uint32_t wait = hold > owed ? hold : owed;
    set_timer(o->client, l, wanted ? wait : 0);
    return wait > 0 || is_crowded(l, o->active);
}

bool midge__rate_is_owed(struct midge__origin *o)
{
    return find_hold(o) > 0 || !is_full(&o->limits.limiter, o->client->now_ms);
}

uint32_t midge__rate_turn(const struct midge__origin *o, uint32_t order)
{
    return o->limits.turn - order < UINT32_MAX / 2 ? o->limits.turn : order;
}

/* --- what happens --- */

void midge__rate_take(struct midge__transfer *t)
{
    struct midge_client *client = t->aw.client;
    take(&client->limiter, MIDGE__RATE_REQUESTS, client->now_ms, 1);
    take(&t->origin->limits.limiter, MIDGE__RATE_REQUESTS, client->now_ms, 1);
    t->origin->limits.turn = client->next_order++;
}

void midge__rate_give(struct midge__transfer *t)
{
    give(&t->aw.client->limiter);
    give(&t->origin->limits.limiter);
}

void midge__rate_moved(const struct midge__conn *conn, uint32_t n)
{
    struct midge_client *client = conn->client;
    struct midge__limiter *l = &conn->origin->limits.limiter;
    take(&client->limiter, MIDGE__RATE_BYTES, client->now_ms, n);
    take(l, MIDGE__RATE_BYTES, client->now_ms, n);
    if (l->rate != NULL && l->rate->bytes > 0) {
        midge__queue_update(conn->origin);
    }
}

void midge__rate_told(struct midge__transfer *t, uint32_t most_ms)
{
    struct midge_client *client = t->aw.client;
    struct midge__origin *o = t->origin;
    const uint32_t asked = t->result->retry_after_s;
    const uint32_t most = most_ms == 0 && client->is_rated
                              ? HOLD_MOST_MS
                              : midge__u32_least(most_ms, MIDGE__MILLIS_AGED);
    if ((t->result->status != 429 && t->result->status != 503) || asked > most / 1000) {
        return;
    }
    const uint32_t spread = midge__backoff(SPREAD_MS, SPREAD_MS, 0, midge__chance(client->port, 0));
    const uint32_t hold = asked * 1000 + spread;
    if (hold > find_hold(o)) {
        o->is_limited = true;
        o->limits.hold_ms = hold;
        o->limits.held_ms = client->now_ms;
        midge__queue_update(o);
    }
}

#endif
