/* SPDX-License-Identifier: MIT */
/* All slots are above all other blocks, those of the second size on top, as region.c takes blocks
   of owner 0 from the upper end. record_slots.h says what they are for. */
#include "record_slots.h"

#if MIDGE_WITH_RECORD_SLOTS

#include "check.h"
#include "poison.h"

static size_t bytes_of(const struct midge__block *b)
{
    return midge__block_units(b) * MIDGE__REGION_UNIT;
}

void midge__record_slots_init(struct midge__record_slots *r, const struct midge__region *region)
{
    r->sizes[0].begin = r->sizes[1].begin = (struct midge__block *)(void *)region->end;
}

struct midge__slots *midge__record_slots_for(struct midge__record_slots *r, size_t n)
{
    for (size_t i = 0; i < MIDGE_ARRAY_LEN(r->sizes); i++) {
        if (r->sizes[i].size == n) {
            return n != 0 ? &r->sizes[i] : NULL;
        }
    }
    return NULL;
}

MIDGE__UNCHECKED struct midge__block *
midge__record_slot_take(struct midge__record_slots *r, struct midge__slots *s, unsigned owner)
{
    struct midge__block *b = s->head;
    if (b == NULL) {
        return NULL;
    }
    s->head = *(struct midge__block **)midge__block_payload(b);
    s->free--;
    r->free_bytes -= bytes_of(b);
    midge__block_set_owner(b, owner);
    return b;
}

MIDGE__UNCHECKED void midge__record_slot_give(struct midge__record_slots *r, struct midge__block *b)
{
    struct midge__slots *s = &r->sizes[b >= r->sizes[1].begin];
    void *p = midge__block_payload(b);
    MIDGE__POISON(p, bytes_of(b) - MIDGE__REGION_UNIT);
    midge__block_set_owner(b, MIDGE__REGION_NOBODY); /* the owner of the free slots */
    *(struct midge__block **)p = s->head;
    s->head = b;
    s->free++;
    r->free_bytes += bytes_of(b);
}

static size_t units_for(size_t n)
{
    return MIDGE__REGION_COST(n) / MIDGE__REGION_UNIT;
}

static void carve(struct midge__record_slots *r, struct midge__region *region,
                  struct midge__slots *s, size_t size, unsigned n)
{
    s->size = size;
    for (; n > 0; n--) {
        s->begin = midge__region_take(region, 0, units_for(size), 0);
        midge__record_slot_give(r, s->begin);
    }
}

int midge__record_slots_carve(struct midge__record_slots *r, struct midge__region *region,
                              size_t in_size, size_t out_size, unsigned n)
{
    size_t have = midge__region_size(region);
    if (in_size == 0 || out_size == 0 || region->free_bytes != have) {
        return MIDGE_ERR_INVALID;
    }
    if (n == 0) {
        return MIDGE_OK;
    }
    if (in_size > have || out_size > have ||
        n > (have / MIDGE__REGION_UNIT - 2) / (units_for(in_size) + units_for(out_size))) {
        return MIDGE_ERR_NO_MEMORY;
    }
    if (in_size == out_size) {
        n *= 2;
    } else {
        carve(r, region, &r->sizes[1], out_size, n);
    }
    carve(r, region, &r->sizes[0], in_size, n);
    return MIDGE_OK;
}

unsigned midge__record_slots_free(const struct midge__record_slots *r)
{
    const struct midge__slots *in = &r->sizes[0];
    const struct midge__slots *out = &r->sizes[1];
    if (out->size == 0) {
        return in->free / 2; /* one size for both */
    }
    return in->free < out->free ? in->free : out->free;
}

void midge__record_slots_verify(const struct midge__record_slots *r)
{
    size_t bytes = 0;
    for (size_t i = 0; i < MIDGE_ARRAY_LEN(r->sizes); i++) {
        bytes += r->sizes[i].free * MIDGE__REGION_COST(r->sizes[i].size);
    }
    MIDGE_ASSERT(bytes == r->free_bytes);
    (void)bytes;
}

#endif
