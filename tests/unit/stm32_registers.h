/* SPDX-License-Identifier: MIT */
/*
 * Registers of an STM32 for unit tests: the source under test is included after this header, and
 * each access to a register calls settle() of the test first, which does what the hardware would
 * have done since the last access. A register that settle() does not know keeps what is written.
 */
#ifndef STM32_REGISTERS_H
#define STM32_REGISTERS_H

#include <stdint.h>
#include <string.h>

#include "common/cpu/cortexm.h"

#define REGISTERS 128

static struct {
    uint32_t address, value;
} registers[REGISTERS];
static unsigned register_count;
static unsigned accesses;

/* The hardware's turn, before the register at that address is read or written. */
static void settle(uint32_t address);

static uint32_t *at(uint32_t address)
{
    for (unsigned i = 0; i < register_count; i++) {
        if (registers[i].address == address) {
            return &registers[i].value;
        }
    }
    if (register_count == REGISTERS) {
        abort();
    }
    registers[register_count].address = address;
    registers[register_count].value = 0;
    return &registers[register_count++].value;
}

static volatile uint32_t *access_register(uint32_t address)
{
    accesses++;
    settle(address);
    return at(address);
}

static void forget_registers(void)
{
    register_count = accesses = 0;
}

#undef CORTEXM_REG
#define CORTEXM_REG(address) (*access_register((uint32_t)(address)))

#endif
