/* SPDX-License-Identifier: MIT */
/* The conformance program on port/bsd, by poll or by select, as it is compiled. */
#include <stdio.h>

#include <midge/port.h>
#include <midge/port_bsd.h>

#include "desktop.h"

enum { MAX_SOCKS = 32, MAX_FILES = 48 };

int main(int argc, char **argv)
{
    static const struct midge_addr server = {.family = 4, .bytes = {127, 0, 0, 1}};
    const uint16_t base = desktop_base(argc, argv);
    const struct midge_bsd_config config = {.max_socks = MAX_SOCKS,
                                            .servers = &server,
                                            .n_servers = 1,
                                            .name_port = (uint16_t)(base + PEER_DNS)};
    struct midge_port port = {.ctx = NULL};
    struct conformance_peer peer;
    int status;

    desktop_few_files(MAX_FILES);
    if (midge_bsd_attach(&port, &config) != 0) {
        return 2;
    }
    desktop_peer(&peer, &port, base, server.bytes, NULL);
    peer.max_socks = MAX_SOCKS;
    peer.max_poll = MAX_SOCKS;
    peer.errors_come_with_events = MIDGE_BSD_SELECT;
    status = desktop_run(&port, &peer);
    midge_bsd_detach(&port);
    return status;
}
