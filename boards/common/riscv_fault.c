/* SPDX-License-Identifier: MIT */
/* A fault is told on the console and ends the program; and what can be made to fault. */
#include "riscv.h"

#include <stdbool.h>

#include "hw.h"
#include "services.h"

#define EXIT_FAULT 3 /* above the apps' codes */

#define PMP_LOCKED 0x80u /* holds in machine mode too, until reset */
#define PMP_NAPOT  0x18u /* a power of two, in pmpaddr's low bits */

static void put(const char *text)
{
    size_t len = 0;
    while (text[len] != '\0') {
        len++;
    }
    hw_console_write(text, len);
}

static void put_hex(const char *name, uint32_t value)
{
    char digits[8];
    for (int i = 7; i >= 0; i--, value >>= 4) {
        digits[i] = "0123456789abcdef"[value & 15];
    }
    put(name);
    hw_console_write(digits, sizeof digits);
}

__attribute__((used)) _Noreturn void riscv_fault(uint32_t mcause, uint32_t mepc, uint32_t mtval);
_Noreturn void riscv_fault(uint32_t mcause, uint32_t mepc, uint32_t mtval)
{
    static bool faulted;
    if (faulted) { /* in this very report */
        hw_halt();
    }
    faulted = true;
    put_hex("fault: mepc=0x", mepc);
    put_hex(" mcause=0x", mcause);
    put_hex(" mtval=0x", mtval);
    put("\r\n");
    services_exit(EXIT_FAULT);
}

void riscv_guard(const void *bottom, size_t size)
{
    RISCV_CSR_WRITE(pmpaddr0, (uintptr_t)bottom >> 2 | (size / 2 - 1) >> 2);
    RISCV_CSR_WRITE(pmpcfg0, PMP_LOCKED | PMP_NAPOT); /* of entry 0; 1 to 3 are off */
}
