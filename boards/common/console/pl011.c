/* SPDX-License-Identifier: MIT */
#include "pl011.h"

/* Registers, in words. */
enum {
    DR = 0x00 / 4,
    FR = 0x18 / 4,
    IBRD = 0x24 / 4,
    FBRD = 0x28 / 4,
    LCRH = 0x2c / 4,
    CTL = 0x30 / 4,
    IM = 0x38 / 4
};

#define FR_RX_EMPTY  0x10u
#define FR_TX_FULL   0x20u
#define LCRH_8N1     0x60u
#define LCRH_FIFO    0x10u
#define CTL_ENABLE   0x001u
#define CTL_TRANSMIT 0x100u
#define CTL_RECEIVE  0x200u

#define PATIENCE 1000000u /* reads of FR; a character at 9600 baud takes a millisecond */

static volatile uint32_t *registers(uintptr_t base)
{
    return (volatile uint32_t *)base;
}

void pl011_init(uintptr_t base, uint32_t clock_hz, uint32_t baud)
{
    volatile uint32_t *uart = registers(base);
    const uint32_t divisor = (uint32_t)(((uint64_t)clock_hz * 8 / baud + 1) / 2); /* in 64ths */
    uart[CTL] = 0;
    uart[IM] = 0;
    uart[IBRD] = divisor >> 6;
    uart[FBRD] = divisor & 63;
    uart[LCRH] = LCRH_8N1 | LCRH_FIFO; /* makes the divisors valid */
    uart[CTL] = CTL_ENABLE | CTL_TRANSMIT | CTL_RECEIVE;
}

void pl011_write(uintptr_t base, const char *text, size_t len)
{
    volatile uint32_t *uart = registers(base);
    for (size_t i = 0; i < len; i++) {
        uint32_t tries = 0;
        while ((uart[FR] & FR_TX_FULL) != 0 && ++tries < PATIENCE) {
        }
        if (tries < PATIENCE) {
            uart[DR] = (uint8_t)text[i];
        }
    }
}

bool pl011_read(uintptr_t base, char *c)
{
    volatile uint32_t *uart = registers(base);
    if ((uart[FR] & FR_RX_EMPTY) != 0) {
        return false;
    }
    *c = (char)(uart[DR] & 0xff);
    return true;
}
