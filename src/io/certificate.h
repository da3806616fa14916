/* SPDX-License-Identifier: MIT */
/* Private to src/io, as it includes mbedTLS's headers. */
#ifndef MIDGE_IO_CERTIFICATE_H
#define MIDGE_IO_CERTIFICATE_H

#include <stdint.h>

#include <mbedtls/x509_crt.h>

/* The SHA-256 of a certificate's SubjectPublicKeyInfo (RFC 7469 2.4); all zero: hash hardware has
   failed. */
void midge__certificate_key(const mbedtls_x509_crt *crt, uint8_t digest[32]);

#endif
