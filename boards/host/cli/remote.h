/* SPDX-License-Identifier: MIT */
/* The addresses to which the connections lead, for %{remote_ip} and %{remote_port} of -w, and
   for --har. */
#ifndef MIDGE_CLI_REMOTE_H
#define MIDGE_CLI_REMOTE_H

#include <midge/client.h>

#include "keep.h"

struct remote {
    const char *ip; /* NULL: not connected */
    uint16_t port;
};
struct remotes {
    struct remote *at; /* by the connection's number */
    size_t n;
};

/* Keeps the address of a connection that has been made. */
void remote_note(struct remotes *remotes, struct keep *keep, const struct midge_peer *peer);
/* Of the connection with this number; its ip is "" if there is none. */
struct remote remote_find(const struct remotes *remotes, uint32_t connection);

#endif
