/* SPDX-License-Identifier: MIT */
/*
 * lwIP's sizes (port/lwip_raw/lwipopts.h) for a LAN9118 that is polled. What peers may send unasked
 * while the loop computes fits into its receive FIFO of 13,440 bytes: 8 windows of one segment, or
 * 4 of two. More would be lost in a handshake's longest step and come again only after a second.
 */
#ifndef MPS2_LWIP_BOARD_H
#define MPS2_LWIP_BOARD_H

#define MIDGE_LWIP_SOCKS 8
#define TCP_MSS          1460
#define TCP_WND          (1 * TCP_MSS)

#if MIDGE_LWIP_SOCKS * (TCP_WND + 60) > 13440
#error "windows are larger than the receive FIFO: frames would be lost"
#endif

#endif
