/* SPDX-License-Identifier: MIT */
/* What newlib asks of a machine. */
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "cortexm.h"
#include "hw.h"
#include "services.h"

#ifndef CORTEXM_LIBC_HEAP
#define CORTEXM_LIBC_HEAP 4096
#endif

static void put(const char *text)
{
    hw_console_write(text, strlen(text));
}

/* strtod and printf of newlib take big numbers' digits from malloc. */
static uint64_t heap[CORTEXM_LIBC_HEAP / sizeof(uint64_t)];

void *_sbrk(ptrdiff_t more);
void *_sbrk(ptrdiff_t more)
{
    static size_t used;
    if (more < 0 ? (size_t)-more > used : (size_t)more > sizeof heap - used) {
        errno = ENOMEM;
        return (void *)-1;
    }
    uint8_t *from = (uint8_t *)heap + used;
    used += (size_t)more;
    return from;
}

/* The libc's strtod needs memory by the length of what it is given: a thousand digits from outside
   would end the program (its Balloc asserts). It is given 40 that count, and a last one that stands
   for the rest. */
double __real_strtod(const char *text, char **end);
double __wrap_strtod(const char *text, char **end);

struct number {
    char text[NUMBER_DIGITS + 24]; /* sign, digits, "1e", sign, exponent */
    size_t len;
    int32_t exponent; /* of ten, of the digits taken as a whole number */
    bool rest;        /* a digit left out is not 0 */
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static void take_digit(struct number *number, char digit, size_t first, bool fraction)
{
    const bool leading = digit == '0' && number->len == first;
    if (!leading && number->len < first + NUMBER_DIGITS) {
        number->text[number->len++] = digit;
        number->exponent -= fraction;
    } else if (leading) {
        number->exponent -= fraction;
    } else {
        number->rest = number->rest || digit != '0';
        number->exponent += !fraction;
    }
}

/* Of the digits at text, bounded: more than this is 0 or infinity whatever comes before it. */
static int32_t scan_exponent(const char **text)
{
    int32_t value = 0;
    for (; is_digit(**text); (*text)++) {
        value = value < EXPONENT_MOST ? value * 10 + (**text - '0') : value;
    }
    return value;
}
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
    put("\r\nassert: ");
    put(file);
    put(":");
    put(digits + at);
    put(function != NULL ? ": " : "");
    put(function != NULL ? function : "");
    put(": ");
    put(text);
    put("\r\n");
    services_exit(CORTEXM_EXIT_FAULT);
}

_Noreturn void abort(void);
_Noreturn void abort(void)
{
    put("\r\nabort\r\n");
    services_exit(CORTEXM_EXIT_FAULT);
}
