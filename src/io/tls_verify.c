/* SPDX-License-Identifier: MIT */
/*
 * The checks of a certificate beyond mbedTLS's chain building:
 *
 *     name   subjectAltName only (RFC 9525 6.3): dNSName for names, iPAddress for literals. mbedTLS
 *            falls back to the CN, and lets dNSName and URI entries match an address.
 *     CAs    extended key usage and name constraints (cert_path.c).
 *     dates  tls_dates.c
 *     keys   pins (pin.c)
 */
#include "io/tls_internal.h"

#include <string.h>

#include "base/span.h"

/* --- names --- */

int midge__tls_verify_name(struct midge__tls_impl *impl, const char *name)
{
    int ret = mbedtls_ssl_set_hostname(&impl->ssl, name);
    if (ret != 0) {
        return ret;
    }
    /* Certificates and SNI (RFC 6066 3) have absolute names without their last dot. */
    char *copy = impl->ssl.MBEDTLS_PRIVATE(hostname);
    size_t len = strlen(copy);
    if (len > 1 && copy[len - 1] == '.') {
        copy[len - 1] = '\0';
    }
    impl->ip_len = (uint8_t)mbedtls_x509_crt_parse_cn_inet_pton(copy, impl->ip);
    /* RFC 6066 3: no SNI for address literals. */
    return impl->ip_len > 0 ? mbedtls_ssl_set_hostname(&impl->ssl, NULL) : 0;
}

/* RFC 9525 6.3: a wildcard is the whole left-most label and stands for exactly one label. That at
   least two labels follow is midge's own rule. */
static bool dns_matches(struct midge_span pattern, struct midge_span name)
{
    if (pattern.len > 2 && pattern.ptr[0] == '*' && pattern.ptr[1] == '.') {
        const struct midge_span two = midge__span(pattern.ptr + 2, pattern.len - 2);
        size_t label = midge__span_find(name, '.');
        if (label == 0 || midge__span_find(two, '.') == two.len) {
            return false;
        }
        pattern = midge__span(pattern.ptr + 1, pattern.len - 1);
        name = midge__span(name.ptr + label, name.len - label);
    }
    return midge__span_find(pattern, '*') == pattern.len && midge__span_eq_nocase(pattern, name);
}

static bool entry_matches(const struct midge__tls_impl *impl, const mbedtls_x509_buf *entry)
{
    const struct midge_span value = midge__span((const char *)entry->p, entry->len);
    int type = entry->tag & MBEDTLS_ASN1_TAG_VALUE_MASK;
    if (impl->ip_len > 0) {
        return type == MBEDTLS_X509_SAN_IP_ADDRESS &&
               midge__span_eq(value, midge__span((const char *)impl->ip, impl->ip_len));
    }
    return type == MBEDTLS_X509_SAN_DNS_NAME && value.len > 0 &&
           dns_matches(value, midge__span_of(impl->ssl.MBEDTLS_PRIVATE(hostname)));
}

static bool name_matches(const struct midge__tls_impl *impl, const mbedtls_x509_crt *crt)
{
    const mbedtls_x509_sequence *at = &crt->subject_alt_names;
    while (at != NULL && !entry_matches(impl, &at->buf)) {
        at = at->next;
    }
    return at != NULL;
}

/* --- mbedTLS's callback: for each certificate of the chain it built, root first --- */

#if MIDGE_WITH_TRACE
/* mbedTLS passes the server's certificate again for each path that is tried. */
void midge__tls_show(struct midge__tls_impl *impl, const mbedtls_x509_crt *crt)
{
    if (impl->show != NULL) {
        impl->show(impl->tls, crt);
        impl->show = NULL;
    }
}
#endif

/* mbedTLS alone skips a certificate that it cannot read; the server's is then empty. */
static bool is_unread(const mbedtls_x509_crt *crt)
{
    return crt->raw.len == 0;
}

/* Midge's flags of a certificate in place of mbedTLS's. */
static uint32_t judge(struct midge__tls_impl *impl, const mbedtls_x509_crt *crt, int depth,
                      uint32_t flags)
{
    struct midge__cert_path *path = &impl->tls->context->path;
    if (is_unread(crt)) {
        impl->unread = MBEDTLS_ERR_X509_UNKNOWN_SIG_ALG;
        return flags | MBEDTLS_X509_BADCERT_NOT_TRUSTED;
    }
    if (midge__pin_only(impl)) {
        if (depth == 0) {
            midge__tls_show(impl, crt);
        }
        return midge__pin_flags(impl, crt, depth, 0);
    }
    flags = midge__tls_date_flags(impl, crt, flags);
    midge__tls_note_date(impl, crt, flags);
    if (depth == 0) {
        midge__tls_show(impl, crt);
        midge__tls_note_leaf(impl, crt);
        flags &= ~(uint32_t)MBEDTLS_X509_BADCERT_CN_MISMATCH;
        flags |= name_matches(impl, crt) ? 0U : MBEDTLS_X509_BADCERT_CN_MISMATCH;
    }
    if (((impl->verdict.flags | flags) & MBEDTLS_X509_BADCERT_NOT_TRUSTED) == 0) {
        flags |= midge__cert_path_flags(path); /* slow, so only for chains that a root has signed */
    }
    return midge__pin_flags(impl, crt, depth, flags);
}

int midge__tls_verify(void *p, mbedtls_x509_crt *crt, int depth, uint32_t *flags)
{
    struct midge__tls_impl *impl = p;
    struct midge__cert_path *path = &impl->tls->context->path;
    if (midge__cert_path_add(path, crt, (unsigned)depth)) {
        impl->verdict = (struct midge__verdict){.flags = 0};
        midge__pin_begin(impl);
    }
    *flags = judge(impl, crt, depth, *flags);
    impl->verdict.flags |= *flags;
    midge__cert_path_note(path, *flags, impl->verdict.flags);
    if (depth == 0) {
        midge__tls_note_trust(impl, crt, *flags);
    }
    return 0;
}
