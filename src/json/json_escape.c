/* SPDX-License-Identifier: MIT */
/* Short escapes where JSON has one, \u00XX for the other control characters. */
#include "json/json_escape.h"

#include <string.h>

#include "midge/config.h"

#if MIDGE_WITH_JSON

size_t midge__json_escape(char c, char out[6])
{
    static const char from[] = "\"\\\b\f\n\r\t", to[] = "\"\\bfnrt";
    const char *at = memchr(from, c, sizeof from - 1);
    if (at != NULL) {
        out[0] = '\\';
        out[1] = to[at - from];
        return 2;
    }
    if ((unsigned char)c < 0x20) {
        memcpy(out, "\\u00", 4);
        out[4] = (char)('0' + ((unsigned char)c >> 4));
        out[5] = "0123456789abcdef"[c & 15];
        return 6;
    }
    out[0] = c;
    return 1;
}

#endif
