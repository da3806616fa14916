/* SPDX-License-Identifier: MIT */
#include "stm32_usart.h"

/* Registers, in words. */
enum {
    CR1 = 0x00 / 4,
    CR2 = 0x04 / 4,
    CR3 = 0x08 / 4,
    BRR = 0x0c / 4,
    ISR = 0x1c / 4,
    ICR = 0x20 / 4,
    RDR = 0x24 / 4,
    TDR = 0x28 / 4
};

#define CR1_UE   0x1u
#define CR1_RE   0x4u
#define CR1_TE   0x8u
#define ISR_TXE  0x80u
#define ISR_RXNE 0x20u
#define ICR_ALL  0xfu /* errors of receiving; an overrun stops it until it is cleared */

#define PATIENCE 500000u /* reads of ISR, 20 ns at least; a character at 9600 baud takes 1 ms */

static volatile uint32_t *registers(uintptr_t base)
{
    return (volatile uint32_t *)base;
}

void stm32_usart_init(uintptr_t base, uint32_t hz, uint32_t baud)
{
    volatile uint32_t *usart = registers(base);
    usart[CR1] = 0; /* the others are written while it is off */
    usart[CR2] = 0;
    usart[CR3] = 0;
    usart[BRR] = (hz + baud / 2) / baud; /* oversampled by 16 */
    usart[CR1] = CR1_UE | CR1_TE | CR1_RE;
}

void stm32_usart_write(uintptr_t base, const char *text, size_t len)
{
    volatile uint32_t *usart = registers(base);
    for (size_t i = 0; i < len; i++) {
        uint32_t tries = 0;
        while ((usart[ISR] & ISR_TXE) == 0 && ++tries < PATIENCE) {
        }
        if (tries < PATIENCE) {
            usart[TDR] = (uint8_t)text[i];
        }
    }
}

bool stm32_usart_read(uintptr_t base, char *c)
{
    volatile uint32_t *usart = registers(base);
    const bool has_come = (usart[ISR] & ISR_RXNE) != 0;
    if (has_come) {
        *c = (char)(usart[RDR] & 0xff);
    }
    usart[ICR] = ICR_ALL;
    return has_come;
}
