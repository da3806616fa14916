/* SPDX-License-Identifier: MIT */
/*
 * Admission decides which transfers and handshakes may begin now. If memory is short but will be
 * freed, nothing fails: the transfer waits, and idle connections are closed for room. The order is
 * fair: the origin with the fewest transfers in progress goes first, then first come, first served.
 * While the next transfer waits for room, up to PASSED_MAX others that can use an idle connection,
 * and so need no room, are admitted before it.
 */
#include "core/admission.h"
#include "base/check.h"
#include "base/list.h"
#include "base/millis.h"
#include "base/text.h"
#include "core/client.h"
#include "core/conn.h"
#include "core/exchange.h"
#include "core/leader.h"
#include "core/origin.h"
#include "core/pool.h"
#include "core/queue.h"
#include "core/transfer.h"
#include "midge/config.h"

/* This many may be admitted before one that waits for room; then idle connections are closed for
   it. */
#define PASSED_MAX 2U

/* --- idle connections: to use, or to make room --- */

static struct midge__conn *first_idle(const struct midge__origin *o)
{
    struct midge__list *link = midge__list_first(&o->idle);
    return link != NULL ? MIDGE_CONTAINER_OF(link, struct midge__conn, kin) : NULL;
}

/* After a replay a kept connection is not used again: one was stale already. */
static bool may_reuse(const struct midge__transfer *t)
{
    return t->result->retries == 0 && !t->request->no_reuse;
}

/* True: continue with the next transfer; t has begun, or the peer had closed this connection and
   there may be another idle one. False: no memory until the end of the turn. */
static bool reuse(struct midge__conn *idle, struct midge__transfer *t)
{
    return midge__room_to_reuse(idle->client) && (midge__conn_reuse(idle, t) || !idle->idle);
}

/* t waits for room, for which an idle connection would be closed. A transfer that can use this
   connection is admitted first, which saves a handshake. True: one was. */
static bool let_pass(struct midge_client *client, struct midge__transfer *t)
{
    if (t->passed >= PASSED_MAX || client->transfers >= client->config.max_transfers) {
        return false;
    }
    struct midge__transfer *other = midge__queue_reuser(client);
    if (other == NULL) {
        return false;
    }
    t->passed++;
    return reuse(first_idle(other->origin), other);
}

/* Oldest idle connection whose closing frees record slots for t; t NULL: any. */
static struct midge__conn *oldest_idle(const struct midge_client *client,
                                       const struct midge__transfer *t)
{
    bool any = t == NULL || !t->origin->secure;
    MIDGE__LIST_FOR_EACH(it, &client->idle)
    {
        struct midge__conn *conn = MIDGE_CONTAINER_OF(it, struct midge__conn, rank);
        if (any || midge__room_comes_from(conn)) {
            return conn;
        }
    }
    return NULL;
}

/* Closes a silent leader of o, or (NULL) of any origin. False: there is none. */
static bool yield_leader(struct midge_client *client, const struct midge__origin *o)
{
    struct midge__conn *conn = midge__leader_yield(client, o);
    if (conn != NULL) {
        midge__conn_start_over(conn, conn->transfer, false, false);
    }
    return conn != NULL;
}

static bool evict_idle(struct midge_client *client, const struct midge__transfer *t)
{
    struct midge__conn *conn = oldest_idle(client, t);
    if (conn == NULL) {
        return yield_leader(client, NULL);
    }
    /* Without close_notify, since its memory is needed now. The peer gets a FIN. */
    midge__conn_kill(conn);
    return true;
}

/* Will any connection apart from `but` free memory? `named` counts those that wait for a name
   server too: they may wait long, and free little. */
static bool others_live(const struct midge_client *client, const struct midge__conn *but,
                        bool named)
{
    unsigned none = client->n_waiting + (named ? 0 : client->n_resolving);
    none += but != NULL && !but->waits && but->state != MIDGE__CONN_DEAD;
    return client->n_conns > none;
}

bool midge__others_work(const struct midge_client *client, const struct midge__conn *but)
{
    bool counts = but != NULL && but->state > MIDGE__CONN_WAIT_DNS && but->state < MIDGE__CONN_DEAD;
    return client->n_conns - client->n_resolving > counts;
}

/* On its first try a transfer does not count the connections that wait for a name server. If memory
   is short then, it waits for these too. */
static bool counts_all(const struct midge__transfer *t)
{
    return t->put_off > 0;
}

static struct midge__conn *waiting(const struct midge_client *client, bool newest)
{
    const struct midge__list *list = &client->waiting;
    struct midge__list *link = newest ? list->prev : list->next;
    return link != list ? MIDGE_CONTAINER_OF(link, struct midge__conn, rank) : NULL;
}

/* No other connection will free memory: the newest one that waits goes back to the queue, one in
   each turn, since its end frees memory for the others. The last one is tried with the memory that
   is free: the need of a handshake is an estimate, and only a failed allocation is an error. */
static void narrow_down(struct midge_client *client, struct midge__conn *next)
{
    struct midge__conn *newest = waiting(client, true);
    if (newest == next) {
        midge__conn_admit(next);
        return;
    }
    /* With a full handshake: otherwise it would be admitted again at once. */
    midge__conn_start_over(newest, newest->transfer, true, true);
}

static void admit_handshakes(struct midge_client *client)
{
    struct midge__conn *next;
    while (client->handshakes < client->config.max_handshakes &&
           (next = waiting(client, false)) != NULL) {
        if (midge__room_to_shake(next)) {
            midge__conn_admit(next);
            continue;
        }
        if (let_pass(client, next->transfer)) {
            continue;
        }
        if (!evict_idle(client, next->transfer) &&
            !others_live(client, next, counts_all(next->transfer))) {
            if (waiting(client, true) == next && midge__origins_forget(client, next->origin)) {
                continue;
            }
            narrow_down(client, next);
        }
        return; /* memory comes at the end of the turn, or when other connections end */
    }
    if (waiting(client, false) != NULL) {
        (void)yield_leader(client, NULL); /* its permit */
    }
}

/* --- transfers --- */

static bool is_alone(const struct midge__transfer *t)
{
    return t->put_off >= MIDGE__PUT_OFF_ALONE;
}

static bool lacks_room(const struct midge_client *client, const struct midge__transfer *t)
{
    if (is_alone(t)) {
        return client->n_conns > 0;
    }
    /* If it were opened, it would only hold memory while it waits for its handshake. */
    bool others = counts_all(t) ? client->n_conns > 0 : midge__others_work(client, NULL);
    return client->n_conns >= client->config.max_connections ||
           (others && !midge__room_to_open(client, t));
}

/* True: continue with the next transfer. */
static bool begin(struct midge_client *client, struct midge__transfer *t)
{
    struct midge__conn *idle = first_idle(t->origin);
    if (idle != NULL && may_reuse(t)) {
        if (reuse(idle, t)) {
            return true;
        }
        (void)evict_idle(client, NULL);
        return false;
    }
    bool in_the_way = t->origin->connections >= client->config.max_per_origin;
    if (in_the_way || lacks_room(client, t)) {
        if (let_pass(client, t)) {
            return true;
        }
        if (in_the_way && idle != NULL) {
            midge__conn_kill(idle);
        } else if (in_the_way) {
            (void)yield_leader(client, t->origin);
        } else {
            (void)evict_idle(client, is_alone(t) ? NULL : t);
        }
        return false;
    }
    int err = midge__conn_open(client, t);
    if (err == MIDGE_OK) {
        return true;
    }
    if (!evict_idle(client, NULL) && client->n_conns == 0) {
        if (midge__origins_forget(client, t->origin)) {
            return true;
        }
        t->result->detail = MIDGE__TEXT("block too small");
        midge__transfer_end(t, err);
        return true;
    }
    return false;
}

/* --- exchanges that wait for memory --- */

bool midge__admission_later(struct midge_client *client, const struct midge__conn *conn)
{
    if (evict_idle(client, NULL) || others_live(client, conn, true)) {
        return true;
    }
    /* conn is alone: free the sessions. */
    bool forgot = false;
    while (midge__origins_forget(client, conn->origin)) {
        forgot = client->dirty = true;
    }
    return forgot;
}

void midge__admission_clear(struct midge_client *client)
{
    while (evict_idle(client, NULL) || midge__origins_forget(client, NULL)) {
    }
    if (!client->stepping) {
        midge__conns_reap(client);
    }
}

static bool gives_way(const struct midge__conn *conn, const struct midge__conn *to)
{
    return to == NULL ||
           (conn->steps_back != to->steps_back ? conn->steps_back : conn->starves > to->starves);
}

static void resume(struct midge__conn *conn)
{
    conn->starves = 0;
    midge__conn_wait_end(conn);
    conn->protocol->resume(conn, NULL, MIDGE__RESUME_MEMORY);
    conn->client->dirty = true;
}

/* Resumes one exchange for which there is memory now; one in each turn, since it has not taken its
   memory yet. If nothing will free memory, one is resumed without it (cut_head in h1_recv.c). True:
   some wait, so nothing new begins before them. */
static bool feed(struct midge_client *client)
{
    struct midge__conn *last = NULL;
    MIDGE__LIST_FOR_EACH(it, &client->starving)
    {
        struct midge__conn *conn = MIDGE_CONTAINER_OF(it, struct midge__conn, rank);
        if (midge__room_to_feed(conn)) {
            resume(conn);
            return true;
        }
        if (gives_way(conn, last)) {
            last = conn;
        }
    }
    if (last != NULL && evict_idle(client, NULL)) {
        client->dirty = true; /* its memory is free in the next turn */
    } else if (last != NULL && !others_live(client, last, true)) {
        resume(last);
    }
    return last != NULL;
}

static void close_overtaken(struct midge_client *client)
{
    struct midge__conn *conn;
    while ((conn = midge__leader_overtaken(client)) != NULL) {
        midge__conn_start_over(conn, conn->transfer, false, true);
    }
}

/* Begins transfers, at most as many as a turn has steps. */
static void admit_transfers(struct midge_client *client)
{
    uint32_t left = client->config.turn_steps;
    while (client->transfers < client->config.max_transfers) {
        struct midge__transfer *t = midge__queue_next(client);
        if (t == NULL) {
            return;
        }
        if (left-- == 0) {
            client->dirty = true;
            return;
        }
        if (!begin(client, t)) {
            return;
        }
        if (!midge__list_empty(&client->dead)) {
            client->dirty = true; /* their memory is free in the next turn */
            return;
        }
    }
    if (client->queued > 0) {
        (void)yield_leader(client, NULL);
    }
}

void midge__admission_run(struct midge_client *client)
{
    if (!client->dirty) {
        return;
    }
    client->dirty = false;
    close_overtaken(client);
    if (!feed(client)) {
        admit_handshakes(client);
        admit_transfers(client);
    }
}
