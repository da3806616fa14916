/* SPDX-License-Identifier: MIT */
/* Certificates as text for people. No decision depends on these words. */
#include <stdbool.h>

#include <mbedtls/x509_crt.h>

#include "base/base64.h"
#include "base/span.h"
#include "base/text.h"
#include "io/certificate.h"
#include "midge/hash.h"
#include "midge/tls.h"

#define NAME_BYTES 256 /* of a subject or an issuer; longer ones are cut */

static void add_name(struct midge__text *text, const char *title, const mbedtls_x509_name *name)
{
    char line[NAME_BYTES];
    bool fits = mbedtls_x509_dn_gets(line, sizeof line, name) >= 0;
    midge__text_add(text, "%s: %s\n", title, fits ? line : "(too long)");
}

static void add_date(struct midge__text *text, const char *title, const mbedtls_x509_time *t)
{
    midge__text_add(text, "%s date: %u-%02u-%02u %02u:%02u:%02u GMT\n", title, (unsigned)t->year,
                    (unsigned)t->mon, (unsigned)t->day, (unsigned)t->hour, (unsigned)t->min,
                    (unsigned)t->sec);
}

/* Bytes with a special meaning for a terminal or for a reader of the list become '?'. */
static void add_dns(struct midge__text *text, const mbedtls_x509_buf *entry)
{
    midge__text_add(text, "DNS:");
    for (size_t i = 0; i < entry->len; i++) {
        char c = (char)entry->p[i];
        bool plain = c > ' ' && c < 0x7f && c != ',';
        midge__text_bytes(text, plain ? &c : "?", 1);
    }
}

static void add_address(struct midge__text *text, const mbedtls_x509_buf *entry)
{
    midge__text_add(text, "IP:");
    for (size_t i = 0; entry->len == 4 && i < 4; i++) {
        midge__text_add(text, i > 0 ? ".%u" : "%u", entry->p[i]);
    }
    for (size_t i = 0; entry->len == 16 && i < 16; i += 2) {
        midge__text_add(text, i > 0 ? ":%x" : "%x", (unsigned)entry->p[i] << 8 | entry->p[i + 1]);
    }
}

static void add_alternatives(struct midge__text *text, const mbedtls_x509_crt *crt)
{
    const char *between = "subjectAltName: ";
    for (const mbedtls_x509_sequence *at = &crt->subject_alt_names; at != NULL; at = at->next) {
        int type = at->buf.tag & MBEDTLS_ASN1_TAG_VALUE_MASK;
        if (at->buf.p == NULL ||
            (type != MBEDTLS_X509_SAN_DNS_NAME && type != MBEDTLS_X509_SAN_IP_ADDRESS)) {
            continue;
        }
        midge__text_add(text, "%s", between);
        (type == MBEDTLS_X509_SAN_DNS_NAME ? add_dns : add_address)(text, &at->buf);
        between = ", ";
    }
    midge__text_add(text, "%s", between[0] == ',' ? "\n" : "subjectAltName: (none)\n");
}

void midge__certificate_key(const mbedtls_x509_crt *crt, uint8_t digest[32])
{
    struct midge_sha256 hash;
    midge_sha256_init(&hash);
    midge_sha256_update(&hash, crt->pk_raw.p, crt->pk_raw.len);
    midge_sha256_final(&hash, digest);
}

static void add_key(struct midge__text *text, const mbedtls_x509_crt *crt)
{
    char base64[MIDGE__BASE64_LEN(32) + 1] = "";
    uint8_t digest[32];
    midge__certificate_key(crt, digest);
    (void)midge__base64_encode(base64, midge__span((const char *)digest, sizeof digest));
    midge__text_add(text, "public key hash: sha256//%s\n", base64);
}

size_t midge_certificate_text(const void *certificate, char *out, size_t cap)
{
    const mbedtls_x509_crt *crt = certificate;
    struct midge__text text = midge__text_on(out, cap);
    add_name(&text, "subject", &crt->subject);
    add_date(&text, "start", &crt->valid_from);
    add_date(&text, "expire", &crt->valid_to);
    add_alternatives(&text, crt);
    add_name(&text, "issuer", &crt->issuer);
    add_key(&text, crt);
    return text.len;
}
