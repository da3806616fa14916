/* SPDX-License-Identifier: MIT */
/*
 * What all boards with a Cortex-M (Armv7-M, Armv8-M Mainline) share: cortexm_start.c has the vector
 * table, the way from reset to main, hw_idle, hw_halt and the end in a fault; systick.c the clock;
 * cortexm.ld the sections. A board's link.ld gives MEMORY { FLASH RAM } and BOARD_STACK_BYTES, then
 * INCLUDEs that.
 */
#ifndef MIDGE_BOARDS_CORTEXM_H
#define MIDGE_BOARDS_CORTEXM_H

#include <stdint.h>

/* A 32-bit register of the core or of a chip. */
#define CORTEXM_REG(address) (*(volatile uint32_t *)(uintptr_t)(address))

/* Interrupts off; their state before, for cortexm_irq_restore. */
static inline uint32_t cortexm_irq_save(void)
{
    uint32_t primask;
    __asm__ volatile("mrs %0, primask\n\tcpsid i" : "=r"(primask)::"memory");
    return primask;
}

static inline void cortexm_irq_restore(uint32_t primask)
{
    __asm__ volatile("msr primask, %0" ::"r"(primask) : "memory");
}

static inline void cortexm_irq_enable(void)
{
    __asm__ volatile("cpsie i" ::: "memory");
}

/* Until an interrupt; one that is pending already ends it at once. */
static inline void cortexm_sleep(void)
{
    __asm__ volatile("dsb\n\twfi" ::: "memory");
}

#endif
