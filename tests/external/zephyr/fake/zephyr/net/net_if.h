/* SPDX-License-Identifier: MIT */
/* As kernel.h. */
#ifndef FAKE_ZEPHYR_NET_IF_H
#define FAKE_ZEPHYR_NET_IF_H

#include <zephyr/net/net_ip.h>

struct net_if;
enum net_addr_state { NET_ADDR_TENTATIVE, NET_ADDR_PREFERRED };

struct in6_addr *net_if_ipv6_get_global_addr(enum net_addr_state state, struct net_if **iface);

#endif
