/* SPDX-License-Identifier: MIT */
/* For the conformance program (tests/conformance/conformance.h): how the port opens, and its
   limits. */
#include <stddef.h>

#include <conformance.h>

#include "epoll.h"

struct midge_port *conformance_open(struct conformance_peer *peer)
{
    peer->max_socks = EPOLL_SOCKS;
    peer->max_poll = EPOLL_SOCKS;
    peer->file = NULL; /* no file store */
    return epoll_port_open(&peer->addr, (uint16_t)(peer->base + PEER_DNS));
}

void conformance_close(struct midge_port *port)
{
    epoll_port_close(port);
}
