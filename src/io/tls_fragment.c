/* SPDX-License-Identifier: MIT */
/*
 * max_fragment_length (RFC 6066 4): small records, and with MBEDTLS_SSL_VARIABLE_BUFFER_LENGTH
 * small buffers after the handshake.
 *
 * mbedTLS does not remember whether the server agreed. At the end of the handshake it shrinks both
 * buffers to the length asked for, and the first larger record of a server that did not agree is
 * fatal. So this file reads the answer from the ServerHello. If the server did not agree, the
 * buffers stay as they are: it may send any record that fits them.
 */
#include "io/tls_internal.h"

#if MIDGE_WITH_SMALL_RECORDS

/* Where buffers shrink: the length that a connection keeps; else the largest length that both
   buffers hold, and only where asking for it saves something. */
unsigned midge__tls_fragment(void)
{
#if !defined(MBEDTLS_SSL_MAX_FRAGMENT_LENGTH)
    const unsigned most = 0;
#elif defined(MBEDTLS_SSL_VARIABLE_BUFFER_LENGTH)
    const unsigned most = MIDGE_MAX_FRAGMENT;
#else
    const unsigned most = MBEDTLS_SSL_IN_CONTENT_LEN < 16384 ? 4096 : 0;
#endif
    for (unsigned n = most; n >= 512; n /= 2) {
        if (n <= MBEDTLS_SSL_IN_CONTENT_LEN && n <= MBEDTLS_SSL_OUT_CONTENT_LEN) {
            return n;
        }
    }
    return 0;
}

unsigned midge__tls_sent_record(void)
{
    return MIDGE_SEND_BUFFER < midge__tls_fragment() ? MIDGE_SEND_BUFFER : midge__tls_fragment();
}

#if defined(MBEDTLS_SSL_MAX_FRAGMENT_LENGTH)
int midge__tls_ask_fragment(mbedtls_ssl_config *conf)
{
    switch (midge__tls_fragment()) {
    case 4096:
        return mbedtls_ssl_conf_max_frag_len(conf, MBEDTLS_SSL_MAX_FRAG_LEN_4096);
    case 2048:
        return mbedtls_ssl_conf_max_frag_len(conf, MBEDTLS_SSL_MAX_FRAG_LEN_2048);
    case 1024:
        return mbedtls_ssl_conf_max_frag_len(conf, MBEDTLS_SSL_MAX_FRAG_LEN_1024);
    case 512:
        return mbedtls_ssl_conf_max_frag_len(conf, MBEDTLS_SSL_MAX_FRAG_LEN_512);
    default:
        return 0;
    }
}
#else
int midge__tls_ask_fragment(mbedtls_ssl_config *conf)
{
    (void)conf;
    return 0;
}
#endif

#if defined(MBEDTLS_SSL_VARIABLE_BUFFER_LENGTH) && defined(MBEDTLS_SSL_PROTO_TLS1_2)

#define HELLO_FIXED       38U /* type, length, version, random; RFC 5246 7.4.1.3 */
#define SUITE_COMPRESSION 3U
#define EXTENSION_HEAD    4U
#define EXTENSION_MFL     1U

static size_t read_u16(const unsigned char *p)
{
    return (size_t)p[0] << 8 | p[1];
}

/* The extensions of a ServerHello that mbedTLS has accepted, *len bytes; NULL: it has none. */
static const unsigned char *extensions(const unsigned char *hello, size_t size, size_t *len)
{
    size_t at = HELLO_FIXED;
    if (size <= at) {
        return NULL;
    }
    at += 1U + hello[at] + SUITE_COMPRESSION;
    if (size < at + 2) {
        return NULL;
    }
    *len = read_u16(hello + at);
    return *len <= size - at - 2 ? hello + at + 2 : NULL;
}

/* mbedTLS has checked that the length is the one asked for. */
void midge__tls_look_at_hello(struct midge__tls_impl *impl)
{
    const mbedtls_ssl_context *ssl = &impl->ssl;
    size_t len = 0;
    const unsigned char *at =
        extensions(ssl->MBEDTLS_PRIVATE(in_msg), ssl->MBEDTLS_PRIVATE(in_hslen), &len);
    impl->small_records = false;
    while (at != NULL && len >= EXTENSION_HEAD) {
        size_t n = EXTENSION_HEAD + read_u16(at + 2);
        if (n > len) {
            return;
        }
        if (read_u16(at) == EXTENSION_MFL) {
            impl->small_records = true;
        }
        at += n;
        len -= n;
    }
}

/* mbedTLS does not resize a buffer that is no longer than its new length, so both buffers get
   length 0 for this step. */
static int keep_buffers(mbedtls_ssl_context *ssl)
{
    size_t in = ssl->MBEDTLS_PRIVATE(in_buf_len), out = ssl->MBEDTLS_PRIVATE(out_buf_len);
    ssl->MBEDTLS_PRIVATE(in_buf_len) = 0;
    ssl->MBEDTLS_PRIVATE(out_buf_len) = 0;
    int ret = mbedtls_ssl_handshake_step(ssl);
    ssl->MBEDTLS_PRIVATE(in_buf_len) = in;
    ssl->MBEDTLS_PRIVATE(out_buf_len) = out;
    return ret;
}

/* Sent records may be shorter than received ones. mbedTLS does not check the length of its output
   buffer, so tls.c never passes more to it than longest_send. An external build's buffers are not
   in midge's memory. */
static void trim_output(struct midge__tls_impl *impl)
{
#if !defined(MIDGE_TLS_EXTERNAL)
    mbedtls_ssl_context *ssl = &impl->ssl;
    size_t spare = midge__tls_fragment() - midge__tls_sent_record();
    size_t len = ssl->MBEDTLS_PRIVATE(out_buf_len) - spare;
    void *buf = ssl->MBEDTLS_PRIVATE(out_buf);
    (void)midge__memory_shrink(impl->tls->context->memory, buf, len); /* stays where it is */
    ssl->MBEDTLS_PRIVATE(out_buf_len) = len;
    impl->longest_send = midge__tls_sent_record();
#else
    (void)impl;
#endif
}

/* A buffer that could not be replaced by a smaller one keeps its size; this is not a failure. */
int midge__tls_wrap_up(struct midge__tls_impl *impl)
{
    size_t out = impl->ssl.MBEDTLS_PRIVATE(out_buf_len);
    if (!impl->small_records) {
        return keep_buffers(&impl->ssl);
    }
    int ret = mbedtls_ssl_handshake_step(&impl->ssl);
    if (impl->ssl.MBEDTLS_PRIVATE(out_buf_len) < out) {
        trim_output(impl);
    }
    midge__tls_memory_failed_reset(impl);
    return ret;
}

#else

void midge__tls_look_at_hello(struct midge__tls_impl *impl)
{
    (void)impl;
}

int midge__tls_wrap_up(struct midge__tls_impl *impl)
{
    return mbedtls_ssl_handshake_step(&impl->ssl);
}

#endif

#endif
