/* SPDX-License-Identifier: MIT */
#include "percent.h"

static int hex(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

char *percent_decode(char *out, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        int high = i + 2 < len && text[i] == '%' ? hex(text[i + 1]) : -1;
        int low = high >= 0 ? hex(text[i + 2]) : -1;
        int is_encoded = low >= 0 && high * 16 + low != 0;
        *out++ = is_encoded ? (char)(high * 16 + low) : text[i];
        i += is_encoded ? 2 : 0;
    }
    return out;
}
