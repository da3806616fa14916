/* SPDX-License-Identifier: MIT */
/*
 * Private to port/posix: the one struct behind the port and the functions that its files share.
 * Include it before any other header: it asks libc for getrandom, eventfd and 64-bit offsets.
 */
#ifndef MIDGE_POSIX_H
#define MIDGE_POSIX_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#ifndef _FILE_OFFSET_BITS
#define _FILE_OFFSET_BITS 64
#endif

#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "midge/err.h"
#include "midge/port.h"
#include "midge/port_posix.h"

#include "../native.h"

/* c-ares reports at most ARES_GETSOCK_MAXNUM sockets; dns.c checks that this is still true. */
#define POSIX_DNS_SOCKS 16

struct ares_channeldata;
struct ares_addrinfo_node;
struct posix_lookup;

struct posix {
    struct midge_port port;           /* given to the client; port.ctx points back here */
    struct ares_channeldata *channel; /* c-ares: one channel for all lookups */
    struct posix_lookup *lookups;     /* all records for which c-ares may still call back */
    size_t live_lookups;              /* records whose query was not cancelled */
    int wake_fd;                      /* eventfd */
    size_t max_socks;                 /* the client's share of polled */
    struct pollfd polled[];           /* max_socks, then wake_fd, then POSIX_DNS_SOCKS */
};

/* clock.c */
uint32_t midge__posix_clock_ms(void *ctx);
uint64_t midge__posix_clock_us(void *ctx);
int64_t midge__posix_wall_time(void *ctx);

/* entropy.c */
int midge__posix_entropy(void *ctx, uint8_t *buf, size_t len);

/* dns.c */
int midge__posix_dns_open(struct posix *p);
void midge__posix_dns_close(struct posix *p); /* touches no pending query */
int midge__posix_dns_start(void *ctx, const char *host, struct midge_dns_query *query);
void midge__posix_dns_cancel(void *ctx, struct midge_dns_query *query);
/* The sockets and events that c-ares waits for now, at most POSIX_DNS_SOCKS entries; lowers
 *timeout_ms (-1: none). */
size_t midge__posix_dns_interest(struct posix *p, struct pollfd *fds, int *timeout_ms);
/* Lets c-ares read, write, retry and time out, given poll's results for those entries. */
void midge__posix_dns_process(struct posix *p, const struct pollfd *fds, size_t n);

/* dns_order.c */
/* Does this machine have a route, with a source address, to the first of nodes? False for NULL. */
bool midge__posix_dns_has_route(const struct ares_addrinfo_node *nodes);
/* Puts the addresses of both families, each list in c-ares' order, into the query in the order to
   try. */
void midge__posix_dns_order(struct midge_dns_query *query, const struct ares_addrinfo_node *v4,
                            const struct ares_addrinfo_node *v6);
/* Adds one address; drops it when it does not fit. */
void midge__posix_dns_add(struct midge_dns_query *query, uint8_t family, const void *bytes,
                          uint32_t scope);

/* socket.c */
int midge__posix_zone(void *ctx, const char *name, uint32_t *scope);
int midge__posix_connect(void *ctx, const struct midge_addr *addr, uint16_t port, midge_sock *sock,
                         int *native);
int midge__posix_connected(void *ctx, midge_sock sock, int *native);
int midge__posix_recv(void *ctx, midge_sock sock, uint8_t *buf, size_t cap, size_t *n, int *native);
int midge__posix_send(void *ctx, midge_sock sock, const uint8_t *buf, size_t len, size_t *n,
                      int *native);
void midge__posix_sock_close(void *ctx, midge_sock sock);

/* file.c */
int midge__posix_file_open(void *ctx, const char *path, enum midge_file_mode mode, midge_file *file,
                           int *native);
int midge__posix_file_size(void *ctx, midge_file file, uint64_t *size);
int midge__posix_file_seek(void *ctx, midge_file file, uint64_t offset);
int midge__posix_file_read(void *ctx, midge_file file, uint8_t *buf, size_t cap, size_t *n,
                           int *native);
int midge__posix_file_write(void *ctx, midge_file file, const uint8_t *buf, size_t len,
                            int *native);
int midge__posix_file_finish(void *ctx, midge_file file, int commit, int *native);

/* sigpipe.c: call code that may raise SIGPIPE in this thread, without the signal. */
struct posix_sigpipe {
    sigset_t old_mask;
    int was_pending;
};
void midge__posix_sigpipe_hold(struct posix_sigpipe *s);
void midge__posix_sigpipe_release(const struct posix_sigpipe *s); /* keeps errno */

#endif
