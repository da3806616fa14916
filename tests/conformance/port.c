/* SPDX-License-Identifier: MIT */
/* The conformance program on a port in a folder of its own, which defines conformance_open. */
#include <stdio.h>

#include "desktop.h"

int main(int argc, char **argv)
{
    static const uint8_t loopback[4] = {127, 0, 0, 1};
    const uint16_t base = desktop_base(argc, argv);
    struct conformance_peer peer;
    struct midge_port *port;
    int status;

    desktop_peer(&peer, NULL, base, loopback, NULL);
    port = conformance_open(&peer);
    if (port == NULL) {
        (void)fprintf(stderr, "conformance_open says that the port does not open\n");
        return 2;
    }
    peer.wake_ctx = port;
    status = desktop_run(port, &peer);
    conformance_close(port);
    return status;
}
