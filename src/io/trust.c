/* SPDX-License-Identifier: MIT */
/*
 * Trusted roots. mbedTLS's own bundle parser needs a NUL after the text and half the bundle again
 * as heap; this one walks the caller's text and decodes one certificate at a time.
 */
#include "io/trust.h"

#include "io/cert_parse.h"
#include "io/tls_process.h"

#include <string.h>

#include <mbedtls/base64.h>
#include <mbedtls/rsa.h>
#include <midge/err.h>

/* --- finding certificates --- */

static const char pem_begin[] = "-----BEGIN CERTIFICATE-----";
static const char pem_end[] = "-----END CERTIFICATE-----";

struct cursor {
    const unsigned char *at, *end;
};

struct piece {
    const unsigned char *base64;
    size_t len;
};

static const unsigned char *find(const unsigned char *at, const unsigned char *end,
                                 const char *text)
{
    size_t n = strlen(text);
    while ((size_t)(end - at) >= n) {
        const unsigned char *hit = memchr(at, text[0], (size_t)(end - at) - n + 1);
        if (hit == NULL) {
            return NULL;
        }
        if (memcmp(hit, text, n) == 0) {
            return hit;
        }
        at = hit + 1;
    }
    return NULL;
}

/* The next PEM certificate's base64 text. */
static bool next_pem(struct cursor *c, struct piece *piece)
{
    const unsigned char *begin = find(c->at, c->end, pem_begin);
    if (begin == NULL) {
        return false;
    }
    begin += sizeof pem_begin - 1;
    const unsigned char *end = find(begin, c->end, pem_end);
    if (end == NULL) {
        return false;
    }
    piece->base64 = begin;
    piece->len = (size_t)(end - begin);
    c->at = end + sizeof pem_end - 1;
    return true;
}

/* DER starts with a SEQUENCE of more than 127 bytes. */
static bool looks_der(const unsigned char *ca, size_t len)
{
    return len > 4 && ca[0] == 0x30 && (ca[1] & 0x80) != 0;
}

/* Upper bound of the DER bytes that base64 text of this length can hold. */
static size_t der_bound(size_t base64_len)
{
    return base64_len / 4 * 3 + 3;
}

/* --- parsing --- */

/*
 * mbedTLS computes RR mod N of an RSA key at its first use and keeps it in the key. For a shared
 * root it would be allocated for the first connection that uses it, and freed with that connection.
 * So the key is used once, now.
 */
static int warm(mbedtls_x509_crt *root, struct midge__memory *memory)
{
#if defined(MBEDTLS_RSA_C) && !defined(MBEDTLS_USE_PSA_CRYPTO) && !defined(MIDGE_TLS_EXTERNAL)
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
    if (ret != 0) {
        return midge__tls_out_of_memory(ret) ? MIDGE_ERR_NO_MEMORY : MIDGE_ERR_CA;
    }
#else
    (void)root;
    (void)memory;
#endif
    return MIDGE_OK;
}

static mbedtls_x509_crt *last_of(struct midge__trust *trust)
{
    mbedtls_x509_crt *at = &trust->roots;
    while (at->next != NULL) {
        at = at->next;
    }
    return at;
}

/* A certificate that cannot be parsed (for example with an unknown curve) is skipped. */
static int add_der(struct midge__trust *trust, struct midge__memory *memory,
                   const unsigned char *der, size_t len)
{
    int ret = midge__cert_parse(&trust->roots, der, len, true);
    if (midge__tls_out_of_memory(ret) || midge__memory_failed(memory)) {
        return MIDGE_ERR_NO_MEMORY;
    }
    if (ret != 0) {
        trust->skipped++;
        return MIDGE_OK;
    }
    trust->count++;
    return warm(last_of(trust), memory);
}

static int add_pem(struct midge__trust *trust, struct midge__memory *memory,
                   const struct piece *piece)
{
    size_t cap = der_bound(piece->len);
    size_t len = 0;
    unsigned char *der = midge__memory_alloc(memory, MIDGE__OWNER_CLIENT, cap);
    if (der == NULL) {
        return MIDGE_ERR_NO_MEMORY;
    }
    int err = MIDGE_OK;
    if (mbedtls_base64_decode(der, cap, &len, piece->base64, piece->len) == 0) {
        err = add_der(trust, memory, der, len);
    } else {
        trust->skipped++;
    }
    midge__memory_free(memory, der);
    return err;
}

static int add_all(struct midge__trust *trust, struct midge__memory *memory, const void *ca,
                   size_t ca_len)
{
    struct cursor cursor = {ca, (const unsigned char *)ca + ca_len};
    struct piece piece;
    if (looks_der(ca, ca_len)) {
        return add_der(trust, memory, ca, ca_len);
    }
    while (next_pem(&cursor, &piece)) {
        int err = add_pem(trust, memory, &piece);
        if (err != MIDGE_OK) {
            return err;
        }
    }
    return MIDGE_OK;
}

int midge__trust_open(struct midge__trust *trust, struct midge__memory *memory, const void *ca,
                      size_t ca_len)
{
    mbedtls_x509_crt_init(&trust->roots);
    trust->count = 0;
    trust->skipped = 0;
    if (ca == NULL || ca_len == 0) {
        return MIDGE_OK;
    }
    midge__memory_failed_reset(memory);
    int err = add_all(trust, memory, ca, ca_len);
    if (err == MIDGE_OK && trust->count == 0) {
        err = MIDGE_ERR_CA;
    }
    if (err != MIDGE_OK) {
        midge__trust_close(trust);
    }
    return err;
}

void midge__trust_close(struct midge__trust *trust)
{
    mbedtls_x509_crt_free(&trust->roots);
    mbedtls_x509_crt_init(&trust->roots);
    trust->count = 0;
}

/* --- the estimate --- */

/* Attributes of both names and entries of all lists, without the first of each. No root in Debian's
   bundle has more than this; a root with more may need more memory than this estimate. */
#define ROOT_NODES 12U

/* A key's modulus is rarely more than half of the certificate, because the signature is as long. Up
   to 8192 bits. */
static size_t number_bytes(size_t der)
{
    return der / 2 + 192 < 1032 ? der / 2 + 192 : 1032;
}

/* Certificate, its DER, names and lists, then the key: N, E and RR mod N. */
static size_t root_bytes(size_t der)
{
    return MIDGE__MEMORY_COST(sizeof(mbedtls_x509_crt)) + MIDGE__MEMORY_COST(der) +
           ROOT_NODES * MIDGE__MEMORY_COST(sizeof(mbedtls_asn1_named_data)) +
           MIDGE__MEMORY_COST(sizeof(mbedtls_rsa_context)) +
           2 * MIDGE__MEMORY_COST(number_bytes(der)) + MIDGE__MEMORY_COST(8);
}

size_t midge__trust_bytes(const void *ca, size_t ca_len)
{
    if (ca == NULL || ca_len == 0) {
        return 0;
    }
    struct cursor cursor = {ca, (const unsigned char *)ca + ca_len};
    struct piece piece;
    size_t sum = 0;
    if (looks_der(ca, ca_len)) {
        return root_bytes(ca_len);
    }
    while (next_pem(&cursor, &piece)) {
        sum += root_bytes(der_bound(piece.len));
    }
    return sum;
}
