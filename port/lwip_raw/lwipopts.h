/* SPDX-License-Identifier: MIT */
/*
 * lwIP 2.2 without an operating system, for midge: an HTTPS client, TCP and DNS over Ethernet. A
 * board changes a size in its own folder's lwip_board.h, which is read first and may be absent:
 *
 *     #define LWIP_BOARD_SMALL 1        for parts with 64 KB of RAM; else the roomy sizes
 *     #define MIDGE_LWIP_SOCKS 4        connections at once
 *     #define LWIP_DHCP 0
 *
 * All memory is static, so the linker's map shows how much lwIP takes:
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

/* --- The system: one superloop --- */

#define NO_SYS               1
#define SYS_LIGHTWEIGHT_PROT 0 /* no interrupt enters lwIP: the driver is polled */
#define LWIP_NETCONN         0 /* port/lwip_raw uses the raw API */
#define LWIP_SOCKET          0
#define LWIP_TIMERS          1 /* run by each poll */
#ifndef LWIP_SINGLE_NETIF
#define LWIP_SINGLE_NETIF 1 /* one Ethernet interface: no list to walk */
#endif
#ifndef LWIP_STATS
#define LWIP_STATS 0 /* nothing reads the counters */
#endif
#ifdef NDEBUG
#define LWIP_NOASSERT 1
#endif

/* --- How many, how large --- */

/* Connections of the client at once, including those still closing. Each one needs its window and
   its share of the send heap, below, and some 200 bytes more. */
#ifndef MIDGE_LWIP_SOCKS
#define MIDGE_LWIP_SOCKS 8
#endif

/* 1460 fills an Ethernet frame. Every path carries 536: a short message costs less memory there. */
#ifndef TCP_MSS
#define TCP_MSS (LWIP_BOARD_SMALL ? 536 : 1460)
#endif

/* Bytes that a peer may send before the next acknowledgement. Two segments keep it sending (one ACK
   for every second segment); four to eight fill a fast link. More overruns the FIFO of small
   Ethernet chips (LAN9118: 10.5 KB). */
#ifndef TCP_WND
#define TCP_WND ((LWIP_BOARD_SMALL ? 2 : 4) * TCP_MSS)
#endif

/* Bytes sent and not yet acknowledged: a connection's upload waits when it is full. At least two
   segments. */
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
/* For frames that are never kept (ARP, DNS, DHCP, acknowledgements) while all windows are full. */
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

/* --- Pools --- */

/* More than the sockets, as closed connections still exchange their last segments. When all are
   taken lwIP reuses those first, TIME-WAIT before the others, because socket.c lowers their
   priority. */
#ifndef MEMP_NUM_TCP_PCB
#define MEMP_NUM_TCP_PCB (MIDGE_LWIP_SOCKS + (LWIP_BOARD_SMALL ? 2 : 4))
#endif
#ifndef MEMP_NUM_TCP_PCB_LISTEN
#define MEMP_NUM_TCP_PCB_LISTEN 1 /* a client has none, but lwIP needs one */
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
#define MEMP_NUM_PBUF 4 /* lwIP's own references: ARP, ICMP */
#endif
#ifndef MEMP_NUM_SYS_TIMEOUT
#define MEMP_NUM_SYS_TIMEOUT (LWIP_NUM_SYS_TIMEOUT_INTERNAL + 2) /* two for the board */
#endif

/* --- TCP --- */

#define LWIP_TCP           1
#define LWIP_CALLBACK_API  1
#define LWIP_WND_SCALE     0 /* windows are small, and rxq.c and lwIP count in 16 bits then */
#define TCP_LISTEN_BACKLOG 0

/* Writable means: room for a segment. lwIP's default waits until a send buffer of two is empty. */
#define TCP_SNDLOWAT      (TCP_MSS - 1)
#define TCP_SNDQUEUELOWAT (TCP_SND_QUEUELEN - 1)

/* A TLS record comes whole in one call, so room kept for more bytes would be wasted. */
#define TCP_OVERSIZE 0

/* A connection whose peer acknowledges nothing is given up after three minutes (RFC 1122 4.2.3.5
   requires 100 s at least), not after lwIP's 38 s, unless a request's deadline is earlier. After
   its close this takes at most 20 s, because its unsent bytes occupy the shared heap (LINGER in
   socket.c). */
#ifndef TCP_MAXRTX
#define TCP_MAXRTX 6
#endif

/* Roomy: segments that came too early are kept, unless the pool runs out, so only a lost one is
   sent again. Small: they are dropped, and all segments after a lost one are sent again. */
#ifndef TCP_QUEUE_OOSEQ
#define TCP_QUEUE_OOSEQ (!LWIP_BOARD_SMALL)
#endif
#if TCP_QUEUE_OOSEQ
#define TCP_OOSEQ_MAX_PBUFS MIDGE_LWIP_WND_PBUFS
#endif

/* --- DNS --- */

#define LWIP_DNS 1
#define LWIP_DNS_SECURE                                                                            \
    (LWIP_DNS_SECURE_RAND_XID | LWIP_DNS_SECURE_NO_MULTIPLE_OUTSTANDING |                          \
     LWIP_DNS_SECURE_RAND_SRC_PORT)

/* Lookups at once, and names remembered. Each takes a name's length and some 30 bytes. Do not
   change DNS_MAX_REQUESTS: lwIP 2.2.1 reads beyond its table when that is larger. */
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
#define DNS_MAX_SOURCE_PORTS 4 /* a UDP PCB each; further lookups share them */
#endif
#ifndef MEMP_NUM_UDP_PCB
#define MEMP_NUM_UDP_PCB (DNS_MAX_SOURCE_PORTS + 2) /* DHCP, and one for the board */
#endif
/* A variable, so that tests can use a name server of their own. */
extern uint16_t midge_lwip_dns_port;
#define DNS_SERVER_PORT midge_lwip_dns_port

/* --- Other protocols: on and off --- */

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
#define LWIP_DHCP_DOES_ACD_CHECK 0 /* the server has checked; it would cost seconds at start */
#define LWIP_ACD                 0
#define LWIP_AUTOIP              0
#define LWIP_IGMP                0
#define LWIP_RAW                 0
#define LWIP_HAVE_LOOPIF         0 /* the device does not connect to itself */
#define LWIP_NETIF_LOOPBACK      0
#define IP_FORWARD               0
/* TCP never needs fragments and DNS answers are short; incomplete packets would occupy the pool. */
#define IP_REASSEMBLY 0
#define IP_FRAG       0
#ifndef LWIP_IPV6_REASS
#define LWIP_IPV6_REASS 0
#endif
#ifndef LWIP_IPV6_FRAG
#define LWIP_IPV6_FRAG 0
#endif

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
/* Each connection may use a neighbour of its own, beside the name servers. An entry that is evicted
   takes its packets with it. 24 bytes each. */
#ifndef ARP_TABLE_SIZE
#define ARP_TABLE_SIZE (MIDGE_LWIP_SOCKS + DNS_MAX_SERVERS)
#endif

#endif
