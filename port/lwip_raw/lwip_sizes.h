/* SPDX-License-Identifier: MIT */
/*
 * Sizes that follow from MIDGE_LWIP_SOCKS, TCP_WND and TCP_MSS, for lwipopts.h (this folder's, or
 * one of your own) and for the port's assertions. Macros only: it may be included first.
 */
#ifndef MIDGE_LWIP_SIZES_H
#define MIDGE_LWIP_SIZES_H

#define MIDGE_LWIP_WND_PBUFS    ((TCP_WND + TCP_MSS - 1) / TCP_MSS) /* buffers of one window */
#define MIDGE_LWIP_WINDOW_PBUFS (MIDGE_LWIP_SOCKS * MIDGE_LWIP_WND_PBUFS) /* of all windows */
#define MIDGE_LWIP_WINDOWS      (MIDGE_LWIP_SOCKS * TCP_WND)              /* their bytes */

/* For frames that are never kept (ARP, DNS, DHCP, acknowledgements) while all windows are full. */
#ifndef MIDGE_LWIP_RESERVE_PBUFS
#define MIDGE_LWIP_RESERVE_PBUFS 2
#endif
#define MIDGE_LWIP_RESERVE (MIDGE_LWIP_RESERVE_PBUFS * TCP_MSS)

/* A sent segment on the heap: its bytes, its headers, its pbuf, the heap's own header. */
#define MIDGE_LWIP_SEG_BYTES (TCP_MSS + 14 + 40 + 20 + 32)

#endif
