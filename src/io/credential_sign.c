/* SPDX-License-Identifier: MIT */
/*
 * Signatures of the client. mbedTLS's TLS files call these two functions in place of its own, which
 * take the rest: a key by its number goes to PSA, and an RSA key works in the client's memory.
 * mbedTLS keeps numbers in such a key at its first signature (Montgomery's, for blinding); with the
 * tag of the connection they would be freed with it.
 */
#include "io/credential.h"

#if !defined(MIDGE_TLS_EXTERNAL) && MIDGE_WITH_CREDENTIAL

#include "io/tls_internal.h"

/* True: key stands for the one in PSA. */
static bool is_in_psa(const struct midge__tls_context *context, const mbedtls_pk_context *key)
{
    return MIDGE__HAS_KEY_ID && context != NULL && context->credential != NULL &&
           key == &context->credential->chain.pk;
}

#if !MIDGE__HAS_KEY_ID
#define midge__credential_sign(context, type, md, hash, sig, cap, len)                             \
    ((void)(hash), MBEDTLS_ERR_PK_FEATURE_UNAVAILABLE)
#endif

static bool is_own_rsa(const struct midge__tls_context *context, const mbedtls_pk_context *key)
{
    return context != NULL && context->credential != NULL && key == &context->credential->key &&
           mbedtls_pk_get_type(key) == MBEDTLS_PK_RSA;
}

/* Between begin and end, memory is the client's. */
static const struct midge__tls_scope *begin(struct midge__tls_context *context)
{
    midge__memory_yield(context->memory, true);
    return midge__tls_enter(&context->scope);
}

static void end(struct midge__tls_context *context, const struct midge__tls_scope *outer)
{
    midge__tls_leave(outer);
    midge__memory_yield(context->memory, false);
}

int midge__pk_sign_restartable(mbedtls_pk_context *key, mbedtls_md_type_t md,
                               const unsigned char *hash, size_t hash_len, unsigned char *sig,
                               size_t cap, size_t *len,
                               int (*f_rng)(void *, unsigned char *, size_t), void *p_rng,
                               mbedtls_pk_restart_ctx *restart)
{
    struct midge__tls_context *context = midge__tls_scope->context;
    if (is_in_psa(context, key)) {
        return midge__credential_sign(context, mbedtls_pk_get_type(key), md, hash, sig, cap, len);
    }
    if (!is_own_rsa(context, key)) {
        return mbedtls_pk_sign_restartable(key, md, hash, hash_len, sig, cap, len, f_rng, p_rng,
                                           restart);
    }
    const struct midge__tls_scope *outer = begin(context);
    int ret =
        mbedtls_pk_sign_restartable(key, md, hash, hash_len, sig, cap, len, f_rng, p_rng, restart);
    end(context, outer);
    return ret;
}

int midge__pk_sign_ext(mbedtls_pk_type_t type, mbedtls_pk_context *key, mbedtls_md_type_t md,
                       const unsigned char *hash, size_t hash_len, unsigned char *sig, size_t cap,
                       size_t *len, int (*f_rng)(void *, unsigned char *, size_t), void *p_rng)
{
    struct midge__tls_context *context = midge__tls_scope->context;
    if (is_in_psa(context, key)) {
        return midge__credential_sign(context, type, md, hash, sig, cap, len);
    }
    if (!is_own_rsa(context, key)) {
        return mbedtls_pk_sign_ext(type, key, md, hash, hash_len, sig, cap, len, f_rng, p_rng);
    }
    const struct midge__tls_scope *outer = begin(context);
    int ret = mbedtls_pk_sign_ext(type, key, md, hash, hash_len, sig, cap, len, f_rng, p_rng);
    end(context, outer);
    return ret;
}

#elif !defined(MIDGE_TLS_EXTERNAL)

int midge__pk_sign_restartable(mbedtls_pk_context *key, mbedtls_md_type_t md,
                               const unsigned char *hash, size_t hash_len, unsigned char *sig,
                               size_t cap, size_t *len,
                               int (*f_rng)(void *, unsigned char *, size_t), void *p_rng,
                               mbedtls_pk_restart_ctx *restart)
{
    return mbedtls_pk_sign_restartable(key, md, hash, hash_len, sig, cap, len, f_rng, p_rng,
                                       restart);
}

int midge__pk_sign_ext(mbedtls_pk_type_t type, mbedtls_pk_context *key, mbedtls_md_type_t md,
                       const unsigned char *hash, size_t hash_len, unsigned char *sig, size_t cap,
                       size_t *len, int (*f_rng)(void *, unsigned char *, size_t), void *p_rng)
{
    return mbedtls_pk_sign_ext(type, key, md, hash, hash_len, sig, cap, len, f_rng, p_rng);
}

#endif
