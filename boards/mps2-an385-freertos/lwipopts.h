/* SPDX-License-Identifier: MIT */
/*
 * lwIP 2.2 under FreeRTOS, for midge's port/lwip_sockets. The table in port/PORTING.md, "lwIP under
 * an RTOS", says which of these the port needs and what goes wrong without them.
 */
#ifndef FREERTOS_LWIPOPTS_H
#define FREERTOS_LWIPOPTS_H

#include <stdint.h>
#include <sys/time.h>

/* --- The system --- */

#define NO_SYS               0
#define SYS_LIGHTWEIGHT_PROT 1 /* pbufs are freed in several tasks */

/* 1: calls take a mutex. 0: each is a message to lwIP's task. Both are built (board.cmake). */
#ifndef LWIP_TCPIP_CORE_LOCKING
#define LWIP_TCPIP_CORE_LOCKING 1
#endif
/* One semaphore a task for ever, not one made and freed by each poll. */
#define LWIP_NETCONN_SEM_PER_THREAD 1

/* errno and struct timeval are newlib's; configUSE_NEWLIB_REENTRANT makes errno each task's own. */
#define LWIP_ERRNO_STDINCLUDE 1
#define LWIP_TIMEVAL_PRIVATE  0

/* midge_wake may come from interrupts (rtos.c). */
long rtos_in_interrupt(void);
#define MIDGE_LWIP_IN_INTERRUPT rtos_in_interrupt

/* boards/examples/rtos_thread.c: a task of FreeRTOS must not return. */
void rtos_task_delete(void);
#define RTOS_THREAD_DELETE rtos_task_delete

/* Stops when lwIP's core is entered without its lock, or by a task that is not lwIP's. */
#define LWIP_FREERTOS_CHECK_CORE_LOCKING 1
void sys_check_core_locking(void);
void sys_mark_tcpip_thread(void);
#define LWIP_ASSERT_CORE_LOCKED() sys_check_core_locking()
#define LWIP_MARK_TCPIP_THREAD()  sys_mark_tcpip_thread()
#if LWIP_TCPIP_CORE_LOCKING
void sys_lock_tcpip_core(void);
void sys_unlock_tcpip_core(void);
#define LOCK_TCPIP_CORE()   sys_lock_tcpip_core()
#define UNLOCK_TCPIP_CORE() sys_unlock_tcpip_core()
#endif
void rtos_assert(const char *file, int line);
#define LWIP_PLATFORM_ASSERT(x) rtos_assert(x, __LINE__)

/* --- Randomness: sequence numbers (RFC 6528), ids and ports of DNS (RFC 5452) --- */

unsigned rtos_random(void);
#define LWIP_RAND          rtos_random
#define LWIP_HOOK_FILENAME "tcp_isn.h" /* contrib/addons/tcp_isn; network.c gives it its secret */
#define LWIP_HOOK_TCP_ISN  lwip_hook_tcp_isn
#define LWIP_DNS_SECURE                                                                            \
    (LWIP_DNS_SECURE_RAND_XID | LWIP_DNS_SECURE_NO_MULTIPLE_OUTSTANDING |                          \
     LWIP_DNS_SECURE_RAND_SRC_PORT)

/* --- Sockets --- */

#define LWIP_NETCONN                1
#define LWIP_SOCKET                 1
#define LWIP_SOCKET_POLL            1 /* the port waits in it */
#define LWIP_SOCKET_SELECT          0
#define LWIP_COMPAT_SOCKETS         0
#define LWIP_POSIX_SOCKETS_IO_NAMES 0
#define LWIP_SO_LINGER              1 /* an upload to a hung server is given up */
#define LWIP_HAVE_LOOPIF            0 /* a wake needs no loopback */
#define LWIP_NETIF_LOOPBACK         0

#define RTOS_SOCKS              8                    /* max_connections of the client */
#define MEMP_NUM_NETCONN        (RTOS_SOCKS + 1 + 5) /* the wake's; lookups' (4 UDP, 1 TCP) */
#define MEMP_NUM_UDP_PCB        (1 + 1 + 4 + 1)      /* wake, DHCP, lookups; one to spare */
#define MEMP_NUM_NETBUF         8                    /* two answers for each lookup */
#define MEMP_NUM_TCP_PCB        (RTOS_SOCKS + 8)     /* closed connections still say goodbye */
#define MEMP_NUM_TCP_PCB_LISTEN 1

/* Messages to lwIP's task: frames, calls, wakes. */
#define TCPIP_MBOX_SIZE          32
#define MEMP_NUM_TCPIP_MSG_INPKT 8
#define MEMP_NUM_TCPIP_MSG_API   8
/* All segments of a window, its FIN and an error: lwIP forgets a FIN that finds the box full. */
#define DEFAULT_TCP_RECVMBOX_SIZE (2 * (TCP_WND / TCP_MSS) + 2)
#define DEFAULT_UDP_RECVMBOX_SIZE 4
#define DEFAULT_ACCEPTMBOX_SIZE   1

/* Above midge's task (3), or a handshake would hold up acknowledgements; below the driver's (6). */
#define TCPIP_THREAD_PRIO      5
#define TCPIP_THREAD_STACKSIZE 4096
#define TCPIP_THREAD_NAME      "lwip"

/* --- Memory --- */

#define MEM_ALIGNMENT    4
#define TCP_MSS          1460
#define TCP_WND          (2 * TCP_MSS)
#define TCP_SND_BUF      (4 * TCP_MSS)
#define TCP_SND_QUEUELEN 16
#define MEMP_NUM_TCP_SEG 128
#define MEM_SIZE         (RTOS_SOCKS * TCP_SND_BUF + 16384)
/* An advertised window cannot be taken back: a whole one for each connection, or connections that
   are not read starve the others. */
#define PBUF_POOL_SIZE (RTOS_SOCKS * (TCP_WND / TCP_MSS) + 8)

/* --- Other protocols --- */

#define LWIP_DNS        1
#define DNS_TABLE_SIZE  RTOS_SOCKS
#define DNS_MAX_SERVERS 2
extern uint16_t rtos_dns_port; /* the tests' name server has a port of its own */
#define DNS_SERVER_PORT rtos_dns_port

#define LWIP_IPV4                1
#define LWIP_IPV6                0
#define LWIP_DHCP                1
#define LWIP_DHCP_DOES_ACD_CHECK 0
#define LWIP_ACD                 0
#define LWIP_RAW                 0
#define IP_REASSEMBLY            0 /* fragments would hold the pool */
#define IP_FRAG                  0

/* Connections that start together before the ARP answer: none loses its SYN. */
#define ARP_QUEUEING       1
#define MEMP_NUM_ARP_QUEUE (RTOS_SOCKS + 2)
#define ARP_QUEUE_LEN      MEMP_NUM_ARP_QUEUE
#define ARP_TABLE_SIZE     (RTOS_SOCKS + DNS_MAX_SERVERS)

/* --- For the test: leaks --- */

#define LWIP_STATS         1
#define LWIP_STATS_DISPLAY 0
#define MEM_STATS          1
#define MEMP_STATS         1

#endif
