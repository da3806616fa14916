/* SPDX-License-Identifier: MIT */
#include "cmsdk_uart.h"

#define DATA    0x00u
#define STATE   0x04u
#define CTRL    0x08u
#define BAUDDIV 0x10u

#define STATE_TX_FULL 0x1u
#define STATE_RX_FULL 0x2u
#define CTRL_TX       0x1u
#define CTRL_RX       0x2u
#define BAUDDIV_LEAST 16u

/* At least 100 ms at the 25 MHz of these machines: the time of a thousand bytes. An emulator is
   faster, but the reader of its output may delay it. */
#define SPINS 1000000u

static volatile uint32_t *reg(uintptr_t base, uintptr_t offset)
{
    return (volatile uint32_t *)(base + offset);
}

void cmsdk_uart_init(uintptr_t base, uint32_t hz, uint32_t baud)
{
    const uint32_t divider = hz / baud;
    *reg(base, BAUDDIV) = divider < BAUDDIV_LEAST ? BAUDDIV_LEAST : divider;
    *reg(base, CTRL) = CTRL_TX | CTRL_RX;
}

void cmsdk_uart_write(uintptr_t base, const char *text, size_t len)
{
    for (size_t at = 0; at < len; at++) {
        uint32_t spins = 0;
        while (*reg(base, STATE) & STATE_TX_FULL) {
            if (++spins > SPINS) {
                return;
            }
        }
        *reg(base, DATA) = (unsigned char)text[at];
    }
}

bool cmsdk_uart_read(uintptr_t base, char *c)
{
    if ((*reg(base, STATE) & STATE_RX_FULL) == 0) {
        return false;
    }
    *c = (char)(*reg(base, DATA) & 0xff);
    return true;
}
