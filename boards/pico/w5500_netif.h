/* SPDX-License-Identifier: MIT */
/* The W5500 as a netif of lwIP, polled. One in a program. */
#ifndef MIDGE_PICO_W5500_NETIF_H
#define MIDGE_PICO_W5500_NETIF_H

#include <stdint.h>

#include <lwip/netif.h>

#include "w5500.h"

/* Starts the chip and fills in hwaddr, mtu, flags, output, linkoutput of netif. ERR_IF: there is no
   W5500. The link is down until a poll sees it up. */
err_t w5500_netif_start(struct netif *netif, const struct w5500_bus *bus, const uint8_t mac[6]);

/* Passes up to 8 received frames to netif->input, and looks at the link every 100 ms. */
void w5500_netif_poll(struct netif *netif, uint32_t now_ms);

#endif
