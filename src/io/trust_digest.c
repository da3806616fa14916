/* SPDX-License-Identifier: MIT */
/*
 * SHA-256 of a trust set: the number of roots of config.tls.ca, these roots' DER in their order,
 * then the digest of the table. DER contains its length, so two sets never give the same bytes.
 */
#include "io/trust.h"

#include <midge/hash.h>

#if MIDGE_WITH_ROOT_TABLE
static void add_table(struct midge_sha256 *hash, const struct midge__trust *trust)
{
    uint8_t digest[32];
    if (midge__trust_has_table(trust)) {
        midge__root_table_digest(&trust->table, digest);
        midge_sha256_update(hash, digest, sizeof digest);
    }
}
#else
#define add_table(hash, trust) ((void)0)
#endif

void midge__trust_digest(const struct midge__trust *trust, uint8_t digest[32])
{
    const uint8_t count[2] = {(uint8_t)(trust->count >> 8), (uint8_t)trust->count};
    struct midge_sha256 hash;
    midge_sha256_init(&hash);
    midge_sha256_update(&hash, count, sizeof count);
    for (const mbedtls_x509_crt *at = trust->count > 0 ? &trust->roots : NULL; at != NULL;
         at = at->next) {
        midge_sha256_update(&hash, at->raw.p, at->raw.len);
    }
    add_table(&hash, trust);
    midge_sha256_final(&hash, digest);
}
