/* SPDX-License-Identifier: MIT */
/*
 * The RP2350's noise source, port/pico-sdk/trng.c, on a model of its registers: blocks of 192 bits,
 * the TRNG's own tests that fail, a reset that takes a while, a TRNG that gives nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#define PICO_RP2350 1
#include "../../port/pico-sdk/trng.c"

enum { VALID = 1, AUTOCORRELATION = 2, EQUAL = 4, NEUMANN = 8, BLOCK_TAKES_US = 5000 };

static struct {
    struct desktop_trng registers;
    uint32_t now_us, ready_us, next;
    unsigned resets, blocks;
    unsigned reset_takes; /* accesses in which sample_cnt1 is not kept */
    unsigned resetting;
    uint32_t faults[32]; /* bits that stand beside, or in place of, VALID for each block */
    bool dead;           /* no block is ever ready */
} model;

uint32_t time_us_32(void)
{
    return model.now_us += 3;
}

/* A block becomes ready; the last word that is read starts the next one. */
static void make_block(void)
{
    const uint32_t fault = model.faults[model.blocks++ % 32];
    for (unsigned i = 0; i < 6; i++) {
        model.registers.ehr_data[i] = model.next++;
    }
    model.registers.rng_isr = fault != 0 ? fault : VALID;
}

static void start_block(void)
{
    model.ready_us = model.now_us + BLOCK_TAKES_US;
    model.registers.rng_isr = 0;
}

struct desktop_trng *desktop_trng_access(void)
{
    struct desktop_trng *r = &model.registers;
    if (r->trng_sw_reset == 1) {
        memset(r, 0, sizeof *r);
        r->sample_cnt1 = 0xffff;
        model.resets++;
        model.resetting = model.reset_takes;
    }
    if (model.resetting > 0) {
        model.resetting--;
        r->sample_cnt1 = 0xffff;
    }
    if (r->rng_icr != 0) { /* a fault of autocorrelation stays */
        r->rng_icr = 0;
        if ((r->rng_isr & AUTOCORRELATION) == 0) {
            start_block();
        }
    }
    if (r->rnd_source_enable == 1 && r->rng_isr == 0 && !model.dead &&
        (int32_t)(model.now_us - model.ready_us) >= 0) {
        make_block();
    }
    return r;
}

static int fresh(void **state)
{
    (void)state;
    memset(&model, 0, sizeof model);
    model.now_us = UINT32_MAX - 20000; /* the timer wraps meanwhile */
    model.next = 100;
    left = 0;
    return 0;
}

static void test_start(void **state)
{
    (void)state;
    model.reset_takes = 50;
    assert_true(entropy_chip.start());
    assert_int_equal(model.registers.sample_cnt1, SAMPLE_CYCLES);
    assert_int_equal(model.registers.trng_debug_control, 0); /* no test is off */
    assert_int_equal(model.registers.rng_imr, UINT32_MAX);
    assert_int_equal(model.registers.rnd_source_enable, 1);
    model.reset_takes = UINT32_MAX;
    assert_false(entropy_chip.start());
}

/* Each word is given out once, and none stays in memory. */
static void test_words(void **state)
{
    uint32_t word, seen = 0;
    (void)state;
    assert_true(entropy_chip.start());
    for (unsigned i = 0; i < 30; i++) {
        assert_true(entropy_chip.word(&word));
        assert_true(word >= 100 && word < 130);
        assert_int_equal(seen >> (word - 100) & 1, 0);
        seen |= UINT32_C(1) << (word - 100);
    }
    assert_int_equal(model.blocks, 5);
    for (unsigned i = 0; i < WORDS; i++) {
        assert_int_equal(block[i], 0);
    }
}

/* Bits beside which a test failed are dropped, and the TRNG starts anew. */
static void test_blocks_that_fail(void **state)
{
    static const uint32_t faults[] = {AUTOCORRELATION, EQUAL, NEUMANN, VALID | EQUAL,
                                      VALID | NEUMANN};
    uint32_t word;
    for (unsigned i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        fresh(state);
        model.faults[0] = model.faults[1] = faults[i];
        assert_true(entropy_chip.start());
        assert_true(entropy_chip.word(&word));
        assert_true(word >= 112); /* of the third block */
        assert_int_equal(model.resets, 3);
    }
    fresh(state);
    for (unsigned i = 0; i < 32; i++) {
        model.faults[i] = AUTOCORRELATION;
    }
    assert_true(entropy_chip.start());
    assert_false(entropy_chip.word(&word));
    assert_int_equal(model.blocks, TRIES);
}

static void test_no_block(void **state)
{
    uint32_t word;
    (void)state;
    model.dead = true;
    assert_true(entropy_chip.start());
    const uint32_t since = model.now_us;
    assert_false(entropy_chip.word(&word));
    assert_true(model.now_us - since < (TRIES + 1) * BLOCK_US);
    model.reset_takes = UINT32_MAX; /* nor does it leave its reset */
    assert_false(entropy_chip.word(&word));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_start, fresh),
        cmocka_unit_test_setup(test_words, fresh),
        cmocka_unit_test_setup(test_blocks_that_fail, fresh),
        cmocka_unit_test_setup(test_no_block, fresh),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
