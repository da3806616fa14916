/* SPDX-License-Identifier: MIT */
/*
 * The start of the NUCLEO-F767ZI in QEMU, as far as it goes there: on netduinoplus2, whose
 * STM32F405 has a Cortex-M4 with an MPU, RAM and flash at the same addresses, and for RCC, PWR,
 * GPIO, the flash's registers and others a stand-in that reads as 0 and logs what is written
 * (test_nucleo.py reads that). No clock becomes ready there, so the board stays at 16 MHz.
 *
 * It runs hw_init, shows the MPU's regions, asks for random bytes and for a time, and then touches
 * the address of its argument, which must fault, or end well if there is none.
 */
#include <stdlib.h>
#include <string.h>

#include "common/cpu/cortexm.h"
#include "common/cpu/fault.h"
#include "common/hw.h"
#include "common/services/semihost.h"
#include "common/services/services.h"

#define SYS_WRITE0        0x04
#define SYS_GET_CMDLINE   0x15
#define SYS_EXIT_EXTENDED 0x20
#define EXITED            0x20026u /* ADP_Stopped_ApplicationExit */

#define MPU_RNR  CORTEXM_REG(0xE000ED98)
#define MPU_RBAR CORTEXM_REG(0xE000ED9C)
#define MPU_RASR CORTEXM_REG(0xE000EDA0)

int main(void);

_Noreturn void services_exit(int code)
{
    const uintptr_t args[2] = {EXITED, (uintptr_t)code};
    (void)semihost_call(SYS_EXIT_EXTENDED, args);
    hw_halt();
}

static void show(const char *text)
{
    (void)semihost_call(SYS_WRITE0, text);
}

/* The USART there has other registers, so the host shows the text. By --wrap. */
void __wrap_stm32_usart_write(uintptr_t base, const char *text, size_t len);
void __wrap_stm32_usart_write(uintptr_t base, const char *text, size_t len)
{
    char piece[2] = "";
    for (size_t i = 0; base == 0x40004800u && i < len; i++) {
        piece[0] = text[i];
        show(piece);
    }
}

static void show_hex(const char *name, uint32_t value)
{
    char digits[] = " 0x00000000";
    for (unsigned i = 0; i < 8; i++) {
        digits[10 - i] = "0123456789abcdef"[value >> 4 * i & 15];
    }
    show(name);
    show(digits);
}

static void show_regions(void)
{
    for (uint32_t region = 0; region < 4; region++) {
        MPU_RNR = region;
        show_hex("region", MPU_RBAR & ~0x1Fu);
        show_hex("", MPU_RASR);
        show("\n");
    }
}

static void show_services(void)
{
    uint8_t buf[32];
    const uint64_t from = hw_millis();
    memset(buf, 0xA5, sizeof buf);
    const bool random = hw_entropy(buf, sizeof buf);
    for (size_t i = 1; i < sizeof buf; i++) {
        buf[0] |= buf[i];
    }
    show(random ? "random\n" : buf[0] == 0 ? "no entropy, zeros\n" : "no entropy, bytes\n");
    while (hw_millis() < from + 3) {
        hw_idle();
    }
    show(hw_micros() >= 3000 ? "3 ms\n" : "no time\n");
}

/* The address after the program's name, or 0. */
static uint32_t asked_address(void)
{
    static char line[80];
    uintptr_t args[2] = {(uintptr_t)line, sizeof line - 1};
    if (semihost_call(SYS_GET_CMDLINE, args) != 0) {
        return 0;
    }
    const char *word = strstr(line, "touch=");
    return word != NULL ? strtoul(word + 6, NULL, 16) : 0xFFFFFFFFu;
}

int main(void)
{
    hw_init();
    show("started\n");
    show_regions();
    show_services();
    const uint32_t address = asked_address();
    if (address != 0xFFFFFFFFu) {
        (void)CORTEXM_REG(address);
        show("touched\n");
    }
    services_exit(0);
}
