/* SPDX-License-Identifier: MIT */
/* For test_lwip_raw.c: port/lwip_raw at its smallest, counted, on a wire that a test scripts. */
#ifndef MIDGE_TESTS_RAW_UNIT_LWIP_BOARD_H
#define MIDGE_TESTS_RAW_UNIT_LWIP_BOARD_H

#define LWIP_BOARD_SMALL 1
#define MIDGE_LWIP_SOCKS 3
#define LWIP_DHCP        0
#define DNS_TABLE_SIZE   2
#define DNS_MAX_SERVERS  1
#define ETH_PAD_SIZE     2 /* aligns the IP header: the sanitizers look */
#define LWIP_STATS       1
#define MEM_STATS        1
#define MEMP_STATS       1
/* The scripted peer computes none. */
#define CHECKSUM_CHECK_IP  0
#define CHECKSUM_CHECK_TCP 0
#define CHECKSUM_CHECK_UDP 0

#endif
