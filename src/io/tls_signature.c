/* SPDX-License-Identifier: MIT */
/* Signatures that are no part of TLS, by mbedTLS's pk layer, which checks those of certificates. */
#include "io/tls_internal.h"

#if MIDGE_WITH_UPDATE

#include <string.h>

#include <mbedtls/pk.h>

enum { P256_KEY = 91, P256_BITS = 256 }; /* of DER (RFC 5480 2); of the key */

static int error_of(int ret)
{
    return ret == MBEDTLS_ERR_PK_ALLOC_FAILED || ret == MBEDTLS_ERR_MPI_ALLOC_FAILED
               ? MIDGE_ERR_NO_MEMORY
               : MIDGE_ERR_SIGNATURE;
}

static int parse_key(mbedtls_pk_context *pk, const uint8_t *key, size_t len)
{
    unsigned char copy[P256_KEY], *at = copy;
    if (key == NULL || len != sizeof copy) {
        return MIDGE_ERR_INVALID;
    }
    memcpy(copy, key, len);
    const int ret = mbedtls_pk_parse_subpubkey(&at, copy + len, pk);
    if (ret != 0 && error_of(ret) == MIDGE_ERR_NO_MEMORY) {
        return MIDGE_ERR_NO_MEMORY;
    }
    return ret == 0 && mbedtls_pk_can_do(pk, MBEDTLS_PK_ECDSA) &&
                   mbedtls_pk_get_bitlen(pk) == P256_BITS
               ? MIDGE_OK
               : MIDGE_ERR_INVALID;
}

int midge__tls_verify_p256(struct midge__tls_context *context, const uint8_t *key, size_t key_len,
                           const uint8_t digest[32], const uint8_t *signature, size_t len)
{
    mbedtls_pk_context pk;
    const struct midge__tls_scope *outer = midge__tls_enter(&context->scope);
    mbedtls_pk_init(&pk);
    int err = parse_key(&pk, key, key_len);
    if (err == MIDGE_OK) {
        const int ret = mbedtls_pk_verify(&pk, MBEDTLS_MD_SHA256, digest, 32, signature, len);
        err = ret == 0 ? MIDGE_OK : error_of(ret);
    }
    mbedtls_pk_free(&pk);
    midge__tls_leave(outer);
    return err;
}

#endif
