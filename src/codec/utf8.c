/* SPDX-License-Identifier: MIT */
/*
 * A character that is not complete has in bits 24 and 25 of its code how many bytes follow the
 * first one, and above these how many of them are still to come. It is valid if its code has no
 * shorter form (RFC 3629 3), is not half of a surrogate pair, and not beyond the last one,
 * U+10FFFF.
 */
#include "codec/utf8.h"

#include "midge/config.h"

#if MIDGE_WITH_JSON

unsigned midge__utf8_more(uint32_t code)
{
    return 0u + (code >= 0x80) + (code >= 0x800) + (code >= 0x10000);
}

static bool begin(uint32_t *code, uint8_t byte)
{
    *code = byte;
    if (byte < 0x80) {
        return true;
    }
    unsigned more = 1u + (byte >= 0xe0) + (byte >= 0xf0);
    *code = (byte & (0x3fu >> more)) | more * (1u << 24 | 1u << 26);
    return byte >= 0xc2 && byte <= 0xf4;
}

bool midge__utf8_next(uint32_t *code, uint8_t byte)
{
    if (!midge__utf8_is_open(*code)) {
        return begin(code, byte);
    }
    uint32_t bits = (*code & 0xffffff) << 6 | (byte & 0x3f), counts = (*code >> 24) - 4;
    *code = bits | counts << 24;
    if ((byte & 0xc0) != 0x80 || counts >= 4) {
        return (byte & 0xc0) == 0x80;
    }
    *code = bits;
    return midge__utf8_more(bits) == counts && bits <= 0x10ffff && bits >> 11 != 0xd800 >> 11;
}

#endif
