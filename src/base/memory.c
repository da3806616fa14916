/* SPDX-License-Identifier: MIT */
#include "memory.h"

#include <string.h>

#include "check.h"
#include "midge/err.h"
#include "poison.h"

#define UNIT      MIDGE__MEMORY_UNIT
#define SLOT_FREE UINT16_MAX /* in place of a slot's owner */

static size_t round_up(size_t n)
{
    return (n + UNIT - 1) / UNIT * UNIT;
}

/* ---- Accounts ---- */

static void account(struct midge__memory *m, unsigned owner, size_t bytes)
{
    MIDGE_ASSERT(owner < m->owners);
    struct midge__owner_stats *own = &m->owner_stats[owner];
    own->live += bytes;
    if (own->live > own->peak) {
        own->peak = own->live;
    }
    m->stats.live += bytes;
    if (m->stats.live > m->stats.peak) {
        m->stats.peak = m->stats.live;
    }
}

static void unaccount(struct midge__memory *m, unsigned owner, size_t bytes)
{
    MIDGE_ASSERT(owner < m->owners && m->owner_stats[owner].live >= bytes);
    m->owner_stats[owner].live -= bytes;
    m->stats.live -= bytes;
}

static void *refuse(struct midge__memory *m)
{
    m->stats.failures++;
    m->failed = true;
    return NULL;
}

/* Counts a request; true when a test wants it to fail. */
static bool injected(struct midge__memory *m)
{
    m->stats.alloc_calls++;
    if (m->fail_at == 0) {
        return false;
    }
    if (m->fail_at > 1) {
        m->fail_at--;
        return false;
    }
    m->fail_at = m->fail_sticky ? 1 : 0;
    return true;
}

/* ---- Small region ---- */

static void *alloc_reserved(struct midge__region *r, unsigned owner, size_t n)
{
    size_t reserved = r->reserved;
    r->reserved = 0;
    void *p = midge__region_alloc(r, owner, n);
    r->reserved = reserved;
    return p;
}

static void *small_alloc(struct midge__memory *m, unsigned owner, size_t n)
{
    void *p = midge__region_alloc(&m->small, owner, n);
    if (p == NULL && m->yields) {
        p = alloc_reserved(&m->small, owner, n);
    }
    if (p == NULL) {
        return refuse(m);
    }
    account(m, owner, MIDGE__MEMORY_COST(n));
    return p;
}

static void small_free(struct midge__memory *m, void *p)
{
    unsigned owner;
    size_t taken = midge__region_free(&m->small, p, &owner);
    unaccount(m, owner, taken);
}

static void *small_realloc(struct midge__memory *m, void *p, size_t n)
{
    unsigned owner = midge__region_owner(&m->small, p);
    size_t had = midge__region_taken(&m->small, p);
    if (owner == 0 && MIDGE__MEMORY_COST(n) < had) { /* stays beside what it was taken next to */
        unaccount(m, owner, had);
        account(m, owner, MIDGE__MEMORY_COST(n));
        return midge__region_shrink_up(&m->small, p, n);
    }
    if (midge__region_resize(&m->small, p, n)) {
        unaccount(m, owner, had);
        account(m, owner, MIDGE__MEMORY_COST(n));
        return p;
    }
    void *moved = small_alloc(m, owner, n);
    if (moved != NULL) {
        size_t payload = had - UNIT; /* all of it fits: what moves, grows */
        MIDGE__UNPOISON(p, payload);
        memcpy(moved, p, payload);
        small_free(m, p);
    }
    return moved;
}

/* ---- Record slots ---- */

static struct midge__slots *slots_of(struct midge__memory *m, const void *p)
{
    for (size_t i = 0; i < MIDGE_ARRAY_LEN(m->slots); i++) {
        struct midge__slots *s = &m->slots[i];
        if ((uintptr_t)p - (uintptr_t)s->base < s->stride * s->count) {
            return s;
        }
    }
    return NULL;
}

static struct midge__slots *slots_for(struct midge__memory *m, size_t n)
{
    for (size_t i = 0; i < MIDGE_ARRAY_LEN(m->slots); i++) {
        if (m->slots[i].count != 0 && m->slots[i].size == n) {
            return &m->slots[i];
        }
    }
    return NULL;
}

static size_t slot_index(const struct midge__slots *s, const void *p)
{
    size_t offset = (size_t)((const unsigned char *)p - s->base);
    MIDGE_ASSERT(offset % s->stride == 0);
    return offset / s->stride;
}

MIDGE__UNCHECKED static void *slot_take(struct midge__memory *m, struct midge__slots *s,
                                        unsigned owner)
{
    void *p = s->free_head;
    if (p == NULL) {
        return NULL;
    }
    s->free_head = *(void **)p;
    s->free--;
    s->owners[slot_index(s, p)] = (uint16_t)owner;
    account(m, owner, s->stride);
    MIDGE__UNPOISON(p, s->size);
    return p;
}

MIDGE__UNCHECKED static void slot_link(struct midge__slots *s, size_t index)
{
    void *p = s->base + index * s->stride;
    *(void **)p = s->free_head;
    s->free_head = p;
    s->free++;
    s->owners[index] = SLOT_FREE;
}

static void slot_free(struct midge__memory *m, struct midge__slots *s, size_t index)
{
    MIDGE_ASSERT(s->owners[index] != SLOT_FREE);
    unaccount(m, s->owners[index], s->stride);
    MIDGE__POISON(s->base + index * s->stride, s->stride);
    slot_link(s, index);
}

static void *slot_realloc(struct midge__memory *m, struct midge__slots *s, void *p, size_t n)
{
    size_t index = slot_index(s, p);
    MIDGE_ASSERT(s->owners[index] != SLOT_FREE);
    if (n <= s->size) {
        return p;
    }
    void *moved = small_alloc(m, s->owners[index], n);
    if (moved != NULL) {
        memcpy(moved, p, s->size);
        slot_free(m, s, index);
    }
    return moved;
}

static void slots_init(struct midge__slots *s, unsigned char *base, uint16_t *owners, size_t size,
                       unsigned count)
{
    s->base = base;
    s->owners = owners;
    s->free_head = NULL;
    s->size = size;
    s->stride = round_up(size);
    s->count = count;
    s->free = 0;
    for (size_t i = count; i-- > 0;) {
        slot_link(s, i);
    }
    MIDGE__POISON(base, s->stride * count);
}

/* Behind the small region's sentinel: the tags, then the records. */
static void slots_carve(struct midge__memory *m, size_t in_size, size_t out_size, unsigned n,
                        size_t tags)
{
    uint16_t *owners = (uint16_t *)(void *)(m->small.end + UNIT);
    unsigned char *base = m->small.end + UNIT + tags;
    MIDGE__UNPOISON(owners, tags);
    if (in_size == out_size) {
        slots_init(&m->slots[0], base, owners, in_size, 2 * n);
    } else {
        slots_init(&m->slots[0], base, owners, in_size, n);
        slots_init(&m->slots[1], base + n * round_up(in_size), owners + n, out_size, n);
    }
}

/* ---- Set up ---- */

int midge__memory_init(struct midge__memory *m, void *block, size_t size, unsigned owners)
{
    if (block == NULL || owners == 0 || owners > MIDGE__OWNERS_MAX ||
        size / UNIT >= (uint64_t)1 << MIDGE__REGION_UNITS_LOG2) {
        return MIDGE_ERR_INVALID;
    }
    memset(m, 0, sizeof(*m));
    size_t lost = (UNIT - (uintptr_t)block % UNIT) % UNIT;
    size_t stats_size = round_up(owners * sizeof(struct midge__owner_stats));
    size_t bins_size = round_up(midge__region_bins(size) * sizeof(struct midge__block *));
    size_t fixed = lost + stats_size + bins_size + UNIT; /* the sentinel */
    if (size < fixed + 2 * UNIT) {
        return MIDGE_ERR_NO_MEMORY;
    }
    MIDGE__UNPOISON(block, size);
    unsigned char *at = (unsigned char *)block + lost;
    void *bins = at + stats_size;
    m->owners = owners;
    m->owner_stats = (struct midge__owner_stats *)(void *)at;
    memset(m->owner_stats, 0, owners * sizeof(*m->owner_stats));
    m->stats.size = (size - fixed) / UNIT * UNIT;
    midge__region_init(&m->small, at + stats_size + bins_size, m->stats.size, bins);
    return MIDGE_OK;
}

void midge__memory_deinit(struct midge__memory *m)
{
    for (unsigned owner = 0; owner < m->owners; owner++) {
        midge__memory_sweep(m, owner);
    }
    MIDGE__UNPOISON(m->small.begin, midge__region_size(&m->small) + UNIT);
    for (size_t i = 0; i < MIDGE_ARRAY_LEN(m->slots); i++) {
        MIDGE__UNPOISON(m->slots[i].base, m->slots[i].stride * m->slots[i].count);
    }
    memset(m, 0, sizeof(*m));
}

int midge__memory_slots(struct midge__memory *m, size_t in_size, size_t out_size, unsigned n)
{
    size_t have = midge__region_size(&m->small);
    if (in_size == 0 || out_size == 0 || m->stats.alloc_calls != 0 || m->slots[0].count != 0) {
        return MIDGE_ERR_INVALID;
    }
    if (n == 0) {
        return MIDGE_OK;
    }
    if (in_size > have || out_size > have) {
        return MIDGE_ERR_NO_MEMORY;
    }
    size_t pair = round_up(in_size) + round_up(out_size);
    if (n > have / (pair + 2 * sizeof(uint16_t))) {
        return MIDGE_ERR_NO_MEMORY;
    }
    size_t tags = round_up(n * 2 * sizeof(uint16_t));
    if (have < n * pair + tags + 2 * UNIT) {
        return MIDGE_ERR_NO_MEMORY;
    }
    midge__region_init(&m->small, m->small.begin, have - tags - n * pair, m->small.bins);
    slots_carve(m, in_size, out_size, n, tags);
    m->stats.size = have - tags;
    return MIDGE_OK;
}

void midge__memory_reserve(struct midge__memory *m, size_t n)
{
    m->small.reserved = n;
}

void midge__memory_yield(struct midge__memory *m, bool yields)
{
    m->yields = yields;
}

/* ---- Allocation ---- */

void *midge__memory_alloc(struct midge__memory *m, unsigned owner, size_t n)
{
    return injected(m) ? refuse(m) : small_alloc(m, owner, n);
}

void *midge__memory_calloc(struct midge__memory *m, unsigned owner, size_t count, size_t size)
{
    if (injected(m) || (size != 0 && count > SIZE_MAX / size)) {
        return refuse(m);
    }
    size_t n = count * size;
    struct midge__slots *s = slots_for(m, n);
    void *p = s != NULL ? slot_take(m, s, owner) : NULL;
    if (p == NULL) {
        p = s == NULL || m->slot_fallback ? small_alloc(m, owner, n) : refuse(m);
    }
    if (p != NULL) {
        memset(p, 0, n);
    }
    return p;
}

void *midge__memory_realloc(struct midge__memory *m, unsigned owner, void *p, size_t n)
{
    if (injected(m)) {
        return refuse(m);
    }
    if (p == NULL) {
        return small_alloc(m, owner, n);
    }
    if (midge__region_owns(&m->small, p)) {
        return small_realloc(m, p, n);
    }
    struct midge__slots *s = slots_of(m, p);
    MIDGE_ASSERT(s != NULL);
    return slot_realloc(m, s, p, n);
}

void midge__memory_free(struct midge__memory *m, void *p)
{
    if (p == NULL) {
        return;
    }
    if (midge__region_owns(&m->small, p)) {
        small_free(m, p);
        return;
    }
    struct midge__slots *s = slots_of(m, p);
    MIDGE_ASSERT(s != NULL);
    slot_free(m, s, slot_index(s, p));
}

/* ---- Sweep ---- */

static void sweep_slots(struct midge__memory *m, struct midge__slots *s, unsigned owner)
{
    for (size_t i = 0; i < s->count; i++) {
        if (s->owners[i] == owner) {
            memset(s->base + i * s->stride, 0, s->size);
            slot_free(m, s, i);
        }
    }
}

size_t midge__memory_sweep(struct midge__memory *m, unsigned owner)
{
    MIDGE_ASSERT(owner < m->owners);
    size_t swept = m->owner_stats[owner].live;
    sweep_slots(m, &m->slots[0], owner);
    sweep_slots(m, &m->slots[1], owner);
    size_t small = m->owner_stats[owner].live;
    midge__region_sweep(&m->small, owner, small);
    unaccount(m, owner, small);
    return swept;
}

/* ---- Questions ---- */

bool midge__memory_owns(const struct midge__memory *m, const void *p)
{
    return midge__region_owns(&m->small, p) ||
           ((uintptr_t)p - (uintptr_t)m->slots[0].base <
            m->slots[0].stride * m->slots[0].count + m->slots[1].stride * m->slots[1].count);
}

size_t midge__memory_largest_free(const struct midge__memory *m)
{
    return midge__region_largest(&m->small);
}

size_t midge__memory_free_bytes(const struct midge__memory *m)
{
    return m->small.free_bytes;
}

unsigned midge__memory_free_slots(const struct midge__memory *m)
{
    const struct midge__slots *in = &m->slots[0];
    const struct midge__slots *out = &m->slots[1];
    if (out->count == 0) {
        return in->free / 2; /* one class for both */
    }
    return in->free < out->free ? in->free : out->free;
}

size_t midge__memory_owner_live(const struct midge__memory *m, unsigned owner)
{
    MIDGE_ASSERT(owner < m->owners);
    return m->owner_stats[owner].live;
}

static size_t held_slots(const struct midge__slots *s, unsigned owner)
{
    size_t bytes = 0;
    for (size_t i = 0; i < s->count; i++) {
        bytes += s->owners[i] == owner ? s->stride : 0;
    }
    return bytes;
}

size_t midge__memory_owner_slots(const struct midge__memory *m, unsigned owner)
{
    return held_slots(&m->slots[0], owner) + held_slots(&m->slots[1], owner);
}

size_t midge__memory_owner_peak(const struct midge__memory *m, unsigned owner)
{
    MIDGE_ASSERT(owner < m->owners);
    return m->owner_stats[owner].peak;
}

void midge__memory_owner_reset(struct midge__memory *m, unsigned owner)
{
    MIDGE_ASSERT(owner < m->owners);
    m->owner_stats[owner].peak = m->owner_stats[owner].live;
}

const struct midge__memory_stats *midge__memory_stats_get(const struct midge__memory *m)
{
    return &m->stats;
}

void midge__memory_peak_reset(struct midge__memory *m)
{
    m->stats.peak = m->stats.live;
}

bool midge__memory_failed(const struct midge__memory *m)
{
    return m->failed;
}

void midge__memory_failed_reset(struct midge__memory *m)
{
    m->failed = false;
}

/* ---- For tests ---- */

void midge__memory_fail_at(struct midge__memory *m, uint32_t nth, bool sticky)
{
    m->fail_at = nth;
    m->fail_sticky = sticky;
}

size_t midge__memory_verify(const struct midge__memory *m)
{
    size_t held = midge__region_size(&m->small) - m->small.free_bytes, owned = 0;
    for (size_t i = 0; i < MIDGE_ARRAY_LEN(m->slots); i++) {
        held += (m->slots[i].count - m->slots[i].free) * m->slots[i].stride;
    }
    for (unsigned owner = 0; owner < m->owners; owner++) {
        owned += m->owner_stats[owner].live;
    }
    MIDGE_ASSERT(m->stats.live == held && owned == held);
    (void)held, (void)owned;
    return midge__region_verify(&m->small);
}
