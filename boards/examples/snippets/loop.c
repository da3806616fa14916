/* SPDX-License-Identifier: MIT */
#include "snippets.h"

/*
 * One round of a loop that waits for sockets of its own beside midge's. fds has *n of its own, and
 * room for cap. The wait itself is the port's poll here; with poll(2) it is the same. Returns how
 * many started things have not completed.
 */
int loop_turn(struct midge_client *client, struct midge_pollfd *fds, size_t cap, size_t *n)
{
    const struct midge_port *port = midge_client_port(client);
    size_t theirs = midge_interest(client, fds + *n, cap - *n);
    int timeout_ms = midge_next_timeout(client), err;

    if (theirs > cap - *n) {
        theirs = cap - *n; /* then midge must be polled often; give it more room */
        timeout_ms = 10;
    }
    err = port->poll(port->ctx, fds, *n + theirs, timeout_ms);
    return err == MIDGE_OK ? midge_poll(client, 0) : err;
}

/* The network driver tells that the cable, the access point or the address has changed. */
void loop_link_changed(struct midge_client *client, int up, int new_address)
{
    if (up) {
        midge_network_changed(client, new_address);
    }
}
