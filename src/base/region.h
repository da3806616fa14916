/* SPDX-License-Identifier: MIT */
/*
 * The small blocks of midge__memory: a boundary-tag allocator with segregated free lists over one
 * stretch of memory. No accounts, no policy: memory.c keeps those.
 */
#ifndef MIDGE_BASE_REGION_H
#define MIDGE_BASE_REGION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Alignment of everything handed out, and the size of a block's header: 8 or 16 bytes. */
#define MIDGE__REGION_UNIT (2 * sizeof(size_t))

/* What an allocation of n bytes really takes. */
#define MIDGE__REGION_COST(n)                                                                      \
    (((size_t)(n) <= MIDGE__REGION_UNIT)                                                           \
         ? 2 * MIDGE__REGION_UNIT                                                                  \
         : ((size_t)(n) + 2 * MIDGE__REGION_UNIT - 1) / MIDGE__REGION_UNIT * MIDGE__REGION_UNIT)

/* Four size classes to each power of two. The largest region: 32 MB on 32-bit targets, 64 GB. */
#define MIDGE__REGION_UNITS_LOG2 (sizeof(size_t) == 4 ? 22U : 32U)
#define MIDGE__REGION_BINS       (MIDGE__REGION_UNITS_LOG2 * 4U - 4U)
#define MIDGE__REGION_MAP_WORDS  4U

#define MIDGE__REGION_OWNERS_MAX 1024U

struct midge__block; /* a block's header */

struct midge__region {
    unsigned char *begin; /* first header */
    unsigned char *end;   /* the sentinel header after the last block */
    struct midge__block **bins;
    uint32_t map[MIDGE__REGION_MAP_WORDS]; /* which bins hold something */
    size_t free_bytes;                     /* headers included */
    size_t reserved;                       /* bytes at the lower end that owner 0 gets nothing of */
};

/* How many bins a region of at most `size` bytes needs. */
unsigned midge__region_bins(size_t size);

/*
 * One free piece of `size` bytes, and the sentinel of one unit behind it: both multiples of the
 * unit and aligned to it, size at least two units. bins holds midge__region_bins(size).
 */
void midge__region_init(struct midge__region *r, unsigned char *begin, size_t size,
                        struct midge__block **bins);

static inline size_t midge__region_size(const struct midge__region *r)
{
    return (size_t)(r->end - r->begin);
}

static inline bool midge__region_owns(const struct midge__region *r, const void *p)
{
    return (uintptr_t)p - (uintptr_t)r->begin < midge__region_size(r);
}

/* NULL exactly when no free piece is large enough. Owner 0, whose blocks live longest, gets the
   upper end of a free piece, others the lower: what a connection leaves stays in one piece. Of
   owner 0's piece only what lies above the reserved bytes counts. */
void *midge__region_alloc(struct midge__region *r, unsigned owner, size_t n);

/* Grows or shrinks p where it stands; false, nothing changed, when its neighbour forbids it. */
bool midge__region_resize(struct midge__region *r, void *p, size_t n);

/* Keeps n bytes, no more than there are, at p's upper end; returns where they are. */
void *midge__region_shrink_up(struct midge__region *r, void *p, size_t n);

/* Returns the bytes that p had taken, and in *owner whose it was. */
size_t midge__region_free(struct midge__region *r, void *p, unsigned *owner);

/* Of a block in use: what it takes, header included, and whose it is. */
size_t midge__region_taken(const struct midge__region *r, void *p);
unsigned midge__region_owner(const struct midge__region *r, void *p);

/* Zeroes and frees the owner's blocks until `bytes` are freed. */
void midge__region_sweep(struct midge__region *r, unsigned owner, size_t bytes);

size_t midge__region_largest(const struct midge__region *r);

/* Asserts that headers, lists and map agree; returns the number of free pieces. */
size_t midge__region_verify(const struct midge__region *r);

#endif
