/* SPDX-License-Identifier: MIT */
#include "io/tls_code.h"

#include "io/mbedtls_compat.h"

int midge__tls_high_level(int native)
{
    return -(-native & 0x7F80);
}

#if defined(MIDGE_TLS_EXTERNAL)
bool midge__tls_out_of_memory(int native)
{
    static const int codes[] = {MIDGE__ALLOC_CODES};
    const int high = midge__tls_high_level(native), low = -(-native & 0x7F);
    size_t i = 0;
    while (i < sizeof codes / sizeof codes[0] && native != codes[i] && high != codes[i] &&
           low != codes[i]) {
        i++;
    }
    return native < 0 && i < sizeof codes / sizeof codes[0];
}
#endif

enum midge__tls_lack midge__tls_lacks(int native)
{
    /* RSASSA-PSS in a build that lacks it, or with a hash that the build lacks. Other sums with
       INVALID_ALG mean malformed DER. */
    if (native == MBEDTLS_ERR_X509_INVALID_ALG || native == MIDGE__ERR_UNKNOWN_PSS) {
        return MIDGE__TLS_LACKS_ALGORITHM;
    }
    switch (midge__tls_high_level(native)) {
    case MIDGE__ERR_UNKNOWN_SIG_ALG:
        return MIDGE__TLS_LACKS_ALGORITHM;
    case MBEDTLS_ERR_PK_UNKNOWN_PK_ALG:
    case MBEDTLS_ERR_PK_UNKNOWN_NAMED_CURVE:
    case MBEDTLS_ERR_PK_FEATURE_UNAVAILABLE:
    case MIDGE__ERR_UNKNOWN_CURVE:
        return MIDGE__TLS_LACKS_KEY;
    case MBEDTLS_ERR_X509_FEATURE_UNAVAILABLE:
        return MIDGE__TLS_LACKS_EXTENSION;
    default:
        return MIDGE__TLS_LACKS_NOTHING;
    }
}
