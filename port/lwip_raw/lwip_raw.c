/* SPDX-License-Identifier: MIT */
/*
 * The port on lwIP without an operating system: poll, wake, and the ops table. All of lwIP runs
 * inside poll: it processes the driver's received frames and lwIP's timers.
 */
#include "lwip_raw.h"

#include <stdatomic.h>

#include "lwip/netif.h"
#include "lwip/priv/tcp_priv.h"
#include "lwip/sys.h"
#include "lwip/timeouts.h"

/* The board's pump and idle. */
static const struct midge_lwip_raw *machine;

/* --- Wake --- */

/* Set by interrupts. Loads and stores only: a Cortex-M0 has no atomic exchange. */
static atomic_bool awake;

static void wake(void *ctx)
{
    (void)ctx;
    atomic_store_explicit(&awake, true, memory_order_release);
}

/* A wake between the two lines counts as one with the first wake: this poll ends and serves
   both. */
static bool take_wake(void)
{
    const bool was = atomic_load_explicit(&awake, memory_order_acquire);
    if (was) {
        atomic_store_explicit(&awake, false, memory_order_relaxed);
    }
    return was;
}

/* --- Poll --- */

static bool look(struct midge_pollfd *fds, size_t n)
{
    bool any = false;

    for (size_t i = 0; i < n; i++) {
        fds[i].revents = midge__lwip_ready(fds[i].sock, fds[i].events);
        any = any || fds[i].revents != 0;
    }
    return any;
}

/* The rest of timeout_ms; UINT32_MAX: no limit. */
static uint32_t time_left(uint32_t since, int timeout_ms)
{
    const uint32_t passed = sys_now() - since;

    if (timeout_ms < 0) {
        return UINT32_MAX;
    }
    return passed < (uint32_t)timeout_ms ? (uint32_t)timeout_ms - passed : 0;
}

static void idle(uint32_t ms)
{
    ms = LWIP_MIN(ms, sys_timeouts_sleeptime());
    ms = LWIP_MIN(ms, midge__lwip_dns_left());
    if (ms > 0 && machine->idle != NULL) {
        machine->idle(machine->ctx, ms);
    }
}

/* One pass is bounded: pump by the driver, the timers by lwIP. A flood of unrelated packets causes
   more passes, not a longer pass, and ends with the timeout. */
static int lwip_poll(void *ctx, struct midge_pollfd *fds, size_t n, int timeout_ms)
{
    const uint32_t start = sys_now();

    (void)ctx;
    if (n > MIDGE_LWIP_SOCKS) {
        return MIDGE_ERR_INVALID;
    }
    for (;;) {
        const uint32_t events = midge__lwip_events();
        bool over = take_wake();
        uint32_t left;

        machine->pump(machine->ctx);
        sys_check_timeouts();
        over = midge__lwip_dns_run() || over;
        left = time_left(start, timeout_ms);
        if (look(fds, n) || over || left == 0) {
            return MIDGE_OK;
        }
        if (events == midge__lwip_events()) { /* else more may have come meanwhile */
            idle(left);
        }
    }
}

/* --- Attach --- */

#if LWIP_IPV6
static int find_zone(void *ctx, const char *name, uint32_t *scope)
{
    (void)ctx;
    *scope = netif_name_to_index(name);
    return *scope != NETIF_NO_INDEX ? MIDGE_OK : MIDGE_ERR_ZONE;
}
#else
static int (*const find_zone)(void *, const char *, uint32_t *) = NULL;
#endif

void midge_lwip_raw_attach(struct midge_port *port, const struct midge_lwip_raw *board)
{
    machine = board;
    midge__lwip_seed_from(port);
    midge__lwip_dns_attach(port);
    port->dns_start = midge__lwip_dns_start;
    port->dns_cancel = midge__lwip_dns_cancel;
    port->zone = find_zone;
    port->connect = midge__lwip_connect;
    port->connected = midge__lwip_connected;
    port->recv = midge__lwip_recv;
    port->send = midge__lwip_send;
    port->close = midge__lwip_close;
    port->poll = lwip_poll;
    port->interest = NULL;
    port->wake = wake;
    /* lwip_init chose the first local port, perhaps before there was entropy, so it is chosen
       again. Otherwise a device after a reset could use ports whose old connections the servers
       still have. */
    if (midge__lwip_seed() == MIDGE_OK) {
        tcp_init();
    }
}
