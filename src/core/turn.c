/* SPDX-License-Identifier: MIT */
/* One turn of the client: begin what was started since the last turn, poll the sockets, step the
   ready connections within the budget, then timers, admission, tasks, completions, and the end of
   dead connections. */
#include "base/check.h"
#include "base/list.h"
#include "base/millis.h"
#include "core/admission.h"
#include "core/ageing.h"
#include "core/awaitable.h"
#include "core/client.h"
#include "core/conn.h"
#include "core/hooks.h"
#include "core/network.h"
#include "core/pool.h"
#include "core/race.h"
#include "core/stats.h"
#include "core/task.h"
#include "midge/config.h"

static int own_timeout(const struct midge_client *client)
{
    if (!midge__list_empty(&client->ready) || !midge__list_empty(&client->ended) ||
        client->admission_due || midge__tasks_due(client)) {
        return 0;
    }
    uint32_t left = midge__timer_heap_left(&client->timers),
             gone = midge__client_since_tick(client);
    if (left == MIDGE__TIMER_NEVER) {
        return -1;
    }
    left = left > gone ? left - gone : 0;
    return (int)left; /* no timer is armed for more than 2^31 - 1 */
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

/* Connections want the same until they are stepped or kicked. Some want nothing: one without a
   socket, or one that is paused; then TCP slows the peer down, and an error is noticed after the
   pause. */
static size_t collect(const struct midge_client *client, struct midge_pollfd *fds, size_t cap)
{
    size_t n = 0;
    MIDGE__LIST_FOR_EACH(it, &client->conns)
    {
        struct midge__conn *conn = MIDGE_CONTAINER_OF(it, struct midge__conn, link);
        n = midge__race_collect(conn, fds, n, cap);
        if (conn->want_stale) {
            conn->want_stale = false;
            conn->want = (uint8_t)midge__conn_want(conn);
        }
        if (conn->want == 0) {
            continue;
        }
        if (n < cap) {
            fds[n] = (struct midge_pollfd){.sock = conn->tcp.sock, .events = conn->want};
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

/* Those whose sockets are ready, and those whose lookups are complete. */
static void kick_ready(struct midge_client *client, size_t n)
{
    size_t i = 0;
    MIDGE__LIST_FOR_EACH(it, &client->conns)
    {
        struct midge__conn *conn = MIDGE_CONTAINER_OF(it, struct midge__conn, link);
        unsigned revents = 0;
        i = midge__race_polled(conn, client->fds, i, n);
        /* fds are in the list's order, but not every connection has one. */
        if (i < n && client->fds[i].sock == conn->tcp.sock) {
            const struct midge_pollfd *fd = &client->fds[i++];
            revents = fd->revents & (fd->events | (unsigned)MIDGE_POLL_ERR);
        }
        revents = midge__network_events(conn, revents);
        conn->seen_silent = revents == 0;
        midge__tcp_polled(&conn->tcp, revents);
        if (revents != 0 || (conn->state == MIDGE__CONN_WAIT_DNS && conn->query->done)) {
            midge__conn_kick(conn);
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

static void begin_budget(struct midge_client *client)
{
    client->crypto_left = (int32_t)client->config.turn_crypto;
    client->bytes_left = (int32_t)client->config.turn_bytes;
    client->steps_left = (int32_t)client->config.turn_steps;
    client->begins_left = client->config.turn_steps;
}

static void step_ready(struct midge_client *client)
{
    struct midge__list later, *link;
    if (MIDGE_WITH_STATS && midge__list_empty(&client->ready)) {
        return; /* without a look at the clock */
    }
    uint64_t began = midge__stats_begin(client);
    midge__list_init(&later);
    while (client->steps_left > 0 && (link = midge__list_pop(&client->ready)) != NULL) {
        struct midge__conn *conn = MIDGE_CONTAINER_OF(link, struct midge__conn, ready);
        if (!affordable(client, conn)) {
            midge__list_push_tail(&later, &conn->ready);
            continue;
        }
        client->steps_left--;
        midge__conn_step(conn);
        began = midge__stats_step(conn, began);
    }
    /* These have waited longest: they come first in the next turn. */
    midge__list_splice_tail(&later, &client->ready);
    midge__list_splice_tail(&client->ready, &later);
}

/* Begins what may begin now, and makes its first steps within the turn's budget. */
static void admit_and_step(struct midge_client *client)
{
    if (!client->closing) {
        client->stepping = true;
        midge__admission_run(client);
        step_ready(client);
        client->stepping = false;
    }
}

/* Requests that were started since the last turn are sent before the poll, which then waits for
   their answers. Not if a timer is due: the poll may show an answer that was in time, and a request
   whose time in the queue is over does not begin. Tasks that wait for room see the change first.
   Adds the microseconds that it took. True: a callback closed the client, which is freed now. */
static bool begin_early(struct midge_client *client, uint64_t *us)
{
    if (!client->admission_due || midge__tasks_lack_room(client)) {
        return false;
    }
    uint64_t began = midge__stats_begin(client);
    midge__client_tick(client);
    if (midge__timer_heap_left(&client->timers) == 0) {
        return false;
    }
    bool outermost = midge__client_enter(client);
    midge__client_expire(client);
    midge__hooks_wake(client); /* of awaitables that were taken before their delivery */
    client->polled = false;
    midge__network_apply(client);
    admit_and_step(client);
    midge__conns_reap(client);
    *us += midge__stats_begin(client) - began;
    return midge__client_leave(client, outermost); /* the port's poll may close the client */
}

/* Each part of a turn has the same number of steps: one with much to do delays no other. */
static void fire_timers(struct midge_client *client)
{
    uint32_t mark = midge__timer_heap_mark(&client->timers, client->now_ms);
    struct midge__timer *timer;
    for (uint32_t left = client->config.turn_steps;
         left > 0 && (timer = midge__timer_heap_pop(&client->timers, client->now_ms, mark)) != NULL;
         left--) {
        timer->fire(timer);
    }
}

static void work(struct midge_client *client, size_t n_fds, uint64_t early_us)
{
    uint64_t began = midge__stats_begin(client) - early_us;
    client->polled = true;
    client->stepping = true;
    kick_ready(client, n_fds);
    midge__network_apply(client);
    step_ready(client);
    fire_timers(client);
    midge__client_expire(client);
    client->stepping = false;
    bool room = client->admission_due;
    admit_and_step(client);
    midge__tasks_room(client, room); /* waiting requests come first */
    midge__tasks_run(client);
    midge__awaitables_forget(client); /* of the last task's result */
    midge__awaitables_deliver(client);
    midge__hooks_wake(client);
    midge__conns_reap(client);
    /* Completions and tasks may have started requests: these begin without another poll. Tasks that
       wait for room see the change first, in the next turn. */
    if (client->admission_due && !midge__tasks_lack_room(client)) {
        admit_and_step(client);
        midge__conns_reap(client);
    }
    midge__stats_moved(client, client->config.turn_bytes - (uint32_t)client->bytes_left);
    if (client->n_conns == 0) {
        midge__client_buffers_put(client);
    }
    midge__stats_turn(client, began);
}

/* A negative time is no limit. */
static int sooner(int a, int b)
{
    return (unsigned)a < (unsigned)b ? a : b;
}

/* The number of sockets, or an error of the port. */
static int poll_sockets(struct midge_client *client, int timeout_ms)
{
    struct midge_port *port = client->port;
    int timeout = sooner(timeout_ms, own_timeout(client)); /* the port adds its own */
    /* If nothing is live, an endless wait would never end; and who makes a sink or source wait must
       be able to end that, or has what it polled for. */
    if (client->live == 0 || client->app_waits) {
        timeout = 0;
    }
    size_t n = collect(client, client->fds, client->config.max_connections);
    int err = port->poll(port->ctx, client->fds, n, timeout);
    return err < 0 && err != MIDGE_ERR_AGAIN ? err : (int)n;
}

int midge__client_turn(struct midge_client *client, int timeout_ms, bool *closed)
{
    *closed = false;
    if (client == NULL || client->busy) {
        return MIDGE_ERR_INVALID;
    }
    midge__awaitables_forget(client);
    uint64_t early_us = 0;
    client->app_waits = false;
    begin_budget(client);
    *closed = begin_early(client, &early_us);
    int n = *closed ? 0 : poll_sockets(client, timeout_ms);
    if (*closed || n < 0) {
        return n;
    }
    midge__client_tick(client);
    bool outermost = midge__client_enter(client);
    work(client, (size_t)n, early_us);
    int live = (int)client->live;
    *closed = midge__client_leave(client, outermost);
    return *closed ? 0 : live;
}

int midge_poll(struct midge_client *client, int timeout_ms)
{
    bool closed;
    return midge__client_turn(client, timeout_ms, &closed);
}

/* Runs the loop until it has ended, and takes its result. */
static int run_until(struct midge_client *client, midge_id id, struct midge_result *result)
{
    int err;
    while ((err = midge_take(client, id, result)) == MIDGE_ERR_AGAIN) {
        bool closed;
        err = midge__client_turn(client, -1, &closed);
        if (err < 0 || closed) {
            return closed ? MIDGE_ERR_CLOSED : err;
        }
    }
    return err;
}

int midge_wait(struct midge_client *client, midge_id id, struct midge_result *result)
{
    struct midge_result own;
    result = result != NULL ? result : &own;
    int err = client == NULL || client->busy ? MIDGE_ERR_INVALID : run_until(client, id, result);
    if (err != MIDGE_OK) {
        midge__result_failed(result, id, err);
    }
    return result->error;
}
