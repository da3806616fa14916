/* SPDX-License-Identifier: MIT */
/*
 * Private to port/bsd: the one struct behind the port, and the functions that its files share.
 * bsd.c (attach, poll) calls names.c, wake.c and defaults.c; these call socket.c; that calls one of
 * wait_poll.c and wait_select.c.
 */
#ifndef MIDGE_BSD_H
#define MIDGE_BSD_H

#include "bsd_system.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "midge/err.h"
#include "midge/features.h"
#include "midge/port.h"
#include "midge/port_bsd.h"

#include "../native.h"

/* For bsd_sockets.h and bsd_names.h. */
#define MIDGE__BSD             MIDGE_BSD
#define MIDGE__BSD_OPEN        midge__bsd_socket
#define MIDGE__BSD_SEND_FLAGS  MIDGE_BSD_SEND_FLAGS
#define MIDGE__BSD_INTERRUPTED (errno == EINTR)
#define MIDGE__BSD_IPV4        1
#define MIDGE__BSD_IPV6        MIDGE_WITH_IPV6
#define MIDGE__BSD_LOOKUPS     MIDGE_BSD_LOOKUPS

/* A socket, non-blocking; -1 and errno. With select, EMFILE for a number that has no place in a
   set. */
int midge__bsd_socket(int family, int type);

#include "../bsd_names.h"

enum { MIDGE__BSD_OWN_SOCKS = 1 + MIDGE__BSD_NAME_SOCKS }; /* the wake's first */

struct bsd {
    struct midge_port *port; /* its ctx points here */
    struct midge_bsd_config config;
    bool is_allocated; /* by attach */

    int wake_fd;
    atomic_uchar wake; /* enum wake_state of wake.c. Set from other threads and interrupts */

    struct midge__bsd_names names;
    unsigned families; /* that names are asked for: bit 0 IPv4, bit 1 IPv6 */
    struct midge_addr conf_servers[MIDGE_RESOLVER_SERVERS]; /* of MIDGE_BSD_RESOLV_CONF */
    unsigned n_conf_servers;
#if MIDGE_BSD_ENDS_ONCE
    fd_set ended; /* sockets of which recv has said EOF */
#endif
#if !MIDGE_BSD_SELECT
    struct pollfd polled[]; /* config.max_socks, then the own ones */
#endif
};

/* socket.c */
int midge__bsd_tcp_connect(void *ctx, const struct midge_addr *addr, uint16_t port,
                           midge_sock *sock, int *native);
int midge__bsd_tcp_connected(void *ctx, midge_sock sock, int *native);
int midge__bsd_tcp_recv(void *ctx, midge_sock sock, uint8_t *buf, size_t cap, size_t *n,
                        int *native);
int midge__bsd_tcp_send(void *ctx, midge_sock sock, const uint8_t *buf, size_t len, size_t *n,
                        int *native);
void midge__bsd_tcp_close(void *ctx, midge_sock sock);

/* wait_poll.c, wait_select.c: wait for two lists of sockets, and write all revents. PORT. */
int midge__bsd_wait(struct bsd *p, struct midge_pollfd *fds, size_t n, struct midge_pollfd *own,
                    size_t n_own, int timeout_ms);
bool midge__bsd_is_writable(int fd); /* now */

/* wake.c */
int midge__bsd_wake_open(struct bsd *p);
void midge__bsd_wake_close(struct bsd *p);
void midge__bsd_wake(void *ctx);
int midge__bsd_wake_limit(const struct bsd *p, int timeout_ms); /* the timeout, perhaps lowered */
void midge__bsd_wake_take(struct bsd *p, bool is_readable);

/* names.c */
void midge__bsd_dns_open(struct bsd *p);
int midge__bsd_dns_start(void *ctx, const char *host, struct midge_dns_query *query);
void midge__bsd_dns_cancel(void *ctx, struct midge_dns_query *query);

/* resolv_conf.c: reads the name servers of MIDGE_BSD_RESOLV_CONF, if it is defined. */
void midge__bsd_read_conf(struct bsd *p);

/* defaults.c: sets the calls that are NULL and have a default here. */
void midge__bsd_set_defaults(struct midge_port *port);

#endif
