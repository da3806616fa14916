/* SPDX-License-Identifier: MIT */
/*
 * The client's key as a number of PSA. It is looked at once, when the client opens: its kind, its
 * policy, and its public half, which must be the certificate's. For each full handshake PSA is
 * asked for one signature, and its driver may have the key elsewhere: no private byte passes here.
 *
 * PSA loads a persistent key when it is used first, into memory that later users of the key see as
 * well: that is process memory, as PSA's slots are. Scratch is the client's.
 *
 * MBEDTLS_USE_PSA_CRYPTO, by which mbedTLS's own opaque keys work, is not needed: it would cost 18
 * % of instructions for each byte, and the key exchange in steps. An external mbedTLS needs it,
 * since its TLS files do not call midge (credential_sign.c).
 */
#include "io/credential.h"

#if MIDGE_WITH_CREDENTIAL && MIDGE__HAS_KEY_ID

#include <string.h>

#include "io/tls_internal.h"

/* Of an RSA key with 8,192 bits; of an EC key 133. */
#define PUBLIC_MAX 1040U

static mbedtls_svc_key_id_t id_of(uint32_t key_id)
{
    return mbedtls_svc_key_id_make(0, key_id);
}

/* Loads the key, if it is not in a slot. */
static psa_status_t load(struct midge__tls_context *context, uint32_t key_id,
                         psa_key_attributes_t *attributes)
{
    const struct midge__tls_scope process = {.context = context, .process = true};
    const struct midge__tls_scope *outer = midge__tls_enter(&process);
    psa_status_t status = psa_get_key_attributes(id_of(key_id), attributes);
    midge__tls_leave(outer);
    return status;
}

/* --- the checks --- */

/* The public key in its form for PSA, a point or a PKCS #1 structure, ends SubjectPublicKeyInfo
   (RFC 5280 4.1). */
static bool is_in_certificate(const struct midge__credential *own, const uint8_t *key, size_t len)
{
    const mbedtls_x509_buf *info = &own->chain.pk_raw;
    return len > 0 && len < info->len && memcmp(info->p + info->len - len, key, len) == 0;
}

static const char *public_fault(struct midge__tls_context *context, uint32_t key_id)
{
    size_t len = 0;
    uint8_t *key = midge__memory_alloc(context->memory, MIDGE__OWNER_CLIENT, PUBLIC_MAX);
    if (key == NULL) {
        return NULL; /* the caller looks at the memory's failure */
    }
    psa_status_t status = psa_export_public_key(id_of(key_id), key, PUBLIC_MAX, &len);
    bool same = status == PSA_SUCCESS && is_in_certificate(context->credential, key, len);
    midge__memory_free(context->memory, key);
    if (status != PSA_SUCCESS) {
        return MIDGE__TEXT("PSA does not give the public half of the client key");
    }
    return same ? NULL : MIDGE__TEXT("the client key is not the certificate's");
}

static bool is_signature_key(const mbedtls_pk_context *certificate, psa_key_attributes_t *key)
{
    psa_key_type_t type = psa_get_key_type(key);
    psa_algorithm_t alg = psa_get_key_algorithm(key);
    return midge__pk_is_rsa(certificate)
               ? type == PSA_KEY_TYPE_RSA_KEY_PAIR &&
                     (PSA_ALG_IS_RSA_PKCS1V15_SIGN(alg) || PSA_ALG_IS_RSA_PSS(alg))
               : PSA_KEY_TYPE_IS_ECC_KEY_PAIR(type) && PSA_ALG_IS_ECDSA(alg);
}

static const char *policy_fault(const struct midge__credential *own, psa_key_attributes_t *key)
{
    if ((psa_get_key_usage_flags(key) & PSA_KEY_USAGE_SIGN_HASH) == 0) {
        return MIDGE__TEXT("the policy of the client key does not permit to sign hashes");
    }
    return is_signature_key(&own->chain.pk, key)
               ? NULL
               : MIDGE__TEXT("kind or algorithm of the client key do not fit the certificate");
}

static const char *find(struct midge__tls_context *context, uint32_t key_id)
{
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
    if (load(context, key_id, &attributes) != PSA_SUCCESS) {
        return MIDGE__TEXT("PSA has no client key of that number");
    }
    const char *why = policy_fault(context->credential, &attributes);
    psa_reset_key_attributes(&attributes);
    return why != NULL ? why : public_fault(context, key_id);
}

int midge__credential_find(struct midge__tls_context *context, uint32_t key_id, const char **why)
{
    *why = find(context, key_id);
    if (midge__memory_failed(context->memory)) {
        return MIDGE_ERR_NO_MEMORY;
    }
    if (*why != NULL) {
        return MIDGE_ERR_CREDENTIAL;
    }
    context->credential->key_id = key_id;
#if defined(MIDGE__PK_IN_PSA)
    return midge__pk_wrap_psa(&context->credential->key, id_of(key_id)) == 0
               ? MIDGE_OK
               : MIDGE_ERR_UNSUPPORTED;
#else
    return MIDGE_OK;
#endif
}

#if !defined(MIDGE_TLS_EXTERNAL)

/* --- signing --- */

static psa_algorithm_t algorithm_of(mbedtls_pk_type_t type, mbedtls_md_type_t md,
                                    const psa_key_attributes_t *key)
{
    psa_algorithm_t hash = mbedtls_md_psa_alg_from_type(md);
    if (type == MBEDTLS_PK_RSASSA_PSS) {
        return PSA_ALG_RSA_PSS(hash);
    }
    if (type == MBEDTLS_PK_RSA) {
        return PSA_ALG_RSA_PKCS1V15_SIGN(hash);
    }
    return PSA_ALG_IS_DETERMINISTIC_ECDSA(psa_get_key_algorithm(key))
               ? PSA_ALG_DETERMINISTIC_ECDSA(hash)
               : PSA_ALG_ECDSA(hash);
}

/* TLS has ECDSA's two numbers in DER (RFC 8422 5.4), PSA one after the other. */
static int finish(mbedtls_pk_type_t type, size_t bits, unsigned char *sig, size_t cap, size_t *len)
{
    return type == MBEDTLS_PK_RSA || type == MBEDTLS_PK_RSASSA_PSS
               ? 0
               : mbedtls_ecdsa_raw_to_der(bits, sig, *len, sig, cap, len);
}

int midge__credential_sign(struct midge__tls_context *context, mbedtls_pk_type_t type,
                           mbedtls_md_type_t md, const unsigned char *hash, unsigned char *sig,
                           size_t cap, size_t *len)
{
    const uint32_t key_id = context->credential->key_id;
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
    psa_status_t status = load(context, key_id, &attributes);
    size_t bits = psa_get_key_bits(&attributes);
    if (status == PSA_SUCCESS) {
        psa_algorithm_t alg = algorithm_of(type, md, &attributes);
        status = psa_sign_hash(id_of(key_id), alg, hash, PSA_HASH_LENGTH(alg), sig, cap, len);
    }
    psa_reset_key_attributes(&attributes);
    if (status == PSA_ERROR_INSUFFICIENT_MEMORY) {
        return MBEDTLS_ERR_PK_ALLOC_FAILED;
    }
    return status == PSA_SUCCESS ? finish(type, bits, sig, cap, len)
                                 : MBEDTLS_ERR_PK_FEATURE_UNAVAILABLE;
}

#endif

#endif
