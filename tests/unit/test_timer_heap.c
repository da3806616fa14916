/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/check.h"
#include "base/timer_heap.h"
#include "midge/err.h"

#define TIMERS  64
#define LONGEST UINT32_C(0x7fffffff) /* a timer is armed for */

/* What a callback does is scripted per test; all callbacks log here. */
struct fixture {
    struct midge__timer_heap heap;
    struct midge__timer *slots[TIMERS];
    struct midge__timer timers[TIMERS];
    uint32_t fired[256];
    uint32_t fired_count;
    uint32_t now_ms;
};

static struct fixture fx;

static uint32_t number_of(const struct midge__timer *timer)
{
    return (uint32_t)(timer - fx.timers);
}

static void log_fire(struct midge__timer *timer)
{
    assert_false(midge__timer_armed(timer));
    assert_true(fx.fired_count < MIDGE_ARRAY_LEN(fx.fired));
    fx.fired[fx.fired_count++] = number_of(timer);
}

static void fire_and_rearm_now(struct midge__timer *timer)
{
    log_fire(timer);
    assert_int_equal(midge__timer_arm(&fx.heap, timer, fx.now_ms), MIDGE_OK);
}

static void fire_and_rearm_past(struct midge__timer *timer)
{
    log_fire(timer);
    assert_int_equal(midge__timer_arm(&fx.heap, timer, 1), MIDGE_OK);
}

static void fire_and_disarm_next(struct midge__timer *timer)
{
    log_fire(timer);
    midge__timer_disarm(&fx.heap, timer + 1);
}

static int setup(void **state)
{
    (void)state;
    memset(&fx, 0, sizeof(fx));
    midge__timer_heap_init(&fx.heap, fx.slots, TIMERS);
    for (size_t i = 0; i < TIMERS; i++) {
        fx.timers[i].fire = log_fire;
    }
    return 0;
}

static void arm(uint32_t number, uint32_t at_ms)
{
    assert_int_equal(midge__timer_arm(&fx.heap, &fx.timers[number], at_ms), MIDGE_OK);
}

static void assert_fired(const uint32_t *expected, uint32_t count)
{
    assert_int_equal(fx.fired_count, count);
    for (uint32_t i = 0; i < count; i++) {
        assert_int_equal(fx.fired[i], expected[i]);
    }
}

static void empty_heap_never_fires(void **state)
{
    (void)state;
    assert_true(midge__timer_heap_left(&fx.heap) == MIDGE__TIMER_NEVER);
    assert_int_equal(midge__timer_heap_run(&fx.heap, 100), 0);
    midge__timer_disarm(&fx.heap, &fx.timers[0]);
}

static void ties_fire_in_arming_order(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 16; i++) {
        arm(i, 100);
    }
    arm(3, 100); /* moved: the youngest now */
    assert_int_equal(midge__timer_heap_run(&fx.heap, 99), 0);
    assert_int_equal(midge__timer_heap_run(&fx.heap, 100), 16);
    const uint32_t expected[] = {0, 1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 3};
    assert_fired(expected, 16);
}

static void rearming_moves_both_ways(void **state)
{
    (void)state;
    arm(0, 100);
    arm(1, 200);
    arm(2, 300);
    arm(2, 50);
    arm(0, 400);
    assert_int_equal(midge__timer_heap_left(&fx.heap), 50);
    assert_int_equal(midge__timer_heap_run(&fx.heap, 400), 3);
    const uint32_t expected[] = {2, 1, 0};
    assert_fired(expected, 3);
}

static void full_array_refuses_but_moves(void **state)
{
    (void)state;
    midge__timer_heap_init(&fx.heap, fx.slots, 2);
    arm(0, 10);
    arm(1, 20);
    assert_int_equal(midge__timer_arm(&fx.heap, &fx.timers[2], 5), MIDGE_ERR_NO_SLOT);
    assert_false(midge__timer_armed(&fx.timers[2]));
    arm(0, 30);
    assert_int_equal(midge__timer_heap_left(&fx.heap), 20);
}

static void rearm_at_now_waits_for_next_run(void **state)
{
    (void)state;
    fx.now_ms = 100;
    fx.timers[0].fire = fire_and_rearm_now;
    fx.timers[1].fire = fire_and_rearm_past;
    arm(0, 90);
    arm(1, 95);
    arm(2, 100);
    /* The past is no way to the front: 2 is still reached, behind two that armed themselves. */
    assert_int_equal(midge__timer_heap_run(&fx.heap, 100), 3);
    assert_int_equal(midge__timer_heap_left(&fx.heap), 0);
    assert_int_equal(midge__timer_heap_run(&fx.heap, 100), 2);
    const uint32_t expected[] = {0, 1, 2, 0, 1};
    assert_fired(expected, 5);
}

static void callback_may_disarm_a_due_timer(void **state)
{
    (void)state;
    fx.timers[0].fire = fire_and_disarm_next;
    arm(0, 10);
    arm(1, 10);
    arm(2, 10);
    assert_int_equal(midge__timer_heap_run(&fx.heap, 10), 2);
    const uint32_t expected[] = {0, 2};
    assert_fired(expected, 2);
}

static void pop_stops_at_the_mark(void **state)
{
    (void)state;
    arm(0, 10);
    uint32_t mark = midge__timer_heap_mark(&fx.heap, 20);
    arm(1, 5);
    assert_ptr_equal(midge__timer_heap_pop(&fx.heap, 20, mark), &fx.timers[0]);
    assert_null(midge__timer_heap_pop(&fx.heap, 20, mark));
    assert_int_equal(midge__timer_heap_left(&fx.heap), 0); /* the mark is its earliest time */
    mark = midge__timer_heap_mark(&fx.heap, 20);
    assert_ptr_equal(midge__timer_heap_pop(&fx.heap, 20, mark), &fx.timers[1]);
}

/* Moments of which some lie just before the wrap. */
static const uint32_t starts[] = {0, 1, LONGEST, LONGEST + 1, UINT32_MAX - 20, UINT32_MAX};

static void begin_at(uint32_t now_ms)
{
    void *none = NULL;
    (void)setup(&none);
    (void)midge__timer_heap_mark(&fx.heap, now_ms);
}

static void far_times_keep_their_order(void **state)
{
    (void)state;
    for (size_t i = 0; i < MIDGE_ARRAY_LEN(starts); i++) {
        const uint32_t now = starts[i];
        begin_at(now);
        arm(0, now + LONGEST);
        arm(1, now + 30);
        arm(2, now + 10);
        arm(3, now + LONGEST - 1);
        assert_int_equal(midge__timer_heap_left(&fx.heap), 10);
        assert_int_equal(midge__timer_heap_run(&fx.heap, now + 9), 0);
        assert_int_equal(midge__timer_heap_left(&fx.heap), 1);
        assert_int_equal(midge__timer_heap_run(&fx.heap, now + 30), 2);
        assert_int_equal(midge__timer_heap_left(&fx.heap), LONGEST - 31);
        assert_int_equal(midge__timer_heap_run(&fx.heap, now + LONGEST - 2), 0);
        assert_int_equal(midge__timer_heap_run(&fx.heap, now + LONGEST - 1), 1);
        assert_int_equal(midge__timer_heap_run(&fx.heap, now + LONGEST), 1);
        const uint32_t expected[] = {2, 1, 3, 0};
        assert_fired(expected, 4);
    }
}

/* What was armed long after the last run keeps its order, when that was marked. */
static void marks_allow_long_times(void **state)
{
    (void)state;
    for (size_t i = 0; i < MIDGE_ARRAY_LEN(starts); i++) {
        const uint32_t now = starts[i], later = now + 3 * (LONGEST / 2);
        begin_at(now);
        arm(0, now + 5);
        arm(1, now + LONGEST);
        (void)midge__timer_heap_mark(&fx.heap, later);
        arm(2, later + LONGEST);
        arm(3, later + 1);
        assert_int_equal(midge__timer_heap_left(&fx.heap), 0);
        assert_int_equal(midge__timer_heap_run(&fx.heap, later), 2);
        assert_int_equal(midge__timer_heap_run(&fx.heap, later + LONGEST - 1), 1);
        assert_int_equal(midge__timer_heap_run(&fx.heap, later + LONGEST), 1);
        const uint32_t expected[] = {0, 1, 3, 2};
        assert_fired(expected, 4);
    }
}

/* It was not run for so long that some timers would look as if they were to come. */
static void long_pauses_fire_what_is_due(void **state)
{
    static const uint32_t pauses[] = {1U << 30,       (1U << 30) + 1, LONGEST,
                                      LONGEST + 1,    LONGEST + 1000, 3U << 30,
                                      (3U << 30) + 5, UINT32_MAX - 9};
    (void)state;
    for (size_t i = 0; i < MIDGE_ARRAY_LEN(starts) * MIDGE_ARRAY_LEN(pauses); i++) {
        const uint32_t now = starts[i % MIDGE_ARRAY_LEN(starts)];
        const uint32_t pause = pauses[i / MIDGE_ARRAY_LEN(starts)];
        begin_at(now);
        for (uint32_t k = 0; k < 20; k++) {
            arm(k, now + 1000 - k);
        }
        arm(20, now + LONGEST);
        const uint32_t fired = pause >= LONGEST ? 21 : 20;
        assert_int_equal(midge__timer_heap_run(&fx.heap, now + pause), fired);
        arm(21, now + pause + 7);
        assert_int_equal(midge__timer_heap_left(&fx.heap), 7);
        assert_int_equal(midge__timer_heap_run(&fx.heap, now + pause + LONGEST), 22 - fired);
        assert_int_equal(fx.fired[fired], 21);
    }
}

/* Its arming order wraps, too. */
static void arming_order_wraps(void **state)
{
    (void)state;
    fx.heap.next_seq = UINT32_MAX - 1;
    for (uint32_t i = 0; i < 4; i++) {
        arm(i, 10);
    }
    fx.now_ms = 10;
    fx.timers[1].fire = fire_and_rearm_now;
    assert_int_equal(midge__timer_heap_run(&fx.heap, 10), 4);
    assert_int_equal(midge__timer_heap_run(&fx.heap, 10), 1);
    const uint32_t expected[] = {0, 1, 2, 3, 1};
    assert_fired(expected, 5);
}

/* ---- Random operations against a model that is sorted anew each time ---- */

static uint32_t rng_state;

static uint32_t rng(void)
{
    rng_state ^= rng_state << 13;
    rng_state ^= rng_state >> 17;
    rng_state ^= rng_state << 5;
    return rng_state;
}

struct model {
    bool armed;
    uint64_t at_ms;
    uint64_t order;
};

static struct model model[TIMERS];

/* The armed entry that fires first; TIMERS when there is none. */
static uint32_t model_first(void)
{
    uint32_t first = TIMERS;
    for (uint32_t i = 0; i < TIMERS; i++) {
        if (model[i].armed &&
            (first == TIMERS || model[i].at_ms < model[first].at_ms ||
             (model[i].at_ms == model[first].at_ms && model[i].order < model[first].order))) {
            first = i;
        }
    }
    return first;
}

static uint32_t model_run(uint64_t now_ms, uint32_t *order)
{
    uint32_t count = 0;
    for (;;) {
        uint32_t i = model_first();
        if (i == TIMERS || model[i].at_ms > now_ms) {
            return count;
        }
        model[i].armed = false;
        order[count++] = i;
    }
}

static void check_heap(uint64_t now_ms)
{
    uint32_t armed = 0;
    for (uint32_t i = 0; i < TIMERS; i++) {
        assert_int_equal(midge__timer_armed(&fx.timers[i]), model[i].armed);
        armed += model[i].armed;
        if (model[i].armed) {
            assert_ptr_equal(fx.slots[fx.timers[i].index - 1], &fx.timers[i]);
        }
    }
    assert_int_equal(fx.heap.count, armed);
    uint32_t first = model_first();
    uint64_t left = MIDGE__TIMER_NEVER;
    if (first != TIMERS) {
        left = model[first].at_ms > now_ms ? model[first].at_ms - now_ms : 0;
    }
    assert_int_equal(midge__timer_heap_left(&fx.heap), left);
}

/* Ranks given by the caller break ties, also when they wrap. */
static void ranks_break_ties(void **state)
{
    static const uint32_t ranks[] = {3, UINT32_MAX, 0, UINT32_MAX - 1, 1};
    static const uint32_t order[] = {3, 1, 2, 4, 0};
    (void)state;
    for (uint32_t i = 0; i < MIDGE_ARRAY_LEN(ranks); i++) {
        assert_int_equal(midge__timer_rank(&fx.heap, &fx.timers[i], 7, ranks[i]), MIDGE_OK);
    }
    for (uint32_t i = 0; i < MIDGE_ARRAY_LEN(ranks); i++) {
        assert_ptr_equal(midge__timer_first(&fx.heap), &fx.timers[order[i]]);
        midge__timer_disarm(&fx.heap, &fx.timers[order[i]]);
    }
    assert_null(midge__timer_first(&fx.heap));
}

static void random_operations_match_model(void **state)
{
    (void)state;
    memset(model, 0, sizeof(model));
    rng_state = 0x6d696467;
    uint64_t now_ms = UINT32_MAX - 500, order = 0; /* the heap sees its lower half */
    begin_at((uint32_t)now_ms);
    for (int step = 0; step < 10000; step++) {
        uint32_t i = rng() % TIMERS, op = rng() % 16;
        if (op < 10) {
            uint32_t ms = rng() % 8 == 0 ? rng() & LONGEST : rng() % 40;
            model[i] = (struct model){true, now_ms + ms, order++};
            arm(i, (uint32_t)model[i].at_ms);
        } else if (op < 14) {
            model[i].armed = false;
            midge__timer_disarm(&fx.heap, &fx.timers[i]);
        } else {
            uint32_t expected[TIMERS];
            now_ms += rng() % 32 == 0 ? rng() & (LONGEST / 2) : rng() % 20;
            fx.fired_count = 0;
            uint32_t count = model_run(now_ms, expected);
            assert_int_equal(midge__timer_heap_run(&fx.heap, (uint32_t)now_ms), count);
            assert_fired(expected, count);
        }
        check_heap(now_ms);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(empty_heap_never_fires, setup),
        cmocka_unit_test_setup(ties_fire_in_arming_order, setup),
        cmocka_unit_test_setup(rearming_moves_both_ways, setup),
        cmocka_unit_test_setup(full_array_refuses_but_moves, setup),
        cmocka_unit_test_setup(rearm_at_now_waits_for_next_run, setup),
        cmocka_unit_test_setup(callback_may_disarm_a_due_timer, setup),
        cmocka_unit_test_setup(pop_stops_at_the_mark, setup),
        cmocka_unit_test_setup(far_times_keep_their_order, setup),
        cmocka_unit_test_setup(marks_allow_long_times, setup),
        cmocka_unit_test_setup(long_pauses_fire_what_is_due, setup),
        cmocka_unit_test_setup(arming_order_wraps, setup),
        cmocka_unit_test_setup(ranks_break_ties, setup),
        cmocka_unit_test_setup(random_operations_match_model, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
