/* SPDX-License-Identifier: MIT */
/*
 * The checks of a certificate beyond mbedTLS's chain building:
 *
 *     name   subjectAltName only (RFC 9525 6.3): dNSName for names, iPAddress for literals. mbedTLS
 *            falls back to the CN, and lets dNSName and URI entries match an address.
 *     CAs    extended key usage and name constraints (cert_path.c).
 *     dates  by the port's clock, if it can be trusted; otherwise only certificates that expired
 *            before the floor are refused, and the result says that time was not verified.
 */
#include "io/tls_internal.h"

#include <string.h>

#include <mbedtls/oid.h>

#include "base/span.h"

/* --- names --- */

void midge__tls_verify_name(struct midge__tls_impl *impl)
{
    size_t len = strlen(impl->name);
    /* Certificates and SNI (RFC 6066 3) have absolute names without their last dot. */
    if (len > 1 && impl->name[len - 1] == '.') {
        impl->name[len - 1] = '\0';
    }
    /* Through uint32_t: mbedTLS writes its address there, aligned. */
    uint32_t ip[4] = {0};
    impl->ip_len = (uint8_t)mbedtls_x509_crt_parse_cn_inet_pton(impl->name, ip);
    memcpy(impl->ip, ip, sizeof impl->ip);
}

static bool same_text(const unsigned char *a, const char *b, size_t n)
{
    return midge__span_eq_nocase(midge__span((const char *)a, n), midge__span(b, n));
}

/* RFC 9525 6.3: a wildcard is the whole left-most label and stands for exactly one label. That at
   least two labels follow is midge's own rule. */
static bool wildcard_matches(const mbedtls_x509_buf *pattern, const char *name)
{
    const char *dot = strchr(name, '.');
    if (pattern->len < 3 || pattern->p[0] != '*' || pattern->p[1] != '.' || dot == NULL ||
        dot == name) {
        return false;
    }
    const unsigned char *rest = pattern->p + 1;
    size_t len = pattern->len - 1;
    return memchr(rest + 1, '.', len - 1) != NULL && memchr(rest, '*', len) == NULL &&
           strlen(dot) == len && same_text(rest, dot, len);
}

static bool dns_matches(const mbedtls_x509_buf *pattern, const char *name)
{
    size_t len = strlen(name);
    if (pattern->len == len && memchr(pattern->p, '*', len) == NULL) {
        return same_text(pattern->p, name, len);
    }
    return wildcard_matches(pattern, name);
}

static bool entry_matches(const struct midge__tls_impl *impl, const mbedtls_x509_buf *entry)
{
    int type = entry->tag & MBEDTLS_ASN1_TAG_VALUE_MASK;
    if (entry->p == NULL || entry->len == 0) {
        return false;
    }
    if (impl->ip_len > 0) {
        return type == MBEDTLS_X509_SAN_IP_ADDRESS && entry->len == impl->ip_len &&
               memcmp(entry->p, impl->ip, impl->ip_len) == 0;
    }
    return type == MBEDTLS_X509_SAN_DNS_NAME && dns_matches(entry, impl->name);
}

static uint32_t name_flags(struct midge__tls_impl *impl, const mbedtls_x509_crt *crt)
{
    if (!mbedtls_x509_crt_has_ext_type(crt, MBEDTLS_X509_EXT_SUBJECT_ALT_NAME)) {
        impl->verdict.no_san = true;
        return MBEDTLS_X509_BADCERT_CN_MISMATCH;
    }
    for (const mbedtls_x509_sequence *at = &crt->subject_alt_names; at != NULL; at = at->next) {
        if (entry_matches(impl, &at->buf)) {
            return 0;
        }
    }
    return MBEDTLS_X509_BADCERT_CN_MISMATCH;
}

/* --- dates --- */

/* Seconds since 1970 of a date in the Gregorian calendar; mbedTLS has checked the fields. */
static int64_t seconds_of(const mbedtls_x509_time *t)
{
    bool late = t->mon > 2;
    int32_t year = late ? t->year : t->year - 1; /* years that begin in March */
    int32_t day_of_year = (153 * (t->mon + (late ? -3 : 9)) + 2) / 5 + t->day - 1;
    int32_t day = year * 365 + year / 4 - year / 100 + year / 400 + day_of_year - 719468;
    return day * INT64_C(86400) + ((t->hour * 60 + t->min) * 60 + t->sec);
}

static void read_clock(struct midge__tls_impl *impl)
{
    const struct midge__tls_context *context = impl->tls->context;
    if (impl->now == 0) {
        int64_t now = context->port->wall_time(context->port->ctx);
        impl->now = now <= 0 || now < context->time_floor ? -1 : now;
        impl->tls->time_verified = impl->now > 0;
    }
}

static uint32_t date_flags(struct midge__tls_impl *impl, const mbedtls_x509_crt *crt)
{
    int64_t from = seconds_of(&crt->valid_from);
    int64_t to = seconds_of(&crt->valid_to);
    read_clock(impl);
    if (impl->now < 0) {
        return to < impl->tls->context->time_floor ? MBEDTLS_X509_BADCERT_EXPIRED : 0;
    }
    return (to < impl->now ? (uint32_t)MBEDTLS_X509_BADCERT_EXPIRED : 0U) |
           (from > impl->now ? (uint32_t)MBEDTLS_X509_BADCERT_FUTURE : 0U);
}

static void note_date(struct midge__tls_impl *impl, const mbedtls_x509_crt *crt, uint32_t flags)
{
    const mbedtls_x509_time *t =
        (flags & MBEDTLS_X509_BADCERT_EXPIRED) != 0 ? &crt->valid_to : &crt->valid_from;
    if (impl->verdict.cert_date == 0 && flags != 0) {
        impl->verdict.cert_date = (uint32_t)(t->year * 10000 + t->mon * 100 + t->day);
    }
}

/* --- mbedTLS's callback: for each certificate of the chain it built, root first --- */

/* mbedTLS passes the server's certificate again for each path that is tried. */
void midge__tls_show(struct midge__tls_impl *impl, const mbedtls_x509_crt *crt)
{
    if (impl->show != NULL) {
        impl->show(impl->tls, crt);
        impl->show = NULL;
    }
}

static bool same_name(const mbedtls_x509_buf *a, const mbedtls_x509_buf *b)
{
    return a->len == b->len && memcmp(a->p, b->p, a->len) == 0;
}

/* The server's certificate, at the end of a path, was judged. */
static void note_trust(struct midge__tls_impl *impl, const mbedtls_x509_crt *leaf, uint32_t flags)
{
    bool broken = (flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED) != 0;
    if ((impl->verdict.flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED) != 0) {
        impl->verdict.self_signed = broken && same_name(&leaf->subject_raw, &leaf->issuer_raw);
        impl->verdict.out_of_order = midge__cert_path_out_of_order(&impl->tls->context->path);
    }
}

/* mbedTLS alone skips a certificate that it cannot read; the server's is then empty. */
static bool is_unread(const mbedtls_x509_crt *crt)
{
    return crt->raw.len == 0;
}

int midge__tls_verify(void *p, mbedtls_x509_crt *crt, int depth, uint32_t *flags)
{
    struct midge__tls_impl *impl = p;
    struct midge__cert_path *path = &impl->tls->context->path;
    if (midge__cert_path_add(path, crt, (unsigned)depth)) {
        impl->verdict = (struct midge__verdict){.flags = 0};
    }
    *flags &= ~(uint32_t)(MBEDTLS_X509_BADCERT_EXPIRED | MBEDTLS_X509_BADCERT_FUTURE);
    if (is_unread(crt)) {
        *flags |= MBEDTLS_X509_BADCERT_NOT_TRUSTED;
        impl->unread = MBEDTLS_ERR_X509_UNKNOWN_SIG_ALG;
        impl->verdict.flags |= *flags;
        return 0;
    }
    uint32_t dates = date_flags(impl, crt);
    note_date(impl, crt, dates);
    *flags |= dates;
    if (depth == 0) {
        midge__tls_show(impl, crt);
        *flags &= ~(uint32_t)MBEDTLS_X509_BADCERT_CN_MISMATCH;
        *flags |= name_flags(impl, crt);
    }
    if (((impl->verdict.flags | *flags) & MBEDTLS_X509_BADCERT_NOT_TRUSTED) == 0) {
        *flags |=
            midge__cert_path_flags(path); /* slow, so only for chains that a root has signed */
    }
    impl->verdict.flags |= *flags;
    midge__cert_path_note(path, *flags, impl->verdict.flags);
    if (depth == 0) {
        note_trust(impl, crt, *flags);
    }
    return 0;
}
