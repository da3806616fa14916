/* SPDX-License-Identifier: MIT */
/*
 * SMSC LAN9118 and similar chips (LAN9220 on the MPS2 and MPS3 boards), polled, on a 32-bit bus.
 * One in a program. It allocates only the pbufs of received frames, and each wait is bounded.
 */
#ifndef MIDGE_BOARDS_LAN9118_H
#define MIDGE_BOARDS_LAN9118_H

#include <stdbool.h>
#include <stdint.h>

#include <lwip/err.h>
#include <lwip/netif.h>

/* Resets the chip and starts it: fills in hwaddr, mtu, flags, output, linkoutput of netif. `mac` is
   its address; NULL: the address in its EEPROM when that is usable, else `fallback`. ERR_IF: no
   such chip there, or it does not leave reset. The link is down until a poll detects it as up. */
err_t lan9118_init(struct netif *netif, uintptr_t base, const uint8_t mac[6],
                   const uint8_t fallback[6]);

/* Passes up to 8 received frames to netif->input, and checks the link every 100 ms for lwIP. */
void lan9118_poll(struct netif *netif);

#endif
