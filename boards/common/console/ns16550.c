/* SPDX-License-Identifier: MIT */
#include "ns16550.h"

enum { RBR = 0, THR = 0, DLL = 0, IER = 1, DLM = 1, FCR = 2, LCR = 3, MCR = 4, LSR = 5 };

#define FCR_ON_AND_CLEAR 0x07
#define LCR_8N1          0x03
#define LCR_DIVISOR      0x80 /* DLL and DLM replace THR and IER */
#define MCR_DTR_RTS      0x03
#define LSR_READY        0x01
#define LSR_THR_EMPTY    0x20

#define PATIENCE 1000000u /* reads of LSR; a character at 9600 baud takes a millisecond */

static volatile uint8_t *registers(uintptr_t base)
{
    return (volatile uint8_t *)base;
}

void ns16550_init(uintptr_t base, uint32_t clock_hz, uint32_t baud)
{
    volatile uint8_t *uart = registers(base);
    const uint32_t divisor = (clock_hz + 8 * baud) / (16 * baud);
    uart[IER] = 0;
    uart[LCR] = LCR_DIVISOR | LCR_8N1;
    uart[DLL] = (uint8_t)divisor;
    uart[DLM] = (uint8_t)(divisor >> 8);
    uart[LCR] = LCR_8N1;
    uart[FCR] = FCR_ON_AND_CLEAR;
    uart[MCR] = MCR_DTR_RTS;
}

void ns16550_write(uintptr_t base, const char *text, size_t len)
{
    volatile uint8_t *uart = registers(base);
    for (size_t i = 0; i < len; i++) {
        uint32_t tries = 0;
        while ((uart[LSR] & LSR_THR_EMPTY) == 0 && ++tries < PATIENCE) {
        }
        if (tries < PATIENCE) {
            uart[THR] = (uint8_t)text[i];
        }
    }
}

bool ns16550_read(uintptr_t base, char *c)
{
    volatile uint8_t *uart = registers(base);
    if ((uart[LSR] & LSR_READY) == 0) {
        return false;
    }
    *c = (char)uart[RBR];
    return true;
}
