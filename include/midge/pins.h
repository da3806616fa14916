/* SPDX-License-Identifier: MIT */
/*
 * Pins of public keys: a server is accepted only with a key that the program knows. A pin is the
 * SHA-256 of a certificate's SubjectPublicKeyInfo (DER), as in RFC 7469 2.4, so it stays when a
 * certificate is renewed with the same key. To make one from a certificate or a key:
 *
 *     openssl x509 -in cert.pem -noout -pubkey | openssl pkey -pubin -outform der | sha256sum
 *     openssl pkey -in key.pem -pubout -outform der | sha256sum
 *
 *     static const struct midge_pin pins[] = {
 *         {"api.example.com", {0x5a, 0x13, …}},    in use
 *         {"api.example.com", {0x9c, 0xe7, …}},    the backup: a key that is kept offline
 *     };
 *     static const struct midge_pins set = {pins, 2, MIDGE_PIN_LEAF};
 *     config.tls.pins = &set;
 *
 * Have a backup pin: with one pin only, a device that is in the field cannot be reached any more
 * when that key is lost. The error is PIN if no key is pinned and nothing else is wrong with the
 * certificate; it comes before a byte of the request is sent. Connections and sessions that were
 * made with other pins, or with none, are never used.
 */
#ifndef MIDGE_PINS_H
#define MIDGE_PINS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The pin of one key. */
struct midge_pin {
    /* The name that is verified: the URL's host, or request.servername. Letters of any case; an
       address as in the URL, without brackets. NULL: every host. */
    const char *host;
    uint8_t sha256[32]; /* all zero: it matches no key */
};

/* Which key must be pinned, and which other checks are made. */
enum midge_pin_mode {
    /* The chain is verified as without pins, and one of the certificates of the path that was
       verified must have a pinned key: the server's own, an intermediate CA's, or the root's
       (RFC 7469 2.6). With the pin of a CA, the server may have any key that this CA certifies. */
    MIDGE_PIN_PATH,
    /* The chain is verified as without pins, and the server's own key must be pinned. */
    MIDGE_PIN_LEAF,
    /* Instead of the chain: the server's own key must be pinned, and this is all that it is trusted
       for, as with DANE-EE (RFC 7671 5.1). Neither the names nor the dates nor the signature of its
       certificate are checked (time_verified is 0), no CA is needed, and the other certificates do
       not matter. Only its key usage, if it has that extension, must allow TLS servers. For servers
       with a self-signed certificate, and devices without a clock. */
    MIDGE_PIN_ONLY
};

/* If pins of a set are for a host, one of these must match there. A host without pins in the set is
   verified as usual, also with MIDGE_PIN_ONLY. http has no pins. They are for servers: the
   certificate of an https proxy is verified as without pins. A handshake by a pre-shared key
   (credential.h) brings no key to compare, so it fails (PIN).

   INVALID at start: dangerously_skip_verification and a pin for the same host; an unknown mode. */
struct midge_pins {
    const struct midge_pin *pin; /* count of them, in any order */
    size_t count;                /* 0: no host has pins */
    uint8_t mode;                /* enum midge_pin_mode */
};

#ifdef __cplusplus
}
#endif
#endif
