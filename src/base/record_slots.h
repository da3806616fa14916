/* SPDX-License-Identifier: MIT */
/*
 * Blocks of two fixed sizes, for TLS record buffers, taken from the region's upper end at the start
 * and kept apart: they cannot fragment. Without MIDGE_WITH_RECORD_SLOTS there are none.
 */
#ifndef MIDGE_BASE_RECORD_SLOTS_H
#define MIDGE_BASE_RECORD_SLOTS_H

#include <stdbool.h>
#include <stddef.h>

#include "midge/config.h"
#include "midge/err.h"
#include "region.h"

/* Slots of one size. */
struct midge__slots {
    struct midge__block *begin; /* the lowest slot; the region's end when there is none */
    struct midge__block *head;  /* first free slot; free ones are linked through their payloads */
    size_t size;                /* a request of exactly this size gets a slot */
    unsigned free;
};

struct midge__record_slots {
#if MIDGE_WITH_RECORD_SLOTS
    struct midge__slots sizes[2]; /* in, out; all in the first when the sizes are equal */
    size_t free_bytes;
#else
    bool unused;
#endif
};

#if MIDGE_WITH_RECORD_SLOTS

void midge__record_slots_init(struct midge__record_slots *r, const struct midge__region *region);

/* See midge__memory_slots. */
int midge__record_slots_carve(struct midge__record_slots *r, struct midge__region *region,
                              size_t in_size, size_t out_size, unsigned n);

/* Is b, a block in use, a slot? */
static inline bool midge__record_slots_have(const struct midge__record_slots *r,
                                            const struct midge__block *b)
{
    return b >= r->sizes[0].begin;
}

/* The slots that serve requests of n bytes; NULL: a request of this size gets no slot. */
struct midge__slots *midge__record_slots_for(struct midge__record_slots *r, size_t n);

/* NULL: none is free. The payload is poisoned. */
struct midge__block *midge__record_slot_take(struct midge__record_slots *r, struct midge__slots *s,
                                             unsigned owner);
void midge__record_slot_give(struct midge__record_slots *r, struct midge__block *b);

/* Free pairs. */
unsigned midge__record_slots_free(const struct midge__record_slots *r);

/* For tests: asserts that the counts agree. */
void midge__record_slots_verify(const struct midge__record_slots *r);

static inline size_t midge__record_slots_free_bytes(const struct midge__record_slots *r)
{
    return r->free_bytes;
}

#else

#define midge__record_slots_init(r, region)              ((void)0)
#define midge__record_slots_carve(r, region, in, out, n) ((int)MIDGE_OK)
#define midge__record_slots_have(r, b)                   false
#define midge__record_slots_for(r, n)                    ((struct midge__slots *)NULL)
#define midge__record_slot_take(r, s, owner)             ((void)(s), (struct midge__block *)NULL)
#define midge__record_slot_give(r, b)                    ((void)0)
#define midge__record_slots_free(r)                      1U
#define midge__record_slots_free_bytes(r)                ((size_t)0)
#define midge__record_slots_verify(r)                    ((void)0)

#endif

#endif
