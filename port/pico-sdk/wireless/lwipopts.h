/* SPDX-License-Identifier: MIT */
/*
 * lwIP under cyw43_arch (poll or background mode), for midge: the options of port/lwip_raw, and
 * those that pico-sdk and its driver of the wireless chip want. Copy it into your project to change
 * sizes, or put a lwip_board.h before it in the search path.
 */
#ifndef MIDGE_PICO_W_LWIPOPTS_H
#define MIDGE_PICO_W_LWIPOPTS_H

#include <stdint.h>

/* The wireless chip has two interfaces: station and access point. */
#define LWIP_SINGLE_NETIF 0

/* cyw43-driver's lwIP glue sets the host name and follows the link. It copies frames of several
 * buffers. */
#define LWIP_NETIF_HOSTNAME        1
#define LWIP_NETIF_STATUS_CALLBACK 1
#define LWIP_NETIF_LINK_CALLBACK   1

/* pico-sdk's arch/cc.h stands in the place of port/lwip_raw's: what that defines for security.
   Without the first line pico-sdk gives lwIP get_rand_32, a software generator. */
uint32_t midge__lwip_rand(void);
#define LWIP_RAND          midge__lwip_rand
#define LWIP_HOOK_FILENAME "../../lwip_raw/lwip_hooks.h"
#define MEM_ALIGNMENT      4

/* lwIP 2.2.1 fails once in 16,384 starts when its first local port is the last one: not that one.
 */
#define TCP_LOCAL_PORT_RANGE_START 0xc000
#define TCP_LOCAL_PORT_RANGE_END   0xffff
#define TCP_ENSURE_LOCAL_PORT_RANGE(port)                                                          \
    ((u16_t)(0xc000 + (((port)&0x3fff) == 0x3fff ? 0 : ((port)&0x3fff))))

#include "../../lwip_raw/lwipopts.h"

#endif
