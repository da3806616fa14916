/* SPDX-License-Identifier: MIT */
#include "number.h"

#include <string.h>

int number_parse(const char *text, size_t len, uint64_t min, uint64_t max, uint64_t *number)
{
    uint64_t sum = 0;

    if (len == 0) {
        return 0;
    }
    for (size_t i = 0; i < len; i++) {
        unsigned digit = (unsigned)(text[i] - '0');
        if (digit > 9 || sum > (UINT64_MAX - digit) / 10) {
            return 0;
        }
        sum = sum * 10 + digit;
    }
    *number = sum;
    return sum >= min && sum <= max;
}

/* The digits after the point as milliseconds; a smaller rest rounds up, so it never becomes
   zero. */
static int fraction_parse(const char *text, size_t len, uint64_t *ms)
{
    uint64_t unit = 100;
    int finer = 0;

    *ms = 0;
    for (size_t i = 0; i < len; i++, unit /= 10) {
        unsigned digit = (unsigned)(text[i] - '0');
        if (digit > 9) {
            return 0;
        }
        *ms += digit * unit;
        finer |= unit == 0 && digit > 0;
    }
    *ms += (uint64_t)finer;
    return 1;
}

int seconds_parse(const char *text, uint64_t *ms)
{
    const char *point = strchr(text, '.');
    size_t whole_len = point != NULL ? (size_t)(point - text) : strlen(text);
    uint64_t whole = 0, part = 0;

    if (point != NULL &&
        (point[1] == '\0' || !fraction_parse(point + 1, strlen(point + 1), &part))) {
        return 0;
    }
    if (!(whole_len == 0 && point != NULL) &&
        !number_parse(text, whole_len, 0, SECONDS_MAX, &whole)) {
        return 0;
    }
    *ms = whole * 1000 + part;
    return 1;
}
