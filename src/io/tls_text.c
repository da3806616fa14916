/* SPDX-License-Identifier: MIT */
#include "io/tls_text.h"

#if MIDGE_WITH_TEXTS

#include <string.h>

#include "base/text.h"
#include "io/mbedtls_compat.h"
#include "io/tls_code.h"

/* --- alerts --- */

#define ALERT "TLS alert "

/* RFC 8446 6, RFC 5246 7.2 and IANA's registry. For each alert: its number as one byte, its text,
 * NUL. Rare are those about certificates of clients, of old versions, of extensions that midge does
 * not send, and those that a correct client does not cause. */
#if MIDGE_WITH_RARE_TEXTS
#define RARE_ALERTS                                                                                \
    "\012" ALERT "unexpected_message\0"                                                            \
    "\026" ALERT "record_overflow\0"                                                               \
    "\025" ALERT "decryption_failed\0"                                                             \
    "\036" ALERT "decompression_failure\0"                                                         \
    "\051" ALERT "no_certificate\0"                                                                \
    "\053" ALERT "unsupported_certificate\0"                                                       \
    "\054" ALERT "certificate_revoked\0"                                                           \
    "\055" ALERT "certificate_expired\0"                                                           \
    "\056" ALERT "certificate_unknown\0"                                                           \
    "\061" ALERT "access_denied\0"                                                                 \
    "\062" ALERT "decode_error\0"                                                                  \
    "\064" ALERT "too_many_cids_requested\0"                                                       \
    "\074" ALERT "export_restriction\0"                                                            \
    "\126" ALERT "inappropriate_fallback\0"                                                        \
    "\132" ALERT "user_canceled\0"                                                                 \
    "\144" ALERT "no_renegotiation\0"                                                              \
    "\155" ALERT "missing_extension\0"                                                             \
    "\156" ALERT "unsupported_extension\0"                                                         \
    "\157" ALERT "certificate_unobtainable\0"                                                      \
    "\161" ALERT "bad_certificate_status_response\0"                                               \
    "\162" ALERT "bad_certificate_hash_value\0"                                                    \
    "\163" ALERT "unknown_psk_identity\0"                                                          \
    "\165" ALERT "general_error\0"                                                                 \
    "\170" ALERT "no_application_protocol: it does not offer HTTP/1.1\0"                           \
    "\171" ALERT "ech_required\0"
#else
#define RARE_ALERTS ""
#endif

static const char alerts[] = "\024" ALERT "bad_record_mac\0"
                             "\050" ALERT "handshake_failure\0"
                             "\052" ALERT "bad_certificate\0"
                             "\057" ALERT "illegal_parameter\0"
                             "\060" ALERT "unknown_ca\0"
                             "\063" ALERT "decrypt_error\0"
                             "\106" ALERT "protocol_version: no TLS version in common\0"
                             "\107" ALERT "insufficient_security: it wants stronger ciphers\0"
                             "\120" ALERT "internal_error\0"
                             "\160" ALERT "unrecognized_name: it does not know this host name\0"
                             "\164" ALERT "certificate_required\0" RARE_ALERTS;

const char *midge__tls_alert_text(unsigned number)
{
    for (const char *at = alerts; *at != '\0'; at += strlen(at) + 1) {
        if ((unsigned char)*at == number) {
            return at + 1;
        }
    }
    return ALERT "of unknown number";
}

/* --- the protocol --- */

const char *midge__tls_error_text(int native)
{
    switch (native) {
    case MBEDTLS_ERR_SSL_CONN_EOF:
    case MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY:
        return "server closed the connection during the TLS handshake";
    case MBEDTLS_ERR_SSL_BAD_PROTOCOL_VERSION:
        return "no TLS version in common";
    case MBEDTLS_ERR_SSL_UNEXPECTED_MESSAGE:
        /* KeyUpdate and late certificate requests: mbedTLS 3.6 has neither. */
        return "server sent an unsupported TLS message";
    case MBEDTLS_ERR_SSL_INVALID_MAC:
        return "TLS record damaged on the way";
    case MBEDTLS_ERR_SSL_INVALID_RECORD:
        return "malformed TLS record";
    default:
        return NULL;
    }
}

/* --- certificates --- */

/* NULL: it lacks nothing. */
static const char *lack_text(int native)
{
    switch (midge__tls_lacks(native)) {
    case MIDGE__TLS_LACKS_ALGORITHM:
        return "unsupported signature algorithm in certificate";
    case MIDGE__TLS_LACKS_KEY:
        return "unsupported kind of key in certificate";
    case MIDGE__TLS_LACKS_EXTENSION:
        return "unsupported critical extension in certificate";
    case MIDGE__TLS_LACKS_NOTHING:
    default:
        return NULL;
    }
}

const char *midge__tls_parse_text(int native)
{
    const char *lack = lack_text(native);
#if !MIDGE__CERT_ANY_ORDER
    /* mbedTLS's code for an unknown critical extension. */
    if (native == MIDGE__ERR_CRITICAL) {
        return MIDGE__TEXT_CRITICAL " that this build of mbedTLS cannot read";
    }
#endif
    if (native == MBEDTLS_ERR_X509_FATAL_ERROR) {
        return "certificate chain is too long";
    }
    return lack != NULL ? lack : "certificate cannot be parsed";
}

static const char *not_trusted_text(const struct midge__verdict *verdict, int unread)
{
    const char *lack = unread != 0 ? lack_text(unread) : NULL;
    if (lack != NULL) {
        return lack;
    }
    if (verdict->self_signed) {
        return "certificate is self-signed";
    }
    return !MIDGE__CERT_ANY_ORDER && verdict->out_of_order
               ? "server's certificates are in an order that this build of mbedTLS cannot verify"
               : "certificate not trusted";
}

/* X(flags, text), ordered by weight: first the checks that a forged certificate is likely to fail.
 */
#if MIDGE_WITH_RARE_TEXTS
#define RARE_VERDICTS(X)                                                                           \
    X(MBEDTLS_X509_BADCERT_REVOKED, "certificate revoked")                                         \
    X(MIDGE__CERT_BAD_CONSTRAINTS, "name constraints in certificate chain cannot be read")         \
    X(MIDGE__CERT_CONSTRAINT, "certificate breaks the name constraints of a CA")                   \
    X(MIDGE__CERT_TOO_MANY_NAMES, "too many names in certificate chain")                           \
    X(MIDGE__CERT_CA_USAGE, "CA certificate not meant for servers")
#else
#define RARE_VERDICTS(X) X(MBEDTLS_X509_BADCERT_REVOKED | MIDGE__CERT_FLAGS, NOT_ACCEPTED)
#endif

#define VERDICTS(X)                                                                                \
    RARE_VERDICTS(X)                                                                               \
    X(MBEDTLS_X509_BADCERT_EXPIRED, "certificate expired")                                         \
    X(MBEDTLS_X509_BADCERT_FUTURE, "certificate not yet valid")                                    \
    X(MBEDTLS_X509_BADCERT_CN_MISMATCH, "certificate is for another host")                         \
    X(MBEDTLS_X509_BADCERT_BAD_MD, "weak hash in certificate chain")                               \
    X(MBEDTLS_X509_BADCERT_BAD_PK | MBEDTLS_X509_BADCERT_BAD_KEY,                                  \
      "weak or unacceptable key in certificate chain")                                             \
    X(MBEDTLS_X509_BADCERT_KEY_USAGE | MBEDTLS_X509_BADCERT_EXT_KEY_USAGE,                         \
      "certificate not meant for servers")                                                         \
    X(MBEDTLS_X509_BADCERT_MISSING, "server sent no certificate")

#define NOT_ACCEPTED "certificate not accepted"

#define VERDICT_FLAGS(flags, text) flags,
#define VERDICT_TEXT(flags, text)  text "\0"

const char *midge__tls_verdict_text(const struct midge__verdict *verdict, int unread,
                                    uint32_t flags)
{
    static const uint32_t of[] = {VERDICTS(VERDICT_FLAGS) 0};
    static const char texts[] = VERDICTS(VERDICT_TEXT) NOT_ACCEPTED;
    unsigned i = 0;
    if ((flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED) != 0) {
        return not_trusted_text(verdict, unread);
    }
    while (of[i] != 0 && (flags & of[i]) == 0) {
        i++;
    }
    if (of[i] == MBEDTLS_X509_BADCERT_CN_MISMATCH && verdict->no_san) {
        return "certificate has no subjectAltName";
    }
    return midge__text_nth(texts, i);
}

#endif
