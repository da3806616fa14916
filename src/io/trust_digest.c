/* SPDX-License-Identifier: MIT */
#include "io/trust.h"

#include <midge/hash.h>

void midge__trust_digest(const struct midge__trust *trust, uint8_t digest[32])
{
    struct midge_sha256 hash;
    midge_sha256_init(&hash);
    for (const mbedtls_x509_crt *at = &trust->roots; at != NULL; at = at->next) {
        midge_sha256_update(&hash, at->raw.p, at->raw.len);
    }
    midge_sha256_final(&hash, digest);
}
