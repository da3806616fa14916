/* SPDX-License-Identifier: MIT */
/*
 * Private to port/lwip_raw: the functions that its files share. A program has one lwIP, so each
 * file has one state, static, and the ctx of the port's calls remains the board's. Calls go down
 * this list:
 *
 *     lwip_raw.c   poll, wake, attach
 *     resolver.c   names by port/resolver, or dns.c by lwIP's resolver
 *     socket.c     TCP
 *     rxq.c        received bytes   random.c   the key, for both
 *
 * lwIP's callbacks only record events, in the file that they belong to, and call no code of the
 * client. poll reads the records afterwards.
 */
#ifndef MIDGE_LWIP_RAW_H
#define MIDGE_LWIP_RAW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lwip_needs.h"

#include "lwip/def.h"
#include "lwip/ip_addr.h"
#include "lwip/pbuf.h"

#include "midge/err.h"
#include "midge/features.h"
#include "midge/port.h"
#include "midge/port_lwip.h"

#include "../localhost.h"
#include "../lwip_address.h"
#include "../native.h"

/* random.c */
/* The key is made from the entropy of this port, which is kept. */
void midge__lwip_seed_from(const struct midge_port *port);
/* Makes the key, once; nothing may be sent before. ENTROPY: the port has no entropy. */
int midge__lwip_seed(void);

/* rxq.c: adds received bytes, using as few pool buffers as they need. */
void midge__lwip_rxq_add(struct pbuf **queue, struct pbuf *p);
size_t midge__lwip_rxq_take(struct pbuf **queue, uint8_t *buf, size_t cap);

/* socket.c */
int midge__lwip_connect(void *ctx, const struct midge_addr *addr, uint16_t port, midge_sock *sock,
                        int *native);
int midge__lwip_connected(void *ctx, midge_sock sock, int *native);
int midge__lwip_recv(void *ctx, midge_sock sock, uint8_t *buf, size_t cap, size_t *n, int *native);
int midge__lwip_send(void *ctx, midge_sock sock, const uint8_t *buf, size_t len, size_t *n,
                     int *native);
void midge__lwip_close(void *ctx, midge_sock sock);
/* False for a family that this build lacks, and for a zone number that is too large for lwIP. */
bool midge__lwip_ip(const struct midge_addr *addr, ip_addr_t *ip);
uint8_t midge__lwip_ready(midge_sock sock, uint8_t events); /* revents */
uint32_t midge__lwip_events(void); /* counts lwIP's callbacks of all sockets */

/* resolver.c, or dns.c without MIDGE_WITH_RESOLVER */
int midge__lwip_dns_start(void *ctx, const char *host, struct midge_dns_query *query);
/* False: the query is done, as no server is asked for it. */
static inline bool midge__lwip_dns_asks(const char *host, struct midge_dns_query *query)
{
    bool asks = midge__lwip_query_begin(query) && !midge__is_localhost(host);
    if (!asks && !query->done) {
        midge__lwip_query_add_loopback(query, query->family == 6 ? 6 : 4);
        query->done = 1;
    }
    return asks;
}
void midge__lwip_dns_cancel(void *ctx, struct midge_dns_query *query);
/* Does what is due for lookups. True: a lookup has ended since the last run. */
bool midge__lwip_dns_run(void);
#if MIDGE_WITH_RESOLVER
void midge__lwip_dns_attach(const struct midge_port *port);
/* Milliseconds until the next run at the latest; UINT32_MAX: no lookup is under way. */
uint32_t midge__lwip_dns_left(void);
#else
#define midge__lwip_dns_attach(port) ((void)(port))
#define midge__lwip_dns_left()       UINT32_MAX
#endif

#endif
