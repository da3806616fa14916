/* SPDX-License-Identifier: MIT */
/*
 * The Ethernet controller of Stellaris LM3S6xxx and 8xxx, MAC and PHY on the chip: one 2 KB FIFO
 * each way, written and read by words. Polled.
 *
 *     static struct stellaris_eth eth;
 *     netif->state = &eth;
 *     return stellaris_eth_start(netif, base, mac, clock_hz);      the board's hw_netif_init
 *     stellaris_eth_poll(netif);                                   its hw_netif_poll
 *
 * The receive FIFO holds one full frame and a bit: what comes while nobody polls is lost beyond
 * that, and TCP sends it again. Windows of two small segments suit it.
 */
#ifndef MIDGE_BOARDS_STELLARIS_ETH_H
#define MIDGE_BOARDS_STELLARIS_ETH_H

#include <stdbool.h>
#include <stdint.h>

#include <lwip/netif.h>

struct stellaris_eth {
    volatile uint32_t *registers;
    uint64_t look_ms; /* when to look at the link again */
    uint32_t dropped; /* frames for which there was no memory, that were lost or refused */
    bool has_phy;     /* false: none answers, the link counts as up (QEMU models none) */
};

/*
 * Fills in hwaddr, mtu, flags, linkoutput and output. netif->state is a struct stellaris_eth; the
 * chip's clocks are on; clock_hz is the system clock. ERR_IF: the controller does not answer.
 */
err_t stellaris_eth_start(struct netif *netif, uintptr_t base, const uint8_t mac[6],
                          uint32_t clock_hz);

/* Received frames to netif->input, a few at most, and news of the link. */
void stellaris_eth_poll(struct netif *netif);

#endif
