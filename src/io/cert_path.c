/* SPDX-License-Identifier: MIT */
#include "io/cert_path.h"

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

/* --- name constraints --- */

static uint32_t flags_of(enum midge__constraint result)
{
    switch (result) {
    case MIDGE__CONSTRAINT_KEPT:
        return 0;
    case MIDGE__CONSTRAINT_BROKEN:
        return MIDGE__CERT_CONSTRAINT;
    case MIDGE__CONSTRAINT_TOO_MANY:
        return MIDGE__CERT_TOO_MANY_NAMES;
    case MIDGE__CONSTRAINT_MALFORMED:
    default:
        return MIDGE__CERT_BAD_CONSTRAINTS;
    }
}

/* Checks the certificate's own constraints, which any certificate may have: the extension must be
   readable and must not occur twice. */
static uint32_t own_flags(const mbedtls_x509_crt *crt)
{
    struct midge__extension own;
    if (!midge__extension_find(der_of(&crt->v3_ext), ID_NAME_CONSTRAINTS, &own)) {
        return MIDGE__CERT_BAD_CONSTRAINTS;
    }
    return midge__der_len(own.value) == 0 ? 0 : flags_of(midge__name_constraints_read(&own));
}

/* RFC 5280 6.1.3 (b), (c): CA certificates with the same subject and issuer (key rollover) are
   exempt, the server's never. */
static bool is_exempt(const mbedtls_x509_crt *crt, unsigned depth)
{
    return depth > 0 && midge__dn_equal(der_of(&crt->subject_raw), der_of(&crt->issuer_raw));
}

static uint32_t constraint_flags(struct midge__cert_path *path, unsigned depth)
{
    const mbedtls_x509_crt *crt = path->cert[depth];
    struct midge__extension alt_names, above;
    uint32_t flags = own_flags(crt);
    if (!midge__extension_find(der_of(&crt->v3_ext), ID_SUBJECT_ALT_NAME, &alt_names)) {
        return flags | MIDGE__CERT_BAD_CONSTRAINTS;
    }
    struct midge__cert_names names = {der_of(&crt->subject_raw), alt_names.value};
    for (unsigned i = depth + 1; i <= path->top && !is_exempt(crt, depth); ++i) {
        /* own_flags has checked that the extension is unique and readable. */
        if (midge__extension_find(der_of(&path->cert[i]->v3_ext), ID_NAME_CONSTRAINTS, &above) &&
            midge__der_len(above.value) > 0) {
            enum midge__constraint result =
                midge__name_constraints_check(&above, &names, &path->budget);
            flags |= flags_of(result);
            if (result != MIDGE__CONSTRAINT_KEPT && result != MIDGE__CONSTRAINT_TOO_MANY) {
                midge__cert_path_blame(path, i);
            }
        }
    }
    return flags;
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

void midge__cert_path_blame(struct midge__cert_path *path, unsigned depth)
{
    path->wrong = depth < path->wrong ? depth : path->wrong;
}

uint32_t midge__cert_path_flags(struct midge__cert_path *path)
{
    return usage_flags(path->cert[path->next], path->next) | constraint_flags(path, path->next);
}
