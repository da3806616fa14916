/* SPDX-License-Identifier: MIT */
/*
 * choice[i] is the number of the issuer chosen for certificate i of the path, 0 at first. lay_out
 * moves the chosen certificates behind the leaf, in order; the rest of the list is cut off while
 * mbedTLS verifies. After a failure lay_out_next increments one choice and sets those above it to
 * 0, as a counter does.
 */
#include "io/chain_search.h"

#include <string.h>

#include "io/tls_internal.h"

#if MIDGE__CERT_ANY_ORDER

#include <mbedtls/ecp.h>

/* Chains that need more than two paths are made to waste the client's time. */
#define MAX_PATHS 12

/* --- laying out a path --- */

/* Certificates keep their place in memory while their place in the list changes. The order in
   memory is the order of arrival, as mbedTLS parses them in its input buffer. */
static bool is_before(const mbedtls_x509_crt *a, const mbedtls_x509_crt *b)
{
    return (uintptr_t)a->raw.p < (uintptr_t)b->raw.p;
}

/* The link to issuer number n of child, among the certificates after child in the list; NULL: there
   is none. */
static mbedtls_x509_crt **find_issuer(mbedtls_x509_crt *child, unsigned n)
{
    const mbedtls_x509_crt *last = NULL;
    mbedtls_x509_crt **best;
    do {
        best = NULL;
        for (mbedtls_x509_crt **at = &child->next; *at != NULL; at = &(*at)->next) {
            if ((last == NULL || is_before(last, *at)) && (best == NULL || is_before(*at, *best)) &&
                midge__cert_issued(*at, child)) {
                best = at;
            }
        }
        last = best != NULL ? *best : NULL;
    } while (best != NULL && n-- > 0);
    return best;
}

static void lay_out(struct midge__chain_search *search, mbedtls_x509_crt *leaf)
{
    mbedtls_x509_crt **link;
    mbedtls_x509_crt *tail = leaf;
    search->length = 0;
    while (search->length < sizeof search->choice &&
           (link = find_issuer(tail, search->choice[search->length])) != NULL) {
        mbedtls_x509_crt *issuer = *link;
        *link = issuer->next;
        issuer->next = tail->next;
        tail->next = issuer;
        tail = issuer;
        search->length++;
    }
}

/* Chooses the next issuer for certificate number at, or for one below it; false if there is
   none. */
static bool lay_out_next(struct midge__chain_search *search, mbedtls_x509_crt *leaf, unsigned at)
{
    for (unsigned left = at + 1; left > 0; --left) {
        uint8_t *choice = &search->choice[left - 1];
        ++*choice;
        memset(choice + 1, 0, sizeof search->choice - left);
        lay_out(search, leaf);
        if (search->length >= left) {
            return true;
        }
    }
    return false;
}

static mbedtls_x509_crt *last_of(const struct midge__chain_search *search, mbedtls_x509_crt *leaf)
{
    mbedtls_x509_crt *at = leaf;
    for (unsigned i = 0; i < search->length; ++i) {
        at = at->next;
    }
    return at;
}

/* --- verifying --- */

/* Records that the path has failed. Returns whether another path is laid out. */
static bool try_another(struct midge__tls_impl *impl, mbedtls_x509_crt *leaf)
{
    struct midge__chain_search *search = &impl->search;
    midge__verdict_keep(&search->best, &impl->verdict, search->failed++ == 0);
    /* choice[n - 1] selected certificate n of the path; the server's own, 0, is not selected. */
    unsigned wrong = impl->tls->context->path.wrong;
    return wrong > 0 && wrong <= sizeof search->choice && search->failed < MAX_PATHS &&
           lay_out_next(search, leaf, wrong - 1);
}

/* The server's key is all that counts, so no signature is verified. */
static int verify_pin(struct midge__tls_impl *impl, mbedtls_x509_crt *leaf, uint32_t *flags)
{
    *flags = 0;
    (void)midge__tls_verify(impl, leaf, 0, flags);
    return *flags == 0 ? 0 : MBEDTLS_ERR_X509_CERT_VERIFY_FAILED;
}

/* mbedTLS gives up a path with too many intermediates without calling the verify callback. */
static bool note_too_long(struct midge__tls_impl *impl, int ret)
{
    const struct midge__chain_search *search = &impl->search;
    if (ret != MBEDTLS_ERR_X509_FATAL_ERROR || search->length < sizeof search->choice) {
        return false;
    }
    impl->verdict =
        (struct midge__verdict){.flags = MBEDTLS_X509_BADCERT_NOT_TRUSTED, .too_long = true};
    impl->tls->context->path.wrong = MBEDTLS_X509_MAX_INTERMEDIATE_CA;
    return true;
}

int midge__x509_crt_verify_restartable(mbedtls_x509_crt *crt, mbedtls_x509_crt *trust_ca,
                                       mbedtls_x509_crl *ca_crl,
                                       const mbedtls_x509_crt_profile *profile, const char *cn,
                                       uint32_t *flags,
                                       int (*f_vrfy)(void *, mbedtls_x509_crt *, int, uint32_t *),
                                       void *p_vrfy, mbedtls_x509_crt_restart_ctx *rs_ctx)
{
    if (f_vrfy != midge__tls_verify) {
        return mbedtls_x509_crt_verify_restartable(crt, trust_ca, ca_crl, profile, cn, flags,
                                                   f_vrfy, p_vrfy, rs_ctx);
    }
    struct midge__tls_impl *impl = p_vrfy;
    struct midge__chain_search *search = &impl->search;
    if (midge__pin_only(impl)) {
        return verify_pin(impl, crt, flags);
    }
    if (!search->running && search->failed == 0) {
        lay_out(search, crt);
    }
    for (;;) {
        mbedtls_x509_crt *last = last_of(search, crt);
        mbedtls_x509_crt *aside = last->next;
        last->next = NULL;
        int ret = midge__path_verify(impl, crt, trust_ca, ca_crl, profile, cn, flags, rs_ctx);
        last->next = aside;
        search->running = ret == MBEDTLS_ERR_ECP_IN_PROGRESS;
        if (ret != MBEDTLS_ERR_X509_CERT_VERIFY_FAILED && !note_too_long(impl, ret)) {
            return ret;
        }
        if (!try_another(impl, crt)) {
            impl->verdict = search->best;
            *flags = search->best.flags;
            return search->best.too_long ? MBEDTLS_ERR_X509_FATAL_ERROR
                                         : MBEDTLS_ERR_X509_CERT_VERIFY_FAILED;
        }
        if (rs_ctx != NULL) {
            return MBEDTLS_ERR_ECP_IN_PROGRESS; /* each path needs at least one step of its own */
        }
    }
}

#elif !defined(MIDGE_TLS_EXTERNAL)

int midge__x509_crt_verify_restartable(mbedtls_x509_crt *crt, mbedtls_x509_crt *trust_ca,
                                       mbedtls_x509_crl *ca_crl,
                                       const mbedtls_x509_crt_profile *profile, const char *cn,
                                       uint32_t *flags,
                                       int (*f_vrfy)(void *, mbedtls_x509_crt *, int, uint32_t *),
                                       void *p_vrfy, mbedtls_x509_crt_restart_ctx *rs_ctx)
{
    if (MIDGE_WITH_ROOT_TABLE && f_vrfy == midge__tls_verify) {
        return midge__path_verify(p_vrfy, crt, trust_ca, ca_crl, profile, cn, flags, rs_ctx);
    }
    return mbedtls_x509_crt_verify_restartable(crt, trust_ca, ca_crl, profile, cn, flags, f_vrfy,
                                               p_vrfy, rs_ctx);
}

#endif
