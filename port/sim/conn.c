/* SPDX-License-Identifier: MIT */
/*
 * A connection between a socket of the client and a peer.
 *
 *     state        waits for                    then
 *     CONNECTING   the SYN at the server        peer opened, SYN-ACK back
 *                  the SYN-ACK at the client    OPEN, or FAILED when it is refused
 *                  127 s                        FAILED
 *     OPEN         bytes, both ways             the client closes its socket, or an error
 *     FAILED       the client's close
 *
 * The connection is freed when the client has closed its socket and the peer is over. Callbacks of
 * the peer come from the event `work` only (and from its timer), so that none of them runs inside
 * another one.
 */
#include "sim.h"

#include <errno.h>
#include <stdlib.h>

#define CONNECT_NS (127000 * SIM_NS_PER_MS) /* seven SYNs of Linux */

#define CONN_OF(event, member)                                                                     \
    ((struct sim_conn *)(void *)((char *)(event)-offsetof(struct sim_conn, member)))

/* --- the network as a carrier of peers --- */

static bool carrier_send(struct sim_peer *peer, const uint8_t *data, size_t len)
{
    struct sim_conn *conn = peer->below;
    struct midge_sim *sim = conn->sim;
    uint32_t most = sim->config.peer_queue > 0 ? sim->config.peer_queue : 16U << 20;
    if (conn->down.closing || conn->down.closed || conn->peer_over ||
        len > most - (conn->down.waiting < most ? conn->down.waiting : most)) {
        return false;
    }
    if (len > 0) {
        midge__sim_trace(sim, "#%u %s sends %zu %08x", (unsigned)conn->number, peer->type->name,
                         len, (unsigned)midge__sim_sum(data, len));
        midge__sim_pipe_write(&conn->down, data, len);
    }
    return true;
}

static void carrier_shutdown(struct sim_peer *peer)
{
    struct sim_conn *conn = peer->below;
    if (!conn->down.closing && !conn->down.closed) {
        midge__sim_trace(conn->sim, "#%u %s shuts down", (unsigned)conn->number, peer->type->name);
        midge__sim_pipe_end(&conn->down);
    }
}

static void carrier_reset(struct sim_peer *peer)
{
    struct sim_conn *conn = peer->below;
    midge__sim_trace(conn->sim, "#%u %s resets", (unsigned)conn->number, peer->type->name);
    midge__sim_pipe_break(&conn->down);
    midge__sim_conn_peer_over(conn);
}

static void carrier_hold(struct sim_peer *peer, bool held)
{
    struct sim_conn *conn = peer->below;
    conn->held = held;
    if (!held) {
        midge__sim_conn_work(conn);
    }
}

static size_t carrier_queued(const struct sim_peer *peer)
{
    const struct sim_conn *conn = peer->below;
    return conn->down.waiting;
}

static const struct sim_carrier network = {.send = carrier_send,
                                           .shutdown = carrier_shutdown,
                                           .reset = carrier_reset,
                                           .hold = carrier_hold,
                                           .queued = carrier_queued};

/* --- the peer's callbacks --- */

static void reap_later(struct midge_sim *sim)
{
    midge__sim_event_set(sim, &sim->reaper, sim->now_ns);
}

static void feed(struct sim_conn *conn)
{
    while (!conn->held && !conn->peer_over && conn->up.arrived > 0) {
        size_t n = conn->up.arrived;
        const uint8_t *data = midge__sim_pipe_data(&conn->up);
        midge__sim_trace(conn->sim, "#%u %s gets %zu %08x", (unsigned)conn->number,
                         conn->peer->type->name, n, (unsigned)midge__sim_sum(data, n));
        sim_peer_bytes(conn->peer, data, n);
        midge__sim_pipe_take(&conn->up, n);
    }
}

/* After the client's FIN nothing that the peer does can reach it: a client has no half-closed
   sockets. */
static void end(struct sim_conn *conn)
{
    if (conn->up.ended && conn->up.arrived == 0 && !conn->held && !conn->ended_told) {
        conn->ended_told = true;
        sim_peer_ended(conn->peer);
        conn->peer_over = true;
    }
}

static void work(struct sim_event *event)
{
    struct sim_conn *conn = CONN_OF(event, work);
    if (conn->peer == NULL) {
        return;
    }
    if (conn->drained_due && !conn->peer_over) {
        conn->drained_due = false;
        sim_peer_drained(conn->peer);
    }
    feed(conn);
    if (!conn->peer_over) {
        end(conn);
    }
    if (conn->peer_over) {
        midge__sim_trace(conn->sim, "#%u %s is closed", (unsigned)conn->number,
                         conn->peer->type->name);
        midge__sim_peer_close(conn->peer);
        conn->peer = NULL;
        reap_later(conn->sim);
    }
}

/* No SYN was answered; or the sender of a dead direction stops after its last try: the client gets
   ETIMEDOUT, or the server is gone without a word. */
static void timed_out(struct sim_event *event)
{
    struct sim_conn *conn = CONN_OF(event, timeout);
    if (conn->up.dead || conn->state == SIM_CONNECTING) {
        midge__sim_conn_fail(conn, ETIMEDOUT);
    }
    conn->state = conn->state == SIM_CONNECTING ? SIM_FAILED : conn->state;
    midge__sim_event_cancel(conn->sim, &conn->syn);
    midge__sim_trace(conn->sim, "#%u timed out", (unsigned)conn->number);
    midge__sim_conn_peer_over(conn);
}

/* --- opening --- */

static void established(struct sim_event *event)
{
    struct sim_conn *conn = CONN_OF(event, syn);
    if (midge__sim_is_down(conn->sim, conn->host)) {
        return; /* midge__sim_conn_link_up */
    }
    if (!conn->up.dead && !conn->down.dead) {
        midge__sim_event_cancel(conn->sim, &conn->timeout);
    }
    if (conn->service == NULL) {
        conn->state = SIM_FAILED;
        midge__sim_conn_fail(conn, ECONNREFUSED);
    } else {
        conn->state = SIM_OPEN;
        midge__sim_pipe_check_cut(&conn->up);
        midge__sim_pipe_check_cut(&conn->down);
    }
    midge__sim_trace(conn->sim, "#%u %s", (unsigned)conn->number,
                     conn->state == SIM_OPEN ? "connected" : "refused");
}

static void syn_arrives(struct sim_event *event)
{
    struct sim_conn *conn = CONN_OF(event, syn);
    struct midge_sim *sim = conn->sim;
    if (midge__sim_is_down(sim, conn->host)) {
        return;
    }
    conn->syn.fire = established;
    midge__sim_event_set(sim, &conn->syn, sim->now_ns + midge__sim_latency_ns(conn->line));
    if (conn->service != NULL) {
        conn->peer = midge__sim_peer_open(sim, conn->service->type, conn->service->config, &network,
                                          conn, conn->number);
        sim_peer_opened(conn->peer);
    }
}

static struct sim_cut take_cut(struct sim_cut *cut)
{
    struct sim_cut mine = *cut;
    cut->seen++;
    mine.armed = cut->armed && (cut->cut.nth == 0 || cut->cut.nth == cut->seen);
    return mine;
}

static void send_syn(struct sim_conn *conn, uint64_t from_ns)
{
    uint64_t lost = midge__sim_line_syn_delay(conn->sim, conn->line);
    if (lost != SIM_NEVER) {
        midge__sim_event_set(conn->sim, &conn->syn,
                             from_ns + lost + midge__sim_latency_ns(conn->line));
    }
}

struct sim_conn *midge__sim_conn_open(struct midge_sim *sim, struct midge_sim_host *host,
                                      uint16_t port, enum midge_sim_address_kind kind)
{
    struct sim_conn *conn = midge__sim_new(sizeof *conn);
    conn->sim = sim;
    conn->host = host;
    conn->line = midge__sim_line(sim, host);
    conn->number = ++sim->n_conns;
    conn->held_by_client = true;
    conn->syn.fire = syn_arrives;
    conn->work.fire = work;
    conn->timeout.fire = timed_out;
    midge__sim_pipe_init(&conn->up, conn, false);
    midge__sim_pipe_init(&conn->down, conn, true);
    if (host != NULL) {
        conn->up.cut = take_cut(&host->cuts[0]);
        conn->down.cut = take_cut(&host->cuts[1]);
        conn->up.splits = host->splits[0];
        conn->down.splits = host->splits[1];
    }
    if (kind == MIDGE_SIM_ANSWERS) {
        conn->service = midge__sim_service(sim, host, port);
    }
    midge__sim_event_set(sim, &conn->timeout, sim->now_ns + CONNECT_NS);
    if (kind != MIDGE_SIM_SILENT && (conn->service == NULL || conn->service->type != NULL)) {
        send_syn(conn, sim->now_ns);
    }
    struct sim_conn **end = &sim->conns;
    while (*end != NULL) {
        end = &(*end)->next;
    }
    *end = conn;
    return conn;
}

void midge__sim_conn_link_up(struct sim_conn *conn)
{
    struct midge_sim *sim = conn->sim;
    if (conn->state == SIM_CONNECTING && conn->syn.index == 0 && conn->syn.at_ns != 0) {
        midge__sim_event_set(sim, &conn->syn,
                             midge__sim_line_again(conn->syn.at_ns, sim->now_ns, 1000000000ULL));
    }
    midge__sim_pipe_again(&conn->up);
    midge__sim_pipe_again(&conn->down);
}

/* --- closing --- */

/* Unread bytes make the close a reset (RFC 2525 2.17). */
void midge__sim_conn_release(struct sim_conn *conn)
{
    conn->held_by_client = false;
    reap_later(conn->sim);
    if (conn->state != SIM_OPEN || conn->error != 0 || conn->up.dead) {
        midge__sim_event_cancel(conn->sim, &conn->syn);
        midge__sim_event_cancel(conn->sim, &conn->timeout);
        midge__sim_conn_peer_over(conn);
    } else if (conn->down.arrived > 0) {
        midge__sim_pipe_break(&conn->up);
    } else {
        midge__sim_pipe_end(&conn->up);
    }
}

static void conn_free(struct sim_conn *conn)
{
    midge__sim_event_cancel(conn->sim, &conn->syn);
    midge__sim_event_cancel(conn->sim, &conn->work);
    midge__sim_event_cancel(conn->sim, &conn->timeout);
    midge__sim_peer_close(conn->peer);
    midge__sim_pipe_free(&conn->up);
    midge__sim_pipe_free(&conn->down);
    free(conn);
}

void midge__sim_conns_reap(struct sim_event *reaper)
{
    struct midge_sim *sim =
        (struct midge_sim *)(void *)((char *)reaper - offsetof(struct midge_sim, reaper));
    for (struct sim_conn **at = &sim->conns; *at != NULL;) {
        struct sim_conn *conn = *at;
        if (conn->held_by_client || conn->peer != NULL) {
            at = &conn->next;
            continue;
        }
        *at = conn->next;
        conn_free(conn);
    }
}

void midge__sim_conns_free(struct midge_sim *sim)
{
    for (struct sim_conn *conn; (conn = sim->conns) != NULL;) {
        sim->conns = conn->next;
        conn_free(conn);
    }
}
