/* SPDX-License-Identifier: MIT */
/*
 * The port on lwIP's sockets: poll and the ops table. A poll waits for the client's sockets and for
 * the wake's; wake.c says how that one becomes readable.
 */
#include "lwip_sockets.h"

#include <lwip/errno.h>
#include <lwip/if_api.h>
#include <lwip/netif.h>

#include "../bsd_poll.h"

/* lwIP's own timers (ARP, DNS) run once a second too. */
#define POLL_MS 1000

static bool attached;
static struct pollfd polled[NUM_SOCKETS]; /* all possible sockets, with the wake's */

/* --- Poll --- */

static int at_most(int timeout_ms, int limit_ms)
{
    return timeout_ms < 0 || timeout_ms > limit_ms ? limit_ms : timeout_ms;
}

static int sleep_ms(int timeout_ms)
{
    timeout_ms = midge__lws_dns_sleep_ms(timeout_ms);
    return midge__lws_wake_asked() ? 0 : at_most(timeout_ms, POLL_MS);
}

/* Adds the wake's and those of lookups, at most cap, of which one is the wake's; returns their
   number. */
static size_t fill_own(struct pollfd *at, size_t cap)
{
    struct midge_pollfd fds[1 + MIDGE__LWS_DNS_SOCKS] = {
        {.sock = midge__lws_wake_fd(), .events = MIDGE_POLL_IN}};
    const size_t most = cap < 1 + MIDGE__LWS_DNS_SOCKS ? cap : 1 + MIDGE__LWS_DNS_SOCKS;
    const size_t all = 1 + midge__lws_dns_interest(fds + 1, most - 1);
    const size_t n = all < most ? all : most;

    midge__bsd_fill(at, fds, n);
    return n;
}

static int lws_poll(void *ctx, struct midge_pollfd *fds, size_t n, int timeout_ms)
{
    uint8_t any = 0;
    int ready;

    (void)ctx;
    if (n > NUM_SOCKETS - 1) {
        return MIDGE_ERR_INVALID;
    }
    midge__bsd_fill(polled, fds, n);
    ready = lwip_poll(polled, (nfds_t)(n + fill_own(polled + n, NUM_SOCKETS - n)),
                      sleep_ms(timeout_ms));
    for (size_t i = 0; i < n; i++) {
        fds[i].revents = midge__bsd_revents(polled[i].revents, fds[i].events);
        any |= fds[i].revents;
    }
    midge__lws_wake_take();
    midge__lws_dns_deliver();
    /* Negative with POLLNVAL: a socket that does not exist; negative without: no semaphore was
       left. */
    return ready < 0 && any == 0 ? MIDGE_ERR_PORT : MIDGE_OK;
}

static int interest(void *ctx, struct midge_pollfd *fds, size_t cap, size_t *n, int *timeout_ms)
{
    (void)ctx;
    if (cap > 0) {
        fds[0] = (struct midge_pollfd){.sock = midge__lws_wake_fd(), .events = MIDGE_POLL_IN};
    }
    *n = 1 + midge__lws_dns_interest(cap > 0 ? fds + 1 : NULL, cap > 0 ? cap - 1 : 0);
    *timeout_ms = sleep_ms(*timeout_ms);
    return MIDGE_OK;
}

/* --- Attach and detach --- */

static int find_zone(void *ctx, const char *name, uint32_t *scope)
{
    (void)ctx;
#if LWIP_TCPIP_CORE_LOCKING
    LOCK_TCPIP_CORE();
    *scope = netif_name_to_index(name);
    UNLOCK_TCPIP_CORE();
#else
    *scope = lwip_if_nametoindex(name); /* needs LWIP_NETIF_API; without it zones are numbers */
#endif
    return *scope != NETIF_NO_INDEX ? MIDGE_OK : MIDGE_ERR_ZONE;
}

int midge_lwip_sockets_attach(struct midge_port *port)
{
    int err;

    if (attached) {
        return MIDGE_ERR_BUSY;
    }
    lwip_socket_thread_init(); /* this thread's semaphore, if lwIP keeps one for each thread */
    err = midge__lws_wake_open();
    if (err != MIDGE_OK) {
        return err;
    }
    attached = true;
    midge__lws_dns_attach(port);
    port->dns_start = midge__lws_dns_start;
    port->dns_cancel = midge__lws_dns_cancel;
    port->zone = find_zone;
    port->connect = midge__lws_connect;
    port->connected = midge__lws_connected;
    port->recv = midge__lws_recv;
    port->send = midge__lws_send;
    port->close = midge__lws_close;
    port->poll = lws_poll;
    port->interest = interest;
    port->wake = midge__lws_wake;
    return MIDGE_OK;
}

/* Runs in lwIP's thread, after all messages posted before it. */
static void on_detach(void *arg)
{
    midge__lws_dns_drop();
    sys_sem_signal(arg);
}

void midge_lwip_sockets_detach(struct midge_port *port)
{
    sys_sem_t done;

    (void)port;
    while (sys_sem_new(&done, 0) != ERR_OK) {
        sys_msleep(1);
    }
    while (tcpip_callback(on_detach, &done) != ERR_OK) {
        sys_msleep(1); /* all of lwIP's messages are in use: wait for a free one */
    }
    (void)sys_arch_sem_wait(&done, 0);
    sys_sem_free(&done);
    midge__lws_wake_close();
    attached = false;
}
