/* SPDX-License-Identifier: MIT */
#include "io/cert_path.h"

#if MIDGE_WITH_CHAIN_CHECKS

#include <mbedtls/oid.h>

#include "base/check.h"
#include "io/name_constraints.h"

/* A leaf of 250 names under 60 subtrees at one level needs 15,000 comparisons: 2 M instructions on
   a Cortex-M3. */
#define CONSTRAINT_BUDGET 16384U

/* The last number of the extensions' OIDs, 2.5.29.x. */
#define ID_SUBJECT_ALT_NAME 17
#define ID_NAME_CONSTRAINTS 30

static struct midge__der der_of(const mbedtls_x509_buf *buf)
{
    return midge__der(buf->p, buf->len);
}

bool midge__cert_issued(const mbedtls_x509_crt *parent, const mbedtls_x509_crt *child)
{
    return parent->MBEDTLS_PRIVATE(ca_istrue) != 0 &&
           midge__dn_equal(der_of(&parent->subject_raw), der_of(&child->issuer_raw));
}

/* --- extended key usage --- */

/* RFC 5280 4.2.1.12 limits the key of the certificate itself. In a CA certificate clients treat it
   as a limit for all certificates below, as CAs intend it. mbedTLS checks the server's own
   certificate. */
static uint32_t usage_flags(const mbedtls_x509_crt *crt, unsigned depth)
{
    bool meant = depth == 0 ||
                 mbedtls_x509_crt_check_extended_key_usage(
                     crt, MBEDTLS_OID_SERVER_AUTH, MBEDTLS_OID_SIZE(MBEDTLS_OID_SERVER_AUTH)) == 0;
    return meant ? 0 : MIDGE__CERT_CA_USAGE | MBEDTLS_X509_BADCERT_EXT_KEY_USAGE;
}

/* --- the certificate to replace --- */

/* Every path with the same certificates up to this one would be refused. */
static void blame(struct midge__cert_path *path, unsigned depth)
{
    path->wrong = depth < path->wrong ? depth : path->wrong;
}

/* Without a root only a missing issuer matters, because the report shall be about a path that leads
   to a root. constraint_flags has recorded violated constraints already. */
void midge__cert_path_note(struct midge__cert_path *path, uint32_t flags, uint32_t all)
{
    unsigned depth = path->next;
    uint32_t own =
        flags & ~(uint32_t)(MIDGE__CERT_CONSTRAINT | MIDGE__CERT_TOO_MANY_NAMES | MIDGE__CERT_PIN);
    if ((flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED) != 0) {
        path->wrong = depth + 1;
    } else if ((all & MBEDTLS_X509_BADCERT_NOT_TRUSTED) == 0 && own != 0) {
        /* BAD_KEY may concern the issuer's key. */
        blame(path, (own & MBEDTLS_X509_BADCERT_BAD_KEY) != 0 ? depth + 1 : depth);
    }
}

/* --- name constraints --- */

_Static_assert(MIDGE__CERT_CONSTRAINT == MIDGE__CONSTRAINT_BROKEN << 20 &&
                   MIDGE__CERT_BAD_CONSTRAINTS == MIDGE__CONSTRAINT_MALFORMED << 20 &&
                   MIDGE__CERT_TOO_MANY_NAMES == MIDGE__CONSTRAINT_TOO_MANY << 20,
               "a result is shifted into a flag");

/* Depth of the highest certificate whose constraints count for `crt`. RFC 5280 6.1.3 (b), (c): CA
   certificates with the same subject and issuer (key rollover) are exempt from those above, the
   server's never. */
static unsigned last_above(const struct midge__cert_path *path, const mbedtls_x509_crt *crt,
                           unsigned depth)
{
    bool exempt = depth > 0 && midge__dn_equal(der_of(&crt->subject_raw), der_of(&crt->issuer_raw));
    return exempt ? depth : path->top;
}

/* Do the constraints of a CA above allow the names? names NULL: can the certificate's own be read,
   and are they there only once? Any certificate may have some. */
static unsigned constraint_of(struct midge__cert_path *path, const mbedtls_x509_crt *crt,
                              const struct midge__cert_names *names)
{
    struct midge__extension found;
    if (!midge__extension_find(der_of(&crt->v3_ext), ID_NAME_CONSTRAINTS, &found)) {
        return names == NULL ? MIDGE__CONSTRAINT_MALFORMED : MIDGE__CONSTRAINT_KEPT;
    }
    return midge__der_len(found.value) == 0
               ? MIDGE__CONSTRAINT_KEPT
               : midge__name_constraints_check(&found, names, &path->budget);
}

static uint32_t constraint_flags(struct midge__cert_path *path, unsigned depth)
{
    const mbedtls_x509_crt *crt = path->cert[depth];
    struct midge__extension alt_names;
    unsigned results = constraint_of(path, crt, NULL);
    if (!midge__extension_find(der_of(&crt->v3_ext), ID_SUBJECT_ALT_NAME, &alt_names)) {
        return (results << 20) | MIDGE__CERT_BAD_CONSTRAINTS;
    }
    struct midge__cert_names names = {der_of(&crt->subject_raw), alt_names.value};
    const unsigned last = last_above(path, crt, depth);
    for (unsigned i = depth + 1; i <= last; ++i) {
        unsigned result = constraint_of(path, path->cert[i], &names);
        results |= result;
        if ((result & (MIDGE__CONSTRAINT_BROKEN | MIDGE__CONSTRAINT_MALFORMED)) != 0) {
            blame(path, i);
        }
    }
    return results << 20;
}

/* --- the path --- */

bool midge__cert_path_add(struct midge__cert_path *path, const mbedtls_x509_crt *crt,
                          unsigned depth)
{
    bool is_top = path->next != depth + 1;
    MIDGE_ASSERT(depth < MIDGE__CERT_PATH_MAX);
    if (is_top) {
        path->top = depth;
        path->wrong = depth > 0 ? depth - 1 : 0;
        path->budget = CONSTRAINT_BUDGET;
    }
    path->cert[depth] = crt;
    path->next = depth;
    return is_top;
}

uint32_t midge__cert_path_flags(struct midge__cert_path *path)
{
    return usage_flags(path->cert[path->next], path->next) | constraint_flags(path, path->next);
}

#if defined(MIDGE_TLS_EXTERNAL)
bool midge__cert_path_out_of_order(const struct midge__cert_path *path)
{
    const mbedtls_x509_crt *top = path->cert[path->top];
    unsigned depth = 1;
    for (const mbedtls_x509_crt *at = path->cert[0]->next; at != NULL && at != top; at = at->next) {
        if (at == path->cert[depth]) {
            depth++;
        } else if (midge__cert_issued(at, top)) {
            return true;
        }
    }
    return false;
}
#endif

#endif
