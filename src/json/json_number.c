/* SPDX-License-Identifier: MIT */
/*
 * A number is read into one large binary number with a fixed point: its digits as a whole number,
 * times or divided by ten as often as its exponent says. The upper bits of that are the double, and
 * the first bit below them, with the rest, decides the rounding. So the result is exact (the double
 * next to the number, of two that are equally near the even one), and strtod is not linked, which
 * takes 11 KB of flash in newlib, and memory by the number of the digits.
 *
 * DIGITS digits are kept. Of those that are left out it is only known whether one is not 0, so that
 * the result is rounded as with all of them (except for a number made to lie that close to the
 * middle between two doubles).
 */
#include "json/json_number.h"

#include <float.h>
#include <limits.h>
#include <math.h>
#include <stdint.h>

#include "base/span.h"

#if MIDGE_WITH_JSON_NUMBERS

_Static_assert(DBL_MANT_DIG == 53 && DBL_MAX_EXP == 1024, "doubles as in IEEE 754");

#define DOUBLE_DIGITS 15 /* a double preserves each number of so many characters */

#define DIGITS      24
#define LIMBS_WHOLE 65 /* of 16 bits, for numbers below 10^TEN_MOST */
#define LIMBS_BELOW 68 /* for half of the smallest double, 2^-1075 */
#define LIMBS       (LIMBS_BELOW + LIMBS_WHOLE)
#define DIGIT_LIMBS 5      /* for DIGITS digits */
#define TEN_MOST    310    /* 10^309 and more is infinite */
#define TEN_LEAST   (-324) /* numbers below 10^-324 are 0 */

struct decimal {
    uint16_t limbs[LIMBS]; /* the first one is the lowest */
    ptrdiff_t exponent;    /* of ten, to the digits as a whole number */
    unsigned n;            /* digits */
    bool more;             /* something other than 0 was left out, or below the limbs */
};

static void times(uint16_t *limbs, size_t n, uint32_t factor, uint32_t carry)
{
    for (size_t i = 0; i < n; i++) {
        carry += limbs[i] * factor;
        limbs[i] = (uint16_t)carry;
        carry >>= 16;
    }
}

/* Returns the remainder. */
static uint32_t divide(uint16_t *limbs, size_t n, uint32_t divisor)
{
    uint32_t rest = 0;
    while (n > 0 && limbs[n - 1] == 0) {
        n--;
    }
    while (n-- > 0) {
        rest = rest << 16 | limbs[n];
        limbs[n] = (uint16_t)(rest / divisor);
        rest %= divisor;
    }
    return rest;
}

static void add_digit(struct decimal *d, char c, bool fraction)
{
    if (d->n < DIGITS) {
        if (d->n > 0 || c != '0') {
            times(d->limbs + LIMBS_BELOW, DIGIT_LIMBS, 10, (uint32_t)(c - '0'));
            d->n++;
        }
        d->exponent -= fraction;
    } else {
        d->more |= c != '0';
        d->exponent += !fraction;
    }
}

static ptrdiff_t exponent_of(struct midge_span s)
{
    bool negative = s.len > 0 && s.ptr[0] == '-';
    ptrdiff_t value = 0;
    for (size_t i = 0; i < s.len; i++) {
        if (midge__is_digit(s.ptr[i]) && value < PTRDIFF_MAX / 100) {
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

/* Applies the exponent, four powers of ten at a time. */
static void scale(struct decimal *d)
{
    int e = (int)d->exponent;
    while (e != 0) {
        const bool up = e > 0;
        uint32_t power = 1;
        for (; e != 0 && power < 10000; e += up ? -1 : 1) {
            power *= 10;
        }
        if (up) {
            times(d->limbs + LIMBS_BELOW, LIMBS_WHOLE, power, 0);
        } else {
            d->more |= divide(d->limbs, LIMBS_BELOW + DIGIT_LIMBS, power) != 0;
        }
    }
}

static unsigned bit(const struct decimal *d, unsigned at)
{
    return (unsigned)d->limbs[at / 16] >> at % 16 & 1u;
}

static bool any_below(const struct decimal *d, unsigned at)
{
    bool any = d->more || (d->limbs[at / 16] & ((1u << at % 16) - 1)) != 0;
    for (unsigned i = 0; i < at / 16; i++) {
        any = any || d->limbs[i] != 0;
    }
    return any;
}

/* The bits of the double. `low` is its lowest bit: counted from that of the smallest double, it is
   the exponent's field, to which the highest bit of a fraction of 53 bits adds one. */
static uint64_t rounded(const struct decimal *d)
{
    const unsigned lowest = LIMBS_BELOW * 16 - 1074;
    const uint64_t infinite = (uint64_t)0x7ff << 52;
    unsigned limb = LIMBS - 1;
    while (limb > 0 && d->limbs[limb] == 0) {
        limb--;
    }
    unsigned top = limb * 16 + 15;
    while (top > lowest && bit(d, top) == 0) {
        top--;
    }
    unsigned low = top > lowest + 52 ? top - 52 : lowest;
    uint64_t fraction = 0;
    for (unsigned at = top; at >= low; at--) {
        fraction = fraction << 1 | bit(d, at);
    }
    if (bit(d, low - 1) != 0 && ((fraction & 1) != 0 || any_below(d, low - 1))) {
        fraction++;
    }
    uint64_t bits = ((uint64_t)(low - lowest) << 52) + fraction;
    return bits < infinite ? bits : infinite;
}

static double to_double(struct decimal *d)
{
    uint64_t bits = (uint64_t)0x7ff << 52;
    double value;
    ptrdiff_t ten = d->exponent + (ptrdiff_t)d->n; /* the number is below 10^ten */
    if (d->n == 0 || ten <= TEN_LEAST) {
        return 0;
    }
    if (ten <= TEN_MOST) {
        scale(d);
        bits = rounded(d);
    }
    memcpy(&value, &bits, sizeof value);
    return value;
}

double midge__json_double(struct midge_span number)
{
    struct decimal d = {.n = 0};
    read_decimal(&d, number);
    double value = to_double(&d);
    return number.len > 0 && number.ptr[0] == '-' ? -value : value;
}

bool midge__json_set_number(cJSON *node, struct midge_span number)
{
    double value = midge__json_double(number);
    node->valuedouble = value;
    node->valueint = value >= INT_MAX ? INT_MAX : value <= INT_MIN ? INT_MIN : (int)value;
    return number.len <= DOUBLE_DIGITS && isfinite(value);
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
