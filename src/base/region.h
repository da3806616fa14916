/* SPDX-License-Identifier: MIT */
/*
 * One stretch of memory, divided into blocks that hold the number of their owner. Counts for each
 * owner and policy are in memory.c.
 *
 * A free block joins its free neighbours and is in a list; there is one list for each power of two.
 * A small block of a connection first goes to a quick list of its exact size, and the next request
 * of that size takes it back: mbedTLS asks for a few small sizes thousands of times in one
 * handshake. Quick blocks join their neighbours before a larger block is taken, when no block is
 * found, and when the largest piece is searched. Without MIDGE_WITH_FAST_MEMORY all free blocks are
 * in one list, and there are no quick blocks.
 */
#ifndef MIDGE_BASE_REGION_H
#define MIDGE_BASE_REGION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "midge/config.h"
#include "poison.h"

/* Alignment of everything handed out, and the size of a block's header: 8 or 16 bytes. */
#define MIDGE__REGION_UNIT (2 * sizeof(size_t))

/* Bytes that an allocation of n bytes takes. */
#define MIDGE__REGION_COST(n)                                                                      \
    (((size_t)(n) <= MIDGE__REGION_UNIT)                                                           \
         ? 2 * MIDGE__REGION_UNIT                                                                  \
         : ((size_t)(n) + 2 * MIDGE__REGION_UNIT - 1) / MIDGE__REGION_UNIT * MIDGE__REGION_UNIT)

/* The largest region: 2 to the power of this in units, 32 MB on 32-bit targets, else 64 GB. */
#define MIDGE__REGION_SIZE_BITS (sizeof(size_t) == 4 ? 22U : 32U)

/* One bin for each power of two, or one for all. */
#define MIDGE__REGION_BINS (MIDGE_WITH_FAST_MEMORY ? MIDGE__REGION_SIZE_BITS : 1U)

/* Blocks of at most this many units go to quick lists: bignums of up to 112 bytes. */
#define MIDGE__REGION_QUICK (112U / MIDGE__REGION_UNIT + 1U)

/* Owners are 0 to NOBODY - 1. */
#define MIDGE__REGION_OWNER_BITS 10U
#define MIDGE__REGION_NOBODY     1023U

/*
 * A block, in units of the header's size:
 *
 *     | size << 10 | owner | prev's size << 10 | mark | payload ...                         |
 *                                                      free: next and where it is linked from
 *
 * A free block of one unit is only a header: it is in no list until it joins a neighbour. The marks
 * differ in many bits, so that a double free or an overwritten header is noticed at once.
 */
struct midge__block {
    size_t size_owner;
    size_t prev_mark;
};

/* Not part of struct midge__region, since a function with a const region may change the lists
   (settle). */
struct midge__region_lists {
    struct midge__block *bins[MIDGE__REGION_BINS];
#if MIDGE_WITH_FAST_MEMORY
    struct midge__block *quick[MIDGE__REGION_QUICK + 1]; /* by units */
    size_t quick_blocks;
#endif
};

struct midge__region {
    unsigned char *begin; /* first header */
    unsigned char *end;   /* the sentinel header after the last block */
    struct midge__region_lists *lists;
    size_t free_bytes; /* headers and quick blocks included */
};

/*
 * One free piece of `size` bytes, and the sentinel of one unit behind it: both multiples of the
 * unit and aligned to it, size at least two units.
 */
void midge__region_init(struct midge__region *r, unsigned char *begin, size_t size,
                        struct midge__region_lists *lists);

static inline size_t midge__region_size(const struct midge__region *r)
{
    return (size_t)(r->end - r->begin);
}

static inline bool midge__region_owns(const struct midge__region *r, const void *p)
{
    return (uintptr_t)p - (uintptr_t)r->begin < midge__region_size(r);
}

static inline void *midge__block_payload(struct midge__block *b)
{
    return b + 1;
}

MIDGE__UNCHECKED static inline size_t midge__block_units(const struct midge__block *b)
{
    return b->size_owner >> MIDGE__REGION_OWNER_BITS;
}

MIDGE__UNCHECKED static inline unsigned midge__block_owner(const struct midge__block *b)
{
    return (unsigned)(b->size_owner & MIDGE__REGION_NOBODY);
}

MIDGE__UNCHECKED static inline void midge__block_set_owner(struct midge__block *b, unsigned owner)
{
    b->size_owner = (b->size_owner & ~(size_t)MIDGE__REGION_NOBODY) | owner;
}

/* The used block that has the payload p; asserts that there is one. */
struct midge__block *midge__region_block(const struct midge__region *r, void *p);

/* Takes a quick block for n bytes, its payload poisoned; NULL when there is none. */
#if MIDGE_WITH_FAST_MEMORY
struct midge__block *midge__region_quick(struct midge__region *r, unsigned owner, size_t n);
#else
#define midge__region_quick(r, owner, n) ((struct midge__block *)NULL)
#endif

/*
 * A block of `units`, at least 2; NULL exactly when no free piece is large enough. Owner 0, whose
 * blocks live longest, gets the upper end of a free piece, not below `floor` bytes from the
 * region's begin; others get the lower end, so that memory freed by a connection stays in one
 * piece. The payload is poisoned.
 */
struct midge__block *midge__region_take(struct midge__region *r, unsigned owner, size_t units,
                                        size_t floor);
void midge__region_give(struct midge__region *r, struct midge__block *b);

/* Shrinks b to `units` and frees the rest: the lower end of a block of owner 0, the upper end of
   others. Returns where b begins now. */
struct midge__block *midge__region_trim(struct midge__region *r, struct midge__block *b,
                                        size_t units);

/* The owner's first block in use at or after b, NULL when there is none. */
struct midge__block *midge__region_find(const struct midge__region *r, struct midge__block *b,
                                        unsigned owner);

/* Payload of the largest free piece. */
size_t midge__region_largest(const struct midge__region *r);

/* Asserts that headers and lists agree; returns the number of free pieces. */
size_t midge__region_verify(const struct midge__region *r);

#endif
