/* SPDX-License-Identifier: MIT */
/* The token bucket of policy/rate.c: when tokens are there, at any rate and at any time of a clock
   that wraps. tests/sim/test_rate.c has the requests that wait for it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "chance.h"
#include "policy/rate.h"

static struct midge__bucket bucket;
static uint32_t now_ms;

static int begin(void **state)
{
    (void)state;
    memset(&bucket, 0, sizeof bucket);
    now_ms = 0;
    return 0;
}

/* Waits for a token and takes it; returns when. */
static uint32_t next(const struct midge__bucket_rule *rule)
{
    uint32_t ms;
    while ((ms = midge__bucket_wait(&bucket, rule, now_ms)) > 0) {
        now_ms += ms;
    }
    midge__bucket_take(&bucket, rule, now_ms, 1);
    return now_ms;
}

/* The nth token comes at its time, to the millisecond, however long it goes on. */
static void evenly(void **state)
{
    static const struct midge__bucket_rule rules[] = {
        {10, 1000, 1},  {3, 1000, 1},     {7, 60000, 1},      {1000, 1000, 1},
        {999, 1000, 1}, {1, 86400000, 1}, {14, 3600000, 1},   {2000, 1000, 1},
        {1, 1, 1},      {123457, 89, 1},  {1, 0x7fffffff, 1},
    };
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        for (int wraps = 0; wraps < 2; wraps++) {
            begin(state);
            const uint32_t start = now_ms = wraps ? UINT32_MAX - 500 : 0;
            for (uint64_t n = 0; n < 2000; n++) {
                const uint64_t at = n * rules[i].interval_ms / rules[i].amount;
                assert_int_equal(next(&rules[i]), (uint32_t)(start + at));
            }
        }
    }
}

static void bursts(void **state)
{
    const struct midge__bucket_rule rule = {10, 1000, 5};
    (void)state;
    for (uint32_t n = 0; n < 5; n++) {
        assert_int_equal(next(&rule), 0);
    }
    assert_int_equal(next(&rule), 100);
    assert_int_equal(next(&rule), 200);
    now_ms = 450; /* two are in store */
    assert_int_equal(next(&rule), 450);
    assert_int_equal(next(&rule), 450);
    assert_int_equal(next(&rule), 500);
    assert_false(midge__bucket_full(&bucket, &rule, 999));
    assert_true(midge__bucket_full(&bucket, &rule, 1000));
    now_ms = 1000000; /* five, not more */
    for (uint32_t n = 0; n < 5; n++) {
        assert_int_equal(next(&rule), 1000000);
    }
    assert_int_equal(next(&rule), 1000100);
}

/* Tokens that are taken before they are there are waited for. */
static void debts(void **state)
{
    const struct midge__bucket_rule rule = {1000, 1000, 1};
    (void)state;
    midge__bucket_take(&bucket, &rule, 0, 5000);
    assert_int_equal(midge__bucket_wait(&bucket, &rule, 0), 5000);
    assert_int_equal(midge__bucket_wait(&bucket, &rule, 4000), 1000);
    midge__bucket_take(&bucket, &rule, 4000, 500);
    assert_int_equal(midge__bucket_wait(&bucket, &rule, 5499), 1);
    assert_int_equal(midge__bucket_wait(&bucket, &rule, 5500), 0);
}

static void returns(void **state)
{
    const struct midge__bucket_rule rule = {1, 1000, 1};
    (void)state;
    assert_int_equal(next(&rule), 0);
    midge__bucket_give(&bucket, &rule);
    assert_true(midge__bucket_full(&bucket, &rule, 0));
    midge__bucket_give(&bucket, &rule); /* it is not more than full */
    assert_int_equal(next(&rule), 0);
    assert_int_equal(midge__bucket_wait(&bucket, &rule, 0), 1000);
}

/* Nothing overflows, and no debt is forgotten. */
static void extremes(void **state)
{
    static const struct midge__bucket_rule rules[] = {
        {UINT32_MAX, 0x7fffffff, UINT32_MAX},
        {1, 0x7fffffff, UINT32_MAX},
        {1, 0x7fffffff, 1},
        {UINT32_MAX, 1, 1},
        {1, 1, UINT32_MAX},
    };
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        begin(state);
        assert_int_equal(midge__bucket_wait(&bucket, &rules[i], UINT32_MAX), 0);
        for (unsigned n = 0; n < 1000; n++) {
            midge__bucket_take(&bucket, &rules[i], UINT32_MAX, UINT32_MAX);
        }
        assert_in_range(midge__bucket_wait(&bucket, &rules[i], UINT32_MAX), 1,
                        MIDGE__BUCKET_WAIT_MAX);
        assert_false(midge__bucket_full(&bucket, &rules[i], UINT32_MAX));
    }
}

/* Not used for longer than the clock counts: no longer wait than the one that was left. */
static void ages(void **state)
{
    const struct midge__bucket_rule rule = {1, 1000, 1};
    (void)state;
    assert_int_equal(next(&rule), 0);
    for (uint32_t ms = 0; ms < 3000; ms++) { /* a whole round of the clock later */
        struct midge__bucket aged = bucket;
        assert_in_range(midge__bucket_wait(&aged, &rule, ms), 0, 1000);
    }
    struct midge__bucket aged = bucket;
    assert_int_equal(midge__bucket_wait(&aged, &rule, UINT32_MAX), 0);
    assert_int_equal(midge__bucket_wait(&aged, &rule, 0), 0); /* it was full: it stays so */
}

/* Asked at any times: in no interval are there more than amount + burst. */
static void never_more(void **state)
{
    static uint32_t taken[4000];
    (void)state;
    seed = 1;
    for (unsigned run = 0; run < 50; run++) {
        const struct midge__bucket_rule rule = {1 + chance(20), 1 + chance(500), 1 + chance(5)};
        begin(state);
        now_ms = UINT32_MAX - chance(20000);
        for (unsigned n = 0; n < 4000; n++) {
            now_ms += chance(8) == 0 ? chance(2 * rule.interval_ms) : 0;
            taken[n] = next(&rule);
            const unsigned most = rule.amount + rule.burst;
            if (n >= most) { /* the one before all these is an interval ago */
                assert_true(taken[n] - taken[n - most] >= rule.interval_ms);
            }
        }
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, begin)
    const struct CMUnitTest tests[] = {
        TEST(evenly),   TEST(bursts), TEST(debts),      TEST(returns),
        TEST(extremes), TEST(ages),   TEST(never_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
