/* SPDX-License-Identifier: MIT */
/*
 * Connects mbedTLS with the lower stream. mbedTLS asks for 5 bytes of header, then for the rest of
 * the record; reading ahead merges the calls of many small records into one. A large record is read
 * directly into mbedTLS's buffer.
 *
 * The read-ahead buffer is the context's, lent to one stream at a time. A stream keeps it only
 * while it has bytes in it: whole records behind the one that was read last, as mbedTLS takes
 * incomplete records into its own buffer. While one stream keeps it (its sink has paused, or the
 * turn's budget is spent), the others read directly: one call more for each record, nothing else.
 */
#include "io/tls_internal.h"

#include <string.h>

#include <mbedtls/net_sockets.h>

static int lower_failed(struct midge__tls_impl *impl, int err, int ret)
{
    impl->lower_error = err;
    impl->tls->s.fault = impl->tls->lower->fault;
    return ret;
}

int midge__tls_bio_send(void *p, const unsigned char *buf, size_t len)
{
    struct midge__tls_impl *impl = p;
    struct midge__stream *lower = impl->tls->lower;
    size_t n = 0;
    if (impl->sending == MIDGE__TLS_SEND_BROKEN) {
        return (int)len; /* dropped: reading a TLS 1.3 ticket flushes first */
    }
    int err = lower->ops->send(lower, buf, len, &n);
    if (err == MIDGE_ERR_AGAIN) {
        return MBEDTLS_ERR_SSL_WANT_WRITE;
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

/* MIDGE_OK, or the code to return to mbedTLS. */
static int receive(struct midge__tls_impl *impl, unsigned char *buf, size_t cap, size_t *n)
{
    struct midge__stream *lower = impl->tls->lower;
    if (impl->lower_eof) {
        return MBEDTLS_ERR_SSL_CONN_EOF;
    }
    int err = lower->ops->recv(lower, buf, cap, n);
    if (err == MIDGE_ERR_AGAIN) {
        return MBEDTLS_ERR_SSL_WANT_READ;
    }
    if (err == MIDGE_ERR_EOF) {
        impl->lower_eof = true;
        return MBEDTLS_ERR_SSL_CONN_EOF;
    }
    if (err != MIDGE_OK) {
        return lower_failed(impl, err, MBEDTLS_ERR_NET_RECV_FAILED);
    }
    impl->tls->received += (uint32_t)*n;
    if (impl->peer == MIDGE__TLS_PEER_SILENT) {
        look_at_first(impl, buf, *n);
    }
    return MIDGE_OK;
}

/* After warning alerts and similar records mbedTLS continues to read while there are bytes. When
   calls_left is used up, this ends and the caller gets its turn back. */
bool midge__tls_may_read(const struct midge__tls_impl *impl)
{
    return impl->calls_left == 0 || midge__tls_has_ahead(impl);
}

bool midge__tls_has_ahead(const struct midge__tls_impl *impl)
{
    return impl->tls->context->ahead_of == impl;
}

void midge__tls_drop_ahead(struct midge__tls_impl *impl)
{
    if (midge__tls_has_ahead(impl)) {
        impl->tls->context->ahead_of = NULL;
    }
}

int midge__tls_bio_recv(void *p, unsigned char *buf, size_t len)
{
    struct midge__tls_impl *impl = p;
    struct midge__tls_context *context = impl->tls->context;
    size_t n = 0;
    if (impl->calls_left == 0) {
        return MBEDTLS_ERR_SSL_WANT_READ;
    }
    impl->calls_left--;
    if (!midge__tls_has_ahead(impl)) {
        size_t size = context->limits.read_ahead;
        bool direct = len >= size || context->ahead_of != NULL;
        int ret = receive(impl, direct ? buf : context->ahead, direct ? len : size, &n);
        if (ret != MIDGE_OK || direct) {
            return ret != MIDGE_OK ? ret : (int)n;
        }
        context->ahead_of = impl;
        context->ahead_begin = 0;
        context->ahead_end = (uint32_t)n;
    }
    n = context->ahead_end - context->ahead_begin;
    n = n < len ? n : len;
    memcpy(buf, context->ahead + context->ahead_begin, n);
    context->ahead_begin += (uint32_t)n;
    if (context->ahead_begin == context->ahead_end) {
        context->ahead_of = NULL;
    }
    return (int)n;
}
