/* SPDX-License-Identifier: MIT */
/*
 * The Ethernet controller of Stellaris LM3S6xxx and 8xxx, MAC and PHY on the chip: one 2 KB FIFO
 * for each direction, written and read by words. Polled.
 *
 *     static struct stellaris_eth eth;
 *     netif->state = &eth;
 *     return stellaris_eth_start(netif, base, mac, clock_hz);      the board's hw_netif_init
 *     stellaris_eth_poll(netif);                                   its hw_netif_poll
 *
 * The receive FIFO holds little more than one full frame. Frames beyond that are lost between two
 * polls, and TCP sends them again. Windows of two small segments suit it.
 */
#ifndef MIDGE_BOARDS_STELLARIS_ETH_H
#define MIDGE_BOARDS_STELLARIS_ETH_H

#include <stdbool.h>
#include <stdint.h>

#include <lwip/netif.h>

struct stellaris_eth {
    volatile uint32_t *registers;
    uint64_t look_ms; /* when to look at the link again */
    uint32_t dropped; /* frames that were lost or refused, or for which there was no memory */
    bool has_phy;     /* false: no PHY (QEMU models none), so the link counts as up */
};

/*
 * Fills in hwaddr, mtu, flags, linkoutput and output. netif->state is a struct stellaris_eth; the
 * chip's clocks are on; clock_hz is the system clock. ERR_IF: the controller does not respond.
 */
err_t stellaris_eth_start(struct netif *netif, uintptr_t base, const uint8_t mac[6],
                          uint32_t clock_hz);

/* Passes received frames to netif->input, a few at most, and reports changes of the link. */
void stellaris_eth_poll(struct netif *netif);

#endif
