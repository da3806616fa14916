/* SPDX-License-Identifier: MIT */
/* Included by lwIP's sources (LWIP_HOOK_FILENAME). */
#ifndef MIDGE_LWIP_HOOKS_H
#define MIDGE_LWIP_HOOKS_H

#include "lwip/ip_addr.h"

/* RFC 6528: the initial sequence number of a connection. */
u32_t midge__lwip_isn(const ip_addr_t *local_ip, u16_t local_port, const ip_addr_t *remote_ip,
                      u16_t remote_port);
#define LWIP_HOOK_TCP_ISN midge__lwip_isn

#endif
