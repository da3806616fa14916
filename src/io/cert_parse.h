/* SPDX-License-Identifier: MIT */
/*
 * Parses certificates with a critical nameConstraints extension, which mbedTLS alone refuses;
 * cert_path.c applies the constraints. In owned mode mbedTLS's own TLS files are compiled to call
 * the last two functions (port/mbedtls.cmake); an external mbedTLS keeps refusing such chains.
 */
#ifndef MIDGE_IO_CERT_PARSE_H
#define MIDGE_IO_CERT_PARSE_H

#include <mbedtls/x509_crt.h>
#include <stdbool.h>

#include "midge/config.h"

/* Adds one DER certificate to the chain; returns mbedTLS's code. */
#if MIDGE_WITH_CHAIN_CHECKS
int midge__cert_parse(mbedtls_x509_crt *chain, const unsigned char *der, size_t len, bool copy);
#else
#define midge__cert_parse(chain, der, len, copy)                                                   \
    ((copy) ? mbedtls_x509_crt_parse_der(chain, der, len)                                          \
            : mbedtls_x509_crt_parse_der_nocopy(chain, der, len))
#endif

/*
 * Parses the peer's next certificate. Within midge's scope (tls_process.h) the first one, the
 * server's own, must be readable. Another certificate with an algorithm or critical extension that
 * this mbedTLS lacks is left out, since the path may not need it (RFC 8446 4.4.2); the context
 * records the reason. Outside of the scope, in the firmware's own connections, it behaves as
 * mbedTLS's function.
 */
int midge__x509_crt_parse_der(mbedtls_x509_crt *chain, const unsigned char *der, size_t len);
int midge__x509_crt_parse_der_nocopy(mbedtls_x509_crt *chain, const unsigned char *der, size_t len);

#endif
