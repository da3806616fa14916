/* SPDX-License-Identifier: MIT */
/*
 * Name lookup by midge's resolver (port/resolver) on lwIP's UDP sockets, in place of dns.c, in the
 * client's thread. The servers are those of lwIP, which DHCP sets; lwIP's own resolver is not
 * asked. A lookup has a socket for each family of servers that it asks, opened when it is needed:
 * LOOKUPS at once, others wait.
 */
#include "lwip_sockets.h"

#if MIDGE_WITH_RESOLVER

#include "../localhost.h"
#include "../lwip_address.h"
#include "../resolver/resolver.h"

#include <string.h>

#include <lwip/dns.h>
#include <lwip/errno.h>
#include <lwip/priv/tcpip_priv.h>
#include <lwip/prot/dns.h>

enum { LOOKUPS = MIDGE_LWIP_LOOKUPS, PORT_TRIES = 4, DATAGRAMS_AT_ONCE = 8 };

#if DEFAULT_UDP_RECVMBOX_SIZE < 2
#error "lwipopts.h: set DEFAULT_UDP_RECVMBOX_SIZE 4: two DNS answers may come at once"
#endif
_Static_assert(MEMP_MEM_MALLOC || MEMP_NUM_NETBUF >= 2 * LOOKUPS,
               "lwipopts.h: set MEMP_NUM_NETBUF to 2 * MIDGE_LWIP_LOOKUPS: each has two answers");

static struct midge__resolver_lookup lookups[LOOKUPS];
static struct midge__resolver resolver;

/* 0: not open; otherwise the socket + 1. */
static int socks[MIDGE__LWS_DNS_SOCKS - 1];

static int *sock_of(unsigned slot, uint8_t family)
{
    return &socks[LWIP_IPV6 ? 2 * slot + (family == 6) : slot];
}

static unsigned slot_of(size_t index)
{
    return (unsigned)(LWIP_IPV6 ? index / 2 : index);
}

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

static unsigned find_servers(struct midge_addr *servers, unsigned cap)
{
    struct view view = {.servers = servers, .cap = cap};

    (void)tcpip_api_call(on_view, &view.call);
    return view.n;
}

static unsigned find_families(void)
{
    struct view view = {.cap = 0};

    (void)tcpip_api_call(on_view, &view.call);
    return view.families;
}

static int random_bytes(uint8_t *buf, size_t len)
{
    return resolver.port->entropy(resolver.port->ctx, buf, len);
}

/* --- Datagrams --- */

static bool open_socket(int *sock, uint16_t local_port, const union midge__lws_sockaddr *to)
{
    union midge__lws_sockaddr own;
    const int fd = lwip_socket(to->any.sa_family, SOCK_DGRAM, 0);

    if (fd < 0) {
        return false;
    }
    (void)lwip_fcntl(fd, F_SETFL, O_NONBLOCK);
    for (unsigned i = 0; i < PORT_TRIES; i++) {
        const struct midge_addr any = {.family = to->any.sa_family == AF_INET ? 4 : 6};
        const socklen_t len = midge__lws_sockaddr(&any, local_port, &own);
        if (lwip_bind(fd, &own.any, len) == 0) {
            *sock = fd + 1;
            return true;
        }
        local_port ^= 0x5555; /* another one that is as hard to guess */
    }
    (void)lwip_close(fd);
    return false;
}

static void send_datagram(unsigned slot, uint16_t local_port, const struct midge_addr *to,
                          const uint8_t *bytes, size_t len)
{
    union midge__lws_sockaddr addr;
    const socklen_t addr_len = midge__lws_sockaddr(to, resolver.server_port, &addr);
    int *sock = sock_of(slot, to->family);

    if (addr_len != 0 && (*sock != 0 || open_socket(sock, local_port, &addr))) {
        (void)lwip_sendto(*sock - 1, bytes, len, 0, &addr.any, addr_len);
    }
}

static void close_sockets(unsigned slot)
{
    for (size_t i = 0; i < LWIP_ARRAYSIZE(socks); i++) {
        if (slot_of(i) == slot && socks[i] != 0) {
            (void)lwip_close(socks[i] - 1);
            socks[i] = 0;
        }
    }
}

static const struct midge__resolver_net net = {
    .servers = find_servers,
    .families = find_families,
    .random = random_bytes,
    .send = send_datagram,
    .close = close_sockets,
};

/* The port, and the address. */
static uint16_t read_sockaddr(const union midge__lws_sockaddr *from, struct midge_addr *addr)
{
    memset(addr, 0, sizeof *addr);
#if LWIP_IPV6
    if (from->any.sa_family == AF_INET6) {
        addr->family = 6;
        memcpy(addr->bytes, &from->in6.sin6_addr, 16);
        return lwip_ntohs(from->in6.sin6_port);
    }
#endif
    addr->family = 4;
#if LWIP_IPV4
    memcpy(addr->bytes, &from->in.sin_addr, 4);
    return lwip_ntohs(from->in.sin_port);
#else
    return 0;
#endif
}

/* The datagrams that came to one socket, a bounded number. */
static void receive(size_t index)
{
    static uint8_t bytes[MIDGE_RESOLVER_PAYLOAD];

    for (unsigned left = DATAGRAMS_AT_ONCE; left > 0 && socks[index] != 0; left--) {
        union midge__lws_sockaddr addr;
        struct midge_addr from;
        socklen_t addr_len = sizeof addr;
        const ssize_t n =
            lwip_recvfrom(socks[index] - 1, bytes, sizeof bytes, 0, &addr.any, &addr_len);
        if (n < 0) {
            return;
        }
        if (read_sockaddr(&addr, &from) == resolver.server_port) {
            midge__resolver_datagram(&resolver, slot_of(index), &from, bytes, (size_t)n);
        }
    }
}

/* --- The port's calls --- */

void midge__lws_dns_attach(const struct midge_port *port)
{
    memset(&resolver, 0, sizeof resolver);
    resolver.net = &net;
    resolver.port = port;
    resolver.lookups = lookups;
    resolver.n_lookups = LOOKUPS;
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
    resolver.server_port = DNS_SERVER_PORT;
    return midge__resolver_start(&resolver, host, query);
}

void midge__lws_dns_cancel(void *ctx, struct midge_dns_query *query)
{
    (void)ctx;
    midge__resolver_cancel(&resolver, query);
}

/* --- Poll --- */

size_t midge__lws_dns_interest(struct midge_pollfd *fds, size_t cap)
{
    uint8_t events;
    const midge_sock tcp = midge__resolver_sock(&resolver, &events);
    size_t n = 0;

    for (size_t i = 0; i < LWIP_ARRAYSIZE(socks); i++) {
        if (socks[i] != 0) {
            if (n < cap) {
                fds[n] = (struct midge_pollfd){.sock = socks[i] - 1, .events = MIDGE_POLL_IN};
            }
            n++;
        }
    }
    if (tcp != MIDGE_SOCK_NONE) {
        if (n < cap) {
            fds[n] = (struct midge_pollfd){.sock = tcp, .events = events};
        }
        n++;
    }
    return n;
}

int midge__lws_dns_sleep_ms(int timeout_ms)
{
    const uint32_t left = midge__resolver_left(&resolver);

    return left < INT32_MAX && (timeout_ms < 0 || (int)left < timeout_ms) ? (int)left : timeout_ms;
}

void midge__lws_dns_deliver(void)
{
    for (size_t i = 0; i < LWIP_ARRAYSIZE(socks); i++) {
        receive(i);
    }
    (void)midge__resolver_run(&resolver);
}

#endif
