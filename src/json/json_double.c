/* SPDX-License-Identifier: MIT */
/*
 * A double as decimal digits, without printf, whose %g small C libraries lack.
 *
 * The number is scaled by a power of ten to 15 digits before the point. The powers up to 10^22 are
 * exact in a double, so one multiplication or division, and one rounding, is enough from 1e-8 to
 * 1e36; other numbers take several. A decimal number of up to 15 digits survives this way into a
 * double and back (DBL_DIG).
 */
#include "json/json_double.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/span.h"
#include "midge/config.h"

#if MIDGE_WITH_JSON

#define DIGITS    15
#define TEN_TO_14 1e14
#define TEN_TO_15 1e15
#define EXACT     22   /* the largest power of ten that a double holds exactly */
#define FIXED_MIN (-5) /* smaller and larger numbers are written with an exponent */

/* Scales a positive number to DIGITS digits before its point. Returns the exponent of its leading
   digit: 0 for 1 to 9. */
static int scale(double *value)
{
    int exponent = DIGITS - 1;
    while (*value < TEN_TO_14 || *value >= TEN_TO_15) {
        bool small = *value < TEN_TO_14;
        double power = 1;
        for (int n = 0;
             n < EXACT && (small ? *value * power < TEN_TO_14 : *value / power >= TEN_TO_15); n++) {
            power *= 10;
            exponent += small ? -1 : 1;
        }
        *value = small ? *value * power : *value / power;
    }
    return exponent;
}

/* Inserts the point after `before` digits, or zeros where there are no digits. Returns the length
   of the text. */
static size_t put_point(char *digits, size_t n, int before)
{
    if (before >= (int)n) {
        memset(digits + n, '0', (size_t)before - n);
        return (size_t)before;
    }
    size_t zeros = before > 0 ? 0 : (size_t)(1 - before); /* "0.00": before the digits */
    memmove(digits + zeros, digits, n);
    memset(digits, '0', zeros);
    size_t at = before > 0 ? (size_t)before : 1;
    memmove(digits + at + 1, digits + at, n + zeros - at);
    digits[at] = '.';
    return n + zeros + 1;
}

static size_t put_exponent(char *out, int exponent)
{
    out[0] = 'e';
    out[1] = exponent < 0 ? '-' : '+';
    return 2 + midge__u64_text(out + 2, (uint64_t)(exponent < 0 ? -exponent : exponent));
}

size_t midge__json_double_text(char out[MIDGE__JSON_DOUBLE_TEXT], double value)
{
    char digits[MIDGE__U64_DIGITS];
    size_t len = 0;
    if (signbit(value)) {
        out[len++] = '-';
        value = -value;
    }
    int exponent = value > 0 ? scale(&value) : 0;
    uint64_t whole = (uint64_t)(value + 0.5);
    size_t n = midge__u64_text(digits, whole);
    exponent += n > DIGITS; /* 999.. was rounded up */
    while (n > 1 && digits[n - 1] == '0') {
        n--;
    }
    memcpy(out + len, digits, n);
    bool fixed = exponent >= FIXED_MIN && exponent < DIGITS;
    size_t used = put_point(out + len, n, fixed ? exponent + 1 : 1);
    len += used;
    return fixed ? len : len + put_exponent(out + len, exponent);
}

#endif
