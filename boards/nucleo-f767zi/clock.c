/* SPDX-License-Identifier: MIT */
/*
 * From the 16 MHz of a reset (HSI) to 216 MHz, in the order that RM0410 gives for the over-drive
 * mode (chapter 4, "Entering Over-drive mode"):
 *
 *     step            waits for                   fails
 *     HSE, bypass     HSERDY                      the PLL takes HSI
 *     PLL on          –
 *     over-drive      ODRDY, then ODSWRDY         16 MHz: over-drive and PLL off
 *     flash, buses    the latency reads back      16 MHz
 *     PLL             PLLRDY                      16 MHz
 *     switch          SWS                         16 MHz: SW goes back to HSI
 *
 *     HSE 8 MHz / 4  or  HSI 16 MHz / 8  = 2 MHz, times 216 = 432 MHz (VCO)
 *     VCO / 2 = 216 MHz: core, AHB      AHB / 4 = 54 MHz: APB1      AHB / 2 = 108 MHz: APB2
 *     VCO / 9 = 48 MHz: random numbers
 */
#include "clock.h"

#include "stm32f767.h"

#define CR_PLLRDY (1u << 25)
#define CR_PLLON  (1u << 24)
#define CR_HSEBYP (1u << 18)
#define CR_HSERDY (1u << 17)
#define CR_HSEON  (1u << 16)

#define PLLCFGR_R_2   (2u << 28) /* its output is not used; 2 is the least */
#define PLLCFGR_Q_9   (9u << 24)
#define PLLCFGR_HSE   (1u << 22)
#define PLLCFGR_P_2   (0u << 16)
#define PLLCFGR_N_216 (216u << 6)
#define PLLCFGR_M_HSE 4u
#define PLLCFGR_M_HSI 8u

#define CFGR_PPRE2_2 (4u << 13)
#define CFGR_PPRE1_4 (5u << 10)
#define CFGR_SWS     (3u << 2)
#define CFGR_SWS_PLL (2u << 2)
#define CFGR_SW      3u
#define CFGR_SW_PLL  2u

#define CR1_ODSWEN   (1u << 17)
#define CR1_ODEN     (1u << 16)
#define CR1_VOS_1    (3u << 14) /* scale 1, also after a reset */
#define CSR1_ODSWRDY (1u << 17)
#define CSR1_ODRDY   (1u << 16)

#define ACR_ARTEN   (1u << 9)
#define ACR_PRFTEN  (1u << 8)
#define ACR_LATENCY 0xFu
#define ACR_7_WAITS 7u

#define FAST_HZ 216000000u
#define APB1_HZ 54000000u
#define HSI_HZ  16000000u

/* Reads of a register, of 4 periods of 16 MHz at least: 25 ms. HSE takes 2 ms, the PLL 0.3 ms, the
   over-drive 0.05 ms. */
#define SPINS 100000u

#define RCC_CR_AT    0x40023800u
#define RCC_CFGR_AT  0x40023808u
#define PWR_CSR1_AT  0x40007004u
#define FLASH_ACR_AT 0x40023C00u

/* Waits until the bits of mask are value; false: they do not become so. */
static bool await(uint32_t address, uint32_t mask, uint32_t value)
{
    for (uint32_t spins = 0; spins < SPINS; spins++) {
        if ((CORTEXM_REG(address) & mask) == value) {
            return true;
        }
    }
    return false;
}

/* The ST-LINK's 8 MHz at OSC_IN. Without them the pin is given up again. */
static bool start_hse(void)
{
    RCC_CR |= CR_HSEBYP;
    RCC_CR |= CR_HSEON;
    if (await(RCC_CR_AT, CR_HSERDY, CR_HSERDY)) {
        return true;
    }
    RCC_CR &= ~CR_HSEON;
    return false;
}

static void start_pll(bool has_hse)
{
    RCC_PLLCFGR = PLLCFGR_R_2 | PLLCFGR_Q_9 | PLLCFGR_P_2 | PLLCFGR_N_216 |
                  (has_hse ? PLLCFGR_HSE | PLLCFGR_M_HSE : PLLCFGR_M_HSI);
    RCC_CR |= CR_PLLON;
}

static bool start_overdrive(void)
{
    PWR_CR1 |= CR1_ODEN;
    if (!await(PWR_CSR1_AT, CSR1_ODRDY, CSR1_ODRDY)) {
        return false;
    }
    PWR_CR1 |= CR1_ODSWEN;
    return await(PWR_CSR1_AT, CSR1_ODSWRDY, CSR1_ODSWRDY);
}

/* The flash needs 7 wait states at 216 MHz before the core is that fast. */
static bool slow_down_flash(void)
{
    FLASH_ACR = ACR_ARTEN | ACR_PRFTEN | ACR_7_WAITS;
    return await(FLASH_ACR_AT, ACR_LATENCY, ACR_7_WAITS);
}

static bool switch_to_pll(void)
{
    RCC_CFGR |= CFGR_PPRE2_2 | CFGR_PPRE1_4;
    if (!await(RCC_CR_AT, CR_PLLRDY, CR_PLLRDY)) {
        return false;
    }
    RCC_CFGR = (RCC_CFGR & ~CFGR_SW) | CFGR_SW_PLL;
    return await(RCC_CFGR_AT, CFGR_SWS, CFGR_SWS_PLL);
}

/* HSI never stopped. The wait states of the flash stay: too many are only slow. */
static void stay_slow(void)
{
    RCC_CFGR &= ~(CFGR_SW | CFGR_PPRE2_2 | CFGR_PPRE1_4);
    (void)await(RCC_CFGR_AT, CFGR_SWS, 0);
    PWR_CR1 &= ~CR1_ODSWEN;
    PWR_CR1 &= ~CR1_ODEN;
    RCC_CR &= ~CR_PLLON;
}

struct clock clock_start(void)
{
    RCC_APB1ENR |= RCC_APB1ENR_PWR;
    (void)RCC_APB1ENR; /* two periods until the first access */
    PWR_CR1 |= CR1_VOS_1;
    const bool has_hse = start_hse();
    start_pll(has_hse);
    if (start_overdrive() && slow_down_flash() && switch_to_pll()) {
        return (struct clock){has_hse ? CLOCK_HSE : CLOCK_HSI, FAST_HZ, APB1_HZ};
    }
    stay_slow();
    return (struct clock){CLOCK_SLOW, HSI_HZ, HSI_HZ};
}
