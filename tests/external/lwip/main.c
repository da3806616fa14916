/* SPDX-License-Identifier: MIT */
/*
 * The firmware of a user who has lwIP: its own Ethernet driver, which counts what is sent, and
 * midge on top. A request to a neighbour begins with an ARP question. Exit 0 when that is on the
 * wire.
 */
#include <lwip/etharp.h>
#include <lwip/init.h>
#include <lwip/netif.h>
#include <lwip/timeouts.h>
#include <midge/midge.h>
#include <midge/port_lwip.h>
#include <netif/ethernet.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned frames;
static uint32_t now;

u32_t sys_now(void)
{
    return now;
}

static uint32_t clock_ms(void *ctx)
{
    (void)ctx;
    return now;
}

static uint64_t clock_us(void *ctx)
{
    (void)ctx;
    return (uint64_t)now * 1000;
}

static int64_t wall_time(void *ctx)
{
    (void)ctx;
    return MIDGE_ERR_UNSUPPORTED;
}

/* A test's: firmware asks its TRNG. */
static int entropy(void *ctx, uint8_t *buf, size_t len)
{
    (void)ctx;
    for (size_t i = 0; i < len; i++) {
        buf[i] = (uint8_t)rand();
    }
    return MIDGE_OK;
}

static err_t driver_send(struct netif *netif, struct pbuf *p)
{
    (void)netif;
    (void)p;
    frames++;
    return ERR_OK;
}

static err_t driver_init(struct netif *netif)
{
    netif->output = etharp_output;
    netif->linkoutput = driver_send;
    netif->mtu = 1500;
    netif->hwaddr_len = ETH_HWADDR_LEN;
    netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_LINK_UP;
    return ERR_OK;
}

static void driver_poll(void *ctx)
{
    (void)ctx;
    now++;
}

int main(void)
{
    static const struct midge_lwip_raw machine = {.pump = driver_poll};
    static struct midge_port port = {
        .clock_ms = clock_ms, .clock_us = clock_us, .wall_time = wall_time, .entropy = entropy};
    struct midge_config config = {.port = &port, .max_connections = MIDGE_LWIP_SOCKS};
    struct midge_request request = {.url = "http://192.0.2.2/", .timeouts = {.total_ms = 50}};
    struct midge_result result = {0};
    struct midge_client *client;
    struct netif netif;
    ip4_addr_t ip, mask;
    midge_id id;
    int err;

    midge_lwip_raw_attach(&port, &machine);
    lwip_init();
    IP4_ADDR(&ip, 192, 0, 2, 15);
    IP4_ADDR(&mask, 255, 255, 255, 0);
    netif_add(&netif, &ip, &mask, NULL, NULL, driver_init, ethernet_input);
    netif_set_default(&netif);
    netif_set_up(&netif);
    config.tls.dangerously_skip_verification = 1;
    config.memory_size = midge_memory_needed(&config);
    config.memory = malloc(config.memory_size);
    err = midge_open(&client, &config);
    frames = 0;
    if (err == MIDGE_OK) {
        err = midge_start(client, &request, &id);
    }
    if (err == MIDGE_OK) {
        err = midge_wait(client, id, &result);
    }
    midge_close(client);
    free(config.memory);
    printf("consumer-lwip: %s in phase %s, %u frames\n", midge_err_text(err),
           midge_phase_name((enum midge_phase)result.phase), frames);
    return err == MIDGE_ERR_TIMEOUT && frames > 0 ? 0 : 1;
}
