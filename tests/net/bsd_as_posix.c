/* SPDX-License-Identifier: MIT */
/* The functions of midge/port_posix.h on port/bsd, so that the host program runs on that port:
   linked before the library, whose own ones are then left out. */
#include <midge/err.h>
#include <midge/port.h>
#include <midge/port_bsd.h>
#include <midge/port_posix.h>

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

struct home {
    struct midge_port port; /* the first member */
    struct midge_addr server;
};

int midge_posix_open(struct midge_port **port, size_t max_socks)
{
    struct home *home = calloc(1, sizeof *home);
    const struct midge_bsd_config config = {.max_socks = max_socks};
    int err = home == NULL ? MIDGE_ERR_NO_MEMORY : midge_bsd_attach(&home->port, &config);

    *port = err == MIDGE_OK ? &home->port : NULL;
    if (err != MIDGE_OK) {
        free(home);
    }
    return err;
}

void midge_posix_close(struct midge_port *port)
{
    if (port != NULL) {
        midge_bsd_detach(port);
        free(port);
    }
}

/* One server, "ADDRESS" or "ADDRESS:PORT" of IPv4: the tests name no other. */
int midge_posix_set_dns_servers(struct midge_port *port, const char *csv)
{
    struct home *home = (struct home *)port;
    struct midge_bsd_config config = {.servers = &home->server, .n_servers = 1};
    char text[32] = "";
    char *colon;

    if (csv == NULL || strlen(csv) >= sizeof text) {
        return MIDGE_ERR_INVALID;
    }
    memcpy(text, csv, strlen(csv));
    colon = strchr(text, ':');
    if (colon != NULL) {
        *colon = '\0';
        config.name_port = (uint16_t)strtoul(colon + 1, NULL, 10);
    }
    home->server = (struct midge_addr){.family = 4};
    if (inet_pton(AF_INET, text, home->server.bytes) != 1) {
        return MIDGE_ERR_INVALID;
    }
    midge_bsd_detach(port);
    return midge_bsd_attach(port, &config);
}
