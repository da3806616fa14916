/* SPDX-License-Identifier: MIT */
/*
 * Shared by all boards with a Cortex-M (Armv7-M, Armv8-M Mainline). cortexm_start.c has the vector
 * table, the way from reset to main, hw_idle, hw_halt and the end in a fault; systick.c the clock;
 * cortexm.ld the sections. A board's link.ld defines MEMORY { FLASH RAM } and BOARD_STACK_BYTES,
 * then INCLUDEs cortexm.ld.
 */
#ifndef MIDGE_BOARDS_CORTEXM_H
#define MIDGE_BOARDS_CORTEXM_H

#include <stdint.h>

/* A 32-bit register of the core or of a chip. */
#define CORTEXM_REG(address) (*(volatile uint32_t *)(uintptr_t)(address))

/* Turns interrupts off; returns their state before, for cortexm_irq_restore. */
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

/* Sleeps until an interrupt; a pending one ends the sleep immediately. */
static inline void cortexm_sleep(void)
{
    __asm__ volatile("dsb\n\twfi" ::: "memory");
}

#endif
