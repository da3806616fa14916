/* SPDX-License-Identifier: MIT */
/* lwIP with threads: tcpip_thread is lwIP's, one more is the Ethernet driver's. */
#include "machine.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

#include <lwip/dns.h>
#include <lwip/netif.h>
#include <lwip/sys.h>
#include <lwip/tcpip.h>
#include <midge/err.h>
#include <midge/port_lwip.h>
#include <midge/port_posix.h>

#include "machine_use.h"
#include "slirp_netif.h"

const char machine_name[] = "sockets";

static struct netif netif;
static struct midge_port *posix;
static pthread_t driver;
static atomic_bool driver_ends;

static void *drive(void *arg)
{
    (void)arg;
    while (!atomic_load(&driver_ends))
        slirp_netif_poll(&netif, -1);
    return NULL;
}

/* In lwIP's thread, once it runs. */
static void network_up(void *arg)
{
    ip4_addr_t ip, mask, router;
    ip_addr_t server;

    slirp_netif_addresses(&ip, &mask, &router);
    if (netif_add(&netif, &ip, &mask, &router, NULL, slirp_netif_init, tcpip_input) == NULL)
        exit(2);
    netif_set_default(&netif);
    slirp_netif_up(&netif);
    ip_addr_copy_from_ip4(server, router);
    dns_setserver(0, &server);
    sys_sem_signal(arg);
}

static void network_down(void *arg)
{
    (void)arg;
    netif_remove(&netif);
}

void machine_open(struct midge_port *port, unsigned short dns_port)
{
    sys_sem_t up;

    midge_lwip_dns_port = dns_port;
    if (midge_posix_open(&posix, 0) != MIDGE_OK || sys_sem_new(&up, 0) != ERR_OK)
        exit(2);
    tcpip_init(network_up, &up);
    (void)sys_arch_sem_wait(&up, 0);
    sys_sem_free(&up);
    if (pthread_create(&driver, NULL, drive, NULL) != 0)
        exit(2);
    *port = *posix;
}

void machine_attach(struct midge_port *port)
{
    if (midge_lwip_sockets_attach(port) != MIDGE_OK)
        exit(2);
}

void machine_detach(struct midge_port *port)
{
    midge_lwip_sockets_detach(port);
}

void machine_close(void)
{
    atomic_store(&driver_ends, true);
    slirp_netif_kick(&netif);
    (void)pthread_join(driver, NULL);
    (void)tcpip_callback_wait(network_down, NULL);
    slirp_netif_free(&netif);
    midge_posix_close(posix);
}

void machine_interrupt(void)
{
}

static void count(void *arg)
{
    struct machine_use *use = arg;

    count_use(use);
    use->sockets = pool_use(MEMP_NETCONN);
    use->messages = pool_use(MEMP_TCPIP_MSG_API) + pool_use(MEMP_TCPIP_MSG_INPKT);
    use->semaphores = lwip_stats.sys.sem.used + lwip_stats.sys.mbox.used;
}

void machine_use(struct machine_use *use)
{
    (void)tcpip_callback_wait(count, use);
}
