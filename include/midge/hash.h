/* SPDX-License-Identifier: MIT */
/* SHA-256, to check downloads. */
#ifndef MIDGE_HASH_H
#define MIDGE_HASH_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct midge_sha256 {
    uint64_t opaque[16]; /* the crypto library's state; holds no pointer */
};

void midge_sha256_init(struct midge_sha256 *hash);
void midge_sha256_update(struct midge_sha256 *hash, const void *data, size_t len);
void midge_sha256_final(struct midge_sha256 *hash, uint8_t digest[32]);

#ifdef __cplusplus
}
#endif
#endif
