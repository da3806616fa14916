/* SPDX-License-Identifier: MIT */
/*
 * The client's certificate, parsed once for all connections. mbedTLS sends it when a server asks
 * for one, and an empty list when there is none (RFC 8446 4.4.2.4). All that can be wrong with it
 * is found here, when the client opens; only servers know whether they accept it
 * (credential_fault.c).
 */
#include "io/credential.h"

#if MIDGE_WITH_CREDENTIAL

#include <mbedtls/asn1.h>

#include "io/cert_parse.h"
#include "io/pem.h"
#include "io/tls_code.h"
#include "io/tls_internal.h"
#include "io/tls_text.h"

/* --- parsing --- */

static const char *parse_text(int ret)
{
#if MIDGE_WITH_TEXTS
    return midge__tls_parse_text(ret);
#else
    (void)ret;
    return "";
#endif
}

/* The first certificate's fault, or that of the first one that cannot be read. */
static int refuse_chain(struct midge__tls_context *context, int ret, const char **why)
{
    if (midge__tls_out_of_memory(ret) || midge__memory_failed(context->memory)) {
        return MIDGE_ERR_NO_MEMORY;
    }
    *why = midge__tls_high_level(ret) == MBEDTLS_ERR_PK_INVALID_PUBKEY
               ? MIDGE__TEXT("the certificate's key is malformed, or too large for this profile")
               : parse_text(ret);
    return MIDGE_ERR_CREDENTIAL;
}

static int add_der(struct midge__tls_context *context, const unsigned char *der, size_t len,
                   bool copy, const char **why)
{
    int ret = midge__cert_parse(&context->credential->chain, der, len, copy);
    return ret == 0 ? MIDGE_OK : refuse_chain(context, ret, why);
}

static int add_pem(struct midge__tls_context *context, const struct midge__pem *pem,
                   const char **why)
{
    size_t cap = midge__pem_bound(pem), len = 0;
    unsigned char *der = midge__memory_alloc(context->memory, MIDGE__OWNER_CLIENT, cap);
    if (der == NULL) {
        return MIDGE_ERR_NO_MEMORY;
    }
    int err = MIDGE_ERR_CREDENTIAL;
    *why = MIDGE__TEXT("the client certificate is not base64");
    if (midge__pem_decode(pem, der, cap, &len)) {
        err = add_der(context, der, len, true, why);
    }
    midge__memory_free(context->memory, der);
    return err;
}

/* The bytes of the DER value at the text's begin, which is a SEQUENCE; 0: there is none. */
static size_t der_len(const struct midge__pem *text)
{
    unsigned char *at = (unsigned char *)(uintptr_t)text->at;
    size_t len = 0;
    return mbedtls_asn1_get_tag(&at, text->end, &len,
                                MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE) == 0
               ? (size_t)(at - text->at) + len
               : 0;
}

static int add_all(struct midge__tls_context *context, const struct midge_credential *settings,
                   const char **why)
{
    const unsigned char *at = settings->certificate;
    struct midge__pem text = {.at = at, .end = at + settings->certificate_len};
    int err = MIDGE_OK;
    size_t len;
    while (err == MIDGE_OK && (len = der_len(&text)) > 0) {
        err = add_der(context, text.at, len, settings->borrow == 0, why);
        text.at += len;
    }
    while (err == MIDGE_OK && midge__pem_next(&text)) {
        err = add_pem(context, &text, why);
    }
    return err;
}

/* --- checks --- */

/* Of a Certificate message (RFC 8446 4.4.2), at most: its head, then 3 and 2 bytes around each
   certificate. */
static size_t message_bytes(const struct midge__credential *own)
{
    size_t sum = 12;
    for (const mbedtls_x509_crt *at = &own->chain; at != NULL && at->raw.len > 0; at = at->next) {
        sum += at->raw.len + 5;
    }
    return sum;
}

bool midge__credential_in(const struct midge__tls_context *context)
{
    return midge__credential_given(context->credential);
}

bool midge__credential_fits(const struct midge__tls_context *context, unsigned n)
{
    const struct midge__credential *own = context->credential;
    return !midge__credential_given(own) || message_bytes(own) <= n;
}

static const char *fault_of(const struct midge__credential *own)
{
    const mbedtls_pk_context *pk = &own->chain.pk;
    if (!midge__credential_given(own)) {
        return MIDGE__TEXT("no client certificate in these bytes");
    }
    if (!midge__pk_is_ecdsa(pk) && !midge__pk_is_rsa(pk)) {
        return MIDGE__TEXT("the client certificate's key is no signature key");
    }
    if (message_bytes(own) > MBEDTLS_SSL_OUT_CONTENT_LEN) {
        return MIDGE__TEXT("the client certificate's chain is too long for this profile's output "
                           "buffer");
    }
    return NULL;
}

static const char *missing(const struct midge_credential *settings)
{
    const bool has_key = settings->key != NULL && settings->key_len > 0;
    if (settings->certificate == NULL || settings->certificate_len == 0) {
        return MIDGE__TEXT("a client key without its certificate");
    }
    if (!has_key && settings->key_id == 0) {
        return MIDGE__TEXT("a client certificate without its key");
    }
    return has_key && settings->key_id != 0 ? MIDGE__TEXT("both a client key and a key_id") : NULL;
}

/* --- opening --- */

static int open(struct midge__tls_context *context, const struct midge_credential *settings,
                const char **why)
{
    *why = missing(settings);
    if (*why != NULL) {
        return MIDGE_ERR_CREDENTIAL;
    }
    if (!MIDGE__HAS_KEY_ID && settings->key_id != 0) {
        *why = MIDGE__TEXT("no PSA keys in this build: key_id needs profile full");
        return MIDGE_ERR_UNSUPPORTED;
    }
    midge__memory_failed_reset(context->memory);
    int err = add_all(context, settings, why);
    if (err != MIDGE_OK) {
        return err;
    }
    *why = fault_of(context->credential);
    return *why != NULL ? MIDGE_ERR_CREDENTIAL : midge__credential_load(context, settings, why);
}

int midge__credential_open(struct midge__tls_context *context,
                           const struct midge_credential *settings)
{
    const char *why = NULL;
    if (settings == NULL) {
        return MIDGE_OK;
    }
    context->credential =
        midge__memory_calloc(context->memory, MIDGE__OWNER_CLIENT, 1, sizeof *context->credential);
    int err = context->credential != NULL ? open(context, settings, &why) : MIDGE_ERR_NO_MEMORY;
    if (settings->why != NULL) {
        *settings->why = err != MIDGE_OK && why != NULL ? why : "";
    }
    return err;
}

void midge__credential_close(struct midge__tls_context *context)
{
    struct midge__credential *own = context->credential;
    if (own != NULL) {
        mbedtls_x509_crt_free(&own->chain);
        mbedtls_pk_free(&own->key);
        midge__memory_free(context->memory, own);
        context->credential = NULL;
    }
}

/* With a key's number, the certificate's public key stands for the key: its kind and size are the
   same, and signatures go to PSA (credential_sign.c). Where pk works with keys of PSA, it does not
   have to. */
#if defined(MIDGE__PK_IN_PSA)
#define key_of(own) (&(own)->key)
#else
#define key_of(own) ((own)->key_id != 0 ? &(own)->chain.pk : &(own)->key)
#endif

int midge__credential_use(struct midge__tls_context *context, mbedtls_ssl_config *conf)
{
    struct midge__credential *own = context->credential;
    if (!midge__credential_given(own)) {
        return 0;
    }
    return mbedtls_ssl_conf_own_cert(conf, &own->chain, key_of(own));
}

/* --- the estimate --- */

/* Numbers of a key: each block of memory rounds up, and has a header. */
#define KEY_BLOCKS ((size_t)16)

/* An RSA key's DER has 4.5 times the bytes of its modulus; parsed, and with the numbers that
   mbedTLS keeps for later signatures, it has 8.5 times. */
static size_t key_bytes(const struct midge_credential *settings)
{
    const unsigned char *key = settings->key;
    size_t parsed = MIDGE__RSA_KEY < MIDGE__EC_KEY ? MIDGE__EC_KEY : MIDGE__RSA_KEY;
    return key == NULL ? 0
                       : MIDGE__MEMORY_COST(parsed) + 2 * settings->key_len +
                             KEY_BLOCKS * 2 * MIDGE__MEMORY_UNIT;
}

size_t midge__credential_bytes(const struct midge_credential *settings)
{
    return settings == NULL ? 0
                            : midge__trust_bytes(settings->certificate, settings->certificate_len) +
                                  key_bytes(settings) + MIDGE__MEMORY_COST(3 * sizeof(void *)) +
                                  MIDGE__MEMORY_COST(sizeof(struct midge__credential));
}

#endif
