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
#include "core/transfer.h"
#include "midge/config.h"

/* This many may be admitted before one that waits for room; then idle connections are closed for
   it. */
#define PASSED_MAX 2U

/* --- idle connections: to use, or to make room --- */

static struct midge__conn *idle_of(const struct midge_client *client,
                                   const struct midge__origin *origin)
{
    MIDGE__LIST_FOR_EACH(it, &client->conns)
    {
        struct midge__conn *conn = MIDGE_CONTAINER_OF(it, struct midge__conn, link);
        if (conn->origin == origin && conn->idle && conn->protocol->capacity(conn) > 0) {
            return conn;
        }
    }
    return NULL;
}

/* A replay does not use a kept connection again: one was stale already. */
static bool may_reuse(const struct midge__transfer *t)
{
    bool replay = t->result->retries > 0;
    return !replay && !t->request->no_reuse;
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
    MIDGE__LIST_FOR_EACH(it, &client->queue)
    {
        struct midge__transfer *other = MIDGE_CONTAINER_OF(it, struct midge__transfer, link);
        struct midge__conn *idle = may_reuse(other) ? idle_of(client, other->origin) : NULL;
        if (idle != NULL) {
            t->passed++;
            return reuse(idle, other);
        }
    }
    return false;
}

/* Oldest idle connection whose closing frees record slots for t; t NULL: any. */
static struct midge__conn *oldest_idle(const struct midge_client *client,
                                       const struct midge__transfer *t)
{
    bool any = t == NULL || !t->origin->secure;
    struct midge__conn *oldest = NULL;
    MIDGE__LIST_FOR_EACH(it, &client->conns)
    {
        struct midge__conn *conn = MIDGE_CONTAINER_OF(it, struct midge__conn, link);
        if (conn->idle &&
            (oldest == NULL || midge__millis_before(conn->since_ms, oldest->since_ms)) &&
            (any || midge__room_comes_from(conn))) {
            oldest = conn;
        }
    }
    return oldest;
}

static bool evict_idle(struct midge_client *client, const struct midge__transfer *t)
{
    struct midge__conn *conn = oldest_idle(client, t);
    if (conn == NULL) {
        return midge__leader_yield(client, NULL);
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
    if (!midge__list_empty(&client->dead)) {
        return true;
    }
    MIDGE__LIST_FOR_EACH(it, &client->conns)
    {
        const struct midge__conn *conn = MIDGE_CONTAINER_OF(it, struct midge__conn, link);
        if (conn != but && conn->state != MIDGE__CONN_WAIT_ADMIT && conn->starves == 0 &&
            (named || conn->state != MIDGE__CONN_WAIT_DNS)) {
            return true;
        }
    }
    return false;
}

bool midge__others_work(const struct midge_client *client, const struct midge__conn *but)
{
    MIDGE__LIST_FOR_EACH(it, &client->conns)
    {
        const struct midge__conn *conn = MIDGE_CONTAINER_OF(it, struct midge__conn, link);
        if (conn != but && conn->state != MIDGE__CONN_WAIT_DNS) {
            return true;
        }
    }
    return !midge__list_empty(&client->dead);
}

/* On its first try a transfer does not count the connections that wait for a name server. If memory
   is short then, it waits for these too. */
static bool counts_all(const struct midge__transfer *t)
{
    return t->put_off > 0;
}

static struct midge__conn *waiting(const struct midge_client *client, bool newest)
{
    struct midge__conn *found = NULL;
    MIDGE__LIST_FOR_EACH(it, &client->conns)
    {
        struct midge__conn *conn = MIDGE_CONTAINER_OF(it, struct midge__conn, link);
        if (conn->state == MIDGE__CONN_WAIT_ADMIT) {
            found = conn;
            if (!newest) {
                break;
            }
        }
    }
    return found;
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
    midge__conn_start_over(newest, newest->transfer, true);
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
        (void)midge__leader_yield(client, NULL); /* its permit */
    }
}

/* --- transfers --- */

/* Could t begin now if it were the next? Makes no room. */
static bool eligible(const struct midge_client *client, const struct midge__transfer *t)
{
    const struct midge__origin *o = t->origin;
    bool idle = idle_of(client, o) != NULL;
    if (idle && may_reuse(t)) {
        return true;
    }
    /* An idle connection that t may not use will be closed for it. */
    return (idle || o->connections < client->config.max_per_origin) && !midge__leader_awaited(o);
}

static struct midge__transfer *pick(const struct midge_client *client)
{
    struct midge__transfer *best = NULL;
    MIDGE__LIST_FOR_EACH(it, &client->queue)
    {
        struct midge__transfer *t = MIDGE_CONTAINER_OF(it, struct midge__transfer, link);
        if ((best == NULL || t->origin->active < best->origin->active) && eligible(client, t)) {
            best = t;
        }
    }
    return best;
}

/* No transfer could begin. Closes a silent leader if an origin's places are all taken and its next
   request may lead. */
static void yield_places(struct midge_client *client)
{
    MIDGE__LIST_FOR_EACH(it, &client->queue)
    {
        const struct midge__origin *o =
            MIDGE_CONTAINER_OF(it, struct midge__transfer, link)->origin;
        if (o->next_leads && o->connections >= client->config.max_per_origin &&
            midge__leader_yield(client, o)) {
            return;
        }
    }
}

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
    struct midge__conn *idle = idle_of(client, t->origin);
    if (idle != NULL && may_reuse(t)) {
        if (reuse(idle, t)) {
            return true;
        }
        (void)evict_idle(client, NULL);
        return false;
    }
    bool in_the_way = idle != NULL && t->origin->connections >= client->config.max_per_origin;
    if (in_the_way || lacks_room(client, t)) {
        if (let_pass(client, t)) {
            return true;
        }
        if (in_the_way) {
            midge__conn_kill(idle);
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
    conn->protocol->resume(conn, NULL, MIDGE__RESUME_MEMORY);
    conn->client->dirty = true;
}

/* Resumes one exchange for which there is memory now; one in each turn, since it has not taken its
   memory yet. If nothing will free memory, one is resumed without it (cut_head in h1_recv.c). True:
   some wait, so nothing new begins before them. */
static bool feed(struct midge_client *client)
{
    struct midge__conn *last = NULL;
    MIDGE__LIST_FOR_EACH(it, &client->conns)
    {
        struct midge__conn *conn = MIDGE_CONTAINER_OF(it, struct midge__conn, link);
        if (conn->starves != 0 && midge__room_to_feed(conn)) {
            resume(conn);
            return true;
        }
        if (conn->starves != 0 && gives_way(conn, last)) {
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

void midge__admission_run(struct midge_client *client)
{
    unsigned left = client->config.max_awaitables + client->config.max_connections;
    if (!client->dirty) {
        return;
    }
    client->dirty = false;
    if (feed(client)) {
        return;
    }
    admit_handshakes(client);
    while (left-- > 0 && client->transfers < client->config.max_transfers) {
        struct midge__transfer *t = pick(client);
        if (t == NULL) {
            yield_places(client);
        }
        if (t == NULL || !begin(client, t)) {
            return;
        }
        if (!midge__list_empty(&client->dead)) {
            client->dirty = true; /* their memory is free in the next turn */
            return;
        }
    }
    if (client->transfers >= client->config.max_transfers && !midge__list_empty(&client->queue)) {
        (void)midge__leader_yield(client, NULL);
    }
}
