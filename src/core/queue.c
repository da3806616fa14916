/* SPDX-License-Identifier: MIT */
/*
 * The queue. Each origin has two lists of waiting transfers, first come, first served: those that
 * may use a kept connection, and those that need a new one. An origin's next transfer is the
 * earlier head of these lists that may begin now:
 *
 *     list       its head may begin if
 *     reusers    a connection of the origin has capacity (an idle one), or the origin has a place
 *     newcomers  the origin has a place
 *
 * An origin that is held, or whose rate has no token, has no next transfer (rate.c).
 *
 * An origin that shares a connection (HTTP/2, shared.h) opens no other one for reusers: they wait
 * until that one has capacity.
 *
 * An origin has a place if no leader's session is awaited, and it has fewer connections than
 * max_per_origin, or one of them would make way: an idle one, or a silent leader.
 *
 * Origins with such a transfer are in a heap: the one with the fewest transfers in progress comes
 * first, then the one whose transfer came first; with rates, the one that began last comes last. So
 * all costs are O(log n) in the origins.
 *
 * A request changes its origin's place about five times: it is put into the queue and taken out,
 * its connection leaves the pool and comes back. The place is looked up only when the next transfer
 * is asked for, once for all changes until then: client->stale has the origins that have changed
 * (stale.c).
 */
#include "core/queue.h"
#include "base/check.h"
#include "base/list.h"
#include "base/timer_heap.h"
#include "core/client.h"
#include "core/conn.h"
#include "core/origin.h"
#include "core/rate.h"
#include "core/reusers.h"
#include "core/shared.h"
#include "core/transfer.h"
#include "midge/config.h"

static struct midge__transfer *head(const struct midge__list *list)
{
    struct midge__list *link = midge__list_first(list);
    return link != NULL ? MIDGE_CONTAINER_OF(link, struct midge__transfer, aw.link) : NULL;
}

static bool came_before(const struct midge__transfer *a, const struct midge__transfer *b)
{
    return a->order - b->order > UINT32_MAX / 2;
}

bool midge__origin_has_idle(const struct midge__origin *o)
{
    return !midge__list_empty(&o->usable) &&
           MIDGE_CONTAINER_OF(o->usable.prev, struct midge__conn, kin)->idle;
}

static struct midge__transfer *next_of(const struct midge__origin *o)
{
    bool usable = !midge__list_empty(&o->usable);
    bool makes_way = midge__origin_has_idle(o) || (MIDGE_WITH_LEADERS && o->silent > 0);
    bool place = !midge__origin_awaits_leader(o) &&
                 (makes_way || o->connections < o->client->config.max_per_origin);
    struct midge__transfer *reuser =
        usable || (place && !midge__origin_shares(o)) ? head(&o->reusers) : NULL;
    struct midge__transfer *newcomer =
        MIDGE__FRESH_CONNECTIONS && place ? head(&o->newcomers) : NULL;
    if (reuser == NULL || newcomer == NULL) {
        return reuser != NULL ? reuser : newcomer;
    }
    return came_before(reuser, newcomer) ? reuser : newcomer;
}

/* NULL: it waits for its rate. */
static struct midge__transfer *allowed(struct midge__origin *o, struct midge__transfer *t)
{
    return midge__rate_holds(o, t != NULL) ? NULL : t;
}

static void rank(struct midge__origin *o)
{
    struct midge_client *client = o->client;
    struct midge__transfer *next = allowed(o, next_of(o));
    o->first = next;
    if (next == NULL) {
        midge__timer_disarm(&client->turns, &o->turn);
    } else {
        const uint32_t order = midge__rate_order(o, next->order);
        if ((!midge__timer_armed(&o->turn) || o->turn.at_ms != o->active || o->turn.seq != order) &&
            midge__timer_rank(&client->turns, &o->turn, o->active, order) != MIDGE_OK) {
            midge__queue_update(o); /* behind a stale one that leaves the heap */
        }
    }
    midge__reusers_update(o);
}

void midge__queue_rank(struct midge_client *client)
{
    struct midge__list *link;
    while ((link = midge__list_pop(&client->stale)) != NULL) {
        rank(MIDGE_CONTAINER_OF(link, struct midge__origin, stale));
    }
}

void midge__queue_drop(struct midge__origin *o)
{
    midge__list_remove(&o->stale);
    rank(o);
}

#if MIDGE__FRESH_CONNECTIONS
bool midge__queue_may_reuse(const struct midge__transfer *t)
{
    return !t->needs_fresh && !t->request->no_reuse;
}
#endif

void midge__queue_put(struct midge__transfer *t, bool first)
{
    struct midge_client *client = t->aw.client;
    struct midge__list *list =
        midge__queue_may_reuse(t) ? &t->origin->reusers : &t->origin->newcomers;
    if (first) {
        t->order = --client->first_order;
        midge__list_push_head(list, &t->aw.link);
    } else {
        t->order = client->next_order++;
        midge__list_push_tail(list, &t->aw.link);
    }
    client->queued++;
    client->admission_due = true;
    midge__queue_update(t->origin);
}

void midge__queue_take(struct midge__transfer *t)
{
    if (!midge__list_empty(&t->aw.link)) {
        midge__list_remove(&t->aw.link);
        t->aw.client->queued--;
        midge__queue_update(t->origin);
    }
}

struct midge__transfer *midge__queue_next(struct midge_client *client)
{
    midge__queue_rank(client);
    const struct midge__timer *first = midge__timer_first(&client->turns);
    if (first == NULL || midge__rate_holds_all(client)) {
        return NULL;
    }
    return MIDGE_CONTAINER_OF(first, const struct midge__origin, turn)->first;
}
