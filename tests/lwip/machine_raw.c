/* SPDX-License-Identifier: MIT */
/* lwIP without an operating system: all of it runs inside the port's poll. */
#include "machine.h"

#include <stdlib.h>
#include <time.h>

#include <lwip/dns.h>
#include <lwip/init.h>
#include <lwip/netif.h>
#include <lwip/sys.h>
#include <midge/err.h>
#include <midge/port_lwip.h>
#include <midge/port_posix.h>
#include <netif/ethernet.h>

#include "machine_use.h"
#include "slirp_netif.h"

const char machine_name[] = "raw";

static struct netif netif;
static struct midge_port *posix;

u32_t sys_now(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (u32_t)(t.tv_sec * 1000 + t.tv_nsec / 1000000);
}

static void pump(void *ctx)
{
    slirp_netif_poll(ctx, 0);
}

static void idle(void *ctx, uint32_t ms)
{
    slirp_netif_poll(ctx, ms > INT32_MAX ? -1 : (int)ms);
}

void machine_open(struct midge_port *port, unsigned short dns_port)
{
    static const struct midge_lwip_raw machine = {.ctx = &netif, .pump = pump, .idle = idle};
    ip4_addr_t ip, mask, router;
    ip_addr_t server;

    midge_lwip_dns_port = dns_port;
    if (midge_posix_open(&posix, 0) != MIDGE_OK)
        exit(2);
    *port = *posix;
    midge_lwip_raw_attach(port, &machine); /* first: lwIP takes its random numbers from there */
    lwip_init();
    slirp_netif_addresses(&ip, &mask, &router);
    if (netif_add(&netif, &ip, &mask, &router, NULL, slirp_netif_init, ethernet_input) == NULL)
        exit(2);
    netif_set_default(&netif);
    slirp_netif_up(&netif);
    ip_addr_copy_from_ip4(server, router);
    dns_setserver(0, &server);
}

void machine_attach(struct midge_port *port)
{
    (void)port; /* it is, since the start */
}

void machine_detach(struct midge_port *port)
{
    (void)port;
}

void machine_close(void)
{
    netif_remove(&netif);
    slirp_netif_free(&netif);
    midge_posix_close(posix);
}

void machine_interrupt(void)
{
    slirp_netif_kick(&netif);
}

void machine_use(struct machine_use *use)
{
    count_use(use);
}
