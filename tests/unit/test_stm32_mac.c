/* SPDX-License-Identifier: MIT */
/* The registers of an STM32's Ethernet MAC, and the PHY behind its MDIO, on a model of both. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "stm32_registers.h"

#include "../../boards/common/net/stm32_mac.c"
#include "../../boards/common/net/stm32_phy.c"

#define AT(offset) (*at(0x40028000u + (offset)))
#define CR         AT(0x00)
#define FFR        AT(0x04)
#define MIIAR      AT(0x10)
#define MIIDR      AT(0x14)
#define FCR        AT(0x18)
#define A0HR       AT(0x40)
#define A0LR       AT(0x44)
#define BMR        AT(0x1000)
#define TPDR       AT(0x1004)
#define RPDR       AT(0x1008)
#define RDLAR      AT(0x100C)
#define TDLAR      AT(0x1010)
#define SR         AT(0x1014)
#define OMR        AT(0x1018)
#define IER        AT(0x101C)

#define HZ 216000000u

static struct {
    bool no_clock; /* of RMII */
    bool busy;     /* MDIO, for ever */
    bool no_flush;
    unsigned phy;       /* its address; 32: there is none */
    uint16_t regs[32];  /* the PHY's */
    unsigned resets_ms; /* time that its reset takes */
    uint64_t reset_at;
    uint64_t ready_us; /* after power-up */
    bool lost;         /* the link was lost since the status was read */
    uint64_t us;
    uint32_t status; /* DMASR, whose bits are cleared by writing them */
    unsigned starts; /* of the DMA */
    bool running, flushed;
    bool loses; /* the first write of a value */
} chip;

uint64_t hw_micros(void)
{
    if (chip.loses) {
        CR = OMR = BMR = 0;
    }
    return chip.us++;
}

uint64_t hw_millis(void)
{
    chip.us += 100; /* a turn of a loop */
    return chip.us / 1000;
}

/* --- the PHY --- */

static uint16_t phy_read(unsigned reg)
{
    const bool resetting = chip.us < chip.reset_at + chip.resets_ms * 1000u;
    uint16_t value = chip.regs[reg];
    if (reg == CONTROL) {
        value = (uint16_t)(value & ~CONTROL_RESET) | (resetting ? CONTROL_RESET : 0);
    } else if (chip.us < chip.ready_us) {
        value = 0xFFFF;
    } else if (reg == STATUS && chip.lost) {
        value &= (uint16_t)~STATUS_LINK;
        chip.lost = false;
    }
    return value;
}

static void phy_write(unsigned reg, uint16_t value)
{
    chip.regs[reg] = value;
    if (reg == CONTROL && (value & CONTROL_RESET) != 0) {
        chip.reset_at = chip.us;
    }
}

static void mdio(void)
{
    const unsigned phy = MIIAR >> 11 & 31, reg = MIIAR >> 6 & 31;
    if ((MIIAR & MIIAR_BUSY) == 0 || chip.busy) {
        return;
    }
    MIIAR &= ~MIIAR_BUSY;
    if ((MIIAR & MIIAR_WRITE) == 0) {
        MIIDR = phy == chip.phy ? phy_read(reg) : 0xFFFF;
    } else if (phy == chip.phy) {
        phy_write(reg, (uint16_t)MIIDR);
    }
}

/* --- MAC and DMA --- */

static void settle(uint32_t address)
{
    (void)address;
    mdio();
    if (!chip.no_clock) {
        BMR &= ~DMABMR_SR;
    }
    chip.flushed = chip.flushed || (OMR & DMAOMR_FTF) != 0;
    if (!chip.no_flush) {
        OMR &= ~DMAOMR_FTF;
    }
    if (SR != chip.status) {
        assert_int_equal(SR & ~DMASR_ALL, 0);
        SR = chip.status &= ~SR;
    }
    const bool runs = (OMR & (DMAOMR_ST | DMAOMR_SR)) != 0;
    if (runs && !chip.running) {
        chip.starts++;
        assert_int_equal(BMR, 0x02012000);
        assert_int_equal(RDLAR, 0x2006D000);
        assert_int_equal(TDLAR, 0x2006D280);
        assert_true(chip.flushed);
    }
    chip.running = runs;
}

static int begin(void **state)
{
    (void)state;
    forget_registers();
    memset(&chip, 0, sizeof chip);
    chip.regs[STATUS] = 0x7809;
    chip.regs[IDENTIFIER] = 0x0007; /* LAN8742A */
    chip.regs[3] = 0xC131;
    CR = 0x8000;
    BMR = 0x20101;
    A0HR = 0x8000FFFF;
    A0LR = 0xFFFFFFFF;
    return 0;
}

/* --- tests --- */

static void test_reset(void **state)
{
    (void)state;
    assert_true(stm32_mac_reset(HZ));
    assert_int_equal(MIIAR, 4u << 2);
    chip.no_clock = true;
    assert_false(stm32_mac_reset(HZ));
    assert_in_range(chip.us, 500000, 520000);
}

static void test_mdio_is_not_too_fast(void **state)
{
    static const struct {
        uint32_t mhz, by;
    } cases[] = {{25, 16}, {34, 16},  {35, 26},  {59, 26},   {60, 42},
                 {99, 42}, {100, 62}, {149, 62}, {150, 102}, {216, 102}};
    static const uint32_t dividers[] = {42, 62, 16, 26, 102};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_true(stm32_mac_reset(cases[i].mhz * 1000000));
        assert_int_equal(dividers[MIIAR >> 2 & 7], cases[i].by);
        assert_true(cases[i].mhz * 10 <= 25 * cases[i].by); /* IEEE 802.3: 2.5 MHz */
    }
    assert_false(stm32_mac_reset(16000000));
    assert_false(stm32_mac_reset(24999999));
    assert_false(stm32_mac_reset(217000000));
    assert_false(stm32_mac_reset(0));
}

static const struct stm32_mac_config config = {
    .address = {0x02, 0x11, 0x22, 0x33, 0x44, 0x55}, .rx_list = 0x2006D000, .tx_list = 0x2006D280};

static void test_start(void **state)
{
    (void)state;
    assert_true(stm32_mac_reset(HZ));
    stm32_mac_start(&config);
    settle(0);
    assert_int_equal(chip.starts, 1);
    assert_int_equal(CR, 0xC80C);
    assert_int_equal(FFR, 0);
    assert_int_equal(FCR, 0);
    assert_int_equal(A0HR, 0x5544);
    assert_int_equal(A0LR, 0x33221102);
    assert_int_equal(OMR, 0x02202006);
    assert_int_equal(IER, 0);
}

static void test_start_with_groups(void **state)
{
    struct stm32_mac_config groups = config;
    (void)state;
    groups.multicast = true;
    chip.no_flush = true; /* this wait ends, too */
    assert_true(stm32_mac_reset(HZ));
    stm32_mac_start(&groups);
    assert_int_equal(FFR, 0x10);
    assert_int_equal(OMR, 0x02202006);
}

/* Each value is written, and 4 us later once more, in case that the first one is lost. */
static void test_values_are_written_twice(void **state)
{
    (void)state;
    chip.loses = true;
    const uint64_t from = chip.us;
    stm32_mac_speed(true, true);
    assert_true(chip.us - from > MIRROR_US);
    assert_int_equal(CR, 0xC80C);
}

static void test_speeds(void **state)
{
    (void)state;
    stm32_mac_speed(true, false);
    assert_int_equal(CR, 0xC00C);
    stm32_mac_speed(false, true);
    assert_int_equal(CR, 0x880C);
    stm32_mac_speed(false, false);
    assert_int_equal(CR, 0x800C);
}

static void test_poll_demands(void **state)
{
    (void)state;
    chip.status = SR = DMASR_RBUS | DMASR_TBUS | DMASR_TUS | 1u << 6;
    RPDR = TPDR = 7;
    stm32_mac_poll_rx();
    settle(0);
    assert_int_equal(RPDR, 0);
    assert_int_equal(TPDR, 7);
    assert_int_equal(SR, DMASR_TBUS | DMASR_TUS | 1u << 6);
    stm32_mac_poll_tx();
    settle(0);
    assert_int_equal(TPDR, 0);
    assert_int_equal(SR, 1u << 6);
}

static void test_bus_error(void **state)
{
    (void)state;
    assert_false(stm32_mac_failed());
    chip.status = SR = DMASR_FBES;
    assert_true(stm32_mac_failed());
}

static void test_phy_starts(void **state)
{
    (void)state;
    assert_true(stm32_mac_reset(HZ));
    chip.resets_ms = 300;
    assert_true(stm32_phy_start(0));
    assert_int_equal(chip.regs[OURS], 0x01E1);
    assert_int_equal(chip.regs[CONTROL], 0x1200);
    assert_int_equal(MIIAR & MIIAR_CR, 4u << 2); /* the divider stays */
    (void)begin(NULL);
    chip.ready_us = 200000;
    assert_true(stm32_mac_reset(HZ));
    assert_true(stm32_phy_start(0));
    (void)begin(NULL);
    chip.phy = 17;
    assert_true(stm32_mac_reset(HZ));
    assert_true(stm32_phy_start(17));
}

static void test_phy_is_missing(void **state)
{
    (void)state;
    assert_true(stm32_mac_reset(HZ));
    chip.phy = 32;
    assert_false(stm32_phy_start(0));
    assert_in_range(chip.us, 500000, 520000); /* not yet the time of a reset */
    assert_false(stm32_phy_link(0).up);
    chip.phy = 0;
    chip.regs[IDENTIFIER] = 0;
    assert_false(stm32_phy_start(0));
}

static void test_phy_stays_in_reset(void **state)
{
    (void)state;
    assert_true(stm32_mac_reset(HZ));
    chip.resets_ms = 1000000;
    const uint64_t from = chip.us;
    assert_false(stm32_phy_start(0));
    assert_in_range(chip.us - from, 500000, 600000);
}

static void test_mdio_stays_busy(void **state)
{
    uint16_t value;
    (void)state;
    assert_true(stm32_mac_reset(HZ));
    chip.busy = true;
    assert_false(stm32_mdio_read(0, 1, &value));
    assert_false(stm32_mdio_write(0, 1, 0));
    assert_false(stm32_phy_start(0));
    assert_false(stm32_phy_link(0).up);
    assert_true(accesses < 5 * SPINS);
}

static void test_link(void **state)
{
    static const struct {
        uint16_t theirs;
        bool is_100, is_full;
    } cases[] = {{0x01E1, true, true},  {0x0181, true, true},  {0x00E1, true, false},
                 {0x0081, true, false}, {0x0061, false, true}, {0x0021, false, false},
                 {0x0001, false, false}};
    (void)state;
    assert_true(stm32_mac_reset(HZ));
    assert_true(stm32_phy_start(0));
    assert_false(stm32_phy_link(0).up);
    chip.regs[STATUS] = 0x7809 | STATUS_LINK;
    assert_false(stm32_phy_link(0).up); /* not negotiated */
    chip.regs[STATUS] |= STATUS_NEGOTIATED;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        chip.regs[THEIRS] = cases[i].theirs;
        const struct stm32_link link = stm32_phy_link(0);
        assert_true(link.up);
        assert_int_equal(link.is_100, cases[i].is_100);
        assert_int_equal(link.is_full_duplex, cases[i].is_full);
    }
    chip.lost = true; /* for a moment */
    assert_false(stm32_phy_link(0).up);
    assert_true(stm32_phy_link(0).up);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_reset, begin),
        cmocka_unit_test_setup(test_mdio_is_not_too_fast, begin),
        cmocka_unit_test_setup(test_start, begin),
        cmocka_unit_test_setup(test_start_with_groups, begin),
        cmocka_unit_test_setup(test_values_are_written_twice, begin),
        cmocka_unit_test_setup(test_speeds, begin),
        cmocka_unit_test_setup(test_poll_demands, begin),
        cmocka_unit_test_setup(test_bus_error, begin),
        cmocka_unit_test_setup(test_phy_starts, begin),
        cmocka_unit_test_setup(test_phy_is_missing, begin),
        cmocka_unit_test_setup(test_phy_stays_in_reset, begin),
        cmocka_unit_test_setup(test_mdio_stays_busy, begin),
        cmocka_unit_test_setup(test_link, begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
