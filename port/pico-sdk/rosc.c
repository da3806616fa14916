/* SPDX-License-Identifier: MIT */
/*
 * The noise of the RP2040: RANDOMBIT of the ring oscillator (data sheet 2.17), read each 10 us,
 * some 60 periods of its divided output. The ring's jitter gathers over that time, and entropy.h
 * hashes 16 times as many samples as bits are needed.
 */
#include <pico.h>

#if PICO_RP2040

#include <hardware/structs/clocks.h>
#include <hardware/structs/rosc.h>
#include <hardware/timer.h>

#include "entropy.h"

#define SAMPLE_US 10

/* A processor that runs from the ring samples it always at the same place. */
static bool is_system_clock(void)
{
    const uint32_t system = clocks_hw->clk[clk_sys].ctrl, reference = clocks_hw->clk[clk_ref].ctrl;
    const bool by_reference = (system & CLOCKS_CLK_SYS_CTRL_SRC_BITS) ==
                              CLOCKS_CLK_SYS_CTRL_SRC_VALUE_CLK_REF << CLOCKS_CLK_SYS_CTRL_SRC_LSB;
    const bool reference_is_ring =
        (reference & CLOCKS_CLK_REF_CTRL_SRC_BITS) == CLOCKS_CLK_REF_CTRL_SRC_VALUE_ROSC_CLKSRC_PH
                                                          << CLOCKS_CLK_REF_CTRL_SRC_LSB;
    const bool auxiliary_is_ring =
        (system & CLOCKS_CLK_SYS_CTRL_AUXSRC_BITS) == CLOCKS_CLK_SYS_CTRL_AUXSRC_VALUE_ROSC_CLKSRC
                                                          << CLOCKS_CLK_SYS_CTRL_AUXSRC_LSB;
    return by_reference ? reference_is_ring : auxiliary_is_ring;
}

static bool start(void)
{
    return (rosc_hw->status & ROSC_STATUS_ENABLED_BITS) != 0 && !is_system_clock();
}

static bool word(uint32_t *samples)
{
    uint32_t gathered = 0;
    for (unsigned i = 0; i < 32; i++) {
        const uint32_t since = time_us_32();
        while (time_us_32() - since < SAMPLE_US) {
        }
        gathered |= (rosc_hw->randombit & ROSC_RANDOMBIT_BITS) << i;
    }
    *samples = gathered;
    return true;
}

const struct entropy_source entropy_chip = {
    .start = start, .word = word, .limits = NOISE_SIXTEENTH, .words = 320 * 16 / 32};

#endif
