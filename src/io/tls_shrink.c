/* SPDX-License-Identifier: MIT */
/*
 * Record buffers of a connection that speaks HTTP/2. The handshake needs the large ones: a server
 * may send its certificates in one record of 5 KB and more. Afterwards the record limiter
 * (http/h2_limit.c) keeps the server's records below MIDGE_HTTP2_RECORD, and midge writes at most
 * MIDGE_SEND_BUFFER bytes at once. So most of both buffers is given back, for streams and for the
 * next handshake.
 *
 * Unless MBEDTLS_SSL_VARIABLE_BUFFER_LENGTH is defined, mbedTLS does not know that a buffer became
 * smaller:
 *     it asks for a record that does not fit   midge__tls_record_recv refuses the read
 *     mbedtls_ssl_free clears the large size   midge__tls_buffers_free frees them before
 *     mbedtls_ssl_write takes up to 4 KB       tls.c never passes more than longest_send
 */
#if !defined(MIDGE_TLS_EXTERNAL)
#define MBEDTLS_ALLOW_PRIVATE_ACCESS
#endif

#include "io/tls_internal.h"

#define RECORD_MOST 16384 /* RFC 8446 5.1 */

#if MIDGE__TLS_SHRINKS

#include "ssl_misc.h"

/* --- small buffers --- */

static void move_out(mbedtls_ssl_context *ssl, unsigned char *to)
{
    const unsigned char *from = ssl->out_buf;
    ssl->out_buf = to;
    ssl->out_ctr = to + (ssl->out_ctr - from);
    ssl->out_hdr = to + (ssl->out_hdr - from);
    ssl->out_len = to + (ssl->out_len - from);
    ssl->out_iv = to + (ssl->out_iv - from);
    ssl->out_msg = to + (ssl->out_msg - from);
}

/* The small buffer lies elsewhere, so that what the input buffer gives back behind itself and this
   one are one piece. Not a failure if there is no memory: the large one stays. */
static void shrink_out(struct midge__tls_impl *impl)
{
    struct midge__memory *memory = impl->tls->context->memory;
    unsigned char *large = impl->ssl.out_buf;
    unsigned char *small = midge__memory_alloc(memory, impl->scope.owner, MIDGE__TLS_SHRUNK_OUT);
    if (small == NULL) {
        midge__tls_memory_failed_reset(impl);
        return;
    }
    memcpy(small, large, MIDGE__TLS_SHRUNK_OUT);
    move_out(&impl->ssl, small);
    midge__memory_wipe(memory, large);
    impl->longest_send = MIDGE_SEND_BUFFER;
}

/* It stays where it is, since it is no block of the client. */
static void shrink_in(struct midge__tls_impl *impl)
{
    unsigned char *buf = impl->ssl.in_buf;
    memset(buf + MIDGE__TLS_SHRUNK_IN, 0, MBEDTLS_SSL_IN_BUFFER_LEN - MIDGE__TLS_SHRUNK_IN);
    (void)midge__memory_shrink(impl->tls->context->memory, buf, MIDGE__TLS_SHRUNK_IN);
    impl->tls->shrunk = true;
    impl->tls->record_max = MIDGE_HTTP2_RECORD;
}

/* The last message of the handshake is still in the input buffer: the next read drops it. */
static void shrink(struct midge__tls_impl *impl)
{
    const mbedtls_ssl_context *ssl = &impl->ssl;
    const size_t used = (size_t)(ssl->in_msg - ssl->in_buf) + ssl->in_msglen;
    if (!impl->keeps_buffers && ssl->in_left == 0 && used <= MIDGE__TLS_SHRUNK_IN &&
        ssl->out_left == 0) {
        shrink_out(impl);
        shrink_in(impl);
    }
}

/* mbedTLS asks for the header, then for the rest of the record, behind what it has got. */
int midge__tls_record_recv(void *p, unsigned char *buf, size_t len)
{
    const struct midge__tls_impl *impl = p;
    if (impl->tls->shrunk && (size_t)(buf - impl->ssl.in_buf) + len > MIDGE__TLS_SHRUNK_IN) {
        return MBEDTLS_ERR_SSL_BAD_INPUT_DATA; /* as mbedTLS does: tls_error.c */
    }
    return midge__tls_ahead_recv(p, buf, len);
}

void midge__tls_buffers_free(struct midge__tls_impl *impl)
{
    if (impl->tls->shrunk) {
        struct midge__memory *memory = impl->tls->context->memory;
        midge__memory_wipe(memory, impl->ssl.in_buf);
        midge__memory_wipe(memory, impl->ssl.out_buf);
        impl->ssl.in_buf = impl->ssl.out_buf = NULL;
    }
}

#else
#define shrink(impl) ((void)(impl))
#endif

/* --- the protocol --- */

#if MIDGE_WITH_HTTP2 && defined(MBEDTLS_SSL_ALPN)

void midge__tls_note_protocol(struct midge__tls_impl *impl)
{
    struct midge__tls *tls = impl->tls;
    const char *name = mbedtls_ssl_get_alpn_protocol(&impl->ssl);
    tls->h2 = name != NULL && strcmp(name, "h2") == 0;
    if (!impl->small_records && MBEDTLS_SSL_IN_CONTENT_LEN < RECORD_MOST) {
        tls->record_max = MBEDTLS_SSL_IN_CONTENT_LEN;
    }
    if (tls->h2 && !impl->small_records) {
        shrink(impl);
    }
}

#endif
