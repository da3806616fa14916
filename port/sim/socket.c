/* SPDX-License-Identifier: MIT */
/*
 * The client's sockets: a table of connections. A handle is a slot and its generation, so that a
 * handle that was closed fits nothing; its use is counted as a misuse.
 */
#include "sim.h"

#include <errno.h>
#include <string.h>

#include "../native.h"

#define SLOT_BITS 16

/* --- handles --- */

static struct sim_conn *conn_of(struct midge_sim *sim, midge_sock sock)
{
    size_t slot = (size_t)sock & ((1U << SLOT_BITS) - 1);
    uint32_t generation = (uint32_t)((uintptr_t)sock >> SLOT_BITS);
    if (sock >= 0 && slot < sim->n_slots && sim->slots[slot].conn != NULL &&
        sim->slots[slot].generation == generation) {
        return sim->slots[slot].conn;
    }
    sim->misuses++;
    midge__sim_trace(sim, "misuse: a handle that is not open");
    return NULL;
}

static midge_sock give_handle(struct midge_sim *sim, struct sim_conn *conn)
{
    size_t slot = 0;
    while (slot < sim->n_slots && sim->slots[slot].conn != NULL) {
        slot++;
    }
    if (slot == sim->n_slots) {
        sim->slots = midge__sim_renew(sim->slots, ++sim->n_slots * sizeof *sim->slots);
        sim->slots[slot].generation = 0;
    }
    sim->slots[slot].conn = conn;
    sim->slots[slot].generation = (sim->slots[slot].generation + 1) & 0x7fff;
    sim->open_socks++;
    return (midge_sock)((uintptr_t)sim->slots[slot].generation << SLOT_BITS | slot);
}

/* --- connecting --- */

/* The errno with which connect fails at once, or 0. */
static int unreachable(const struct midge_sim *sim, const struct midge_addr *addr,
                       enum midge_sim_address_kind kind)
{
    if (addr->family != 4 && addr->family != 6) {
        return EAFNOSUPPORT;
    }
    if (sim->line.down) {
        return ENETUNREACH;
    }
    if (sim->open_socks >= (sim->config.max_sockets > 0 ? sim->config.max_sockets : 60000)) {
        return EMFILE;
    }
    return kind == MIDGE_SIM_UNREACHABLE ? EHOSTUNREACH : 0;
}

static int fails(struct midge_sim *sim, int error, int *native)
{
    midge__native(native, error);
    midge__sim_trace(sim, "connect fails with %d", error);
    return error == EMFILE || error == ENFILE || error == ENOMEM || error == ENOBUFS
               ? MIDGE_ERR_NO_MEMORY
               : MIDGE_ERR_CONNECT;
}

static void trace_connect(const struct sim_conn *conn, const struct midge_addr *addr, uint16_t port)
{
    char text[2 * sizeof addr->bytes + 1];
    size_t n = addr->family == 4 ? 4 : sizeof addr->bytes;
    for (size_t i = 0; i < n; i++) {
        text[2 * i] = "0123456789abcdef"[addr->bytes[i] >> 4];
        text[2 * i + 1] = "0123456789abcdef"[addr->bytes[i] & 15];
    }
    text[2 * n] = '\0';
    midge__sim_trace(conn->sim, "#%u connect %.64s %s port %u", (unsigned)conn->number,
                     conn->host != NULL ? conn->host->name : "nowhere", text, (unsigned)port);
}

int midge__sim_connect(void *ctx, const struct midge_addr *addr, uint16_t port, midge_sock *sock,
                       int *native)
{
    struct midge_sim *sim = ctx;
    enum midge_sim_address_kind kind;
    *sock = MIDGE_SOCK_NONE;
    midge__native(native, 0);
    int error = midge__sim_call(sim, MIDGE_SIM_CONNECT, 0);
    struct midge_sim_host *host = midge__sim_host_at(sim, addr, &kind);
    error = error != 0 ? error : unreachable(sim, addr, kind);
    if (error != 0) {
        return fails(sim, error, native);
    }
    struct sim_conn *conn = midge__sim_conn_open(sim, host, port, kind);
    trace_connect(conn, addr, port);
    *sock = give_handle(sim, conn);
    return MIDGE_OK;
}

int midge__sim_connected(void *ctx, midge_sock sock, int *native)
{
    struct sim_conn *conn = conn_of(ctx, sock);
    int error = conn == NULL ? EBADF : conn->error;
    midge__native(native, error);
    if (error != 0) {
        return MIDGE_ERR_CONNECT;
    }
    return conn->state == SIM_OPEN ? MIDGE_OK : MIDGE_ERR_AGAIN;
}

/* --- bytes --- */

/* The end of a send or recv that moved nothing. */
static int none(struct midge_sim *sim, const struct sim_conn *conn, const char *call, int error,
                int failed, int *native)
{
    midge__native(native, 0);
    if (error == EAGAIN || error == EWOULDBLOCK || error == EINTR) {
        midge__sim_trace(sim, "#%u %s again", conn != NULL ? (unsigned)conn->number : 0, call);
        return MIDGE_ERR_AGAIN;
    }
    midge__sim_trace(sim, "#%u %s fails with %d", conn != NULL ? (unsigned)conn->number : 0, call,
                     error);
    midge__native(native, error);
    return failed;
}

/* Bytes up to the next split. */
static size_t before_split(const struct sim_pipe *p, size_t n)
{
    for (size_t i = 0; i < p->splits.n; i++) {
        uint64_t at = p->splits.at[i];
        if (at > p->moved) {
            return at - p->moved < n ? (size_t)(at - p->moved) : n;
        }
    }
    return n;
}

/* How many of n bytes one call moves; 0: it would block. */
static size_t some(struct midge_sim *sim, const struct sim_pipe *p, size_t n, uint32_t most)
{
    n = before_split(p, most > 0 && n > most ? most : n);
    if (n > 0 && midge__sim_by_chance(&sim->chance, sim->rates.would_block)) {
        return 0;
    }
    if (n > 1 && midge__sim_by_chance(&sim->chance, sim->rates.short_calls)) {
        n = 1 + (size_t)midge__sim_below(&sim->chance, n - 1);
    }
    return n;
}

static int received(struct sim_conn *conn, uint8_t *buf, size_t cap, size_t n, size_t *taken)
{
    memcpy(buf, midge__sim_pipe_data(&conn->down), n);
    midge__sim_trace(conn->sim, "#%u recv %zu of %zu %08x", (unsigned)conn->number, n, cap,
                     (unsigned)midge__sim_sum(buf, n));
    midge__sim_pipe_take(&conn->down, n);
    conn->down.moved += n;
    *taken = n;
    return MIDGE_OK;
}

int midge__sim_recv(void *ctx, midge_sock sock, uint8_t *buf, size_t cap, size_t *n, int *native)
{
    struct midge_sim *sim = ctx;
    int error = midge__sim_call(sim, MIDGE_SIM_RECV, cap);
    struct sim_conn *conn = conn_of(sim, sock);
    *n = 0;
    midge__native(native, 0);
    if (conn == NULL || cap == 0 || error != 0) {
        error = error != 0 ? error : (conn == NULL ? EBADF : EINVAL);
        return none(sim, conn, "recv", error, MIDGE_ERR_RECV, native);
    }
    if (conn->state == SIM_OPEN && conn->down.arrived > 0) {
        size_t most = conn->down.arrived < cap ? conn->down.arrived : cap;
        size_t take = some(sim, &conn->down, most, sim->rates.recv_most);
        return take > 0 ? received(conn, buf, cap, take, n)
                        : none(sim, conn, "recv", EAGAIN, MIDGE_ERR_RECV, native);
    }
    if (conn->error == 0 && conn->state == SIM_OPEN && conn->down.ended) {
        midge__sim_trace(sim, "#%u recv eof", (unsigned)conn->number);
        return MIDGE_ERR_EOF;
    }
    return none(sim, conn, "recv", conn->error != 0 ? conn->error : EAGAIN, MIDGE_ERR_RECV, native);
}

int midge__sim_send(void *ctx, midge_sock sock, const uint8_t *buf, size_t len, size_t *n,
                    int *native)
{
    struct midge_sim *sim = ctx;
    int error = midge__sim_call(sim, MIDGE_SIM_SEND, len);
    struct sim_conn *conn = conn_of(sim, sock);
    *n = 0;
    if (conn == NULL || len == 0) {
        error = error != 0 ? error : (conn == NULL ? EBADF : EINVAL);
    } else if (error == 0) {
        error = conn->error;
    }
    size_t room = error != 0 || conn->state != SIM_OPEN ? 0 : midge__sim_pipe_room(&conn->up);
    size_t put =
        room == 0 ? 0 : some(sim, &conn->up, room < len ? room : len, sim->rates.send_most);
    if (error != 0 || put == 0) {
        return none(sim, conn, "send", error != 0 ? error : EAGAIN, MIDGE_ERR_SEND, native);
    }
    midge__native(native, 0);
    midge__sim_trace(sim, "#%u send %zu of %zu %08x", (unsigned)conn->number, put, len,
                     (unsigned)midge__sim_sum(buf, put));
    midge__sim_pipe_write(&conn->up, buf, put);
    conn->up.moved += put;
    *n = put;
    return MIDGE_OK;
}

void midge__sim_close_sock(void *ctx, midge_sock sock)
{
    struct midge_sim *sim = ctx;
    struct sim_conn *conn = sock == MIDGE_SOCK_NONE ? NULL : conn_of(sim, sock);
    if (conn == NULL) {
        return;
    }
    midge__sim_trace(sim, "#%u close", (unsigned)conn->number);
    sim->slots[(size_t)sock & ((1U << SLOT_BITS) - 1)].conn = NULL;
    sim->open_socks--;
    midge__sim_conn_release(conn);
}

unsigned midge__sim_ready(struct midge_sim *sim, midge_sock sock)
{
    const struct sim_conn *conn = sock == MIDGE_SOCK_NONE ? NULL : conn_of(sim, sock);
    if (sock == MIDGE_SOCK_NONE) {
        return 0;
    }
    if (conn == NULL || conn->error != 0) {
        return MIDGE_POLL_IN | MIDGE_POLL_OUT | MIDGE_POLL_ERR;
    }
    if (conn->state != SIM_OPEN) {
        return 0;
    }
    return (conn->down.arrived > 0 || conn->down.ended ? (unsigned)MIDGE_POLL_IN : 0U) |
           (midge__sim_pipe_room(&conn->up) > 0 ? (unsigned)MIDGE_POLL_OUT : 0U);
}
