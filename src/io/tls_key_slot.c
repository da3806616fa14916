/* SPDX-License-Identifier: MIT */
/* Only owned builds read mbedTLS's internal headers: they are built together with the mbedTLS they
   describe. */
#if !defined(MIDGE_TLS_EXTERNAL)
#define MBEDTLS_ALLOW_PRIVATE_ACCESS
#endif

#include "io/tls_key_slot.h"

#if !defined(MIDGE_TLS_EXTERNAL)

#include <mbedtls/build_info.h>
#if defined(MBEDTLS_PSA_CRYPTO_C)
#include "psa_crypto_core.h"
#endif

size_t midge__tls_key_slot(void)
{
#if defined(MBEDTLS_PSA_CRYPTO_C)
    return sizeof(psa_key_slot_t);
#else
    return 0;
#endif
}

#endif
