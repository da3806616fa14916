/* SPDX-License-Identifier: MIT */
/*
 * A session as a record: when it came, when the server's certificate expires, and mbedTLS's own
 * form of it, which mbedTLS reads only in the same version and configuration.
 *
 * The age of a TLS 1.3 ticket is told to the server (RFC 8446 4.2.11.1). mbedTLS counts it by a
 * clock that begins anew after a sleep, so it is set again by the wall clock.
 */
#include "io/session_store.h"

#if MIDGE_WITH_SESSION_STORE

#include <mbedtls/platform_time.h>

#include "io/tls_code.h"
#include "io/tls_internal.h"

enum { LENGTH = 4 };

void midge__tls_session_put(struct midge__put *put, const struct midge__tls_session *session)
{
    midge__put_number(put, session->time_verified, 1);
    midge__put_number(put, (uint64_t)session->received, 8);
    midge__put_number(put, (uint64_t)session->not_after, 8);
    size_t len = 0;
    (void)mbedtls_ssl_session_save(&session->ssl, NULL, 0, &len);
    midge__put_number(put, len, LENGTH);
    size_t room;
    uint8_t *at = midge__put_room(put, &room);
    if (at != NULL && len <= room) {
        (void)mbedtls_ssl_session_save(&session->ssl, at, room, &len);
    }
    put->len += len;
}

/* mbedTLS checks lengths, but not what they mean. */
static bool is_sane(const struct midge__tls_context *context, const mbedtls_ssl_session *ssl)
{
    size_t ticket = 0;
#if defined(MBEDTLS_SSL_SESSION_TICKETS)
    ticket = ssl->MBEDTLS_PRIVATE(ticket_len);
#endif
    return ssl->MBEDTLS_PRIVATE(endpoint) == MBEDTLS_SSL_IS_CLIENT &&
           ssl->MBEDTLS_PRIVATE(id_len) <= sizeof ssl->MBEDTLS_PRIVATE(id) &&
           ticket <= context->limits.max_ticket;
}

static void set_age(struct midge__tls_session *session, int64_t now)
{
#if defined(MBEDTLS_SSL_PROTO_TLS1_3) && defined(MBEDTLS_SSL_SESSION_TICKETS) &&                   \
    defined(MBEDTLS_HAVE_TIME)
    session->ssl.MBEDTLS_PRIVATE(ticket_reception_time) =
        mbedtls_ms_time() - (mbedtls_ms_time_t)(now - session->received) * 1000;
#else
    (void)session;
    (void)now;
#endif
}

static int load(struct midge__tls_session *session, struct midge__tls_context *context,
                const uint8_t *at, size_t len)
{
    midge__memory_failed_reset(context->memory);
    int ret = mbedtls_ssl_session_load(&session->ssl, at, len);
    if (midge__tls_out_of_memory(ret) || midge__memory_failed(context->memory)) {
        return MIDGE_ERR_NO_MEMORY;
    }
    return ret == 0 && is_sane(context, &session->ssl) ? MIDGE_OK : MIDGE_ERR_SEAL;
}

static int make(struct midge__tls_context *context, const struct midge__tls_session *head,
                const uint8_t *at, size_t len, struct midge__tls_session **out)
{
    struct midge__tls_session *session =
        midge__memory_calloc(context->memory, MIDGE__OWNER_CLIENT, 1, sizeof *session);
    if (session == NULL) {
        return MIDGE_ERR_NO_MEMORY;
    }
    *session = *head;
    mbedtls_ssl_session_init(&session->ssl);
    *out = session;
    return load(session, context, at, len);
}

int midge__tls_session_take(struct midge__take *take, struct midge__tls_context *context,
                            int64_t now, struct midge__tls_session **out)
{
    struct midge__tls_session head = {.time_verified = midge__take_number(take, 1) != 0};
    head.received = (int64_t)midge__take_number(take, 8);
    head.not_after = (int64_t)midge__take_number(take, 8);
    const size_t len = (size_t)midge__take_number(take, LENGTH);
    const uint8_t *at = midge__take_bytes(take, len);
    *out = NULL;
    if (at == NULL) {
        return MIDGE_ERR_SEAL;
    }
    const struct midge__tls_scope *outer = midge__tls_enter(&context->scope);
    int err = make(context, &head, at, len, out);
    bool lasts = err == MIDGE_OK && midge__tls_session_lasts(*out, false, now);
    if (lasts) { /* so it is not older than 7 days */
        set_age(*out, now);
    }
    midge__tls_leave(outer);
    if (!lasts) {
        midge__tls_session_free(context, *out);
        *out = NULL;
    }
    return err;
}

#endif
