/* SPDX-License-Identifier: MIT */
/*
 * lwIP's sizes (port/lwip_raw/lwipopts.h) for 64 KB of RAM and a receive FIFO of 2 KB. With `tiny`,
 * whose records are 512 bytes, a window is one segment, so 10 connections take no more memory than
 * 5 with two segments. `small` has memory for one TLS connection only; a second socket is for plain
 * HTTP.
 */
#ifndef LM3S_LWIP_BOARD_H
#define LM3S_LWIP_BOARD_H

#define LWIP_BOARD_SMALL 1
#define TCP_MSS          536
#if defined(MIDGE_PROFILE_SMALL)
#define MIDGE_LWIP_SOCKS 2
#define MEMP_NUM_TCP_SEG 20 /* send queues of both connections, and some of closed ones */
#else
#define MIDGE_LWIP_SOCKS 10
#define DNS_TABLE_SIZE   8 /* names looked up at once */
#define TCP_WND          TCP_MSS
#define MEM_SIZE         2048 /* requests are short: some 3 full segments */
#define MEMP_NUM_TCP_SEG 32   /* the heap holds no more: the shortest segment takes 84 bytes */
#endif

#endif
