/* SPDX-License-Identifier: MIT */
/* The internal flash's controller. During an operation (20 us a word, 20 ms a page) the core stops
   inside these calls, and so do the interrupts of the clock's tick. */
#include "lm3s.h"

#define FMA    CORTEXM_REG(0x400fd000u)
#define FMD    CORTEXM_REG(0x400fd004u)
#define FMC    CORTEXM_REG(0x400fd008u)
#define FCRIS  CORTEXM_REG(0x400fd00cu)
#define FCMISC CORTEXM_REG(0x400fd014u)
#define USECRL CORTEXM_REG(0x400fe140u)

#define FMC_KEY   0xa4420000u
#define FMC_WRITE 0x1u
#define FMC_ERASE 0x2u
#define REFUSED   0x1u /* FCRIS and FCMISC: the page is protected */

#define PATIENCE 2000000u /* reads of FMC: 100 ms at least, even if the core did not stop */

/* Set by lm3s_flash_clock; the controller times its pulses by it. */
static uint32_t clock_mhz = 50;

void lm3s_flash_clock(uint32_t hz)
{
    clock_mhz = hz / 1000000u;
}

static bool run(uintptr_t address, uint32_t operation)
{
    USECRL = clock_mhz - 1;
    FCMISC = REFUSED;
    FMA = (uint32_t)address;
    FMC = FMC_KEY | operation;
    for (uint32_t tries = 0; tries < PATIENCE; tries++) {
        if ((FMC & operation) == 0) {
            return (FCRIS & REFUSED) == 0;
        }
    }
    return false;
}

bool lm3s_flash_erase(uintptr_t address)
{
    return run(address, FMC_ERASE);
}

bool lm3s_flash_write(uintptr_t address, const uint32_t *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        FMD = words[i];
        if (!run(address + 4 * i, FMC_WRITE)) {
            return false;
        }
    }
    return true;
}
