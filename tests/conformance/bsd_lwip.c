/* SPDX-License-Identifier: MIT */
/* The conformance program on port/bsd, whose sockets are lwIP's, lwIP on slirp. */
#include <stdlib.h>

#include <lwip/opt.h>

#include <midge/err.h>
#include <midge/port_bsd.h>

#include "desktop.h"
#include "machine.h"

int main(int argc, char **argv)
{
    static const struct midge_addr host = {.family = 4, .bytes = {192, 0, 2, 2}};
    const uint16_t base = desktop_base(argc, argv);
    const struct midge_bsd_config config = {.max_socks = TEST_SOCKS,
                                            .servers = &host,
                                            .n_servers = 1,
                                            .name_port = (uint16_t)(base + PEER_DNS)};
    struct conformance_peer peer;
    struct midge_port port;
    int status;

    machine_open(&port, config.name_port);
    port.zone = NULL;
    port.dns_start = NULL;
    port.dns_cancel = NULL;
    if (midge_bsd_attach(&port, &config) != MIDGE_OK) {
        return EXIT_FAILURE;
    }
    desktop_peer(&peer, &port, base, host.bytes, machine_interrupt);
    peer.max_socks = TEST_SOCKS;
    peer.max_poll = TEST_SOCKS;
    peer.tiny_segments_fill_pool = true;
    status = desktop_run(&port, &peer);
    midge_bsd_detach(&port);
    machine_close();
    return status;
}
