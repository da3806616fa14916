/* SPDX-License-Identifier: MIT */
#include "region.h"

#include <string.h>

#include "check.h"
#include "poison.h"

/*
 * A small block, in units of the header's size:
 *
 *     | size << 10 | owner | prev's size << 10 | mark | payload ...                         |
 *                                                      free: next and prev of its list
 *
 * A free piece of one unit is a header alone: in no list, it waits for a neighbour. Two marks far
 * apart instead of one bit: a double free or an overrun header is noticed at once.
 */
struct midge__block {
    size_t size_owner;
    size_t prev_mark;
};

struct links {
    struct midge__block *next;
    struct midge__block *prev;
};

#define UNIT       MIDGE__REGION_UNIT
#define LOW_BITS   10U
#define LOW_MASK   (((size_t)1 << LOW_BITS) - 1)
#define MARK_USED  ((size_t)0x155)
#define MARK_FREE  ((size_t)0x2aa)
#define SCAN_LIMIT 8U /* pieces of the asked class looked at before a larger class is taken */

_Static_assert(sizeof(struct midge__block) == MIDGE__REGION_UNIT, "the header is one unit");
_Static_assert(sizeof(struct links) <= MIDGE__REGION_UNIT, "two units hold a free piece");
_Static_assert(MIDGE__REGION_OWNERS_MAX <= LOW_MASK + 1, "an owner fits its bits");
_Static_assert(MIDGE__REGION_BINS <= MIDGE__REGION_MAP_WORDS * 32, "a map bit for each bin");

/* ---- Headers ---- */

MIDGE__UNCHECKED static size_t block_units(const struct midge__block *b)
{
    return b->size_owner >> LOW_BITS;
}

MIDGE__UNCHECKED static unsigned block_owner(const struct midge__block *b)
{
    return (unsigned)(b->size_owner & LOW_MASK);
}

MIDGE__UNCHECKED static size_t block_mark(const struct midge__block *b)
{
    return b->prev_mark & LOW_MASK;
}

MIDGE__UNCHECKED static size_t block_prev_units(const struct midge__block *b)
{
    return b->prev_mark >> LOW_BITS;
}

static struct midge__block *block_next(struct midge__block *b)
{
    return b + block_units(b);
}

static unsigned char *block_payload(struct midge__block *b)
{
    return (unsigned char *)(b + 1);
}

static size_t payload_size(const struct midge__block *b)
{
    return (block_units(b) - 1) * UNIT;
}

static struct midge__block *block_of(void *p)
{
    return (struct midge__block *)p - 1;
}

MIDGE__UNCHECKED static void set_size_owner(struct midge__block *b, size_t units, unsigned owner)
{
    b->size_owner = units << LOW_BITS | owner;
}

MIDGE__UNCHECKED static void set_mark(struct midge__block *b, size_t mark)
{
    b->prev_mark = (b->prev_mark & ~LOW_MASK) | mark;
}

MIDGE__UNCHECKED static void set_prev_units(struct midge__block *b, size_t units)
{
    b->prev_mark = units << LOW_BITS | (b->prev_mark & LOW_MASK);
}

/* Sets the size on both sides of the border. */
static void set_units(struct midge__block *b, size_t units, unsigned owner)
{
    set_size_owner(b, units, owner);
    set_prev_units(b + units, units);
}

MIDGE__UNCHECKED static struct links *links_of(struct midge__block *b)
{
    return (struct links *)(void *)(b + 1);
}

/* ---- Size classes: exact up to 7 units, then four to each power of two ---- */

#if defined(__GNUC__)
static unsigned log2_floor(uint32_t v)
{
    return 31U - (unsigned)__builtin_clz(v);
}

static unsigned lowest_bit(uint32_t v)
{
    return (unsigned)__builtin_ctz(v);
}
#else
static unsigned log2_floor(uint32_t v)
{
    unsigned n = 0;
    while ((v >>= 1) != 0) {
        n++;
    }
    return n;
}

static unsigned lowest_bit(uint32_t v)
{
    return log2_floor(v & (~v + 1));
}
#endif

static unsigned bin_of(size_t units)
{
    if (units < 4) {
        return (unsigned)units;
    }
    unsigned log2 = log2_floor((uint32_t)units);
    return (log2 - 1) * 4 + ((unsigned)(units >> (log2 - 2)) & 3U);
}

/* The first non-empty bin at or above `bin`; NULL when there is none. */
static struct midge__block *first_from(const struct midge__region *r, unsigned bin)
{
    unsigned word = bin / 32;
    uint32_t bits = word < MIDGE__REGION_MAP_WORDS ? r->map[word] & (UINT32_MAX << bin % 32) : 0;
    while (bits == 0) {
        if (++word >= MIDGE__REGION_MAP_WORDS) {
            return NULL;
        }
        bits = r->map[word];
    }
    return r->bins[word * 32 + lowest_bit(bits)];
}

/* The head of the highest non-empty bin: only that one can hold the largest piece. */
static struct midge__block *highest(const struct midge__region *r)
{
    for (unsigned word = MIDGE__REGION_MAP_WORDS; word-- > 0;) {
        if (r->map[word] != 0) {
            return r->bins[word * 32 + log2_floor(r->map[word])];
        }
    }
    return NULL;
}

/* ---- Free lists ---- */

MIDGE__UNCHECKED static void list_add(struct midge__region *r, struct midge__block *b)
{
    size_t units = block_units(b);
    set_mark(b, MARK_FREE);
    r->free_bytes += units * UNIT;
    if (units < 2) {
        return;
    }
    unsigned bin = bin_of(units);
    struct midge__block *head = r->bins[bin];
    links_of(b)->next = head;
    links_of(b)->prev = NULL;
    if (head != NULL) {
        links_of(head)->prev = b;
    }
    r->bins[bin] = b;
    r->map[bin / 32] |= 1U << bin % 32;
}

MIDGE__UNCHECKED static void list_take(struct midge__region *r, struct midge__block *b)
{
    size_t units = block_units(b);
    MIDGE_ASSERT(block_mark(b) == MARK_FREE && block_prev_units(b + units) == units);
    r->free_bytes -= units * UNIT;
    if (units < 2) {
        return;
    }
    struct midge__block *next = links_of(b)->next;
    struct midge__block *prev = links_of(b)->prev;
    if (next != NULL) {
        links_of(next)->prev = prev;
    }
    if (prev != NULL) {
        links_of(prev)->next = next;
        return;
    }
    unsigned bin = bin_of(units);
    MIDGE_ASSERT(r->bins[bin] == b);
    r->bins[bin] = next;
    if (next == NULL) {
        r->map[bin / 32] &= ~(1U << bin % 32);
    }
}

/* The best fit among the first `limit` of a list; NULL when none fits. */
MIDGE__UNCHECKED static struct midge__block *best_of(struct midge__block *b, size_t units,
                                                     size_t limit)
{
    struct midge__block *best = NULL;
    for (; b != NULL && limit > 0; b = links_of(b)->next, limit--) {
        size_t have = block_units(b);
        if (have == units) {
            return b;
        }
        if (have > units && (best == NULL || have < block_units(best))) {
            best = b;
        }
    }
    return best;
}

/*
 * A free piece of at least `units`. Its own class first, as far as that is cheap; then a larger
 * class, where any piece fits; at last all of its own class, so that nothing that fits is refused.
 */
static struct midge__block *find_fit(const struct midge__region *r, size_t units)
{
    unsigned bin = bin_of(units);
    struct midge__block *found = NULL;
    if (r->map[bin / 32] & 1U << bin % 32) {
        found = best_of(r->bins[bin], units, SCAN_LIMIT);
    }
    if (found == NULL) {
        found = first_from(r, bin + 1);
    }
    if (found == NULL && r->map[bin / 32] & 1U << bin % 32) {
        found = best_of(r->bins[bin], units, SIZE_MAX);
    }
    return found;
}

/* Of b's upper end; 0 when it reaches down into the reserved bytes. */
MIDGE__UNCHECKED static size_t fits_above(const struct midge__region *r, struct midge__block *b,
                                          size_t units)
{
    size_t have = block_units(b);
    struct midge__block *at = b + (have - units);
    return have >= units && (size_t)((unsigned char *)at - r->begin) >= r->reserved ? have : 0;
}

/* The smallest piece for owner 0. It asks seldom: all are looked at. */
MIDGE__UNCHECKED static struct midge__block *find_above(const struct midge__region *r, size_t units)
{
    struct midge__block *best = NULL;
    size_t least = SIZE_MAX;
    unsigned bin = bin_of(units);
    for (struct midge__block *b = first_from(r, bin); b != NULL; b = first_from(r, bin)) {
        bin = bin_of(block_units(b)) + 1;
        for (; b != NULL; b = links_of(b)->next) {
            size_t have = fits_above(r, b, units);
            if (have != 0 && have < least) {
                least = have;
                best = b;
            }
        }
        if (best != NULL) {
            return best;
        }
    }
    return NULL;
}

/* ---- Blocks ---- */

/* Makes b free, joined with free neighbours; returns the joined piece. */
static struct midge__block *join(struct midge__region *r, struct midge__block *b)
{
    size_t units = block_units(b);
    struct midge__block *next = b + units;
    if (block_mark(next) == MARK_FREE) {
        list_take(r, next);
        units += block_units(next);
    }
    size_t before = block_prev_units(b);
    if (before != 0 && block_mark(b - before) == MARK_FREE) {
        b -= before;
        list_take(r, b);
        units += before;
    }
    set_units(b, units, 0);
    list_add(r, b);
    return b;
}

/* Cuts a used block down to `units` and frees the rest. */
static void cut(struct midge__region *r, struct midge__block *b, size_t units)
{
    size_t rest = block_units(b) - units;
    if (rest == 0) {
        return;
    }
    set_units(b, units, block_owner(b));
    set_mark(b + units, MARK_USED);
    set_units(b + units, rest, 0);
    join(r, b + units);
}

static struct midge__block *checked(const struct midge__region *r, void *p)
{
    struct midge__block *b = block_of(p);
    MIDGE_ASSERT((uintptr_t)p % UNIT == 0 && midge__region_owns(r, b));
    MIDGE_ASSERT(block_mark(b) == MARK_USED);
    MIDGE_ASSERT(block_prev_units(block_next(b)) == block_units(b));
    (void)r;
    return b;
}

static struct midge__block *release(struct midge__region *r, struct midge__block *b)
{
    MIDGE__POISON(block_payload(b), payload_size(b));
    set_mark(b, MARK_FREE); /* stays behind if b joins its left: freeing it again is noticed */
    return join(r, b);
}

/* ---- Public ---- */

unsigned midge__region_bins(size_t size)
{
    return bin_of(size / UNIT) + 1;
}

MIDGE__UNCHECKED void midge__region_init(struct midge__region *r, unsigned char *begin, size_t size,
                                         struct midge__block **bins)
{
    size_t units = size / UNIT;
    struct midge__block *first = (struct midge__block *)(void *)begin;
    MIDGE__POISON(begin, size + UNIT);
    r->begin = begin;
    r->end = begin + size;
    r->bins = bins;
    r->free_bytes = 0;
    r->reserved = 0;
    memset(r->map, 0, sizeof(r->map));
    for (unsigned bin = 0; bin < midge__region_bins(size); bin++) {
        bins[bin] = NULL;
    }
    first->prev_mark = MARK_FREE;
    first[units].size_owner = 0;
    first[units].prev_mark = MARK_USED;
    set_units(first, units, 0);
    list_add(r, first);
}

void *midge__region_alloc(struct midge__region *r, unsigned owner, size_t n)
{
    if (n >= midge__region_size(r)) {
        return NULL;
    }
    size_t units = MIDGE__REGION_COST(n) / UNIT;
    struct midge__block *b = owner == 0 ? find_above(r, units) : find_fit(r, units);
    if (b == NULL) {
        return NULL;
    }
    list_take(r, b);
    size_t rest = block_units(b) - units;
    /* Beside a free piece all is used: what is left has nothing to join with. */
    struct midge__block *left = b + units;
    if (owner == 0) {
        left = b;
        b += rest;
    }
    set_units(b, units, owner);
    set_mark(b, MARK_USED);
    if (rest != 0) {
        set_units(left, rest, 0);
        list_add(r, left);
    }
    MIDGE__UNPOISON(block_payload(b), n);
    return block_payload(b);
}

bool midge__region_resize(struct midge__region *r, void *p, size_t n)
{
    struct midge__block *b = checked(r, p);
    size_t units = MIDGE__REGION_COST(n) / UNIT;
    if (n >= midge__region_size(r)) {
        return false;
    }
    if (units > block_units(b)) {
        struct midge__block *next = block_next(b);
        if (block_mark(next) != MARK_FREE || block_units(b) + block_units(next) < units) {
            return false;
        }
        list_take(r, next);
        set_units(b, block_units(b) + block_units(next), block_owner(b));
    }
    cut(r, b, units);
    MIDGE__POISON(p, payload_size(b));
    MIDGE__UNPOISON(p, n);
    return true;
}

void *midge__region_shrink_up(struct midge__region *r, void *p, size_t n)
{
    struct midge__block *b = checked(r, p);
    size_t rest = block_units(b) - MIDGE__REGION_COST(n) / UNIT;
    struct midge__block *up = b + rest;
    unsigned char *to = block_payload(up);
    if (rest == 0) {
        return p;
    }
    MIDGE__UNPOISON(to, n);
    memmove(to, p, n); /* over the new header's place, too: that is written afterwards */
    set_units(up, block_units(b) - rest, block_owner(b));
    set_mark(up, MARK_USED);
    set_units(b, rest, 0);
    MIDGE__POISON(block_payload(b), rest * UNIT); /* up's header included */
    MIDGE__POISON(to + n, payload_size(up) - n);
    join(r, b);
    return to;
}

size_t midge__region_free(struct midge__region *r, void *p, unsigned *owner)
{
    struct midge__block *b = checked(r, p);
    size_t taken = block_units(b) * UNIT;
    *owner = block_owner(b);
    release(r, b);
    return taken;
}

size_t midge__region_taken(const struct midge__region *r, void *p)
{
    return block_units(checked(r, p)) * UNIT;
}

unsigned midge__region_owner(const struct midge__region *r, void *p)
{
    return block_owner(checked(r, p));
}

void midge__region_sweep(struct midge__region *r, unsigned owner, size_t bytes)
{
    struct midge__block *b = (struct midge__block *)(void *)r->begin;
    for (; bytes != 0; b = block_next(b)) {
        MIDGE_ASSERT((unsigned char *)b < r->end && block_units(b) != 0);
        if (block_mark(b) == MARK_USED && block_owner(b) == owner) {
            MIDGE_ASSERT(bytes >= block_units(b) * UNIT);
            bytes -= block_units(b) * UNIT;
            MIDGE__UNPOISON(block_payload(b), payload_size(b));
            memset(block_payload(b), 0, payload_size(b));
            b = release(r, b);
        }
    }
}

MIDGE__UNCHECKED size_t midge__region_largest(const struct midge__region *r)
{
    size_t largest = 0;
    for (struct midge__block *b = highest(r); b != NULL; b = links_of(b)->next) {
        if (payload_size(b) > largest) {
            largest = payload_size(b);
        }
    }
    return largest;
}

/* The free pieces that are in lists. */
MIDGE__UNCHECKED static size_t verify_lists(const struct midge__region *r)
{
    size_t listed = 0;
    for (unsigned bin = 0; bin < midge__region_bins(midge__region_size(r)); bin++) {
        struct midge__block *b = r->bins[bin];
        MIDGE_ASSERT((b != NULL) == ((r->map[bin / 32] >> bin % 32 & 1U) != 0));
        for (; b != NULL; b = links_of(b)->next) {
            MIDGE_ASSERT(bin_of(block_units(b)) == bin && block_mark(b) == MARK_FREE);
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
    for (; (unsigned char *)b < r->end; b = block_next(b)) {
        bool is_free = block_mark(b) == MARK_FREE;
        MIDGE_ASSERT(block_units(b) != 0 && block_prev_units(b) == before);
        MIDGE_ASSERT(is_free || block_mark(b) == MARK_USED);
        MIDGE_ASSERT(!(is_free && free_before));
        before = block_units(b);
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
