/* SPDX-License-Identifier: MIT */
/* Machine mode of RV32: control registers by name, the timer, the end of a program after a
   fault. */
#ifndef MIDGE_BOARDS_RISCV_H
#define MIDGE_BOARDS_RISCV_H

#include <stddef.h>
#include <stdint.h>

#define RISCV_MSTATUS_MIE 0x8u  /* interrupts on */
#define RISCV_MIE_MTIE    0x80u /* the timer's interrupt */

#define RISCV_CSR_WRITE(name, value) __asm__ volatile("csrw " #name ", %0" ::"r"(value) : "memory")
#define RISCV_CSR_SET(name, bits)    __asm__ volatile("csrs " #name ", %0" ::"r"(bits) : "memory")
#define RISCV_CSR_CLEAR(name, bits)  __asm__ volatile("csrc " #name ", %0" ::"r"(bits) : "memory")

/*
 * The machine timer of a CLINT. start: takes its base address and enables its interrupt. ticks:
 * returns its counter. wait: sleeps until an interrupt, at most so many ticks.
 */
void riscv_timer_start(uintptr_t clint);
uint64_t riscv_timer_ticks(void);
void riscv_timer_wait(uint32_t ticks);

/* Reading, writing and executing in [bottom, bottom + size) faults from now on; placed below a
   stack. size is a power of two, 8 at least, and bottom a multiple of it. */
void riscv_guard(const void *bottom, size_t size);

#endif
