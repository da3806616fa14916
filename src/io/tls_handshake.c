/* SPDX-License-Identifier: MIT */
/*
 * The handshake, one expensive step for each call. mbedTLS's own loop would do certificate, key
 * exchange and verification in one call: 50 M instructions on a Cortex-M3. With
 * MBEDTLS_ECP_RESTARTABLE and TLS 1.2 a step is divided further. Known exceptions, each in one
 * piece: RSA, TLS 1.3, X25519.
 */
#include "io/tls_internal.h"

#include <mbedtls/platform.h>

#include "base/check.h"

enum verdict { STEP_MORE = 1 }; /* beside MIDGE_ERR */

static struct midge__tls *tls_of(struct midge__stream *s)
{
    return MIDGE_CONTAINER_OF(s, struct midge__tls, s);
}

static bool is_tls13(const mbedtls_ssl_context *ssl)
{
#if defined(MBEDTLS_SSL_PROTO_TLS1_3)
    return mbedtls_ssl_get_version_number(ssl) == MBEDTLS_SSL_VERSION_TLS1_3;
#else
    (void)ssl;
    return false;
#endif
}

/* Did this state need a signature, a key exchange or a chain? */
static bool is_expensive(const struct midge__tls_impl *impl, int state)
{
    switch (state) {
    case MBEDTLS_SSL_CLIENT_HELLO: /* makes a key share */
        return MIDGE__TLS_MAX_VERSION >= MIDGE_TLS_1_3 && impl->max_version >= MIDGE_TLS_1_3;
    case MBEDTLS_SSL_SERVER_HELLO:
    case MBEDTLS_SSL_CERTIFICATE_VERIFY:
        return is_tls13(&impl->ssl);
    case MBEDTLS_SSL_SERVER_CERTIFICATE:
    case MBEDTLS_SSL_SERVER_KEY_EXCHANGE:
    case MBEDTLS_SSL_CLIENT_KEY_EXCHANGE:
        return true;
    default:
        return false;
    }
}

/* When verification is skipped, mbedTLS does not call tls_verify.c for the certificate. */
static void show_unverified(struct midge__tls_impl *impl, const mbedtls_ssl_session *session)
{
#if MIDGE_WITH_TRACE && defined(MBEDTLS_SSL_KEEP_PEER_CERTIFICATE)
    const mbedtls_x509_crt *crt = session->MBEDTLS_PRIVATE(peer_cert);
    if (impl->ssl.MBEDTLS_PRIVATE(conf)->MBEDTLS_PRIVATE(authmode) == MBEDTLS_SSL_VERIFY_NONE &&
        impl->saw_certificate && crt != NULL) {
        midge__tls_show(impl, crt);
    }
#else
    (void)impl;
    (void)session;
#endif
}

/*
 * Nothing reads the certificate after its verification. A build that keeps it (TLS 1.3 needs that)
 * would hold 3 to 5 KB for the connection and again for each session taken; others keep a digest
 * for renegotiation, which is off.
 */
static void drop_certificate(mbedtls_ssl_session *session)
{
#if defined(MBEDTLS_SSL_KEEP_PEER_CERTIFICATE)
    mbedtls_x509_crt_free(session->MBEDTLS_PRIVATE(peer_cert));
    mbedtls_free(session->MBEDTLS_PRIVATE(peer_cert));
    session->MBEDTLS_PRIVATE(peer_cert) = NULL;
#else
    mbedtls_free(session->MBEDTLS_PRIVATE(peer_cert_digest));
    session->MBEDTLS_PRIVATE(peer_cert_digest) = NULL;
    session->MBEDTLS_PRIVATE(peer_cert_digest_len) = 0;
#endif
}

/* The name was needed for SNI and verification. TLS 1.3 copies it into each session. */
static void drop_name(struct midge__tls_impl *impl)
{
    if (!is_tls13(&impl->ssl)) {
        (void)mbedtls_ssl_set_hostname(&impl->ssl, NULL);
    }
}

static int finish(struct midge__tls_impl *impl)
{
    struct midge__tls *tls = impl->tls;
    if (impl->ssl.MBEDTLS_PRIVATE(session) != NULL) {
        show_unverified(impl, impl->ssl.MBEDTLS_PRIVATE(session));
        drop_certificate(impl->ssl.MBEDTLS_PRIVATE(session));
    }
    drop_name(impl);
    /* A server that resumes the session sends no certificate, in 1.2 and in 1.3. */
    tls->resumed = MIDGE_WITH_SESSIONS && tls->offered && !impl->saw_certificate;
    if (tls->resumed) {
        tls->time_verified = impl->offered_verified;
    }
    if (!midge__pin_holds(impl)) {
        return midge__tls_fail(impl, MBEDTLS_ERR_X509_CERT_VERIFY_FAILED);
    }
    tls->cipher = mbedtls_ssl_get_ciphersuite(&impl->ssl);
    midge__tls_note_protocol(impl);
    midge__tls_set_state(impl, MIDGE__TLS_OPEN);
    impl->recv_wants = 0;
    if (tls->version == MIDGE_TLS_1_2) {
        midge__tls_session_offer(impl);
    }
    return MIDGE_OK;
}

static int wait_for(struct midge__tls_impl *impl, uint8_t event)
{
    /* mbedTLS may have consumed a record without progress: call again before waiting. */
    if (event == MIDGE_POLL_IN && midge__tls_may_read(impl)) {
        return STEP_MORE;
    }
    impl->recv_wants = event;
    return MIDGE_ERR_AGAIN;
}

static int advance(struct midge__tls_impl *impl, int state)
{
    impl->calls_left--;
    if (state == MBEDTLS_SSL_HANDSHAKE_WRAPUP) {
        return midge__tls_wrap_up(impl);
    }
    int ret = mbedtls_ssl_handshake_step(&impl->ssl);
    if (ret == 0) {
        midge__credential_note(impl, state);
    }
    if (ret == 0 && state == MBEDTLS_SSL_SERVER_HELLO) {
        midge__tls_look_at_hello(impl);
        impl->tls->version = is_tls13(&impl->ssl) ? MIDGE_TLS_1_3 : MIDGE_TLS_1_2;
    }
    return ret;
}

MIDGE__APART static int step(struct midge__tls_impl *impl)
{
    int before = impl->ssl.MBEDTLS_PRIVATE(state);
    impl->saw_certificate = impl->saw_certificate || before == MBEDTLS_SSL_SERVER_CERTIFICATE;
    int ret = before == MBEDTLS_SSL_SERVER_CERTIFICATE ? midge__tls_warm(impl->tls->context) : 0;
    ret = ret == 0 ? advance(impl, before) : ret;
    impl->unread = impl->unread != 0 ? impl->unread : impl->tls->context->unread;
    if (midge__tls_memory_failed(impl)) {
        /* mbedTLS continues after some failed allocations, with keys that the server then
           rejects. */
        ret = MBEDTLS_ERR_SSL_ALLOC_FAILED;
    }
    switch (ret) {
    case 0:
        break;
    case MBEDTLS_ERR_SSL_WANT_READ:
        return wait_for(impl, MIDGE_POLL_IN);
    case MBEDTLS_ERR_SSL_WANT_WRITE:
        return wait_for(impl, MIDGE_POLL_OUT);
    case MBEDTLS_ERR_SSL_CRYPTO_IN_PROGRESS:
        impl->tls->crypto_steps++;
        return MIDGE_ERR_BUSY;
    default:
        return midge__tls_fail(impl, ret);
    }
    if (mbedtls_ssl_is_handshake_over(&impl->ssl)) {
        return finish(impl);
    }
    if ((is_expensive(impl, before) || midge__credential_signs(impl, before)) &&
        impl->ssl.MBEDTLS_PRIVATE(state) != before) {
        impl->tls->crypto_steps++;
        return MIDGE_ERR_BUSY;
    }
    return STEP_MORE;
}

int midge__tls_handshake(struct midge__stream *s)
{
    struct midge__tls *tls = tls_of(s);
    struct midge__tls_impl *impl = tls->impl;
    if (impl == NULL) {
        return MIDGE_ERR_CLOSED;
    }
    if (impl->state == MIDGE__TLS_DEAD) {
        return impl->error;
    }
    if (impl->state != MIDGE__TLS_WAIT_HANDSHAKE) {
        return MIDGE_OK;
    }
    int result = STEP_MORE;
    const struct midge__tls_scope *outer = midge__tls_begin(impl);
    while (result == STEP_MORE && impl->calls_left > 0) { /* cheap steps in one call */
        result = step(impl);
    }
    midge__tls_leave(outer);
    return result == STEP_MORE ? MIDGE_ERR_BUSY : result;
}
