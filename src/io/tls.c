/* SPDX-License-Identifier: MIT */
/*
 * The TLS stream over any lower stream.
 *
 *     state          meaning                              left by
 *     WAIT_HANDSHAKE the handshake runs (tls_handshake.c) handshake
 *     OPEN           data in both directions              recv
 *     ENDED_CLEAN    nothing more to read; may send and shut down
 *     ENDED_CUT      the same, but the peer has not confirmed the end
 *     DEAD           every call but close repeats the error
 *
 * This file does not close the lower stream: the code that opened it closes it, after this one.
 */
#include "io/tls_internal.h"

#include <string.h>

#include <mbedtls/net_sockets.h>

#include "base/check.h"

enum verdict { READ_MORE = 1 }; /* beside MIDGE_ERR */

static struct midge__tls *tls_of(struct midge__stream *s)
{
    return MIDGE_CONTAINER_OF(s, struct midge__tls, s);
}

/* --- receiving --- */

static int ended(struct midge__tls_impl *impl, bool clean)
{
    midge__tls_set_state(impl, clean ? MIDGE__TLS_ENDED_CLEAN : MIDGE__TLS_ENDED_CUT);
    impl->tls->s.clean = clean;
    return MIDGE_ERR_EOF;
}

static int recv_wait(struct midge__tls_impl *impl, uint8_t event)
{
    /* mbedTLS also returns WANT_READ when it holds a ticket that the next call will parse. */
    if (event == MIDGE_POLL_IN &&
        (midge__tls_may_read(impl) || mbedtls_ssl_check_pending(&impl->ssl) != 0)) {
        return READ_MORE;
    }
    impl->recv_wants = event;
    return MIDGE_ERR_AGAIN;
}

/* The stream is not DEAD: the peer's data can still be read. Only with MIDGE_WITH_EARLY_ANSWERS. */
static int send_broken(struct midge__tls_impl *impl)
{
    impl->sending = MIDGE__TLS_SEND_BROKEN;
    impl->send_error = impl->lower_error;
    return impl->send_error;
}

static int recv_once(struct midge__tls_impl *impl, uint8_t *buf, size_t cap, size_t *n)
{
    impl->recv_wants = 0;
    impl->calls_left--;
    /* mbedTLS treats the fourth empty record in a row as an attack, but RFC 8446 5.1 allows any
       number: here calls_left bounds the work. */
    impl->ssl.MBEDTLS_PRIVATE(nb_zero) = 0;
    int ret = mbedtls_ssl_read(&impl->ssl, buf, cap);
    if (ret > 0) {
        *n = (size_t)ret;
        return MIDGE_OK;
    }
    switch (ret) {
    case 0: /* the lower stream's end, or two empty records in a row */
        return impl->lower_eof ? ended(impl, false) : READ_MORE;
    case MBEDTLS_ERR_SSL_CONN_EOF:
        return ended(impl, false);
    case MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY:
        return ended(impl, true);
    case MBEDTLS_ERR_SSL_WANT_READ:
        return recv_wait(impl, MIDGE_POLL_IN);
    case MBEDTLS_ERR_SSL_WANT_WRITE:
        return recv_wait(impl, MIDGE_POLL_OUT);
#if defined(MBEDTLS_SSL_PROTO_TLS1_3)
    case MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET:
        midge__tls_session_offer(impl);
        return READ_MORE;
#endif
    default:
        if (MIDGE_WITH_EARLY_ANSWERS && ret == MBEDTLS_ERR_NET_SEND_FAILED &&
            !midge__tls_send_is_broken(impl)) {
            (void)send_broken(impl); /* sending an alert failed: go on reading */
            return READ_MORE;
        }
        return midge__tls_fail(impl, ret);
    }
}

static int tls_recv(struct midge__stream *s, uint8_t *buf, size_t cap, size_t *n)
{
    struct midge__tls *tls = tls_of(s);
    struct midge__tls_impl *impl = tls->impl;
    *n = 0;
    if (impl == NULL) {
        return MIDGE_ERR_CLOSED;
    }
    if (impl->state > MIDGE__TLS_OPEN) {
        return impl->state == MIDGE__TLS_DEAD ? impl->error : MIDGE_ERR_EOF;
    }
    MIDGE_ASSERT(impl->state == MIDGE__TLS_OPEN && cap > 0);
    int result = READ_MORE;
    const struct midge__tls_scope *outer = midge__tls_begin(impl);
    while (result == READ_MORE && impl->calls_left > 0) {
        result = recv_once(impl, buf, cap, n);
    }
    midge__tls_leave(outer);
    return result == READ_MORE ? MIDGE_ERR_BUSY : result;
}

static bool tls_pending(const struct midge__stream *s)
{
    const struct midge__tls *tls = MIDGE_CONTAINER_OF(s, const struct midge__tls, s);
    const struct midge__tls_impl *impl = tls->impl;
    if (impl == NULL || impl->state != MIDGE__TLS_OPEN) {
        return false;
    }
    return midge__tls_has_ahead(impl) || impl->ssl.MBEDTLS_PRIVATE(in_left) != 0 ||
           mbedtls_ssl_check_pending(&impl->ssl) != 0 ||
           (midge__tls_is_stacked(impl) && tls->lower->ops->pending(tls->lower));
}

/* --- sending --- */

static int send_wait(struct midge__tls_impl *impl, uint8_t event,
                     enum midge__tls_send_state sending)
{
    impl->send_wants = event;
    impl->sending = (uint8_t)sending;
    return MIDGE_ERR_AGAIN;
}

/* sending: HELD if mbedTLS has the record of these bytes. */
static int send_result(struct midge__tls_impl *impl, int ret, enum midge__tls_send_state sending,
                       size_t *n)
{
    if (ret >= 0) {
        *n = (size_t)ret;
        impl->send_wants = 0;
        impl->sending = MIDGE__TLS_SEND_OPEN;
        return ret > 0 ? MIDGE_OK : MIDGE_ERR_AGAIN;
    }
    if (ret == MBEDTLS_ERR_SSL_WANT_WRITE) {
        return send_wait(impl, MIDGE_POLL_OUT, sending);
    }
    if (ret == MBEDTLS_ERR_SSL_WANT_READ) {
        return midge__tls_may_read(impl)
                   ? MIDGE_ERR_BUSY
                   : send_wait(impl, MIDGE_POLL_IN, (enum midge__tls_send_state)impl->sending);
    }
#if defined(MBEDTLS_SSL_PROTO_TLS1_3)
    if (ret == MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET) {
        midge__tls_session_offer(impl); /* found by recv earlier; nothing was written yet */
        return MIDGE_ERR_BUSY;
    }
#endif
    if (MIDGE_WITH_EARLY_ANSWERS && impl->lower_error != MIDGE_OK) {
        return send_broken(impl);
    }
    return midge__tls_fail(impl, ret);
}

/* mbedtls_ssl_write takes all output that mbedTLS holds for the record of these bytes. But a read
   may have sent the rest of that record (mbedTLS flushes its output before it parses a ticket): a
   second write would send the bytes twice. Or the output is an alert that a read could not send:
   then nothing of these bytes is written. */
static int send_once(struct midge__tls_impl *impl, const uint8_t *buf, size_t len, size_t *n)
{
    mbedtls_ssl_context *ssl = &impl->ssl;
    bool held = impl->sending == MIDGE__TLS_SEND_HELD;
    bool output = ssl->MBEDTLS_PRIVATE(out_left) != 0;
    if (MIDGE__TLS_MAX_VERSION == MIDGE_TLS_1_3 && held && !output) {
        int most = mbedtls_ssl_get_max_out_record_payload(ssl);
        int ret = most > 0 && len > (size_t)most ? most : (int)len;
        return send_result(impl, ret, MIDGE__TLS_SEND_OPEN, n);
    }
    int ret = mbedtls_ssl_write(ssl, buf, len);
    if (ret > 0 && output && !held) {
        return MIDGE_ERR_BUSY;
    }
    return send_result(impl, ret, held || !output ? MIDGE__TLS_SEND_HELD : MIDGE__TLS_SEND_OPEN, n);
}

static int tls_send(struct midge__stream *s, const uint8_t *buf, size_t len, size_t *n)
{
    struct midge__tls *tls = tls_of(s);
    struct midge__tls_impl *impl = tls->impl;
    *n = 0;
    if (impl == NULL || impl->sending == MIDGE__TLS_SEND_NOTIFYING ||
        impl->sending == MIDGE__TLS_SEND_NOTIFIED) {
        return MIDGE_ERR_CLOSED;
    }
    if (midge__tls_send_is_broken(impl)) {
        return impl->send_error;
    }
    if (impl->state == MIDGE__TLS_DEAD) {
        return impl->error;
    }
    /* With len 0 mbedTLS would send a useless empty record. */
    MIDGE_ASSERT(impl->state != MIDGE__TLS_WAIT_HANDSHAKE && len > 0);
    if (impl->longest_send != 0 && len > impl->longest_send) {
        len = impl->longest_send;
    }
    const struct midge__tls_scope *outer = midge__tls_begin(impl);
    int result = send_once(impl, buf, len, n);
    midge__tls_leave(outer);
    return result;
}

static unsigned event_of(uint8_t wants, unsigned otherwise)
{
    return wants != 0 ? wants : otherwise;
}

static unsigned tls_interest(const struct midge__stream *s, bool want_recv, bool want_send)
{
    const struct midge__tls *tls = MIDGE_CONTAINER_OF(s, const struct midge__tls, s);
    const struct midge__tls_impl *impl = tls->impl;
    unsigned wants = 0;
    if (impl != NULL && impl->state == MIDGE__TLS_WAIT_HANDSHAKE) {
        wants = event_of(impl->recv_wants, MIDGE_POLL_OUT);
    } else if (impl != NULL) {
        wants = (want_recv ? event_of(impl->recv_wants, MIDGE_POLL_IN) : 0U) |
                (want_send ? event_of(impl->send_wants, MIDGE_POLL_OUT) : 0U);
    }
    return tls->lower->ops->interest(tls->lower, (wants & MIDGE_POLL_IN) != 0,
                                     (wants & MIDGE_POLL_OUT) != 0);
}

/* --- ending --- */

/* While mbedTLS holds output, close_notify only flushes it, and returns 0 when that is done.
   Therefore the loop: first flush the old output, then send the alert. */
static int notify(struct midge__tls_impl *impl)
{
    while (impl->sending != MIDGE__TLS_SEND_NOTIFIED) {
        bool held =
            impl->sending != MIDGE__TLS_SEND_NOTIFYING && impl->ssl.MBEDTLS_PRIVATE(out_left) != 0;
        int ret = mbedtls_ssl_close_notify(&impl->ssl);
        if (ret == MBEDTLS_ERR_SSL_WANT_WRITE) {
            return send_wait(impl, MIDGE_POLL_OUT,
                             held ? MIDGE__TLS_SEND_HELD : MIDGE__TLS_SEND_NOTIFYING);
        }
        if (ret != 0) {
            return midge__tls_fail(impl, ret);
        }
        impl->sending = held ? MIDGE__TLS_SEND_OPEN : MIDGE__TLS_SEND_NOTIFIED;
    }
    impl->send_wants = 0;
    return MIDGE_OK;
}

static int tls_shutdown(struct midge__stream *s)
{
    struct midge__tls *tls = tls_of(s);
    struct midge__tls_impl *impl = tls->impl;
    /* After a failure the context is unusable; before the end of the handshake there is nothing to
       end. */
    if (impl == NULL || impl->state == MIDGE__TLS_DEAD || midge__tls_send_is_broken(impl) ||
        impl->state == MIDGE__TLS_WAIT_HANDSHAKE) {
        return MIDGE_OK;
    }
    const struct midge__tls_scope *outer = midge__tls_begin(impl);
    int result = notify(impl);
    midge__tls_leave(outer);
    return result;
}

static void tls_close(struct midge__stream *s)
{
    struct midge__tls *tls = tls_of(s);
    struct midge__tls_impl *impl = tls->impl;
    if (impl == NULL) {
        return;
    }
    const struct midge__tls_scope *outer = midge__tls_enter(&impl->scope);
    midge__tls_buffers_free(impl);
    mbedtls_ssl_free(&impl->ssl);
    midge__roots_drop(impl);
    midge__tls_leave(outer);
    midge__tls_drop_ahead(impl);
    midge__memory_free(tls->context->memory, impl);
    tls->impl = NULL;
    tls->new_session = false;
}

/* --- opening --- */

static const struct midge__stream_ops tls_ops = {
    .handshake = midge__tls_handshake,
    .recv = tls_recv,
    .send = tls_send,
    .interest = tls_interest,
    .pending = tls_pending,
    .shutdown = tls_shutdown,
    .close = tls_close,
};

static struct midge__tls_impl *make_impl(struct midge__tls *tls,
                                         const struct midge__tls_params *params)
{
    struct midge__tls_context *context = tls->context;
    struct midge__tls_impl *impl =
        midge__memory_calloc(context->memory, params->owner, 1, sizeof *impl);
    if (impl == NULL) {
        return NULL;
    }
    impl->tls = tls;
    impl->scope = (struct midge__tls_scope){.context = context, .owner = params->owner};
    impl->show = params->show;
    midge__tls_keep_buffers(impl, params);
    midge__pin_open(impl, params);
    midge__tls_read_clock(impl);
    mbedtls_ssl_init(&impl->ssl);
    return impl;
}

static int set_up(struct midge__tls_impl *impl, const struct midge__tls_params *params,
                  const struct midge__tls_config *config)
{
    int ret = params->resume == NULL ? midge__tls_warm(impl->tls->context) : 0;
    if (ret != 0) {
        return ret;
    }
    ret = mbedtls_ssl_setup(&impl->ssl, &config->ssl);
    if (ret != 0) {
        /* Where buffers can shrink, mbedtls_ssl_free reads their size from the configuration. But a
           setup that failed at its last allocation has cleared the configuration and left the
           handshake's structure. */
        impl->ssl.MBEDTLS_PRIVATE(conf) = &config->ssl;
        return ret;
    }
    midge__tls_log_keys(impl->tls->context, &impl->ssl);
    ret = midge__tls_verify_name(impl, params->servername);
    if (ret != 0) {
        return ret;
    }
    impl->max_version = config->max_version;
    mbedtls_ssl_set_verify(&impl->ssl, midge__tls_verify, impl);
    mbedtls_ssl_set_bio(&impl->ssl, impl, midge__tls_bio_send, midge__tls_record_recv, NULL);
    return midge__tls_session_use(impl, params->resume, config);
}

static int open_impl(struct midge__tls *tls, const struct midge__tls_params *params,
                     const struct midge__tls_config *config)
{
    struct midge__tls_impl *impl = make_impl(tls, params);
    if (impl == NULL) {
        return MIDGE_ERR_NO_MEMORY;
    }
    tls->impl = impl;
    if (MIDGE_WITH_PROXY_TLS) {
        impl->stacked = tls->lower->ops == &tls_ops;
    }
    const struct midge__tls_scope *outer = midge__tls_begin(impl);
    int ret = set_up(impl, params, config);
    int err = ret == 0 ? MIDGE_OK : midge__tls_fail(impl, ret);
    midge__tls_leave(outer);
    if (err != MIDGE_OK) {
        tls_close(&tls->s);
    }
    return err;
}

bool midge__tls_can_verify(const struct midge__tls_context *context)
{
    return midge__trust_any(&context->trust) || midge__psk_is_in(&context->config.ssl);
}

int midge__tls_open(struct midge__tls *tls, struct midge__tls_context *context,
                    struct midge__stream *lower, const struct midge__tls_params *params)
{
    memset(tls, 0, sizeof *tls);
    tls->s.ops = &tls_ops;
    tls->lower = lower;
    tls->context = context;
    tls->cipher = "";
    if (!params->skip_verification && !midge__tls_can_verify(context) &&
        !midge__pins_replace(midge__pins_for(params->pins, midge__span_of(params->servername)))) {
        tls->s.fault.detail = MIDGE__TEXT("no CA certificate to verify against");
        return MIDGE_ERR_CA;
    }
    const struct midge__tls_config *config;
    int err = midge__tls_config_get(context, params, &config);
    if (err == MIDGE_ERR_UNSUPPORTED) {
        tls->s.fault.detail = MIDGE__TEXT("TLS version not in this profile");
    }
    return err != MIDGE_OK ? err : open_impl(tls, params, config);
}
