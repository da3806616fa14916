/* SPDX-License-Identifier: MIT */
/*
 * Reads lwIP's statistics (LWIP_STATS) and its lists of connections. The pool of timeouts is left
 * out: TCP's timer is one of them as long as there are PCBs in TIME_WAIT.
 */
#include "pools.h"

#include <lwip/priv/tcp_priv.h>
#include <lwip/stats.h>

#if !(LWIP_STATS && MEMP_STATS && MEM_STATS)
#error "lwip_board.h: this test needs LWIP_STATS 1"
#endif

#define LWIP_MEMPOOL(name, num, size, text) #name,
static const char *const names[MEMP_MAX] = {
#include <lwip/priv/memp_std.h>
};

static uint32_t waiting(void)
{
    uint32_t n = 0;
    for (const struct tcp_pcb *pcb = tcp_tw_pcbs; pcb != NULL; pcb = pcb->next) {
        n++;
    }
    return n;
}

void pools_count(struct pools *pools)
{
    for (size_t i = 0; i < MEMP_MAX; i++) {
        pools->used[i] = i == MEMP_SYS_TIMEOUT ? 0 : lwip_stats.memp[i]->used;
    }
    pools->used[MEMP_TCP_PCB] -= waiting();
    pools->heap = (uint32_t)lwip_stats.mem.used;
}

bool pools_are_back(const struct pools *before, const char **name)
{
    struct pools now;
    pools_count(&now);
    for (size_t i = 0; i < MEMP_MAX; i++) {
        if (now.used[i] > before->used[i]) {
            *name = names[i];
            return false;
        }
    }
    *name = "heap";
    return now.heap <= before->heap;
}
