/* SPDX-License-Identifier: MIT */
/*
 * Name lookup by midge's resolver (port/resolver) on lwIP's UDP sockets, in place of dns.c, in the
 * client's thread (bsd_names.h). The servers are those of lwIP, which DHCP sets; lwIP's own
 * resolver is not asked.
 */
#include "lwip_sockets.h"

#if MIDGE_WITH_RESOLVER

#include "../localhost.h"
#include "../lwip_address.h"

#include <lwip/dns.h>
#include <lwip/errno.h>
#include <lwip/priv/tcpip_priv.h>
#include <lwip/prot/dns.h>

#include "../bsd_names.h"

#if DEFAULT_UDP_RECVMBOX_SIZE < 2
#error "lwipopts.h: set DEFAULT_UDP_RECVMBOX_SIZE 4: two DNS answers may come at once"
#endif
_Static_assert(MEMP_MEM_MALLOC || MEMP_NUM_NETBUF >= 2 * MIDGE__BSD_LOOKUPS,
               "lwipopts.h: set MEMP_NUM_NETBUF to 2 * MIDGE_LWIP_LOOKUPS: each has two answers");

static struct midge__bsd_names names;

/* --- What lwIP's thread knows --- */

struct view {
    struct tcpip_api_call_data call;
    struct midge_addr *servers;
    unsigned cap, n, families;
};

static err_t on_view(struct tcpip_api_call_data *call)
{
    struct view *view = (struct view *)(void *)call;

    view->n = midge__lwip_servers(view->servers, view->cap);
    view->families = midge__lwip_families();
    return ERR_OK;
}

static unsigned find_servers(const struct midge__resolver *r, struct midge_addr *servers,
                             unsigned cap)
{
    struct view view = {.servers = servers, .cap = cap};

    (void)r;
    (void)tcpip_api_call(on_view, &view.call);
    return view.n;
}

static unsigned find_families(const struct midge__resolver *r)
{
    struct view view = {.cap = 0};

    (void)r;
    (void)tcpip_api_call(on_view, &view.call);
    return view.families;
}

static int random_bytes(const struct midge__resolver *r, uint8_t *buf, size_t len)
{
    return r->port->entropy(r->port->ctx, buf, len);
}

static const struct midge__resolver_net net = {
    .servers = find_servers,
    .families = find_families,
    .random = random_bytes,
    .send = midge__bsd_names_send,
    .close = midge__bsd_names_close,
};

/* --- The port's calls --- */

void midge__lws_dns_attach(const struct midge_port *port)
{
    memset(&names, 0, sizeof names);
    midge__bsd_names_open(&names, &net, port);
}

int midge__lws_dns_start(void *ctx, const char *host, struct midge_dns_query *query)
{
    (void)ctx;
    if (!midge__lwip_query_begin(query)) {
        return MIDGE_OK;
    }
    if (midge__is_localhost(host)) {
        midge__lwip_answer_localhost(query);
        return MIDGE_OK;
    }
    names.resolver.server_port = DNS_SERVER_PORT;
    return midge__resolver_start(&names.resolver, host, query);
}

void midge__lws_dns_cancel(void *ctx, struct midge_dns_query *query)
{
    (void)ctx;
    midge__resolver_cancel(&names.resolver, query);
}

/* --- Poll --- */

size_t midge__lws_dns_interest(struct midge_pollfd *fds, size_t cap)
{
    return midge__bsd_names_interest(&names, fds, cap);
}

int midge__lws_dns_sleep_ms(int timeout_ms)
{
    return midge__bsd_names_sleep(&names, timeout_ms);
}

void midge__lws_dns_deliver(void)
{
    midge__bsd_names_run(&names);
}

#endif
