/* SPDX-License-Identifier: MIT */
/*
 * Admission: it alone decides what may begin, and what gives way if memory is short. Connections,
 * exchanges and transfers only say what they need, and wait:
 *
 *     list                     waits                   needs beside bytes promised to others
 *     client->memory_waiters   an exchange             the bytes that it named
 *     client->waiting          a connection that is    a permit, a pair of record slots, the memory
 *                              to shake hands          of its handshake
 *     the queue                a transfer that needs   a place; the memory of its handshake; a pair
 *                              a connection            of record slots, now or after another
 *                                                      handshake
 *
 * One table for all of them, from above: the first row that is true decides.
 *
 *     it is true that             exchange            connection            transfer
 *     there is what it needs      resumes             shakes hands          begins
 *     others can use an idle      -                   up to PASSED_MAX of them go before it: they
 *     connection                                      need no memory
 *     a connection is idle        the oldest closes, and there may be what is needed
 *     a leader is silent          it closes, and its request waits behind the others
 *     others will free memory     waits               waits                 waits
 *     a session is kept           it is freed         it is freed           it is freed
 *     others wait like it         one continues       the newest goes back  -
 *                                 without memory      to the queue
 *     otherwise                   continues without   is tried              fails: NO_MEMORY
 *
 * Those above come first: nothing new begins while an exchange or a handshake waits for memory, so
 * that requests with small needs do not keep it from them. The order in the queue is fair: the
 * origin with the fewest transfers in progress goes first, then first come, first served (queue.c).
 *
 * Promises (memory.c) keep the memory that a connection may still take free for it. A handshake
 * with a session needs little; if the server refuses the session, or an estimate was too low, an
 * allocation fails. Then the transfer goes back to the queue and needs more the next time:
 *
 *     need    its connection opens when there is room for
 *     USUAL   a handshake with the session that is kept; beside connections that wait for a name
 *             server no room is needed
 *     FULL    a full handshake
 *     ALONE   all other connections are gone, and all sessions are freed. If memory is short then,
 *             the transfer is too large for the block and fails
 *
 * Waiting requests, tasks and sleeps get no memory from the block's lower end, which is large
 * enough for one connection (midge__memory_reserve): so ALONE succeeds.
 */
#include "core/admission.h"
#include "base/check.h"
#include "base/list.h"
#include "base/text.h"
#include "core/client.h"
#include "core/conn.h"
#include "core/exchange.h"
#include "core/leader.h"
#include "core/limits.h"
#include "core/origin.h"
#include "core/pool.h"
#include "core/proxy.h"
#include "core/queue.h"
#include "core/rate.h"
#include "core/reusers.h"
#include "core/transfer.h"
#include "midge/config.h"

/* This many may be admitted before one that waits for room; then idle connections are closed for
   it. */
#define PASSED_MAX 2U

/* --- is there what it needs? --- */

static bool has(const struct midge_client *client, size_t bytes, size_t piece)
{
    const struct midge__memory *m = &client->memory;
    return midge__memory_unpromised(m) >= bytes && midge__memory_largest_free(m) >= piece;
}

static bool has_free_slots(const struct midge_client *client)
{
    return midge__tls_slot_in() == 0 || midge__memory_free_slots(&client->memory) > 0;
}

/* A pair of record slots is free, or will be at the end of a handshake. */
static bool has_slots(const struct midge_client *client)
{
    return client->handshakes > 0 || has_free_slots(client);
}

/* Is there memory for t's connection until it is open, beside `later` bytes? own: it has them. A
   full handshake does not ask for a smaller block than a resumed one: otherwise transfers that
   change from a resumed to a full handshake would be admitted before the resumed one again and
   again. */
static bool has_opening(const struct midge_client *client, const struct midge__transfer *t,
                        size_t own, size_t later)
{
    unsigned layers = midge__origin_layers(t->origin); /* a proxy's handshake is a full one */
    bool resumes = MIDGE_WITH_SESSIONS && t->origin->session != NULL && layers == 1 &&
                   t->need == MIDGE__NEED_USUAL;
    size_t need = midge__opening_bytes(layers, resumes, true), piece = midge__exchange_piece();
    if (layers > 0 && !resumes && midge__tls_handshake_piece() > piece) {
        piece = midge__tls_handshake_piece();
    }
    return has(client, (need > own ? need - own : 0) + later, piece);
}

static bool has_handshake(const struct midge__conn *conn)
{
    size_t own = midge__memory_owner_share(&conn->client->memory, conn->owner);
    return has_free_slots(conn->client) && has_opening(conn->client, conn->transfer, own, 0);
}

static bool has_head(const struct midge__conn *conn)
{
    const struct midge_client *client = conn->client;
    bool spare = client->spare_head != NULL && client->spare_size >= conn->needs;
    bool lent = client->recv_buffer != NULL && conn->needs == MIDGE__EXCHANGE_FIRST;
    return spare || lent || midge__memory_has(&client->memory, conn->needs);
}

/* Will a connection free memory that does not wait for any itself? `all` counts those that wait for
   a name server too: they may wait long, and free little. */
static bool others_will_free(const struct midge_client *client, bool all)
{
    return client->n_conns > client->n_waiting + (all ? 0 : client->n_resolving);
}

static bool has_room(const struct midge_client *client, const struct midge__transfer *t)
{
    if (t->need == MIDGE__NEED_ALONE) {
        return client->n_conns == 0;
    }
    bool first = client->n_conns == (t->need == MIDGE__NEED_USUAL ? client->n_resolving : 0);
    bool slots = midge__origin_layers(t->origin) == 0 || has_slots(client);
    return client->n_conns < client->config.max_connections &&
           (first || (slots && has_opening(client, t, 0, client->later)));
}

/* --- making room --- */

static struct midge__conn *first_usable(const struct midge__origin *o)
{
    struct midge__list *link = midge__list_first(&o->usable);
    return link != NULL ? MIDGE_CONTAINER_OF(link, struct midge__conn, kin) : NULL;
}

/* The idle ones are the last in the list. */
static struct midge__conn *an_idle(const struct midge__origin *o)
{
    struct midge__conn *conn = MIDGE_CONTAINER_OF(o->usable.prev, struct midge__conn, kin);
    return midge__origin_has_idle(o) ? conn : NULL;
}

/* Closes a silent leader of o, or (NULL) of any origin. False: there is none. */
static bool yield_leader(struct midge_client *client, const struct midge__origin *o)
{
    struct midge__conn *conn = midge__leader_yield(client, o);
    if (conn != NULL) {
        midge__conn_requeue(conn, MIDGE__NEED_USUAL, false);
    }
    return conn != NULL;
}

/* Closes the oldest idle connection, or a silent leader. for_slots: one that has record slots, if
   none are free. */
static bool close_one(struct midge_client *client, bool for_slots)
{
    bool any = !for_slots || has_slots(client);
    MIDGE__LIST_FOR_EACH(it, &client->idle)
    {
        struct midge__conn *conn = MIDGE_CONTAINER_OF(it, struct midge__conn, rank);
        if (any || midge__memory_owner_slots(&client->memory, conn->owner) > 0) {
            /* Without close_notify, since its memory is needed now. The peer gets a FIN. */
            midge__conn_kill(conn);
            return true;
        }
    }
    return yield_leader(client, NULL);
}

/* True: continue with the next transfer; t has begun, or the peer had closed this connection and
   there may be another idle one. False: no memory until the end of the turn. */
static bool reuse(struct midge__conn *conn, struct midge__transfer *t)
{
    struct midge_client *client = conn->client;
    bool room = client->send_buffer != NULL ||
                has(client, midge__exchange_bytes(), midge__exchange_piece());
    if (room && (midge__conn_reuse(conn, t) || midge__conn_capacity(conn) == 0)) {
        return true;
    }
    (void)close_one(client, false);
    return false;
}

/* t waits for room, for which an idle connection would be closed. A transfer that can use this
   connection is admitted first, which saves a handshake. True: one was. */
static bool admit_reuser_first(struct midge_client *client, struct midge__transfer *t)
{
    if (!MIDGE_WITH_OVERTAKING) {
        return false;
    }
    midge__queue_rank(client);
    struct midge__transfer *other = midge__reusers_first(client);
    if (other == NULL || t->overtaken >= PASSED_MAX ||
        client->transfers >= client->config.max_transfers || midge__rate_holds_all(client)) {
        return false;
    }
    t->overtaken++;
    return reuse(first_usable(other->origin), other);
}

/* --- exchanges that wait for memory --- */

static bool gives_way(const struct midge__conn *conn, const struct midge__conn *to)
{
    return to == NULL ||
           (conn->steps_back != to->steps_back ? conn->steps_back : conn->needs > to->needs);
}

/* The first one for which there is memory; otherwise the one that continues without it if there
   will be none. */
static struct midge__conn *next_memory_waiter(const struct midge_client *client)
{
    struct midge__conn *last = NULL;
    MIDGE__LIST_FOR_EACH(it, &client->memory_waiters)
    {
        struct midge__conn *conn = MIDGE_CONTAINER_OF(it, struct midge__conn, rank);
        if (has_head(conn)) {
            return conn;
        }
        if (gives_way(conn, last)) {
            last = conn;
        }
    }
    return last;
}

/* One in each turn, since it has not taken its memory yet. True: some wait, so nothing new begins
   before them. */
static bool resume_memory_waiter(struct midge_client *client)
{
    struct midge__conn *conn = next_memory_waiter(client);
    if (conn == NULL) {
        return false;
    }
    conn->denied = !has_head(conn);
    if (!conn->denied) {
        midge__exchange_fed(conn);
    } else if (!close_one(client, false) && !others_will_free(client, true)) {
        if (midge__origins_forget(client, conn->origin)) {
            client->admission_due = true;
        } else {
            midge__exchange_fed(conn);
        }
    }
    return true;
}

/* --- handshakes --- */

/* No other connection will free memory: the newest one that waits goes back to the queue, one in
   each turn, since its end frees memory for the others. The last one is tried with the memory that
   is free: the need of a handshake is an estimate, and only a failed allocation is an error. */
static void break_deadlock(struct midge_client *client, struct midge__conn *next)
{
    struct midge__conn *newest = MIDGE_CONTAINER_OF(client->waiting.prev, struct midge__conn, rank);
    if (newest != next) {
        /* With a full handshake: otherwise it would be admitted again at once. */
        midge__conn_requeue(newest, MIDGE__NEED_FULL, true);
    } else if (midge__origins_forget(client, next->origin)) {
        client->admission_due = true;
    } else {
        midge__conn_admit(next);
    }
}

/* True: one waits for memory, so nothing new begins before it. */
static bool admit_handshakes(struct midge_client *client)
{
    struct midge__list *link;
    while ((link = midge__list_first(&client->waiting)) != NULL) {
        struct midge__conn *next = MIDGE_CONTAINER_OF(link, struct midge__conn, rank);
        struct midge__transfer *t = next->transfer;
        if (client->handshakes >= client->config.max_handshakes) {
            (void)yield_leader(client, NULL); /* its permit */
            return false;
        }
        midge__client_buffers_put(client); /* if no exchange uses them */
        if (has_handshake(next)) {
            midge__conn_admit(next);
        } else if (!admit_reuser_first(client, t) && !close_one(client, true)) {
            if (!others_will_free(client, t->need != MIDGE__NEED_USUAL)) {
                break_deadlock(client, next);
            }
            return true;
        }
        midge__conns_reap(client);
    }
    return false;
}

/* --- transfers --- */

/* A place of its origin, or memory. */
static void make_room(struct midge_client *client, const struct midge__transfer *t, bool full)
{
    struct midge__conn *idle = an_idle(t->origin);
    if (full && idle != NULL) {
        midge__conn_kill(idle);
    } else if (full) {
        (void)yield_leader(client, t->origin);
    } else {
        (void)close_one(client,
                        midge__origin_layers(t->origin) > 0 && t->need != MIDGE__NEED_ALONE);
    }
}

/* True: continue with the next transfer. */
static bool open_for(struct midge_client *client, struct midge__transfer *t)
{
    while (t->need == MIDGE__NEED_ALONE && midge__origins_forget(client, NULL)) {
    }
    int err = midge__conn_open(client, t);
    if (err == MIDGE_OK) {
        return true;
    }
    if (close_one(client, false) || client->n_conns > 0) {
        return false;
    }
    if (!midge__origins_forget(client, t->origin)) {
        t->result->detail = MIDGE__TEXT("block too small");
        midge__transfer_end(t, err);
    }
    return true;
}

static bool begin(struct midge_client *client, struct midge__transfer *t)
{
    struct midge__conn *usable = first_usable(t->origin);
    if (usable != NULL && midge__queue_may_reuse(t)) {
        return reuse(usable, t);
    }
    bool full = t->origin->connections >= client->config.max_per_origin;
    if (!full && has_room(client, t)) {
        return open_for(client, t);
    }
    if (admit_reuser_first(client, t)) {
        return true;
    }
    make_room(client, t, full);
    return false;
}

/* Begins transfers, at most as many as a turn has steps. */
static void admit_transfers(struct midge_client *client)
{
    while (client->transfers < client->config.max_transfers) {
        struct midge__transfer *t = midge__queue_next(client);
        if (t == NULL) {
            return;
        }
        if (client->begins_left == 0) {
            client->admission_due = true;
            return;
        }
        client->begins_left--;
        bool more = begin(client, t);
        if (!midge__list_empty(&client->dead)) {
            midge__conns_reap(client); /* no function up the stack uses a connection */
        } else if (!more) {
            return;
        }
    }
    if (client->queued > 0) {
        (void)yield_leader(client, NULL);
    }
}

void midge__admission_run(struct midge_client *client)
{
    struct midge__conn *conn;
    if (!client->admission_due) {
        return;
    }
    client->admission_due = false;
    midge__conns_reap(client); /* no function up the stack uses a connection */
    while ((conn = midge__leader_overtaken(client)) != NULL) {
        midge__conn_requeue(conn, MIDGE__NEED_USUAL, true);
    }
    if (!resume_memory_waiter(client) && !admit_handshakes(client)) {
        admit_transfers(client);
    }
}

void midge__admission_clear(struct midge_client *client)
{
    while (close_one(client, false) || midge__origins_forget(client, NULL)) {
    }
    if (!client->stepping) {
        midge__conns_reap(client);
    }
}
