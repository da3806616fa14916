/* SPDX-License-Identifier: MIT */
/*
 * Turns mbedTLS's codes into midge's. The order of the checks matters: first failures below TLS,
 * then memory (during verification mbedTLS reports missing memory as "not trusted"), then the rest.
 */
#include "io/tls_internal.h"

#include "base/check.h"
#include "io/tls_code.h"
#include "io/tls_text.h"

void midge__tls_memory_failed_reset(struct midge__tls_impl *impl)
{
    impl->tls->context->unread = 0;
    midge__memory_failed_reset(impl->tls->context->memory);
    midge__tls_process_failed_reset();
}

const struct midge__tls_scope *midge__tls_begin(struct midge__tls_impl *impl)
{
    impl->calls_left = MIDGE__TLS_CALLS;
    midge__tls_memory_failed_reset(impl);
    return midge__tls_enter(&impl->scope);
}

bool midge__tls_memory_failed(const struct midge__tls_impl *impl)
{
    return midge__memory_failed(impl->tls->context->memory) || midge__tls_process_failed();
}

/* The handshake step in which mbedTLS is, or in which it failed. */
static int handshake_state(const struct midge__tls_impl *impl)
{
    return impl->ssl.MBEDTLS_PRIVATE(state);
}

/* Is the code from below TLS: X.509, keys, ECC, RSA, hashes, numbers, ASN.1? */
static bool is_from_crypto(int native)
{
    return native < 0 && native > -0x5400;
}

/* A certificate, or the key in it, could not be read, or the server's signature, its proof that it
   has the certificate's key, is wrong. */
static bool is_bad_certificate(const struct midge__tls_impl *impl, int native)
{
    int state = handshake_state(impl);
    return (is_from_crypto(native) && (state == MBEDTLS_SSL_SERVER_CERTIFICATE ||
                                       state == MBEDTLS_SSL_SERVER_KEY_EXCHANGE)) ||
           (MIDGE__TLS_MAX_VERSION >= MIDGE_TLS_1_3 && state == MBEDTLS_SSL_CERTIFICATE_VERIFY &&
            native == MBEDTLS_ERR_SSL_HANDSHAKE_FAILURE);
}

/* Sets the detail of `fault`. */
#if MIDGE_WITH_TEXTS
#define SET_DETAIL(text) (fault->detail = (text))

/* Byte 1 of an alert is its number (RFC 8446 6). */
static const char *alert_text(const struct midge__tls_impl *impl)
{
    const unsigned char *alert = impl->ssl.MBEDTLS_PRIVATE(in_msg);
    return midge__tls_alert_text(alert != NULL ? alert[1] : 0U);
}

/* The text contains the profile's name, so that the user knows which profile to build with next. */
static const char *size_text(void)
{
#if defined(MIDGE_PROFILE_TINY)
    return "TLS record or certificate chain larger than profile tiny's input buffer: use small";
#elif defined(MIDGE_PROFILE_SMALL)
    return "TLS record or certificate chain larger than profile small's input buffer";
#else
    return "TLS record or certificate chain larger than profile full's input buffer";
#endif
}

#else
#define SET_DETAIL(text) ((void)0)
#endif

static int judge_certificate(struct midge__tls_impl *impl, struct midge__fault *fault)
{
    uint32_t flags = mbedtls_ssl_get_verify_result(&impl->ssl);
    flags = flags == UINT32_MAX ? 0 : flags;
    fault->verify_flags = impl->verdict.flags | flags;
    SET_DETAIL(midge__tls_verdict_text(&impl->verdict, impl->unread, fault->verify_flags));
    /* With a more serious reason the text is not about the date. */
    bool by_date = (fault->verify_flags & (MBEDTLS_X509_BADCERT_NOT_TRUSTED |
                                           MBEDTLS_X509_BADCERT_REVOKED | MIDGE__CERT_FLAGS)) == 0;
    fault->cert_date = MIDGE_WITH_TEXTS && by_date ? impl->verdict.cert_date : 0;
    return MIDGE_ERR_CERT;
}

/* No text but the error's own: the other checks of the certificate were passed. */
static int judge_verification(struct midge__tls_impl *impl, struct midge__fault *fault)
{
    if (MIDGE_WITH_PINS && (impl->verdict.flags & MIDGE__CERT_PIN) != 0) {
        fault->verify_flags = impl->verdict.flags;
        return MIDGE_ERR_PIN;
    }
    return judge_certificate(impl, fault);
}

/* Length field of the record that mbedTLS is reading. */
static unsigned record_len(const struct midge__tls_impl *impl)
{
    const unsigned char *len = impl->ssl.MBEDTLS_PRIVATE(in_len);
    return len == NULL ? 0 : (unsigned)len[0] << 8 | len[1];
}

/* mbedTLS returns BAD_INPUT_DATA when it has read the header of a record that does not fit, perhaps
 * after pieces of the same message, and INVALID_RECORD when a record's plaintext does not fit; but
 * it returns both for other reasons too. A record longer than TLS itself allows (RFC 5246 6.2.3:
 * more than 2^14 + 2048) is a protocol error, not a question of size. */
static bool is_record_size(const struct midge__tls_impl *impl, int native)
{
    const size_t header = 5;
    unsigned len = record_len(impl);
    if (impl->peer == MIDGE__TLS_PEER_SILENT || len > 16384 + 2048) {
        return false;
    }
    if (native == MBEDTLS_ERR_SSL_BAD_INPUT_DATA) {
        return impl->ssl.MBEDTLS_PRIVATE(in_left) == header;
    }
    return native == MBEDTLS_ERR_SSL_INVALID_RECORD && MBEDTLS_SSL_IN_CONTENT_LEN < 16384 &&
           len > MBEDTLS_SSL_IN_CONTENT_LEN;
}

static int judge(struct midge__tls_impl *impl, int native, struct midge__fault *fault)
{
    if (midge__tls_memory_failed(impl) || midge__tls_out_of_memory(native)) {
        return MIDGE_ERR_NO_MEMORY;
    }
    if (impl->peer == MIDGE__TLS_PEER_PLAIN) {
        SET_DETAIL("server does not speak TLS");
        return MIDGE_ERR_TLS;
    }
    if (midge__credential_judge(impl, fault) != MIDGE_OK) {
        return MIDGE_ERR_CREDENTIAL;
    }
    if (native == MBEDTLS_ERR_X509_CERT_VERIFY_FAILED ||
        native == MBEDTLS_ERR_SSL_BAD_CERTIFICATE) {
        return judge_verification(impl, fault);
    }
    if (is_record_size(impl, native)) {
        SET_DETAIL(size_text());
        return MIDGE_ERR_TLS_RECORD_SIZE;
    }
    if (is_bad_certificate(impl, native)) {
        SET_DETAIL(handshake_state(impl) == MBEDTLS_SSL_SERVER_CERTIFICATE
                       ? midge__tls_parse_text(native)
                       : "server's signature does not fit its certificate");
        return MIDGE_ERR_CERT;
    }
    SET_DETAIL(native == MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE ? alert_text(impl)
                                                             : midge__tls_error_text(native));
    return MIDGE_ERR_TLS;
}

/* The server closed without the alert that was hoped for. */
static bool lost_sending(const struct midge__tls_impl *impl, int native)
{
    return midge__credential_awaits_verdict(impl) && midge__tls_send_is_broken(impl) &&
           native != MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE;
}

int midge__tls_fail(struct midge__tls_impl *impl, int native)
{
    struct midge__fault *fault = &impl->tls->s.fault;
    if (impl->lower_error != MIDGE_OK && !midge__credential_is_verdict(impl, native)) {
        impl->error = impl->lower_error; /* its fault was copied when it failed */
    } else if (lost_sending(impl, native)) {
        impl->error = impl->send_error; /* the same */
    } else {
        *fault = (struct midge__fault){.native = native};
        impl->error = judge(impl, native, fault);
    }
    midge__tls_set_state(impl, MIDGE__TLS_DEAD);
    return impl->error;
}
