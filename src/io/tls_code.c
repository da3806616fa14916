/* SPDX-License-Identifier: MIT */
#include "io/tls_code.h"

#include <mbedtls/asn1.h>
#include <mbedtls/bignum.h>
#include <mbedtls/cipher.h>
#include <mbedtls/ecp.h>
#include <mbedtls/md.h>
#include <mbedtls/oid.h>
#include <mbedtls/pk.h>
#include <mbedtls/ssl.h>
#include <mbedtls/x509.h>

int midge__tls_high_level(int native)
{
    return -(-native & 0x7F80);
}

#if defined(MIDGE_TLS_EXTERNAL)
static int low_level(int native)
{
    return -(-native & 0x7F);
}

bool midge__tls_out_of_memory(int native)
{
    if (native >= 0) {
        return false;
    }
    switch (midge__tls_high_level(native)) {
    case MBEDTLS_ERR_SSL_ALLOC_FAILED:
    case MBEDTLS_ERR_X509_ALLOC_FAILED:
    case MBEDTLS_ERR_PK_ALLOC_FAILED:
    case MBEDTLS_ERR_MD_ALLOC_FAILED:
    case MBEDTLS_ERR_ECP_ALLOC_FAILED:
    case MBEDTLS_ERR_CIPHER_ALLOC_FAILED:
        return true;
    default:
        return low_level(native) == MBEDTLS_ERR_MPI_ALLOC_FAILED ||
               low_level(native) == MBEDTLS_ERR_ASN1_ALLOC_FAILED;
    }
}
#endif

enum midge__tls_lack midge__tls_lacks(int native)
{
    /* RSASSA-PSS in a build that lacks it, or with a hash that the build lacks. Other sums with
       INVALID_ALG mean malformed DER. */
    if (native == MBEDTLS_ERR_X509_INVALID_ALG ||
        native == MBEDTLS_ERR_X509_INVALID_ALG + MBEDTLS_ERR_OID_NOT_FOUND) {
        return MIDGE__TLS_LACKS_ALGORITHM;
    }
    switch (midge__tls_high_level(native)) {
    case MBEDTLS_ERR_X509_UNKNOWN_SIG_ALG:
        return MIDGE__TLS_LACKS_ALGORITHM;
    case MBEDTLS_ERR_PK_UNKNOWN_PK_ALG:
    case MBEDTLS_ERR_PK_UNKNOWN_NAMED_CURVE:
    case MBEDTLS_ERR_PK_FEATURE_UNAVAILABLE:
    case MBEDTLS_ERR_ECP_FEATURE_UNAVAILABLE:
        return MIDGE__TLS_LACKS_KEY;
    case MBEDTLS_ERR_X509_FEATURE_UNAVAILABLE:
        return MIDGE__TLS_LACKS_EXTENSION;
    default:
        return MIDGE__TLS_LACKS_NOTHING;
    }
}
