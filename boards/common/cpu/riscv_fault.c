/* SPDX-License-Identifier: MIT */
/* Reports a fault on the console and ends the program; and makes a range of memory fault. */
#include "riscv.h"

#include "fault.h"

#define PMP_LOCKED 0x80u /* valid in machine mode too, until reset */
#define PMP_NAPOT  0x18u /* the range is a power of two, coded in pmpaddr's low bits */

__attribute__((used)) _Noreturn void riscv_fault(uint32_t mcause, uint32_t mepc, uint32_t mtval);
_Noreturn void riscv_fault(uint32_t mcause, uint32_t mepc, uint32_t mtval)
{
    fault_begin();
    fault_hex("fault: mepc=0x", mepc);
    fault_hex(" mcause=0x", mcause);
    fault_hex(" mtval=0x", mtval);
    fault_text("\r\n");
    fault_end();
}

void riscv_guard(const void *bottom, size_t size)
{
    RISCV_CSR_WRITE(pmpaddr0, (uintptr_t)bottom >> 2 | (size / 2 - 1) >> 2);
    RISCV_CSR_WRITE(pmpcfg0, PMP_LOCKED | PMP_NAPOT); /* of entry 0; 1 to 3 are off */
}
