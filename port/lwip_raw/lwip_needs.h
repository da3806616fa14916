/* SPDX-License-Identifier: MIT */
/*
 * The requirements of the port on lwipopts.h, each with an error text that says what to do. Options
 * that are not named here are free; port/PORTING.md gives advice for them.
 */
#ifndef MIDGE_LWIP_NEEDS_H
#define MIDGE_LWIP_NEEDS_H

#include "lwip/opt.h"

#ifdef LWIP_HOOK_FILENAME
#include LWIP_HOOK_FILENAME
#endif

#include "lwip_sizes.h"

#ifndef MIDGE_LWIP_SOCKS
#error "lwipopts.h: define MIDGE_LWIP_SOCKS, the client's connections at once, 4 for example"
#define MIDGE_LWIP_SOCKS 1 /* so that this is the only error */
#endif

/* --- The system --- */

#if !NO_SYS
#error "lwipopts.h: set NO_SYS 1 for port/lwip_raw; with an RTOS take port/lwip_sockets"
#endif
#if !LWIP_TIMERS
#error "lwipopts.h: set LWIP_TIMERS 1 for port/lwip_raw, whose polls run lwIP's timers"
#endif

/* --- TCP --- */

#if !LWIP_TCP
#error "lwipopts.h: set LWIP_TCP 1 for port/lwip_raw"
#endif
#if !LWIP_CALLBACK_API
#error "lwipopts.h: set LWIP_CALLBACK_API 1 for port/lwip_raw, which learns of events by it"
#endif
#if LWIP_WND_SCALE
#error "lwipopts.h: set LWIP_WND_SCALE 0 for port/lwip_raw, which counts windows in 16 bits"
#endif

/* --- Names --- */

#if !LWIP_UDP
#error "lwipopts.h: set LWIP_UDP 1 for port/lwip_raw, as DNS needs it"
#endif
#if !LWIP_DNS
#error "lwipopts.h: set LWIP_DNS 1 for port/lwip_raw"
#endif
#if LWIP_DNS_SECURE != (LWIP_DNS_SECURE_RAND_XID | LWIP_DNS_SECURE_NO_MULTIPLE_OUTSTANDING |       \
                        LWIP_DNS_SECURE_RAND_SRC_PORT)
#error "lwipopts.h: set all three flags of LWIP_DNS_SECURE, else DNS answers can be forged"
#endif
#if defined(DNS_MAX_REQUESTS) && DNS_MAX_REQUESTS > DNS_TABLE_SIZE
#error "lwipopts.h: DNS_MAX_REQUESTS above DNS_TABLE_SIZE makes lwIP 2.2.1 read out of bounds"
#endif

/* --- Random numbers: arch/cc.h provides them where NO_SYS is set --- */

#if NO_SYS && !defined(LWIP_RAND)
#error "lwipopts.h: define LWIP_RAND, midge__lwip_rand for example, else DNS ids can be guessed"
#endif
#if NO_SYS && !defined(LWIP_HOOK_TCP_ISN)
#error "LWIP_HOOK_FILENAME: include lwip_hooks.h, else TCP's sequence numbers can be guessed"
#endif

/* --- ARP --- */

#if LWIP_ARP && !ARP_QUEUEING
#error "lwipopts.h: set ARP_QUEUEING 1, else requests that start together lose packets"
#endif
#if LWIP_ARP && ARP_QUEUE_LEN != 0 && ARP_QUEUE_LEN < MIDGE_LWIP_SOCKS
#error "lwipopts.h: set ARP_QUEUE_LEN to MIDGE_LWIP_SOCKS + 2, a packet for each connection"
#endif
#if LWIP_ARP && MEMP_NUM_ARP_QUEUE < MIDGE_LWIP_SOCKS
#error "lwipopts.h: set MEMP_NUM_ARP_QUEUE to MIDGE_LWIP_SOCKS + 2, one for each connection"
#endif

/* --- Sizes: these may be expressions that only the compiler can evaluate --- */

#include "lwip/pbuf.h"

_Static_assert(MIDGE_LWIP_SOCKS >= 1 && MIDGE_LWIP_SOCKS <= 255,
               "lwipopts.h: MIDGE_LWIP_SOCKS must be 1 to 255");
_Static_assert(
    MIDGE_LWIP_WINDOWS + MIDGE_LWIP_RESERVE <= PBUF_POOL_SIZE * TCP_MSS &&
        MIDGE_LWIP_WINDOW_PBUFS + MIDGE_LWIP_RESERVE_PBUFS <= PBUF_POOL_SIZE,
    "lwipopts.h: the pbuf pool must hold the windows of all connections: set PBUF_POOL_SIZE "
    "to MIDGE_LWIP_WINDOW_PBUFS + MIDGE_LWIP_RESERVE_PBUFS of lwip_sizes.h, or lower "
    "MIDGE_LWIP_SOCKS or TCP_WND");
_Static_assert(PBUF_POOL_BUFSIZE >= TCP_MSS + ETH_PAD_SIZE + 14 + PBUF_IP_HLEN + 20,
               "lwipopts.h: PBUF_POOL_BUFSIZE must hold a segment of TCP_MSS with its headers");
_Static_assert(MIDGE_LWIP_RESERVE_PBUFS >= 1,
               "lwipopts.h: MIDGE_LWIP_RESERVE_PBUFS must be 1 at least: ARP and DNS need buffers");
_Static_assert(MEM_SIZE >= 2 * MIDGE_LWIP_SEG_BYTES,
               "lwipopts.h: MEM_SIZE, the heap of lwIP, must hold two segments of TCP_MSS bytes");
_Static_assert(MEMP_NUM_TCP_PCB > MIDGE_LWIP_SOCKS,
               "lwipopts.h: MEMP_NUM_TCP_PCB must be larger than MIDGE_LWIP_SOCKS: closing "
               "connections need PCBs too");
_Static_assert(MEM_ALIGNMENT >= _Alignof(void *),
               "lwipopts.h: MEM_ALIGNMENT must be that of a pointer at least");

#endif
