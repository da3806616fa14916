/* SPDX-License-Identifier: MIT */
/* The RP2040's noise source, port/pico-sdk/rosc.c: when it is refused, how often it is read, and
   the order of its bits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define PICO_RP2040 1
#include "../../port/pico-sdk/rosc.c"

enum { CRYSTAL = 2, BY_REFERENCE = 0, BY_AUXILIARY = 1 };

struct desktop_clocks desktop_clocks;
static struct desktop_rosc ring;
static uint32_t now_us, read_us, closest_us;
static uint32_t bits;
static unsigned reads;

uint32_t time_us_32(void)
{
    return now_us++;
}

struct desktop_rosc *desktop_rosc_access(void)
{
    if (now_us - read_us < closest_us) {
        closest_us = now_us - read_us;
    }
    read_us = now_us;
    ring.randombit = 0xfffffffe | (bits >> reads++ % 32 & 1); /* the other bits are none of it */
    return &ring;
}

static void set_clocks(uint32_t reference, uint32_t system, uint32_t auxiliary)
{
    desktop_clocks.clk[clk_ref].ctrl = reference;
    desktop_clocks.clk[clk_sys].ctrl = system | auxiliary << 5;
}

static void test_start(void **state)
{
    (void)state;
    ring.status = 0x80001000;
    set_clocks(CRYSTAL, BY_AUXILIARY, 0); /* as pico-sdk starts: clk_sys from PLL_SYS */
    assert_true(entropy_chip.start());
    set_clocks(CRYSTAL, BY_REFERENCE, 0);
    assert_true(entropy_chip.start());
    set_clocks(0, BY_AUXILIARY, 0); /* only clk_ref runs from the ring */
    assert_true(entropy_chip.start());
    set_clocks(0, BY_REFERENCE, 0);
    assert_false(entropy_chip.start());
    set_clocks(CRYSTAL, BY_AUXILIARY, 2);
    assert_false(entropy_chip.start());
    set_clocks(CRYSTAL, BY_AUXILIARY, 0);
    ring.status = 0;
    assert_false(entropy_chip.start());
}

static void test_samples(void **state)
{
    uint32_t word;
    (void)state;
    now_us = UINT32_MAX - 100; /* the timer wraps meanwhile */
    read_us = now_us - SAMPLE_US;
    closest_us = UINT32_MAX;
    reads = 0;
    bits = 0x8005c3a1;
    assert_true(entropy_chip.word(&word));
    assert_int_equal(word, bits); /* the oldest in bit 0 */
    assert_int_equal(reads, 32);
    assert_true(closest_us >= SAMPLE_US);
    assert_int_equal(entropy_chip.words * 32 / 16, 320); /* 256 bits and 64 */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_start),
        cmocka_unit_test(test_samples),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
