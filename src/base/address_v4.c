/* SPDX-License-Identifier: MIT */
/* Reads an IPv4 address in its plain form only: other readers take 127.1 or 010.0.0.1 differently.
 */
#include "base/address.h"
#include "base/span.h"

/* Four decimal numbers without leading zeros, since some programs read these as octal. */
bool midge__address_v4(struct midge_span text, uint8_t out[4])
{
    const char *at = text.ptr, *end = at + text.len;
    for (unsigned i = 0; i < 4; i++) {
        const char *begin = at;
        unsigned value = 0;
        while (at != end && midge__is_digit(*at) && value < 100) {
            value = value * 10 + (unsigned)(*at++ - '0');
        }
        if (at == begin || value > 255 || (*begin == '0' && at - begin != 1)) {
            return false;
        }
        out[i] = (uint8_t)value;
        if (i < 3 && (at == end || *at++ != '.')) {
            return false;
        }
    }
    return at == end;
}
