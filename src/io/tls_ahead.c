/* SPDX-License-Identifier: MIT */
/*
 * Reading ahead merges the lower stream's calls for many small records into one. A large record is
 * read directly into mbedTLS's buffer.
 *
 * The read-ahead buffer is the context's, lent to one stream at a time. A stream keeps it only
 * while it has bytes in it: whole records behind the one that was read last, as mbedTLS takes
 * incomplete records into its own buffer. While one stream keeps it (its sink has paused, or the
 * turn's budget is spent), the others read directly: one call more for each record, nothing else.
 * TLS in TLS reads directly from the stream below, whose call has the buffer.
 */
#include "io/tls_internal.h"

#if MIDGE_WITH_READ_AHEAD

#include <string.h>

void midge__tls_drop_ahead(struct midge__tls_impl *impl)
{
    if (midge__tls_has_ahead(impl)) {
        impl->tls->context->ahead_of = NULL;
    }
}

/* Fills the buffer, which is empty: 0, or what mbedTLS is to get. */
static int fill(struct midge__tls_impl *impl)
{
    struct midge__tls_context *context = impl->tls->context;
    int n = midge__tls_bio_recv(impl, context->ahead, context->limits.read_ahead);
    if (n <= 0) {
        return n;
    }
    context->ahead_of = impl;
    context->ahead_begin = 0;
    context->ahead_end = (uint32_t)n;
    return 0;
}

static size_t take(struct midge__tls_context *context, unsigned char *buf, size_t len)
{
    size_t n = context->ahead_end - context->ahead_begin;
    n = n < len ? n : len;
    memcpy(buf, context->ahead + context->ahead_begin, n);
    context->ahead_begin += (uint32_t)n;
    if (context->ahead_begin == context->ahead_end) {
        context->ahead_of = NULL;
    }
    return n;
}

int midge__tls_ahead_recv(void *p, unsigned char *buf, size_t len)
{
    struct midge__tls_impl *impl = p;
    struct midge__tls_context *context = impl->tls->context;
    if (midge__tls_has_ahead(impl)) {
        if (impl->calls_left == 0) {
            return MBEDTLS_ERR_SSL_WANT_READ;
        }
        impl->calls_left--;
        return (int)take(context, buf, len);
    }
    if (len >= context->limits.read_ahead || context->ahead_of != NULL ||
        midge__tls_is_stacked(impl)) {
        return midge__tls_bio_recv(impl, buf, len);
    }
    int ret = fill(impl);
    return ret != 0 ? ret : (int)take(context, buf, len);
}

#endif
