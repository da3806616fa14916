/* SPDX-License-Identifier: MIT */
/* Connects mbedTLS with the lower stream. mbedTLS asks for 5 bytes of header, then for the rest of
   the record. */
#include "io/tls_internal.h"

#include <mbedtls/net_sockets.h>

static int lower_failed(struct midge__tls_impl *impl, int err, int ret)
{
    impl->lower_error = err;
    impl->tls->s.fault = impl->tls->lower->fault;
    return ret;
}

/* BUSY comes from TLS below only. After a send it waits for the socket to take bytes, which it does
   at once. */
static bool would_wait(int err)
{
    return err == MIDGE_ERR_AGAIN || (MIDGE_WITH_PROXY_TLS && err == MIDGE_ERR_BUSY);
}

int midge__tls_bio_send(void *p, const unsigned char *buf, size_t len)
{
    struct midge__tls_impl *impl = p;
    struct midge__stream *lower = impl->tls->lower;
    size_t n = 0;
    if (midge__tls_send_is_broken(impl)) {
        return (int)len; /* dropped: reading a TLS 1.3 ticket flushes first */
    }
    int err = lower->ops->send(lower, buf, len, &n);
    if (would_wait(err)) {
        return MBEDTLS_ERR_SSL_WANT_WRITE;
    }
    if (err != MIDGE_OK && midge__credential_awaits_verdict(impl)) {
        impl->sending = MIDGE__TLS_SEND_BROKEN;
        impl->send_error = err;
        impl->tls->s.fault = lower->fault;
        return (int)len;
    }
    if (err != MIDGE_OK) {
        return lower_failed(impl, err, MBEDTLS_ERR_NET_SEND_FAILED);
    }
    return (int)n;
}

/* mbedTLS would report a bad record, but the user must learn that the server does not speak TLS.
   Every record begins with its type (20..24) and the version's major byte, 3 (RFC 8446 5.1). */
static void look_at_first(struct midge__tls_impl *impl, const unsigned char *buf, size_t n)
{
    bool plain = buf[0] < 20 || buf[0] > 24 || (n > 1 && buf[1] != 3);
    impl->peer = plain ? MIDGE__TLS_PEER_PLAIN : MIDGE__TLS_PEER_TLS;
}

int midge__tls_bio_recv(void *p, unsigned char *buf, size_t len)
{
    struct midge__tls_impl *impl = p;
    struct midge__stream *lower = impl->tls->lower;
    size_t n = 0;
    if (impl->calls_left == 0) {
        return MBEDTLS_ERR_SSL_WANT_READ;
    }
    impl->calls_left--;
    if (impl->lower_eof) {
        return MBEDTLS_ERR_SSL_CONN_EOF;
    }
    int err = lower->ops->recv(lower, buf, len, &n);
    if (MIDGE_WITH_PROXY_TLS) {
        impl->lower_busy = err == MIDGE_ERR_BUSY;
    }
    if (would_wait(err)) {
        return MBEDTLS_ERR_SSL_WANT_READ;
    }
    if (err == MIDGE_ERR_EOF) {
        impl->lower_eof = true;
        return MBEDTLS_ERR_SSL_CONN_EOF;
    }
    if (err != MIDGE_OK) {
        return lower_failed(impl, err, MBEDTLS_ERR_NET_RECV_FAILED);
    }
    impl->tls->received += (uint32_t)n;
    if (impl->peer == MIDGE__TLS_PEER_SILENT) {
        look_at_first(impl, buf, n);
    }
    return (int)n;
}
