/* SPDX-License-Identifier: MIT */
/* The options of ESP-IDF's lwIP that its sockets' users depend on, by their defaults in menuconfig.
   A component cannot change that file. */
#ifndef LWIPOPTS_H
#define LWIPOPTS_H

#include <fcntl.h>
#include <sys/time.h>
#include <sys/types.h>
#include <unistd.h>

#include <sdkconfig.h>

#define NO_SYS                      0
#define SYS_LIGHTWEIGHT_PROT        1
#define LWIP_SOCKET                 1
#define LWIP_COMPAT_SOCKETS         0
#define LWIP_POSIX_SOCKETS_IO_NAMES 0
#define LWIP_SOCKET_OFFSET          (64 - MEMP_NUM_NETCONN)
#define LWIP_NETCONN_SEM_PER_THREAD 1
#define LWIP_TIMEVAL_PRIVATE        0
#define LWIP_ERRNO_STDINCLUDE       1
#define LWIP_IPV4                   1
#define LWIP_IPV6                   1
#define LWIP_IPV6_SCOPES            0
#define LWIP_DNS                    1
#define DNS_MAX_SERVERS             3
#define LWIP_DHCP                   1
#define LWIP_NETIF_LOOPBACK         1
#define LWIP_HAVE_LOOPIF            1
#define ARP_QUEUEING                1
#define MEMP_NUM_NETCONN            CONFIG_LWIP_MAX_SOCKETS
#define MEMP_MEM_MALLOC             1
#define MEM_LIBC_MALLOC             1
#define MEM_ALIGNMENT               4
#define LWIP_SO_RCVTIMEO            1
#define LWIP_SO_SNDTIMEO            1
#define SO_REUSE                    1
#define TCP_MSS                     1440
#define TCP_WND                     5760
#define TCP_SND_BUF                 5760
#define TCPIP_MBOX_SIZE             32
#define DEFAULT_TCP_RECVMBOX_SIZE   6
#define DEFAULT_UDP_RECVMBOX_SIZE   6
#define LWIP_TCPIP_CORE_LOCKING     0
#define LWIP_SO_LINGER              0

#endif
