/* SPDX-License-Identifier: MIT */
/*
 * MD5, small rather than fast. mbedTLS has one too, but it is off in all profiles: its switch would
 * add MD5 to the signatures and hashes that mbedTLS knows elsewhere. Digest authentication hashes
 * some 200 bytes a request.
 */
#include "base/md5.h"

#include <string.h>

/* RFC 1321 3.4: the whole part of 2^32 times abs(sin(i)), i from 1. */
static const uint32_t sines[64] = {
    0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
    0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
    0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
    0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
    0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
    0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
    0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
    0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391};

static const uint8_t turns[4][4] = {
    {7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};

static uint32_t word(const uint8_t *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

/* The function of a round, and the number of the word that step i of it takes. */
static uint32_t mix(unsigned i, uint32_t b, uint32_t c, uint32_t d, unsigned *nth)
{
    switch (i / 16) {
    case 0:
        *nth = i;
        return (b & c) | (~b & d);
    case 1:
        *nth = (5 * i + 1) % 16;
        return (b & d) | (c & ~d);
    case 2:
        *nth = (3 * i + 5) % 16;
        return b ^ c ^ d;
    default:
        *nth = 7 * i % 16;
        return c ^ (b | ~d);
    }
}

static void take_block(uint32_t state[4], const uint8_t *block)
{
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
    for (unsigned i = 0; i < 64; i++) {
        unsigned nth;
        const uint32_t sum = a + mix(i, b, c, d, &nth) + sines[i] + word(block + 4 * (size_t)nth);
        const unsigned turn = turns[i / 16][i % 4];
        a = d;
        d = c;
        c = b;
        b += sum << turn | sum >> (32 - turn);
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
}

void midge__md5_init(struct midge__md5 *md5)
{
    *md5 = (struct midge__md5){.state = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476}};
}

void midge__md5_update(struct midge__md5 *md5, const void *data, size_t len)
{
    const uint8_t *from = data;
    for (size_t i = 0; i < len; i++) {
        md5->block[md5->len++ % 64] = from[i];
        if (md5->len % 64 == 0) {
            take_block(md5->state, md5->block);
        }
    }
}

void midge__md5_final(struct midge__md5 *md5, uint8_t digest[16])
{
    const uint64_t bits = md5->len * 8;
    uint8_t end[72] = {0x80};
    const size_t pad = 64 - (md5->len + 8) % 64;
    for (size_t i = 0; i < 8; i++) {
        end[pad + i] = (uint8_t)(bits >> 8 * i);
    }
    midge__md5_update(md5, end, pad + 8);
    for (size_t i = 0; i < 16; i++) {
        digest[i] = (uint8_t)(md5->state[i / 4] >> 8 * (i % 4));
    }
    memset(md5, 0, sizeof *md5);
}
