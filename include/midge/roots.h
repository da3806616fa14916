/* SPDX-License-Identifier: MIT */
/*
 * Trusted roots in flash, for midge_tls.roots and roots_len (tls.h). A table of
 * Debian's 142 roots takes 85 KB of flash and no RAM, except for the one root that a handshake
 * needs, until its chain is verified: about 1 KB, at most 2.2 KB (RSA-4096), which
 * midge_memory_needed counts.
 *
 * port/root_table.py makes a table from PEM certificates, as C source or as a file for a partition;
 * its --help has the options. In CMake:
 *
 *     add_subdirectory(midge)
 *     midge_root_table(firmware /etc/ssl/certs/ca-certificates.crt OPTIONS --max-bytes 40000)
 *
 *     extern const unsigned char roots[];
 *     extern const size_t roots_len;
 *     const struct midge_config config = {.tls = {.roots = roots, .roots_len = roots_len}, ...};
 *
 * The table, integers in little-endian order:
 *
 *     0   "MIDGERT1"
 *     8   length of the table in bytes (4)
 *     12  number of roots (4), at least 1
 *     16  SHA-256 of all bytes from 48 on
 *     48  for each root, in ascending order of hash: hash of its subject (4), offset of its
 *         certificate in the table (4)
 *     ..  the certificates, one after the other in the same order
 *
 * The hash is 32-bit FNV-1a of the subject's attributes: for each one the bytes of its OID, then
 * those of its value with A-Z in lower case. So names that RFC 5280 7.1 calls equal, with another
 * string type or other letters, have the same hash.
 *
 * A certificate in the table is DER (X.509) that mbedTLS parses in place. That of a CA has only the
 * fields that its use as a root needs: dates, subject, key, basicConstraints, keyUsage,
 * extKeyUsage, nameConstraints, and each critical extension. Serial number and issuer are
 * placeholders, and its signature is empty: a root is trusted because it is in the table. Another
 * certificate (a server's own that is trusted itself) is kept whole.
 *
 * ESP-IDF's certificate bundle (gen_crt_bundle.py) is accepted too, both of its formats. It has
 * subjects and keys only: no dates, usage or name constraints of a root are checked then, and an
 * issuer's name must be the same bytes as the subject's.
 *
 * An external mbedTLS asks for the roots by its callback
 * (MBEDTLS_X509_TRUSTED_CERTIFICATE_CALLBACK, which the build tells by MIDGE_TLS_CA_CALLBACK=1). It
 * cannot interrupt such a verification, and accepts no certificate of a server that is trusted
 * itself, in the table or in tls.ca, unless it is a CA. The roots take memory of mbedTLS's heap for
 * that time.
 */
#ifndef MIDGE_ROOTS_H
#define MIDGE_ROOTS_H

#include <stddef.h>

#include "midge/features.h"

#ifdef __cplusplus
extern "C" {
#endif

#if MIDGE_WITH_ROOT_TABLE
/* Checks a table as midge_open does, and the SHA-256 of its bytes, which midge_open trusts: for a
   table that was written to flash apart from the firmware. Some 4 M instructions on a Cortex-M3 for
   87 KB. CA: damaged, or no table. A bundle of ESP-IDF has no digest: its lengths are checked. */
int midge_roots_check(const void *roots, size_t len);
#endif

#ifdef __cplusplus
}
#endif
#endif
