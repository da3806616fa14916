/* SPDX-License-Identifier: MIT */
/*
 * Ends a poll from another thread or an interrupt.
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
 * checks the flag `asked` before it sleeps, and never sleeps longer than a second.
 */
#include "lwip_sockets.h"

#include <stdatomic.h>

/* Interrupts that wake the client need a special RTOS call. Firmware with such interrupts defines
   this as the function that detects them: FreeRTOS on Cortex-M has xPortIsInsideInterrupt. */
#ifndef MIDGE_LWIP_IN_INTERRUPT
static int never_in_interrupt(void)
{
    return 0;
}
#define MIDGE_LWIP_IN_INTERRUPT never_in_interrupt
#endif

static struct {
    int fd;                         /* a socket that no packet reaches */
    struct netconn *conn;           /* lwIP's part of fd */
    struct tcpip_callback_msg *msg; /* to lwIP's thread: "raise", from anywhere */

    atomic_bool asked;  /* a wake that no poll has answered. Set from anywhere */
    atomic_bool posted; /* msg is in lwIP's mailbox. Set from anywhere */
    bool raised;        /* fd is readable. Both threads */
} wake;

static bool post(void)
{
    struct tcpip_callback_msg *msg = wake.msg;

    /* In an interrupt ERR_NEED_SCHED means: posted, and the interrupt should request a thread
       switch; without the request the switch comes with the next tick. */
    const err_t err = MIDGE_LWIP_IN_INTERRUPT() ? tcpip_callbackmsg_trycallback_fromisr(msg)
                                                : tcpip_callbackmsg_trycallback(msg);
    return err != ERR_MEM;
}

/* At most one message is posted, however often wake is called. */
void midge__lws_wake(void *ctx)
{
    (void)ctx;
    atomic_store(&wake.asked, true);
    if (!atomic_load(&wake.posted)) {
        atomic_store(&wake.posted, true);
        if (!post()) {
            atomic_store(&wake.posted, false);
        }
    }
}

static void count_up(void)
{
    wake.conn->callback(wake.conn, NETCONN_EVT_RCVPLUS, 0);
}

static void count_down(void)
{
    wake.conn->callback(wake.conn, NETCONN_EVT_RCVMINUS, 0);
}

/* Runs in lwIP's thread. If a poll has answered the wake meanwhile, there is nothing to raise: one
   wake ends one poll. (Without LWIP_TCPIP_CORE_LOCKING lwIP may still end the next poll as well,
   because it decides by an earlier state which thread waits.) */
static void on_wake(void *arg)
{
    bool first;
    SYS_ARCH_DECL_PROTECT(level);

    (void)arg;
    SYS_ARCH_PROTECT(level);
    atomic_store(&wake.posted, false);
    first = !wake.raised && atomic_load(&wake.asked);
    wake.raised = wake.raised || first;
    SYS_ARCH_UNPROTECT(level);
    if (first) {
        count_up();
    }
}

void midge__lws_raise(void)
{
    atomic_store(&wake.asked, true);
    on_wake(NULL);
}

/* The decrement may come before the increment; the counter has a sign. */
void midge__lws_wake_take(void)
{
    bool was;
    SYS_ARCH_DECL_PROTECT(level);

    SYS_ARCH_PROTECT(level);
    was = wake.raised;
    wake.raised = false;
    atomic_store(&wake.asked, false);
    SYS_ARCH_UNPROTECT(level);
    if (was) {
        count_down();
    }
}

int midge__lws_wake_open(void)
{
    wake.raised = false;
    atomic_store(&wake.asked, false);
    wake.fd = lwip_socket(AF_INET, SOCK_DGRAM, 0);
    if (wake.fd < 0) {
        return MIDGE_ERR_NO_MEMORY;
    }
    wake.conn = lwip_socket_dbg_get_socket(wake.fd)->conn;
    wake.msg = tcpip_callbackmsg_new(on_wake, NULL);
    if (wake.msg == NULL) {
        (void)lwip_close(wake.fd);
        return MIDGE_ERR_NO_MEMORY;
    }
    return MIDGE_OK;
}

void midge__lws_wake_close(void)
{
    tcpip_callbackmsg_delete(wake.msg);
    (void)lwip_close(wake.fd);
}

int midge__lws_wake_fd(void)
{
    return wake.fd;
}

bool midge__lws_wake_asked(void)
{
    return atomic_load(&wake.asked);
}
