/* SPDX-License-Identifier: MIT */
/* Signatures that are no part of TLS, by mbedTLS's pk layer, which checks those of certificates. */
#include "io/tls_internal.h"

#if MIDGE_WITH_UPDATE

#include <string.h>

#include "io/tls_code.h"

enum { P256_KEY = 91, P256_BITS = 256 }; /* of DER (RFC 5480 2); of the key */

/* A key or a number that found no memory looks like a wrong one. */
static bool out_of_memory(const struct midge__tls_context *context, int ret)
{
    return ret != 0 && (midge__tls_out_of_memory(ret) || midge__memory_failed(context->memory) ||
                        midge__tls_process_failed());
}

static int parse_key(mbedtls_pk_context *pk, const uint8_t *key, size_t len)
{
    unsigned char copy[P256_KEY];
    if (key == NULL || len != sizeof copy) {
        return MBEDTLS_ERR_PK_BAD_INPUT_DATA;
    }
    memcpy(copy, key, len);
    const int ret = midge__pk_parse_public(pk, copy, len);
    const bool good = ret == 0 && midge__pk_is_ecdsa(pk) && mbedtls_pk_get_bitlen(pk) == P256_BITS;
    return ret != 0 || good ? ret : MBEDTLS_ERR_PK_TYPE_MISMATCH;
}

int midge__tls_verify_p256(struct midge__tls_context *context, const uint8_t *key, size_t key_len,
                           const uint8_t digest[32], const uint8_t *signature, size_t len)
{
    mbedtls_pk_context pk;
    const struct midge__tls_scope *outer = midge__tls_enter(&context->scope);
    midge__memory_failed_reset(context->memory);
    midge__tls_process_failed_reset();
    mbedtls_pk_init(&pk);
    int ret = parse_key(&pk, key, key_len), err = MIDGE_ERR_INVALID;
    if (ret == 0) {
        ret = mbedtls_pk_verify(&pk, MBEDTLS_MD_SHA256, digest, 32, signature, len);
        err = ret == 0 ? MIDGE_OK : MIDGE_ERR_SIGNATURE;
    }
    if (out_of_memory(context, ret)) {
        err = MIDGE_ERR_NO_MEMORY;
    }
    mbedtls_pk_free(&pk);
    midge__tls_leave(outer);
    return err;
}

#endif
