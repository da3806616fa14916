/* SPDX-License-Identifier: MIT */
/* Reads "10/s", "3/15m", "100": the number, then the interval, whose last letter is its unit. */
#include "rate.h"

#include <stdint.h>
#include <string.h>

#define MOST_MS (uint32_t) INT32_MAX /* the library's: 24 days */
#define HOUR_MS 3600000U

/* Milliseconds of one unit; 0: there is no such unit. */
static uint32_t unit_ms(char unit)
{
    switch (unit) {
    case 's':
        return 1000;
    case 'm':
        return 60000;
    case 'h':
        return HOUR_MS;
    case 'd':
        return 24 * HOUR_MS;
    default:
        return 0;
    }
}

/* A number of 1 to most in len digits. */
static bool read_number(const char *text, size_t len, uint32_t most, uint32_t *number)
{
    uint32_t n = 0;
    for (size_t i = 0; i < len; i++) {
        const uint32_t digit = (uint32_t)(unsigned char)text[i] - '0';
        if (digit > 9 || digit > most || n > (most - digit) / 10) {
            return false;
        }
        n = n * 10 + digit;
    }
    *number = n;
    return n > 0;
}

static bool read_interval(const char *text, uint32_t *ms)
{
    const size_t len = strlen(text);
    const uint32_t unit = len > 0 ? unit_ms(text[len - 1]) : 0;
    uint32_t count = 1;
    if (unit == 0 || (len > 1 && !read_number(text, len - 1, MOST_MS / unit, &count))) {
        return false;
    }
    *ms = count * unit;
    return true;
}

bool app_rate_read(const char *text, struct midge_rate *rate)
{
    const size_t len = strcspn(text, "/");
    rate->interval_ms = HOUR_MS;
    return read_number(text, len, UINT32_MAX, &rate->requests) &&
           (text[len] == '\0' || read_interval(text + len + 1, &rate->interval_ms));
}
