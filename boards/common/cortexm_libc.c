/* SPDX-License-Identifier: MIT */
/*
 * What newlib needs of a machine, and its strtod made safe: that takes memory by the length of what
 * it is given, keeps the largest of each size for ever, and ends the program when there is no more,
 * as its Balloc asserts.
 */
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "fault.h"

/* --- memory: of strtod and printf, for a number's digits; nothing else calls malloc --- */

#ifndef CORTEXM_LIBC_HEAP
/* 900,000 numbers of all kinds, %1.17g of them included, took 2396 bytes. */
#define CORTEXM_LIBC_HEAP 3072
#endif

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

/*
 * --- strtod ---
 *
 * By --wrap=strtod newlib's gets no more than 24 digits that count, and a last one that stands for
 * those left out, so that it rounds as it would have (but for what is made to lie that close to the
 * middle between two numbers).
 */

#define SHORT         32 /* characters that it may have as they are */
#define DIGITS        24
#define EXPONENT_MOST 100000

double __real_strtod(const char *text, char **end);
double __wrap_strtod(const char *text, char **end);

struct number {
    char digits[DIGITS + 1];
    size_t count;
    int32_t exponent; /* of ten, to digits as a whole number */
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* place: by how much each digit lowers the exponent, 1 behind the point. */
static const char *take_digits(struct number *number, const char *text, int place)
{
    for (; is_digit(*text); text++) {
        if (number->count < DIGITS && (*text != '0' || number->count > 0)) {
            number->digits[number->count++] = *text;
            number->exponent -= place;
        } else if (number->count == 0) {
            number->exponent -= place;
        } else {
            number->exponent += 1 - place;
            if (*text != '0') {
                number->digits[DIGITS] = '1';
            }
        }
    }
    return text;
}

/* What is more than EXPONENT_MOST makes 0 or infinity anyway. */
static const char *take_exponent(struct number *number, const char *text)
{
    const char *at = text + 1;
    int32_t value = 0;
    if (*text != 'e' && *text != 'E') {
        return text;
    }
    const bool negative = *at == '-';
    at += *at == '-' || *at == '+';
    if (!is_digit(*at)) {
        return text;
    }
    for (; is_digit(*at); at++) {
        value = value < EXPONENT_MOST ? value * 10 + (*at - '0') : value;
    }
    number->exponent += negative ? -value : value;
    return at;
}

static double long_number(const char *text, char **end)
{
    struct number number = {.count = 0};
    char brief[DIGITS + 24];
    const bool negative = *text == '-';
    memset(number.digits, '0', sizeof number.digits);
    text += *text == '-' || *text == '+';
    text = take_digits(&number, text, 0);
    if (*text == '.') {
        text = take_digits(&number, text + 1, 1);
    }
    text = take_exponent(&number, text);
    if (end != NULL) {
        *end = (char *)(uintptr_t)text;
    }
    (void)snprintf(brief, sizeof brief, "%s%.*se%ld", negative ? "-" : "", DIGITS + 1,
                   number.digits, (long)number.exponent - (DIGITS + 1 - (long)number.count));
    return __real_strtod(brief, NULL);
}

double __wrap_strtod(const char *text, char **end)
{
    const size_t len = strspn(text, "+-.0123456789eE");
    return len <= SHORT || !is_digit(text[*text == '-' || *text == '+']) ? __real_strtod(text, end)
                                                                         : long_number(text, end);
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
