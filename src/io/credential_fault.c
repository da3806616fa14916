/* SPDX-License-Identifier: MIT */
/*
 * Failures that are about the client's certificate or pre-shared key. An alert alone does not say
 * that: handshake_failure, for example, has many reasons. So the handshake notes whether the server
 * asked for a certificate:
 *
 *     asked  had one  alert                          meaning
 *     no     –        –                              not about the client
 *     yes    no       one of `wants` below           the server requires a certificate
 *     yes    no       none, the connection ends      the same
 *     yes    yes      one of `refusals` below        the server refuses it
 *     yes    –        none, in our CertificateVerify the key did not sign
 *
 * With TLS 1.3 the server judges after the client's last flight, so the alert may be the first
 * record that is read in place of an answer (RFC 8446 4.4.2.4): the same table holds.
 */
#include "io/credential.h"

#if MIDGE_WITH_CREDENTIAL || MIDGE_WITH_PSK

#include "io/psk.h"
#include "io/tls_internal.h"

/* --- alerts and their texts --- */

/* A list of alerts, each with its text. */
#if MIDGE_WITH_TEXTS
#define ROW(alert, text)                                                                           \
    {                                                                                              \
        (alert), (text)                                                                            \
    }
#else
#define ROW(alert, text)                                                                           \
    {                                                                                              \
        (alert)                                                                                    \
    }
#endif

struct row {
    uint8_t alert; /* 0: the list's end */
#if MIDGE_WITH_TEXTS
    const char *text;
#endif
};

/* RFC 8446 6.2 */
enum {
    BAD_RECORD_MAC = 20,
    HANDSHAKE_FAILURE = 40,
    NO_CERTIFICATE = 41,
    BAD_CERTIFICATE = 42,
    UNSUPPORTED_CERTIFICATE = 43,
    CERTIFICATE_REVOKED = 44,
    CERTIFICATE_EXPIRED = 45,
    CERTIFICATE_UNKNOWN = 46,
    ILLEGAL_PARAMETER = 47,
    UNKNOWN_CA = 48,
    ACCESS_DENIED = 49,
    DECRYPT_ERROR = 51,
    UNKNOWN_PSK_IDENTITY = 115,
    CERTIFICATE_REQUIRED = 116
};

/* False: the alert is not in the list. */
static bool is_in(const struct row *at, unsigned alert, struct midge__fault *fault)
{
    while (at->alert != 0 && at->alert != alert) {
        at++;
    }
#if MIDGE_WITH_TEXTS
    if (at->alert != 0) {
        fault->detail = at->text;
    }
#else
    (void)fault;
#endif
    return at->alert != 0;
}

/* The alert that ended the connection; 0: none. */
static unsigned alert_of(const struct midge__tls_impl *impl, int native)
{
    const unsigned char *alert = impl->ssl.MBEDTLS_PRIVATE(in_msg);
    return native == MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE && alert != NULL ? alert[1] : 0;
}

/* --- certificates --- */

#if MIDGE_WITH_CREDENTIAL

#define WANTS   "server requires a client certificate"
#define REFUSES "server refused the client certificate: "

static const struct row wants[] = {ROW(CERTIFICATE_REQUIRED, WANTS), ROW(HANDSHAKE_FAILURE, WANTS),
                                   ROW(NO_CERTIFICATE, WANTS),       ROW(BAD_CERTIFICATE, WANTS),
                                   ROW(ACCESS_DENIED, WANTS),        {0}};

static const struct row refusals[] = {ROW(BAD_CERTIFICATE, REFUSES "bad_certificate"),
                                      ROW(UNSUPPORTED_CERTIFICATE, REFUSES "unsupported kind"),
                                      ROW(CERTIFICATE_REVOKED, REFUSES "revoked"),
                                      ROW(CERTIFICATE_EXPIRED, REFUSES "expired"),
                                      ROW(CERTIFICATE_UNKNOWN, REFUSES "certificate_unknown"),
                                      ROW(UNKNOWN_CA, REFUSES "its CA is unknown there"),
                                      ROW(ACCESS_DENIED, REFUSES "access denied"),
                                      ROW(DECRYPT_ERROR, REFUSES "its signature did not verify"),
                                      ROW(HANDSHAKE_FAILURE, REFUSES "handshake_failure"),
                                      ROW(CERTIFICATE_REQUIRED, REFUSES "certificate_required"),
                                      {0}};

/* The message that was read last, of the type CertificateRequest, is still in mbedTLS's buffer;
   another one stays there for the next state. */
void midge__credential_note(struct midge__tls_impl *impl, int state)
{
    const unsigned char *message = impl->ssl.MBEDTLS_PRIVATE(in_msg);
    if (state == MBEDTLS_SSL_CERTIFICATE_REQUEST && message != NULL &&
        message[0] == MBEDTLS_SSL_HS_CERTIFICATE_REQUEST) {
        impl->asked_credential = true;
    }
}

/* mbedTLS names the state by the message: in TLS 1.3 CERTIFICATE_VERIFY is the server's. */
bool midge__credential_signs(const struct midge__tls_impl *impl, int state)
{
    return impl->asked_credential &&
           state == (impl->tls->version == MIDGE_TLS_1_2 ? MBEDTLS_SSL_CERTIFICATE_VERIFY
                                                         : MBEDTLS_SSL_CLIENT_CERTIFICATE_VERIFY);
}

/* A server that refuses closes at once, while the client has more messages to send. The alert with
   the reason is there to be read, as an early answer is. */
bool midge__credential_awaits_verdict(const struct midge__tls_impl *impl)
{
    return MIDGE_WITH_EARLY_ANSWERS && impl->asked_credential &&
           impl->state == MIDGE__TLS_WAIT_HANDSHAKE;
}

bool midge__credential_is_verdict(const struct midge__tls_impl *impl, int native)
{
    return impl->asked_credential && native == MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE;
}

static bool has_own(const struct midge__tls_impl *impl)
{
    return impl->ssl.MBEDTLS_PRIVATE(conf)->MBEDTLS_PRIVATE(key_cert) != NULL;
}

/* Servers of mbedTLS send no alert in TLS 1.2. */
static bool is_closed(const struct midge__tls_impl *impl, int native)
{
    return impl->state == MIDGE__TLS_WAIT_HANDSHAKE && native == MBEDTLS_ERR_SSL_CONN_EOF &&
           !has_own(impl);
}

static bool is_certificate_fault(const struct midge__tls_impl *impl, unsigned alert,
                                 struct midge__fault *fault)
{
    if (!impl->asked_credential) {
        return false;
    }
    if (alert != 0) {
        return is_in(has_own(impl) ? refusals : wants, alert, fault);
    }
    if (is_closed(impl, fault->native)) {
        fault->detail =
            MIDGE__TEXT("server closed the connection when it got no client certificate");
        return true;
    }
    if (midge__credential_signs(impl, impl->ssl.MBEDTLS_PRIVATE(state))) {
        fault->detail = MIDGE__TEXT("the client key did not sign as the server asks");
        return true;
    }
    return false;
}

#else
#define is_certificate_fault(impl, alert, fault) false
#endif

/* --- pre-shared keys --- */

#if MIDGE_WITH_PSK

#define PSK_REFUSES "server refused the pre-shared key: "

static const struct row psk_refusals[] = {
    ROW(UNKNOWN_PSK_IDENTITY, PSK_REFUSES "unknown identity"),
    ROW(DECRYPT_ERROR, PSK_REFUSES "another key"),
    ROW(BAD_RECORD_MAC, PSK_REFUSES "another key"),
    ROW(ILLEGAL_PARAMETER, PSK_REFUSES "another key"),
    ROW(HANDSHAKE_FAILURE, PSK_REFUSES "unknown identity, or it wants certificates"),
    {0}};

static bool is_psk_fault(const struct midge__tls_impl *impl, unsigned alert,
                         struct midge__fault *fault)
{
    if (impl->state != MIDGE__TLS_WAIT_HANDSHAKE ||
        !midge__psk_is_in(impl->ssl.MBEDTLS_PRIVATE(conf))) {
        return false;
    }
    /* With TLS 1.3 a server that does not know the identity goes on with its certificate (RFC 8446
       4.2.11), and mbedTLS returns this code. */
    if (fault->native == MBEDTLS_ERR_SSL_HANDSHAKE_FAILURE) {
        alert = HANDSHAKE_FAILURE;
    }
    return is_in(psk_refusals, alert, fault);
}

#else
#define is_psk_fault(impl, alert, fault) false
#endif

int midge__credential_judge(const struct midge__tls_impl *impl, struct midge__fault *fault)
{
    unsigned alert = alert_of(impl, fault->native);
    return is_certificate_fault(impl, alert, fault) || is_psk_fault(impl, alert, fault)
               ? MIDGE_ERR_CREDENTIAL
               : MIDGE_OK;
}

#endif
