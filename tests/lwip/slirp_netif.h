/* SPDX-License-Identifier: MIT */
/*
 * A lwIP network interface on libslirp, all inside the process: an Ethernet with a router behind
 * it, that any user may run. It stands for a board's Ethernet chip on the desktop:
 *
 *     192.0.2.15, 2001:db8::15  lwIP, this interface
 *     192.0.2.2, 2001:db8::2    the router; as a peer it is the host's 127.0.0.1, ::1
 *     192.0.2.3                 a name server that relays to the host's resolver
 *
 *     static struct netif netif;
 *     slirp_netif_addresses(&ip, &mask, &router);
 *     netif_add(&netif, &ip, &mask, &router, NULL, slirp_netif_init, ethernet_input);
 *     slirp_netif_up(&netif);
 *     ...
 *     slirp_netif_poll(&netif, 0);       from the superloop, as a driver's receive
 *
 * With threads the input is tcpip_input, and one thread of its own calls slirp_netif_poll for ever.
 * Frames that lwIP has no pbuf for wait in a short queue, as in a chip's FIFO, then are dropped.
 */
#ifndef MIDGE_TESTS_SLIRP_NETIF_H
#define MIDGE_TESTS_SLIRP_NETIF_H

#include <lwip/err.h>
#include <lwip/ip4_addr.h>
#include <lwip/netif.h>

/* UDP port that lwIP asks name servers at: lwipopts.h has `#define DNS_SERVER_PORT
   midge_lwip_dns_port`, so that a test may have a name server of its own on the host. 53 unless
   set, before lwIP asks anything. */
extern unsigned short midge_lwip_dns_port;

/* 192.0.2.15, 255.255.255.0, 192.0.2.2 */
void slirp_netif_addresses(ip4_addr_t *ip, ip4_addr_t *mask, ip4_addr_t *router);

/* For netif_add; ERR_MEM when slirp cannot be had. The link is up afterwards. */
err_t slirp_netif_init(struct netif *netif);

/* netif_set_up, and the address for IPv6 where lwIP has that. */
void slirp_netif_up(struct netif *netif);

/* Waits at most timeout_ms (0: not at all, negative: no limit) for the host's sockets, for what
   lwIP sends or for a kick, and hands what was received to netif->input. */
void slirp_netif_poll(struct netif *netif, int timeout_ms);

/* From any thread: ends a slirp_netif_poll, the present or the next one. */
void slirp_netif_kick(struct netif *netif);

/* After netif_remove, when polls have ended. */
void slirp_netif_free(struct netif *netif);

#endif
