/* SPDX-License-Identifier: MIT */
/*
 * lwIP's sizes (port/lwip_raw/lwipopts.h) for a LAN9118 that is polled. The data that peers may
 * send while the loop computes fits into its receive FIFO: 8 windows of one segment, or 4 of two.
 * With larger windows, segments would be lost during a handshake's longest step and be sent again
 * only after a second.
 *
 * The FIFO has 13,440 bytes as lan9118.c sets it; QEMU's has 10,560 with any setting. So the
 * segments are shorter than possible: 8 of 1460 at once took 1.2 to 1.7 s in QEMU, of 1220 0.8 s.
 */
#ifndef MPS2_LWIP_BOARD_H
#define MPS2_LWIP_BOARD_H

#define LWIP_STATS   1 /* of its pools and heap: the report shows their highest use */
#define LINK_STATS   0
#define ETHARP_STATS 0
#define IP_STATS     0
#define ICMP_STATS   0
#define UDP_STATS    0
#define TCP_STATS    0
#define SYS_STATS    0

#define MIDGE_LWIP_SOCKS 8
#define TCP_MSS          1220
#define TCP_WND          (1 * TCP_MSS)

/* A segment's headers take 54 bytes, the checksum 4, and padding to a whole word. */
#if MIDGE_LWIP_SOCKS * (TCP_WND / TCP_MSS) * (TCP_MSS + 60) > 10560
#error "windows are larger than the receive FIFO: frames would be lost"
#endif

#endif
