/* SPDX-License-Identifier: MIT */
/* Certificates as text for people. No decision depends on these words. */
#include <stdbool.h>

#include <mbedtls/x509_crt.h>

#include "base/text.h"
#include "midge/tls.h"

#define NAME_BYTES 256 /* of a subject or an issuer; longer ones are cut */

static void add_name(struct midge__text *text, const char *title, const mbedtls_x509_name *name)
{
    char line[NAME_BYTES];
    midge__text_add(text, title);
    midge__text_add(text, mbedtls_x509_dn_gets(line, sizeof line, name) >= 0 ? line : "(too long)");
    midge__text_add(text, "\n");
}

static void add_date(struct midge__text *text, const char *title, const mbedtls_x509_time *t)
{
    static const char before[] = " -- ::";
    const int parts[] = {t->year, t->mon, t->day, t->hour, t->min, t->sec};
    midge__text_add(text, title);
    for (unsigned i = 0; i < 6; i++) {
        midge__text_bytes(text, &before[i], 1);
        midge__text_add(text, parts[i] < 10 ? "0" : "");
        midge__text_number(text, parts[i]);
    }
    midge__text_add(text, " GMT\n");
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
        midge__text_add(text, i > 0 ? "." : "");
        midge__text_unsigned(text, entry->p[i], 10);
    }
    for (size_t i = 0; entry->len == 16 && i < 16; i += 2) {
        midge__text_add(text, i > 0 ? ":" : "");
        midge__text_unsigned(text, (uint64_t)entry->p[i] << 8 | entry->p[i + 1], 16);
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
        midge__text_add(text, between);
        (type == MBEDTLS_X509_SAN_DNS_NAME ? add_dns : add_address)(text, &at->buf);
        between = ", ";
    }
    midge__text_add(text, between[0] == ',' ? "\n" : "subjectAltName: (none)\n");
}

size_t midge_certificate_text(const void *certificate, char *out, size_t cap)
{
    const mbedtls_x509_crt *crt = certificate;
    struct midge__text text = midge__text_on(out, cap);
    add_name(&text, "subject: ", &crt->subject);
    add_date(&text, "start date:", &crt->valid_from);
    add_date(&text, "expire date:", &crt->valid_to);
    add_alternatives(&text, crt);
    add_name(&text, "issuer: ", &crt->issuer);
    return text.len;
}
