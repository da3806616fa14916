/* SPDX-License-Identifier: MIT */
/*
 * The entropy of port/pico-sdk from sources of all kinds: good, biased, stuck, periodic, and those
 * that stop. The limits of the health tests are met exactly.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include <midge/err.h>

#include "../../port/pico-sdk/noise.c"

#include "../../port/pico-sdk/entropy.c"

static const struct noise_limits sixteenth = NOISE_SIXTEENTH, half = NOISE_HALF;

/* --- sources --- */

static uint64_t seed;
static unsigned words_taken, stuck_from, gone_from;
static double share; /* of ones */
static uint32_t pattern;
static bool there;

static uint32_t chance(void) /* xorshift64* */
{
    seed ^= seed >> 12;
    seed ^= seed << 25;
    seed ^= seed >> 27;
    return (uint32_t)(seed * UINT64_C(2685821657736338717) >> 32);
}

static bool begin(void)
{
    return there;
}

static bool good_word(uint32_t *word)
{
    *word = words_taken >= stuck_from ? 0 : chance();
    return words_taken++ < gone_from;
}

static bool biased_word(uint32_t *word)
{
    *word = 0;
    for (unsigned i = 0; i < 32; i++) {
        *word |= (uint32_t)(chance() < share * UINT32_MAX) << i;
    }
    return true;
}

static bool pattern_word(uint32_t *word)
{
    *word = pattern;
    return true;
}

static struct entropy_source source;
static struct entropy entropy;

static void use(bool (*word)(uint32_t *), struct noise_limits limits)
{
    source = (struct entropy_source){.start = begin, .word = word, .limits = limits, .words = 160};
    entropy = (struct entropy){.source = &source};
}

const struct entropy_source entropy_chip; /* of midge_pico_entropy, which is not called here */

static int fresh(void **state)
{
    (void)state;
    seed = 88172645463325252u;
    words_taken = 0;
    stuck_from = gone_from = UINT32_MAX;
    there = true;
    use(good_word, (struct noise_limits)NOISE_SIXTEENTH);
    return 0;
}

static bool is_zero_of(const uint8_t *buf, size_t len)
{
    uint8_t any = 0;
    for (size_t i = 0; i < len; i++) {
        any |= buf[i];
    }
    return any == 0;
}

/* --- the health tests --- */

static void test_a_good_source_passes(void **state)
{
    struct noise_test test;
    (void)state;
    noise_start(&test, half);
    for (unsigned i = 0; i < 100000; i++) { /* 3.2 M samples */
        assert_true(noise_word(&test, chance()));
    }
}

/* Feeds single samples: 32 at a time. */
static bool run_of(struct noise_test *test, unsigned zeros, unsigned offset)
{
    bool good = true;
    for (unsigned at = 0; at < offset + zeros + 32; at += 32) {
        uint32_t word = 0x55555555; /* no repetition, but each second lag agrees */
        for (unsigned i = 0; i < 32; i++) {
            const unsigned n = at + i;
            if (n >= offset && n < offset + zeros) {
                word &= ~(UINT32_C(1) << i);
            } else if (n + 1 == offset || n == offset + zeros) {
                word |= UINT32_C(1) << i;
            }
        }
        good = noise_word(test, word);
    }
    return good;
}

static void test_repetition_count(void **state)
{
    const struct noise_limits only_repeats = {.repeats = 321, .same = UINT16_MAX};
    (void)state;
    for (unsigned offset = 1; offset < 70; offset++) {
        struct noise_test test;
        noise_start(&test, only_repeats);
        assert_true(run_of(&test, 320, offset));
        noise_start(&test, only_repeats);
        assert_false(run_of(&test, 321, offset));
    }
}

static void test_repetition_count_from_the_first_sample(void **state)
{
    const struct noise_limits few = {.repeats = 64, .same = UINT16_MAX};
    struct noise_test test;
    (void)state;
    noise_start(&test, few);
    assert_true(noise_word(&test, 0));
    assert_false(noise_word(&test, 0));
    noise_start(&test, few);
    assert_true(noise_word(&test, UINT32_MAX));
    assert_false(noise_word(&test, UINT32_MAX));
    assert_false(noise_word(&test, chance())); /* it stays */
}

/* The window's first sample counts, and the next window begins anew. */
static void test_adaptive_proportion(void **state)
{
    struct noise_test test;
    const struct noise_limits limits = {.repeats = UINT16_MAX, .same = 600};
    for (unsigned ones = 599; ones <= 600; ones++) {
        fresh(state);
        noise_start(&test, limits);
        bool good = true;
        unsigned left = ones - 1;
        for (unsigned i = 0; i < NOISE_WINDOW / 32; i++) {
            uint32_t word = i == 0;
            for (unsigned bit = i == 0; bit < 32; bit++) {
                const unsigned rest = NOISE_WINDOW - 32 * i - bit;
                if (chance() % rest < left) { /* as many as were asked for, anywhere */
                    word |= UINT32_C(1) << bit;
                    left--;
                }
            }
            good = noise_word(&test, word);
        }
        assert_int_equal(good, ones == 599);
        assert_true(ones == 600 || noise_word(&test, chance()));
    }
}

/* What is worse than the assumption is found soon; what it allows passes. */
static void test_bias(void **state)
{
    static const struct {
        double ones;
        bool passes;
    } cases[] = {{0.5, true},    {0.9, true},    {0.93, true},
                 {0.995, false}, {0.005, false}, {1, false}};
    (void)state;
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct noise_test test;
        uint32_t word;
        bool good = true;
        noise_start(&test, sixteenth);
        share = cases[i].ones;
        for (unsigned n = 0; n < 3200; n++) {
            biased_word(&word);
            good = noise_word(&test, word);
        }
        assert_int_equal(good, cases[i].passes);
    }
}

/* A ring that is locked to its sampling clock: neither stuck nor uneven. */
static void test_periods(void **state)
{
    (void)state;
    for (unsigned period = 2; period <= NOISE_LAGS; period++) {
        struct noise_test test;
        bool good = true;
        unsigned at = 0;
        noise_start(&test, sixteenth);
        for (unsigned n = 0; n < 64; n++) {
            uint32_t word = 0;
            for (unsigned i = 0; i < 32; i++, at++) {
                word |= (uint32_t)(at % period < period / 2) << i;
            }
            good = noise_word(&test, word);
        }
        assert_false(good);
    }
}

/* --- conditioning and start-up --- */

static void test_output(void **state)
{
    uint8_t a[80], b[80];
    (void)state;
    assert_int_equal(entropy_read(&entropy, a, sizeof a), MIDGE_OK);
    assert_int_equal(words_taken,
                     NOISE_WINDOW / 32 + 3 * 160); /* three blocks, nothing left over */
    assert_int_equal(entropy_read(&entropy, b, sizeof b), MIDGE_OK);
    assert_int_equal(words_taken, NOISE_WINDOW / 32 + 6 * 160); /* tested at the start only once */
    assert_memory_not_equal(a, b, sizeof a);
    assert_memory_not_equal(a, a + 32, 32);
}

/* The pool keeps what came before: the same samples give other bytes. */
static void test_the_past_counts(void **state)
{
    uint8_t a[32], b[32];
    (void)state;
    assert_int_equal(entropy_read(&entropy, a, sizeof a), MIDGE_OK);
    const uint64_t now = seed;
    assert_int_equal(entropy_read(&entropy, a, sizeof a), MIDGE_OK);
    seed = now;
    assert_int_equal(entropy_read(&entropy, b, sizeof b), MIDGE_OK);
    assert_memory_not_equal(a, b, sizeof a);
}

static void refuses(void)
{
    uint8_t buf[48];
    memset(buf, 0xa5, sizeof buf);
    assert_int_equal(entropy_read(&entropy, buf, sizeof buf), MIDGE_ERR_ENTROPY);
    assert_true(is_zero_of(buf, sizeof buf));
}

static void test_bad_sources(void **state)
{
    static const uint32_t patterns[] = {0,          UINT32_MAX, 0x55555555,
                                        0x33333333, 0x0f0f0f0f, 0x00ff00ff};
    for (unsigned i = 0; i < sizeof patterns / sizeof patterns[0]; i++) {
        use(pattern_word, sixteenth);
        pattern = patterns[i];
        refuses();
        use(pattern_word, half);
        refuses();
    }
    share = 0.99;
    use(biased_word, half);
    refuses();
    fresh(state);
    there = false;
    refuses();
    assert_int_equal(words_taken, 0);
    fresh(state);
    gone_from = 5;
    refuses();
}

/* It fails while it is used: nothing of this call is given out, and the next one starts anew. */
static void test_a_failure_later(void **state)
{
    uint8_t buf[64];
    (void)state;
    assert_int_equal(entropy_read(&entropy, buf, sizeof buf), MIDGE_OK);
    stuck_from = words_taken + 200; /* in the second block of the next call */
    refuses();
    refuses();
    stuck_from = UINT32_MAX;
    const unsigned before = words_taken;
    assert_int_equal(entropy_read(&entropy, buf, 32), MIDGE_OK);
    assert_int_equal(words_taken - before, NOISE_WINDOW / 32 + 160);
    gone_from = words_taken + 10;
    refuses();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_a_good_source_passes, fresh),
        cmocka_unit_test_setup(test_repetition_count, fresh),
        cmocka_unit_test_setup(test_repetition_count_from_the_first_sample, fresh),
        cmocka_unit_test_setup(test_adaptive_proportion, fresh),
        cmocka_unit_test_setup(test_bias, fresh),
        cmocka_unit_test_setup(test_periods, fresh),
        cmocka_unit_test_setup(test_output, fresh),
        cmocka_unit_test_setup(test_the_past_counts, fresh),
        cmocka_unit_test_setup(test_bad_sources, fresh),
        cmocka_unit_test_setup(test_a_failure_later, fresh),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
