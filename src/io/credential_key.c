/* SPDX-License-Identifier: MIT */
/*
 * The client's private key: parsed from PEM or DER, or found in PSA (credential_id.c). mbedTLS's
 * own PEM reader needs a NUL behind the text; here the base64 between the lines is decoded into
 * memory that is wiped. Whether the key is the certificate's is seen from the public halves: no
 * signature is computed for that.
 */
#include "io/credential.h"

#if MIDGE_WITH_CREDENTIAL

#include <string.h>

#include <mbedtls/platform_util.h>

#include "io/pem.h"
#include "io/tls_code.h"
#include "io/tls_internal.h"

/* --- PEM --- */

#if MIDGE_WITH_PEM

/* RFC 7468 10, 11; "EC PRIVATE KEY" and "RSA PRIVATE KEY" are OpenSSL's. */
static const char label_end[] = "PRIVATE KEY-----";
static const char encrypted_label[] = "ENCRYPTED ";

/* Finds the base64 of the first private key. */
static bool find_key(const struct midge_credential *settings, struct midge__pem *pem)
{
    const unsigned char *end = (const unsigned char *)settings->key + settings->key_len;
    const unsigned char *at = midge__pem_find(settings->key, end, label_end);
    if (at == NULL) {
        return false;
    }
    pem->at = at;
    pem->base64 = at + sizeof label_end - 1;
    const unsigned char *stop = midge__pem_find(pem->base64, end, "-----END ");
    pem->len = stop != NULL ? (size_t)(stop - pem->base64) : 0;
    return stop != NULL;
}

static bool is_before(const unsigned char *begin, const unsigned char *at, const char *word)
{
    size_t n = strlen(word);
    return (size_t)(at - begin) >= n && memcmp(at - n, word, n) == 0;
}

/* Lines "Proc-Type: 4,ENCRYPTED" are OpenSSL's older way, which has no key derivation. */
static bool is_encrypted(const struct midge_credential *settings, const struct midge__pem *pem)
{
    return is_before(settings->key, pem->at, encrypted_label) ||
           memchr(pem->base64, ':', pem->len) != NULL;
}

#else

#define find_key(settings, pem)     ((void)(settings), (void)(pem), false)
#define is_encrypted(settings, pem) ((void)(settings), (void)(pem), false)

#endif

/* --- parsing --- */

static int code_of(struct midge__tls_context *context, int ret, const char **why)
{
    if (ret == 0) {
        return MIDGE_OK;
    }
    if (midge__tls_out_of_memory(ret) || midge__memory_failed(context->memory)) {
        return MIDGE_ERR_NO_MEMORY;
    }
    *why = ret == MBEDTLS_ERR_PK_PASSWORD_MISMATCH
               ? MIDGE__TEXT("wrong password of the client key")
               : MIDGE__TEXT("the client key cannot be read: malformed, or of an unsupported kind");
    return MIDGE_ERR_CREDENTIAL;
}

static int parse(struct midge__tls_context *context, const struct midge_credential *settings,
                 const unsigned char *der, size_t len, const char **why)
{
    const char *password = settings->password;
    int ret =
        midge__pk_parse_key(&context->credential->key, der, len, (const unsigned char *)password,
                            password != NULL ? strlen(password) : 0, context);
    return code_of(context, ret, why);
}

static int parse_pem(struct midge__tls_context *context, const struct midge_credential *settings,
                     const struct midge__pem *pem, const char **why)
{
    size_t cap = midge__pem_bound(pem), len = 0;
    unsigned char *der = midge__memory_alloc(context->memory, MIDGE__OWNER_CLIENT, cap);
    if (der == NULL) {
        return MIDGE_ERR_NO_MEMORY;
    }
    int err = MIDGE_ERR_CREDENTIAL;
    *why = MIDGE__TEXT("the client key is not base64");
    if (midge__pem_decode(pem, der, cap, &len) && len > 0) {
        err = parse(context, settings, der, len, why);
    }
    mbedtls_platform_zeroize(der, cap);
    midge__memory_free(context->memory, der);
    return err;
}

/* PKCS #8 with PBES2, which only an external mbedTLS may have. */
static bool can_decrypt(const struct midge_credential *settings)
{
#if defined(MIDGE_TLS_EXTERNAL) && defined(MBEDTLS_PKCS5_C)
    return settings->password != NULL;
#else
    (void)settings;
    return false;
#endif
}

static int read_key(struct midge__tls_context *context, const struct midge_credential *settings,
                    const char **why)
{
    struct midge__pem pem = {0};
    bool is_pem = find_key(settings, &pem);
    bool encrypted = settings->password != NULL || (is_pem && is_encrypted(settings, &pem));
    if (encrypted && !can_decrypt(settings)) {
        *why = MIDGE__TEXT("the client key is encrypted, and this build cannot decrypt it: openssl "
                           "pkey does");
        return MIDGE_ERR_UNSUPPORTED;
    }
    return is_pem ? parse_pem(context, settings, &pem, why)
                  : parse(context, settings, settings->key, settings->key_len, why);
}

/* --- is it the certificate's? --- */

#if defined(MIDGE_TLS_EXTERNAL)

/* An external mbedTLS may keep keys in another form. It compares more. */
static bool is_pair(struct midge__tls_context *context)
{
    return midge__pk_check_pair(&context->credential->chain.pk, &context->credential->key,
                                context) == 0;
}

#else

static bool same_ec(const mbedtls_ecp_keypair *a, const mbedtls_ecp_keypair *b)
{
    return a->MBEDTLS_PRIVATE(grp).id == b->MBEDTLS_PRIVATE(grp).id &&
           mbedtls_ecp_point_cmp(&a->MBEDTLS_PRIVATE(Q), &b->MBEDTLS_PRIVATE(Q)) == 0;
}

static bool same_rsa(const mbedtls_rsa_context *a, const mbedtls_rsa_context *b)
{
    return mbedtls_mpi_cmp_mpi(&a->MBEDTLS_PRIVATE(N), &b->MBEDTLS_PRIVATE(N)) == 0 &&
           mbedtls_mpi_cmp_mpi(&a->MBEDTLS_PRIVATE(E), &b->MBEDTLS_PRIVATE(E)) == 0;
}

static bool is_pair(struct midge__tls_context *context)
{
    const mbedtls_pk_context *certificate = &context->credential->chain.pk;
    const mbedtls_pk_context *key = &context->credential->key;
    if (mbedtls_pk_get_type(certificate) != mbedtls_pk_get_type(key)) {
        return false;
    }
    return mbedtls_pk_get_type(key) == MBEDTLS_PK_RSA
               ? same_rsa(mbedtls_pk_rsa(*certificate), mbedtls_pk_rsa(*key))
               : same_ec(mbedtls_pk_ec(*certificate), mbedtls_pk_ec(*key));
}

#endif

int midge__credential_load(struct midge__tls_context *context,
                           const struct midge_credential *settings, const char **why)
{
    if (settings->key_id != 0) {
        return midge__credential_find(context, settings->key_id, why);
    }
    int err = read_key(context, settings, why);
    if (err == MIDGE_OK && !is_pair(context)) {
        *why = MIDGE__TEXT("the client key is not the certificate's");
        err = MIDGE_ERR_CREDENTIAL;
    }
    return err;
}

#endif
