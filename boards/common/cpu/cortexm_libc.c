/* SPDX-License-Identifier: MIT */
/*
 * The functions that newlib needs from a machine. There is no heap: printf links malloc for formats
 * that the programs do not use, and nothing calls it.
 */
#include <errno.h>
#include <stddef.h>

#include "fault.h"

/* --- memory --- */

void *_sbrk(ptrdiff_t more);
void *_sbrk(ptrdiff_t more)
{
    (void)more;
    errno = ENOMEM;
    return (void *)-1;
}

/* --- the end --- */

/* assert() of newlib would bring in stdio. */
_Noreturn void __assert_func(const char *file, int line, const char *function, const char *text);
_Noreturn void __assert_func(const char *file, int line, const char *function, const char *text)
{
    char digits[12];
    size_t at = sizeof digits - 1;
    digits[at] = '\0';
    do {
        digits[--at] = (char)('0' + line % 10);
        line /= 10;
    } while (line > 0 && at > 0);
    fault_text("\r\nassert: ");
    fault_text(file);
    fault_text(":");
    fault_text(digits + at);
    fault_text(function != NULL ? ": " : "");
    fault_text(function != NULL ? function : "");
    fault_text(": ");
    fault_text(text);
    fault_text("\r\n");
    fault_end();
}

_Noreturn void abort(void);
_Noreturn void abort(void)
{
    fault_text("\r\nabort\r\n");
    fault_end();
}
