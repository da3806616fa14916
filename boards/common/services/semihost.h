/* SPDX-License-Identifier: MIT */
/*
 * The trap of Arm's semihosting, and RISC-V's with the same numbers: a debugger or QEMU stops the
 * program there, does the operation in r0/a0 with the arguments at r1/a1, and returns its result in
 * r0/a0. Without a debugger or QEMU the trap is a fault: only semihost.c includes this header, and
 * no image for hardware contains it.
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
    /* These three instructions, uncompressed and in one page, mark the call. */
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
