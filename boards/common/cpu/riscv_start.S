/* SPDX-License-Identifier: MIT */
/*
 * RV32 in machine mode, one hart: from reset to main, and where traps enter.
 *
 * The linker script gives hw_stack_top, hw_trap_stack_top, __global_pointer$, __tls_base (within
 * bss), and __data_start, __data_end, __data_source, __bss_start, __bss_end: multiples of 4.
 */
    .section .boot, "ax"
    .global _start
    .type _start, @function
_start:
    csrw    mie, zero
    csrci   mstatus, 8              /* MIE: no interrupts before hw_init */
    .option push
    .option norelax                 /* or this would be made relative to gp itself */
    la      gp, __global_pointer$
    .option pop
    la      t0, riscv_trap
    csrw    mtvec, t0
    csrr    t0, mhartid
    bnez    t0, park
    la      sp, hw_stack_top
    la      tp, __tls_base          /* picolibc's errno */
    la      t0, __data_source       /* run from RAM, both are the same place */
    la      t1, __data_start
    la      t2, __data_end
    beq     t0, t1, clear
copy:
    bgeu    t1, t2, clear
    lw      t3, 0(t0)
    sw      t3, 0(t1)
    addi    t0, t0, 4
    addi    t1, t1, 4
    j       copy
clear:
    la      t1, __bss_start
    la      t2, __bss_end
clear_next:
    bgeu    t1, t2, go
    sw      zero, 0(t1)
    addi    t1, t1, 4
    j       clear_next
go:
    call    main
park:                               /* other harts, and a main that came back */
    csrw    mie, zero
    wfi
    j       park
    .size _start, . - _start

/*
 * An interrupt calls riscv_interrupt on the current stack. A fault never returns, and the stack may
 * be broken: riscv_fault(mcause, mepc, mtval) gets a stack of its own.
 */
    .section .text.riscv_trap, "ax"
    .balign 4
    .global riscv_trap
    .type riscv_trap, @function
riscv_trap:
    csrw    mscratch, t0
    csrr    t0, mcause
    bgez    t0, fault
    csrr    t0, mscratch
    j       riscv_interrupt         /* saves what it uses, ends with mret */
fault:
    la      sp, hw_trap_stack_top
    mv      a0, t0
    csrr    a1, mepc
    csrr    a2, mtval
    j       riscv_fault
    .size riscv_trap, . - riscv_trap
