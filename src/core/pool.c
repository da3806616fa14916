/* SPDX-License-Identifier: MIT */
/* The pool: connections that are open and carry no exchange. They are kept for as long as the
   server and the configuration allow, and are given out only while they are silent: bytes that came
   without a request belong to no answer (RFC 9112 9.2), and the end may lie behind the last answer.
   The turn's poll shows it. A connection whose answer ended in this turn was empty at its last
   recv, which is enough for a request that may be sent again; for another one it is read once more,
   since an end that came meanwhile would cost that request. Bytes that are still on their way when
   the next request is sent cannot be told from its answer: HTTP/1.1 has no numbers of requests.
   Only their peer, which answers this origin anyway, can send them. */
#include "core/pool.h"
#include "base/check.h"
#include "base/list.h"
#include "base/millis.h"
#include "core/client.h"
#include "core/conn.h"
#include "core/event.h"
#include "core/origin.h"
#include "core/queue.h"
#include "core/replay.h"
#include "core/transfer.h"
#include "midge/config.h"

/* At least this long before the server closes a connection as announced, midge closes it. */
#define KEEP_MARGIN_MS 1000U

/* Milliseconds from the last byte of an answer. The server's hint can only shorten our own limit.
   The margin covers the way of that byte and of the next request. */
static uint32_t keep_ms(const struct midge__conn *conn)
{
    uint32_t margin = 2 * conn->rtt_ms, most = conn->client->config.keep_alive_ms;
    if (!MIDGE_WITH_KEEP_ALIVE_HINTS || conn->keep_s > UINT32_MAX / 1000) {
        return most;
    }
    uint32_t ms = conn->keep_s * 1000;
    margin = margin > KEEP_MARGIN_MS ? margin : KEEP_MARGIN_MS;
    ms = ms > margin ? ms - margin : 0;
    return ms < most ? ms : most;
}

static void keep_alive_over(struct midge__timer *timer);

/* A timer that is armed for an earlier time stays, also while the connection is in use: when it
   fires, it is armed for the rest. So most requests do not move it. */
static void arm(struct midge__conn *conn)
{
    uint32_t at = conn->since_ms + keep_ms(conn);
    if (!midge__timer_armed(&conn->timer) || midge__millis_before(at, conn->timer.at_ms)) {
        (void)midge__timer_arm(&conn->client->timers, &conn->timer, at);
    }
    conn->timer.fire = keep_alive_over;
}

static void keep_alive_over(struct midge__timer *timer)
{
    struct midge__conn *conn = MIDGE_CONTAINER_OF(timer, struct midge__conn, timer);
    if (conn->idle && conn->client->now_ms - conn->since_ms < keep_ms(conn)) {
        arm(conn);
    } else if (conn->idle) {
        midge__conn_close(conn);
    }
}

#if MIDGE_WITH_KEEP_ALIVE_HINTS

bool midge__conn_keeps(struct midge__conn *conn, const struct midge__keep_alive *hint)
{
    if (hint->max < UINT32_MAX - conn->served && conn->served + hint->max < conn->served_most) {
        conn->served_most = conn->served + hint->max;
    }
    if (hint->timeout_s != MIDGE__KEEP_ALIVE_NONE) {
        conn->keep_s = hint->timeout_s;
    }
    if (conn->keep_s == MIDGE__KEEP_ALIVE_NONE) {
        conn->since_ms = conn->client->now_ms; /* our own limit counts from the answer's end */
    }
    return conn->client->now_ms - conn->since_ms < keep_ms(conn) &&
           conn->served < conn->served_most;
}

#else

bool midge__conn_keeps(struct midge__conn *conn, const struct midge__keep_alive *hint)
{
    (void)hint;
    conn->since_ms = conn->client->now_ms;
    return true;
}

#endif

void midge__conn_unanswered(const struct midge__conn *conn)
{
    MIDGE__LIST_FOR_EACH_SAFE(it, after, &conn->origin->usable)
    {
        struct midge__conn *other = MIDGE_CONTAINER_OF(it, struct midge__conn, kin);
        if (other->idle && !midge__millis_before(conn->since_ms, other->since_ms)) {
            midge__conn_close(other);
        }
    }
}

#if MIDGE_WITH_SESSIONS

void midge__conns_expire(struct midge_client *client)
{
    struct midge__list *link;
    while ((link = midge__list_first(&client->idle)) != NULL) {
        midge__conn_close(MIDGE_CONTAINER_OF(link, struct midge__conn, rank));
    }
}

#endif

void midge__pool_put(struct midge__conn *conn)
{
    struct midge_client *client = conn->client;
    midge__list_remove(&conn->kin); /* behind those that carry exchanges */
    conn->idle = true;
    midge__event_conn(conn, IDLE, 0);
    conn->seen_silent = false;
    midge__list_push_tail(&client->idle, &conn->rank);
    midge__conn_offer(conn);
    if (midge__conn_has_tickets(conn)) {
        midge__conn_promise(conn);
    }
    arm(conn);
    midge__list_remove(&conn->ready);
    client->admission_due = true;
}

/* Only TLS tickets should come on an idle connection. AGAIN: it is still good; BUSY: there is more
   to read. */
static int recv_idle(struct midge__conn *conn)
{
    uint8_t byte;
    size_t n;
    return midge__conn_recv(conn, &byte, sizeof byte, &n);
}

/* Bytes that came without a request, even half a record, must not become the answer to the next
   one. A connection that this turn's poll showed silent is not read again. */
static bool has_nothing(struct midge__conn *conn)
{
    return midge__conn_is_silent(conn) ||
           (recv_idle(conn) == MIDGE_ERR_AGAIN && !conn->stream->ops->pending(conn->stream));
}

/* Timers use the time of the turn's start. Since then another connection's computing, or a callback
   that writes to flash, may have taken long, so the clock is read again. */
static bool is_overdue(const struct midge__conn *conn)
{
    const struct midge_port *port = conn->client->port;
    return port->clock_ms(port->ctx) - conn->since_ms >= keep_ms(conn);
}

bool midge__conn_reuse(struct midge__conn *conn, struct midge__transfer *t)
{
    if (!conn->client->polled || (!conn->seen_silent && !midge__transfer_steps_back(t))) {
        conn->tcp.drained = false;
    }
    if (conn->idle && !midge__carrier_idles(conn) && (is_overdue(conn) || !has_nothing(conn))) {
        midge__conn_close(conn);
        return false;
    }
    midge__transfer_admit(t, conn);
    if (conn->idle) {
        midge__conn_withdraw(conn);
        if (midge__conn_has_tickets(conn)) {
            midge__conn_promise(conn);
        }
        conn->since_ms = conn->client->now_ms;
    }
    int err = midge__conn_attach(conn, t);
    if (MIDGE__FRESH_CONNECTIONS && err != MIDGE_OK &&
        conn->exchanges > 0) {                           /* the others stay on it */
        t->needs_fresh = midge__conn_capacity(conn) > 0; /* else it waits for capacity */
        midge__conn_offer(conn);
        midge__transfer_requeue(t, true);
    } else if (err != MIDGE_OK && !midge__conn_retry_later(conn, t, err)) {
        midge__conn_close(conn);
        midge__transfer_end(t, err);
    }
    return true;
}

bool midge__pool_step(struct midge__conn *conn)
{
    int err = recv_idle(conn);
    if (err != MIDGE_ERR_AGAIN && err != MIDGE_ERR_BUSY) {
        midge__conn_close(conn);
    }
    return err == MIDGE_ERR_BUSY;
}
