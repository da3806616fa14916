/* SPDX-License-Identifier: MIT */
/*
 * One full handshake for the requests that start together to an origin.
 *
 * The first connection leads: the other requests wait in the queue for the session (the ticket)
 * that its handshake brings, and then open connections of their own with it. A leader that hangs
 * must not hold them, so more than one connection may lead:
 *
 * event                                           effect
 * a leader connects, hears from its peer, or      its silence counts from now; leaders opened after
 * computes                                        it that heard nothing yet close, and their
 *                                                 requests wait again
 * silence for max(300 ms, 3 x RTT)                the next request leads too
 * lead_ms after the first of them opened          no connection leads any more; the next request
 *                                                 leads
 * TLS 1.3: a leader's handshake is complete       its ticket is awaited, max(ticket_wait_ms,
 *                                                 2 x RTT)
 * a session came                                  the others begin with it; so do the requests of
 *                                                 leaders that are silent
 * no session came with a complete handshake       the others begin, each with a full handshake
 * a leader failed, or was silent after its        the next request leads; after the second of them
 * handshake                                       the others begin at the same time
 * a leader is silent and its resources (place,    it closes, and its request waits behind the
 * permit, memory) are needed                      others; once for each request
 *
 * With HTTP/2 (shared.h) a connection leads also to learn the server's protocol: its requests join
 * it, or open connections of their own.
 *
 * RTT is the longer of the connect and of the time until the peer's first byte.
 */
#include "core/leader.h"
#include "base/check.h"
#include "base/list.h"
#include "base/millis.h"
#include "core/client.h"
#include "core/conn.h"
#include "core/origin.h"
#include "core/queue.h"
#include "core/shared.h"
#include "core/transfer.h"
#include "midge/config.h"

#if MIDGE_WITH_LEADERS

#define SILENCE_MS   300U
#define RTT_MAX_MS   60000U
#define FAILURES_MAX 2U

static uint32_t clock_now(const struct midge_client *client)
{
    return client->port->clock_ms(client->port->ctx); /* later than now_ms, after computing */
}

static bool is_complete(const struct midge__conn *conn)
{
    return conn->state >= MIDGE__CONN_READY;
}

/* --- which connections lead --- */

static struct midge__conn *first_leader(const struct midge__origin *o)
{
    struct midge__list *link = midge__list_first(&o->leaders);
    return link != NULL ? MIDGE_CONTAINER_OF(link, struct midge__conn, kin) : NULL;
}

/* conn may make way for others: once for each request. */
static void fall_silent(struct midge__conn *conn)
{
    conn->silent = true;
    if (!conn->transfer->yielded) {
        midge__list_push_tail(&conn->client->silent, &conn->rank);
        conn->origin->silent++;
    }
}

/* Also when it was to close: it does not close then. */
static void be_heard(struct midge__conn *conn)
{
    if (conn->silent && !midge__list_empty(&conn->rank)) {
        conn->origin->silent--;
    }
    conn->silent = false;
    if (!conn->waits) { /* then the link is admission's */
        midge__list_remove(&conn->rank);
    }
}

/* A complete leader is in no list of leaders: the pool uses its links. */
static void stop_leading(struct midge__conn *conn)
{
    conn->leads = false;
    if (!is_complete(conn)) {
        be_heard(conn);
        midge__list_remove(&conn->kin);
    }
}

/* Admission closes it, and its request waits again. */
static void overtake(struct midge__conn *conn)
{
    stop_leading(conn);
    midge__list_remove(&conn->ready);
    midge__list_push_tail(&conn->client->overtaken, &conn->rank);
    conn->client->admission_due = true;
}

static void arm(struct midge__origin *o, uint32_t at)
{
    (void)midge__timer_arm(&o->client->timers, &o->leader_timer, at);
}

/* Silence counts from now. */
static void arm_silence(struct midge__origin *o)
{
    uint32_t ms = 3 * o->rtt_ms;
    uint32_t at = clock_now(o->client) + (ms > SILENCE_MS ? ms : SILENCE_MS);
    arm(o, midge__millis_before(at, o->lead_until_ms) ? at : o->lead_until_ms);
}

static void set_leader(struct midge__origin *o, struct midge__conn *conn)
{
    o->leader = conn;
    o->next_leads = conn != NULL && conn->silent;
    midge__timer_disarm(&o->client->timers, &o->leader_timer);
    o->client->admission_due = true;
    midge__queue_update(o);
}

/* o's leader stops leading: another leader takes its place, or the next request's connection will
   lead. */
static void pass_on(struct midge__origin *o)
{
    stop_leading(o->leader);
    set_leader(o, first_leader(o));
    if (o->next_leads) {
        arm(o, o->lead_until_ms);
    } else if (o->leader != NULL) {
        arm_silence(o);
    }
}

/* No connection leads, and no request waits for one any more. */
static void disband(struct midge__origin *o)
{
    struct midge__conn *conn;
    while ((conn = first_leader(o)) != NULL) {
        stop_leading(conn);
    }
    if (o->leader != NULL) {
        stop_leading(o->leader);
    }
    set_leader(o, NULL);
}

static void give_up_tickets(struct midge__origin *o)
{
    o->no_tickets = o->session == NULL;
    disband(o);
}

/* Counts one more failed leader. */
static bool has_failed_often(struct midge__origin *o)
{
    o->leaders_failed++;
    return o->leaders_failed >= FAILURES_MAX;
}

/* --- deadlines --- */

/* The leader is ready or waits for its permit: that is not a silence of its peer. */
static bool is_held_up(const struct midge__conn *conn)
{
    return conn->waits || (!midge__list_empty(&conn->ready) && conn->state != MIDGE__CONN_WAIT_DNS);
}

/* If an answer came without a ticket, there will be none. If there is no answer, the connection may
   hang. */
static void ticket_late(struct midge__origin *o)
{
    if (o->leader->answered || has_failed_often(o)) {
        give_up_tickets(o);
    } else {
        pass_on(o);
    }
}

static void leader_late(struct midge__timer *timer)
{
    struct midge__origin *o = MIDGE_CONTAINER_OF(timer, struct midge__origin, leader_timer);
    struct midge__conn *leader = o->leader;
    if (is_complete(leader)) {
        ticket_late(o);
    } else if (is_held_up(leader)) {
        o->lead_until_ms += SILENCE_MS;
        arm_silence(o);
    } else if (!midge__millis_before(o->client->now_ms, o->lead_until_ms)) {
        disband(o);
    } else {
        fall_silent(leader);
        set_leader(o, leader);
        arm(o, o->lead_until_ms);
    }
}

void midge__leader_timer_init(struct midge__origin *o)
{
    o->leader_timer.fire = leader_late;
}

/* --- events of connections --- */

static bool learns_protocol(const struct midge__origin *o)
{
    return midge__origin_may_share(o) && !midge__origin_shares(o);
}

void midge__leader_open(struct midge__conn *conn)
{
    struct midge__origin *o = conn->origin;
    const struct midge_config *config = &o->client->config;
    const bool for_session =
        o->secure && o->session == NULL && !o->no_tickets && !config->no_sessions;
    if (midge__origin_awaits_leader(o) || !(for_session || learns_protocol(o))) {
        return;
    }
    if (o->leader == NULL) {
        o->lead_until_ms = o->client->now_ms + config->lead_ms;
    }
    conn->leads = true;
    midge__list_push_tail(&o->leaders, &conn->kin);
    set_leader(o, conn);
    arm(o, o->lead_until_ms); /* the silence of a name server is not the peer's */
}

void midge__leader_moved(struct midge__conn *conn)
{
    struct midge__origin *o = conn->origin;
    conn->since_ms = clock_now(o->client);
    be_heard(conn);
    if (!conn->leads || is_complete(o->leader)) {
        return;
    }
    while (conn->kin.next != &o->leaders) { /* the list is in the order of opening */
        struct midge__conn *later = MIDGE_CONTAINER_OF(conn->kin.next, struct midge__conn, kin);
        if (later->tls.received > 0) {
            break;
        }
        overtake(later);
    }
    set_leader(o, conn);
    arm_silence(o);
}

void midge__leader_heard(struct midge__conn *conn)
{
    uint32_t ms = clock_now(conn->client) - conn->since_ms;
    ms = ms < RTT_MAX_MS ? ms : RTT_MAX_MS;
    if (ms > conn->rtt_ms) {
        conn->rtt_ms = ms;
    }
    if (conn->rtt_ms > conn->origin->rtt_ms) {
        conn->origin->rtt_ms = conn->rtt_ms;
    }
}

void midge__leader_complete(struct midge__conn *conn)
{
    struct midge__origin *o = conn->origin;
    o->rtt_ms = conn->rtt_ms;
    if (!conn->leads) {
        be_heard(conn);
        return;
    }
    if (conn->tls.version == MIDGE_TLS_1_2 && !conn->tls.new_session) {
        give_up_tickets(o); /* a ticket would have come within the handshake (RFC 5077 3.3) */
        return;
    }
    uint32_t least = o->client->config.ticket_wait_ms, ms = 2 * conn->rtt_ms;
    stop_leading(conn);
    if (o->leader != NULL && is_complete(o->leader)) {
        o->leader->leads = false;
    }
    conn->leads = true; /* only in o->leader */
    set_leader(o, conn);
    arm(o, clock_now(o->client) + (ms > least ? ms : least));
}

void midge__leader_failed(struct midge__conn *conn)
{
    struct midge__origin *o = conn->origin;
    /* If the lookup failed, it would fail for another leader too. */
    if (conn->leads && (has_failed_often(o) || conn->state <= MIDGE__CONN_WAIT_DNS)) {
        give_up_tickets(o);
    }
}

#if MIDGE_WITH_HTTP2
void midge__leader_protocol(struct midge__conn *conn, bool shares)
{
    if (conn->leads && (shares || conn->origin->session != NULL)) {
        disband(conn->origin);
    }
}
#endif

void midge__leader_gone(struct midge__conn *conn)
{
    struct midge__origin *o = conn->origin;
    if (!conn->leads) {
        if (!is_complete(conn)) {
            be_heard(conn);
        }
        return;
    }
    if (o->leader != conn) {
        stop_leading(conn);
    } else if (conn->answered || (conn->state == MIDGE__CONN_WAIT_CLOSE && has_failed_often(o))) {
        give_up_tickets(o);
    } else {
        pass_on(o);
    }
}

void midge__leader_session(struct midge__origin *o)
{
    o->no_tickets = false;
    o->leaders_failed = 0;
    if (o->leader == NULL) {
        return;
    }
    MIDGE__LIST_FOR_EACH_SAFE(it, after, &o->leaders)
    {
        struct midge__conn *conn = MIDGE_CONTAINER_OF(it, struct midge__conn, kin);
        if (conn->silent) {
            if (o->leader == conn) {
                o->leader = NULL;
            }
            overtake(conn);
        }
    }
    disband(o);
}

/* --- resources of silent leaders --- */

struct midge__conn *midge__leader_yield(const struct midge_client *client,
                                        const struct midge__origin *o)
{
    struct midge__conn *conn = NULL;
    if (o == NULL) {
        struct midge__list *link = midge__list_first(&client->silent);
        conn = link != NULL ? MIDGE_CONTAINER_OF(link, struct midge__conn, rank) : NULL;
    } else if (o->silent > 0) {
        conn = first_leader(o);
        while (!conn->silent || midge__list_empty(&conn->rank)) {
            conn = MIDGE_CONTAINER_OF(conn->kin.next, struct midge__conn, kin);
        }
    }
    if (conn != NULL) {
        conn->transfer->yielded = true;
        midge__leader_heard(conn); /* a longer RTT: the next leader gets more time */
    }
    return conn;
}

struct midge__conn *midge__leader_overtaken(const struct midge_client *client)
{
    struct midge__list *link = midge__list_first(&client->overtaken);
    return link != NULL ? MIDGE_CONTAINER_OF(link, struct midge__conn, rank) : NULL;
}

#endif
