/* SPDX-License-Identifier: MIT */
/* The conformance program on the desktop port. */
#include <stdio.h>

#include <midge/port_posix.h>

#include "desktop.h"

enum { MAX_SOCKS = 32, MAX_FILES = 48 };

int main(int argc, char **argv)
{
    static const uint8_t loopback[4] = {127, 0, 0, 1};
    const uint16_t base = desktop_base(argc, argv);
    struct conformance_peer peer;
    struct midge_port *port;
    char servers[32];
    int status;

    desktop_few_files(MAX_FILES);
    (void)snprintf(servers, sizeof servers, "127.0.0.1:%d", base + PEER_DNS);
    if (midge_posix_open(&port, MAX_SOCKS) != 0 ||
        midge_posix_set_dns_servers(port, servers) != 0) {
        return 2;
    }
    desktop_peer(&peer, port, base, loopback, NULL);
    peer.max_socks = MAX_SOCKS;
    peer.max_poll = MAX_SOCKS;
    status = desktop_run(port, &peer);
    midge_posix_close(port);
    return status;
}
