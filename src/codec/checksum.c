/* SPDX-License-Identifier: MIT */
/* Checksums in few bytes of flash: a table of 64 bytes instead of 1024. */
#include "codec/checksum.h"

#if MIDGE_WITH_GUNZIP || MIDGE_WITH_UPDATE

/* By half bytes. */
uint32_t midge__crc32(uint32_t crc, const uint8_t *data, size_t len)
{
    static const uint32_t table[16] = {0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac,
                                       0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
                                       0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
                                       0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c};
    crc = ~crc;
    while (len-- > 0) {
        crc ^= *data++;
        crc = crc >> 4 ^ table[crc & 15];
        crc = crc >> 4 ^ table[crc & 15];
    }
    return ~crc;
}

#endif
#if MIDGE_WITH_GUNZIP

uint32_t midge__adler32(uint32_t adler, const uint8_t *data, size_t len)
{
    uint32_t a = adler & 0xffff, b = adler >> 16;
    while (len-- > 0) {
        a += *data++;
        b += a;
    }
    return b % 65521 << 16 | a % 65521;
}

#endif
