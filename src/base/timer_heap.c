/* SPDX-License-Identifier: MIT */
/*
 * The earliest timer is at the root. Each timer knows its place, so that it can be moved and
 * removed. A run fires only timers that were armed before its mark.
 */
#include "timer_heap.h"

#include <stddef.h>

#include "check.h"
#include "midge/err.h"

/* ---- Order ---- */

/*
 * Times wrap, so they are compared by their distance from a moment before all armed times:
 * MIDGE__TIMER_PAST before the last run. So times may lie MIDGE__TIMER_PAST before the last run and
 * three times as far after it.
 */
static uint32_t ahead(const struct midge__timer_heap *heap, uint32_t at_ms)
{
    return at_ms - heap->floor_ms + MIDGE__TIMER_PAST;
}

static bool fires_before(const struct midge__timer_heap *heap, const struct midge__timer *a,
                         const struct midge__timer *b)
{
    return a->at_ms != b->at_ms ? ahead(heap, a->at_ms) < ahead(heap, b->at_ms)
                                : a->seq - b->seq > UINT32_MAX / 2;
}

/* ---- The heap; index is the place plus one, so parent is i / 2 in those terms ---- */

static void place(struct midge__timer_heap *heap, struct midge__timer *timer, uint32_t index)
{
    heap->slots[index - 1] = timer;
    timer->index = index;
}

static struct midge__timer *parent_of(const struct midge__timer_heap *heap, uint32_t index)
{
    return heap->slots[index / 2 - 1];
}

/* The place of the earlier child; 0: there is none. */
static uint32_t child_of(const struct midge__timer_heap *heap, uint32_t index)
{
    uint32_t child = 2 * index;
    if (child > heap->count) {
        return 0;
    }
    return child < heap->count && fires_before(heap, heap->slots[child], heap->slots[child - 1])
               ? child + 1
               : child;
}

/* Puts `timer` where its time belongs, starting from a free place: above or below that. */
static void settle(struct midge__timer_heap *heap, struct midge__timer *timer, uint32_t index)
{
    uint32_t child;
    while (index > 1 && fires_before(heap, timer, parent_of(heap, index))) {
        place(heap, parent_of(heap, index), index);
        index /= 2;
    }
    while ((child = child_of(heap, index)) != 0 &&
           fires_before(heap, heap->slots[child - 1], timer)) {
        place(heap, heap->slots[child - 1], index);
        index = child;
    }
    place(heap, timer, index);
}

/* ---- Public ---- */

void midge__timer_heap_init(struct midge__timer_heap *heap, struct midge__timer **slots,
                            uint32_t cap)
{
    heap->slots = slots;
    heap->cap = cap;
    heap->count = 0;
    heap->next_seq = 0;
    heap->floor_ms = 0;
}

int midge__timer_rank(struct midge__timer_heap *heap, struct midge__timer *timer, uint32_t at_ms,
                      uint32_t rank)
{
    uint32_t index = timer->index;
    if (index == 0) {
        if (heap->count == heap->cap) {
            return MIDGE_ERR_NO_SLOT;
        }
        index = ++heap->count;
    } else {
        MIDGE_ASSERT(index <= heap->count && heap->slots[index - 1] == timer);
    }
    /*
     * Not before the last run's now_ms: so a timer armed by a callback comes after all that were
     * due when the run began, and pop only needs to check the root for timers armed after the mark.
     */
    timer->at_ms = ahead(heap, at_ms) < MIDGE__TIMER_PAST ? heap->floor_ms : at_ms;
    timer->seq = rank;
    settle(heap, timer, index);
    return MIDGE_OK;
}

MIDGE__APART int midge__timer_arm(struct midge__timer_heap *heap, struct midge__timer *timer,
                                  uint32_t at_ms)
{
    return midge__timer_rank(heap, timer, at_ms, heap->next_seq++);
}

void midge__timer_disarm(struct midge__timer_heap *heap, struct midge__timer *timer)
{
    uint32_t index = timer->index;
    if (index == 0) {
        return;
    }
    MIDGE_ASSERT(index <= heap->count && heap->slots[index - 1] == timer);
    timer->index = 0;
    struct midge__timer *last = heap->slots[--heap->count];
    if (last != timer) {
        settle(heap, last, index);
    }
}

uint32_t midge__timer_heap_left(const struct midge__timer_heap *heap)
{
    if (heap->count == 0) {
        return MIDGE__TIMER_NEVER;
    }
    uint32_t at = ahead(heap, heap->slots[0]->at_ms);
    return at > MIDGE__TIMER_PAST ? at - MIDGE__TIMER_PAST : 0;
}

/* The last mark is so long ago that due times would become too old to compare: sets them to now.
   All timers keep their places; ties among them may not be in arming order. */
static void make_younger(struct midge__timer_heap *heap, uint32_t now_ms)
{
    uint32_t gone = now_ms - heap->floor_ms;
    for (uint32_t i = 0; i < heap->count; i++) {
        struct midge__timer *timer = heap->slots[i];
        if (gone >= 3 * MIDGE__TIMER_PAST || ahead(heap, timer->at_ms) < ahead(heap, now_ms)) {
            timer->at_ms = now_ms;
        }
    }
}

MIDGE__APART uint32_t midge__timer_heap_mark(struct midge__timer_heap *heap, uint32_t now_ms)
{
    if (now_ms - heap->floor_ms > MIDGE__TIMER_PAST) {
        make_younger(heap, now_ms);
    }
    heap->floor_ms = now_ms;
    return heap->next_seq;
}

struct midge__timer *midge__timer_heap_pop(struct midge__timer_heap *heap, uint32_t now_ms,
                                           uint32_t mark)
{
    if (heap->count == 0) {
        return NULL;
    }
    struct midge__timer *timer = heap->slots[0];
    bool is_newer = timer->seq - mark < heap->next_seq - mark;
    if (ahead(heap, timer->at_ms) > ahead(heap, now_ms) || is_newer) {
        return NULL;
    }
    midge__timer_disarm(heap, timer);
    return timer;
}

uint32_t midge__timer_heap_run(struct midge__timer_heap *heap, uint32_t now_ms)
{
    uint32_t mark = midge__timer_heap_mark(heap, now_ms);
    uint32_t fired = 0;
    struct midge__timer *timer;
    while ((timer = midge__timer_heap_pop(heap, now_ms, mark)) != NULL) {
        timer->fire(timer);
        fired++;
    }
    return fired;
}
