/* SPDX-License-Identifier: MIT */
/*
 * SMSC LAN9118 and its kin (LAN9220 on the MPS2 and MPS3 boards), polled, on a 32-bit bus. One in a
 * program. It allocates nothing but the pbufs of received frames, and each wait has an end.
 */
#ifndef MIDGE_BOARDS_LAN9118_H
#define MIDGE_BOARDS_LAN9118_H

#include <stdbool.h>
#include <stdint.h>

#include <lwip/err.h>
#include <lwip/netif.h>

/* Resets the chip and starts it: hwaddr, mtu, flags, output, linkoutput of netif. `mac` is its
   address; NULL: that of its EEPROM when it has a usable one, else `fallback`. ERR_IF: no such chip
   there, or it does not come out of reset. The link is down until a poll sees it up. */
err_t lan9118_init(struct netif *netif, uintptr_t base, const uint8_t mac[6],
                   const uint8_t fallback[6]);

/* Up to 8 frames received go to netif->input; a change of the link, asked for each 100 ms, to lwIP.
 */
void lan9118_poll(struct netif *netif);

#endif
