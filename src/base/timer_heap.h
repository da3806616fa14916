/* SPDX-License-Identifier: MIT */
/*
 * Timers: a binary heap in an array that the caller gives. Earliest first, ties in arming order.
 *
 *     struct midge__timer *slots[16];
 *     midge__timer_heap_init(&heap, slots, MIDGE_ARRAY_LEN(slots));
 *     (void)midge__timer_heap_mark(&heap, now_ms);
 *     midge__timer_arm(&heap, &conn->deadline, now_ms + 5000);
 *     ...
 *     midge__timer_heap_run(&heap, now_ms);
 *
 * Times are 32-bit milliseconds that wrap (millis.h). A timer may be armed for up to 2^31 - 1 ms
 * after the last mark or run, at any value of the clock. Marks and runs must be less than 2^32 ms
 * apart.
 */
#ifndef MIDGE_BASE_TIMER_HEAP_H
#define MIDGE_BASE_TIMER_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MIDGE__TIMER_NEVER UINT32_MAX
#define MIDGE__TIMER_PAST  (UINT32_C(1) << 30) /* an older time counts as a future one */

/* Part of the struct that waits; clear it and set fire. It must stay in place while armed. */
struct midge__timer {
    uint32_t at_ms;
    uint32_t seq;   /* arming order; wraps */
    uint32_t index; /* place in the heap plus one; 0: not armed */
    /* The timer is disarmed before the call. fire may arm, disarm and free any timer, this one
       too. */
    void (*fire)(struct midge__timer *timer);
};

struct midge__timer_heap {
    struct midge__timer **slots;
    uint32_t cap;
    uint32_t count;
    uint32_t next_seq;
    uint32_t floor_ms; /* now_ms of the last mark: no timer is armed for an earlier time */
};

void midge__timer_heap_init(struct midge__timer_heap *heap, struct midge__timer **slots,
                            uint32_t cap);

/*
 * Arms, or moves an armed timer; either way it is now the youngest among equals. A time before the
 * last run counts as the time of that run. MIDGE_ERR_NO_SLOT when the array is full: the array is
 * sized for all timers that exist, so callers may treat that as a defect. Re-arming never fails.
 */
int midge__timer_arm(struct midge__timer_heap *heap, struct midge__timer *timer, uint32_t at_ms);

/* The same with a rank among equal times in place of the arming order: lower ones come first. Ranks
   wrap, as times do. For heaps of other things than times, which are never marked. */
int midge__timer_rank(struct midge__timer_heap *heap, struct midge__timer *timer, uint32_t at_ms,
                      uint32_t rank);

/* Does nothing when it is not armed. */
void midge__timer_disarm(struct midge__timer_heap *heap, struct midge__timer *timer);

static inline bool midge__timer_armed(const struct midge__timer *timer)
{
    return timer->index != 0;
}

/* The earliest timer, still armed; NULL when there is none. */
static inline struct midge__timer *midge__timer_first(const struct midge__timer_heap *heap)
{
    return heap->count > 0 ? heap->slots[0] : NULL;
}

/* Milliseconds from the last mark or run until the earliest timer is due, 0 when it is due;
   MIDGE__TIMER_NEVER without timers. */
uint32_t midge__timer_heap_left(const struct midge__timer_heap *heap);

/* Starts a run at now_ms: timers armed from here on wait for the next run. Returns the mark for
   pop. It may be called without a run, so that timers armed afterwards count from now_ms. now_ms
   must not go back. */
uint32_t midge__timer_heap_mark(struct midge__timer_heap *heap, uint32_t now_ms);

/*
 * Takes out the earliest timer that is due at now_ms and was armed before the mark; NULL when
 * there is none. The caller fires it. For callers that share a turn's budget with other work.
 */
struct midge__timer *midge__timer_heap_pop(struct midge__timer_heap *heap, uint32_t now_ms,
                                           uint32_t mark);

/*
 * Fires the due timers, but only those armed before the call: so a callback that arms for now again
 * cannot block the turn. Returns how many fired.
 */
uint32_t midge__timer_heap_run(struct midge__timer_heap *heap, uint32_t now_ms);

#endif
