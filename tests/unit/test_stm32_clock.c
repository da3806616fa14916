/* SPDX-License-Identifier: MIT */
/* The clock tree of boards/nucleo-f767zi on modelled registers: the way to 216 MHz, and each wait
   that does not end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "stm32_registers.h"

#include "../../boards/nucleo-f767zi/clock.c"

/* What does not become ready. */
enum broken {
    NONE = 0,
    HSE = 1,
    PLL = 2,
    OVERDRIVE = 4,
    OVERDRIVE_SWITCH = 8,
    FLASH_WAITS = 16,
    CLOCK_SWITCH = 32
};

static unsigned broken;
static unsigned faults; /* what the chip forbids */
static unsigned late;   /* accesses until something is ready */

#define CR      (*at(RCC_CR_AT))
#define CFGR    (*at(RCC_CFGR_AT))
#define PLLCFGR (*at(0x40023804u))
#define PCR1    (*at(0x40007000u))
#define PCSR1   (*at(PWR_CSR1_AT))
#define ACR     (*at(FLASH_ACR_AT))

static uint32_t pll_hz(void)
{
    const uint32_t m = PLLCFGR & 63, n = PLLCFGR >> 6 & 511, p = 2 * ((PLLCFGR >> 16 & 3) + 1);
    const uint32_t in = ((PLLCFGR >> 22 & 1) != 0 ? 8000000u : 16000000u) / m;
    assert_in_range(in, 950000, 2100000);
    assert_in_range((uint64_t)in * n, 100000000, 432000000);
    assert_int_equal((uint64_t)in * n / (PLLCFGR >> 24 & 15), 48000000);
    assert_in_range(PLLCFGR >> 28, 2, 7);
    return in * n / p;
}

static void ready(uint32_t *reg, uint32_t bits, bool on)
{
    *reg = on ? *reg | bits : *reg & ~bits;
}

/* With an input that is not there the PLL does not lock. */
static bool pll_locks(void)
{
    return (CR & CR_PLLON) != 0 && (broken & PLL) == 0 &&
           ((PLLCFGR & PLLCFGR_HSE) == 0 || (CR & CR_HSERDY) != 0);
}

static void switch_clock(void)
{
    const uint32_t wanted = CFGR & CFGR_SW;
    if ((broken & CLOCK_SWITCH) != 0 || wanted == (CFGR & CFGR_SWS) >> 2) {
        return;
    }
    if (wanted == CFGR_SW_PLL) {
        faults += (CR & CR_PLLRDY) == 0 || (ACR & 15) < 7 || (PCSR1 & CSR1_ODSWRDY) == 0 ||
                  pll_hz() != 216000000 || (CFGR >> 10 & 7) != 5 || (CFGR >> 13 & 7) != 4;
    }
    CFGR = (CFGR & ~CFGR_SWS) | wanted << 2;
}

static void settle(uint32_t address)
{
    (void)address;
    if (accesses < late) {
        return;
    }
    faults += (CR & CR_HSEON) != 0 && (CR & CR_HSEBYP) == 0; /* there is no crystal */
    ready(&CR, CR_HSERDY, (CR & CR_HSEON) != 0 && (broken & HSE) == 0);
    ready(&CR, CR_PLLRDY, pll_locks());
    if ((*at(0x40023840u) & RCC_APB1ENR_PWR) == 0) {
        faults += PCR1 != 0xC000;
        return;
    }
    faults += (PCR1 & CR1_ODSWEN) != 0 && (PCSR1 & CSR1_ODRDY) == 0;
    ready(&PCSR1, CSR1_ODRDY, (PCR1 & CR1_ODEN) != 0 && (broken & OVERDRIVE) == 0);
    ready(&PCSR1, CSR1_ODSWRDY, (PCR1 & CR1_ODSWEN) != 0 && (broken & OVERDRIVE_SWITCH) == 0);
    if ((broken & FLASH_WAITS) != 0) {
        ACR &= ~15u;
    }
    switch_clock();
}

static struct clock start(unsigned these)
{
    forget_registers();
    broken = these;
    faults = 0;
    *at(RCC_CR_AT) = 0x83; /* after a reset */
    *at(0x40023804u) = 0x24003010;
    *at(0x40007000u) = 0xC000;
    const struct clock clock = clock_start();
    late = 0;
    settle(0);
    assert_int_equal(faults, 0);
    return clock;
}

static void assert_fast(struct clock clock, enum clock_source source)
{
    assert_int_equal(clock.source, source);
    assert_int_equal(clock.core_hz, 216000000);
    assert_int_equal(clock.apb1_hz, 54000000);
    assert_int_equal(CFGR & CFGR_SWS, CFGR_SWS_PLL);
    assert_int_equal(pll_hz(), 216000000);
}

static void test_216_mhz_from_the_st_link(void **state)
{
    (void)state;
    late = 0;
    assert_fast(start(NONE), CLOCK_HSE);
    assert_true(accesses < 100);
    late = 5000; /* all is late, but comes */
    assert_fast(start(NONE), CLOCK_HSE);
}

static void test_216_mhz_without_the_st_link(void **state)
{
    (void)state;
    assert_fast(start(HSE), CLOCK_HSI);
    assert_int_equal(CR & CR_HSEON, 0);
    assert_int_equal(PLLCFGR & PLLCFGR_HSE, 0);
}

static void test_stays_at_16_mhz(void **state)
{
    static const unsigned cases[] = {PLL, OVERDRIVE, OVERDRIVE_SWITCH, FLASH_WAITS, CLOCK_SWITCH};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct clock clock = start(cases[i] | (i % 2 != 0 ? HSE : NONE));
        assert_int_equal(clock.source, CLOCK_SLOW);
        assert_int_equal(clock.core_hz, 16000000);
        assert_int_equal(clock.apb1_hz, 16000000);
        assert_int_equal(CFGR, 0); /* HSI, nothing divided */
        assert_int_equal(CR & CR_PLLON, 0);
        assert_int_equal(PCR1 & (CR1_ODEN | CR1_ODSWEN), 0);
        assert_true(accesses < 3 * SPINS + 100); /* every wait ends */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_216_mhz_from_the_st_link),
        cmocka_unit_test(test_216_mhz_without_the_st_link),
        cmocka_unit_test(test_stays_at_16_mhz),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
