/* SPDX-License-Identifier: MIT */
/* The fields of lwIP's network interface that each driver of an Ethernet chip fills in. */
#ifndef MIDGE_BOARDS_COMMON_NET_ETHERNET_NETIF_H
#define MIDGE_BOARDS_COMMON_NET_ETHERNET_NETIF_H

#include <string.h>

#include <lwip/etharp.h>
#include <lwip/ethip6.h>
#include <lwip/netif.h>

#define ETHERNET_MTU 1500 /* bytes of a packet, IEEE 802.3 */

/* Fills in address, flags and output functions. The link's state is the driver's. */
static inline void ethernet_netif(struct netif *netif, const uint8_t mac[ETH_HWADDR_LEN],
                                  netif_linkoutput_fn send)
{
    memcpy(netif->hwaddr, mac, ETH_HWADDR_LEN);
    netif->hwaddr_len = ETH_HWADDR_LEN;
    netif->mtu = ETHERNET_MTU;
    netif->flags |= NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET;
#if LWIP_IGMP
    netif->flags |= NETIF_FLAG_IGMP;
#endif
    netif->name[0] = 'e';
    netif->name[1] = 'n';
    netif->output = etharp_output;
#if LWIP_IPV6
    netif->output_ip6 = ethip6_output;
#endif
    netif->linkoutput = send;
}

#endif
