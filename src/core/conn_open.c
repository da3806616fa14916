/* SPDX-License-Identifier: MIT */
/* The opening of a connection: look the name up, connect to one address after the other, wait for a
   permit, shake hands. conn.c has the table of states. If memory is short before anything was sent,
   or a session is refused, the transfer goes back to the queue (midge__conn_requeue). */
#include "base/check.h"
#include "base/list.h"
#include "core/address.h"
#include "core/client.h"
#include "core/deadline.h"
#include "core/event.h"
#include "core/conn.h"
#include "core/exchange.h"
#include "core/leader.h"
#include "core/names.h"
#include "core/origin.h"
#include "core/proxy.h"
#include "core/queue.h"
#include "core/race.h"
#include "core/shared.h"
#include "core/stats.h"
#include "core/tell.h"
#include "core/transfer.h"
#include "midge/config.h"

void midge__conn_requeue(struct midge__conn *conn, enum midge__need need, bool first)
{
    struct midge__transfer *t = conn->transfer;
    conn->transfer = NULL;
    if (need > t->need) {
        t->need = (uint8_t)need;
    }
    midge__transfer_requeue(t, first);
    midge__conn_kill(conn);
}

bool midge__conn_retry_later(struct midge__conn *conn, struct midge__transfer *t, int err)
{
    bool alone = conn->client->n_conns == 1;
    if (err != MIDGE_ERR_NO_MEMORY || (alone && t->need == MIDGE__NEED_ALONE)) {
        return false;
    }
    conn->transfer = t;
    /* Also if it is alone: it was opened beside others, and its memory is in pieces. */
    midge__conn_requeue(
        conn, alone || t->need != MIDGE__NEED_USUAL ? MIDGE__NEED_ALONE : MIDGE__NEED_FULL, true);
    return true;
}

/* A step of the opening returned err: handles an error. */
static void check_open_step(struct midge__conn *conn, int err, const struct midge__fault *fault)
{
    if (err != MIDGE_OK && !midge__conn_retry_later(conn, conn->transfer, err)) {
        midge__conn_fail(conn, err, fault);
    }
}

static void become_ready(struct midge__conn *conn)
{
    midge__shared_begin(conn);
    midge__conn_state_set(conn, MIDGE__CONN_READY);
    check_open_step(conn, midge__conn_attach(conn, conn->transfer), NULL);
}

static void address_late(struct midge__timer *timer);

static int connect_to(struct midge__conn *conn, const struct midge_addr *addr, unsigned addresses)
{
    if (MIDGE_WITH_OVERRIDES && conn->origin->family != 0 && addr->family != conn->origin->family) {
        return MIDGE_ERR_CONNECT; /* a literal of the wrong family */
    }
    int err = midge__tcp_open(&conn->tcp, conn->client->port, addr,
                              midge__origin_peer_port(conn->origin));
    conn->stream = &conn->tcp.s;
    if (err != MIDGE_OK) {
        return err;
    }
    midge__conn_state_set(conn, MIDGE__CONN_WAIT_TCP);
    midge__leader_moved(conn);
    midge__peer_tell(conn, MIDGE_PEER_TRYING, addr, NULL);
    midge__race_begin(conn, addr, addresses, address_late);
    return MIDGE_OK;
}

/* Tries the next address of the lookup; if all fail, the fault of the last one is reported. A port
   without a socket to give has none for the other addresses either: that is waited for. */
static void connect_next(struct midge__conn *conn)
{
    int err = MIDGE_ERR_CONNECT;
    if (conn->transfer->result->phase != MIDGE_PHASE_CONNECT) {
        midge__transfer_phase(conn->transfer, MIDGE_PHASE_CONNECT);
    }
    while (conn->query != NULL && conn->address_at < conn->query->count) {
        unsigned left =
            (unsigned)(conn->query->count - conn->address_at) + midge__names_lookups(conn);
        err = connect_to(conn, &conn->query->addrs[conn->address_at++], left);
        if (err == MIDGE_OK) {
            midge__conn_kick(conn);
            return;
        }
        if (err == MIDGE_ERR_NO_MEMORY) {
            break;
        }
    }
    if (!midge__race_falls_back(conn, err)) {
        check_open_step(conn, err, &conn->tcp.s.fault);
    }
}

static void answered(struct midge__conn *conn)
{
    midge__names_keep(conn->client, midge__origin_peer(conn->origin), conn->query);
    midge__event_conn(conn, RESOLVED, conn->query->err == MIDGE_OK ? conn->query->count : 0U);
    if (conn->query->err == MIDGE_OK && conn->query->count > 0) {
        midge__race_list(conn);
        connect_next(conn);
    } else if (!midge__race_falls_back(conn, MIDGE_ERR_RESOLVE)) {
        struct midge__fault fault = {.native = conn->query->native};
        midge__conn_fail(conn, MIDGE_ERR_RESOLVE, &fault);
    }
}

static int start_dns(struct midge__conn *conn)
{
    struct midge_client *client = conn->client;
    conn->query = midge__memory_calloc(&client->memory, conn->owner, 1, sizeof *conn->query);
    if (conn->query == NULL) {
        return MIDGE_ERR_NO_MEMORY;
    }
    conn->query->family = conn->origin->family;
    midge__conn_state_set(conn, MIDGE__CONN_WAIT_DNS);
    midge__transfer_phase(conn->transfer, MIDGE_PHASE_DNS);
    int err = midge__names_start(client, midge__origin_peer(conn->origin), conn->query);
    if (err != MIDGE_OK) {
        conn->query->done = 1; /* the port has not started it */
        return err;
    }
    if (conn->query->done) {
        midge__conn_kick(conn); /* else the turn does when it is */
    }
    return MIDGE_OK;
}

/* conn->tcp has failed, or is free for the next address. If it was a remembered one, look the name
   up again before giving up. */
static void connect_failed(struct midge__conn *conn)
{
    if (conn->tcp.sock != MIDGE_SOCK_NONE) {
        midge__event_conn(conn, FAILED, (uint32_t)conn->tcp.s.fault.native);
    }
    conn->tcp.s.ops->close(&conn->tcp.s);
    if (!midge__address_fails(conn)) {
        connect_next(conn);
        return;
    }
    int err = start_dns(conn);
    if (err != MIDGE_OK && !midge__race_falls_back(conn, err)) {
        check_open_step(conn, err, NULL);
    }
}

static void wait_for_room(struct midge__conn *conn)
{
    midge__transfer_phase(conn->transfer, MIDGE_PHASE_QUEUE);
    midge__conn_state_set(conn, MIDGE__CONN_WAIT_ROOM);
    midge__list_remove(&conn->ready);
    midge__conn_wait(conn, &conn->client->waiting);
}

/* Its stream leads to the server. */
static void reached(struct midge__conn *conn)
{
    if (conn->origin->secure) {
        wait_for_room(conn);
    } else {
        become_ready(conn);
    }
}

#if MIDGE_WITH_PROXY

static void ask_proxy(struct midge__conn *conn)
{
    midge__conn_state_set(conn, MIDGE__CONN_WAIT_PROXY);
    midge__conn_kick(conn);
    check_open_step(conn, midge__proxy_open(conn), NULL);
}

bool midge__conn_step_proxy(struct midge__conn *conn)
{
    int err = midge__proxy_step(conn);
    if (err == MIDGE_ERR_AGAIN) {
        return false;
    }
    midge__leader_moved(conn);
    if (err == MIDGE_OK) {
        reached(conn);
    } else if (err != MIDGE_ERR_BUSY) {
        check_open_step(conn, err, midge__proxy_fault(conn));
    }
    return err == MIDGE_ERR_BUSY;
}

#else

#define ask_proxy(conn) ((void)(conn))

#endif

/* Its stream leads to the server or its proxy. */
static void go_on(struct midge__conn *conn)
{
    if (midge__proxy_tunnels(conn->origin)) {
        ask_proxy(conn);
    } else {
        reached(conn);
    }
}

static void connected(struct midge__conn *conn)
{
    midge__leader_heard(conn);
    midge__leader_moved(conn);
    midge__race_win(conn);
    const struct midge_addr *address = midge__race_address(conn);
    midge__address_works(conn, address);
    midge__peer_tell(conn, MIDGE_PEER_CONNECTED, address, NULL);
    if (!midge__race_keeps(conn)) {
        midge__conn_query_drop(conn);
    }
    if (midge__proxy_shakes(conn)) {
        wait_for_room(conn);
    } else {
        go_on(conn);
    }
}

void midge__conn_step_dns(struct midge__conn *conn)
{
    if (midge__race_won(conn)) {
        connected(conn);
    } else if (conn->query->done) {
        answered(conn);
    }
}

void midge__conn_step_connect(struct midge__conn *conn, bool late)
{
    (void)midge__race_won(conn);
    int err = conn->tcp.s.ops->handshake(&conn->tcp.s);
    if (err == MIDGE_OK) {
        connected(conn);
    } else if (err != MIDGE_ERR_AGAIN || (late && midge__race_next(conn))) {
        connect_failed(conn);
    }
}

static void address_late(struct midge__timer *timer)
{
    midge__conn_step_connect(MIDGE_CONTAINER_OF(timer, struct midge__conn, timer), true);
}

/* The server's TLS. */
static struct midge__tls_params params_of(const struct midge__conn *conn)
{
    const struct midge__origin *o = conn->origin;
    return (struct midge__tls_params){
        .servername = o->servername,
        .min_version = midge__origin_own(o, min_tls, 0),
        .max_version = midge__origin_own(o, max_tls, 0),
        .skip_verification = midge__origin_own(
            o, skip_verification, conn->client->config.tls.dangerously_skip_verification),
        .pins = midge__pins_of(o),
        .resume =
            MIDGE_WITH_SESSIONS && conn->transfer->need == MIDGE__NEED_USUAL ? o->session : NULL,
        .owner = conn->owner,
        .show = midge__peer_certificate,
        .offers_h2 = midge__origin_may_share(o),
        .keeps_buffers = midge__origin_large(o),
    };
}

#if MIDGE_WITH_PROXY_TLS

/* The proxy's belongs to the phase CONNECT. */
static int begin_tls(struct midge__conn *conn, struct midge__tls_params *params)
{
    bool proxy = midge__proxy_shakes(conn);
    midge__transfer_phase(conn->transfer, proxy ? MIDGE_PHASE_CONNECT : MIDGE_PHASE_TLS);
    return proxy ? midge__proxy_secure(conn, params) : MIDGE_OK;
}

/* True: it was the proxy's, and the connection goes on behind it. */
static bool secured(struct midge__conn *conn)
{
    bool proxy = midge__proxy_shakes(conn);
    if (proxy) {
        conn->secured = true;
        go_on(conn);
    }
    return proxy;
}

#else

#define begin_tls(conn, params)                                                                    \
    (midge__transfer_phase((conn)->transfer, MIDGE_PHASE_TLS), (void)(params), (int)MIDGE_OK)
#define secured(conn) false

#endif

void midge__conn_admit(struct midge__conn *conn)
{
    struct midge__tls_params params = params_of(conn);
    midge__conn_wait_end(conn);
    conn->permit = true;
    conn->client->handshakes++;
    int err = begin_tls(conn, &params);
    if (err != MIDGE_OK) {
        check_open_step(conn, err, NULL);
        return;
    }
    struct midge__tls *tls = midge__conn_shaking(conn);
    if (params.resume != NULL) {
        midge__origin_offers(conn->origin);
    }
    err = midge__tls_open(tls, conn->client->tls, conn->stream, &params);
    if (err != MIDGE_OK) {
        check_open_step(conn, err, &tls->s.fault);
        return;
    }
    conn->stream = &tls->s;
    midge__conn_state_set(conn, MIDGE__CONN_WAIT_TLS);
    midge__leader_moved(conn);
    midge__conn_kick(conn);
}

/* If the server has changed since the session was made, it should refuse only the session (RFC 8446
   4.6.1). But some servers refuse the handshake, and mbedTLS offers only the session's version, so
   each try would fail: one more try without the session. */
static bool try_without_session(struct midge__conn *conn, int err)
{
    if (!MIDGE_WITH_SESSIONS || !conn->tls.offered || err == MIDGE_ERR_NO_MEMORY) {
        return false;
    }
    midge__origin_forget_after_failure(conn->origin, conn);
    midge__conn_requeue(conn, MIDGE__NEED_FULL, true); /* even if a session comes meanwhile */
    return true;
}

/* True: the address was none of the server's, and conn goes on with the next one. */
static bool try_next_address(struct midge__conn *conn, int err)
{
    if (!midge__race_goes_on(conn, err)) {
        return false;
    }
    conn->stream->ops->close(conn->stream);
    conn->stream = &conn->tcp.s;
    conn->tcp.s.ops->close(&conn->tcp.s);
    conn->origin->address_known = false;
    midge__conn_permit_drop(conn);
    connect_next(conn);
    return true;
}

bool midge__conn_step_tls(struct midge__conn *conn)
{
    const struct midge__tls *tls = midge__conn_shaking(conn);
    uint32_t before = tls->crypto_steps, received = tls->received;
    int err = conn->stream->ops->handshake(conn->stream);
    conn->client->crypto_left -= (int32_t)(tls->crypto_steps - before);
    if (received == 0 && tls->received > 0) {
        midge__leader_heard(conn);
        midge__race_heard(conn);
    }
    if (err == MIDGE_ERR_BUSY || tls->received != received) {
        midge__leader_moved(conn);
    }
    if (err == MIDGE_ERR_BUSY) {
        return true;
    }
    if (err == MIDGE_ERR_AGAIN) {
        return false;
    }
    if (err != MIDGE_OK) {
        if (!try_without_session(conn, err) && !try_next_address(conn, err)) {
            check_open_step(conn, err, &tls->s.fault);
        }
        return false;
    }
    midge__conn_permit_drop(conn);
    midge__stats_handshake(conn);
    if (secured(conn)) {
        return false;
    }
    midge__peer_tell(conn, MIDGE_PEER_SECURE, NULL, NULL);
    midge__leader_complete(conn);
    if (conn->tls.offered && !conn->tls.resumed) {
        midge__origin_refused(conn->origin);
    }
    if (MIDGE_WITH_SESSIONS && conn->tls.new_session) {
        midge__origin_session(conn->origin, conn);
    }
    become_ready(conn);
    return false;
}

static void join(struct midge__conn *conn, struct midge__transfer *t)
{
    struct midge_client *client = conn->client;
    midge__lists_init(conn->lists, MIDGE_ARRAY_LEN(conn->lists));
    midge__list_push_tail(&client->conns, &conn->link);
    conn->number = ++client->newest_conn;
    conn->origin = t->origin;
    conn->origin->refs++;
    conn->origin->connections++;
    midge__queue_update(conn->origin);
    if (MIDGE_WITH_KEEP_ALIVE_HINTS) {
        conn->keep_s = conn->served_most = MIDGE__KEEP_ALIVE_NONE;
    }
    conn->tcp.sock = MIDGE_SOCK_NONE;
    client->n_conns++;
    midge__stats_opened(client);
}

int midge__conn_open(struct midge_client *client, struct midge__transfer *t)
{
    MIDGE_ASSERT(client->n_conns < client->config.max_connections);
    midge__client_buffers_put(client);
    midge__race_yield(client);
    unsigned owner = client->free_tags[client->config.max_connections - client->n_conns - 1];
    midge__memory_owner_reset(&client->memory, owner);
    struct midge__conn *conn = midge__memory_calloc(
        &client->memory, owner, 1, MIDGE__CONN_BYTES + midge__protocol_state_size());
    if (conn == NULL) {
        return MIDGE_ERR_NO_MEMORY;
    }
    midge__transfer_admit(t, conn);
    conn->client = client;
    conn->owner = owner;
    join(conn, t);
    conn->transfer = t;
    midge__event_conn(conn, OPENED, 0);
    t->result->connects++;
    midge__leader_open(conn);
    if (conn->origin->address_known) {
        midge__transfer_phase(t, MIDGE_PHASE_CONNECT);
        int err = connect_to(conn, &conn->origin->address, midge__address_shares(conn->origin));
        if (err == MIDGE_OK || !midge__address_fails(conn)) {
            midge__conn_kick(conn);
            check_open_step(conn, err, &conn->tcp.s.fault);
            return MIDGE_OK;
        }
    }
    check_open_step(conn, start_dns(conn), NULL);
    return MIDGE_OK;
}
