/* SPDX-License-Identifier: MIT */
/* The conformance program on a port to lwIP, lwIP on slirp: raw or sockets, as it is linked. */
#include <lwip/opt.h>

#include "desktop.h"
#include "machine.h"

#if NO_SYS
enum { MAX_SOCKS = MIDGE_LWIP_SOCKS, MAX_POLL = MIDGE_LWIP_SOCKS };
#else
/* One is the port's own, one to spare. */
enum { MAX_SOCKS = MEMP_NUM_NETCONN - 2, MAX_POLL = MEMP_NUM_NETCONN - 1 };
#endif

int main(int argc, char **argv)
{
    static const uint8_t host[4] = {192, 0, 2, 2};
    const uint16_t base = desktop_base(argc, argv);
    struct conformance_peer peer;
    struct midge_port port;
    int status;

    machine_open(&port, (unsigned short)(base + PEER_DNS));
    machine_attach(&port);
    desktop_peer(&peer, &port, base, host, machine_interrupt);
    peer.max_socks = MAX_SOCKS;
    peer.max_poll = MAX_POLL;
    peer.tiny_segments_fill_pool = !NO_SYS; /* lwIP's sockets keep each segment as it came */
    status = desktop_run(&port, &peer);
    machine_detach(&port);
    machine_close();
    return status;
}
