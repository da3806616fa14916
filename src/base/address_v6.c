/* SPDX-License-Identifier: MIT */
/* IPv6 addresses. Groups are written to `out` as they come; at the end those after "::" move to its
   end. */
#include "base/address.h"

#if MIDGE_WITH_IPV6

#include "base/span.h"

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

bool midge__address_v6(struct midge_span s, uint8_t out[16])
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
        if (n <= 12 && midge__address_v4(midge__span(at, (size_t)(end - at)), out + n)) {
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

bool midge__address_has_zone(const uint8_t bytes[16])
{
    static const uint8_t loopback[16] = {[15] = 1};
    return (bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80) ||
           memcmp(bytes, loopback, sizeof loopback) == 0;
}

#endif
