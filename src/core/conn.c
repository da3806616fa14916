/* SPDX-License-Identifier: MIT */
/*
 * Connections.
 *
 * state       waits for            on ok                 on error              deadline (whose)
 * WAIT_DNS    resolver             WAIT_TCP              DEAD                  dns (transfer's)
 * WAIT_TCP    connect              WAIT_ADMIT or READY   next address, DEAD    its share (own) of
 *                                                                              connect (transfer's)
 * WAIT_ADMIT  permit, memory       WAIT_TLS              DEAD                  queue (transfer's)
 * WAIT_TLS    handshake            READY                 DEAD                  tls (transfer's)
 * READY       protocol; or idle    READY, WAIT_CLOSE     DEAD                  keep-alive (own)
 * WAIT_CLOSE  close_notify         DEAD                  DEAD                  MIDGE_CLOSE_MS (own)
 * DEAD        the turn's end       –                     –                     –
 *
 * In three cases the connection ends, but its transfer does not fail and goes back to the queue
 * (start_over): memory is short before anything was sent; there is no room after the lookup; a
 * handshake with a session fails, and is tried once without the session.
 */
#include "core/core.h"
#include <string.h>

/* A remembered address gets one of two shares, so that time is left to look up others if it
   fails. */
#define KNOWN_AND_ASK 2U

/* At least this long before the server closes a connection as announced, midge closes it. */
#define KEEP_MARGIN_MS 1000U

static void set_state(struct midge__conn *conn, enum midge__conn_state state)
{
    static const char *const names[] = {"resolving",   "connecting", "waiting for a permit",
                                        "handshaking", "ready",      "closing",
                                        "closed"};
    midge_id id = conn->transfer != NULL ? conn->transfer->aw.id : 0;
    conn->state = (uint8_t)state;
    midge__trace(conn->client, MIDGE_TRACE_INFO, id, names[state], conn->origin->host,
                 conn->number);
}

void midge__conn_kick(struct midge__conn *conn)
{
    if (conn->state != MIDGE__CONN_DEAD && midge__list_empty(&conn->ready)) {
        midge__list_push_tail(&conn->client->ready, &conn->ready);
    }
}

static void drop_permit(struct midge__conn *conn)
{
    if (conn->permit) {
        conn->permit = false;
        conn->client->handshakes--;
        conn->client->dirty = true;
    }
}

static void drop_query(struct midge__conn *conn)
{
    struct midge_port *port = conn->client->port;
    if (conn->query != NULL) {
        if (!conn->query->done) {
            port->dns_cancel(port->ctx, conn->query);
        }
        midge__memory_free(&conn->client->memory, conn->query);
        conn->query = NULL;
    }
}

/* --- the ends --- */

void midge__conn_kill(struct midge__conn *conn)
{
    struct midge_client *client = conn->client;
    if (conn->state == MIDGE__CONN_DEAD) {
        return;
    }
    drop_permit(conn);
    midge__leader_gone(conn);
    set_state(conn, MIDGE__CONN_DEAD);
    midge__timer_disarm(&client->timers, &conn->timer);
    midge__list_remove(&conn->ready);
    midge__list_remove(&conn->link);
    midge__list_push_tail(&client->dead, &conn->link);
    client->dirty = true;
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
    if (conn->protocol != NULL) {
        conn->protocol->detach(conn);
    }
    conn->idle = false;
    set_state(conn, MIDGE__CONN_WAIT_CLOSE);
    conn->timer.fire = close_late;
    (void)midge__timer_arm(&client->timers, &conn->timer, client->now_ms + MIDGE_CLOSE_MS);
    midge__conn_kick(conn);
}

static void release(struct midge__conn *conn)
{
    struct midge_client *client = conn->client;
    unsigned owner = conn->owner;
    if (conn->protocol != NULL) {
        conn->protocol->detach(conn);
    }
    if (conn->stream != NULL) {
        conn->stream->ops->close(conn->stream);
    }
    if (conn->tcp.s.ops != NULL) {
        conn->tcp.s.ops->close(&conn->tcp.s);
    }
    drop_query(conn);
    conn->origin->connections--;
    midge__origin_put(client, conn->origin);
    client->owners[owner - 1] = NULL;
    client->n_conns--;
    client->dirty = true;
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

void midge__conn_report(const struct midge__conn *conn, struct midge_result *r)
{
    r->connection = conn->number;
    r->resumed = conn->tls.resumed;
    r->tls_version = conn->tls.version;
    r->time_verified = conn->tls.time_verified;
    r->cipher = conn->tls.cipher != NULL ? conn->tls.cipher : "";
    r->memory_peak = midge__memory_owner_peak(&conn->client->memory, conn->owner);
    r->longest_step_us = conn->longest_step_us;
}

/* For a connection being opened: its transfer ends with it. */
void midge__conn_fail(struct midge__conn *conn, int err, const struct midge__fault *fault)
{
    struct midge__transfer *t = conn->transfer;
    conn->transfer = NULL;
    if (err != MIDGE_ERR_NO_MEMORY) {
        midge__origin_doubt(conn->origin, conn);
        midge__leader_failed(conn);
    }
    midge__conn_kill(conn);
    if (t != NULL) {
        midge__conn_report(conn, t->result);
        midge__transfer_broken(t, err, fault, false, false);
    }
}

/* --- ready --- */

static void attach(struct midge__conn *conn, struct midge__transfer *t)
{
    midge__conn_report(conn, t->result);
    t->result->reused = conn->served > 0;
    conn->no_reuse = t->request->no_reuse;
    conn->transfer = NULL;
    t->conn = conn;
    t->state = MIDGE__TRANSFER_ATTACHED;
}

static int hand_over(struct midge__conn *conn, struct midge__transfer *t)
{
    int err = conn->protocol->attach(conn, t);
    if (err == MIDGE_OK && t->state != MIDGE__TRANSFER_ENDED) { /* on_send may have canceled it */
        attach(conn, t);
        conn->served++;
        midge__transfer_phase(t, MIDGE_PHASE_SEND);
        midge__conn_kick(conn);
    }
    return err;
}

void midge__conn_start_over(struct midge__conn *conn, struct midge__transfer *t, bool whole)
{
    conn->transfer = NULL;
    midge__conn_report(conn, t->result);
    if (whole && t->put_off == 0) {
        t->put_off = 1;
    }
    midge__transfer_requeue(t);
    midge__conn_kill(conn);
}

/* True: memory was short before anything was sent, and others hold some, so t waits in the
   queue. */
static bool put_off(struct midge__conn *conn, struct midge__transfer *t, int err)
{
    bool alone = conn->client->n_conns == 1;
    if (err != MIDGE_ERR_NO_MEMORY || (alone && !midge__admission_later(conn->client, conn))) {
        return false;
    }
    if (t->put_off < MIDGE__PUT_OFF_ALONE) {
        t->put_off++;
    }
    midge__conn_start_over(conn, t, true);
    return true;
}

/* A step of the opening returned err: handles an error. */
static void opened_so_far(struct midge__conn *conn, int err, const struct midge__fault *fault)
{
    if (err != MIDGE_OK && !put_off(conn, conn->transfer, err)) {
        midge__conn_fail(conn, err, fault);
    }
}

static void become_ready(struct midge__conn *conn)
{
    set_state(conn, MIDGE__CONN_READY);
    conn->protocol = &midge__h1_ops;
    opened_so_far(conn, hand_over(conn, conn->transfer), NULL);
}

static void keep_alive_over(struct midge__timer *timer)
{
    midge__conn_close(MIDGE_CONTAINER_OF(timer, struct midge__conn, timer));
}

/* Milliseconds from the last byte of an answer. The server's hint can only shorten our own limit.
   The margin covers the way of that byte and of the next request. */
static uint32_t keep_ms(const struct midge__conn *conn)
{
    uint32_t margin = 2 * conn->rtt_ms, most = conn->client->config.keep_alive_ms;
    if (conn->keep_s > UINT32_MAX / 1000) {
        return most;
    }
    uint32_t ms = conn->keep_s * 1000;
    margin = margin > KEEP_MARGIN_MS ? margin : KEEP_MARGIN_MS;
    ms = ms > margin ? ms - margin : 0;
    return ms < most ? ms : most;
}

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

void midge__conn_unanswered(const struct midge__conn *conn)
{
    MIDGE__LIST_FOR_EACH(it, &conn->client->conns)
    {
        struct midge__conn *other = MIDGE_CONTAINER_OF(it, struct midge__conn, link);
        if (other->idle && other->origin == conn->origin &&
            !midge__millis_before(conn->since_ms, other->since_ms)) {
            midge__conn_close(other);
        }
    }
}

void midge__conns_expire(struct midge_client *client)
{
    MIDGE__LIST_FOR_EACH(it, &client->conns)
    {
        struct midge__conn *conn = MIDGE_CONTAINER_OF(it, struct midge__conn, link);
        if (conn->idle) {
            midge__conn_close(conn);
        }
    }
}

static void become_idle(struct midge__conn *conn)
{
    struct midge_client *client = conn->client;
    conn->protocol->detach(conn);
    conn->idle = true;
    conn->timer.fire = keep_alive_over;
    (void)midge__timer_arm(&client->timers, &conn->timer, conn->since_ms + keep_ms(conn));
    midge__list_remove(&conn->ready);
    client->dirty = true;
}

int midge__conn_recv(struct midge__conn *conn, uint8_t *buf, size_t cap, size_t *n)
{
    int err = conn->stream->ops->recv(conn->stream, buf, cap, n);
    if (conn->tls.new_session) {
        midge__origin_session(conn->origin, conn);
    }
    if (err == MIDGE_ERR_BUSY) {
        conn->client->bytes_left -= MIDGE_RECV_BUFFER; /* as much work as these bytes */
    }
    return err;
}

/* Only TLS tickets should come on an idle connection. AGAIN: it is still good; BUSY: there is more
   to read. */
static int recv_idle(struct midge__conn *conn)
{
    uint8_t byte;
    size_t n;
    return midge__conn_recv(conn, &byte, sizeof byte, &n);
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
    /* Bytes that came without a request, even half a record, must not become t's answer. */
    if (is_overdue(conn) || recv_idle(conn) != MIDGE_ERR_AGAIN ||
        conn->stream->ops->pending(conn->stream)) {
        midge__conn_close(conn);
        return false;
    }
    midge__transfer_admit(t, conn);
    conn->idle = false;
    conn->since_ms = conn->client->now_ms;
    midge__timer_disarm(&conn->client->timers, &conn->timer);
    int err = hand_over(conn, t);
    if (err != MIDGE_OK && !put_off(conn, t, err)) {
        midge__conn_close(conn);
        midge__transfer_end(t, err);
    }
    return true;
}

/* --- opening --- */

static void address_late(struct midge__timer *timer);

/* An address that never answers must not use up the time of the others: this one, the first of
   `addresses`, gets its share of the transfer's remaining time. The last one gets all of it. If the
   transfer has no limit, there are no shares: the platform ends each try. */
static void give_share(struct midge__conn *conn, unsigned addresses)
{
    struct midge_client *client = conn->client;
    uint32_t left = midge__transfer_left(conn->transfer);
    if (addresses < 2 || left == MIDGE_NO_TIMEOUT) {
        return;
    }
    uint32_t share = left / addresses;
    if (share < MIDGE_CONNECT_SHARE_MS) {
        share = MIDGE_CONNECT_SHARE_MS;
    }
    conn->timer.fire = address_late;
    (void)midge__timer_arm(&client->timers, &conn->timer, client->now_ms + share);
}

static int connect_to(struct midge__conn *conn, const struct midge_addr *addr, unsigned addresses)
{
    if (conn->origin->family != 0 && addr->family != conn->origin->family) {
        return MIDGE_ERR_CONNECT; /* a literal of the wrong family */
    }
    int err = midge__tcp_open(&conn->tcp, conn->client->port, addr, conn->origin->port);
    conn->stream = &conn->tcp.s;
    if (err != MIDGE_OK) {
        return err;
    }
    set_state(conn, MIDGE__CONN_WAIT_TCP);
    midge__leader_moved(conn);
    midge__peer_tell(conn, MIDGE_PEER_TRYING, addr, NULL);
    give_share(conn, addresses);
    return MIDGE_OK;
}

/* Tries the next address of the lookup; if all fail, the fault of the last one is reported. */
static void connect_next(struct midge__conn *conn)
{
    int err = MIDGE_ERR_CONNECT;
    if (conn->transfer->phase != MIDGE_PHASE_CONNECT) {
        midge__transfer_phase(conn->transfer, MIDGE_PHASE_CONNECT);
    }
    while (conn->query != NULL && conn->address_at < conn->query->count) {
        unsigned left = (unsigned)(conn->query->count - conn->address_at);
        err = connect_to(conn, &conn->query->addrs[conn->address_at++], left);
        if (err == MIDGE_OK) {
            midge__conn_kick(conn);
            return;
        }
    }
    opened_so_far(conn, err, &conn->tcp.s.fault);
}

/* There is no room after the lookup: t goes back to the queue until there is. Only once: the
   remembered address may fail, and then all of them are tried. */
static bool lacks_room(struct midge__conn *conn)
{
    struct midge__transfer *t = conn->transfer;
    if (t->resolved || !midge__others_work(conn->client, conn) || midge__room_to_connect(conn)) {
        return false;
    }
    t->resolved = true;
    conn->origin->address = conn->query->addrs[0];
    conn->origin->address_known = true;
    midge__conn_start_over(conn, t, false);
    return true;
}

static void step_dns(struct midge__conn *conn)
{
    if (!conn->query->done) {
        return;
    }
    if (conn->query->err != MIDGE_OK || conn->query->count == 0) {
        struct midge__fault fault = {.native = conn->query->native};
        midge__conn_fail(conn, MIDGE_ERR_RESOLVE, &fault);
        return;
    }
    if (!lacks_room(conn)) {
        connect_next(conn);
    }
}

static int start_dns(struct midge__conn *conn)
{
    struct midge_client *client = conn->client;
    struct midge_port *port = client->port;
    conn->query = midge__memory_calloc(&client->memory, conn->owner, 1, sizeof *conn->query);
    if (conn->query == NULL) {
        return MIDGE_ERR_NO_MEMORY;
    }
    conn->query->family = conn->origin->family;
    set_state(conn, MIDGE__CONN_WAIT_DNS);
    midge__transfer_phase(conn->transfer, MIDGE_PHASE_DNS);
    int err = port->dns_start(port->ctx, conn->origin->host, conn->query);
    if (err != MIDGE_OK) {
        conn->query->done = 1; /* the port has not started it */
        return err;
    }
    midge__conn_kick(conn);
    return MIDGE_OK;
}

/* If it was a remembered address, look the name up again before giving up. */
static void connect_failed(struct midge__conn *conn)
{
    midge__timer_disarm(&conn->client->timers, &conn->timer);
    conn->tcp.s.ops->close(&conn->tcp.s);
    if (conn->query == NULL && !conn->origin->literal) {
        conn->origin->address_known = false;
        opened_so_far(conn, start_dns(conn), NULL);
        return;
    }
    connect_next(conn);
}

static void connected(struct midge__conn *conn)
{
    midge__leader_heard(conn);
    midge__leader_moved(conn);
    midge__timer_disarm(&conn->client->timers, &conn->timer);
    if (conn->query != NULL) {
        conn->origin->address = conn->query->addrs[conn->address_at - 1];
        conn->origin->address_known = true;
        drop_query(conn);
    }
    midge__peer_tell(conn, MIDGE_PEER_CONNECTED, &conn->origin->address, NULL);
    if (!conn->origin->secure) {
        become_ready(conn);
        return;
    }
    midge__transfer_phase(conn->transfer, MIDGE_PHASE_QUEUE);
    set_state(conn, MIDGE__CONN_WAIT_ADMIT);
    midge__list_remove(&conn->ready);
    conn->client->dirty = true;
}

static void step_connect(struct midge__conn *conn, bool late)
{
    int err = conn->tcp.s.ops->handshake(&conn->tcp.s);
    if (err == MIDGE_OK) {
        connected(conn);
    } else if (err != MIDGE_ERR_AGAIN || late) {
        connect_failed(conn);
    }
}

static void address_late(struct midge__timer *timer)
{
    step_connect(MIDGE_CONTAINER_OF(timer, struct midge__conn, timer), true);
}

void midge__conn_admit(struct midge__conn *conn)
{
    struct midge_client *client = conn->client;
    struct midge__origin *o = conn->origin;
    struct midge__tls_params params = {
        .servername = o->servername,
        .min_version = o->min_tls,
        .max_version = o->max_tls,
        .skip_verification = o->skip_verification,
        .resume = client->config.no_sessions || conn->transfer->put_off > 0 ? NULL : o->session,
        .owner = conn->owner,
        .show = midge__peer_certificate,
    };
    conn->permit = true;
    client->handshakes++;
    midge__transfer_phase(conn->transfer, MIDGE_PHASE_TLS);
    int err = midge__tls_open(&conn->tls, client->tls, &conn->tcp.s, &params);
    if (err != MIDGE_OK) {
        opened_so_far(conn, err, &conn->tls.s.fault);
        return;
    }
    conn->stream = &conn->tls.s;
    set_state(conn, MIDGE__CONN_WAIT_TLS);
    midge__leader_moved(conn);
    midge__conn_kick(conn);
}

/* If the server has changed since the session was made, it should refuse only the session (RFC 8446
   4.6.1). But some servers refuse the handshake, and mbedTLS offers only the session's version, so
   each try would fail: one more try without the session. */
static bool try_without_session(struct midge__conn *conn, int err)
{
    if (!conn->tls.offered || err == MIDGE_ERR_NO_MEMORY) {
        return false;
    }
    midge__origin_doubt(conn->origin, conn);
    midge__conn_start_over(conn, conn->transfer, true); /* even if a session comes meanwhile */
    return true;
}

static bool step_tls(struct midge__conn *conn)
{
    uint32_t before = conn->tls.crypto_steps, received = conn->tls.received;
    int err = conn->stream->ops->handshake(conn->stream);
    conn->client->crypto_left -= (int32_t)(conn->tls.crypto_steps - before);
    if (received == 0 && conn->tls.received > 0) {
        midge__leader_heard(conn);
    }
    if (err == MIDGE_ERR_BUSY || conn->tls.received != received) {
        midge__leader_moved(conn);
    }
    if (err == MIDGE_ERR_BUSY) {
        return true;
    }
    if (err == MIDGE_ERR_AGAIN) {
        return false;
    }
    if (err != MIDGE_OK) {
        if (!try_without_session(conn, err)) {
            opened_so_far(conn, err, &conn->tls.s.fault);
        }
        return false;
    }
    drop_permit(conn);
    midge__peer_tell(conn, MIDGE_PEER_SECURE, NULL, NULL);
    if (conn->tls.resumed) {
        conn->client->stats.handshakes_resumed++;
    } else {
        conn->client->stats.handshakes_full++;
    }
    midge__leader_complete(conn);
    if (conn->tls.new_session) {
        midge__origin_session(conn->origin, conn);
    }
    become_ready(conn);
    return false;
}

/* --- steps --- */

static bool step_idle(struct midge__conn *conn)
{
    int err = recv_idle(conn);
    if (err != MIDGE_ERR_AGAIN && err != MIDGE_ERR_BUSY) {
        midge__conn_close(conn);
    }
    return err == MIDGE_ERR_BUSY;
}

static bool step_ready(struct midge__conn *conn)
{
    if (conn->idle) {
        return step_idle(conn);
    }
    switch (conn->protocol->step(conn)) {
    case MIDGE__STEP_MORE:
        return true;
    case MIDGE__STEP_IDLE:
        become_idle(conn);
        return conn->stream->ops->pending(conn->stream); /* tickets after the answer */
    case MIDGE__STEP_OVER:
        midge__conn_close(conn);
        return false;
    default:
        return false;
    }
}

static bool step_close(struct midge__conn *conn)
{
    int err = conn->stream->ops->shutdown(conn->stream);
    if (err != MIDGE_ERR_AGAIN) {
        midge__conn_kill(conn);
    }
    return false;
}

static bool dispatch(struct midge__conn *conn)
{
    switch ((enum midge__conn_state)conn->state) {
    case MIDGE__CONN_WAIT_DNS:
        step_dns(conn);
        return false;
    case MIDGE__CONN_WAIT_TCP:
        step_connect(conn, false);
        return false;
    case MIDGE__CONN_WAIT_TLS:
        return step_tls(conn);
    case MIDGE__CONN_READY:
        return step_ready(conn);
    case MIDGE__CONN_WAIT_CLOSE:
        return step_close(conn);
    default:
        return false;
    }
}

void midge__conn_step(struct midge__conn *conn)
{
    struct midge_client *client = conn->client;
    uint64_t began = midge__now_us(client);
    bool more = dispatch(conn);
    uint32_t us = midge__u32(midge__now_us(client) - began);
    if (us > conn->longest_step_us) {
        conn->longest_step_us = us;
    }
    if (us > client->stats.longest_step_us) {
        client->stats.longest_step_us = us;
    }
    if (more) {
        midge__conn_kick(conn);
    }
}

unsigned midge__conn_want(const struct midge__conn *conn)
{
    switch ((enum midge__conn_state)conn->state) {
    case MIDGE__CONN_WAIT_TCP:
        return MIDGE_POLL_OUT;
    case MIDGE__CONN_WAIT_TLS:
        return conn->stream->ops->interest(conn->stream, true, false);
    case MIDGE__CONN_READY:
        return conn->idle ? conn->stream->ops->interest(conn->stream, true, false)
                          : conn->protocol->want(conn);
    case MIDGE__CONN_WAIT_CLOSE:
        return conn->stream->ops->interest(conn->stream, false, true);
    default:
        return 0;
    }
}

midge_sock midge__conn_sock(const struct midge__conn *conn)
{
    return conn->tcp.s.ops != NULL ? conn->tcp.sock : MIDGE_SOCK_NONE;
}

static unsigned free_owner(const struct midge_client *client)
{
    for (unsigned i = 0; i < client->config.max_connections; i++) {
        if (client->owners[i] == NULL) {
            return i + 1;
        }
    }
    return 0;
}

static void join(struct midge__conn *conn, struct midge__transfer *t)
{
    struct midge_client *client = conn->client;
    midge__list_init(&conn->link);
    midge__list_init(&conn->ready);
    midge__list_push_tail(&client->conns, &conn->link);
    client->owners[conn->owner - 1] = conn;
    client->stats.connections++;
    conn->number = client->stats.connections;
    conn->origin = t->origin;
    conn->origin->refs++;
    conn->origin->connections++;
    conn->keep_s = conn->served_most = MIDGE__KEEP_ALIVE_NONE;
    conn->tls.cipher = "";
    conn->tcp.sock = MIDGE_SOCK_NONE;
    if (++client->n_conns > client->stats.peak_connections) {
        client->stats.peak_connections = client->n_conns;
    }
}

int midge__conn_open(struct midge_client *client, struct midge__transfer *t)
{
    unsigned owner = free_owner(client);
    MIDGE_ASSERT(owner != 0);
    midge__memory_owner_reset(&client->memory, owner);
    struct midge__conn *conn = midge__memory_calloc(&client->memory, owner, 1, sizeof *conn);
    if (conn == NULL) {
        return MIDGE_ERR_NO_MEMORY;
    }
    midge__transfer_admit(t, conn);
    conn->client = client;
    conn->owner = owner;
    join(conn, t);
    conn->transfer = t;
    t->result->connects++;
    t->result->connection = conn->number;
    midge__leader_open(conn);
    if (conn->origin->address_known) {
        midge__transfer_phase(t, MIDGE_PHASE_CONNECT);
        unsigned addresses = conn->origin->literal ? 1 : KNOWN_AND_ASK;
        int err = connect_to(conn, &conn->origin->address, addresses);
        midge__conn_kick(conn);
        if (err == MIDGE_OK || conn->origin->literal) {
            opened_so_far(conn, err, &conn->tcp.s.fault);
            return MIDGE_OK;
        }
    }
    opened_so_far(conn, start_dns(conn), NULL);
    return MIDGE_OK;
}
