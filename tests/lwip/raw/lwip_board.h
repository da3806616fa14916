/* SPDX-License-Identifier: MIT */
/* The desktop as a board of port/lwip_raw, for tests: its roomy sizes. */
#ifndef MIDGE_TESTS_LWIP_BOARD_H
#define MIDGE_TESTS_LWIP_BOARD_H

#define MIDGE_LWIP_SOCKS 16
#define ETH_PAD_SIZE     2 /* aligns the IP header: the sanitizers look */
#define LWIP_DHCP        0 /* the address is known */
#define LWIP_IPV6_REASS  0 /* TCP needs no fragments, as with IPv4 */
#define LWIP_IPV6_FRAG   0
#define LWIP_STATS       1 /* tests look for what is not given back */
#define MEM_STATS        1
#define MEMP_STATS       1

#endif
