/* SPDX-License-Identifier: MIT */
/* One function with a format in place of a call for each piece of a text: a call takes 8 to 12
   bytes of flash, a piece in a format two. */
#include "base/text.h"

#include <stdarg.h>

void midge__text_bytes(struct midge__text *text, const char *bytes, size_t n)
{
    if (text->cap == 0) {
        return;
    }
    size_t room = text->cap - 1 - text->len;
    if (n > room) {
        n = room;
    }
    if (n > 0) {
        memcpy(text->out + text->len, bytes, n);
    }
    text->len += n;
    text->out[text->len] = '\0';
}

static void add_number(struct midge__text *text, unsigned long long value, unsigned base,
                       size_t least)
{
    char digits[24];
    size_t at = sizeof digits;
    do {
        digits[--at] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value != 0 || sizeof digits - at < least);
    midge__text_bytes(text, digits + at, sizeof digits - at);
}

/* The value that the letter stands for; the minus is written at once. */
static unsigned long long take_value(struct midge__text *text, char letter, va_list *values)
{
    if (letter == 'l') {
        return va_arg(*values, unsigned long long);
    }
    unsigned value = va_arg(*values, unsigned);
    if (letter == 'd' && (int)value < 0) {
        midge__text_bytes(text, "-", 1);
        value = 0 - value;
    }
    return value;
}

void midge__text_add(struct midge__text *text, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    for (; *format != '\0'; format++) {
        char letter = format[1];
        if (*format != '%') {
            midge__text_bytes(text, format, 1);
            continue;
        }
        if (letter == 's') {
            const char *s = va_arg(values, const char *);
            midge__text_bytes(text, s, strlen(s));
        } else {
            add_number(text, take_value(text, letter, &values), letter == 'x' ? 16 : 10,
                       letter == '0' ? 2 : 1);
        }
        format += letter == 'l' || letter == '0' ? 3 : 1; /* llu, 02u */
    }
    va_end(values);
}

const char *midge__text_nth(const char *texts, unsigned n)
{
    while (n-- > 0) {
        texts += strlen(texts) + 1;
    }
    return texts;
}
