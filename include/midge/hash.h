/* SPDX-License-Identifier: MIT */
/* SHA-256, to check downloads. */
#ifndef MIDGE_HASH_H
#define MIDGE_HASH_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* An external mbedTLS may compute hashes by PSA, whose state is larger. */
#ifndef MIDGE_SHA256_WORDS
#ifdef MIDGE_TLS_EXTERNAL
#define MIDGE_SHA256_WORDS 32
#else
#define MIDGE_SHA256_WORDS 16
#endif
#endif

struct midge_sha256 {
    uint64_t opaque[MIDGE_SHA256_WORDS]; /* the crypto library's state; holds no pointer */
};

void midge_sha256_init(struct midge_sha256 *hash);
void midge_sha256_update(struct midge_sha256 *hash, const void *data, size_t len);
void midge_sha256_final(struct midge_sha256 *hash, uint8_t digest[32]);

#ifdef __cplusplus
}
#endif
#endif
