/* SPDX-License-Identifier: MIT */
/*
 * The CLINT's machine timer. There is no tick: an interrupt is armed only to end a sleep, so a
 * working program is never interrupted.
 */
#include "riscv.h"

#define MTIMECMP 0x4000u
#define MTIME    0xbff8u
#define NEVER    UINT32_MAX

static volatile uint32_t *mtimecmp, *mtime; /* low word, high word */

/* Writes the words in an order in which the compare value is never earlier than both its old and
   new value. */
static void arm(uint64_t when)
{
    mtimecmp[1] = NEVER;
    mtimecmp[0] = (uint32_t)when;
    mtimecmp[1] = (uint32_t)(when >> 32);
}

void riscv_timer_start(uintptr_t clint)
{
    mtimecmp = (volatile uint32_t *)(clint + MTIMECMP);
    mtime = (volatile uint32_t *)(clint + MTIME);
    mtimecmp[1] = NEVER;
    RISCV_CSR_SET(mie, RISCV_MIE_MTIE);
    RISCV_CSR_SET(mstatus, RISCV_MSTATUS_MIE);
}

uint64_t riscv_timer_ticks(void)
{
    const uint32_t high = mtime[1];
    uint32_t low = mtime[0];
    const uint32_t after = mtime[1];
    if (after != high) { /* low has wrapped between the reads: it is small now */
        low = mtime[0];
    }
    return (uint64_t)after << 32 | low;
}

/* wfi also ends when an interrupt is pending while interrupts are off, so none is lost between
   arming and sleeping; it is served when they are on again. */
void riscv_timer_wait(uint32_t ticks)
{
    RISCV_CSR_CLEAR(mstatus, RISCV_MSTATUS_MIE);
    arm(riscv_timer_ticks() + ticks);
    __asm__ volatile("wfi" ::: "memory");
    RISCV_CSR_SET(mstatus, RISCV_MSTATUS_MIE);
}

/* Called by riscv_start.S; the timer's interrupt is the only one enabled. */
void riscv_interrupt(void) __attribute__((interrupt("machine")));
void riscv_interrupt(void)
{
    mtimecmp[1] = NEVER;
}
