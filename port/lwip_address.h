/* SPDX-License-Identifier: MIT */
/* Address families, and lwIP's results of lookups, for both lwIP ports. */
#ifndef MIDGE_PORT_LWIP_ADDRESS_H
#define MIDGE_PORT_LWIP_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <lwip/dns.h>
#include <lwip/ip_addr.h>
#include <lwip/netif.h>

#include "midge/err.h"
#include "midge/features.h"
#include "midge/port.h"

/* 0: any. */
static inline bool midge__lwip_has_family(uint8_t family)
{
    return family == 0 || (family == 4 && LWIP_IPV4) || (family == 6 && LWIP_IPV6);
}

static inline u8_t midge__lwip_dns_type(uint8_t family)
{
    switch (family) {
    case 4:
        return LWIP_DNS_ADDRTYPE_IPV4;
    case 6:
        return LWIP_DNS_ADDRTYPE_IPV6;
    default:
        return LWIP_DNS_ADDRTYPE_DEFAULT;
    }
}

static inline void midge__lwip_query_fail(struct midge_dns_query *query, err_t err)
{
    query->err = MIDGE_ERR_RESOLVE;
    query->native = err;
    query->done = 1;
}

/* Sets the state of a query before any answer. False: the query has failed, because this build
   lacks its family. */
static inline bool midge__lwip_query_begin(struct midge_dns_query *query)
{
    query->count = 0;
    query->done = 0;
    query->err = MIDGE_OK;
    query->native = 0;
    query->impl = NULL;
    query->host = NULL;
    if (!midge__lwip_has_family(query->family)) {
        midge__lwip_query_fail(query, ERR_VAL);
        return false;
    }
    return true;
}

static inline void midge__lwip_addr(const ip_addr_t *ip, struct midge_addr *addr)
{
    memset(addr, 0, sizeof *addr);
#if LWIP_IPV6
    if (IP_IS_V6(ip)) {
        addr->family = 6;
        addr->scope = ip6_addr_zone(ip_2_ip6(ip));
        memcpy(addr->bytes, ip_2_ip6(ip)->addr, 16);
    }
#endif
#if LWIP_IPV4
    if (IP_IS_V4(ip)) {
        addr->family = 4;
        memcpy(addr->bytes, &ip_2_ip4(ip)->addr, 4);
    }
#endif
}

/* Adds one address to the query. */
static inline void midge__lwip_query_add(struct midge_dns_query *query, const ip_addr_t *ip)
{
    midge__lwip_addr(ip, &query->addrs[query->count++]);
}

/* Adds the loopback address of the family, if this build has the family. */
static inline void midge__lwip_query_add_loopback(struct midge_dns_query *query, uint8_t family)
{
    ip_addr_t ip;

#if LWIP_IPV6
    if (family == 6) {
        IP_ADDR6_HOST(&ip, 0, 0, 0, 1);
        midge__lwip_query_add(query, &ip);
    }
#endif
#if LWIP_IPV4
    if (family == 4) {
        IP_ADDR4(&ip, 127, 0, 0, 1);
        midge__lwip_query_add(query, &ip);
    }
#endif
}

/* Answers with those of the query's family. */
static inline void midge__lwip_answer_localhost(struct midge_dns_query *query)
{
    if (query->family != 6) {
        midge__lwip_query_add_loopback(query, 4);
    }
    if (query->family != 4) {
        midge__lwip_query_add_loopback(query, 6);
    }
    if (query->count == 0) {
        midge__lwip_query_fail(query, ERR_VAL);
    }
    query->done = 1;
}

#if MIDGE_WITH_RESOLVER

/* lwIP's name servers, which the firmware or DHCP sets. In lwIP's thread, or with its lock. */
static inline unsigned midge__lwip_servers(struct midge_addr *servers, unsigned cap)
{
    unsigned n = 0;

    for (u8_t i = 0; i < DNS_MAX_SERVERS && n < cap; i++) {
        const ip_addr_t *ip = dns_getserver(i);
        if (!ip_addr_isany(ip)) {
            midge__lwip_addr(ip, &servers[n++]);
        }
    }
    return n;
}

#if LWIP_IPV6
static inline bool midge__lwip_has_route6(const struct netif *netif)
{
    for (s8_t i = 0; i < LWIP_IPV6_NUM_ADDRESSES; i++) {
        if (ip6_addr_isvalid(netif_ip6_addr_state(netif, i)) &&
            !ip6_addr_islinklocal(netif_ip6_addr(netif, i)) &&
            !ip6_addr_isloopback(netif_ip6_addr(netif, i))) {
            return true;
        }
    }
    return false;
}
#endif

/* The families of which an interface has an address that leads to other networks: bit 0 IPv4, bit 1
   IPv6. In lwIP's thread, or with its lock. */
static inline unsigned midge__lwip_families(void)
{
    unsigned families = 0;
    const struct netif *netif;

    NETIF_FOREACH(netif)
    {
#if LWIP_IPV4
        families |=
            !ip4_addr_isany(netif_ip4_addr(netif)) && !ip4_addr_isloopback(netif_ip4_addr(netif));
#endif
#if LWIP_IPV6
        families |= midge__lwip_has_route6(netif) ? 2u : 0;
#endif
    }
    return families;
}

#endif

/* lwIP cannot cancel a lookup. Without name servers, lwIP fails all lookups at their next try,
   without sending a packet, and calls their callbacks inside this function. Call it only when every
   pending lookup was cancelled. */
static inline void midge__lwip_dns_flush(void)
{
    ip_addr_t servers[DNS_MAX_SERVERS];

    for (u8_t i = 0; i < DNS_MAX_SERVERS; i++) {
        servers[i] = *dns_getserver(i);
        dns_setserver(i, NULL);
    }
    for (unsigned i = 0; i < DNS_MAX_RETRIES; i++) {
        dns_tmr(); /* a second for lwIP; tries are fewer than DNS_MAX_RETRIES seconds apart */
    }
    for (u8_t i = 0; i < DNS_MAX_SERVERS; i++) {
        dns_setserver(i, &servers[i]);
    }
}

#endif
