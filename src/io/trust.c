/* SPDX-License-Identifier: MIT */
/*
 * Trusted roots: PEM text, or DER certificates one after the other. One certificate at a time is
 * decoded and parsed; one that mbedTLS cannot read (for example with an unknown curve) is skipped.
 */
#include "io/trust.h"

#include "io/cert_parse.h"
#include "io/mbedtls_compat.h"
#include "io/pem.h"
#include "io/tls_code.h"

#include <string.h>

#include <midge/err.h>

/* The bytes of a DER certificate at the text's begin, a SEQUENCE of more than 127 bytes; 0: there
   is none. */
static size_t der_len(const struct midge__pem *text)
{
    const unsigned char *at = text->at;
    size_t left = (size_t)(text->end - at);
    size_t len = 0;
    if (left > 4 && at[0] == 0x30) {
        len = at[1] == 0x82 ? 4 + ((size_t)at[2] << 8 | at[3]) : at[1] == 0x81 ? 3U + at[2] : 0;
    }
    return len <= left ? len : 0;
}

/* --- parsing --- */

static bool out_of_memory(int ret, const struct midge__memory *memory)
{
    return midge__tls_out_of_memory(ret) || midge__memory_failed(memory);
}

static int add_der(struct midge__trust *trust, struct midge__memory *memory,
                   const unsigned char *der, size_t len)
{
    int ret = midge__cert_parse(&trust->roots, der, len, true);
    if (out_of_memory(ret, memory)) {
        return MIDGE_ERR_NO_MEMORY;
    }
    if (ret != 0) {
        return MIDGE_OK;
    }
    trust->count++;
    return MIDGE_OK;
}

static int add_pem(struct midge__trust *trust, struct midge__memory *memory,
                   const struct midge__pem *pem)
{
    size_t cap = midge__pem_bound(pem);
    size_t len = 0;
    unsigned char *der = midge__memory_alloc(memory, MIDGE__OWNER_CLIENT, cap);
    if (der == NULL) {
        return MIDGE_ERR_NO_MEMORY;
    }
    int err = midge__pem_decode(pem, der, cap, &len) ? add_der(trust, memory, der, len) : MIDGE_OK;
    midge__memory_free(memory, der);
    return err;
}

static int add_all(struct midge__trust *trust, struct midge__memory *memory,
                   struct midge__pem *text)
{
    int err = MIDGE_OK;
    size_t len;
    while (err == MIDGE_OK && (len = der_len(text)) > 0) {
        err = add_der(trust, memory, text->at, len);
        text->at += len;
    }
    while (err == MIDGE_OK && midge__pem_next(text)) {
        err = add_pem(trust, memory, text);
    }
    return err;
}

static int add_ca(struct midge__trust *trust, struct midge__memory *memory, const void *ca,
                  size_t ca_len)
{
    if (ca == NULL || ca_len == 0) {
        return MIDGE_OK;
    }
    midge__memory_failed_reset(memory);
    struct midge__pem text = {.at = ca, .end = (const unsigned char *)ca + ca_len};
    int err = add_all(trust, memory, &text);
    return err == MIDGE_OK && trust->count == 0 ? MIDGE_ERR_CA : err;
}

int midge__trust_open(struct midge__trust *trust, struct midge__memory *memory,
                      const struct midge_tls *settings)
{
    mbedtls_x509_crt_init(&trust->roots);
    trust->count = 0;
    int err = midge__root_table_open(&trust->table, settings->roots, settings->roots_len);
    if (err == MIDGE_OK) {
        err = add_ca(trust, memory, settings->ca, settings->ca_len);
    }
    if (!MIDGE_WITH_SESSION_STORE && err == MIDGE_OK) {
        err = midge__trust_warm(trust, memory);
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

/* Certificate, its DER, names and lists, then the key: N, E and RR mod N. A modulus is rarely more
   than half of the certificate, because the signature is as long. Each block rounds up, and has a
   header. */
static size_t root_bytes(size_t der)
{
    return MIDGE__MEMORY_COST(sizeof(mbedtls_x509_crt)) +
           ROOT_NODES * MIDGE__MEMORY_COST(sizeof(mbedtls_asn1_named_data)) +
           MIDGE__MEMORY_COST(MIDGE__RSA_KEY) + MIDGE__MEMORY_COST(8) + 2 * der + 2U * 192U +
           6 * MIDGE__MEMORY_UNIT;
}

size_t midge__trust_bytes(const void *ca, size_t ca_len)
{
    size_t sum = 0, len;
    if (ca == NULL) {
        return 0;
    }
    struct midge__pem text = {.at = ca, .end = (const unsigned char *)ca + ca_len};
    while ((len = der_len(&text)) > 0) {
        sum += root_bytes(len);
        text.at += len;
    }
    while (midge__pem_next(&text)) {
        sum += root_bytes(midge__pem_bound(&text));
    }
    return sum;
}
