/* SPDX-License-Identifier: MIT */
#include <midge/port_bsd.h>
#include <midge/port_posix.h>
#include <string.h>

#include "snippets.h"

/* The port of Linux; name_servers: in place of the system's, for tests, or NULL. */
int port_of_linux(struct midge_port **port, const char *name_servers)
{
    int err = midge_posix_open(port, 0);
    if (err == MIDGE_OK && name_servers) {
        err = midge_posix_set_dns_servers(*port, name_servers);
        if (err != MIDGE_OK) {
            midge_posix_close(*port);
            *port = NULL;
        }
    }
    return err;
}

static unsigned one_server(void *home, struct midge_addr *servers, unsigned cap)
{
    if (cap < 1) {
        return 0;
    }
    servers[0] = *(struct midge_addr *)home;
    return 1;
}

/* The home is the program's own pointer; a clock of the program finds it by its ctx. */
static int64_t no_date(void *ctx)
{
    return midge_bsd_home(ctx) ? MIDGE_ERR_CLOCK : MIDGE_ERR_INVALID;
}

/* A port on BSD sockets in memory of the program's, with a name server of the program's; it is
   attached once, and taken apart again. *needed: how much memory that is. */
int port_of_sockets(struct midge_port *port, void *memory, size_t size, size_t *needed)
{
    static struct midge_addr server = {.family = 4, .bytes = {192, 0, 2, 53}};
    struct midge_bsd_config config;
    int err;

    memset(&config, 0, sizeof config);
    config.home = &server;
    config.max_socks = 4;
    config.memory = memory;
    config.memory_size = size;
    config.name_servers = one_server;
    *needed = midge_bsd_needed(&config);

    memset(port, 0, sizeof *port); /* all that is NULL gets the default of the system */
    port->wall_time = no_date;
    err = midge_bsd_attach(port, &config);
    if (err == MIDGE_OK) {
        err = port->wall_time(port->ctx) == MIDGE_ERR_CLOCK ? MIDGE_OK : MIDGE_ERR_PORT;
        midge_bsd_detach(port); /* after midge_close */
    }
    return err;
}
