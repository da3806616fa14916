/* SPDX-License-Identifier: MIT */
/*
 * The caches of the Cortex-M7, 16 KB each, lines of 32 bytes, and the regions of the MPU:
 *
 *     0, 1   the guards of cortexm_start.c: below the stack, and a null pointer
 *     2      0x60000000 to 0xDFFFFFFF: no access. External memory is not connected, and the core
 * may read ahead of the program wherever memory is normal 3      the descriptors of the Ethernet:
 * normal memory, not cached, shareable, no execution
 */
#ifndef MIDGE_F767_CACHE_H
#define MIDGE_F767_CACHE_H

#include <stddef.h>
#include <stdint.h>

/* Sets regions 2 and 3, then turns both caches on, empty. descriptors: a multiple of 1 KB, the size
   of region 3. */
void cache_start(uintptr_t descriptors);

/* For struct stm32_ring_ops (common/net/stm32_ring.h); addresses begin at a line. */
void cache_barrier(void *ctx);
void cache_clean(void *ctx, const void *at, size_t len);
void cache_invalidate(void *ctx, void *at, size_t len);

#endif
