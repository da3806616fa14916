/* SPDX-License-Identifier: MIT */
/*
 * Private to port/lwip_sockets: the functions that its files share. A program has one lwIP, so each
 * file has one state, static, and the ctx of the port's calls remains the board's. lwip_sockets.c
 * calls socket.c, resolver.c (or dns.c) and wake.c; these call wake.c and socket.c.
 *
 * Two threads meet here: the client's, in the port's calls, and lwIP's (tcpip_thread), in
 * callbacks. SYS_ARCH_PROTECT protects the data that both use, except two flags that interrupts set
 * too. lwIP's thread calls no code of the client: it records the event and ends the poll, which
 * reads the record.
 */
#ifndef MIDGE_LWIP_SOCKETS_H
#define MIDGE_LWIP_SOCKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lwip/opt.h>

#if NO_SYS
#error "port/lwip_sockets needs an RTOS under lwIP (NO_SYS 0); a superloop takes port/lwip_raw"
#endif
#if !LWIP_SOCKET || !LWIP_SOCKET_POLL || !LWIP_TCP || !LWIP_UDP || !LWIP_DNS
#error "port/lwip_sockets needs LWIP_SOCKET, LWIP_SOCKET_POLL, LWIP_TCP, LWIP_UDP and LWIP_DNS"
#endif
#if LWIP_ARP && !ARP_QUEUEING
#error "lwipopts.h: set ARP_QUEUEING 1, else requests that start together lose packets"
#endif
#if !SYS_LIGHTWEIGHT_PROT
#error "port/lwip_sockets needs SYS_LIGHTWEIGHT_PROT 1: pbufs are freed from several threads"
#endif

#include <lwip/api.h>
#include <lwip/priv/sockets_priv.h>
#include <lwip/sockets.h>
#include <lwip/sys.h>
#include <lwip/tcpip.h>

#include "midge/err.h"
#include "midge/features.h"
#include "midge/port.h"
#include "midge/port_lwip.h"

#include "../native.h"

/* Lookups at once. Each takes a UDP socket of lwIP, while its connections have none yet. */
#ifndef MIDGE_LWIP_LOOKUPS
#define MIDGE_LWIP_LOOKUPS 4
#endif

/* For bsd_sockets.h and bsd_names.h. */
#define MIDGE__BSD(call)       lwip_##call
#define MIDGE__BSD_OPEN        midge__lws_open
#define MIDGE__BSD_SEND_FLAGS  0
#define MIDGE__BSD_INTERRUPTED false
#define MIDGE__BSD_IPV4        LWIP_IPV4
#define MIDGE__BSD_IPV6        LWIP_IPV6
#define MIDGE__BSD_LOOKUPS     MIDGE_LWIP_LOOKUPS

/* Their sockets, for each family of servers, and one of TCP. */
#if MIDGE_WITH_RESOLVER
#define MIDGE__LWS_DNS_SOCKS (MIDGE_LWIP_LOOKUPS * (LWIP_IPV4 + LWIP_IPV6) + 1)
#else
#define MIDGE__LWS_DNS_SOCKS 0
#endif

/* wake.c */
void midge__lws_wake(void *ctx);
/* The wake's socket is made in the client's thread. NO_MEMORY: lwIP has no socket or message. */
int midge__lws_wake_open(void);
void midge__lws_wake_close(void);
int midge__lws_wake_fd(void);
/* A wake came that no poll has answered yet; take answers it. */
bool midge__lws_wake_asked(void);
void midge__lws_wake_take(void);
/* In lwIP's thread: ends the poll in progress, or the next one. */
void midge__lws_raise(void);

/* socket.c. native is lwIP's errno. */
int midge__lws_connect(void *ctx, const struct midge_addr *addr, uint16_t port, midge_sock *sock,
                       int *native);
int midge__lws_connected(void *ctx, midge_sock sock, int *native);
int midge__lws_recv(void *ctx, midge_sock sock, uint8_t *buf, size_t cap, size_t *n, int *native);
int midge__lws_send(void *ctx, midge_sock sock, const uint8_t *buf, size_t len, size_t *n,
                    int *native);
void midge__lws_close(void *ctx, midge_sock sock);

/* A socket, non-blocking; -1 and errno. */
int midge__lws_open(int family, int type);

/* resolver.c, or dns.c without MIDGE_WITH_RESOLVER, where native is lwIP's err_t */
int midge__lws_dns_start(void *ctx, const char *host, struct midge_dns_query *query);
void midge__lws_dns_cancel(void *ctx, struct midge_dns_query *query);
/* Before a poll: the lesser of timeout_ms (negative: no limit) and the time that lookups need. */
int midge__lws_dns_sleep_ms(int timeout_ms);
/* After a poll: completes lookups. */
void midge__lws_dns_deliver(void);
#if MIDGE_WITH_RESOLVER
void midge__lws_dns_attach(const struct midge_port *port);
/* Writes the sockets of lookups, at most cap; returns their number. */
size_t midge__lws_dns_interest(struct midge_pollfd *fds, size_t cap);
#define midge__lws_dns_drop() ((void)0)
#else
#define midge__lws_dns_attach(port)       ((void)(port))
#define midge__lws_dns_interest(fds, cap) ((void)(fds), (void)(cap), (size_t)0)
/* In lwIP's thread, while the client's thread waits for it: drops all lookups. */
void midge__lws_dns_drop(void);
#endif

#endif
