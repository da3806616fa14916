/* SPDX-License-Identifier: MIT */
/*
 * port/lwip_raw under the lock of cyw43_arch. The calls of lwip_raw are kept in `raw`, and the
 * port's calls take the lock around them, once: the waiting inside of poll gives it back, and that
 * works at a depth of one only. In poll mode the lock costs an assertion.
 *
 * wake must not take the lock, as interrupts call it. It sets lwip_raw's flag, and then marks a
 * worker of the async_context as pending, which ends its wait; the worker itself does nothing.
 */
#include <midge/port_pico_w.h>

#include <midge/port_lwip.h>
#include <pico/cyw43_arch.h>

static struct midge_port raw;

/* --- waiting and waking --- */

static void do_nothing(async_context_t *context, async_when_pending_worker_t *worker)
{
    (void)context;
    (void)worker;
}

static async_when_pending_worker_t waker = {.do_work = do_nothing};
static volatile bool can_wake; /* the worker is known to the context, which cyw43_arch_init made */

static void pump(void *ctx)
{
    (void)ctx;
    cyw43_arch_poll(); /* in background mode it does nothing */
}

static void idle(void *ctx, uint32_t ms)
{
    (void)ctx;
    cyw43_arch_lwip_end();
    cyw43_arch_wait_for_work_until(make_timeout_time_ms(ms));
    cyw43_arch_lwip_begin();
}

static void wake(void *ctx)
{
    raw.wake(ctx);
    if (can_wake) {
        async_context_set_work_pending(cyw43_arch_async_context(), &waker);
    }
}

static void prepare_wake(void)
{
    if (!can_wake) {
        can_wake = async_context_add_when_pending_worker(cyw43_arch_async_context(), &waker);
    }
}

/* --- the calls under the lock --- */

static int locked_poll(void *ctx, struct midge_pollfd *fds, size_t n, int timeout_ms)
{
    prepare_wake();
    cyw43_arch_lwip_begin();
    const int err = raw.poll(ctx, fds, n, timeout_ms);
    cyw43_arch_lwip_end();
    return err;
}

static int locked_dns_start(void *ctx, const char *host, struct midge_dns_query *query)
{
    cyw43_arch_lwip_begin();
    const int err = raw.dns_start(ctx, host, query);
    cyw43_arch_lwip_end();
    return err;
}

static void locked_dns_cancel(void *ctx, struct midge_dns_query *query)
{
    cyw43_arch_lwip_begin();
    raw.dns_cancel(ctx, query);
    cyw43_arch_lwip_end();
}

static int locked_zone(void *ctx, const char *name, uint32_t *scope)
{
    cyw43_arch_lwip_begin();
    const int err = raw.zone(ctx, name, scope);
    cyw43_arch_lwip_end();
    return err;
}

static int locked_connect(void *ctx, const struct midge_addr *addr, uint16_t port, midge_sock *sock,
                          int *native)
{
    cyw43_arch_lwip_begin();
    const int err = raw.connect(ctx, addr, port, sock, native);
    cyw43_arch_lwip_end();
    return err;
}

static int locked_connected(void *ctx, midge_sock sock, int *native)
{
    cyw43_arch_lwip_begin();
    const int err = raw.connected(ctx, sock, native);
    cyw43_arch_lwip_end();
    return err;
}

static int locked_recv(void *ctx, midge_sock sock, uint8_t *buf, size_t cap, size_t *n, int *native)
{
    cyw43_arch_lwip_begin();
    const int err = raw.recv(ctx, sock, buf, cap, n, native);
    cyw43_arch_lwip_end();
    return err;
}

static int locked_send(void *ctx, midge_sock sock, const uint8_t *buf, size_t len, size_t *n,
                       int *native)
{
    cyw43_arch_lwip_begin();
    const int err = raw.send(ctx, sock, buf, len, n, native);
    cyw43_arch_lwip_end();
    return err;
}

static void locked_close(void *ctx, midge_sock sock)
{
    cyw43_arch_lwip_begin();
    raw.close(ctx, sock);
    cyw43_arch_lwip_end();
}

void midge_pico_w_attach(struct midge_port *port)
{
    static const struct midge_lwip_raw machine = {.pump = pump, .idle = idle};
    midge_lwip_raw_attach(port, &machine);
    raw = *port;
    port->dns_start = locked_dns_start;
    port->dns_cancel = locked_dns_cancel;
    port->zone = raw.zone != NULL ? locked_zone : NULL;
    port->connect = locked_connect;
    port->connected = locked_connected;
    port->recv = locked_recv;
    port->send = locked_send;
    port->close = locked_close;
    port->poll = locked_poll;
    port->wake = wake;
}
