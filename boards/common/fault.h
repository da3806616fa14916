/* SPDX-License-Identifier: MIT */
/* The end of a program that went wrong, told on the console by its polled driver alone. */
#ifndef MIDGE_BOARDS_FAULT_H
#define MIDGE_BOARDS_FAULT_H

#include <stdint.h>

/* First of an exception's report: a fault within it stops the machine. */
void fault_begin(void);
void fault_text(const char *text);
/* The name, then eight digits. */
void fault_hex(const char *name, uint32_t value);
/* With an exit code above the apps' own: 3. */
_Noreturn void fault_end(void);

#endif
