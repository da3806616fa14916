/* SPDX-License-Identifier: MIT */
/*
 * Best fit with free lists for powers of two and quick lists for exact sizes. Each header has the
 * size of the block before it, so that a freed block finds both neighbours. region.h describes the
 * blocks.
 */
#include "region.h"

#include <string.h>

#include "check.h"

struct links {
    struct midge__block *next;
    struct midge__block **at; /* the pointer that points to this block */
};

#define UNIT       MIDGE__REGION_UNIT
#define LOW_BITS   MIDGE__REGION_OWNER_BITS
#define LOW_MASK   (((size_t)1 << LOW_BITS) - 1)
#define MARK_USED  ((size_t)0x155)
#define MARK_FREE  ((size_t)0x2aa)
#define MARK_QUICK ((size_t)0x333)
/* Pieces checked in a list before the next one is tried. */
#define SCAN_LIMIT (MIDGE_WITH_FAST_MEMORY ? (size_t)16 : SIZE_MAX)

_Static_assert(sizeof(struct midge__block) == UNIT, "the header is one unit");
_Static_assert(sizeof(struct links) <= UNIT, "two units hold a free piece");
_Static_assert(MIDGE__REGION_NOBODY == LOW_MASK, "an owner fits its bits");

/* ---- Headers ---- */

MIDGE__UNCHECKED static size_t block_mark(const struct midge__block *b)
{
    return b->prev_mark & LOW_MASK;
}

MIDGE__UNCHECKED static size_t block_prev_units(const struct midge__block *b)
{
    return b->prev_mark >> LOW_BITS;
}

static struct midge__block *block_next(const struct midge__block *b)
{
    return (struct midge__block *)b + midge__block_units(b);
}

MIDGE__APART MIDGE__UNCHECKED static void set_mark(struct midge__block *b, size_t mark)
{
    b->prev_mark = (b->prev_mark & ~LOW_MASK) | mark;
}

/* Sets the size on both sides of the border. */
MIDGE__UNCHECKED static void set_units(struct midge__block *b, size_t units, unsigned owner)
{
    struct midge__block *next = b + units;
    b->size_owner = units << LOW_BITS | owner;
    next->prev_mark = units << LOW_BITS | block_mark(next);
}

MIDGE__UNCHECKED static struct links *links_of(const struct midge__block *b)
{
    return (struct links *)(void *)(b + 1);
}

/* ---- Free lists ---- */

#if MIDGE_WITH_FAST_MEMORY
/* The greatest power of two that is not above `units` */
static unsigned bin_of(size_t units)
{
#if defined(__GNUC__)
    return 31U - (unsigned)__builtin_clz((unsigned)units);
#else
    unsigned n = 0;
    while ((units >>= 1) != 0) {
        n++;
    }
    return n;
#endif
}
#else
#define bin_of(units) ((void)(units), 0U)
#endif

MIDGE__UNCHECKED static void list_add(struct midge__region_lists *lists, struct midge__block *b)
{
    size_t units = midge__block_units(b);
    struct midge__block **at = &lists->bins[bin_of(units)];
    set_mark(b, MARK_FREE);
    if (units < 2) {
        return;
    }
    *links_of(b) = (struct links){*at, at};
    if (*at != NULL) {
        links_of(*at)->at = &links_of(b)->next;
    }
    *at = b;
}

MIDGE__UNCHECKED static void list_take(struct midge__block *b)
{
    size_t units = midge__block_units(b);
    MIDGE_ASSERT(block_mark(b) == MARK_FREE && block_prev_units(b + units) == units);
    if (units < 2) {
        return;
    }
    const struct links *links = links_of(b);
    MIDGE_ASSERT(*links->at == b);
    *links->at = links->next;
    if (links->next != NULL) {
        links_of(links->next)->at = links->at;
    }
}

/* Makes b free, joined with free neighbours. */
static void join(struct midge__region_lists *lists, struct midge__block *b)
{
    size_t units = midge__block_units(b), before = block_prev_units(b);
    struct midge__block *next = b + units;
    set_mark(b, MARK_FREE); /* stays if b joins its left neighbour: a double free is noticed */
    if (block_mark(next) == MARK_FREE) {
        list_take(next);
        units += midge__block_units(next);
    }
    if (before != 0 && block_mark(b - before) == MARK_FREE) {
        b -= before;
        list_take(b);
        units += before;
    }
    set_units(b, units, 0);
    list_add(lists, b);
}

/* ---- Quick lists ---- */

#if MIDGE_WITH_FAST_MEMORY
static bool is_quick(unsigned owner, size_t units)
{
    return owner != 0 && units <= MIDGE__REGION_QUICK;
}

MIDGE__UNCHECKED static struct midge__block *quick_take(struct midge__region_lists *lists,
                                                        size_t units)
{
    struct midge__block **head = &lists->quick[units], *b = *head;
    if (b != NULL) {
        MIDGE_ASSERT(block_mark(b) == MARK_QUICK && midge__block_units(b) == units);
        *head = links_of(b)->next;
        lists->quick_blocks--;
    }
    return b;
}

MIDGE__UNCHECKED static void quick_give(struct midge__region_lists *lists, struct midge__block *b)
{
    struct midge__block **head = &lists->quick[midge__block_units(b)];
    set_mark(b, MARK_QUICK);
    links_of(b)->next = *head;
    *head = b;
    lists->quick_blocks++;
}

/* Joins all quick blocks with their neighbours. */
static void settle(struct midge__region_lists *lists)
{
    for (size_t units = 2; lists->quick_blocks != 0; units++) {
        struct midge__block *b;
        MIDGE_ASSERT(units <= MIDGE__REGION_QUICK);
        while ((b = quick_take(lists, units)) != NULL) {
            join(lists, b);
        }
    }
}

#else
#define is_quick(owner, units) ((void)(owner), (void)(units), false)
#define quick_give(lists, b)   ((void)0)
#define settle(lists)          ((void)(lists))
#endif

/* ---- Fit ---- */

/* The best fit among the first `limit` blocks of a list; the part taken must not be below
   `floor`. */
MIDGE__UNCHECKED static struct midge__block *best_of(struct midge__block *b, size_t units,
                                                     const struct midge__block *floor, size_t limit)
{
    struct midge__block *best = NULL;
    size_t least = SIZE_MAX;
    for (; b != NULL && limit > 0 && least > units; b = links_of(b)->next, limit--) {
        size_t have = midge__block_units(b);
        if (have >= units && have < least && b + (have - units) >= floor) {
            least = have;
            best = b;
        }
    }
    return best;
}

static struct midge__block *find_fit(const struct midge__region *r, size_t units,
                                     const struct midge__block *floor, size_t limit)
{
    for (unsigned bin = bin_of(units); bin < MIDGE__REGION_BINS; bin++) {
        struct midge__block *b = best_of(r->lists->bins[bin], units, floor, limit);
        if (b != NULL) {
            return b;
        }
    }
    return NULL;
}

/* Tries the first pieces of each list, then all of them, so that a block that fits is always
   found. */
static struct midge__block *find(const struct midge__region *r, size_t units, size_t floor)
{
    const struct midge__block *lowest = (struct midge__block *)(void *)(r->begin + floor);
    struct midge__block *b = find_fit(r, units, lowest, SCAN_LIMIT);
    if (b == NULL && SCAN_LIMIT != SIZE_MAX) {
        settle(r->lists);
        b = find_fit(r, units, lowest, SIZE_MAX);
    }
    return b;
}

/* ---- Public ---- */

MIDGE__UNCHECKED void midge__region_init(struct midge__region *r, unsigned char *begin, size_t size,
                                         struct midge__region_lists *lists)
{
    struct midge__block *first = (struct midge__block *)(void *)begin;
    struct midge__block *sentinel = first + size / UNIT;
    MIDGE__POISON(begin, size + UNIT);
    memset(lists, 0, sizeof(*lists));
    *r = (struct midge__region){begin, begin + size, lists, size};
    first->prev_mark = MARK_FREE;
    sentinel->size_owner = 0;
    sentinel->prev_mark = MARK_USED;
    set_units(first, size / UNIT, 0);
    list_add(lists, first);
}

struct midge__block *midge__region_block(const struct midge__region *r, void *p)
{
    struct midge__block *b = (struct midge__block *)p - 1;
    MIDGE_ASSERT((uintptr_t)p % UNIT == 0 && midge__region_owns(r, b));
    MIDGE_ASSERT(block_mark(b) == MARK_USED);
    MIDGE_ASSERT(block_prev_units(block_next(b)) == midge__block_units(b));
    (void)r;
    return b;
}

/* Marks a free block as used. */
static struct midge__block *hand_out(struct midge__region *r, struct midge__block *b,
                                     unsigned owner)
{
    r->free_bytes -= midge__block_units(b) * UNIT;
    set_mark(b, MARK_USED);
    midge__block_set_owner(b, owner);
    return b;
}

#if MIDGE_WITH_FAST_MEMORY
struct midge__block *midge__region_quick(struct midge__region *r, unsigned owner, size_t n)
{
    struct midge__block *b = NULL;
    if (owner != 0 && n <= (MIDGE__REGION_QUICK - 1) * UNIT) {
        b = quick_take(r->lists, MIDGE__REGION_COST(n) / UNIT);
    }
    return b != NULL ? hand_out(r, b, owner) : NULL;
}
#endif

struct midge__block *midge__region_take(struct midge__region *r, unsigned owner, size_t units,
                                        size_t floor)
{
    if (units > MIDGE__REGION_QUICK) {
        settle(r->lists); /* otherwise it could be cut from a larger piece than necessary */
    }
    struct midge__block *b = find(r, units, owner == 0 ? floor : 0);
    if (b == NULL) {
        return NULL;
    }
    list_take(b);
    return midge__region_trim(r, hand_out(r, b, owner), units);
}

void midge__region_give(struct midge__region *r, struct midge__block *b)
{
    size_t units = midge__block_units(b);
    MIDGE__POISON(b + 1, (units - 1) * UNIT);
    r->free_bytes += units * UNIT;
    if (is_quick(midge__block_owner(b), units)) {
        quick_give(r->lists, b);
    } else {
        join(r->lists, b);
    }
}

struct midge__block *midge__region_trim(struct midge__region *r, struct midge__block *b,
                                        size_t units)
{
    unsigned owner = midge__block_owner(b);
    size_t have = midge__block_units(b), low = owner == 0 ? have - units : units;
    struct midge__block *up = b + low;
    if (have == units) {
        return b;
    }
    set_units(up, have - low, owner);
    set_units(b, low, owner);
    set_mark(up, MARK_USED);
    r->free_bytes += (have - units) * UNIT;
    join(r->lists, owner == 0 ? b : up);
    return owner == 0 ? up : b;
}

struct midge__block *midge__region_find(const struct midge__region *r, struct midge__block *b,
                                        unsigned owner)
{
    for (; (unsigned char *)b < r->end; b = block_next(b)) {
        MIDGE_ASSERT(midge__block_units(b) != 0);
        if (block_mark(b) == MARK_USED && midge__block_owner(b) == owner) {
            return b;
        }
    }
    return NULL;
}

MIDGE__UNCHECKED size_t midge__region_largest(const struct midge__region *r)
{
    size_t largest = 1;
    settle(r->lists);
    for (unsigned bin = MIDGE__REGION_BINS; bin-- > 0 && largest == 1;) {
        for (struct midge__block *b = r->lists->bins[bin]; b != NULL; b = links_of(b)->next) {
            largest = midge__block_units(b) > largest ? midge__block_units(b) : largest;
        }
    }
    return (largest - 1) * UNIT;
}

/* The free pieces that are in lists. */
MIDGE__UNCHECKED static size_t verify_lists(const struct midge__region *r)
{
    size_t listed = 0;
    for (unsigned bin = 0; bin < MIDGE__REGION_BINS; bin++) {
        for (struct midge__block *b = r->lists->bins[bin]; b != NULL; b = links_of(b)->next) {
            MIDGE_ASSERT(bin_of(midge__block_units(b)) == bin && block_mark(b) == MARK_FREE);
            MIDGE_ASSERT(*links_of(b)->at == b);
            listed++;
        }
    }
    return listed;
}

size_t midge__region_verify(const struct midge__region *r)
{
    size_t pieces = 0, slivers = 0, free_bytes = 0, before = 0;
    bool free_before = false;
    struct midge__block *b = (struct midge__block *)(void *)r->begin;
    (void)midge__region_largest(r); /* settles */
    for (; (unsigned char *)b < r->end; b = block_next(b)) {
        bool is_free = block_mark(b) == MARK_FREE;
        MIDGE_ASSERT(midge__block_units(b) != 0 && block_prev_units(b) == before);
        MIDGE_ASSERT(is_free || block_mark(b) == MARK_USED);
        MIDGE_ASSERT(!(is_free && free_before));
        before = midge__block_units(b);
        free_before = is_free;
        free_bytes += is_free ? before * UNIT : 0;
        pieces += is_free;
        slivers += is_free && before < 2;
    }
    MIDGE_ASSERT((unsigned char *)b == r->end && block_prev_units(b) == before);
    MIDGE_ASSERT(free_bytes == r->free_bytes);
    size_t listed = verify_lists(r);
    MIDGE_ASSERT(listed + slivers == pieces);
    (void)free_before, (void)free_bytes, (void)slivers, (void)listed;
    return pieces;
}
