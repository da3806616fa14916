/* SPDX-License-Identifier: MIT */
/*
 * The name servers of Zephyr's own resolver: CONFIG_DNS_SERVER1 and others, and those that DHCP, a
 * router or a modem gave. Without CONFIG_DNS_RESOLVER there are none, and the program gives a list.
 */
#include <string.h>

#include <zephyr/kernel.h>
#include <zephyr/net/net_if.h>
#include <zephyr/net/net_ip.h>
#if defined(CONFIG_DNS_RESOLVER)
#include <zephyr/net/dns_resolve.h>
#endif

#include "midge/features.h"

#include "zephyr_port.h"

#if defined(CONFIG_DNS_RESOLVER)

static bool read_server(const struct sockaddr *from, struct midge_addr *addr)
{
    memset(addr, 0, sizeof *addr);
    if (from->sa_family == AF_INET) {
        const struct sockaddr_in *in = (const struct sockaddr_in *)(const void *)from;
        addr->family = 4;
        memcpy(addr->bytes, &in->sin_addr, 4);
        return true;
    }
    if (MIDGE_WITH_IPV6 && from->sa_family == AF_INET6) {
        const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)(const void *)from;
        addr->family = 6;
        memcpy(addr->bytes, &in6->sin6_addr, 16);
        addr->scope = in6->sin6_scope_id;
        return true;
    }
    return false;
}

/* A multicast server is one of mDNS or LLMNR. */
static bool is_unicast(const struct midge_addr *addr)
{
    return addr->family == 4 ? (addr->bytes[0] & 0xf0) != 0xe0 : addr->bytes[0] != 0xff;
}

unsigned midge__zephyr_name_servers(void *home, struct midge_addr *servers, unsigned cap)
{
    struct dns_resolve_context *context = dns_resolve_get_default();
    unsigned n = 0;

    (void)home;
    if (context == NULL) {
        return 0;
    }
    k_mutex_lock(&context->lock, K_FOREVER);
    for (size_t i = 0; i < ARRAY_SIZE(context->servers) && n < cap; i++) {
        if (read_server(&context->servers[i].dns_server, &servers[n]) && is_unicast(&servers[n])) {
            n++;
        }
    }
    k_mutex_unlock(&context->lock);
    return n;
}

#else

unsigned midge__zephyr_name_servers(void *home, struct midge_addr *servers, unsigned cap)
{
    (void)home, (void)servers, (void)cap;
    return 0;
}

#endif

/* IPv6 once an interface has an address that is no link-local one. */
unsigned midge__zephyr_families(void *home)
{
    unsigned families = IS_ENABLED(CONFIG_NET_IPV4) ? 1 : 0;

    (void)home;
#if defined(CONFIG_NET_NATIVE_IPV6)
    struct net_if *any = NULL;

    if (net_if_ipv6_get_global_addr(NET_ADDR_PREFERRED, &any) != NULL) {
        families |= 2;
    }
#endif
    return families;
}
