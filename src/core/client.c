/* SPDX-License-Identifier: MIT */
/*
 * The client and its turn.
 *
 * One turn: the port's poll reports the ready sockets; the clock is read; ready connections are
 * stepped round robin until the budget is spent; timers fire; admission; tasks; completions; dead
 * connections are freed. Connections that did not fit the budget keep their place for the next
 * turn.
 */
#include "core/client.h"
#include "base/check.h"
#include "base/list.h"
#include "base/millis.h"
#include "base/text.h"
#include "core/admission.h"
#include "codec/h1_write.h"
#include "core/awaitable.h"
#include "core/conn.h"
#include "core/limits.h"
#include "core/origin.h"
#include "core/pool.h"
#include "core/task.h"
#include "core/tell.h"
#include "midge/config.h"
#include <string.h>

#define TRACE_LINE 200U
#define BACK_MS    1000000U /* a clock may go back by this much */

#if MIDGE_TEXTS
void midge__trace(const struct midge_client *client, enum midge_trace_kind kind, midge_id id,
                  const char *a, const char *b, uint64_t number)
{
    char line[TRACE_LINE];
    if (client->config.trace == NULL) {
        return;
    }
    struct midge__text text = midge__text_on(line, sizeof line);
    if (number != 0) {
        midge__text_add(&text, "connection ");
        midge__text_unsigned(&text, number, 10);
        midge__text_add(&text, ": ");
    }
    midge__text_add(&text, a);
    midge__text_add(&text, " (");
    midge__text_add(&text, b);
    midge__text_add(&text, ")");
    client->config.trace(client->config.trace_ctx, kind, id, line);
}
#endif

/* --- open --- */

static size_t align_up(size_t n)
{
    return (n + MIDGE__MEMORY_UNIT - 1) / MIDGE__MEMORY_UNIT * MIDGE__MEMORY_UNIT;
}

static void *table(struct midge_client *client, size_t count, size_t size)
{
    return midge__memory_calloc(&client->memory, 0, count, size);
}

static int make_tables(struct midge_client *client)
{
    struct midge_config *c = &client->config;
    size_t timers = (size_t)c->max_awaitables + 2U * c->max_connections;
    struct midge__timer **heap = table(client, timers, sizeof *heap);
    client->slots = table(client, c->max_awaitables, sizeof *client->slots);
    client->owners = table(client, c->max_connections, sizeof(struct midge__conn *));
    client->fds = table(client, c->max_connections, sizeof *client->fds);
    size_t spare = midge__spare_head(c);
    client->spare_head = spare != 0 ? table(client, 1, spare) : NULL;
    if (heap == NULL || client->slots == NULL || client->owners == NULL || client->fds == NULL ||
        (spare != 0 && client->spare_head == NULL)) {
        return MIDGE_ERR_NO_MEMORY;
    }
    midge__timer_heap_init(&client->timers, heap, (uint32_t)timers);
    for (unsigned i = c->max_awaitables; i-- > 0;) {
        client->slots[i].next_free = client->free_slot;
        client->free_slot = (uint16_t)(i + 1);
    }
    return MIDGE_OK;
}

static void free_tables(struct midge_client *client)
{
    midge__memory_free(&client->memory, client->timers.slots);
    midge__memory_free(&client->memory, client->slots);
    midge__memory_free(&client->memory, client->owners);
    midge__memory_free(&client->memory, client->fds);
    midge__memory_free(&client->memory, client->spare_head);
}

static void init_lists(struct midge_client *client)
{
    struct midge__list *const lists[] = {&client->ended,    &client->tasks, &client->running,
                                         &client->roomless, &client->queue, &client->origins,
                                         &client->conns,    &client->ready, &client->dead};
    for (size_t i = 0; i < MIDGE_ARRAY_LEN(lists); i++) {
        midge__list_init(lists[i]);
    }
}

static int make_memory(struct midge_client *client, unsigned pairs)
{
    struct midge_config *c = &client->config;
    size_t head = align_up(sizeof *client);
    int err = midge__memory_init(&client->memory, (char *)client->block + head,
                                 client->block_size - head, c->max_connections + 1U);
    if (err == MIDGE_OK && midge__tls_slot_in() != 0) {
        err = midge__memory_slots(&client->memory, midge__tls_slot_in(), midge__tls_slot_out(),
                                  pairs);
    }
    return err;
}

static int set_up(struct midge_client *client, unsigned pairs)
{
    const struct midge__tls_limits limits = {
        .ecp_max_ops = MIDGE_ECP_MAX_OPS,
        .read_ahead = MIDGE_READ_AHEAD,
        .max_ticket = client->config.no_sessions ? 0 : MIDGE_MAX_TICKET,
    };
    struct midge_config *c = &client->config;
    init_lists(client);
    int err = make_memory(client, pairs);
    if (err == MIDGE_OK) {
        err = make_tables(client);
    }
    if (err == MIDGE_OK) {
        err =
            midge__tls_context_open(&client->tls, &client->memory, client->port, &c->tls, &limits);
    }
    midge__memory_reserve(&client->memory, midge__lonely_bytes(c));
    return err;
}

static void *get_block(const struct midge_config *c, size_t *size)
{
    *size = c->memory_size;
    if (c->memory != NULL) {
        return c->memory;
    }
    if (*size == 0) {
        *size = midge_memory_needed(c);
    }
    return c->alloc != NULL ? c->alloc(c->alloc_ctx, *size) : NULL;
}

static void give_back(const struct midge_config *c, void *block, size_t size)
{
    if (c->memory == NULL && c->release != NULL) {
        c->release(c->alloc_ctx, block, size);
    }
}

static bool port_is_whole(const struct midge_port *port)
{
    return port != NULL && port->clock_ms != NULL && port->clock_us != NULL &&
           port->wall_time != NULL && port->entropy != NULL && port->dns_start != NULL &&
           port->dns_cancel != NULL && port->connect != NULL && port->connected != NULL &&
           port->recv != NULL && port->send != NULL && port->close != NULL && port->poll != NULL &&
           port->wake != NULL;
}

static int check_session(const struct midge_config *c)
{
    if (!port_is_whole(c->port) || (c->n_headers > 0 && c->headers == NULL) ||
        !midge__timeouts_valid(&c->timeouts) || !midge__millis_valid(c->keep_alive_ms) ||
        !midge__millis_valid(c->ticket_wait_ms) || !midge__millis_valid(c->lead_ms)) {
        return MIDGE_ERR_INVALID;
    }
    if (!MIDGE_URL_MEND && c->base_url != NULL) {
        return MIDGE_ERR_UNSUPPORTED;
    }
    return midge__h1_check("GET", (struct midge__h1_headers){c->headers, c->n_headers},
                           MIDGE__H1_FRAMING_NONE, 0);
}

int midge_open(struct midge_client **out, const struct midge_config *config)
{
    struct midge_config c;
    size_t size;
    if (out == NULL || config == NULL) {
        return MIDGE_ERR_INVALID;
    }
    *out = NULL;
    int err = check_session(config);
    if (err != MIDGE_OK) {
        return err;
    }
    midge__config_defaults(&c, config);
    void *block = get_block(&c, &size);
    if (block == NULL) {
        return MIDGE_ERR_NO_MEMORY;
    }
    bool enough = size >= midge_memory_least(&c);
    unsigned pairs = midge__config_fit(&c, size);
    if (!enough || c.max_connections == 0) {
        give_back(&c, block, size);
        return MIDGE_ERR_NO_MEMORY;
    }
    struct midge_client *client = block;
    memset(client, 0, sizeof *client);
    client->config = c;
    client->port = c.port;
    client->block = block;
    client->block_size = size;
    client->now_ms = client->expired_ms = c.port->clock_ms(c.port->ctx);
    err = set_up(client, pairs);
    if (err != MIDGE_OK) {
        if (client->memory.owners > 0) {
            midge__memory_deinit(&client->memory);
        }
        give_back(&c, block, size);
        return err;
    }
    *out = client;
    return MIDGE_OK;
}

/* --- close --- */

static void close_now(struct midge_client *client)
{
    client->closing = true;
    client->busy = true;
    midge__awaitables_close(client);
    struct midge__list *link;
    while ((link = midge__list_first(&client->conns)) != NULL) {
        struct midge__conn *conn = MIDGE_CONTAINER_OF(link, struct midge__conn, link);
        if (conn->state == MIDGE__CONN_READY) {
            (void)conn->stream->ops->shutdown(conn->stream); /* one try: midge_close never waits */
        }
        midge__conn_kill(conn);
    }
    midge__conns_reap(client);
    midge__origins_close(client);
    midge__tls_context_close(client->tls);
    free_tables(client);
    if (client->config.stats_at_close != NULL) {
        midge_client_stats(client, client->config.stats_at_close);
    }
    midge__memory_deinit(&client->memory);
    give_back(&client->config, client->block, client->block_size);
}

void midge_close(struct midge_client *client)
{
    if (client == NULL) {
        return;
    }
    client->closing = true;
    if (!client->busy) {
        close_now(client);
    }
}

bool midge__client_enter(struct midge_client *client)
{
    bool outermost = !client->busy;
    client->busy = true;
    return outermost;
}

bool midge__client_leave(struct midge_client *client, bool outermost)
{
    if (!outermost) {
        return false;
    }
    client->busy = false;
    if (!client->closing) {
        return false;
    }
    close_now(client);
    return true;
}

/* --- time --- */

/* Milliseconds since the clock was last read; 0 if it went back, which a port must not do. */
static uint32_t since_tick(const struct midge_client *client)
{
    uint32_t ms = client->port->clock_ms(client->port->ctx) - client->now_ms;
    return ms < UINT32_MAX - BACK_MS ? ms : 0;
}

void midge__client_tick(struct midge_client *client)
{
    uint32_t now = client->now_ms + since_tick(client);
    client->wraps += now < client->now_ms;
    client->now_ms = now;
    (void)midge__timer_heap_mark(&client->timers, now); /* new timers count from now */
}

uint64_t midge_now_ms(const struct midge_client *client)
{
    return ((uint64_t)client->wraps << 32 | client->now_ms) + since_tick(client);
}

/* Has the wall clock advanced by more than MIDGE__MILLIS_AGED since the last turn? clock_ms may
   have wrapped in the meantime, or stood still while the machine slept. */
static bool has_slept(struct midge_client *client)
{
    int64_t now = client->port->wall_time(client->port->ctx);
    uint32_t wall = now > 0 ? (uint32_t)now : 0, then = client->wall_s;
    client->wall_s = wall;
    return wall > then && then != 0 && wall - then > MIDGE__MILLIS_AGED / 1000 + 1;
}

/* Forgets sessions and addresses that were not used for MIDGE__MILLIS_AGED. */
static void expire(struct midge_client *client)
{
    bool slept = has_slept(client);
    if (!slept && client->now_ms - client->expired_ms < MIDGE__MILLIS_AGED) {
        return;
    }
    client->expired_ms = client->now_ms;
    midge__origins_expire(client, slept);
    if (slept) {
        midge__conns_expire(client);
    }
}

/* --- the turn --- */

static int own_timeout(const struct midge_client *client)
{
    if (!midge__list_empty(&client->ready) || !midge__list_empty(&client->ended) ||
        !midge__list_empty(&client->tasks) || !midge__list_empty(&client->dead) || client->dirty ||
        client->room_tries > 0 || client->closing) {
        return 0;
    }
    uint32_t left = midge__timer_heap_left(&client->timers), gone = since_tick(client);
    if (left == MIDGE__TIMER_NEVER) {
        return -1;
    }
    left = left > gone ? left - gone : 0;
    return left > INT32_MAX ? INT32_MAX : (int)left;
}

int midge_next_timeout(const struct midge_client *client)
{
    const struct midge_port *port = client->port;
    int timeout = own_timeout(client);
    size_t n = 0;
    if (timeout != 0 && port->interest != NULL) {
        (void)port->interest(port->ctx, NULL, 0, &n, &timeout);
    }
    return timeout;
}

static size_t collect(const struct midge_client *client, struct midge_pollfd *fds, size_t cap)
{
    size_t n = 0;
    MIDGE__LIST_FOR_EACH(it, &client->conns)
    {
        const struct midge__conn *conn = MIDGE_CONTAINER_OF(it, struct midge__conn, link);
        midge_sock sock = midge__conn_sock(conn);
        if (sock == MIDGE_SOCK_NONE || conn->state == MIDGE__CONN_WAIT_ADMIT) {
            continue;
        }
        unsigned want = midge__conn_want(conn);
        if (want == 0) {
            continue; /* paused: TCP slows the peer down; an error is noticed after the pause */
        }
        if (n < cap) {
            fds[n] = (struct midge_pollfd){.sock = sock, .events = (uint8_t)want};
        }
        n++;
    }
    return n;
}

size_t midge_interest(const struct midge_client *client, struct midge_pollfd *fds, size_t cap)
{
    size_t n = collect(client, fds, cap), own = 0;
    int timeout = -1;
    const struct midge_port *port = client->port;
    if (port->interest != NULL) {
        size_t room = n < cap ? cap - n : 0;
        (void)port->interest(port->ctx, room > 0 ? fds + n : NULL, room, &own, &timeout);
    }
    return n + own;
}

static void kick_ready(struct midge_client *client, size_t n)
{
    size_t i = 0;
    MIDGE__LIST_FOR_EACH(it, &client->conns)
    {
        struct midge__conn *conn = MIDGE_CONTAINER_OF(it, struct midge__conn, link);
        if (conn->state == MIDGE__CONN_WAIT_DNS && conn->query->done) {
            midge__conn_kick(conn);
        }
        conn->tcp.hung = false;
        /* fds are in the list's order, but not every connection has one. */
        if (i < n && client->fds[i].sock == midge__conn_sock(conn)) {
            const struct midge_pollfd *fd = &client->fds[i++];
            conn->tcp.hung = (fd->revents & MIDGE_POLL_ERR) != 0;
            if (conn->tcp.hung || (fd->revents & fd->events) != 0) {
                midge__conn_kick(conn);
            }
        }
    }
}

static bool affordable(const struct midge_client *client, const struct midge__conn *conn)
{
    if (conn->state == MIDGE__CONN_WAIT_TLS) {
        return client->crypto_left > 0;
    }
    return conn->state != MIDGE__CONN_READY || client->bytes_left > 0;
}

static void step_ready(struct midge_client *client)
{
    struct midge__list later, *link;
    midge__list_init(&later);
    client->crypto_left = (int32_t)client->config.turn_crypto;
    client->bytes_left = (int32_t)client->config.turn_bytes;
    client->steps_left = (int32_t)client->config.turn_steps;
    while (client->steps_left > 0 && (link = midge__list_pop(&client->ready)) != NULL) {
        struct midge__conn *conn = MIDGE_CONTAINER_OF(link, struct midge__conn, ready);
        if (!affordable(client, conn)) {
            midge__list_push_tail(&later, &conn->ready);
            continue;
        }
        client->steps_left--;
        midge__conn_step(conn);
    }
    /* These have waited longest: they come first in the next turn. */
    midge__list_splice_tail(&later, &client->ready);
    midge__list_splice_tail(&client->ready, &later);
    uint32_t moved = client->config.turn_bytes - (uint32_t)client->bytes_left;
    if (moved > client->stats.turn_bytes_peak) {
        client->stats.turn_bytes_peak = moved;
    }
}

static void work(struct midge_client *client, size_t n_fds)
{
    uint64_t began = midge__now_us(client);
    client->stepping = true;
    kick_ready(client, n_fds);
    step_ready(client);
    (void)midge__timer_heap_run(&client->timers, client->now_ms);
    expire(client);
    bool room = client->dirty;
    midge__admission_run(client);
    client->stepping = false;
    midge__tasks_room(client, room); /* waiting requests come first */
    midge__tasks_run(client);
    midge__awaitables_deliver(client);
    midge__conns_reap(client);
    client->stats.turns++;
    uint32_t spent = midge__u32(midge__now_us(client) - began);
    if (spent > client->stats.longest_turn_us) {
        client->stats.longest_turn_us = spent;
    }
}

static int sooner(int a, int b)
{
    if (a < 0 || b < 0) {
        return a < 0 ? b : a;
    }
    return a < b ? a : b;
}

int midge__client_turn(struct midge_client *client, int timeout_ms, bool *closed)
{
    *closed = false;
    if (client == NULL || client->busy) {
        return MIDGE_ERR_INVALID;
    }
    struct midge_port *port = client->port;
    int timeout = sooner(timeout_ms, own_timeout(client)); /* the port adds its own */
    if (client->live == 0) {
        timeout = 0; /* nothing is live, so an endless wait would never end */
    }
    size_t n = collect(client, client->fds, client->config.max_connections);
    int err = port->poll(port->ctx, client->fds, n, timeout);
    if (err < 0 && err != MIDGE_ERR_AGAIN) {
        return err;
    }
    midge__client_tick(client);
    bool outermost = midge__client_enter(client);
    work(client, n);
    int live = client->live > INT32_MAX ? INT32_MAX : (int)client->live;
    *closed = midge__client_leave(client, outermost);
    return *closed ? 0 : live;
}

int midge_poll(struct midge_client *client, int timeout_ms)
{
    bool closed;
    return midge__client_turn(client, timeout_ms, &closed);
}

void midge_wake(struct midge_client *client)
{
    client->port->wake(client->port->ctx);
}

/* --- small things --- */

void *midge_alloc(struct midge_client *client, size_t size)
{
    midge__memory_yield(&client->memory, true);
    void *p = midge__memory_alloc(&client->memory, 0, size);
    midge__memory_yield(&client->memory, false);
    return p;
}

void midge_free(struct midge_client *client, void *memory)
{
    midge__memory_free(&client->memory, memory);
    client->dirty = true; /* a request may have waited for it */
}

const struct midge_port *midge_client_port(const struct midge_client *client)
{
    return client->port;
}

void midge_client_stats(const struct midge_client *client, struct midge_stats *stats)
{
    const struct midge__memory_stats *memory = midge__memory_stats_get(&client->memory);
    *stats = client->stats;
    stats->open_connections = client->n_conns;
    stats->alloc_calls = memory->alloc_calls;
    stats->alloc_peak = memory->peak;
    stats->alloc_live = memory->live;
    stats->memory_size = client->block_size;
}
