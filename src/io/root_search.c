/* SPDX-License-Identifier: MIT */
/*
 * For each certificate of the path, the server's first, the roots that may have issued it are
 * looked up by its issuer's name. One at a time is parsed, put before the roots of config.tls.ca,
 * and mbedTLS verifies the path with this list:
 *
 *     root of the table -> roots of config.tls.ca
 *
 * If that fails, the next root with this name is tried, then those of the next certificate; at the
 * end the failure is reported that tells most. If the table has no candidate, there is one attempt
 * with config.tls.ca alone. Nearly always the first candidate is the root, so the chain's
 * signatures are checked once. The number of roots that a connection parses is bounded.
 */
#include "io/tls_internal.h"

#if MIDGE_WITH_ROOT_TABLE && !defined(MIDGE_TLS_EXTERNAL)

#include <string.h>

#include <mbedtls/ecp.h>
#include <mbedtls/platform.h>

#include "io/tls_code.h"

/* Of one connection. Public chains need one or two. */
#define MAX_PARSED 16U

/* Certificates of a path whose issuers are looked up. */
#define MAX_LEVELS (MBEDTLS_X509_MAX_INTERMEDIATE_CA + 1U)

#if MIDGE_WITH_CHAIN_CHECKS
#define WRONG(impl) ((impl)->tls->context->path.wrong)
#else
#define WRONG(impl) ((impl)->roots.wrong)
#endif

/* --- the root --- */

void midge__roots_drop(struct midge__tls_impl *impl)
{
    mbedtls_x509_crt *root = impl->roots.root;
    if (root != NULL) {
        root->next = NULL; /* those of config.tls.ca are shared */
        mbedtls_x509_crt_free(root);
        mbedtls_free(root);
        impl->roots.root = NULL;
    }
}

static mbedtls_x509_crt *roots_of_ca(struct midge__tls_impl *impl)
{
    struct midge__trust *trust = &impl->tls->context->trust;
    return trust->count > 0 ? &trust->roots : NULL;
}

/* Returns mbedTLS's code; without memory always ALLOC_FAILED. */
static int parse(struct midge__tls_impl *impl, uint32_t n)
{
    mbedtls_x509_crt *root = mbedtls_calloc(1, sizeof *root);
    if (root == NULL) {
        return MBEDTLS_ERR_X509_ALLOC_FAILED;
    }
    mbedtls_x509_crt_init(root);
    int ret = midge__root_table_parse(&impl->tls->context->trust.table, n, root);
    impl->roots.root = root;
    if (ret == 0) {
        root->next = roots_of_ca(impl);
        return 0;
    }
    midge__roots_drop(impl);
    return midge__tls_out_of_memory(ret) || midge__tls_memory_failed(impl)
               ? MBEDTLS_ERR_X509_ALLOC_FAILED
               : ret;
}

/* --- the search --- */

/* Certificate number `level` of the path; NULL: there is none. */
static const mbedtls_x509_crt *at_level(const mbedtls_x509_crt *leaf, unsigned level)
{
    while (leaf != NULL && level-- > 0) {
        leaf = leaf->next;
    }
    return leaf;
}

/* Was the name looked up one level below? A root that the server sends names itself as issuer. */
static bool is_repeated(const mbedtls_x509_crt *crt, unsigned level)
{
    return level > 0 && crt->issuer_raw.len == crt->subject_raw.len &&
           memcmp(crt->issuer_raw.p, crt->subject_raw.p, crt->issuer_raw.len) == 0;
}

/* Parses the next root for this certificate that can be parsed. 0, and no root: there is none. */
static int find_issuer(struct midge__tls_impl *impl, const mbedtls_x509_crt *child)
{
    struct midge__root_search *search = &impl->roots;
    const struct midge__root_table *table = &impl->tls->context->trust.table;
    uint32_t n;
    while (search->parsed < MAX_PARSED &&
           (n = midge__root_table_next(table, child, search->next)) < table->count) {
        search->next = n + 1;
        search->parsed++;
        int ret = parse(impl, n);
        if (ret == 0 || ret == MBEDTLS_ERR_X509_ALLOC_FAILED) {
            return ret;
        }
    }
    return 0;
}

/* The same for the path, from the certificate on that was looked at last. */
static int find(struct midge__tls_impl *impl, const mbedtls_x509_crt *leaf)
{
    struct midge__root_search *search = &impl->roots;
    const mbedtls_x509_crt *child;
    midge__roots_drop(impl);
    while (search->level < MAX_LEVELS && (child = at_level(leaf, search->level)) != NULL) {
        int ret = is_repeated(child, search->level) ? 0 : find_issuer(impl, child);
        if (ret != 0 || search->root != NULL) {
            return ret;
        }
        search->level++;
        search->next = 0;
    }
    return 0;
}

/* Where mbedTLS's callback does not know that a new path begins. */
static void forget_path(struct midge__tls_impl *impl)
{
    impl->verdict = (struct midge__verdict){.flags = 0};
    midge__pin_begin(impl);
}

static int begin(struct midge__tls_impl *impl, const mbedtls_x509_crt *leaf)
{
    struct midge__root_search *search = &impl->roots;
    search->next = 0;
    search->level = 0;
    search->failed = 0;
    search->wrong = 0;
    forget_path(impl);
    return find(impl, leaf);
}

static void note_failure(struct midge__tls_impl *impl)
{
    struct midge__root_search *search = &impl->roots;
    midge__verdict_keep(&search->best, &impl->verdict, search->failed++ == 0);
    search->wrong = WRONG(impl) > search->wrong ? WRONG(impl) : search->wrong;
    forget_path(impl);
}

static int report(struct midge__tls_impl *impl, uint32_t *flags)
{
    impl->verdict = impl->roots.best;
    WRONG(impl) = impl->roots.wrong;
    *flags = impl->verdict.flags;
    return MBEDTLS_ERR_X509_CERT_VERIFY_FAILED;
}

/* --- verifying --- */

/* IN_PROGRESS: call again. Each root gets a step of its own where mbedTLS can be interrupted. */
static int verify(struct midge__tls_impl *impl, mbedtls_x509_crt *crt, mbedtls_x509_crl *ca_crl,
                  const mbedtls_x509_crt_profile *profile, const char *cn, uint32_t *flags,
                  mbedtls_x509_crt_restart_ctx *rs_ctx)
{
    struct midge__root_search *search = &impl->roots;
    int ret = search->running ? 0 : begin(impl, crt);
    while (ret == 0) {
        mbedtls_x509_crt *roots = search->root != NULL ? search->root : roots_of_ca(impl);
        ret = mbedtls_x509_crt_verify_restartable(crt, roots, ca_crl, profile, cn, flags,
                                                  midge__tls_verify, impl, rs_ctx);
        if (ret != MBEDTLS_ERR_X509_CERT_VERIFY_FAILED) {
            return ret;
        }
        note_failure(impl);
        bool had_root = search->root != NULL;
        ret = had_root ? find(impl, crt) : 0;
        if (ret == 0 && search->root == NULL) {
            return report(impl, flags);
        }
        if (ret == 0 && rs_ctx != NULL) {
            return MBEDTLS_ERR_ECP_IN_PROGRESS;
        }
    }
    return ret;
}

int midge__path_verify(struct midge__tls_impl *impl, mbedtls_x509_crt *crt,
                       mbedtls_x509_crt *trust_ca, mbedtls_x509_crl *ca_crl,
                       const mbedtls_x509_crt_profile *profile, const char *cn, uint32_t *flags,
                       mbedtls_x509_crt_restart_ctx *rs_ctx)
{
    if (!midge__trust_has_table(&impl->tls->context->trust)) {
        return mbedtls_x509_crt_verify_restartable(crt, trust_ca, ca_crl, profile, cn, flags,
                                                   midge__tls_verify, impl, rs_ctx);
    }
    int ret = verify(impl, crt, ca_crl, profile, cn, flags, rs_ctx);
    impl->roots.running = ret == MBEDTLS_ERR_ECP_IN_PROGRESS;
    if (!impl->roots.running) {
        midge__roots_drop(impl);
    }
    return ret;
}

#endif
