/* SPDX-License-Identifier: MIT */
/*
 * The calls that a program need not give. On Linux clocks, entropy and the file store are those of
 * port/posix (clock.c, entropy.c, file.c and sigpipe.c, which the build adds); elsewhere there are
 * none, and the program's own are needed. Interfaces have names wherever if_nametoindex is.
 */
#include "bsd.h"

#if MIDGE_BSD_LINUX

#include "../posix/posix.h"

static void set_system_defaults(struct midge_port *port)
{
    if (port->clock_ms == NULL) {
        port->clock_ms = midge__posix_clock_ms;
    }
    if (port->clock_us == NULL) {
        port->clock_us = midge__posix_clock_us;
    }
    if (port->wall_time == NULL) {
        port->wall_time = midge__posix_wall_time;
    }
    if (port->entropy == NULL) {
        port->entropy = midge__posix_entropy;
    }
    if (port->file_open == NULL) {
        port->file_open = midge__posix_file_open;
        port->file_size = midge__posix_file_size;
        port->file_seek = midge__posix_file_seek;
        port->file_read = midge__posix_file_read;
        port->file_write = midge__posix_file_write;
        port->file_finish = midge__posix_file_finish;
    }
}

#else
#define set_system_defaults(port) ((void)(port))
#endif

#if MIDGE_BSD_ZONE
static int find_zone(void *ctx, const char *name, uint32_t *scope)
{
    (void)ctx;
    *scope = if_nametoindex(name);
    return *scope != 0 ? MIDGE_OK : MIDGE_ERR_ZONE;
}
#else
#define find_zone NULL
#endif

void midge__bsd_set_defaults(struct midge_port *port)
{
    set_system_defaults(port);
    if (port->zone == NULL) {
        port->zone = find_zone;
    }
#if MIDGE_WITH_RESOLVER
    if (port->dns_start == NULL && port->dns_cancel == NULL) {
        port->dns_start = midge__bsd_dns_start;
        port->dns_cancel = midge__bsd_dns_cancel;
    }
#endif
}
