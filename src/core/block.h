/* SPDX-License-Identifier: MIT */
/* The block of memory that a client is made of (block.c). */
#ifndef MIDGE_CORE_BLOCK_H
#define MIDGE_CORE_BLOCK_H

#include <stddef.h>
#include "midge/client.h"
#include "midge/config.h"

#if MIDGE_WITH_ALLOCATORS
/* The configuration's block, or one of its allocator; *size 0 becomes the size that is needed.
   NULL: there is none. */
void *midge__block_get(const struct midge_config *config, size_t *size);
/* Gives it back to the allocator that it came from. */
void midge__block_put(const struct midge_config *config, void *block, size_t size);
#else
#define midge__block_get(config, size)        ((config)->memory)
#define midge__block_put(config, block, size) ((void)(block), (void)(size))
#endif

#endif
