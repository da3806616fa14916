/* SPDX-License-Identifier: MIT */
/* The client's block: the configuration has it, or an allocator that is called once. */
#include "core/block.h"

#if MIDGE_WITH_ALLOCATORS

void *midge__block_get(const struct midge_config *c, size_t *size)
{
    if (c->memory != NULL) {
        return c->memory;
    }
    if (*size == 0) {
        *size = midge_memory_needed(c);
    }
    return c->alloc != NULL ? c->alloc(c->alloc_ctx, *size) : NULL;
}

void midge__block_put(const struct midge_config *c, void *block, size_t size)
{
    if (c->memory == NULL && c->release != NULL) {
        c->release(c->alloc_ctx, block, size);
    }
}

#endif
