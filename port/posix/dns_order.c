/* SPDX-License-Identifier: MIT */
/*
 * The order in which the addresses of a name are tried: the families alternate (RFC 8305 section
 * 4), IPv6 first unless RFC 6724 section 6 ranks IPv4 above it. c-ares has sorted each family.
 */
#include "posix.h"

#include <ares.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Finds the address from which this machine would send. No packet is sent. False: there is no
   route. */
static bool find_source(const struct ares_addrinfo_node *to, struct sockaddr_storage *source)
{
    socklen_t len = sizeof *source;
    const int fd = socket(to->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool found;

    if (fd < 0) {
        return false;
    }
    found = connect(fd, to->ai_addr, to->ai_addrlen) == 0 &&
            getsockname(fd, (struct sockaddr *)source, &len) == 0;
    (void)close(fd);
    return found;
}

bool midge__posix_dns_has_route(const struct ares_addrinfo_node *nodes)
{
    struct sockaddr_storage source;

    return nodes != NULL && find_source(nodes, &source);
}

/* The table of RFC 6724 2.1, for the kinds of IPv6 addresses in use today. */
enum label { LOOPBACK = 0, NATIVE = 1, SIX_TO_FOUR = 2, TEREDO = 5, UNIQUE_LOCAL = 13 };

static enum label label_of(const struct sockaddr *address)
{
    const uint8_t *bytes = ((const struct sockaddr_in6 *)(const void *)address)->sin6_addr.s6_addr;
    static const uint8_t teredo[4] = {0x20, 0x01, 0, 0};

    if (memcmp(bytes, &in6addr_loopback, 16) == 0) {
        return LOOPBACK;
    }
    if ((bytes[0] & 0xfe) == 0xfc) {
        return UNIQUE_LOCAL;
    }
    if (bytes[0] == 0x20 && bytes[1] == 0x02) {
        return SIX_TO_FOUR;
    }
    return memcmp(bytes, teredo, sizeof teredo) == 0 ? TEREDO : NATIVE;
}

/* Rules 1 (no route), 5 (the source's label is not the address's) and 6 (tunnels and unique local
   addresses come after IPv4). */
static bool is_ipv6_first(const struct ares_addrinfo_node *v4, const struct ares_addrinfo_node *v6)
{
    struct sockaddr_storage source;
    enum label label;

    if (v4 == NULL || v6 == NULL) {
        return v6 != NULL;
    }
    if (!find_source(v6, &source)) {
        return false;
    }
    label = label_of(v6->ai_addr);
    if (label <= NATIVE && label == label_of((const struct sockaddr *)&source)) {
        return true;
    }
    return !midge__posix_dns_has_route(v4);
}

void midge__posix_dns_add(struct midge_dns_query *query, uint8_t family, const void *bytes,
                          uint32_t scope)
{
    struct midge_addr *addr;

    if (query->count >= MIDGE_DNS_ADDRS) {
        return;
    }
    addr = &query->addrs[query->count++];
    memset(addr, 0, sizeof *addr);
    addr->family = family;
    addr->scope = scope;
    memcpy(addr->bytes, bytes, family == 4 ? 4 : 16);
}

static void add_node(struct midge_dns_query *query, const struct ares_addrinfo_node *node)
{
    if (node->ai_family == AF_INET) {
        const struct sockaddr_in *in = (const struct sockaddr_in *)(const void *)node->ai_addr;
        midge__posix_dns_add(query, 4, &in->sin_addr, 0);
    } else if (node->ai_family == AF_INET6) {
        const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)(const void *)node->ai_addr;
        midge__posix_dns_add(query, 6, &in6->sin6_addr, in6->sin6_scope_id);
    }
}

void midge__posix_dns_order(struct midge_dns_query *query, const struct ares_addrinfo_node *v4,
                            const struct ares_addrinfo_node *v6)
{
    const bool ipv6_first = is_ipv6_first(v4, v6);
    const struct ares_addrinfo_node *lists[2] = {ipv6_first ? v6 : v4, ipv6_first ? v4 : v6};

    while (lists[0] != NULL || lists[1] != NULL) {
        for (int i = 0; i < 2; i++) {
            if (lists[i] != NULL) {
                add_node(query, lists[i]);
                lists[i] = lists[i]->ai_next;
            }
        }
    }
}
