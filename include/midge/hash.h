/* SPDX-License-Identifier: MIT */
/* SHA-256, to check downloads. */
#ifndef MIDGE_HASH_H
#define MIDGE_HASH_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifndef MIDGE_SHA256_WORDS
#ifdef MIDGE_TLS_EXTERNAL
#define MIDGE_SHA256_WORDS 32 /* an external mbedTLS may use PSA, whose state is larger */
#else
#define MIDGE_SHA256_WORDS 16 /* words of 64 bits of the crypto library's state */
#endif
#endif

/* A hash that is being computed. Copies of it go on on their own. */
struct midge_sha256 {
    uint64_t opaque[MIDGE_SHA256_WORDS]; /* the crypto library's state; holds no pointer */
};

/* Begins, in any state. Nothing is to be freed afterwards. */
void midge_sha256_init(struct midge_sha256 *hash);
/* Adds len bytes. */
void midge_sha256_update(struct midge_sha256 *hash, const void *data, size_t len);
/* Writes the hash. Call midge_sha256_init before the next one. */
void midge_sha256_final(struct midge_sha256 *hash, uint8_t digest[32]);

#ifdef __cplusplus
}
#endif
#endif
