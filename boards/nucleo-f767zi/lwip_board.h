/* SPDX-License-Identifier: MIT */
/*
 * lwIP's sizes (port/lwip_raw/lwipopts.h) for 512 KB of RAM and a receive ring of 40 frames: the
 * windows of all connections fit into it, so nothing is lost while the loop computes.
 */
#ifndef F767_LWIP_BOARD_H
#define F767_LWIP_BOARD_H

#define LWIP_STATS   1 /* of its pools and heap: the report shows their highest use */
#define LINK_STATS   0
#define ETHARP_STATS 0
#define IP_STATS     0
#define ICMP_STATS   0
#define UDP_STATS    0
#define TCP_STATS    0
#define SYS_STATS    0

#define MIDGE_LWIP_SOCKS 8
#define TCP_MSS          1460
#define TCP_WND          (4 * TCP_MSS)

#define STM32_RING_RX 40u
#if MIDGE_LWIP_SOCKS * (TCP_WND / TCP_MSS) > STM32_RING_RX
#error "windows are larger than the receive ring: frames would be lost"
#endif

#endif
