/* SPDX-License-Identifier: MIT */
/* For the conformance program (tests/conformance/conformance.h), not for a firmware: how the port
   opens, and its limits. */
#include <stddef.h>

#include <conformance.h>

#include "myport.h"

struct midge_port *conformance_open(struct conformance_peer *peer)
{
    peer->max_socks = MYPORT_SOCKS;
    peer->max_poll = MYPORT_SOCKS;
    peer->name = NULL; /* no names: delete this line in step 7, and give the resolver
                          peer->addr and peer->base + PEER_DNS as its name server */
    return myport_open();
}

void conformance_close(struct midge_port *port)
{
    myport_close(port);
}
