/* SPDX-License-Identifier: MIT */
/* The steps of "Initialization and Configuration" of the system control in the data sheet. */
#include "lm3s.h"

#define DID0    CORTEXM_REG(0x400fe000u)
#define LDOPCTL CORTEXM_REG(0x400fe034u)
#define RIS     CORTEXM_REG(0x400fe050u)
#define MISC    CORTEXM_REG(0x400fe058u)
#define RCC     CORTEXM_REG(0x400fe060u)

#define DID0_REVISION 0xffffu
#define DID0_A2       0x0002u
#define LDO_2_75_V    0x1bu

#define PLL_LOCKED 0x40u /* of RIS and MISC */

#define RCC_SYSDIV    0x07800000u
#define RCC_SYSDIV_4  0x01800000u /* 200 MHz / 4 */
#define RCC_USESYSDIV 0x00400000u
#define RCC_PWRDN     0x00002000u
#define RCC_OEN       0x00001000u
#define RCC_BYPASS    0x00000800u
#define RCC_XTAL      0x000003c0u
#define RCC_XTAL_8    0x00000380u /* 8 MHz */
#define RCC_OSCSRC    0x00000030u /* cleared: the main oscillator */
#define RCC_MOSCDIS   0x00000001u

#define CRYSTAL_HZ 8000000u
#define PLL_HZ     50000000u

#define OSCILLATOR_TURNS 262144u /* 20 ms at least, at the 12 MHz (30 %) after reset */
#define LOCK_TURNS       65536u  /* the PLL takes 0.5 ms */

uint32_t lm3s_clock_start(void)
{
    uint32_t rcc = RCC;
    if ((DID0 & DID0_REVISION) == DID0_A2) { /* erratum: the PLL is unstable at 2.5 V */
        LDOPCTL = LDO_2_75_V;
    }
    rcc = (rcc | RCC_BYPASS) & ~RCC_USESYSDIV;
    RCC = rcc;

    rcc &= ~RCC_MOSCDIS;
    RCC = rcc;
    for (volatile uint32_t turn = 0; turn < OSCILLATOR_TURNS; turn = turn + 1) {
    }

    MISC = PLL_LOCKED; /* left from an earlier start */
    rcc = (rcc & ~(RCC_XTAL | RCC_OSCSRC | RCC_PWRDN | RCC_OEN)) | RCC_XTAL_8;
    RCC = rcc;
    for (uint32_t turn = 0; turn < LOCK_TURNS; turn++) {
        if ((RIS & PLL_LOCKED) != 0) {
            rcc = (rcc & ~RCC_SYSDIV) | RCC_SYSDIV_4 | RCC_USESYSDIV;
            RCC = rcc;
            RCC = rcc & ~RCC_BYPASS;
            return PLL_HZ;
        }
    }
    return CRYSTAL_HZ;
}
