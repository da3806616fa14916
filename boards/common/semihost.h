/* SPDX-License-Identifier: MIT */
/*
 * The trap of Arm's semihosting, and RISC-V's of the same numbers: a debugger or QEMU stops there,
 * does what r0/a0 says with what r1/a1 points to, and answers in r0/a0. Without one of them it is a
 * fault: this header is for semihost.c alone, which no image for hardware holds.
 */
#ifndef MIDGE_BOARDS_SEMIHOST_H
#define MIDGE_BOARDS_SEMIHOST_H

#include <stdint.h>

static inline intptr_t semihost_call(uintptr_t operation, const void *arguments)
{
#if defined(__arm__)
    register uintptr_t op __asm__("r0") = operation;
    register const void *args __asm__("r1") = arguments;
    __asm__ volatile("bkpt 0xab" : "+r"(op) : "r"(args) : "memory");
#elif defined(__riscv)
    register uintptr_t op __asm__("a0") = operation;
    register const void *args __asm__("a1") = arguments;
    /* These three, uncompressed and in one page, are the mark. */
    __asm__ volatile(".option push\n\t"
                     ".option norvc\n\t"
                     ".balign 16\n\t"
                     "slli zero, zero, 0x1f\n\t"
                     "ebreak\n\t"
                     "srai zero, zero, 0x7\n\t"
                     ".option pop"
                     : "+r"(op)
                     : "r"(args)
                     : "memory");
#else
#error "semihosting: this architecture's trap is not known"
#endif
    return (intptr_t)op;
}

#endif
