/* SPDX-License-Identifier: MIT */
/*
 * The client's one block of memory.
 *
 *     block                                                                   block + size
 *     | free lists | owner stats | small blocks ...            ... | in slots | out slots |
 *
 * One region of blocks (region.h). Each block has the tag of its owner, so that memory leaked by
 * mbedTLS is freed with the connection. TLS record buffers are blocks of two fixed sizes at the
 * upper end, taken at the start and kept apart: these slots cannot fragment.
 *
 * An allocation succeeds exactly when midge__memory_largest_free() is large enough; an allocation
 * of the client must also fit above the bytes of midge__memory_reserve. Not thread safe: one
 * client, one thread. Under AddressSanitizer free memory and headers are poisoned, so that overruns
 * inside the block are found as on the heap.
 */
#ifndef MIDGE_BASE_MEMORY_H
#define MIDGE_BASE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "midge/config.h"
#include "record_slots.h"
#include "region.h"

/* Owner 0 is the client, 1.. are connections. */
#define MIDGE__OWNER_CLIENT 0U
#define MIDGE__OWNERS_MAX   MIDGE__REGION_NOBODY

/* Alignment of everything handed out. */
#define MIDGE__MEMORY_UNIT MIDGE__REGION_UNIT

/* Bytes of the small region that an allocation of n bytes takes; for worst-case sums. */
#define MIDGE__MEMORY_COST(n) MIDGE__REGION_COST(n)

/* Bytes of the block that the bookkeeping takes, at most. */
#define MIDGE__MEMORY_FIXED_COST(owners)                                                           \
    ((owners) * sizeof(struct midge__owner_stats) + sizeof(struct midge__region_lists) +           \
     6 * MIDGE__MEMORY_UNIT)

/* Bytes taken, headers and rounding included. */
struct midge__owner_stats {
    size_t small; /* of the small region */
#if MIDGE_WITH_RECORD_SLOTS
    uint32_t slots; /* record slots */
#endif
    uint32_t promised; /* bytes of the small region that it may have; 0: only what is free */
#if MIDGE_WITH_STATS
    size_t peak; /* of small and slots together */
#endif
};

struct midge__memory_stats {
    uint32_t alloc_calls; /* alloc and calloc calls, refused ones included */
    uint32_t failures;    /* refused calls */
    size_t peak;          /* 0 without MIDGE_WITH_STATS */
    size_t size;          /* the largest possible live: small region and slots */
};

struct midge__memory {
    struct midge__region small;
    struct midge__record_slots slots;
    struct midge__owner_stats *owner_stats;
    unsigned owners;
    struct midge__memory_stats stats;
    size_t room;     /* the small region without the slots */
    size_t shares;   /* of it: each owner's bytes, or its promise if that is more */
    size_t reserved; /* bytes at the region's lower end that the client does not get */
    bool yields;     /* the client gets the reserved bytes too */
    bool failed;
#if MIDGE_WITH_FAULTS
    uint32_t fail_from, fail_calls; /* alloc_calls of the first one that fails, and how many */
#endif
};

/*
 * Takes over block[0..size). `owners` counts the client: 1 + the most connections, at most
 * MIDGE__OWNERS_MAX. MIDGE_ERR_INVALID for bad arguments or a block that is too large,
 * MIDGE_ERR_NO_MEMORY when the block has no room after the bookkeeping.
 */
int midge__memory_init(struct midge__memory *m, void *block, size_t size, unsigned owners);

/*
 * Gives the block back: sweeps all owners, so that no key material stays behind in it.
 */
void midge__memory_deinit(struct midge__memory *m);

/*
 * Takes n record slots of each size from the end. Call it once, before anything is allocated.
 * MIDGE_ERR_NO_MEMORY when they don't fit (nothing has changed then); MIDGE_ERR_INVALID when it is
 * too late.
 */
#if MIDGE_WITH_RECORD_SLOTS
int midge__memory_slots(struct midge__memory *m, size_t in_size, size_t out_size, unsigned n);
#else
#define midge__memory_slots(m, in_size, out_size, n) ((void)(n), (int)MIDGE_OK)
#endif

/*
 * From now on the client (owner 0) does not get the lowest n bytes of the small region: when no
 * connection is open they are free, in one piece. midge__memory_yield(m, true): it gets them too,
 * if nothing else is free.
 */
void midge__memory_reserve(struct midge__memory *m, size_t n);
void midge__memory_yield(struct midge__memory *m, bool yields);

/*
 * Uninitialised memory of the small region (never a slot); NULL when none is large enough.
 * n 0 gives a pointer that may be freed.
 */
void *midge__memory_alloc(struct midge__memory *m, unsigned owner, size_t n);

/*
 * Zeroed memory of count * size bytes. If the product is exactly a slot's size, a slot; NULL when
 * no slot is free.
 */
void *midge__memory_calloc(struct midge__memory *m, unsigned owner, size_t count, size_t size);

/*
 * Shrinks p to n bytes, at most its size, and frees the rest; returns where its first n bytes are
 * now. Blocks of the client move to the upper end, others stay. A slot is not changed.
 */
void *midge__memory_shrink(struct midge__memory *m, void *p, size_t n);

/* NULL is fine. Anything else must be from this block and still in use. */
void midge__memory_free(struct midge__memory *m, void *p);
/* Zeroes it first: it holds credentials. */
void midge__memory_wipe(struct midge__memory *m, void *p);

/* Whether p points into the memory that this allocator manages. */
static inline bool midge__memory_owns(const struct midge__memory *m, const void *p)
{
    return midge__region_owns(&m->small, p);
}

/*
 * Zeroes and frees all blocks with the owner's tag; returns the bytes they took. A walk over the
 * whole region, skipped when the owner's live count is zero.
 */
size_t midge__memory_sweep(struct midge__memory *m, unsigned owner);

/* The largest n that alloc would serve now, 0 when none. */
size_t midge__memory_largest_free(const struct midge__memory *m);

/* Free bytes of the small region, in all pieces together, headers included. */
size_t midge__memory_free_bytes(const struct midge__memory *m);

/* Free pairs of record slots (one in, one out): this many connections can start a handshake. */
static inline unsigned midge__memory_free_slots(const struct midge__memory *m)
{
    (void)m;
    return midge__record_slots_free(&m->slots);
}

/* From now on the owner may take up to n bytes of the small region, headers included, together with
   those that it has. A promise is a count for admission: allocations do not look at it. */
void midge__memory_promise(struct midge__memory *m, unsigned owner, size_t n);
/* Bytes of the small region that the owner has, or that it is promised if these are more. */
size_t midge__memory_owner_share(const struct midge__memory *m, unsigned owner);
/* Free bytes of the small region that are promised to no owner. */
size_t midge__memory_unpromised(const struct midge__memory *m);
/* Is there a block of n bytes beside all promises? */
bool midge__memory_has(const struct midge__memory *m, size_t n);
/* May the client take memory: are all promises kept, with the memory that is free? */
static inline bool midge__memory_spares(const struct midge__memory *m)
{
    return m->shares <= m->room;
}

/* Bytes in use, of the small region and of the slots. */
static inline size_t midge__memory_live(const struct midge__memory *m)
{
    return m->stats.size - m->small.free_bytes - midge__record_slots_free_bytes(&m->slots);
}

size_t midge__memory_owner_live(const struct midge__memory *m, unsigned owner);
/* Of it, slots. */
#if MIDGE_WITH_RECORD_SLOTS
size_t midge__memory_owner_slots(const struct midge__memory *m, unsigned owner);
#else
#define midge__memory_owner_slots(m, owner) ((void)(m), (void)(owner), (size_t)0)
#endif

/* The most bytes that the owner had since the last reset. Reset when a new connection takes an old
   tag. Only with MIDGE_WITH_STATS. */
#if MIDGE_WITH_STATS
size_t midge__memory_owner_peak(const struct midge__memory *m, unsigned owner);
void midge__memory_owner_reset(struct midge__memory *m, unsigned owner);
#else
#define midge__memory_owner_reset(m, owner) ((void)(m), (void)(owner))
#endif

static inline const struct midge__memory_stats *
midge__memory_stats_get(const struct midge__memory *m)
{
    return &m->stats;
}

/*
 * Whether a request was refused since the last reset. mbedTLS reports running out of memory in
 * certificate verification as "not trusted"; reset before the call and ask after it.
 */
static inline bool midge__memory_failed(const struct midge__memory *m)
{
    return m->failed;
}

static inline void midge__memory_failed_reset(struct midge__memory *m)
{
    m->failed = false;
}

/* For tests, and config.fail_alloc: the nth request from now (1: the next) is refused, all later
   ones too if sticky; 0 off. Only with MIDGE_WITH_FAULTS. */
#if MIDGE_WITH_FAULTS
void midge__memory_fail_at(struct midge__memory *m, uint32_t nth, bool sticky);
#endif

/*
 * For tests: walks everything and asserts that headers, lists, map and counters agree. Returns
 * the number of free pieces in the small region.
 */
size_t midge__memory_verify(const struct midge__memory *m);

#endif
