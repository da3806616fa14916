/* SPDX-License-Identifier: MIT */
/*
 * strtod gets at most 25 digits, without a point: newlib's strtod takes memory in proportion to the
 * digits, and the point is another character in some locales. The 25th digit replaces all that are
 * left out, so that the result is rounded as with all of them (except for a number made to lie that
 * close to the middle between two doubles).
 */
#include "json/json_number.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/span.h"

#if MIDGE_WITH_JSON

#define DIGITS        24
#define EXPONENT_MOST 100000 /* beyond any double, with any digits */

struct decimal {
    char text[DIGITS + 1];
    size_t n;
    int64_t exponent; /* of ten, to the digits as a whole number */
    bool more;        /* something other than 0 was left out */
};

static void add_digit(struct decimal *d, char c, bool fraction)
{
    if (d->n < DIGITS) {
        if (d->n > 0 || c != '0') {
            d->text[d->n++] = c;
        }
        d->exponent -= fraction;
    } else {
        d->more |= c != '0';
        d->exponent += !fraction;
    }
}

static int64_t exponent_of(struct midge_span s)
{
    bool negative = s.len > 0 && s.ptr[0] == '-';
    int64_t value = 0;
    for (size_t i = 0; i < s.len; i++) {
        if (midge__is_digit(s.ptr[i]) && value < INT64_MAX / 100) {
            value = value * 10 + (s.ptr[i] - '0');
        }
    }
    return negative ? -value : value;
}

static void read_decimal(struct decimal *d, struct midge_span s)
{
    bool fraction = false;
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] == '.') {
            fraction = true;
        } else if (midge__is_digit(s.ptr[i])) {
            add_digit(d, s.ptr[i], fraction);
        } else if (midge__lower(s.ptr[i]) == 'e') {
            d->exponent += exponent_of(midge__span(s.ptr + i + 1, s.len - i - 1));
            return;
        }
    }
}

/* "123e-45" */
static double to_double(struct decimal *d)
{
    char text[DIGITS + 1 + sizeof "e-" + MIDGE__U64_DIGITS];
    if (d->more) {
        d->text[d->n++] = '1';
        d->exponent--;
    }
    memcpy(text, d->text, d->n);
    size_t n = d->n;
    int64_t e = d->exponent;
    text[n++] = 'e';
    if (e < 0) {
        text[n++] = '-';
        e = -e;
    }
    n += midge__u64_text(text + n, (uint64_t)(e < EXPONENT_MOST ? e : EXPONENT_MOST));
    text[n] = '\0';
    return strtod(text, NULL);
}

double midge__json_double(struct midge_span number)
{
    struct decimal d = {.n = 0};
    read_decimal(&d, number);
    double value = d.n > 0 ? to_double(&d) : 0;
    return number.len > 0 && number.ptr[0] == '-' ? -value : value;
}

bool midge__json_has_text(const cJSON *number)
{
    const char *text = number->valuestring;
    double value = number->valuedouble;
    if (text == NULL) {
        return false;
    }
    double of_text = midge__json_double(midge__span_of(text));
    return of_text >= value && of_text <= value;
}

#endif
