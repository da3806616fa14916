/* SPDX-License-Identifier: MIT */
#include "base/address.h"
#include "base/span.h"

/* Four decimal numbers without leading zeros, since some programs read these as octal. */
static bool parse_v4(struct midge_span s, uint8_t out[4])
{
    for (unsigned i = 0; i < 4; i++) {
        uint64_t value;
        size_t digits = midge__span_find(s, '.');
        if ((digits == s.len) != (i == 3) || digits > 3 || (digits > 1 && s.ptr[0] == '0') ||
            !midge__span_u64(midge__span(s.ptr, digits), &value) || value > 255) {
            return false;
        }
        out[i] = (uint8_t)value;
        if (i < 3) {
            s = midge__span(s.ptr + digits + 1, s.len - digits - 1);
        }
    }
    return true;
}

static unsigned parse_group(const char *text, const char *end, unsigned *value)
{
    unsigned digits = 0;
    *value = 0;
    for (; digits < 4 && text + digits < end; digits++) {
        int digit = midge__hex_value(text[digits]);
        if (digit < 0) {
            break;
        }
        *value = *value << 4 | (unsigned)digit;
    }
    return digits;
}

/* Eight groups; "::" may replace one run of zero groups, an IPv4 address the last two. */
static bool parse_v6(struct midge_span s, uint8_t out[16])
{
    enum { NONE = 17 };
    const char *at = s.ptr, *end = s.ptr + s.len;
    size_t n = 0, gap = NONE;
    if (s.len >= 2 && at[0] == ':' && at[1] == ':') {
        gap = 0;
        at += 2;
    }
    while (at < end) {
        unsigned value, digits;
        if (n <= 12 && parse_v4(midge__span(at, (size_t)(end - at)), out + n)) {
            n += 4;
            break;
        }
        digits = parse_group(at, end, &value);
        at += digits;
        if (digits == 0 || n > 14) {
            return false;
        }
        out[n++] = (uint8_t)(value >> 8);
        out[n++] = (uint8_t)value;
        if (at == end) {
            break;
        }
        if (*at++ != ':' || at == end) {
            return false;
        }
        if (*at == ':') {
            if (gap != NONE) {
                return false;
            }
            gap = n;
            at++;
        }
    }
    if (gap == NONE) {
        return n == 16;
    }
    memmove(out + 16 - (n - gap), out + gap, n - gap);
    memset(out + gap, 0, 16 - n);
    return n <= 14;
}

unsigned midge__address_parse(struct midge_span text, uint8_t bytes[16])
{
    if (parse_v4(text, bytes)) {
        return 4;
    }
    return parse_v6(text, bytes) ? 6 : 0;
}

bool midge__address_has_zone(const uint8_t bytes[16])
{
    static const uint8_t loopback[16] = {[15] = 1};
    return (bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80) ||
           memcmp(bytes, loopback, sizeof loopback) == 0;
}
