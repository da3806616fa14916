/* SPDX-License-Identifier: MIT */
/* MD5 (RFC 1321), only for servers that know no other digest: it protects nothing today. */
#ifndef MIDGE_BASE_MD5_H
#define MIDGE_BASE_MD5_H

#include <stddef.h>
#include <stdint.h>

struct midge__md5 {
    uint32_t state[4];
    uint64_t len; /* bytes so far */
    uint8_t block[64];
};

void midge__md5_init(struct midge__md5 *md5);
void midge__md5_update(struct midge__md5 *md5, const void *data, size_t len);
void midge__md5_final(struct midge__md5 *md5, uint8_t digest[16]);

#endif
