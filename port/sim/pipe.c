/* SPDX-License-Identifier: MIT */
/*
 * One direction of a connection. Its bytes lie in one queue, in three parts:
 *
 *     | arrived: the receiver may take them | on the way, in segments | waiting for the window |
 *
 * A segment is put on the way when the receiver's buffer has room for it; when the receiver takes
 * bytes, the sender hears of it one latency later. The end, FIN or RST, is a segment too. A cut
 * counts the bytes that were put on the way.
 *
 *     open     closing: no more writes; FIN follows what waits
 *     closed   FIN or RST is on the way
 *     ended    FIN has arrived
 *     dead     whatever is sent from now on is lost
 */
#include "sim.h"

#include <errno.h>
#include <stdlib.h>

#define GIVE_UP_NS (12600 * SIM_NS_PER_MS) /* six tries from 200 ms on */

/* --- segments --- */

static struct sim_segment *segment(const struct sim_pipe *p, size_t i)
{
    return &p->segments[(p->first + i) % p->cap_segments];
}

static struct sim_segment *add_segment(struct sim_pipe *p)
{
    if (p->n_segments == p->cap_segments) {
        size_t cap = 2 * p->cap_segments + 8;
        struct sim_segment *more = midge__sim_new(cap * sizeof *more);
        for (size_t i = 0; i < p->n_segments; i++) {
            more[i] = *segment(p, i);
        }
        free(p->segments);
        p->segments = more;
        p->first = 0;
        p->cap_segments = cap;
    }
    return segment(p, p->n_segments++);
}

static void watch_first(struct sim_pipe *p)
{
    uint64_t at = p->n_segments > 0 ? segment(p, 0)->at_ns : SIM_NEVER;
    midge__sim_event_set(p->conn->sim, &p->arrival, at);
}

/* --- sending --- */

/* All tries of a segment are lost. */
static void die(struct sim_pipe *p)
{
    p->dead = true;
    midge__sim_trace(p->conn->sim, "#%u lost for good, %s the client", (unsigned)p->conn->number,
                     p->to_client ? "to" : "from");
    midge__sim_event_set(p->conn->sim, &p->conn->timeout, p->conn->sim->now_ns + GIVE_UP_NS);
}

static void put(struct sim_pipe *p, enum sim_segment_kind kind, size_t len, uint64_t from_ns)
{
    struct midge_sim *sim = p->conn->sim;
    uint64_t at = midge__sim_line_arrival(sim, p->conn->line, p->to_client, from_ns, len);
    if (at == SIM_NEVER) {
        die(p);
        return;
    }
    p->last_at_ns = at > p->last_at_ns ? at : p->last_at_ns;
    *add_segment(p) = (struct sim_segment){
        .sent_ns = from_ns, .at_ns = p->last_at_ns, .len = (uint32_t)len, .kind = kind};
    p->waiting -= len;
    p->on_way += len;
    p->sent += len;
    if (kind != SIM_DATA) {
        p->closed = true;
        midge__sim_bytes_drop_last(&p->bytes, p->waiting);
        p->waiting = 0;
    }
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static size_t buffer_of(const struct sim_pipe *p)
{
    const struct midge_sim_path *path = &p->conn->line->path;
    return p->to_client ? path->recv_buffer : path->send_buffer;
}

/* So many bytes the client's system has told the server that it may send, since the beginning. */
static uint64_t right_edge(const struct sim_pipe *p)
{
    return p->edge > 0 ? p->edge : buffer_of(p);
}

/* The client's system tells of more room only when it is half its buffer or a segment more than it
   told before (RFC 1122, 4.2.3.3). So a small window stays smaller than the buffer. */
static void tell_room(struct sim_pipe *p)
{
    uint64_t edge = p->sent - p->arrived - p->on_way + buffer_of(p);
    size_t step = least(buffer_of(p) / 2, p->conn->line->path.segment);
    if (edge >= right_edge(p) + step) {
        p->edge = edge;
    }
}

static size_t window(const struct sim_pipe *p)
{
    size_t all = buffer_of(p), used = p->arrived + p->on_way;
    size_t room = used < all ? all - used : 0;
    uint64_t told = right_edge(p) > p->sent ? right_edge(p) - p->sent : 0;
    return p->to_client && told < room ? (size_t)told : room;
}

/* Bytes of the next segment; 0: none now. A part of what would fit into a segment is sent only if
   it is half the buffer, or if nothing else is on the way (RFC 1122, 4.2.3.4). */
static size_t next_len(struct sim_pipe *p)
{
    struct midge_sim *sim = p->conn->sim;
    const struct midge_sim_path *path = &p->conn->line->path;
    size_t len = p->waiting < path->segment ? p->waiting : path->segment, room = window(p);
    if (len > room) {
        len = p->arrived + p->on_way == 0 || room >= buffer_of(p) / 2 ? room : 0;
    }
    if (len > 1 && midge__sim_by_chance(&sim->chance, path->split)) {
        len = 1 + (size_t)midge__sim_below(&sim->chance, len - 1);
    }
    if (p->cut.armed && len > p->cut.cut.at - p->sent) {
        len = (size_t)(p->cut.cut.at - p->sent);
    }
    return len;
}

static void cut(struct sim_pipe *p, uint64_t from_ns)
{
    struct sim_conn *conn = p->conn;
    static const char *const kinds[] = {"reset", "fin", "stall"};
    p->cut.armed = false;
    midge__sim_trace(conn->sim, "#%u fault: %s after %u bytes %s the client",
                     (unsigned)conn->number, kinds[p->cut.cut.kind], (unsigned)p->sent,
                     p->to_client ? "to" : "from");
    if (p->cut.cut.kind == MIDGE_SIM_CUT_STALL) {
        p->dead = true;
        return;
    }
    struct sim_pipe *down = &conn->down;
    if (!down->closed) {
        /* The client's bytes must be there first. */
        uint64_t came = p->to_client ? from_ns : p->last_at_ns;
        put(down, p->cut.cut.kind == MIDGE_SIM_CUT_FIN ? SIM_FIN : SIM_RST, 0,
            came > from_ns ? came : from_ns);
        watch_first(down);
    }
    if (p->cut.cut.kind == MIDGE_SIM_CUT_RESET) {
        midge__sim_conn_peer_over(conn);
    }
}

static void pump(struct sim_pipe *p, uint64_t from_ns)
{
    size_t len;
    if (p->conn->state != SIM_OPEN && !p->to_client) {
        return;
    }
    bool waited = p->waiting > 0;
    while (p->waiting > 0 && !p->closed && !p->dead && (len = next_len(p)) > 0) {
        put(p, SIM_DATA, len, from_ns);
        if (p->cut.armed && p->sent >= p->cut.cut.at) {
            cut(p, from_ns);
        }
    }
    if (p->waiting == 0 && p->closing && !p->closed && !p->dead) {
        put(p, SIM_FIN, 0, from_ns);
    }
    if (p->to_client && waited && p->waiting == 0 && !p->closed) {
        p->conn->drained_due = true;
        midge__sim_conn_work(p->conn);
    }
    watch_first(p);
}

/* --- arriving --- */

static void arrive(struct sim_pipe *p, const struct sim_segment *s)
{
    struct sim_conn *conn = p->conn;
    p->arrived += s->len;
    p->on_way -= s->len;
    if (s->kind != SIM_DATA) {
        midge__sim_trace(conn->sim, "#%u %s arrives at the %s", (unsigned)conn->number,
                         s->kind == SIM_FIN ? "fin" : "reset", p->to_client ? "client" : "server");
    }
    p->ended = p->ended || s->kind == SIM_FIN;
    if (!p->to_client) {
        if (s->kind == SIM_RST) {
            midge__sim_conn_peer_over(conn);
        }
        midge__sim_conn_work(conn);
        return;
    }
    if (s->kind == SIM_RST) {
        midge__sim_conn_fail(conn, ECONNRESET);
    }
    if (!conn->held_by_client || (conn->error != 0 && conn->line->path.reset_discards)) {
        midge__sim_pipe_take(p, p->arrived);
    }
}

static void fire(struct sim_event *event)
{
    struct sim_pipe *p =
        (struct sim_pipe *)(void *)((char *)event - offsetof(struct sim_pipe, arrival));
    struct midge_sim *sim = p->conn->sim;
    if (midge__sim_is_down(sim, p->conn->host)) {
        return; /* midge__sim_pipe_again */
    }
    while (p->n_segments > 0 && segment(p, 0)->at_ns <= sim->now_ns) {
        const struct sim_segment first = *segment(p, 0);
        p->first = (p->first + 1) % p->cap_segments;
        p->n_segments--;
        arrive(p, &first);
    }
    watch_first(p);
}

void midge__sim_pipe_again(struct sim_pipe *p)
{
    uint64_t now = p->conn->sim->now_ns;
    if (p->n_segments > 0 && segment(p, 0)->at_ns <= now) {
        uint64_t at = midge__sim_line_again(segment(p, 0)->sent_ns, now, 0) +
                      midge__sim_latency_ns(p->conn->line);
        for (size_t i = 0; i < p->n_segments; i++) {
            struct sim_segment *s = segment(p, i);
            s->at_ns = s->at_ns > at ? s->at_ns : at;
        }
        p->last_at_ns = p->last_at_ns > at ? p->last_at_ns : at;
        watch_first(p);
    }
}

/* --- for conn.c and socket.c --- */

void midge__sim_pipe_init(struct sim_pipe *p, struct sim_conn *conn, bool to_client)
{
    p->conn = conn;
    p->to_client = to_client;
    p->arrival.fire = fire;
}

void midge__sim_pipe_free(struct sim_pipe *p)
{
    midge__sim_event_cancel(p->conn->sim, &p->arrival);
    midge__sim_bytes_free(&p->bytes);
    free(p->segments);
}

size_t midge__sim_pipe_room(const struct sim_pipe *p)
{
    size_t all = p->conn->line->path.send_buffer;
    return p->bytes.len < all ? all - p->bytes.len : 0;
}

void midge__sim_pipe_write(struct sim_pipe *p, const uint8_t *data, size_t len)
{
    midge__sim_bytes_put(&p->bytes, data, len);
    p->waiting += len;
    pump(p, p->conn->sim->now_ns);
}

void midge__sim_pipe_end(struct sim_pipe *p)
{
    p->closing = true;
    pump(p, p->conn->sim->now_ns);
}

void midge__sim_pipe_break(struct sim_pipe *p)
{
    if (!p->closed && !p->dead) {
        midge__sim_bytes_drop_last(&p->bytes, p->waiting);
        p->waiting = 0;
        put(p, SIM_RST, 0, p->conn->sim->now_ns);
        watch_first(p);
    }
}

const uint8_t *midge__sim_pipe_data(const struct sim_pipe *p)
{
    return p->bytes.data + p->bytes.begin;
}

void midge__sim_pipe_take(struct sim_pipe *p, size_t len)
{
    midge__sim_bytes_drop(&p->bytes, len);
    p->arrived -= len;
    tell_room(p);
    pump(p, p->conn->sim->now_ns + midge__sim_latency_ns(p->conn->line));
}

void midge__sim_pipe_check_cut(struct sim_pipe *p)
{
    if (p->cut.armed && p->cut.cut.at == 0) {
        cut(p, p->conn->sim->now_ns);
    }
}
