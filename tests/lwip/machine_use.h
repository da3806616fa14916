/* SPDX-License-Identifier: MIT */
/* For machine_*.c: counts with lwIP's core at rest. */
#ifndef MIDGE_TESTS_MACHINE_USE_H
#define MIDGE_TESTS_MACHINE_USE_H

#include <lwip/memp.h>
#include <lwip/priv/tcp_priv.h>
#include <lwip/stats.h>

#include "machine.h"

static inline unsigned pool_use(memp_t pool)
{
    return lwip_stats.memp[pool]->used;
}

static inline unsigned list_length(const struct tcp_pcb *pcb)
{
    unsigned n = 0;

    for (; pcb != NULL; pcb = pcb->next)
        n++;
    return n;
}

static inline void count_use(struct machine_use *use)
{
    *use = (struct machine_use){
        .connections = list_length(tcp_active_pcbs) + list_length(tcp_bound_pcbs),
        .buffers = pool_use(MEMP_PBUF_POOL) + pool_use(MEMP_PBUF) + pool_use(MEMP_TCP_SEG),
        .heap = (unsigned)lwip_stats.mem.used,
    };
}

#endif
