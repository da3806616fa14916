/* SPDX-License-Identifier: MIT */
#include "io/cert_parse.h"

#if MIDGE_WITH_CHAIN_CHECKS

#include <string.h>

#include <mbedtls/oid.h>

#include "io/tls_code.h"
#include "io/tls_internal.h"

/* mbedTLS asks about each extension and certificate policy that it does not know. It ignores the
   answer for an extension that is not critical. */
static int accept_constraints(void *p, const mbedtls_x509_crt *crt, const mbedtls_x509_buf *oid,
                              int critical, const unsigned char *at, const unsigned char *end)
{
    (void)p;
    (void)crt;
    (void)critical;
    (void)at;
    (void)end;
    return MBEDTLS_OID_CMP(MBEDTLS_OID_NAME_CONSTRAINTS, oid) == 0
               ? 0
               : MBEDTLS_ERR_X509_FEATURE_UNAVAILABLE;
}

int midge__cert_parse(mbedtls_x509_crt *chain, const unsigned char *der, size_t len, bool copy)
{
    return mbedtls_x509_crt_parse_der_with_ext_cb(chain, der, len, copy, accept_constraints, NULL);
}

#if !defined(MIDGE_TLS_EXTERNAL)

/* mbedTLS skips a certificate whose signature algorithm it does not know, even the server's: it
   would then verify an empty certificate, or the next one in its place. */
static int first_code(int ret)
{
    return ret == MBEDTLS_ERR_X509_UNKNOWN_SIG_ALG + MBEDTLS_ERR_OID_NOT_FOUND
               ? MBEDTLS_ERR_X509_UNKNOWN_SIG_ALG
               : ret;
}

static int parse_peer(mbedtls_x509_crt *chain, const unsigned char *der, size_t len, bool copy)
{
    struct midge__tls_context *context = midge__tls_scope->context;
    if (context == NULL) {
        return copy ? mbedtls_x509_crt_parse_der(chain, der, len)
                    : mbedtls_x509_crt_parse_der_nocopy(chain, der, len);
    }
    bool first = chain->version == 0;
    int ret = midge__cert_parse(chain, der, len, copy);
    if (ret == 0 || first || midge__tls_lacks(ret) == MIDGE__TLS_LACKS_NOTHING) {
        return first_code(ret);
    }
    context->unread = ret;
    return 0;
}

int midge__x509_crt_parse_der(mbedtls_x509_crt *chain, const unsigned char *der, size_t len)
{
    return parse_peer(chain, der, len, true);
}

int midge__x509_crt_parse_der_nocopy(mbedtls_x509_crt *chain, const unsigned char *der, size_t len)
{
    return parse_peer(chain, der, len, false);
}

#endif

#elif !defined(MIDGE_TLS_EXTERNAL)

int midge__x509_crt_parse_der(mbedtls_x509_crt *chain, const unsigned char *der, size_t len)
{
    return mbedtls_x509_crt_parse_der(chain, der, len);
}

int midge__x509_crt_parse_der_nocopy(mbedtls_x509_crt *chain, const unsigned char *der, size_t len)
{
    return mbedtls_x509_crt_parse_der_nocopy(chain, der, len);
}

#endif
