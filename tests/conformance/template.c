/* SPDX-License-Identifier: MIT */
/* The conformance program on the template of a port: all that is to be done, by name. */
#include "desktop.h"
#include "myport.h"

int main(int argc, char **argv)
{
    static const uint8_t loopback[4] = {127, 0, 0, 1};
    const uint16_t base = desktop_base(argc, argv);
    struct conformance_peer peer;
    struct midge_port *port = myport_open();
    int status;

    if (port == NULL) {
        return 2;
    }
    desktop_peer(&peer, port, base, loopback, NULL);
    peer.max_socks = 4;
    status = desktop_run(port, &peer);
    myport_close(port);
    return status;
}
