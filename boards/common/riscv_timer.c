/* SPDX-License-Identifier: MIT */
/*
 * The CLINT's machine timer. There is no tick: an interrupt is armed only to end a sleep, so a
 * program at work is never disturbed.
 */
#include "riscv.h"

#define MTIMECMP 0x4000u
#define MTIME    0xbff8u
#define NEVER    UINT32_MAX

static volatile uint32_t *mtimecmp, *mtime; /* low word, high word */

/* Never earlier than it was and than it will be, while the words are written one by one. */
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
    if (after != high) { /* it carried between the two: the low word is small now */
        low = mtime[0];
    }
    return (uint64_t)after << 32 | low;
}

/* wfi also ends for an interrupt that is pending while they are off, so none is lost between arming
   and sleeping; it is taken when they are on again. */
void riscv_timer_wait(uint32_t ticks)
{
    RISCV_CSR_CLEAR(mstatus, RISCV_MSTATUS_MIE);
    arm(riscv_timer_ticks() + ticks);
    __asm__ volatile("wfi" ::: "memory");
    RISCV_CSR_SET(mstatus, RISCV_MSTATUS_MIE);
}

/* From riscv_start.S; the timer's is the only interrupt let through. */
void riscv_interrupt(void) __attribute__((interrupt("machine")));
void riscv_interrupt(void)
{
    mtimecmp[1] = NEVER;
}
