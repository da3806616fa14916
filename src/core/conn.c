/* SPDX-License-Identifier: MIT */
/*
 * Connections.
 *
 * state       waits for            on ok                 on error              deadline (whose)
 * NEW         –                    WAIT_DNS, WAIT_TCP    DEAD                  –
 * WAIT_DNS    resolver, or an      WAIT_TCP, or as       WAIT_TCP, DEAD        dns (transfer's)
 *             attempt of race.c    WAIT_TCP
 * WAIT_TCP    connect              WAIT_ROOM or READY,   next address,         its share (own) of
 *                                  or WAIT_PROXY         WAIT_DNS, DEAD        connect (transfer's)
 * WAIT_PROXY  a proxy's tunnel     WAIT_ROOM or READY    DEAD                  connect (transfer's)
 * WAIT_ROOM   permit, memory       WAIT_TLS              DEAD                  queue (transfer's)
 * WAIT_TLS    handshake            READY; with a secure  WAIT_TCP (race.c),    tls (transfer's);
 *                                  proxy's WAIT_PROXY or DEAD                  connect for a proxy
 *                                  READY
 * READY       protocol; or idle    READY, WAIT_CLOSE     DEAD                  keep-alive (own)
 * WAIT_CLOSE  close_notify         DEAD                  DEAD                  MIDGE_CLOSE_MS (own)
 * DEAD        the turn's end       –                     –                     –
 *
 * The connection may end while its transfer does not fail but goes back to the queue
 * (midge__conn_requeue): memory is short before anything was sent, a handshake with a session
 * fails, or admission closes it for others.
 */
#include "core/conn.h"
#include "base/check.h"
#include "base/list.h"
#include "core/client.h"
#include "core/event.h"
#include "core/leader.h"
#include "core/limits.h"
#include "core/network.h"
#include "core/origin.h"
#include "core/proxy.h"
#include "core/queue.h"
#include "core/race.h"
#include "core/shared.h"
#include "core/stats.h"
#include "core/tell.h"
#include "core/transfer.h"
#include "midge/config.h"
#include <string.h>

/* Bytes that it may have in all. The memory of a ticket of TLS 1.3 may be taken at any time. */
static size_t to_promise(const struct midge__conn *conn)
{
    unsigned layers = midge__origin_layers(conn->origin);
    bool tickets = midge__conn_has_tickets(conn) && MIDGE__TLS_IN_BLOCK && !conn->idle;
    if (conn->state == MIDGE__CONN_WAIT_TLS) {
        return midge__opening_bytes(layers, conn->tls.offered, true);
    }
    return tickets && conn->state == MIDGE__CONN_READY ? midge__opening_bytes(layers, false, false)
                                                       : 0;
}

void midge__conn_promise(const struct midge__conn *conn)
{
    midge__memory_promise(&conn->client->memory, conn->owner, to_promise(conn));
}

/* Bytes that it takes when its handshake begins: client->later is the sum. A connection that waits
   for a name server does not count, since that may take long. */
MIDGE__APART static size_t taken_later(const struct midge__conn *conn)
{
    bool later = conn->state >= MIDGE__CONN_WAIT_TCP && conn->state <= MIDGE__CONN_WAIT_ROOM;
    return later ? midge__working_bytes(midge__origin_layers(conn->origin)) : 0;
}

#define TO(state) (1U << MIDGE__CONN_##state)

/* The table on top. */
static bool is_legal(unsigned from, unsigned to)
{
    static const uint16_t next[] = {
        [MIDGE__CONN_NEW] = TO(WAIT_DNS) | TO(WAIT_TCP) | TO(DEAD),
        [MIDGE__CONN_WAIT_DNS] =
            TO(WAIT_TCP) | TO(WAIT_PROXY) | TO(WAIT_ROOM) | TO(READY) | TO(DEAD),
        [MIDGE__CONN_WAIT_TCP] =
            TO(WAIT_TCP) | TO(WAIT_DNS) | TO(WAIT_PROXY) | TO(WAIT_ROOM) | TO(READY) | TO(DEAD),
        [MIDGE__CONN_WAIT_PROXY] = TO(WAIT_ROOM) | TO(READY) | TO(DEAD),
        [MIDGE__CONN_WAIT_ROOM] = TO(WAIT_TLS) | TO(DEAD),
        [MIDGE__CONN_WAIT_TLS] = TO(WAIT_TCP) | TO(WAIT_PROXY) | TO(READY) | TO(DEAD),
        [MIDGE__CONN_READY] = TO(WAIT_CLOSE) | TO(DEAD),
        [MIDGE__CONN_WAIT_CLOSE] = TO(DEAD),
        [MIDGE__CONN_DEAD] = 0,
    };
    return (next[from] >> to & 1U) != 0;
}

void midge__conn_state_set(struct midge__conn *conn, enum midge__conn_state state)
{
    static const char *const names[] = {"new",
                                        "resolving",
                                        "connecting",
                                        "asking the proxy",
                                        "waiting for a permit",
                                        "handshaking",
                                        "ready",
                                        "closing",
                                        "closed"};
    midge_id id = conn->transfer != NULL ? conn->transfer->aw.id : 0;
    struct midge_client *client = conn->client;
    MIDGE_ASSERT(is_legal(conn->state, state));
    midge__event_state(conn, state);
    client->n_resolving -= conn->state == MIDGE__CONN_WAIT_DNS;
    client->n_resolving += state == MIDGE__CONN_WAIT_DNS;
    client->later -= taken_later(conn);
    conn->state = (uint8_t)state;
    client->later += taken_later(conn);
    conn->want_stale = true;
    midge__conn_promise(conn);
    midge__trace(conn->client, MIDGE_TRACE_INFO, id, names[state], conn->origin->host,
                 conn->number);
}

void midge__conn_kick(struct midge__conn *conn)
{
    conn->want_stale = true;
    if (conn->state != MIDGE__CONN_DEAD && midge__list_empty(&conn->ready)) {
        midge__list_push_tail(&conn->client->ready, &conn->ready);
    }
}

bool midge__conn_need(struct midge__conn *conn, size_t bytes, bool steps_back)
{
    if (conn->denied) {
        conn->denied = false;
        return false;
    }
    conn->needs = (uint32_t)bytes;
    conn->steps_back = steps_back;
    midge__conn_wait(conn, &conn->client->memory_waiters);
    return true;
}

MIDGE__APART void midge__conn_wait(struct midge__conn *conn, struct midge__list *list)
{
    MIDGE_ASSERT(!conn->waits);
    conn->waits = true;
    conn->client->n_waiting++;
    conn->client->admission_due = true;
    midge__event_conn(conn, MEMORY, conn->needs);
    midge__list_push_tail(list, &conn->rank);
}

void midge__conn_wait_end(struct midge__conn *conn)
{
    if (conn->waits) {
        conn->waits = false;
        conn->needs = 0;
        midge__event_conn(conn, MEMORY_END, 0);
        conn->client->n_waiting--;
        midge__list_remove(&conn->rank);
    }
}

unsigned midge__conn_capacity(const struct midge__conn *conn)
{
    return conn->state == MIDGE__CONN_READY && !midge__network_retires(conn)
               ? midge__carrier(conn)->capacity(conn)
               : 0;
}

void midge__conn_offer(struct midge__conn *conn)
{
    struct midge__list *usable = &conn->origin->usable;
    bool is = midge__conn_capacity(conn) > 0, was = !midge__list_empty(&conn->kin);
    if (is != was) {
        if (was) {
            midge__list_remove(&conn->kin);
        } else if (conn->idle) {
            midge__list_push_tail(usable, &conn->kin);
        } else {
            midge__list_push_head(usable, &conn->kin);
        }
        midge__queue_update(conn->origin);
        conn->client->admission_due = true;
    }
}

void midge__conn_withdraw(struct midge__conn *conn)
{
    conn->idle = false;
    midge__list_remove(&conn->kin);
    midge__list_remove(&conn->rank);
    midge__queue_update(conn->origin);
}

void midge__conn_permit_drop(struct midge__conn *conn)
{
    if (conn->permit) {
        conn->permit = false;
        conn->client->handshakes--;
        conn->client->admission_due = true;
    }
}

void midge__conn_kill(struct midge__conn *conn)
{
    struct midge_client *client = conn->client;
    if (conn->state == MIDGE__CONN_DEAD) {
        return;
    }
    midge__conn_permit_drop(conn);
    midge__race_end(conn);
    midge__leader_gone(conn);
    midge__conn_wait_end(conn);
    midge__shared_end(conn);
    midge__conn_withdraw(conn);
    midge__conn_state_set(conn, MIDGE__CONN_DEAD);
    midge__timer_disarm(&client->timers, &conn->timer);
    midge__list_remove(&conn->ready);
    midge__list_remove(&conn->link);
    midge__list_push_tail(&client->dead, &conn->link);
    client->admission_due = true;
}

static void close_late(struct midge__timer *timer)
{
    midge__conn_kill(MIDGE_CONTAINER_OF(timer, struct midge__conn, timer));
}

void midge__conn_close(struct midge__conn *conn)
{
    struct midge_client *client = conn->client;
    if (conn->state != MIDGE__CONN_READY) {
        midge__conn_kill(conn);
        return;
    }
    midge__carrier(conn)->detach(conn);
    midge__shared_end(conn);
    midge__conn_withdraw(conn);
    midge__conn_state_set(conn, MIDGE__CONN_WAIT_CLOSE);
    conn->timer.fire = close_late;
    (void)midge__timer_arm(&client->timers, &conn->timer, client->now_ms + MIDGE_CLOSE_MS);
    midge__conn_kick(conn);
}

MIDGE__APART static void release(struct midge__conn *conn)
{
    struct midge_client *client = conn->client;
    unsigned owner = conn->owner;
    midge__carrier(conn)->detach(conn);
    if (conn->stream != NULL) {
        conn->stream->ops->close(conn->stream);
    }
    midge__proxy_unsecure(conn);
    if (conn->tcp.s.ops != NULL) {
        conn->tcp.s.ops->close(&conn->tcp.s);
    }
    midge__conn_query_drop(conn);
    conn->origin->connections--;
    midge__queue_update(conn->origin);
    midge__origin_put(client, conn->origin);
    client->n_conns--;
    client->free_tags[client->config.max_connections - client->n_conns - 1] = (uint16_t)owner;
    client->admission_due = true;
    midge__list_remove(&conn->link);
    midge__memory_free(&client->memory, conn);
    (void)midge__memory_sweep(&client->memory, owner);
}

void midge__conns_reap(struct midge_client *client)
{
    struct midge__list *link;
    while ((link = midge__list_first(&client->dead)) != NULL) {
        release(MIDGE_CONTAINER_OF(link, struct midge__conn, link));
    }
}

/* For a connection being opened: its transfer ends with it. */
void midge__conn_fail(struct midge__conn *conn, int err, const struct midge__fault *fault)
{
    struct midge__transfer *t = conn->transfer;
    conn->transfer = NULL;
    if (err != MIDGE_ERR_NO_MEMORY) {
        midge__origin_forget_after_failure(conn->origin, conn);
        midge__leader_failed(conn);
    }
    midge__conn_kill(conn);
    if (t != NULL) {
        midge__transfer_broken(t, err, fault, MIDGE__REPLAY_NEVER);
    }
}

int midge__conn_attach(struct midge__conn *conn, struct midge__transfer *t)
{
    int err = midge__carrier(conn)->attach(conn, t);
    if (err == MIDGE_OK) {
        midge__conn_kick(conn);
        midge__conn_offer(conn); /* others may join */
    }
    return err;
}

int midge__conn_recv(struct midge__conn *conn, uint8_t *buf, size_t cap, size_t *n)
{
    int err = conn->stream->ops->recv(conn->stream, buf, cap, n);
    if (MIDGE_WITH_SESSIONS && conn->tls.new_session) {
        midge__origin_session(conn->origin, conn);
    }
    if (err == MIDGE_ERR_BUSY) {
        conn->client->bytes_left -= MIDGE_RECV_BUFFER; /* as much work as these bytes */
    }
    return err;
}
