/* SPDX-License-Identifier: MIT */
#include "fault.h"

#include <stdbool.h>
#include <string.h>

#include "common/hw.h"
#include "common/services/services.h"

#define EXIT_FAULT 3

void fault_begin(void)
{
    static bool faulted;
    if (faulted) {
        hw_halt();
    }
    faulted = true;
}

void fault_text(const char *text)
{
    hw_console_write(text, strlen(text));
}

void fault_hex(const char *name, uint32_t value)
{
    char digits[8];
    for (int i = 7; i >= 0; i--, value >>= 4) {
        digits[i] = "0123456789abcdef"[value & 15];
    }
    fault_text(name);
    hw_console_write(digits, sizeof digits);
}

_Noreturn void fault_end(void)
{
    services_exit(EXIT_FAULT);
}
