/* SPDX-License-Identifier: MIT */
/* Three bytes make four characters; a group that is not complete is filled up with '='. */
#include "base/base64.h"

#include <string.h>

static char character(unsigned value)
{
    if (value < 52) {
        return (char)(value < 26 ? 'A' + value : 'a' + value - 26);
    }
    return value < 62 ? (char)('0' + value - 52) : value == 62 ? '+' : '/';
}

size_t midge__base64_encode(char *out, struct midge_span in)
{
    char *at = out;
    for (size_t i = 0; i < in.len; i += 3) {
        uint8_t group[3] = {0};
        const size_t n = in.len - i < 3 ? in.len - i : 3;
        memcpy(group, in.ptr + i, n);
        *at++ = character(group[0] >> 2);
        *at++ = character((group[0] & 3U) << 4 | group[1] >> 4);
        *at++ = n > 1 ? character((group[1] & 15U) << 2 | group[2] >> 6) : '=';
        *at++ = n > 2 ? character(group[2] & 63U) : '=';
    }
    return (size_t)(at - out);
}
