/* SPDX-License-Identifier: MIT */
#include "core/address.h"
#include "base/span.h"
#include <string.h>

/* Four decimal numbers without leading zeros, which some read as octal. */
static bool parse_v4(const char *text, uint8_t out[4])
{
    for (unsigned i = 0; i < 4; i++) {
        unsigned value = 0, digits = 0;
        bool zero = *text == '0';
        for (; midge__is_digit(*text) && digits < 4; text++, digits++) {
            value = value * 10 + (unsigned)(*text - '0');
        }
        if (digits == 0 || digits > 3 || value > 255 || (zero && digits > 1)) {
            return false;
        }
        if (*text != (i < 3 ? '.' : '\0')) {
            return false;
        }
        text++;
        out[i] = (uint8_t)value;
    }
    return true;
}

static unsigned parse_group(const char **text, unsigned *value)
{
    unsigned digits = 0;
    *value = 0;
    for (; digits < 4 && midge__hex_value(**text) >= 0; digits++, (*text)++) {
        *value = *value << 4 | (unsigned)midge__hex_value(**text);
    }
    return digits;
}

/* Groups before and after "::"; the last may be an IPv4 address. */
static bool parse_v6(const char *text, uint8_t out[16])
{
    uint8_t bytes[16] = {0};
    unsigned n = 0, gap = 17;
    if (text[0] == ':' && text[1] == ':') {
        gap = 0;
        text += 2;
    }
    while (*text != '\0' && n <= 14) {
        unsigned value;
        const char *start = text;
        if (n <= 12 && parse_v4(start, bytes + n)) {
            n += 4;
            text += strlen(text);
            break;
        }
        if (parse_group(&text, &value) == 0) {
            return false;
        }
        bytes[n++] = (uint8_t)(value >> 8);
        bytes[n++] = (uint8_t)value;
        if (*text == '\0') {
            break;
        }
        if (*text++ != ':') {
            return false;
        }
        if (*text == ':') {
            if (gap <= 16) {
                return false;
            }
            gap = n;
            text++;
        } else if (*text == '\0') {
            return false;
        }
    }
    if (*text != '\0' || (gap > 16 ? n != 16 : n > 14)) {
        return false;
    }
    unsigned head = gap > 16 ? 16 : gap;
    memset(out, 0, 16);
    memcpy(out, bytes, head);
    memcpy(out + 16 - (n - (gap > 16 ? n : gap)), bytes + head, n - (gap > 16 ? n : gap));
    return true;
}

bool midge__address_parse(const char *text, struct midge_addr *addr)
{
    memset(addr, 0, sizeof *addr);
    if (parse_v4(text, addr->bytes)) {
        addr->family = 4;
        return true;
    }
    if (parse_v6(text, addr->bytes)) {
        addr->family = 6;
        return true;
    }
    return false;
}
