/* SPDX-License-Identifier: MIT */
/* The LM3S6965: addresses, system control, flash. Names are the data sheet's. */
#ifndef MIDGE_LM3S_H
#define MIDGE_LM3S_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/cpu/cortexm.h"

#define LM3S_GPIO_A   0x40004000u
#define LM3S_UART_0   0x4000c000u
#define LM3S_GPIO_F   0x40025000u
#define LM3S_ETHERNET 0x40048000u

#define LM3S_GPIO_AFSEL(port) CORTEXM_REG((port) + 0x420u) /* pins that belong to a peripheral */
#define LM3S_GPIO_DEN(port)   CORTEXM_REG((port) + 0x51cu) /* digital pins */

#define LM3S_RCGC1     CORTEXM_REG(0x400fe104u) /* clocks of UARTs, timers, … */
#define LM3S_RCGC2     CORTEXM_REG(0x400fe108u) /* clocks of GPIO ports, Ethernet */
#define LM3S_USER_REG0 CORTEXM_REG(0x400fe1e0u) /* the board's address: bytes 0 to 2 */
#define LM3S_USER_REG1 CORTEXM_REG(0x400fe1e4u) /* bytes 3 to 5 */

#define LM3S_FLASH_PAGE 1024u /* the unit of erasing, bytes */

/* Starts the clock: 50 MHz from the PLL and the 8 MHz crystal, or 8 MHz from the crystal alone when
   the PLL does not lock. Returns the system clock in Hz. */
uint32_t lm3s_clock_start(void);

/* Flash operations; the core stops meanwhile. False: the controller did not end in time, or
   refused. The caller must read the written data back. address: of a page (erase), of a word
   (write). */
void lm3s_flash_clock(uint32_t hz); /* call first, with the system clock */
bool lm3s_flash_erase(uintptr_t address);
bool lm3s_flash_write(uintptr_t address, const uint32_t *words, size_t count);

#endif
