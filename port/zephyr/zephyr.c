/* SPDX-License-Identifier: MIT */
/*
 * Puts the port together: port/bsd on Zephyr's sockets, and of this folder the clocks, entropy,
 * name servers and files.
 */
#include <string.h>

#include <zephyr/kernel.h>

#include "midge/config.h"
#include "midge/port_bsd.h"
#include "midge/port_zephyr.h"

#include "zephyr_port.h"

#ifndef CONFIG_MIDGE_ZEPHYR_SOCKETS
#error "set CONFIG_MIDGE=y in prj.conf: port/zephyr/Kconfig has the other settings"
#endif

/* A poll with too few entries would fail with ENOMEM. */
#if defined(CONFIG_ZVFS_POLL_MAX)
#define POLL_ENTRIES CONFIG_ZVFS_POLL_MAX
#define POLL_SYMBOL  "CONFIG_ZVFS_POLL_MAX"
#else
#define POLL_ENTRIES CONFIG_NET_SOCKETS_POLL_MAX
#define POLL_SYMBOL  "CONFIG_NET_SOCKETS_POLL_MAX"
#endif
BUILD_ASSERT(POLL_ENTRIES >= 2 * CONFIG_MIDGE_ZEPHYR_SOCKETS + 3 +
                                 CONFIG_MIDGE_ZEPHYR_LOOKUPS * (MIDGE_WITH_IPV6 ? 2 : 1),
             POLL_SYMBOL
             " must be at least 2 * MIDGE_ZEPHYR_SOCKETS + 2 * MIDGE_ZEPHYR_LOOKUPS + 3");

static struct midge_bsd_config sockets_config(const struct midge_zephyr_config *config)
{
    struct midge_bsd_config sockets = {.max_socks = CONFIG_MIDGE_ZEPHYR_SOCKETS,
                                       .name_servers = midge__zephyr_name_servers,
                                       .families = midge__zephyr_families};

    if (config == NULL) {
        return sockets;
    }
    if (config->max_socks != 0) {
        sockets.max_socks = config->max_socks;
    }
    if (config->n_servers != 0) {
        sockets.name_servers = NULL;
        sockets.servers = config->servers;
        sockets.n_servers = config->n_servers;
    }
    sockets.home = config->home;
    sockets.name_port = config->name_port;
    sockets.memory = config->memory;
    sockets.memory_size = config->memory_size;
    return sockets;
}

static void set_calls(struct midge_port *port, const struct midge_zephyr_config *config)
{
    memset(port, 0, sizeof *port);
    port->clock_ms = midge__zephyr_clock_ms;
    port->clock_us = midge__zephyr_clock_us;
    port->wall_time = midge__zephyr_wall_time;
    port->entropy = midge__zephyr_entropy;
    if (config != NULL) {
        port->device_key = config->device_key;
        port->wall_time = config->wall_time != NULL ? config->wall_time : port->wall_time;
    }
#if defined(CONFIG_MIDGE_ZEPHYR_FILES)
    port->file_open = midge__zephyr_file_open;
    port->file_size = midge__zephyr_file_size;
    port->file_seek = midge__zephyr_file_seek;
    port->file_read = midge__zephyr_file_read;
    port->file_write = midge__zephyr_file_write;
    port->file_finish = midge__zephyr_file_finish;
#endif
}

size_t midge_zephyr_needed(const struct midge_zephyr_config *config)
{
    const struct midge_bsd_config sockets = sockets_config(config);

    return midge_bsd_needed(&sockets);
}

int midge_zephyr_open(struct midge_port *port, const struct midge_zephyr_config *config)
{
    const struct midge_bsd_config sockets = sockets_config(config);
    uint8_t probe;
    int err;

    set_calls(port, config);
    err = midge__zephyr_entropy(NULL, &probe, sizeof probe);
#if defined(CONFIG_MIDGE_ZEPHYR_FILES)
    if (err == MIDGE_OK) {
        err = midge__zephyr_files_init();
    }
#endif
    return err == MIDGE_OK ? midge_bsd_attach(port, &sockets) : err;
}

void midge_zephyr_close(struct midge_port *port)
{
    midge_bsd_detach(port);
}
