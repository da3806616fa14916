/* SPDX-License-Identifier: MIT */
/*
 * mbedTLS computes RR mod N of an RSA key at its first use and keeps it in the key. For a shared
 * root it would be allocated for the first connection that uses it, and freed with that connection.
 * So each key is used once before, with the client as the owner: 4.2 M instructions for RSA 2048 on
 * a Cortex-M3. A client that imports its sessions and only resumes them does not pay that.
 */
#include "io/trust.h"

#include "io/tls_code.h"

#include <midge/err.h>

#if defined(MBEDTLS_RSA_C) && !defined(MBEDTLS_USE_PSA_CRYPTO) && !defined(MIDGE_TLS_EXTERNAL)

#include <mbedtls/rsa.h>

/* An error of the key itself is left to the verification. */
static int warm(mbedtls_x509_crt *root, struct midge__memory *memory)
{
    if (mbedtls_pk_get_type(&root->pk) != MBEDTLS_PK_RSA) {
        return MIDGE_OK;
    }
    mbedtls_rsa_context *rsa = mbedtls_pk_rsa(root->pk);
    size_t n = mbedtls_rsa_get_len(rsa);
    unsigned char *block = midge__memory_calloc(memory, MIDGE__OWNER_CLIENT, 2, n);
    if (block == NULL) {
        return MIDGE_ERR_NO_MEMORY;
    }
    block[n - 1] = 2;
    int ret = mbedtls_rsa_public(rsa, block, block + n);
    midge__memory_free(memory, block);
    bool failed = midge__tls_out_of_memory(ret) || midge__memory_failed(memory);
    return failed ? MIDGE_ERR_NO_MEMORY : MIDGE_OK;
}

#else

static int warm(mbedtls_x509_crt *root, struct midge__memory *memory)
{
    (void)root;
    (void)memory;
    return MIDGE_OK;
}

#endif

int midge__trust_warm(struct midge__trust *trust, struct midge__memory *memory)
{
    int err = MIDGE_OK;
    for (mbedtls_x509_crt *at = &trust->roots; at != NULL && err == MIDGE_OK; at = at->next) {
        err = warm(at, memory);
    }
    return err;
}
