/* SPDX-License-Identifier: MIT */
/*
 * The port on lwIP's sockets: poll, wake, the ops table.
 *
 * lwIP has no eventfd, and its poll waits for sockets only. So the port owns one socket: a UDP
 * socket that is never bound, so no packet can reach it. Its readiness is a counter in lwIP's
 * socket layer: on_wake increments it as if a datagram had come, and poll decrements it. This needs
 * no packet, no buffer and no second socket, and cannot fail for lack of memory. (A pair of sockets
 * over loopback would need the loopback interface, and a buffer and two passes through lwIP for
 * each wake.)
 *
 * Events may only be raised in lwIP's thread. wake posts one preallocated message to that thread;
 * lwIP offers this for interrupts too. If lwIP's mailbox is full, the message is lost, but poll
 * checks the flag `asked` before it sleeps, and never sleeps longer than POLL_MS.
 */
#include "lwip_sockets.h"

#include <lwip/errno.h>
#include <lwip/if_api.h>
#include <lwip/netif.h>

#include "../bsd_sockets.h"

/* Interrupts that wake the client need a special RTOS call. Firmware with such interrupts defines
   this as the function that detects them: FreeRTOS on Cortex-M has xPortIsInsideInterrupt. */
#ifndef MIDGE_LWIP_IN_INTERRUPT
static int never_in_interrupt(void)
{
    return 0;
}
#define MIDGE_LWIP_IN_INTERRUPT never_in_interrupt
#endif

/* lwIP's own timers (ARP, DNS) run once a second too. */
#define POLL_MS 1000
/* While lookups are pending: one may wait for room in lwIP's table, and lwIP does not report when
   other users' lookups leave it. */
#define LOOKUP_RETRY_MS 100

struct lws midge__lws;

/* ---- Wake ---- */

static bool post(void)
{
    struct tcpip_callback_msg *msg = midge__lws.wake_msg;

    /* In an interrupt ERR_NEED_SCHED means: posted, and the interrupt should request a thread
       switch; without the request the switch comes with the next tick. */
    const err_t err = MIDGE_LWIP_IN_INTERRUPT() ? tcpip_callbackmsg_trycallback_fromisr(msg)
                                                : tcpip_callbackmsg_trycallback(msg);
    return err != ERR_MEM;
}

/* At most one message is posted, however often wake is called. */
static void wake(void *ctx)
{
    struct lws *s = &midge__lws;

    (void)ctx;
    atomic_store(&s->asked, true);
    if (!atomic_load(&s->posted)) {
        atomic_store(&s->posted, true);
        if (!post()) {
            atomic_store(&s->posted, false);
        }
    }
}

static void count_up(void)
{
    midge__lws.wake_conn->callback(midge__lws.wake_conn, NETCONN_EVT_RCVPLUS, 0);
}

static void count_down(void)
{
    midge__lws.wake_conn->callback(midge__lws.wake_conn, NETCONN_EVT_RCVMINUS, 0);
}

/* Runs in lwIP's thread. If a poll has answered the wake meanwhile, there is nothing to raise: one
   wake ends one poll. (Without LWIP_TCPIP_CORE_LOCKING lwIP may still end the next poll as well,
   because it decides by an earlier state which thread waits.) */
static void on_wake(void *arg)
{
    struct lws *s = &midge__lws;
    bool first;
    SYS_ARCH_DECL_PROTECT(level);

    (void)arg;
    SYS_ARCH_PROTECT(level);
    atomic_store(&s->posted, false);
    first = !s->raised && atomic_load(&s->asked);
    s->raised = s->raised || first;
    SYS_ARCH_UNPROTECT(level);
    if (first) {
        count_up();
    }
}

void midge__lws_raise(void)
{
    atomic_store(&midge__lws.asked, true);
    on_wake(NULL);
}

/* The decrement may come before the increment; the counter has a sign. */
static void take_wake(void)
{
    struct lws *s = &midge__lws;
    bool was;
    SYS_ARCH_DECL_PROTECT(level);

    SYS_ARCH_PROTECT(level);
    was = s->raised;
    s->raised = false;
    atomic_store(&s->asked, false);
    SYS_ARCH_UNPROTECT(level);
    if (was) {
        count_down();
    }
}

/* ---- Poll ---- */

static int at_most(int timeout_ms, int limit_ms)
{
    return timeout_ms < 0 || timeout_ms > limit_ms ? limit_ms : timeout_ms;
}

static int sleep_ms(int timeout_ms)
{
    if (midge__lws_dns_retry()) {
        timeout_ms = at_most(timeout_ms, LOOKUP_RETRY_MS);
    }
    return atomic_load(&midge__lws.asked) ? 0 : at_most(timeout_ms, POLL_MS);
}

static int lws_poll(void *ctx, struct midge_pollfd *fds, size_t n, int timeout_ms)
{
    const struct pollfd *polled = midge__lws.polled;
    uint8_t any = 0;
    int ready;

    (void)ctx;
    if (n > NUM_SOCKETS - 1) {
        return MIDGE_ERR_INVALID;
    }
    midge__bsd_fill(midge__lws.polled, fds, n, midge__lws.wake_fd);
    ready = lwip_poll(midge__lws.polled, (nfds_t)(n + 1), sleep_ms(timeout_ms));
    for (size_t i = 0; i < n; i++) {
        fds[i].revents = midge__bsd_revents(polled[i].revents, fds[i].events);
        any |= fds[i].revents;
    }
    take_wake();
    midge__lws_dns_deliver();
    /* Negative with POLLNVAL: a socket that does not exist; negative without: no semaphore was
       left. */
    return ready < 0 && any == 0 ? MIDGE_ERR_PORT : MIDGE_OK;
}

static int interest(void *ctx, struct midge_pollfd *fds, size_t cap, size_t *n, int *timeout_ms)
{
    (void)ctx;
    if (cap > 0) {
        fds[0] = (struct midge_pollfd){.sock = midge__lws.wake_fd, .events = MIDGE_POLL_IN};
    }
    *n = 1;
    *timeout_ms = sleep_ms(*timeout_ms);
    return MIDGE_OK;
}

/* ---- Attach and detach ---- */

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

static int open_wake(struct lws *s)
{
    s->wake_fd = lwip_socket(AF_INET, SOCK_DGRAM, 0);
    if (s->wake_fd < 0) {
        return MIDGE_ERR_NO_MEMORY;
    }
    s->wake_conn = lwip_socket_dbg_get_socket(s->wake_fd)->conn;
    s->wake_msg = tcpip_callbackmsg_new(on_wake, NULL);
    if (s->wake_msg == NULL) {
        (void)lwip_close(s->wake_fd);
        return MIDGE_ERR_NO_MEMORY;
    }
    return MIDGE_OK;
}

int midge_lwip_sockets_attach(struct midge_port *port)
{
    struct lws *s = &midge__lws;
    int err;

    if (s->attached) {
        return MIDGE_ERR_BUSY;
    }
    lwip_socket_thread_init(); /* this thread's semaphore, if lwIP keeps one for each thread */
    s->raised = false;
    atomic_store(&s->asked, false);
    err = open_wake(s);
    if (err != MIDGE_OK) {
        return err;
    }
    s->attached = true;
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
    port->wake = wake;
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
    struct lws *s = &midge__lws;
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
    tcpip_callbackmsg_delete(s->wake_msg);
    (void)lwip_close(s->wake_fd);
    s->attached = false;
}
