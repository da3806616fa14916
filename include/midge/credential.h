/* SPDX-License-Identifier: MIT */
/*
 * A client proves to servers that it has the key of a certificate (RFC 5246 7.4.6, RFC 8446
 * 4.4.2), or a key that the server has, too (RFC 4279, RFC 8446 4.2.11).
 *
 *     static const struct midge_credential own = {
 *         .certificate = device_der, .certificate_len = sizeof device_der,
 *         .key = device_key_der, .key_len = sizeof device_key_der, .borrow = 1};
 *     config.tls.credential = &own;
 *
 * Both belong to the client, and so to the identity of its connections and sessions: another
 * certificate takes another client. They go to each server that asks for them, also to those that
 * a redirect leads to, and never to a proxy.
 *
 * midge_open returns CREDENTIAL for one that cannot be used, UNSUPPORTED for one that this build
 * lacks; `why` tells which fault it is. A request fails with CREDENTIAL when the server refuses the
 * certificate or the key, and when it requires a certificate and the client has none; with TLS 1.3
 * that comes after the handshake, in place of the answer. Such a request is not repeated.
 */
#ifndef MIDGE_CREDENTIAL_H
#define MIDGE_CREDENTIAL_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A certificate and its key. Zero all that is not used. */
struct midge_credential {
    /* The client's certificate and the CAs above it in their order, without the root: PEM, or DER
       one after the other. It must fit one message: 4,096 bytes of DER in `full` and `small`, 1,024
       in `tiny`. midge_open parses it once, 1 KB and twice the DER's size; full handshakes use it,
       resumed ones do not. midge_memory_needed and midge_memory_least read and count it.
       Tickets of OpenSSL's servers hold it, in TLS 1.2 and 1.3: one longer than MIDGE_MAX_TICKET
       (512 in `tiny`) is not kept, and each connection then takes a full handshake. `tiny` asks for
       small records (MIDGE_MAX_FRAGMENT) only if the message fits one of them. */
    const void *certificate;
    size_t certificate_len;
    /* The private key, PEM or DER: PKCS #8 (RFC 5958), SEC 1 (RFC 5915) or PKCS #1 (RFC 8017 A.1).
       P-256 and P-384, in `full` P-521, too; RSA up to 4,096 bits, in `full` 8,192. An EC key
       without its public half costs midge_open the multiplication that completes it. midge_open
       makes a copy, which is wiped by midge_close. In TLS 1.2 a signature with an EC key is made in
       steps, as the handshake is (MIDGE_ECP_MAX_OPS), else in one. */
    const void *key;
    size_t key_len;
    /* Of an encrypted key. midge's own mbedTLS cannot decrypt keys: UNSUPPORTED. An external one
       can, if it has MBEDTLS_PKCS5_C; then the key is PKCS #8. */
    const char *password;
    /* In place of `key`: a key of PSA (its psa_key_id_t), which may live in a secure element: midge
       asks psa_sign_hash for signatures and never sees the key. It must stay until midge_close, may
       sign hashes (PSA_KEY_USAGE_SIGN_HASH), and its algorithm must be ECDSA with any hash; for RSA
       PKCS #1 v1.5 with TLS 1.2, PSS with TLS 1.3. Only `full` has PSA, and the program calls
       psa_crypto_init and sets it up before midge_open. 0: none. */
    uint32_t key_id;
    /* The certificate is DER, and stays unchanged until midge_close: it is not copied. */
    uint8_t borrow;
    /* Where midge_open puts the reason of its CREDENTIAL or UNSUPPORTED, a constant text without
       the final stop ("" without MIDGE_WITH_TEXTS). NULL: not wanted. */
    const char **why;
};

/* A key that client and servers share, in place of certificates (MIDGE_WITH_PSK, which is off
   unless CMake's option MIDGE_PSK is on). With it the client trusts only servers that have the key,
   in TLS 1.2 and 1.3, and needs no root; it keeps no sessions, since they would save nothing. */
struct midge_psk {
    /* At least 16 random bytes (RFC 9257 4.2: no password), at most 48. Copied. */
    const void *key;
    size_t key_len;
    /* Its name at the server; 1 to 128 bytes (RFC 4279 5.3). Copied. It is sent in clear. */
    const void *identity;
    size_t identity_len;
};

#ifdef __cplusplus
}
#endif
#endif
