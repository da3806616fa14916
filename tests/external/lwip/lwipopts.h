/* SPDX-License-Identifier: MIT */
/* The least that firmware without an operating system says; run.cmake leaves out one after another.
 */
#ifndef CONSUMER_LWIPOPTS_H
#define CONSUMER_LWIPOPTS_H

#ifndef NO_SYS
#define NO_SYS 1
#endif
#define LWIP_NETCONN 0
#define LWIP_SOCKET  0
#ifndef LWIP_DNS
#define LWIP_DNS 1
#endif
#ifndef ARP_QUEUEING
#define ARP_QUEUEING 1
#endif
#ifndef ARP_QUEUE_LEN
#define ARP_QUEUE_LEN (MIDGE_LWIP_SOCKS + 2)
#endif

#endif
