/* SPDX-License-Identifier: MIT */
/* A character is valid if its code has no shorter form (RFC 3629 3), is not half of a surrogate
   pair and not beyond the last one, U+10FFFF. */
#include "codec/utf8.h"

#include "midge/config.h"

#if MIDGE_WITH_JSON

unsigned midge__utf8_more(uint32_t code)
{
    return 0u + (code >= 0x80) + (code >= 0x800) + (code >= 0x10000);
}

unsigned midge__utf8_begin(uint8_t first, uint32_t *code)
{
    if (first < 0xc2 || first > 0xf4) {
        return 0;
    }
    unsigned more = 1u + (first >= 0xe0) + (first >= 0xf0);
    *code = first & (0x3fu >> more);
    return more;
}

bool midge__utf8_add(uint8_t byte, uint32_t *code)
{
    *code = *code << 6 | (byte & 0x3f);
    return (byte & 0xc0) == 0x80;
}

bool midge__utf8_ok(uint32_t code, unsigned more)
{
    return midge__utf8_more(code) == more && code <= 0x10ffff && code >> 11 != 0xd800 >> 11;
}

#endif
