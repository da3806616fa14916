/* SPDX-License-Identifier: MIT */
/*
 * IPv6 of a board: a link-local address from the Ethernet address (RFC 4291 2.5.6), and one address
 * for each prefix that a router announces (SLAAC, RFC 4862). lwIP does the rest: it sends the
 * router solicitation, checks that no other machine has the address, and renews it.
 */
#include "ipv6.h"

#if LWIP_IPV6

#include <lwip/ip6_addr.h>

void ipv6_begin(struct netif *netif)
{
    netif_create_ip6_linklocal_address(netif, 1);
    netif_set_ip6_autoconfig_enabled(netif, 1);
}

static bool is_usable(const struct netif *netif, int i)
{
    return ip6_addr_ispreferred(netif_ip6_addr_state(netif, i));
}

bool ipv6_ready(const struct netif *netif)
{
    for (int i = 0; i < LWIP_IPV6_NUM_ADDRESSES; i++) {
        if (is_usable(netif, i) && !ip6_addr_islinklocal(netif_ip6_addr(netif, i))) {
            return true;
        }
    }
    return false;
}

const char *ipv6_text(const struct netif *netif, int i)
{
    return is_usable(netif, i) ? ip6addr_ntoa(netif_ip6_addr(netif, i)) : NULL;
}

#endif
