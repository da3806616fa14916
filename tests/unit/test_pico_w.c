/* SPDX-License-Identifier: MIT */
/*
 * The lock of port/pico-sdk/pico_w.c: each call that reaches lwIP has it exactly once, a waiting
 * poll gives it back while it waits, and wake never takes it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include <midge/err.h>

#include "../../port/pico-sdk/pico_w.c"

static int depth;       /* of the lock */
static unsigned inside; /* calls of lwip_raw that had it */
static unsigned waits, pending, added, pumped;
static uint64_t waited_ms;
static const struct midge_lwip_raw *board;

/* --- pico-sdk --- */

void cyw43_arch_lwip_begin(void)
{
    assert_int_equal(depth++, 0);
}

void cyw43_arch_lwip_end(void)
{
    assert_int_equal(depth--, 1);
}

async_context_t *cyw43_arch_async_context(void)
{
    return (async_context_t *)(void *)&depth;
}

bool async_context_add_when_pending_worker(async_context_t *context,
                                           async_when_pending_worker_t *worker)
{
    assert_int_equal(depth, 0);
    added++;
    worker->do_work(context, worker);
    return true;
}

void async_context_set_work_pending(async_context_t *context, async_when_pending_worker_t *worker)
{
    assert_non_null(context);
    assert_non_null(worker);
    pending++;
}

absolute_time_t make_timeout_time_ms(uint32_t ms)
{
    return ms;
}

void cyw43_arch_poll(void)
{
    pumped++;
}

void cyw43_arch_wait_for_work_until(absolute_time_t until)
{
    assert_int_equal(depth, 0); /* lwIP's interrupt can run */
    waits++;
    waited_ms = until;
}

/* --- port/lwip_raw --- */

static int enter(void)
{
    assert_int_equal(depth, 1);
    inside++;
    return MIDGE_OK;
}

static int raw_dns_start(void *ctx, const char *host, struct midge_dns_query *query)
{
    (void)ctx, (void)host, (void)query;
    return enter();
}

static void raw_dns_cancel(void *ctx, struct midge_dns_query *query)
{
    (void)ctx, (void)query;
    (void)enter();
}

static int raw_zone(void *ctx, const char *name, uint32_t *scope)
{
    (void)ctx, (void)name, (void)scope;
    return enter();
}

static int raw_connect(void *ctx, const struct midge_addr *addr, uint16_t to, midge_sock *sock,
                       int *native)
{
    (void)ctx, (void)addr, (void)to, (void)sock, (void)native;
    return enter();
}

static int raw_connected(void *ctx, midge_sock sock, int *native)
{
    (void)ctx, (void)sock, (void)native;
    return enter();
}

static int raw_recv(void *ctx, midge_sock sock, uint8_t *buf, size_t cap, size_t *n, int *native)
{
    (void)ctx, (void)sock, (void)buf, (void)cap, (void)n, (void)native;
    return enter();
}

static int raw_send(void *ctx, midge_sock sock, const uint8_t *buf, size_t len, size_t *n,
                    int *native)
{
    (void)ctx, (void)sock, (void)buf, (void)len, (void)n, (void)native;
    return enter();
}

static void raw_close(void *ctx, midge_sock sock)
{
    (void)ctx, (void)sock;
    (void)enter();
}

static int raw_poll(void *ctx, struct midge_pollfd *fds, size_t n, int timeout_ms)
{
    (void)ctx, (void)fds, (void)n;
    board->pump(board->ctx);
    if (timeout_ms > 0) {
        board->idle(board->ctx, (uint32_t)timeout_ms);
    }
    return enter();
}

static void raw_wake(void *ctx)
{
    (void)ctx;
    assert_int_equal(depth, 0);
    inside++;
}

static bool with_zones;

void midge_lwip_raw_attach(struct midge_port *port, const struct midge_lwip_raw *machine)
{
    board = machine;
    port->dns_start = raw_dns_start;
    port->dns_cancel = raw_dns_cancel;
    port->zone = with_zones ? raw_zone : NULL;
    port->connect = raw_connect;
    port->connected = raw_connected;
    port->recv = raw_recv;
    port->send = raw_send;
    port->close = raw_close;
    port->poll = raw_poll;
    port->interest = NULL;
    port->wake = raw_wake;
}

/* --- tests --- */

static void test_each_call_has_the_lock(void **state)
{
    struct midge_port port = {0};
    uint32_t scope;
    (void)state;
    with_zones = true;
    midge_pico_w_attach(&port);
    inside = 0;
    assert_int_equal(port.dns_start(NULL, "a", NULL), MIDGE_OK);
    port.dns_cancel(NULL, NULL);
    assert_int_equal(port.zone(NULL, "w0", &scope), MIDGE_OK);
    assert_int_equal(port.connect(NULL, NULL, 443, NULL, NULL), MIDGE_OK);
    assert_int_equal(port.connected(NULL, 0, NULL), MIDGE_OK);
    assert_int_equal(port.recv(NULL, 0, NULL, 0, NULL, NULL), MIDGE_OK);
    assert_int_equal(port.send(NULL, 0, NULL, 0, NULL, NULL), MIDGE_OK);
    port.close(NULL, 0);
    assert_int_equal(port.poll(NULL, NULL, 0, 0), MIDGE_OK);
    assert_int_equal(inside, 9);
    assert_int_equal(depth, 0);
    assert_int_equal(waits, 0);
    with_zones = false;
    midge_pico_w_attach(&port);
    assert_null(port.zone);
}

static void test_waiting_gives_the_lock_back(void **state)
{
    struct midge_port port = {0};
    (void)state;
    midge_pico_w_attach(&port);
    waits = pumped = 0;
    assert_int_equal(port.poll(NULL, NULL, 0, 250), MIDGE_OK);
    assert_int_equal(waits, 1);
    assert_int_equal(waited_ms, 250);
    assert_int_equal(pumped, 1);
    assert_int_equal(depth, 0);
}

/* Before cyw43_arch_init has made a context there is nothing that waits. */
static void test_wake(void **state)
{
    struct midge_port port = {0};
    (void)state;
    can_wake = false;
    added = pending = 0;
    midge_pico_w_attach(&port);
    port.wake(NULL);
    assert_int_equal(pending, 0);
    assert_int_equal(port.poll(NULL, NULL, 0, 0), MIDGE_OK);
    assert_int_equal(port.poll(NULL, NULL, 0, 0), MIDGE_OK);
    assert_int_equal(added, 1);
    port.wake(NULL);
    assert_int_equal(pending, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_call_has_the_lock),
        cmocka_unit_test(test_waiting_gives_the_lock_back),
        cmocka_unit_test(test_wake),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
