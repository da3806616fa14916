/* SPDX-License-Identifier: MIT */
/*
 * TLS settings. If all are zero, midge verifies the chain, the host name by subjectAltName (RFC
 * 9525), the dates, and for each CA above the server, the root too, extended key usage and name
 * constraints (RFC 5280 4.2.1.10, 4.2.1.12; critical or not). The server's certificate comes first;
 * the others may come in any order and with unrelated ones among them (RFC 8446 4.4.2). Up to 12
 * paths are tried.
 *
 * A firmware's own mbedTLS (MIDGE_TLS=external) reads certificates before midge sees them. It
 * refuses a chain with a critical nameConstraints extension, and a chain in which a certificate's
 * issuer does not come directly after it; the error of both is CERT, and its text gives the reason.
 */
#ifndef MIDGE_TLS_H
#define MIDGE_TLS_H

#include <stddef.h>
#include <stdint.h>
#include <midge/config.h>
#include <midge/credential.h>
#include <midge/pins.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Versions of TLS. */
enum midge_tls_version {
    MIDGE_TLS_DEFAULT = 0, /* all that the profile has: 1.2 and, in `full`, 1.3 */
    MIDGE_TLS_1_2 = 12,    /* RFC 5246 */
    MIDGE_TLS_1_3 = 13     /* RFC 8446, profile full only */
};

/* Zero means: verify all, with all that the profile has. */
struct midge_tls {
    /* Trusted roots: PEM (NUL not needed), or DER certificates one after the other. midge_open
       reads them and parses them once for the client (about 1.6 KB plus the DER size for each
       root); midge_memory_needed and midge_memory_least read and count them; they are not used
       after these calls. NULL or 0 bytes, and no `roots`: nothing is trusted, and midge_start
       returns CA for each https request that must be verified. */
    const void *ca;
    size_t ca_len;
    /* Lowest and highest version offered. UNSUPPORTED at start when the profile lacks it. */
    uint8_t min_version, max_version;
    /* Accept any certificate, from any server, that can be read: the server's own must have a
       key and a signature algorithm that this mbedTLS knows, or the request fails with CERT.
       Verified requests never use such a connection or session. */
    uint8_t dangerously_skip_verification;
    /* Seconds since 1970; 0: MIDGE_TIME_FLOOR. Without a trusted clock a certificate that
       expired before this time is refused, other dates are accepted, and time_verified in the
       result is 0. */
    int64_t time_floor;
    /* Keys that servers must have (pins.h). Not copied: the set and its pins must stay unchanged
       until midge_close. NULL: none. UNSUPPORTED without MIDGE_WITH_PINS. */
    const struct midge_pins *pins;
    /* The client's certificate and key (credential.h), read during midge_open. NULL: none.
       UNSUPPORTED without MIDGE_WITH_CREDENTIAL. */
    const struct midge_credential *credential;
    /* A key shared with the servers (credential.h), read during midge_open. NULL: none. UNSUPPORTED
       without MIDGE_WITH_PSK. */
    const struct midge_psk *psk;
    /* The cipher suites that are offered, in order of preference, by their IANA numbers, then 0.
       Not copied: they must live until midge_close. NULL: all that this mbedTLS has of those with
       forward secrecy and authenticated encryption (AES-GCM, ChaCha20-Poly1305, AES-CCM);
       ChaCha20-Poly1305 first in the profiles small and tiny. The server chooses, by its own order
       if it has one, so offer one only to be sure. UNSUPPORTED at midge_open: a suite of another
       kind; no suite that this mbedTLS has for a version that is offered; any, without
       MIDGE_WITH_CIPHERS. With a psk it has no effect. */
    const int *ciphers;
    /* Trusted roots in flash, beside those of `ca`: a table made by port/root_table.py, or a
       certificate bundle of ESP-IDF (roots.h). It must stay as it is until midge_close, and costs
       no RAM for a root that no handshake looks for; a handshake parses at most 16 of its roots,
       one at a time. roots_len: its bytes; for a table also those of a partition that begins with
       it. NULL or 0 bytes: none. midge_open answers CA if it is damaged or has an unknown format,
       and UNSUPPORTED without MIDGE_WITH_ROOT_TABLE (features.h; an external mbedTLS needs its
       callback for it). */
    const void *roots;
    size_t roots_len;
#if MIDGE_KEYLOG
    /* Debugging builds only (CMake: -DMIDGE_KEYLOG=ON): gets the secrets of each connection, with
       which a record of its traffic can be read by everyone who has it. line is one of the file
       SSLKEYLOGFILE, without newline, at most MIDGE_KEY_LINE bytes, valid only during the call.
       The function must not call the client. */
    void (*on_key)(void *ctx, const char *line);
    void *key_ctx;
#endif
};
#define MIDGE_KEY_LINE 200 /* bytes of a line of on_key, with its NUL */

#if MIDGE_WITH_CIPHERS
/* ChaCha20-Poly1305 alone, for targets without AES instructions: on a Cortex-M3 76 instructions a
   byte in place of 175 with AES-GCM, and 1.3 KB less for each connection (profile tiny). Most
   servers have it, but not all: one that does not refuses the handshake (TLS). */
extern const int midge_ciphers_chacha20[];
#endif

/* The contents of a server's certificate (peer->certificate, within config.on_peer), for people:
   lines "subject: …", "start date: …", "expire date: …", "subjectAltName: DNS:…, IP:…", "issuer:
   …", "public key hash: sha256//…" (base64: a pin, pins.h), each with its newline. Always
   NUL-terminated if cap > 0, cut if too short. Returns the length written. A program that calls it
   needs 1.7 KB more flash. */
size_t midge_certificate_text(const void *certificate, char *text, size_t cap);

/* "full", "small" or "tiny". */
const char *midge_tls_profile(void);
/* "mbedTLS 3.6.7" */
const char *midge_tls_library(void);

#ifdef __cplusplus
}
#endif
#endif
