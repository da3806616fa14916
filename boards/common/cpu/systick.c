/* SPDX-License-Identifier: MIT */
#include "systick.h"

#include "cortexm.h"
#include "common/hw.h"

#define SYST_CSR CORTEXM_REG(0xE000E010)
#define SYST_RVR CORTEXM_REG(0xE000E014)
#define SYST_CVR CORTEXM_REG(0xE000E018)
#define SCB_ICSR CORTEXM_REG(0xE000ED04)

#define CSR_ENABLE     0x1u
#define CSR_TICKINT    0x2u
#define CSR_CLKSOURCE  0x4u /* the core's clock, not the external reference */
#define ICSR_PENDSTSET 0x04000000u

static volatile uint64_t ticks; /* milliseconds; written by the interrupt */
static uint32_t cycles;         /* of a millisecond */

void systick_interrupt(void); /* cortexm_start.c's vector table names it */
void systick_interrupt(void)
{
    ticks = ticks + 1;
}

void systick_init(uint32_t hz)
{
    cycles = hz / 1000;
    SYST_RVR = cycles - 1;
    SYST_CVR = 0;
    SYST_CSR = CSR_ENABLE | CSR_TICKINT | CSR_CLKSOURCE;
    cortexm_irq_enable();
}

/* The counter wraps before its interrupt is taken. So a pending tick counts already, and then the
   counter is read again, as the first reading may be from before or after the wrap. */
uint64_t hw_micros(void)
{
    static uint64_t last;
    const uint32_t irq = cortexm_irq_save();
    uint32_t left = SYST_CVR;
    uint64_t ms = ticks;
    if (SCB_ICSR & ICSR_PENDSTSET) {
        left = SYST_CVR;
        ms++;
    }
    uint64_t us = ms * 1000 + (uint64_t)(cycles - 1 - left) * 1000 / cycles;
    /* Interrupts were off for more than a tick, or the emulator was not scheduled. */
    if (us < last) {
        us = last;
    }
    last = us;
    cortexm_irq_restore(irq);
    return us;
}

uint64_t hw_millis(void)
{
    const uint32_t irq = cortexm_irq_save();
    const uint64_t ms = ticks;
    cortexm_irq_restore(irq);
    return ms;
}
