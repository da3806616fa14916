/* SPDX-License-Identifier: MIT */
/*
 * Name lookup by midge's resolver on UDP sockets (bsd_names.h). The name servers and the families
 * are those that the program names in its configuration; otherwise the servers are those of
 * resolv.conf, read when a lookup starts and no other one is under way, and the families those to
 * which the stack has a route.
 */
#include "bsd.h"

#if MIDGE_WITH_RESOLVER

#include "../localhost.h"

enum { DNS_PORT = 53 };

static const struct bsd *port_of(const struct midge__resolver *r)
{
    return r->port->ctx;
}

/* --- Servers --- */

static unsigned copy(struct midge_addr *to, unsigned cap, const struct midge_addr *from, unsigned n)
{
    n = n < cap ? n : cap;
    for (unsigned i = 0; i < n; i++) {
        to[i] = from[i];
    }
    return n;
}

static unsigned find_servers(const struct midge__resolver *r, struct midge_addr *servers,
                             unsigned cap)
{
    const struct bsd *p = port_of(r);

    if (p->config.name_servers != NULL) {
        const unsigned n = p->config.name_servers(p->config.home, servers, cap);
        return n < cap ? n : cap;
    }
    if (p->config.servers != NULL) {
        return copy(servers, cap, p->config.servers, p->config.n_servers);
    }
    return copy(servers, cap, p->conf_servers, p->n_conf_servers);
}

/* --- Families --- */

/* Connecting a UDP socket sends nothing: it looks for a route. */
static bool has_route(const struct midge_addr *to)
{
    union midge__bsd_sockaddr addr;
    const socklen_t len = midge__bsd_sockaddr(to, DNS_PORT, &addr);
    const int fd = len != 0 ? midge__bsd_socket(addr.any.sa_family, SOCK_DGRAM) : -1;
    bool has = false;

    if (fd >= 0) {
        has = MIDGE_BSD(connect)(fd, &addr.any, len) == 0;
        (void)MIDGE_BSD(close)(fd);
    }
    return has;
}

static unsigned find_families(const struct bsd *p)
{
    /* Addresses for documentation (RFC 5737, RFC 3849): each default route leads to them. */
    static const struct midge_addr away[2] = {
        {.family = 4, .bytes = {192, 0, 2, 1}},
        {.family = 6, .bytes = {0x20, 0x01, 0x0d, 0xb8, [15] = 1}},
    };
    const unsigned both = MIDGE_WITH_IPV6 ? 3 : 1;
    unsigned families = 0;

    if (p->config.families != NULL) {
        return p->config.families(p->config.home);
    }
    for (unsigned i = 0; i < 2; i++) {
        families |= (unsigned)has_route(&away[i]) << i;
    }
    return families != 0 ? families : both;
}

static unsigned families(const struct midge__resolver *r)
{
    return port_of(r)->families;
}

static int random_bytes(const struct midge__resolver *r, uint8_t *buf, size_t len)
{
    return r->port->entropy(r->port->ctx, buf, len);
}

static const struct midge__resolver_net net = {
    .servers = find_servers,
    .families = families,
    .random = random_bytes,
    .send = midge__bsd_names_send,
    .close = midge__bsd_names_close,
};

/* --- The port's calls --- */

void midge__bsd_dns_open(struct bsd *p)
{
    midge__bsd_names_open(&p->names, &net, p->port);
    p->names.resolver.server_port = p->config.name_port != 0 ? p->config.name_port : DNS_PORT;
}

static void answer_localhost(struct midge_dns_query *query)
{
    query->count = 0;
    query->err = MIDGE_OK;
    query->native = 0;
    if (query->family != 6) {
        query->addrs[query->count++] = (struct midge_addr){.family = 4, .bytes = {127, 0, 0, 1}};
    }
    if (query->family != 4 && MIDGE_WITH_IPV6) {
        query->addrs[query->count++] = (struct midge_addr){.family = 6, .bytes = {[15] = 1}};
    }
    query->done = 1;
}

int midge__bsd_dns_start(void *ctx, const char *host, struct midge_dns_query *query)
{
    struct bsd *p = ctx;

    query->ttl_s = 0;
    if (midge__is_localhost(host)) {
        answer_localhost(query);
        return MIDGE_OK;
    }
    p->families = find_families(p);
    if (midge__resolver_left(&p->names.resolver) == UINT32_MAX) {
        midge__bsd_read_conf(p);
    }
    return midge__resolver_start(&p->names.resolver, host, query);
}

void midge__bsd_dns_cancel(void *ctx, struct midge_dns_query *query)
{
    struct bsd *p = ctx;

    midge__resolver_cancel(&p->names.resolver, query);
}

#endif
