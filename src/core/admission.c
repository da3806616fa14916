/* SPDX-License-Identifier: MIT */
/*
 * Admission: who may begin now. Nothing fails here for want of memory that will come back: it
 * waits, and idle connections make room. The order is fair: the origin with the fewest transfers
 * in work goes first, then first come, first served; but while the next one waits for room, a few
 * that need none, since a connection idles for them, go before it.
 */
#include "core/core.h"

/* So many may go before one that waits for room; then idle connections make room for it. */
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

/* A replay has met one stale connection already. */
static bool may_reuse(const struct midge__transfer *t)
{
    bool replay = t->result->retries > 0;
    return !replay && !t->request->no_reuse;
}

/* True: go on with the next one: it began; or the peer had closed, and there may be another. False:
   no memory, there will be some at the end of the turn. */
static bool reuse(struct midge__conn *idle, struct midge__transfer *t)
{
    return midge__room_to_reuse(idle->client) && (midge__conn_reuse(idle, t) || !idle->idle);
}

/* t waits for room that an idle connection would have to make. Whoever can use that connection goes
   first, which saves a handshake. True: one did. */
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

/* Of those that help the handshake of t; NULL: whoever needs memory and no record slots. */
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
    /* At once: its memory is wanted. The peer gets a FIN. */
    midge__conn_kill(conn);
    return true;
}

/* Will anything that is under way give memory back? With `named` also what waits for a name server:
   maybe for long, and little. */
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

/* The first try goes on beside what waits for a name server as if alone. If memory fails then, it
   waits for that too. */
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

/* Nothing under way gives memory back: the newest of those that wait goes back to the queue, one a
   turn, since its end frees memory for the rest. The last one is tried in what there is: what a
   handshake takes is an estimate, and only memory that failed is an error. */
static void narrow_down(struct midge_client *client, struct midge__conn *next)
{
    struct midge__conn *newest = waiting(client, true);
    if (newest == next) {
        midge__conn_admit(next);
        return;
    }
    /* The whole: else it would be back at once. */
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
        return; /* the end of the turn frees it, or their end will */
    }
    if (waiting(client, false) != NULL) {
        (void)midge__leader_yield(client, NULL); /* its permit */
    }
}

/* --- transfers --- */

/* Could t begin now, were it the next? Makes no room. */
static bool eligible(const struct midge_client *client, const struct midge__transfer *t)
{
    const struct midge__origin *o = t->origin;
    bool idle = idle_of(client, o) != NULL;
    if (idle && may_reuse(t)) {
        return true;
    }
    /* An idle one that it may not use gives way. */
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

/* None could begin: some only because silent leaders have all the places of their origin. */
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
    /* It would only hold memory while it waits for its handshake. */
    bool others = counts_all(t) ? client->n_conns > 0 : midge__others_work(client, NULL);
    return client->n_conns >= client->config.max_connections ||
           (others && !midge__room_to_open(client, t));
}

/* True: go on with the next one. */
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
    /* Alone: then without the sessions. */
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

/* One that finds what it waits for goes on, one a turn: it has not taken its memory yet. Where
   nothing gives any back, one goes on without and gives way to the others. True: some wait, nothing
   new begins before them. */
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
        client->dirty = true; /* its memory is there in the next turn */
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
            client->dirty = true; /* what it gives back is there in the next turn */
            return;
        }
    }
    if (client->transfers >= client->config.max_transfers && !midge__list_empty(&client->queue)) {
        (void)midge__leader_yield(client, NULL);
    }
}
