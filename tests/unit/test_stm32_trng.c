/* SPDX-License-Identifier: MIT */
/* Random bytes of boards/nucleo-f767zi on a modelled RNG: its errors, words that repeat, noise that
   is stuck or prefers a value. Each of them ends in no bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "chance.h"
#include "stm32_registers.h"

#include "../../boards/nucleo-f767zi/trng.c"

#define CR_AT   0x50060800u
#define SR_AT   0x50060804u
#define DR_AT   0x50060808u
#define AHB2_AT 0x40023834u

static struct {
    unsigned words;    /* given out since the RNG was enabled */
    unsigned fails_at; /* the word at which the fault below begins; 0: none */
    uint32_t error;    /* bits of RNG_SR */
    bool recovers;     /* when it is enabled again */
    bool silent;
    unsigned period;   /* words repeat after so many */
    unsigned biased;   /* one byte in so many is 0x5A */
    uint32_t pair[2];  /* words of that place, if they are not 0 */
    unsigned enabled;  /* times */
    uint32_t past[64]; /* the words that were given out */
} rng;

static bool is_faulty(void)
{
    return rng.fails_at > 0 && rng.words >= rng.fails_at && !(rng.recovers && rng.enabled > 1);
}

static uint32_t next_word(void)
{
    uint32_t word = chance(0x10000) << 16 | chance(0x10000);
    if (is_faulty() && rng.period > 0) {
        word = rng.past[(rng.words - rng.period) % 64];
    }
    for (unsigned i = 0; i < 4 && is_faulty() && rng.biased > 0; i++) {
        if (one_in(rng.biased)) {
            word = (word & ~(0xFFu << 8 * i)) | 0x5Au << 8 * i;
        }
    }
    if (rng.fails_at > 0 && rng.words - rng.fails_at < 2 && rng.pair[0] != 0) {
        word = rng.pair[rng.words - rng.fails_at];
    }
    return word;
}

static void settle(uint32_t address)
{
    static uint32_t was;
    const bool on = (*at(CR_AT) & 4) != 0 && (*at(AHB2_AT) & 1u << 6) != 0;
    if (on && was == 0) {
        rng.enabled++;
        rng.words = 0;
    }
    was = on;
    *at(SR_AT) &= 0x60; /* what is kept until it is cleared */
    if (on && is_faulty()) {
        *at(SR_AT) |= rng.error | rng.error << 4;
    }
    const bool stopped = (*at(SR_AT) & SR_SECS) != 0 || (is_faulty() && rng.silent);
    if (!on || stopped) {
        return;
    }
    *at(SR_AT) |= SR_DRDY;
    if (address == DR_AT) {
        *at(DR_AT) = next_word();
        rng.past[rng.words % 64] = *at(DR_AT);
        rng.words++;
    }
}

static struct trng trng;

static int begin(void **state)
{
    (void)state;
    forget_registers();
    settle(0);
    memset(&rng, 0, sizeof rng);
    memset(&trng, 0, sizeof trng);
    seed = 0x7270672d746573ull;
    return 0;
}

static bool is_zero(const uint8_t *buf, size_t len)
{
    while (len > 0 && buf[len - 1] == 0) {
        len--;
    }
    return len == 0;
}

/* No bytes, this fault, and none after TRNG_STARTS starts. */
static void assert_fault(enum trng_fault fault)
{
    uint8_t buf[100];
    bool failed = false;
    for (unsigned n = 0; n < 200 && !failed; n++) {
        failed = !trng_read(&trng, buf, sizeof buf);
    }
    assert_true(failed);
    assert_true(is_zero(buf, sizeof buf));
    assert_int_equal(trng.fault, fault);
    assert_true(trng_fault_text(fault)[0] != '\0');
    assert_int_equal(*at(CR_AT), 0);
}

/* --- tests --- */

static void test_gives_bytes(void **state)
{
    uint8_t a[100], b[100];
    (void)state;
    assert_true(trng_read(&trng, a, sizeof a));
    assert_int_equal(rng.words, 1 + TRNG_START_WORDS + 4 * TRNG_WORDS);
    assert_true(trng_read(&trng, b, sizeof b));
    assert_int_equal(rng.words, 1 + TRNG_START_WORDS + 8 * TRNG_WORDS); /* no second start */
    assert_memory_not_equal(a, b, sizeof a);
    for (unsigned i = 0; i + 32 <= 96; i += 32) {
        assert_memory_not_equal(a + i, a + (i + 32) % 96, 32);
        assert_false(is_zero(a + i, 32));
    }
}

static void test_writes_no_more_than_asked(void **state)
{
    uint8_t buf[40];
    (void)state;
    for (size_t len = 0; len < sizeof buf; len++) {
        memset(buf, 0xEE, sizeof buf);
        assert_true(trng_read(&trng, buf, len));
        for (size_t i = len; i < sizeof buf; i++) {
            assert_int_equal(buf[i], 0xEE);
        }
    }
}

/* A source as good as ST claims makes no false alarm: 320,000 bytes here. */
static void test_no_false_alarm(void **state)
{
    uint8_t buf[320];
    (void)state;
    for (unsigned n = 0; n < 400; n++) {
        assert_true(trng_read(&trng, buf, sizeof buf));
    }
}

static void test_errors_of_the_rng(void **state)
{
    static const unsigned when[] = {1, 2, 100, 257, 258, 300, 1000};
    (void)state;
    for (size_t i = 0; i < sizeof when / sizeof when[0]; i++) {
        (void)begin(NULL);
        rng.fails_at = when[i];
        rng.error = SR_SECS;
        assert_fault(TRNG_SEED);
        (void)begin(NULL);
        rng.fails_at = when[i];
        rng.error = SR_CECS;
        assert_fault(TRNG_NO_CLOCK);
        (void)begin(NULL);
        rng.fails_at = when[i];
        rng.silent = true;
        assert_fault(TRNG_SILENT);
    }
}

static void test_silence_at_the_start(void **state)
{
    uint8_t buf[4] = {1, 2, 3, 4};
    (void)state;
    rng.silent = true;
    rng.fails_at = 1; /* after the first word */
    assert_false(trng_read(&trng, buf, sizeof buf));
    assert_true(is_zero(buf, sizeof buf));
}

static void test_starts_again_after_a_fault(void **state)
{
    uint8_t buf[64];
    (void)state;
    rng.fails_at = 300;
    rng.error = SR_SECS;
    rng.recovers = true;
    assert_fault(TRNG_SEED);
    assert_true(trng_read(&trng, buf, sizeof buf));
    assert_int_equal(trng.fault, TRNG_GOOD);
    assert_int_equal(rng.enabled, 2);
    assert_true(rng.words > TRNG_START_WORDS); /* tested again */
}

static void test_gives_up(void **state)
{
    uint8_t buf[64];
    (void)state;
    rng.fails_at = 2;
    rng.error = SR_SECS;
    for (unsigned n = 0; n < 10; n++) {
        assert_false(trng_read(&trng, buf, sizeof buf));
    }
    assert_int_equal(rng.enabled, TRNG_STARTS);
    assert_int_equal(trng.fault, TRNG_SEED);
    rng.error = 0; /* too late */
    assert_false(trng_read(&trng, buf, sizeof buf));
}

static void test_equal_words(void **state)
{
    static const unsigned when[] = {1, 2, 200, 400};
    (void)state;
    for (size_t i = 0; i < sizeof when / sizeof when[0]; i++) {
        (void)begin(NULL);
        rng.fails_at = when[i];
        rng.period = 1;
        assert_fault(TRNG_STUCK);
    }
}

static void test_equal_bytes(void **state)
{
    uint8_t buf[64];
    (void)state;
    rng.fails_at = 270;
    rng.pair[0] = 0xAAAAAA01u; /* the lowest byte is the first one */
    rng.pair[1] = 0x02AAAAAAu;
    assert_fault(TRNG_STUCK); /* six */
    (void)begin(NULL);
    rng.fails_at = 270;
    rng.pair[0] = 0xAAAA0301u;
    rng.pair[1] = 0x02AAAAAAu;
    assert_true(trng_read(&trng, buf, sizeof buf)); /* five */
}

/* The last word of a block: no bytes of it are given out. */
static void test_an_error_with_the_last_word(void **state)
{
    uint8_t buf[32];
    (void)state;
    rng.fails_at = 1 + TRNG_START_WORDS + TRNG_WORDS;
    rng.error = SR_SECS;
    assert_false(trng_read(&trng, buf, sizeof buf));
    assert_true(is_zero(buf, sizeof buf));
}

/* Two words in turns: no word follows itself, but 8 values have all the places of a window. */
static void test_a_short_period(void **state)
{
    uint8_t buf[32];
    unsigned found = 0;
    (void)state;
    for (unsigned n = 1; n <= 20; n++) {
        (void)begin(NULL);
        seed += n;
        rng.fails_at = 300;
        rng.period = 2;
        bool good = true;
        for (unsigned i = 0; i < 100 && good; i++) {
            good = trng_read(&trng, buf, sizeof buf);
        }
        found += !good;
    }
    assert_int_equal(found, 20);
}

static void test_a_preferred_byte(void **state)
{
    (void)state;
    rng.fails_at = 300;
    rng.biased = 5; /* 102 of a window; found when a window begins with it */
    assert_fault(TRNG_BIASED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_gives_bytes, begin),
        cmocka_unit_test_setup(test_writes_no_more_than_asked, begin),
        cmocka_unit_test_setup(test_no_false_alarm, begin),
        cmocka_unit_test_setup(test_errors_of_the_rng, begin),
        cmocka_unit_test_setup(test_silence_at_the_start, begin),
        cmocka_unit_test_setup(test_starts_again_after_a_fault, begin),
        cmocka_unit_test_setup(test_gives_up, begin),
        cmocka_unit_test_setup(test_equal_words, begin),
        cmocka_unit_test_setup(test_equal_bytes, begin),
        cmocka_unit_test_setup(test_an_error_with_the_last_word, begin),
        cmocka_unit_test_setup(test_a_short_period, begin),
        cmocka_unit_test_setup(test_a_preferred_byte, begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
