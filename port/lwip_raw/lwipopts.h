/* SPDX-License-Identifier: MIT */
/*
 * lwIP 2.2 without an operating system, for midge: an HTTPS client, TCP and DNS over Ethernet. A
 * board changes a size in its own folder's lwip_board.h, which is read first and may be absent:
 *
 *     #define LWIP_BOARD_SMALL 1        for parts with 64 KB of RAM; else the roomy sizes
 *     #define MIDGE_LWIP_SOCKS 4        connections at once
 *     #define LWIP_DHCP 0
 *
 * All memory is static, so that the linker's map tells what lwIP takes:
 *
 *                        MSS   window, send buffer   connections   received / sent / all of lwIP
 *     LWIP_BOARD_SMALL   536   2 segments            8             11 / 6 / 21 KB
 *     roomy              1460  4 segments            8             54 / 50 / 110 KB
 */
#ifndef MIDGE_LWIPOPTS_H
#define MIDGE_LWIPOPTS_H

#include <stdint.h>

#if __has_include("lwip_board.h")
#include "lwip_board.h"
#endif

#ifndef LWIP_BOARD_SMALL
#define LWIP_BOARD_SMALL 0
#endif

/* ---- The system: one superloop ---- */

#define NO_SYS               1
#define SYS_LIGHTWEIGHT_PROT 0 /* no interrupt enters lwIP: the driver is polled */
#define LWIP_NETCONN         0 /* the raw API is what port/lwip_raw turns into readiness */
#define LWIP_SOCKET          0
#define LWIP_TIMERS          1 /* run by each poll */
#ifndef LWIP_SINGLE_NETIF
#define LWIP_SINGLE_NETIF 1 /* one Ethernet: no list to walk */
#endif
#ifndef LWIP_STATS
#define LWIP_STATS 0 /* counters nobody reads */
#endif
#ifdef NDEBUG
#define LWIP_NOASSERT 1
#endif

/* ---- How many, how large ---- */

/* Connections of the client at once, those that wait for their close included. Each costs what
   its window and its share of the send heap cost, below, and some 200 bytes. */
#ifndef MIDGE_LWIP_SOCKS
#define MIDGE_LWIP_SOCKS 8
#endif

/* 1460 fills an Ethernet frame. 536 is what every path carries: a short flight costs less there. */
#ifndef TCP_MSS
#define TCP_MSS (LWIP_BOARD_SMALL ? 536 : 1460)
#endif

/* What a peer may send unasked. Two segments keep it sending (an ACK for every second one); four to
   eight fill a fast link. More overruns the FIFO of small Ethernet chips (LAN9118: 10.5 KB). */
#ifndef TCP_WND
#define TCP_WND ((LWIP_BOARD_SMALL ? 2 : 4) * TCP_MSS)
#endif

/* Sent and not yet acknowledged: a connection's upload waits when it is full. Two at least. */
#ifndef TCP_SND_BUF
#define TCP_SND_BUF ((LWIP_BOARD_SMALL ? 2 : 4) * TCP_MSS)
#endif

/* ---- Received data: the pbuf pool ----
   An advertised window cannot be taken back. With a whole window for each connection in the pool,
   paused or idle connections with unread data cannot starve the others; port/lwip_raw/rxq.c sees to
   it that a window of tiny segments takes no more buffers than one of full segments. The assertion
   is in port/lwip_raw/lwip_needs.h. The driver must receive into PBUF_POOL buffers. */

#ifndef ETH_PAD_SIZE
#define ETH_PAD_SIZE 0 /* 2 aligns the IP header, for cores and drivers that need it */
#endif

/* One full segment with its headers: Ethernet 14, IP 20 (IPv6 40), TCP 20, some options. */
#ifndef PBUF_POOL_BUFSIZE
#define PBUF_POOL_BUFSIZE (TCP_MSS + ETH_PAD_SIZE + 14 + (LWIP_IPV6 ? 40 : 20) + 20 + 2)
#endif
/* For what is never kept: ARP, DNS, DHCP, acknowledgements, while all windows are full. */
#ifndef MIDGE_LWIP_RESERVE_PBUFS
#define MIDGE_LWIP_RESERVE_PBUFS (LWIP_BOARD_SMALL ? 2 : 4)
#endif
#include "lwip_sizes.h"
#ifndef PBUF_POOL_SIZE
#define PBUF_POOL_SIZE (MIDGE_LWIP_WINDOW_PBUFS + MIDGE_LWIP_RESERVE_PBUFS)
#endif

/* ---- Sent data: the heap ----
   Roomy: a full send buffer for each connection. Small: half of that, as requests are short. It is
   shared: when it is empty a send answers AGAIN and goes on when anything is acknowledged; an
   upload that is stuck holds its part until its request's deadline ends it. */

#ifndef MEM_SIZE
#define MEM_SIZE                                                                                   \
    (MIDGE_LWIP_SOCKS * (TCP_SND_BUF / TCP_MSS) * MIDGE_LWIP_SEG_BYTES /                           \
         (LWIP_BOARD_SMALL ? 2 : 1) +                                                              \
     1024)
#endif
#define MEM_LIBC_MALLOC 0
#define MEMP_MEM_MALLOC 0

/* ---- Pools ---- */

/* More than the sockets: closed connections still say goodbye. When all are taken lwIP recycles
   those first, TIME-WAIT before the others, as socket.c lowers their priority. */
#ifndef MEMP_NUM_TCP_PCB
#define MEMP_NUM_TCP_PCB (MIDGE_LWIP_SOCKS + (LWIP_BOARD_SMALL ? 2 : 4))
#endif
#ifndef MEMP_NUM_TCP_PCB_LISTEN
#define MEMP_NUM_TCP_PCB_LISTEN 1 /* a client listens to nobody; lwIP wants one */
#endif

/* pbufs that one connection may have queued, and segments of all. A record and its header may be
   two pbufs of one segment. */
#ifndef TCP_SND_QUEUELEN
#define TCP_SND_QUEUELEN (4 * (TCP_SND_BUF / TCP_MSS))
#endif
#ifndef MEMP_NUM_TCP_SEG
#define MEMP_NUM_TCP_SEG (MEMP_NUM_TCP_PCB * (TCP_SND_BUF / TCP_MSS + 2) + TCP_SND_QUEUELEN)
#endif
#ifndef MEMP_NUM_PBUF
#define MEMP_NUM_PBUF 4 /* references of lwIP's own: ARP, ICMP */
#endif
#ifndef MEMP_NUM_SYS_TIMEOUT
#define MEMP_NUM_SYS_TIMEOUT (LWIP_NUM_SYS_TIMEOUT_INTERNAL + 2) /* two of the board's own */
#endif

/* ---- TCP ---- */

#define LWIP_TCP           1
#define LWIP_CALLBACK_API  1
#define LWIP_WND_SCALE     0 /* windows are small; rxq.c counts in 16 bits, as lwIP then does */
#define TCP_LISTEN_BACKLOG 0

/* Writable: room for a segment. lwIP's default waits until a send buffer of two is empty. */
#define TCP_SNDLOWAT      (TCP_MSS - 1)
#define TCP_SNDQUEUELOWAT (TCP_SND_QUEUELEN - 1)

/* A TLS record comes whole in one call: room kept for more to come would only be lost. */
#define TCP_OVERSIZE 0

/* A peer that acknowledges nothing is given up after three minutes (RFC 1122 4.2.3.5 asks for 100 s
   at least), not lwIP's 38, if no deadline of a request's is earlier; after its close within 20 s,
   as what it had yet to send is part of the shared heap (LINGER in socket.c). */
#ifndef TCP_MAXRTX
#define TCP_MAXRTX 6
#endif

/* Segments that came too early are kept, unless the pool runs out: a lost one is then sent alone.
   Small: dropped, all after the lost one is sent again. */
#ifndef TCP_QUEUE_OOSEQ
#define TCP_QUEUE_OOSEQ (!LWIP_BOARD_SMALL)
#endif
#if TCP_QUEUE_OOSEQ
#define TCP_OOSEQ_MAX_PBUFS MIDGE_LWIP_WND_PBUFS
#endif

/* ---- DNS ---- */

#define LWIP_DNS 1
#define LWIP_DNS_SECURE                                                                            \
    (LWIP_DNS_SECURE_RAND_XID | LWIP_DNS_SECURE_NO_MULTIPLE_OUTSTANDING |                          \
     LWIP_DNS_SECURE_RAND_SRC_PORT)

/* Lookups at once, and names remembered. Each takes a name's length and some 30 bytes. Leave
   DNS_MAX_REQUESTS alone: lwIP 2.2.1 reads beyond its table when that is larger. */
#ifndef DNS_TABLE_SIZE
#define DNS_TABLE_SIZE MIDGE_LWIP_SOCKS
#endif
#ifndef DNS_MAX_NAME_LENGTH
#define DNS_MAX_NAME_LENGTH (LWIP_BOARD_SMALL ? 64 : 256) /* a longer name is an error */
#endif
#ifndef DNS_MAX_SERVERS
#define DNS_MAX_SERVERS 2
#endif
#ifndef DNS_MAX_RETRIES
#define DNS_MAX_RETRIES 4 /* at 0, 1, 2 and 4 s, for each server */
#endif
#ifndef DNS_MAX_SOURCE_PORTS
#define DNS_MAX_SOURCE_PORTS 4 /* a UDP PCB each; more lookups share them */
#endif
#ifndef MEMP_NUM_UDP_PCB
#define MEMP_NUM_UDP_PCB (DNS_MAX_SOURCE_PORTS + 2) /* DHCP, and one of the board's own */
#endif
/* A variable, so that tests can have a name server of their own. */
extern uint16_t midge_lwip_dns_port;
#define DNS_SERVER_PORT midge_lwip_dns_port

/* ---- What else is in, and what is not ---- */

#define LWIP_UDP      1 /* DNS, DHCP */
#define LWIP_ARP      1
#define LWIP_ETHERNET 1
#define LWIP_ICMP     1 /* answers ping */
#define LWIP_IPV4     1
#ifndef LWIP_IPV6
#define LWIP_IPV6 0 /* 16 KB of flash, 4 KB of RAM; midge_lwip(… IPV6) compiles it */
#endif
#ifndef LWIP_DHCP
#define LWIP_DHCP 1
#endif
#define LWIP_DHCP_DOES_ACD_CHECK 0 /* the server did; it would cost seconds at start */
#define LWIP_ACD                 0
#define LWIP_AUTOIP              0
#define LWIP_IGMP                0
#define LWIP_RAW                 0
#define LWIP_HAVE_LOOPIF         0 /* the device does not talk to itself */
#define LWIP_NETIF_LOOPBACK      0
#define IP_FORWARD               0
/* TCP never needs fragments and DNS answers are short; half-come packets would hold the pool. */
#define IP_REASSEMBLY 0
#define IP_FRAG       0

/* ---- ARP ----
   Requests that start together right after boot go to an address whose ARP answer has not come.
   Without a queue lwIP keeps the last packet only, and each lost SYN or DNS question comes again
   one to three seconds later. Each connection sends one of these at a time; two more for the board,
   and for a question that is repeated. An entry takes 8 bytes. */
#define ARP_QUEUEING 1
#ifndef MEMP_NUM_ARP_QUEUE
#define MEMP_NUM_ARP_QUEUE (MIDGE_LWIP_SOCKS + 2)
#endif
#ifndef ARP_QUEUE_LEN
#define ARP_QUEUE_LEN MEMP_NUM_ARP_QUEUE /* of one address */
#endif
/* Each connection may go to a neighbour of its own, beside the name servers. An entry that is
   pushed out takes its packets with it. 24 bytes each. */
#ifndef ARP_TABLE_SIZE
#define ARP_TABLE_SIZE (MIDGE_LWIP_SOCKS + DNS_MAX_SERVERS)
#endif

#endif
