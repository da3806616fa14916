/* SPDX-License-Identifier: MIT */
/*
 * The client's begin and end. All of its memory is one block:
 *
 *     | struct midge_client | tables | spare head | memory.h: all that is allocated |
 *
 * turn.c has the turns in between.
 */
#include "core/client.h"
#include "base/check.h"
#include "base/list.h"
#include "base/millis.h"
#include "core/admission.h"
#include "codec/h1_write.h"
#include "core/awaitable.h"
#include "core/block.h"
#include "core/conn.h"
#include "core/deadline.h"
#include "core/limits.h"
#include "core/names.h"
#include "core/origin.h"
#include "core/pool.h"
#include "core/prepared.h"
#include "core/race.h"
#include "core/retry.h"
#include "core/stats.h"
#include "core/task.h"
#include "core/tell.h"
#include "midge/config.h"
#include <string.h>

#define CLOSE_ROUNDS 64U /* for tasks to clean up */

/* Lays the tables out behind the client, those with the largest elements first; returns where they
   end. The block has room for them: midge__config_fit. */
static char *make_tables(struct midge_client *client)
{
    const struct midge_config *c = &client->config;
    _Static_assert(_Alignof(struct midge_pollfd) <= _Alignof(void *), "in this order");
    const size_t n = c->max_awaitables, conns = c->max_connections;
    const size_t timers = midge__timers_most(n, conns);
    struct midge__timer **heap = (struct midge__timer **)(void *)(client + 1);
    client->n_buckets = midge__origin_buckets(c);
    client->slots = (struct midge__slot *)(void *)(heap + timers + n);
    client->origins = (struct midge__origin **)(void *)(client->slots + n);
    client->fds = (struct midge_pollfd *)(void *)(client->origins + client->n_buckets);
    client->free_tags = (uint16_t *)(void *)(client->fds + conns);
    char *end = (char *)(client->free_tags + conns);
    memset(heap, 0, (size_t)(end - (char *)heap));
    midge__timer_heap_init(&client->timers, heap, (uint32_t)timers);
    midge__timer_heap_init(&client->turns, heap + timers, (uint32_t)n);
    for (size_t i = 0; i < conns; i++) {
        client->free_tags[i] = (uint16_t)(conns - i);
    }
    for (size_t i = n; i-- > 0;) {
        midge__slot_free(&client->slots[i], client->free_slot);
        client->free_slot = (uint16_t)(i + 1);
    }
    client->spare_size = (uint32_t)midge__spare_head(c);
    client->spare_head = client->spare_size != 0 ? end : NULL;
    return end + client->spare_size;
}

static void init_lists(struct midge_client *client)
{
    _Static_assert(offsetof(struct midge_client, unused) + sizeof client->unused ==
                       offsetof(struct midge_client, lists) + sizeof client->lists,
                   "the lists are all lists");
    midge__lists_init(client->lists, MIDGE_ARRAY_LEN(client->lists));
}

#if MIDGE_WITH_FAULTS
static void plan_failure(struct midge_client *client)
{
    midge__memory_fail_at(&client->memory, client->config.fail_alloc,
                          client->config.fail_alloc_sticky != 0);
}
#else
#define plan_failure(client) ((void)(client))
#endif

/* The rest of the block is the client's memory. */
static int make_memory(struct midge_client *client, size_t size, unsigned pairs)
{
    char *begin = make_tables(client);
    int err = midge__memory_init(&client->memory, begin, size - (size_t)(begin - (char *)client),
                                 client->config.max_connections + 1U);
    if (err == MIDGE_OK) {
        plan_failure(client);
    }
    if (err == MIDGE_OK && midge__tls_slot_in() != 0) {
        err = midge__memory_slots(&client->memory, midge__tls_slot_in(), midge__tls_slot_out(),
                                  pairs);
    }
    return err;
}

static int set_up(struct midge_client *client, size_t size, unsigned pairs)
{
    struct midge_config *c = &client->config;
    const struct midge__tls_limits limits = {
        .ecp_max_ops = MIDGE_ECP_MAX_OPS,
        .read_ahead = MIDGE_READ_AHEAD,
        .max_ticket = MIDGE_WITH_SESSIONS && !c->no_sessions ? MIDGE_MAX_TICKET : 0,
    };
    client->port = c->port;
    client->now_ms = c->port->clock_ms(c->port->ctx);
    if (MIDGE_WITH_SESSIONS) {
        client->expired_ms = client->now_ms;
    }
    init_lists(client);
    midge__retry_open(client);
    midge__rate_open(client);
    int err = make_memory(client, size, pairs);
    if (err == MIDGE_OK) {
        err =
            midge__tls_context_open(&client->tls, &client->memory, client->port, &c->tls, &limits);
    }
    if (err != MIDGE_OK && client->memory.owners > 0) {
        midge__memory_deinit(&client->memory);
    }
    midge__memory_reserve(&client->memory, midge__lonely_bytes(c));
    return err;
}

/* Makes a client of the block. */
static int init(struct midge_client *client, const struct midge_config *config, size_t size)
{
    if (size < sizeof *client) {
        return MIDGE_ERR_NO_MEMORY;
    }
    memset(client, 0, sizeof *client);
    midge__config_defaults(&client->config, config);
    midge__deadline_defaults(&client->config.timeouts);
    client->config.memory_size = size;
    unsigned pairs = midge__config_fit(&client->config, size);
    return pairs > 0 ? set_up(client, size, pairs) : MIDGE_ERR_NO_MEMORY;
}

/* Are all functions there that every port has, from clock_ms to wake? */
static bool port_is_whole(const struct midge_port *port)
{
    void (*function)(void);
    for (size_t at = offsetof(struct midge_port, clock_ms);
         port != NULL && at <= offsetof(struct midge_port, wake); at += sizeof function) {
        memcpy((void *)&function, (const char *)port + at, sizeof function);
        if (function == NULL) {
            return false;
        }
    }
    return port != NULL;
}

static int check_session(const struct midge_config *c)
{
    if (!port_is_whole(c->port) ||
        (MIDGE_WITH_HEADER_DEFAULTS && c->n_headers > 0 && c->headers == NULL) ||
        !midge__timeouts_valid(&c->timeouts) || !midge__millis_valid(c->keep_alive_ms) ||
        (MIDGE_WITH_SESSIONS && !midge__millis_valid(c->ticket_wait_ms)) ||
        (MIDGE_WITH_LEADERS && !midge__millis_valid(c->lead_ms)) || !midge__rate_valid(c) ||
        !midge__race_valid(c)) {
        return MIDGE_ERR_INVALID;
    }
    const uintptr_t left_out =
        MIDGE__LEFT_OUT(URL_MENDING, c->base_url) | MIDGE__LEFT_OUT(ALLOCATORS, c->memory == NULL) |
        MIDGE__LEFT_OUT(RETRY, c->retry) | MIDGE__LEFT_OUT(HOOKS, c->hooks) |
        MIDGE__LEFT_OUT(RATE, c->rate) | MIDGE__LEFT_OUT(RATE, c->origin_rates) |
        MIDGE__LEFT_OUT(PROXY, c->proxy) | MIDGE__LEFT_OUT(HEADER_DEFAULTS, c->n_headers) |
        MIDGE__LEFT_OUT(PINS, c->tls.pins) | MIDGE__LEFT_OUT(CREDENTIAL, c->tls.credential) |
        MIDGE__LEFT_OUT(PSK, c->tls.psk) | MIDGE__LEFT_OUT(CIPHERS, c->tls.ciphers);
    if (left_out != 0 || !MIDGE_WITH_HEADER_DEFAULTS) {
        return left_out != 0 ? MIDGE_ERR_UNSUPPORTED : MIDGE_OK;
    }
    return midge__h1_check("GET", (struct midge__h1_headers){c->headers, c->n_headers},
                           MIDGE__H1_FRAMING_NONE, 0);
}

int midge_open(struct midge_client **out, const struct midge_config *config)
{
    if (out == NULL || config == NULL) {
        return MIDGE_ERR_INVALID;
    }
    *out = NULL;
    int err = check_session(config);
    if (err != MIDGE_OK) {
        return err;
    }
    size_t size = config->memory_size;
    struct midge_client *client = midge__block_get(config, &size);
    if (client == NULL) {
        return MIDGE_ERR_NO_MEMORY;
    }
    err = init(client, config, size);
    if (err == MIDGE_OK) {
        *out = client;
    } else {
        midge__block_put(config, client, size);
    }
    return err;
}

/* Awaits of tasks end with CLOSED (or CANCELED), and tasks get a bounded number of rounds to clean
   up. Tasks that still wait after that are freed without having run to their end. */
static void end_awaitables(struct midge_client *client)
{
    for (unsigned round = 0; round < CLOSE_ROUNDS; round++) {
        midge__awaitables_cancel(client, MIDGE_ERR_CLOSED);
        midge__awaitables_deliver(client);
        midge__tasks_run(client);
        if (client->live == 0) {
            break;
        }
    }
    midge__awaitables_free(client);
}

static void close_now(struct midge_client *client)
{
    client->busy = true;
    end_awaitables(client);
    struct midge__list *link;
    while ((link = midge__list_first(&client->conns)) != NULL) {
        struct midge__conn *conn = MIDGE_CONTAINER_OF(link, struct midge__conn, link);
        if (conn->state == MIDGE__CONN_READY) {
            (void)conn->stream->ops->shutdown(conn->stream); /* one try: midge_close never waits */
        }
        midge__conn_kill(conn);
    }
    midge__conns_reap(client);
    midge__prepared_close(client);
    midge__origins_close(client);
    midge__names_forget(client);
    midge__tls_context_close(client->tls);
    if (MIDGE_WITH_STATS) { /* which show leaks */
        midge__memory_wipe(&client->memory, client->send_buffer);
    }
    midge__stats_close(client);
    midge__memory_deinit(&client->memory);
    midge__block_put(&client->config, client, client->config.memory_size);
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

int midge_cancel(struct midge_client *client, midge_id id)
{
    struct midge__awaitable *aw = midge__awaitable_find(client, id);
    if (aw == NULL) {
        return MIDGE_ERR_STALE;
    }
    if (!midge__awaitable_ended(aw)) {
        bool outermost = midge__client_enter(client);
        aw->ops->cancel(aw, client->closing ? MIDGE_ERR_CLOSED : MIDGE_ERR_CANCELED);
        (void)midge__client_leave(client, outermost);
    }
    return MIDGE_OK;
}

void midge_wake(struct midge_client *client)
{
    client->port->wake(client->port->ctx);
}

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
    client->admission_due = true; /* a request may have waited for it */
}

const struct midge_port *midge_client_port(const struct midge_client *client)
{
    return client->port;
}
