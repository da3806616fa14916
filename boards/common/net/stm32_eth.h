/* SPDX-License-Identifier: MIT */
/*
 * The Ethernet of an STM32F7 under lwIP: rings (stm32_ring.h), MAC (stm32_mac.h) and PHY
 * (stm32_phy.h), polled.
 *
 *     static struct stm32_eth eth = {.ops = …, .memory = …, .descriptors_address = …};
 *     netif->state = &eth;
 *     return stm32_eth_start(netif, mac);       the board's hw_netif_init
 *     stm32_eth_poll(netif);                    its hw_netif_poll
 *
 * Frames are copied once in each direction, so that lwIP's buffers need no alignment and no care
 * for the cache.
 */
#ifndef MIDGE_BOARDS_STM32_ETH_H
#define MIDGE_BOARDS_STM32_ETH_H

#include <stdint.h>

#include <lwip/netif.h>

#include "stm32_ring.h"

struct stm32_eth {
    struct stm32_ring_ops ops; /* barrier, clean and invalidate; the rest is filled in */
    struct stm32_ring_memory memory;
    uint32_t descriptors_address; /* of *memory.descriptors in the DMA's eyes */
    uint32_t hclk_hz;             /* of the bus */
    uint8_t phy;                  /* its address */

    /* its own */
    struct stm32_ring ring;
    uint64_t look_ms;    /* when the link was looked at */
    uint32_t rx_dropped; /* good frames without a buffer of lwIP */
    uint32_t restarts;   /* after a bus error of the DMA */
    bool is_100, is_full_duplex;
    bool stopped; /* a reset failed; the next look tries again */
};

enum stm32_eth_error {
    STM32_ETH_OK,
    STM32_ETH_NO_CLOCK, /* the bus is too slow, or the PHY gives no 50 MHz */
    STM32_ETH_NO_PHY    /* no PHY responds */
};

/* Starts it, and fills in hwaddr, mtu, flags, output, linkoutput and name of netif. The board has
   started clocks, RMII and pins. The link is down until a poll finds it up. */
enum stm32_eth_error stm32_eth_start(struct netif *netif, const uint8_t mac[6]);

/* Passes up to 8 received frames to netif->input; looks at the link, and at the DMA, every 100 ms.
 */
void stm32_eth_poll(struct netif *netif);

#endif
