/* SPDX-License-Identifier: MIT */
/* Ends a program after a fault, with a report that needs only the polled console driver. */
#ifndef MIDGE_BOARDS_FAULT_H
#define MIDGE_BOARDS_FAULT_H

#include <stdint.h>

/* Call it first in an exception's report: a fault within the report stops the machine. */
void fault_begin(void);
void fault_text(const char *text);
/* Prints the name, then eight digits. */
void fault_hex(const char *name, uint32_t value);
/* Ends with exit code 3, which is above the apps' own. */
_Noreturn void fault_end(void);

#endif
