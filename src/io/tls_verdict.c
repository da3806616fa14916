/* SPDX-License-Identifier: MIT */
/* Why a chain was refused, for result.detail and result.cert_date. */
#include "io/tls_internal.h"

#if MIDGE_WITH_TEXTS

#include <string.h>

#include <mbedtls/oid.h>

void midge__tls_note_date(struct midge__tls_impl *impl, const mbedtls_x509_crt *crt, uint32_t flags)
{
    const uint32_t dates = MBEDTLS_X509_BADCERT_EXPIRED | MBEDTLS_X509_BADCERT_FUTURE;
    const mbedtls_x509_time *t =
        (flags & MBEDTLS_X509_BADCERT_EXPIRED) != 0 ? &crt->valid_to : &crt->valid_from;
    if (impl->verdict.cert_date == 0 && (flags & dates) != 0) {
        impl->verdict.cert_date = (uint32_t)(t->year * 10000 + t->mon * 100 + t->day);
    }
}

static bool same_name(const mbedtls_x509_buf *a, const mbedtls_x509_buf *b)
{
    return a->len == b->len && memcmp(a->p, b->p, a->len) == 0;
}

/* The server's certificate, at the end of a path, was judged. */
void midge__tls_note_trust(struct midge__tls_impl *impl, const mbedtls_x509_crt *leaf,
                           uint32_t flags)
{
    bool broken = (flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED) != 0;
    impl->verdict.no_san = !mbedtls_x509_crt_has_ext_type(leaf, MBEDTLS_X509_EXT_SUBJECT_ALT_NAME);
    if ((impl->verdict.flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED) != 0) {
        impl->verdict.self_signed = broken && same_name(&leaf->subject_raw, &leaf->issuer_raw);
        impl->verdict.out_of_order = midge__cert_path_out_of_order(&impl->tls->context->path);
    }
}

#endif
