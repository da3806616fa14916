/* SPDX-License-Identifier: MIT */
/* lwIP's sizes (port/lwip_raw/lwipopts.h) for 64 KB of RAM and a receive FIFO of 2 KB. */
#ifndef LM3S_LWIP_BOARD_H
#define LM3S_LWIP_BOARD_H

#define LWIP_BOARD_SMALL 1
#define MIDGE_LWIP_SOCKS 4

#endif
