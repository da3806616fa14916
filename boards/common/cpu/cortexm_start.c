/* SPDX-License-Identifier: MIT */
/*
 * From reset to main, and the end in a fault. Reset copies the data, clears the bss and sets up
 * the guards (MPU, FPU access) before main. Each exception that is not expected prints one line
 * and ends the program:
 *
 *     fault: hard pc=0x00000a1c lr=0x000009f5 sp=0x20001fc8 cfsr=0x00008200 address=0xdeadbeef
 */
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "cortexm.h"
#include "fault.h"
#include "common/hw.h"

#define SYST_CSR  CORTEXM_REG(0xE000E010)
#define SCB_ICSR  CORTEXM_REG(0xE000ED04)
#define SCB_VTOR  CORTEXM_REG(0xE000ED08)
#define SCB_CCR   CORTEXM_REG(0xE000ED14)
#define SCB_CFSR  CORTEXM_REG(0xE000ED28)
#define SCB_HFSR  CORTEXM_REG(0xE000ED2C)
#define SCB_MMFAR CORTEXM_REG(0xE000ED34)
#define SCB_BFAR  CORTEXM_REG(0xE000ED38)
#define SCB_CPACR CORTEXM_REG(0xE000ED88)

#define ICSR_PENDSTCLR (1u << 25)
#define CCR_DIV_0_TRP  0x10u
#define CFSR_MMARVALID 0x80u
#define CFSR_BFARVALID 0x8000u

#define MPU_TYPE CORTEXM_REG(0xE000ED90)
#define MPU_CTRL CORTEXM_REG(0xE000ED94)
#define MPU_RBAR CORTEXM_REG(0xE000ED9C)
#define MPU_RASR CORTEXM_REG(0xE000EDA0)

#define MPU_TYPE_REGIONS 0xFF00u
#define MPU_CTRL_ON      0x5u /* memory outside the regions is as without the MPU */
#define MPU_RBAR_VALID   0x10u
#define MPU_RASR_GUARD   (1u << 28 | 1u) /* no access, no execution */
#define VECTORS_LOG2     6u              /* struct vectors */

/* The guard's size, below the stack, which is at the start of RAM. A board makes it smaller if
   something that it reads is there. */
#ifndef CORTEXM_GUARD_LOG2
#define CORTEXM_GUARD_LOG2 20u
#endif

/* From cortexm.ld. */
extern uint8_t cortexm_data_start[], cortexm_data_end[], cortexm_bss_start[], cortexm_bss_end[];
extern const uint8_t cortexm_data_source[];

int main(void);
void systick_interrupt(void); /* systick.c */
void cortexm_reset(void);
void cortexm_fault(void);
/* An operating system defines these. */
void cortexm_svc(void) __attribute__((weak, alias("cortexm_fault")));
void cortexm_pendsv(void) __attribute__((weak, alias("cortexm_fault")));
__attribute__((used)) _Noreturn void cortexm_fault_report(uint32_t sp, uint32_t pc, uint32_t lr);

/* --- vectors --- */

struct vectors {
    void *stack;
    void (*handlers[15])(void); /* exceptions 1 to 15; the chip's interrupts are never enabled */
};

extern const struct vectors cortexm_vectors;
__attribute__((section(".vectors"), used)) const struct vectors cortexm_vectors = {
    .stack = hw_stack_top,
    .handlers = {cortexm_reset, cortexm_fault, cortexm_fault, cortexm_fault, cortexm_fault,
                 cortexm_fault, cortexm_fault, cortexm_fault, cortexm_fault, cortexm_fault,
                 cortexm_svc, cortexm_fault, cortexm_fault, cortexm_pendsv, systick_interrupt}};

/* --- reset --- */

/* Makes silent errors fault: a stack overflow, and on Armv7-M a null pointer, because the vectors
   are at address 0. */
static void guard(void)
{
#if defined(__ARM_ARCH_8M_MAIN__)
    __asm__ volatile("msr msplim, %0" ::"r"(hw_stack_bottom));
#else
    const uint32_t below = (uint32_t)(uintptr_t)hw_stack_bottom - (1u << CORTEXM_GUARD_LOG2);
    if ((MPU_TYPE & MPU_TYPE_REGIONS) == 0) {
        return;
    }
    MPU_RBAR = below | MPU_RBAR_VALID | 0;
    MPU_RASR = MPU_RASR_GUARD | (CORTEXM_GUARD_LOG2 - 1) << 1;
    MPU_RBAR = 0 | MPU_RBAR_VALID | 1;
    MPU_RASR = MPU_RASR_GUARD | (VECTORS_LOG2 - 1) << 1;
    MPU_CTRL = MPU_CTRL_ON;
    __asm__ volatile("dsb\n\tisb" ::: "memory");
#endif
}

void cortexm_reset(void)
{
    guard();
    SCB_VTOR = (uint32_t)(uintptr_t)&cortexm_vectors;
    SCB_CCR |= CCR_DIV_0_TRP;
#if defined(__ARM_FP)
    SCB_CPACR |= 0x00F00000u; /* the FPU, before the first instruction for it */
    __asm__ volatile("dsb\n\tisb" ::: "memory");
#endif
    memcpy(cortexm_data_start, cortexm_data_source,
           (size_t)(cortexm_data_end - cortexm_data_start));
    memset(cortexm_bss_start, 0, (size_t)(cortexm_bss_end - cortexm_bss_start));
    (void)main();
    hw_halt();
}

/* --- idle and halt --- */

void hw_idle(void)
{
    cortexm_sleep();
}

_Noreturn void hw_halt(void)
{
    __asm__ volatile("cpsid i" ::: "memory");
    SYST_CSR = 0; /* a tick, even a pending one, would end each sleep */
    SCB_ICSR = ICSR_PENDSTCLR;
    for (;;) {
        cortexm_sleep();
    }
}

/* --- fault --- */

/* The stack may be broken, so the exception's frame is read only if it lies within the stack. The
   report starts with an empty stack, as nothing returns. */
__attribute__((naked)) void cortexm_fault(void)
{
    __asm__ volatile("tst   lr, #4\n\t"
                     "ite   eq\n\t"
                     "mrseq r0, msp\n\t"
                     "mrsne r0, psp\n\t"
                     "movs  r1, #0\n\t"
                     "movs  r2, #0\n\t"
                     "ldr   r3, =hw_stack_bottom\n\t"
                     "cmp   r0, r3\n\t"
                     "blo   1f\n\t"
                     "ldr   r3, =hw_stack_top - 32\n\t"
                     "cmp   r0, r3\n\t"
                     "bhi   1f\n\t"
                     "ldr   r1, [r0, #24]\n\t"
                     "ldr   r2, [r0, #20]\n"
                     "1:\n\t"
                     "ldr   r3, =hw_stack_top\n\t"
                     "msr   msp, r3\n\t"
                     "b     cortexm_fault_report\n\t"
                     ".ltorg");
}

static const char *exception_name(void)
{
    static const char *const names[] = {"thread", "reset", "nmi",    "hard",      "memory",
                                        "bus",    "usage", "secure", "interrupt", NULL,
                                        NULL,     "svc",   "debug",  NULL,        "pendsv"};
    uint32_t ipsr;
    __asm__ volatile("mrs %0, ipsr" : "=r"(ipsr));
    ipsr &= 0x1FF;
    return ipsr < sizeof names / sizeof names[0] && names[ipsr] != NULL ? names[ipsr] : "interrupt";
}

_Noreturn void cortexm_fault_report(uint32_t sp, uint32_t pc, uint32_t lr)
{
    const uint32_t cfsr = SCB_CFSR;
    fault_begin();
    fault_text("\r\nfault: ");
    fault_text(exception_name());
    fault_hex(" pc=0x", pc);
    fault_hex(" lr=0x", lr);
    fault_hex(" sp=0x", sp);
    fault_hex(" cfsr=0x", cfsr);
    fault_hex(" hfsr=0x", SCB_HFSR);
    if (cfsr & CFSR_BFARVALID) {
        fault_hex(" address=0x", SCB_BFAR);
    } else if (cfsr & CFSR_MMARVALID) {
        fault_hex(" address=0x", SCB_MMFAR);
    }
    /* Also when equal: Armv8-M stops the stack pointer there. */
    fault_text(sp <= (uint32_t)(uintptr_t)hw_stack_bottom ? " stack overflow\r\n" : "\r\n");
    fault_end();
}
