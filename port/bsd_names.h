/* SPDX-License-Identifier: MIT */
/*
 * midge's resolver (port/resolver) on UDP sockets, for the ports bsd and lwip_sockets. A lookup has
 * a socket for each family of servers that it asks, opened when it is needed, and polled and read
 * with the client's. Define before, beside the macros of bsd_sockets.h,
 *
 *     MIDGE__BSD_LOOKUPS    lookups at once; others wait for a free one
 */
#ifndef MIDGE_PORT_BSD_NAMES_H
#define MIDGE_PORT_BSD_NAMES_H

#include "bsd_sockets.h"
#include "resolver/resolver.h"

enum {
    MIDGE__BSD_FAMILIES = MIDGE__BSD_IPV4 + MIDGE__BSD_IPV6,
    MIDGE__BSD_UDP_SOCKS = MIDGE__BSD_LOOKUPS * MIDGE__BSD_FAMILIES,
    MIDGE__BSD_NAME_SOCKS = MIDGE__BSD_UDP_SOCKS + 1, /* with one of TCP */
    MIDGE__BSD_PORT_TRIES = 4,
    MIDGE__BSD_DATAGRAMS_AT_ONCE = 8
};

struct midge__bsd_names {
    struct midge__resolver resolver; /* the first member: its functions get a pointer to it */
    struct midge__resolver_lookup lookups[MIDGE__BSD_LOOKUPS];
    int socks[MIDGE__BSD_UDP_SOCKS]; /* 0: not open; otherwise the socket + 1 */
    uint8_t datagram[MIDGE_RESOLVER_PAYLOAD];
};

/* All of names is 0 before. The port sets resolver.server_port. */
static inline void midge__bsd_names_open(struct midge__bsd_names *names,
                                         const struct midge__resolver_net *net,
                                         const struct midge_port *port)
{
    names->resolver.net = net;
    names->resolver.port = port;
    names->resolver.lookups = names->lookups;
    names->resolver.n_lookups = MIDGE__BSD_LOOKUPS;
}

static inline unsigned midge__bsd_slot(size_t index)
{
    return (unsigned)(index / MIDGE__BSD_FAMILIES);
}

/* --- What the resolver calls --- */

static inline int midge__bsd_udp_open(uint16_t local_port, const union midge__bsd_sockaddr *to)
{
    const struct midge_addr any = {.family = to->any.sa_family == AF_INET ? 4 : 6};
    const int fd = MIDGE__BSD_OPEN(to->any.sa_family, SOCK_DGRAM);
    union midge__bsd_sockaddr own;

    if (fd < 0) {
        return -1;
    }
    for (unsigned i = 0; i < MIDGE__BSD_PORT_TRIES; i++) {
        const socklen_t len = midge__bsd_sockaddr(&any, local_port, &own);
        if (MIDGE__BSD(bind)(fd, &own.any, len) == 0) {
            return fd;
        }
        local_port ^= 0x5555; /* another one that is as hard to guess */
    }
    (void)MIDGE__BSD(close)(fd);
    return -1;
}

static inline void midge__bsd_names_send(struct midge__resolver *r, unsigned slot,
                                         uint16_t local_port, const struct midge_addr *to,
                                         const uint8_t *bytes, size_t len)
{
    struct midge__bsd_names *names = (struct midge__bsd_names *)r;
    union midge__bsd_sockaddr addr;
    const socklen_t addr_len = midge__bsd_sockaddr(to, r->server_port, &addr);
    int *sock =
        &names->socks[slot * MIDGE__BSD_FAMILIES + (MIDGE__BSD_FAMILIES == 2 && to->family == 6)];

    if (addr_len == 0) {
        return;
    }
    if (*sock == 0) {
        *sock = midge__bsd_udp_open(local_port, &addr) + 1;
    }
    if (*sock != 0) {
        (void)MIDGE__BSD(sendto)(*sock - 1, bytes, len, MIDGE__BSD_SEND_FLAGS, &addr.any, addr_len);
    }
}

static inline void midge__bsd_names_close(struct midge__resolver *r, unsigned slot)
{
    struct midge__bsd_names *names = (struct midge__bsd_names *)r;

    for (size_t i = 0; i < MIDGE__BSD_UDP_SOCKS; i++) {
        if (midge__bsd_slot(i) == slot && names->socks[i] != 0) {
            (void)MIDGE__BSD(close)(names->socks[i] - 1);
            names->socks[i] = 0;
        }
    }
}

/* --- What the port's poll calls --- */

/* Writes the open sockets, at most cap; returns their number. */
static inline size_t midge__bsd_names_interest(const struct midge__bsd_names *names,
                                               struct midge_pollfd *fds, size_t cap)
{
    uint8_t events;
    const midge_sock tcp = midge__resolver_sock(&names->resolver, &events);
    size_t n = 0;

    for (size_t i = 0; i < MIDGE__BSD_UDP_SOCKS; i++) {
        if (names->socks[i] != 0) {
            if (n < cap) {
                fds[n] =
                    (struct midge_pollfd){.sock = names->socks[i] - 1, .events = MIDGE_POLL_IN};
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

/* The timeout, lowered to the time until the resolver must run. */
static inline int midge__bsd_names_sleep(const struct midge__bsd_names *names, int timeout_ms)
{
    const uint32_t left = midge__resolver_left(&names->resolver);

    return left < INT32_MAX && (timeout_ms < 0 || (int)left < timeout_ms) ? (int)left : timeout_ms;
}

/* The datagrams that came to one socket, a bounded number. */
static inline void midge__bsd_names_receive(struct midge__bsd_names *names, size_t index)
{
    unsigned left = MIDGE__BSD_DATAGRAMS_AT_ONCE;

    while (left-- > 0 && names->socks[index] != 0) {
        union midge__bsd_sockaddr addr;
        struct midge_addr from;
        socklen_t addr_len = sizeof addr;
        const ssize_t n = MIDGE__BSD(recvfrom)(names->socks[index] - 1, names->datagram,
                                               sizeof names->datagram, 0, &addr.any, &addr_len);
        if (n < 0) {
            return;
        }
        if (midge__bsd_read_sockaddr(&addr, &from) == names->resolver.server_port) {
            midge__resolver_datagram(&names->resolver, midge__bsd_slot(index), &from,
                                     names->datagram, (size_t)n);
        }
    }
}

/* Completes lookups. */
static inline void midge__bsd_names_run(struct midge__bsd_names *names)
{
    for (size_t i = 0; i < MIDGE__BSD_UDP_SOCKS; i++) {
        midge__bsd_names_receive(names, i);
    }
    (void)midge__resolver_run(&names->resolver);
}

#endif
