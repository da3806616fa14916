/* SPDX-License-Identifier: MIT */
/* STM32F767: addresses and registers that the files of this folder use, with RM0410's names.
   REGISTERS.md has the values and their reasons. */
#ifndef MIDGE_STM32F767_H
#define MIDGE_STM32F767_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/cpu/cortexm.h"

/* --- power, clocks, flash (clock.c) --- */

#define PWR_CR1  CORTEXM_REG(0x40007000u)
#define PWR_CSR1 CORTEXM_REG(0x40007004u)

#define RCC_CR       CORTEXM_REG(0x40023800u)
#define RCC_PLLCFGR  CORTEXM_REG(0x40023804u)
#define RCC_CFGR     CORTEXM_REG(0x40023808u)
#define RCC_AHB1RSTR CORTEXM_REG(0x40023810u)
#define RCC_AHB1ENR  CORTEXM_REG(0x40023830u)
#define RCC_AHB2ENR  CORTEXM_REG(0x40023834u)
#define RCC_APB1ENR  CORTEXM_REG(0x40023840u)
#define RCC_APB2ENR  CORTEXM_REG(0x40023844u)

#define RCC_AHB1ENR_GPIOA   (1u << 0)  /* B to G follow */
#define RCC_AHB1ENR_ETHMAC  (7u << 25) /* MAC, its sending and its receiving side */
#define RCC_AHB1RSTR_ETHMAC (1u << 25)
#define RCC_AHB2ENR_RNG     (1u << 6)
#define RCC_APB1ENR_USART3  (1u << 18)
#define RCC_APB1ENR_PWR     (1u << 28)
#define RCC_APB2ENR_SYSCFG  (1u << 14)

#define FLASH_ACR CORTEXM_REG(0x40023C00u)

/* --- pins (pins.c) --- */

#define GPIO_A 0u /* the ports by number */
#define GPIO_B 1u
#define GPIO_C 2u
#define GPIO_D 3u
#define GPIO_G 6u

#define GPIO_MODER(port)   CORTEXM_REG(0x40020000u + 0x400u * (port))
#define GPIO_OSPEEDR(port) CORTEXM_REG(0x40020008u + 0x400u * (port))
#define GPIO_BSRR(port)    CORTEXM_REG(0x40020018u + 0x400u * (port))
#define GPIO_AFR(port, i)  CORTEXM_REG(0x40020020u + 0x400u * (port) + 4u * (i))

#define SYSCFG_PMC      CORTEXM_REG(0x40013804u)
#define SYSCFG_PMC_RMII (1u << 23)

#define USART3_BASE 0x40004800u

/* --- the device --- */

#define DEVICE_ID(i)  CORTEXM_REG(0x1FF0F420u + 4u * (i)) /* three words, of each device its own */
#define DBGMCU_IDCODE CORTEXM_REG(0xE0042000u)

/* --- random numbers (trng.c) --- */

#define RNG_CR CORTEXM_REG(0x50060800u)
#define RNG_SR CORTEXM_REG(0x50060804u)
#define RNG_DR CORTEXM_REG(0x50060808u)

/* --- the core (cache.c, cycles.c) --- */

#define SCB_CCR       CORTEXM_REG(0xE000ED14u)
#define SCB_CCSIDR    CORTEXM_REG(0xE000ED80u)
#define SCB_CSSELR    CORTEXM_REG(0xE000ED84u)
#define MPU_CTRL      CORTEXM_REG(0xE000ED94u)
#define MPU_RBAR      CORTEXM_REG(0xE000ED9Cu)
#define MPU_RASR      CORTEXM_REG(0xE000EDA0u)
#define CACHE_ICIALLU CORTEXM_REG(0xE000EF50u) /* invalidates all instructions */
#define CACHE_DCIMVAC CORTEXM_REG(0xE000EF5Cu) /* invalidates the line of an address */
#define CACHE_DCISW   CORTEXM_REG(0xE000EF60u) /* invalidates a line by set and way */
#define CACHE_DCCMVAC CORTEXM_REG(0xE000EF68u) /* cleans the line of an address */
#define DEMCR         CORTEXM_REG(0xE000EDFCu)
#define DWT_CTRL      CORTEXM_REG(0xE0001000u)
#define DWT_CYCCNT    CORTEXM_REG(0xE0001004u)
#define DWT_LAR       CORTEXM_REG(0xE0001FB0u)

#endif
