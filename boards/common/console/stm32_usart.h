/* SPDX-License-Identifier: MIT */
/* The USART of an STM32F7 (RM0410, chapter "Universal synchronous/asynchronous receiver
   transmitter"), polled: 8 bits, no parity, one stop bit. */
#ifndef MIDGE_BOARDS_STM32_USART_H
#define MIDGE_BOARDS_STM32_USART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* hz: the clock of its kernel. The board has turned that on, and set the pins. */
void stm32_usart_init(uintptr_t base, uint32_t hz, uint32_t baud);

/* Waits for each byte. A byte that the USART does not take within some 10 ms is dropped. */
void stm32_usart_write(uintptr_t base, const char *text, size_t len);

/* False: no character has come. */
bool stm32_usart_read(uintptr_t base, char *c);

#endif
