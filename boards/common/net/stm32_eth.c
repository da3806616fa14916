/* SPDX-License-Identifier: MIT */
/*
 * A full ring makes sending ERR_MEM: lwIP keeps TCP's segments and sends them again. A received
 * frame without a buffer of lwIP is dropped: its sender sends it again. A bus error of the DMA,
 * which no correct address causes, begins everything again, at most ten times a second.
 */
#include "stm32_eth.h"

#include <string.h>

#include <lwip/pbuf.h>

#include "common/hw.h"
#include "ethernet_netif.h"
#include "stm32_mac.h"
#include "stm32_phy.h"

#define LINK_MS     100
#define FRAMES      8 /* a poll */
#define FRAME_LEAST 14

static void poll_rx(void *ctx)
{
    (void)ctx;
    stm32_mac_poll_rx();
}

static void poll_tx(void *ctx)
{
    (void)ctx;
    stm32_mac_poll_tx();
}

/* --- frames --- */

static err_t send_frame(struct netif *netif, struct pbuf *p)
{
    struct stm32_eth *eth = netif->state;
    const u16_t len = (u16_t)(p->tot_len - ETH_PAD_SIZE);
    if (len < FRAME_LEAST || len > STM32_RING_FRAME) {
        return ERR_BUF;
    }
    uint8_t *buffer = stm32_ring_tx_buffer(&eth->ring);
    if (buffer == NULL) {
        return ERR_MEM;
    }
    (void)pbuf_copy_partial(p, buffer, len, ETH_PAD_SIZE);
    stm32_ring_tx_send(&eth->ring, len);
    return ERR_OK;
}

/* NULL: lwIP has no buffer. */
static struct pbuf *copy_frame(const uint8_t *frame, size_t len)
{
    struct pbuf *p = pbuf_alloc(PBUF_RAW, (u16_t)(len + ETH_PAD_SIZE), PBUF_POOL);
    if (p != NULL) {
        (void)pbuf_take_at(p, frame, (u16_t)len, ETH_PAD_SIZE);
    }
    return p;
}

static void receive(struct netif *netif, struct stm32_eth *eth)
{
    size_t len;
    const uint8_t *frame;
    for (int n = 0; n < FRAMES && (frame = stm32_ring_rx_take(&eth->ring, &len)) != NULL; n++) {
        struct pbuf *p = copy_frame(frame, len);
        stm32_ring_rx_release(&eth->ring);
        if (p == NULL) {
            eth->rx_dropped++;
        } else if (netif->input(p, netif) != ERR_OK) {
            pbuf_free(p);
        }
    }
}

/* --- start, link, and the start after a bus error --- */

/* After a reset of the MAC. */
static void start_mac(struct stm32_eth *eth, const uint8_t mac[6])
{
    struct stm32_mac_config config = {
        .multicast = LWIP_IPV6 || LWIP_IGMP,
        .rx_list = eth->descriptors_address + (uint32_t)offsetof(struct stm32_descriptors, rx),
        .tx_list = eth->descriptors_address + (uint32_t)offsetof(struct stm32_descriptors, tx)};
    memcpy(config.address, mac, sizeof config.address);
    stm32_ring_init(&eth->ring, &eth->ops, &eth->memory);
    stm32_mac_start(&config);
}

static void restart(struct netif *netif, struct stm32_eth *eth)
{
    eth->restarts++;
    eth->stopped = !stm32_mac_reset(eth->hclk_hz);
    if (!eth->stopped) {
        start_mac(eth, netif->hwaddr);
        stm32_mac_speed(eth->is_100, eth->is_full_duplex);
    }
}

static void follow_link(struct netif *netif, struct stm32_eth *eth)
{
    const struct stm32_link link = stm32_phy_link(eth->phy);
    if (link.up && !netif_is_link_up(netif)) {
        eth->is_100 = link.is_100;
        eth->is_full_duplex = link.is_full_duplex;
        stm32_mac_speed(link.is_100, link.is_full_duplex);
        netif_set_link_up(netif);
    } else if (!link.up && netif_is_link_up(netif)) {
        netif_set_link_down(netif);
    }
}

void stm32_eth_poll(struct netif *netif)
{
    struct stm32_eth *eth = netif->state;
    const uint64_t now = hw_millis();
    if (now - eth->look_ms >= LINK_MS) {
        eth->look_ms = now;
        if (eth->stopped || stm32_mac_failed()) {
            restart(netif, eth);
        }
        follow_link(netif, eth);
    }
    receive(netif, eth);
}

enum stm32_eth_error stm32_eth_start(struct netif *netif, const uint8_t mac[6])
{
    struct stm32_eth *eth = netif->state;
    eth->ops.poll_rx = poll_rx;
    eth->ops.poll_tx = poll_tx;
    eth->look_ms = hw_millis() - LINK_MS;
    if (!stm32_mac_reset(eth->hclk_hz)) {
        return STM32_ETH_NO_CLOCK;
    }
    if (!stm32_phy_start(eth->phy)) { /* it may stop the clock of RMII: before the MAC starts */
        return STM32_ETH_NO_PHY;
    }
    start_mac(eth, mac);
    ethernet_netif(netif, mac, send_frame);
    return STM32_ETH_OK;
}
