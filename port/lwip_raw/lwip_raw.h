/* SPDX-License-Identifier: MIT */
/*
 * Private to port/lwip_raw: its one state and the functions that its files share. A program has one
 * lwIP, so there is one state, and the ctx of the port's calls remains the board's.
 *
 * lwIP's callbacks only record events in this state and call no code of the client. poll reads the
 * state afterwards.
 */
#ifndef MIDGE_LWIP_RAW_H
#define MIDGE_LWIP_RAW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lwip_needs.h"

#include "lwip/def.h"
#include "lwip/pbuf.h"

#include "midge/err.h"
#include "midge/port.h"
#include "midge/port_lwip.h"

#include "../native.h"

/* The events since the last poll. */
struct lwip_raw {
    const struct midge_port *port;        /* clocks and entropy of the board */
    const struct midge_lwip_raw *machine; /* pump and idle */
    uint32_t events;                      /* counts lwIP's callbacks */
    bool answered;                        /* a lookup has ended */
};
extern struct lwip_raw midge__lwip;

/* random.c: makes the key; nothing may be sent before. ENTROPY: the port has no entropy. */
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
uint8_t midge__lwip_ready(midge_sock sock, uint8_t events); /* revents */

/* dns.c */
int midge__lwip_dns_start(void *ctx, const char *host, struct midge_dns_query *query);
void midge__lwip_dns_cancel(void *ctx, struct midge_dns_query *query);
void midge__lwip_dns_run(void); /* starts queries that waited for a slot */

#endif
