/* SPDX-License-Identifier: MIT */
/* IPv6 addresses of a board (ipv6.c). lwIP without IPv6 (lwipopts.h): nothing. */
#ifndef BOARD_NET_IPV6_H
#define BOARD_NET_IPV6_H

#include <stdbool.h>

#include <lwip/netif.h>

#if LWIP_IPV6

/* The interface is up: makes its link-local address and asks for a router. */
void ipv6_begin(struct netif *netif);
/* Has it an address for other networks, which no other machine has? */
bool ipv6_ready(const struct netif *netif);
/* Address i, from 0 to IPV6_ADDRESSES - 1, in a buffer that the next call writes to. NULL: none. */
const char *ipv6_text(const struct netif *netif, int i);
#define IPV6_ADDRESSES LWIP_IPV6_NUM_ADDRESSES

#else

#define ipv6_begin(netif)   ((void)(netif))
#define ipv6_ready(netif)   ((void)(netif), true)
#define ipv6_text(netif, i) ((void)(netif), (void)(i), NULL)
#define IPV6_ADDRESSES      0

#endif

#endif
