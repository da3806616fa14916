/* SPDX-License-Identifier: MIT */
/*
 * Accounts for each owner, and the places that serve a request: a calloc of exactly a slot's size
 * gets a record slot; others get a quick block, or a block of the region above the reserved bytes,
 * or, if the client yields, one of the reserved bytes. memory.h describes the block.
 */
#include "memory.h"

#include <string.h>

#include "check.h"
#include "midge/err.h"
#include "poison.h"

#define UNIT   MIDGE__MEMORY_UNIT
#define NOBODY MIDGE__REGION_NOBODY /* owner of the free slots */

static size_t round_up(size_t n)
{
    return (n + UNIT - 1) / UNIT * UNIT;
}

static size_t units_for(size_t n)
{
    return MIDGE__MEMORY_COST(n) / UNIT;
}

static size_t bytes_of(const struct midge__block *b)
{
    return midge__block_units(b) * UNIT;
}

static size_t payload_of(const struct midge__block *b)
{
    return bytes_of(b) - UNIT;
}

/* ---- Accounts ---- */

/* Bytes of the region that the owner has, or that it is promised if these are more. */
static size_t share_of(const struct midge__owner_stats *own)
{
    return own->small > own->promised ? own->small : own->promised;
}

/* How many of the last bytes that the owner took are not promised ones. */
static size_t beyond(const struct midge__owner_stats *own, size_t bytes)
{
    size_t over = own->small - own->promised;
    return over < bytes ? over : bytes;
}

#if MIDGE_WITH_RECORD_SLOTS
#define live_of(own) ((own)->small + (own)->slots)
#else
#define live_of(own) ((own)->small)
#endif

#if MIDGE_WITH_STATS
static void note_peak(struct midge__memory *m, struct midge__owner_stats *own)
{
    size_t live = midge__memory_live(m);
    if (live > m->stats.peak) {
        m->stats.peak = live;
    }
    if (live_of(own) > own->peak) {
        own->peak = live_of(own);
    }
}
#else
#define note_peak(m, own) ((void)0)
#endif

/* While an owner has not more than it is promised, its share does not change. */
static void account(struct midge__memory *m, unsigned owner, size_t bytes)
{
    MIDGE_ASSERT(owner < m->owners);
    struct midge__owner_stats *own = &m->owner_stats[owner];
    own->small += bytes;
    if (own->small > own->promised) {
        m->shares += beyond(own, bytes);
    }
    note_peak(m, own);
}

static void unaccount(struct midge__memory *m, unsigned owner, size_t bytes)
{
    MIDGE_ASSERT(owner < m->owners && m->owner_stats[owner].small >= bytes);
    struct midge__owner_stats *own = &m->owner_stats[owner];
    if (own->small > own->promised) {
        m->shares -= beyond(own, bytes);
    }
    own->small -= bytes;
}

static void *refuse(struct midge__memory *m)
{
    m->stats.failures += MIDGE_WITH_STATS;
    m->failed = true;
    return NULL;
}

/* Counts a request; true when a test wants it to fail. */
#if MIDGE_WITH_FAULTS
static bool injected(struct midge__memory *m)
{
    return m->stats.alloc_calls++ - m->fail_from < m->fail_calls;
}
#else
static bool injected(struct midge__memory *m)
{
    m->stats.alloc_calls += MIDGE_WITH_STATS;
    return false;
}
#endif

/* ---- Blocks of any size ---- */

static struct midge__block *region_take(struct midge__memory *m, unsigned owner, size_t n)
{
    if (n > m->stats.size - UNIT) {
        return NULL;
    }
    size_t units = units_for(n);
    struct midge__block *b = midge__region_take(&m->small, owner, units, m->reserved);
    return b == NULL && m->yields ? midge__region_take(&m->small, owner, units, 0) : b;
}

static void *block_alloc(struct midge__memory *m, unsigned owner, size_t n)
{
    struct midge__block *b = midge__region_quick(&m->small, owner, n);
    if (b == NULL) {
        b = region_take(m, owner, n);
    }
    if (b == NULL) {
        return refuse(m);
    }
    account(m, owner, bytes_of(b));
    MIDGE__UNPOISON(midge__block_payload(b), n);
    return midge__block_payload(b);
}

/* ---- Record slots ---- */

static bool is_slot(const struct midge__memory *m, const struct midge__block *b)
{
    (void)m, (void)b;
    return midge__record_slots_have(&m->slots, b);
}

#if MIDGE_WITH_RECORD_SLOTS
static void *slot_alloc(struct midge__memory *m, struct midge__slots *s, unsigned owner)
{
    struct midge__block *b = midge__record_slot_take(&m->slots, s, owner);
    if (b == NULL) {
        return refuse(m);
    }
    MIDGE_ASSERT(owner < m->owners);
    m->owner_stats[owner].slots += (uint32_t)bytes_of(b); /* much less than 4 GB */
    note_peak(m, &m->owner_stats[owner]);
    MIDGE__UNPOISON(midge__block_payload(b), s->size);
    return midge__block_payload(b);
}

static void slot_free(struct midge__memory *m, struct midge__block *b)
{
    m->owner_stats[midge__block_owner(b)].slots -= (uint32_t)bytes_of(b);
    midge__record_slot_give(&m->slots, b);
}

size_t midge__memory_owner_slots(const struct midge__memory *m, unsigned owner)
{
    MIDGE_ASSERT(owner < m->owners);
    return m->owner_stats[owner].slots;
}

int midge__memory_slots(struct midge__memory *m, size_t in_size, size_t out_size, unsigned n)
{
    int err = midge__record_slots_carve(&m->slots, &m->small, in_size, out_size, n);
    if (err == MIDGE_OK) {
        m->room = m->small.free_bytes;
    }
    return err;
}
#else
#define slot_alloc(m, s, owner) ((void)(s), (void *)NULL)
#define slot_free(m, b)         ((void)(b))
#endif

/* ---- Set up ---- */

int midge__memory_init(struct midge__memory *m, void *block, size_t size, unsigned owners)
{
    if (block == NULL || owners == 0 || owners > MIDGE__OWNERS_MAX ||
        size / UNIT >= (uint64_t)1 << MIDGE__REGION_SIZE_BITS) {
        return MIDGE_ERR_INVALID;
    }
    memset(m, 0, sizeof(*m));
    size_t lost = (UNIT - (uintptr_t)block % UNIT) % UNIT;
    size_t lists_size = round_up(sizeof(struct midge__region_lists));
    size_t stats_size = round_up(owners * sizeof(struct midge__owner_stats));
    size_t fixed = lost + lists_size + stats_size + UNIT; /* the sentinel */
    if (size < fixed + 2 * UNIT) {
        return MIDGE_ERR_NO_MEMORY;
    }
    MIDGE__UNPOISON(block, size);
    unsigned char *at = (unsigned char *)block + lost;
    void *lists = at;
    m->owners = owners;
    m->owner_stats = (struct midge__owner_stats *)(void *)(at + lists_size);
    memset(m->owner_stats, 0, owners * sizeof(*m->owner_stats));
    m->stats.size = m->room = (size - fixed) / UNIT * UNIT;
    midge__region_init(&m->small, at + lists_size + stats_size, m->stats.size, lists);
    midge__record_slots_init(&m->slots, &m->small);
    return MIDGE_OK;
}

void midge__memory_deinit(struct midge__memory *m)
{
    for (unsigned owner = 0; owner < m->owners; owner++) {
        midge__memory_sweep(m, owner);
    }
    MIDGE__UNPOISON(m->small.begin, midge__region_size(&m->small) + UNIT);
    memset(m, 0, sizeof(*m));
}

void midge__memory_reserve(struct midge__memory *m, size_t n)
{
    m->reserved = n;
}

void midge__memory_yield(struct midge__memory *m, bool yields)
{
    m->yields = yields;
}

/* ---- Allocation ---- */

void *midge__memory_alloc(struct midge__memory *m, unsigned owner, size_t n)
{
    return injected(m) ? refuse(m) : block_alloc(m, owner, n);
}

void *midge__memory_calloc(struct midge__memory *m, unsigned owner, size_t count, size_t size)
{
    if (injected(m) || (size != 0 && count > SIZE_MAX / size)) {
        return refuse(m);
    }
    size_t n = count * size;
    struct midge__slots *s = midge__record_slots_for(&m->slots, n);
    void *p = s != NULL ? slot_alloc(m, s, owner) : block_alloc(m, owner, n);
    if (p != NULL) {
        memset(p, 0, n);
    }
    return p;
}

void *midge__memory_shrink(struct midge__memory *m, void *p, size_t n)
{
    struct midge__block *b = midge__region_block(&m->small, p);
    unsigned owner = midge__block_owner(b);
    size_t units = units_for(n), rest = bytes_of(b) - units * UNIT;
    MIDGE_ASSERT(owner != NOBODY && n <= payload_of(b));
    if (is_slot(m, b) || rest == 0) {
        return p;
    }
    unaccount(m, owner, rest);
    if (owner == 0) { /* it stays next to its upper neighbour */
        MIDGE__UNPOISON((unsigned char *)p + rest, n);
        memmove((unsigned char *)p + rest, p, n); /* before the new header below it is written */
        MIDGE__POISON(p, rest);
    }
    b = midge__region_trim(&m->small, b, units);
    MIDGE__POISON(midge__block_payload(b), payload_of(b));
    MIDGE__UNPOISON(midge__block_payload(b), n);
    return midge__block_payload(b);
}

void midge__memory_free(struct midge__memory *m, void *p)
{
    if (p == NULL) {
        return;
    }
    struct midge__block *b = midge__region_block(&m->small, p);
    unsigned owner = midge__block_owner(b);
    MIDGE_ASSERT(owner < m->owners); /* NOBODY owns free slots */
    if (is_slot(m, b)) {
        slot_free(m, b);
    } else {
        unaccount(m, owner, bytes_of(b));
        midge__region_give(&m->small, b);
    }
}

void midge__memory_wipe(struct midge__memory *m, void *p)
{
    if (p != NULL) {
        const struct midge__block *b = midge__region_block(&m->small, p);
        MIDGE__UNPOISON(p, payload_of(b));
        memset(p, 0, payload_of(b));
        midge__memory_free(m, p);
    }
}

size_t midge__memory_sweep(struct midge__memory *m, unsigned owner)
{
    MIDGE_ASSERT(owner < m->owners);
    size_t swept = midge__memory_owner_live(m, owner);
    struct midge__block *next = (struct midge__block *)(void *)m->small.begin;
    while (midge__memory_owner_live(m, owner) != 0) {
        struct midge__block *b = midge__region_find(&m->small, next, owner);
        next = b + midge__block_units(b); /* still a header if b joins its neighbours */
        midge__memory_wipe(m, midge__block_payload(b));
    }
    return swept;
}

/* ---- Questions ---- */

size_t midge__memory_largest_free(const struct midge__memory *m)
{
    return midge__region_largest(&m->small);
}

size_t midge__memory_free_bytes(const struct midge__memory *m)
{
    return m->small.free_bytes;
}

void midge__memory_promise(struct midge__memory *m, unsigned owner, size_t n)
{
    MIDGE_ASSERT(owner < m->owners);
    struct midge__owner_stats *own = &m->owner_stats[owner];
    m->shares -= share_of(own);
    own->promised = n < UINT32_MAX ? (uint32_t)n : UINT32_MAX;
    m->shares += share_of(own);
}

size_t midge__memory_owner_share(const struct midge__memory *m, unsigned owner)
{
    MIDGE_ASSERT(owner < m->owners);
    return share_of(&m->owner_stats[owner]);
}

size_t midge__memory_unpromised(const struct midge__memory *m)
{
    return midge__memory_spares(m) ? m->room - m->shares : 0;
}

bool midge__memory_has(const struct midge__memory *m, size_t n)
{
    return midge__memory_unpromised(m) >= MIDGE__MEMORY_COST(n) &&
           midge__memory_largest_free(m) >= n;
}

size_t midge__memory_owner_live(const struct midge__memory *m, unsigned owner)
{
    MIDGE_ASSERT(owner < m->owners);
    return live_of(&m->owner_stats[owner]);
}

#if MIDGE_WITH_STATS
size_t midge__memory_owner_peak(const struct midge__memory *m, unsigned owner)
{
    MIDGE_ASSERT(owner < m->owners);
    return m->owner_stats[owner].peak;
}

void midge__memory_owner_reset(struct midge__memory *m, unsigned owner)
{
    MIDGE_ASSERT(owner < m->owners);
    m->owner_stats[owner].peak = midge__memory_owner_live(m, owner);
}
#endif

/* ---- For tests ---- */

#if MIDGE_WITH_FAULTS
void midge__memory_fail_at(struct midge__memory *m, uint32_t nth, bool sticky)
{
    m->fail_from = m->stats.alloc_calls + nth - 1;
    m->fail_calls = nth == 0 ? 0 : sticky ? UINT32_MAX / 2 : 1;
}
#endif

size_t midge__memory_verify(const struct midge__memory *m)
{
    size_t owned = 0, small = 0, shares = 0;
    for (unsigned owner = 0; owner < m->owners; owner++) {
        owned += midge__memory_owner_live(m, owner);
        small += m->owner_stats[owner].small;
        shares += share_of(&m->owner_stats[owner]);
    }
    MIDGE_ASSERT(owned == midge__memory_live(m));
    midge__record_slots_verify(&m->slots);
    MIDGE_ASSERT(small + m->small.free_bytes == m->room && shares == m->shares);
    (void)owned, (void)small, (void)shares;
    return midge__region_verify(&m->small);
}
