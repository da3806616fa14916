/* SPDX-License-Identifier: MIT */
/*
 * lwIP 2.2 with threads (lwIP's own port to POSIX), for the tests of port/lwip_sockets: sizes of a
 * roomy microcontroller, every check of lwIP's switched on. What firmware needs of this, and why,
 * is in port/lwip_sockets/README.md.
 */
#ifndef MIDGE_TESTS_LWIPOPTS_H
#define MIDGE_TESTS_LWIPOPTS_H

/* ---- The system: threads ---- */

#define NO_SYS               0
#define SYS_LIGHTWEIGHT_PROT 1 /* pbufs and heap blocks are freed in several threads */

/* lwIP's calls take a mutex instead of a trip through its thread. Both ways are tested. */
#ifndef LWIP_TCPIP_CORE_LOCKING
#define LWIP_TCPIP_CORE_LOCKING 1
#endif
/* One semaphore a thread for ever, not one made and freed by each poll. */
#ifndef LWIP_NETCONN_SEM_PER_THREAD
#define LWIP_NETCONN_SEM_PER_THREAD 1
#endif
#define LWIP_NETCONN_FULLDUPLEX 0 /* a socket is one thread's */

/* Dies when lwIP's core is entered from a thread that may not. */
void sys_check_core_locking(void);
#define LWIP_ASSERT_CORE_LOCKED() sys_check_core_locking()

/* ---- Sockets ---- */

#define LWIP_SO_LINGER   1 /* what a hung server did not take is given up */
#define LWIP_NETCONN     1
#define LWIP_SOCKET      1
#define LWIP_SOCKET_POLL 1    /* what the port waits in */
#ifndef TEST_BSD              /* for port/lwip_sockets */
#define LWIP_SOCKET_SELECT  0 /* not called, and fd_set would be the system's */
#define LWIP_HAVE_LOOPIF    0 /* a wake needs no loopback */
#define LWIP_NETIF_LOOPBACK 0
#define TEST_OWN_SOCKS      1 /* the port's own */
#else /* for port/bsd: as an SDK has it that hides lwIP behind BSD's names */
#include <sys/select.h>
#define LWIP_SOCKET_SELECT  1
#define LWIP_HAVE_LOOPIF    1 /* a wake is a datagram */
#define LWIP_NETIF_LOOPBACK 1
#define TEST_OWN_SOCKS      10 /* the wake's, and those of lookups */
#endif
#define LWIP_COMPAT_SOCKETS         0 /* lwip_connect, not connect: that one is the system's */
#define LWIP_POSIX_SOCKETS_IO_NAMES 0 /* the same for read and close */

#define TEST_SOCKS              16                                /* of the client at once */
#define MEMP_NUM_NETCONN        (TEST_SOCKS + TEST_OWN_SOCKS + 1) /* one to spare */
#define MEMP_NUM_UDP_PCB        (DNS_MAX_SOURCE_PORTS + TEST_OWN_SOCKS + 1)
#define MEMP_NUM_TCP_PCB        (MEMP_NUM_NETCONN + 6) /* closed connections still say goodbye */
#define MEMP_NUM_TCP_PCB_LISTEN 1

/* Messages to lwIP's thread: frames, calls, wakes. The POSIX port ignores the mailboxes' sizes. */
#define TCPIP_MBOX_SIZE          32
#define MEMP_NUM_TCPIP_MSG_INPKT 32
#define MEMP_NUM_TCPIP_MSG_API   8
/* All segments of a window, its FIN and an error: lwIP forgets a FIN that finds the box full. */
#define DEFAULT_TCP_RECVMBOX_SIZE (2 * (TCP_WND / TCP_MSS) + 2)
#define DEFAULT_UDP_RECVMBOX_SIZE 16 /* two DNS answers at once, and forged ones */
#define DEFAULT_ACCEPTMBOX_SIZE   1
#define TCPIP_THREAD_STACKSIZE    0 /* the system's default */

/* ---- Memory ---- */

#define MEM_ALIGNMENT   __SIZEOF_POINTER__
#define ETH_PAD_SIZE    2 /* aligns the IP header: the sanitizers look */
#define MEM_LIBC_MALLOC 0 /* lwIP's own heap and pools, so that their statistics tell of leaks */
#define MEM_SIZE        (TEST_SOCKS * TCP_SND_BUF + 16384)

#define TCP_MSS          1460
#define TCP_WND          (4 * TCP_MSS)
#define TCP_SND_BUF      (4 * TCP_MSS)
#define TCP_SND_QUEUELEN (4 * (TCP_SND_BUF / TCP_MSS))
#define MEMP_NUM_TCP_SEG (MEMP_NUM_TCP_PCB * (TCP_SND_BUF / TCP_MSS + 2))

/* An advertised window cannot be taken back: a whole one for each connection, then connections that
   that is not read cannot starve the others. */
#define PBUF_POOL_SIZE    (TEST_SOCKS * (TCP_WND / TCP_MSS) + 16)
#define PBUF_POOL_BUFSIZE (TCP_MSS + ETH_PAD_SIZE + 14 + 40 + 20 + 2)

/* ---- DNS ---- */

#define LWIP_DNS 1
#ifndef DNS_TABLE_SIZE
#define DNS_TABLE_SIZE 4 /* fewer than the tests ask at once */
#endif
#define DNS_MAX_SOURCE_PORTS 4
#define MEMP_NUM_NETBUF      32 /* forged answers come before the right one */
#define DNS_MAX_SERVERS      1
extern unsigned short midge_lwip_dns_port; /* slirp_netif.c */
#define DNS_SERVER_PORT midge_lwip_dns_port

/* ---- What else is in, and what is not ---- */

#define LWIP_TCP      1
#define LWIP_UDP      1
#define LWIP_ARP      1
#define LWIP_ETHERNET 1
#define LWIP_ICMP     1
#define LWIP_IPV4     1
#ifndef LWIP_IPV6
#define LWIP_IPV6 0 /* the build says */
#endif
/* TCP never needs fragments; half-come packets would hold the pool. */
#define IP_REASSEMBLY   0
#define IP_FRAG         0
#define LWIP_IPV6_REASS 0
#define LWIP_IPV6_FRAG  0
#define LWIP_DHCP       0 /* the address is known */
#define LWIP_RAW        0
#define LWIP_IGMP       0

/* Connections that start together before the ARP answer has come: none of their SYNs and DNS
   questions is lost. */
#define ARP_QUEUEING       1
#define ARP_QUEUE_LEN      MEMP_NUM_ARP_QUEUE
#define MEMP_NUM_ARP_QUEUE (TEST_SOCKS + 2)
#define ARP_TABLE_SIZE     (TEST_SOCKS + DNS_MAX_SERVERS)

/* ---- Tests look ---- */

#define LWIP_STATS         1
#define LWIP_STATS_DISPLAY 0
#define MEM_STATS          1
#define MEMP_STATS         1
#define SYS_STATS          1

#endif
