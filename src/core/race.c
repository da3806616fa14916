/* SPDX-License-Identifier: MIT */
/*
 * Happy Eyeballs (RFC 8305): the addresses of a host race for one connection.
 *
 * The newest attempt to connect is conn->tcp. When it has had no answer for attempt_delay_ms, it
 * becomes one of the older ones, and conn->tcp begins with the next address. The first attempt that
 * connects is the connection; the others are closed. Only that one shakes hands and counts as a
 * leader, so a race never makes two handshakes.
 *
 * event                                  effect
 * the newest attempt fails               the next address begins at once
 * an older attempt fails                 it ends; the timer begins the next address
 * the delay is over                      the next address begins beside the others
 * the same, and there is no place        when the oldest attempt's share of the time (address.c) is
 *                                        over, it ends, and the next address begins
 * the delay is over for an address that  the name is looked up while the attempt goes on
 * was remembered
 * an attempt connects                    the others close; their addresses come after it, before
 *                                        those that were not tried
 * the last of them fails                 the connection fails, with its error
 * the TLS handshake fails before a byte  the next address begins: something that accepts and resets
 * of the peer has come                   is not the server. Nothing of the request was sent
 *
 * A place: sockets of older attempts count in client->attempts. Together with the connections there
 * are at most max_connections, so the port needs no more sockets. A connection that is to open
 * comes first: the newest attempt of a race gives its place, and its address is tried again later.
 * Memory for the older attempts, too, is only used if it is free; without it, or with one place,
 * the addresses are tried one after the other.
 *
 * The delay is longer on a slow path: two round trips of the origin's last connection, at most
 * MIDGE__ATTEMPT_DELAY_MOST.
 */
#include "core/race.h"
#include "base/address.h"
#include "base/list.h"
#include "base/millis.h"
#include "core/client.h"
#include "core/deadline.h"
#include "core/names.h"
#include "core/origin.h"
#include "core/proxy.h"
#include "core/transfer.h"
#include <string.h>

#if MIDGE_WITH_HAPPY_EYEBALLS

_Static_assert(MIDGE_MAX_ATTEMPTS >= 2 && MIDGE_MAX_ATTEMPTS <= MIDGE_DNS_ADDRS,
               "MIDGE_MAX_ATTEMPTS: 2 to 8");

/* RFC 8305 8 */
enum { DELAY_LEAST = 100, DELAY_MOST = 2000 };
_Static_assert(MIDGE_ATTEMPT_DELAY_MS == MIDGE_NO_TIMEOUT ||
                   (MIDGE_ATTEMPT_DELAY_MS >= DELAY_LEAST && MIDGE_ATTEMPT_DELAY_MS <= DELAY_MOST),
               "MIDGE_ATTEMPT_DELAY_MS: 100 to 2000");

bool midge__race_valid(const struct midge_config *config)
{
    const uint32_t ms = config->attempt_delay_ms;
    return ms == 0 || ms == MIDGE_NO_TIMEOUT || (ms >= DELAY_LEAST && ms <= DELAY_MOST);
}

/* --- the list of addresses --- */

/* addrs[from] moves to addrs[to], before it. */
static void move_up(struct midge_dns_query *query, unsigned from, unsigned to)
{
    const struct midge_addr address = query->addrs[from];
    memmove(&query->addrs[to + 1], &query->addrs[to], (from - to) * sizeof address);
    query->addrs[to] = address;
}

/* RFC 8305 4, with a First Address Family Count of 1. The port has sorted each family. */
static void alternate(struct midge_dns_query *query)
{
    for (unsigned at = 1; at < query->count; at++) {
        unsigned other = at;
        while (other < query->count && query->addrs[other].family == query->addrs[at - 1].family) {
            other++;
        }
        if (other < query->count) {
            move_up(query, other, at);
        }
    }
}

void midge__race_list(struct midge__conn *conn)
{
    struct midge_dns_query *query = conn->query;
    alternate(query);
    for (unsigned i = 0; conn->race != NULL && conn->race->count > 0 && i < query->count; i++) {
        if (midge__address_is(&query->addrs[i], &conn->race->older[0].address)) {
            move_up(query, i, 0);
            conn->address_at = 1;
            break;
        }
    }
}

/* It was not tried to its end: it is the next one. There is a place in the list, since it came out
   of it, or (a remembered address) is one too many. */
static void put_back(struct midge__conn *conn, const struct midge_addr *address)
{
    if (conn->query != NULL && conn->address_at > 0) {
        conn->query->addrs[--conn->address_at] = *address;
    }
}

/* --- attempts --- */

/* An older attempt is the newest again; what conn->tcp was is closed. */
static void take(struct midge__conn *conn, unsigned i)
{
    struct midge__attempt *attempt = &conn->race->older[i];
    conn->tcp = attempt->tcp;
    conn->address = attempt->address;
    conn->since_ms = conn->attempt_ms = attempt->since_ms;
    conn->share_ms = attempt->share_ms;
    attempt->tcp.sock = MIDGE_SOCK_NONE;
    midge__race_drop(conn, i);
}

/* conn->tcp becomes an older attempt. */
static void park(struct midge__conn *conn)
{
    conn->race->older[conn->race->count++] =
        (struct midge__attempt){conn->tcp, conn->address, conn->attempt_ms, conn->share_ms};
    conn->client->attempts++;
    conn->tcp.sock = MIDGE_SOCK_NONE;
    conn->tcp.connected = false;
}

static void close_newest(struct midge__conn *conn)
{
    if (conn->tcp.sock != MIDGE_SOCK_NONE) {
        conn->tcp.s.ops->close(&conn->tcp.s);
        put_back(conn, &conn->address);
    }
}

/* --- time --- */

static uint32_t delay_of(const struct midge__conn *conn)
{
    const uint32_t ms = conn->client->config.attempt_delay_ms, rtt = 2 * conn->origin->rtt_ms;
    return rtt <= ms ? ms : midge__u32_least(rtt, DELAY_MOST);
}

static uint32_t left_of(const struct midge__conn *conn, uint32_t since_ms, uint32_t ms)
{
    const uint32_t gone = conn->client->now_ms - since_ms;
    return ms == MIDGE_NO_TIMEOUT || ms > gone ? (ms == MIDGE_NO_TIMEOUT ? ms : ms - gone) : 0;
}

/* Until the oldest attempt has had its share. */
static uint32_t share_left(const struct midge__conn *conn)
{
    const struct midge__race *race = conn->race;
    if (race != NULL && race->count > 0) {
        return left_of(conn, race->older[0].since_ms, race->older[0].share_ms);
    }
    return left_of(conn, conn->attempt_ms, conn->share_ms);
}

/* Is there another address to try, or a name to look up? */
static bool has_next(const struct midge__conn *conn)
{
    return conn->query != NULL ? conn->address_at < conn->query->count + midge__names_lookups(conn)
                               : !conn->origin->literal;
}

/* ms: until the next address is due. */
static void arm(struct midge__conn *conn, uint32_t ms)
{
    struct midge_client *client = conn->client;
    ms = midge__u32_least(ms, share_left(conn));
    midge__timer_disarm(&client->timers, &conn->timer);
    if (has_next(conn) && ms != MIDGE_NO_TIMEOUT) {
        (void)midge__timer_arm(&client->timers, &conn->timer, client->now_ms + ms);
    }
}

void midge__race_begin(struct midge__conn *conn, const struct midge_addr *address, unsigned left,
                       void (*late)(struct midge__timer *timer))
{
    conn->address = *address;
    conn->attempt_ms = conn->client->now_ms;
    conn->share_ms = midge__address_share(conn, left);
    conn->timer.fire = late;
    arm(conn, delay_of(conn));
}

bool midge__race_falls_back(struct midge__conn *conn, int err)
{
    if (conn->race == NULL || conn->race->count == 0) {
        return false;
    }
    if (err == MIDGE_ERR_NO_MEMORY && conn->address_at > 0) {
        conn->address_at--;
        conn->race->full = true;
    } else if (err == MIDGE_ERR_NO_MEMORY) {
        midge__conn_query_drop(conn);
    }
    if (conn->state != MIDGE__CONN_WAIT_TCP) {
        midge__transfer_phase(conn->transfer, MIDGE_PHASE_CONNECT);
        midge__conn_state_set(conn, MIDGE__CONN_WAIT_TCP);
    }
    take(conn, conn->race->count - 1);
    arm(conn, delay_of(conn));
    midge__conn_kick(conn);
    return true;
}

static bool has_place(struct midge__conn *conn)
{
    struct midge_client *client = conn->client;
    if (client->n_conns + client->attempts >= client->config.max_connections ||
        client->config.attempt_delay_ms == MIDGE_NO_TIMEOUT) {
        return false;
    }
    if (conn->race == NULL) {
        conn->race = midge__memory_calloc(&client->memory, conn->owner, 1, sizeof *conn->race);
    }
    return conn->race != NULL && !conn->race->full && conn->race->count < MIDGE_MAX_ATTEMPTS - 1;
}

bool midge__race_next(struct midge__conn *conn)
{
    const bool over = share_left(conn) == 0, place = has_place(conn);
    if (!over && (!place || left_of(conn, conn->attempt_ms, delay_of(conn)) > 0)) {
        arm(conn, delay_of(conn));
        return false;
    }
    if (place) {
        park(conn);
        return true;
    }
    if (conn->race != NULL && conn->race->count > 0) {
        midge__race_drop(conn, 0);
        park(conn);
    } else {
        conn->tcp.s.ops->close(&conn->tcp.s);
    }
    return true;
}

/* --- the end of the race --- */

void midge__race_win(struct midge__conn *conn)
{
    for (unsigned i = conn->race != NULL ? conn->race->count : 0; i-- > 0;) {
        put_back(conn, &conn->race->older[i].address);
    }
    midge__race_end(conn);
}

bool midge__race_won(struct midge__conn *conn)
{
    for (unsigned i = 0; conn->race != NULL && i < conn->race->count;) {
        struct midge__tcp *tcp = &conn->race->older[i].tcp;
        const int err = tcp->s.ops->handshake(&tcp->s);
        if (err == MIDGE_OK) {
            close_newest(conn);
            take(conn, i);
            midge__race_win(conn);
            return true;
        }
        if (err == MIDGE_ERR_AGAIN) {
            i++;
        } else {
            midge__race_drop(conn, i);
        }
    }
    return false;
}

bool midge__race_keeps(const struct midge__conn *conn)
{
    const struct midge_dns_query *query = conn->query;
    return query != NULL && query->done && conn->address_at < query->count &&
           conn->origin->secure && !midge__proxy_tunnels(conn->origin) &&
           !midge__proxy_shakes(conn);
}

bool midge__race_goes_on(const struct midge__conn *conn, int err)
{
    return conn->query != NULL && conn->tls.received == 0 &&
           (err == MIDGE_ERR_RECV || err == MIDGE_ERR_SEND || err == MIDGE_ERR_TLS);
}

void midge__race_yield(struct midge_client *client)
{
    if (client->n_conns + client->attempts < client->config.max_connections) {
        return;
    }
    MIDGE__LIST_FOR_EACH(it, &client->conns)
    {
        struct midge__conn *conn = MIDGE_CONTAINER_OF(it, struct midge__conn, link);
        if (conn->race == NULL || conn->race->count == 0) {
            continue;
        }
        if (conn->state == MIDGE__CONN_WAIT_TCP) {
            close_newest(conn);
            take(conn, conn->race->count - 1);
            arm(conn, delay_of(conn));
        } else { /* it looks the name up: the remembered address will be in the list */
            midge__race_drop(conn, conn->race->count - 1);
        }
        return;
    }
}

/* --- its sockets --- */

size_t midge__race_collect(const struct midge__conn *conn, struct midge_pollfd *fds, size_t n,
                           size_t cap)
{
    const unsigned count = conn->race != NULL ? conn->race->count : 0;
    for (unsigned i = 0; i < count; i++, n++) {
        if (n < cap) {
            fds[n] = (struct midge_pollfd){.sock = conn->race->older[i].tcp.sock,
                                           .events = MIDGE_POLL_OUT};
        }
    }
    return n;
}

size_t midge__race_polled(struct midge__conn *conn, const struct midge_pollfd *fds, size_t i,
                          size_t n)
{
    const unsigned count = conn->race != NULL ? conn->race->count : 0;
    for (unsigned k = 0; k < count && i < n; k++, i++) {
        const unsigned revents = fds[i].revents;
        midge__tcp_polled(&conn->race->older[k].tcp, revents);
        if ((revents & (unsigned)(MIDGE_POLL_OUT | MIDGE_POLL_ERR)) != 0) {
            midge__conn_kick(conn);
        }
    }
    return i;
}

#endif
