/* SPDX-License-Identifier: MIT */
/*
 * Sessions that can be resumed. They live longer than the connection they came from, so they are
 * copied into the client's memory (owner 0).
 */
#include "io/tls_internal.h"

#if MIDGE_WITH_SESSIONS

#include <mbedtls/platform.h>
#include <mbedtls/platform_util.h>

#include "io/tls_code.h"

static size_t ticket_len(const mbedtls_ssl_session *session)
{
#if defined(MBEDTLS_SSL_SESSION_TICKETS)
    return session->MBEDTLS_PRIVATE(ticket_len);
#else
    (void)session;
    return 0;
#endif
}

static bool worth_keeping(const struct midge__tls_impl *impl, const mbedtls_ssl_session *session)
{
    size_t ticket = ticket_len(session);
    if (midge__psk_is_in(impl->ssl.MBEDTLS_PRIVATE(conf)) ||
        ticket > impl->tls->context->limits.max_ticket) {
        return false;
    }
    return ticket > 0 ||
           (impl->tls->version == MIDGE_TLS_1_2 && session->MBEDTLS_PRIVATE(id_len) > 0);
}

/* mbedTLS frees it as it is. The keys of a session it wipes itself. */
static void wipe_ticket(mbedtls_ssl_session *session)
{
#if defined(MBEDTLS_SSL_SESSION_TICKETS)
    mbedtls_platform_zeroize(session->MBEDTLS_PRIVATE(ticket),
                             session->MBEDTLS_PRIVATE(ticket_len));
#else
    (void)session;
#endif
}

/* A connection does not need the ticket that it received; it takes some hundred bytes. */
static void drop_ticket(mbedtls_ssl_session *session)
{
#if defined(MBEDTLS_SSL_SESSION_TICKETS)
    wipe_ticket(session);
    mbedtls_free(session->MBEDTLS_PRIVATE(ticket));
    session->MBEDTLS_PRIVATE(ticket) = NULL;
    session->MBEDTLS_PRIVATE(ticket_len) = 0;
#else
    (void)session;
#endif
}

void midge__tls_session_offer(struct midge__tls_impl *impl)
{
    mbedtls_ssl_session *session = impl->ssl.MBEDTLS_PRIVATE(session);
    impl->tls->new_session = session != NULL && worth_keeping(impl, session);
    if (session != NULL && !impl->tls->new_session) {
        drop_ticket(session);
    }
}

static bool version_fits(const mbedtls_ssl_session *session, const struct midge__tls_config *config)
{
    uint8_t version = session->MBEDTLS_PRIVATE(tls_version) == MBEDTLS_SSL_VERSION_TLS1_3
                          ? MIDGE_TLS_1_3
                          : MIDGE_TLS_1_2;
    return version >= config->min_version && version <= config->max_version;
}

/* A session that cannot be used only costs a full handshake. */
int midge__tls_session_use(struct midge__tls_impl *impl, const struct midge__tls_session *session,
                           const struct midge__tls_config *config)
{
    if (session == NULL || !version_fits(&session->ssl, config)) {
        return 0;
    }
    int ret = mbedtls_ssl_set_session(&impl->ssl, &session->ssl);
    if (ret != 0 && (midge__tls_out_of_memory(ret) || midge__tls_memory_failed(impl))) {
        return ret;
    }
    impl->tls->offered = ret == 0;
    impl->offered_verified = session->time_verified;
    midge__tls_session_offered(impl, session);
    return 0;
}

static int copy_session(struct midge__tls_impl *impl, struct midge__tls_session **out)
{
    struct midge__memory *memory = impl->tls->context->memory;
    struct midge__tls_session *session =
        midge__memory_calloc(memory, MIDGE__OWNER_CLIENT, 1, sizeof *session);
    if (session == NULL) {
        return MIDGE_ERR_NO_MEMORY;
    }
    mbedtls_ssl_session_init(&session->ssl);
    int ret = mbedtls_ssl_get_session(&impl->ssl, &session->ssl);
    if (ret != 0) {
        mbedtls_ssl_session_free(&session->ssl);
        midge__memory_free(memory, session);
        /* NO_MEMORY: too little memory for the copy; AGAIN: this session was taken before. */
        return ret == MBEDTLS_ERR_SSL_FEATURE_UNAVAILABLE ? MIDGE_ERR_AGAIN : MIDGE_ERR_NO_MEMORY;
    }
    session->time_verified = impl->tls->time_verified;
    midge__tls_session_note(session, impl);
    *out = session;
    return MIDGE_OK;
}

int midge__tls_take_session(struct midge__tls *tls, struct midge__tls_session **session)
{
    struct midge__tls_impl *impl = tls->impl;
    *session = NULL;
    if (impl == NULL || !tls->new_session) {
        return MIDGE_ERR_AGAIN;
    }
    tls->new_session = false;
    const struct midge__tls_scope *outer = midge__tls_enter(&tls->context->scope);
    int err = copy_session(impl, session);
    drop_ticket(impl->ssl.MBEDTLS_PRIVATE(session));
    midge__tls_leave(outer);
    return err;
}

void midge__tls_session_free(struct midge__tls_context *context, struct midge__tls_session *session)
{
    if (session == NULL) {
        return;
    }
    const struct midge__tls_scope *outer = midge__tls_enter(&context->scope);
    wipe_ticket(&session->ssl);
    mbedtls_ssl_session_free(&session->ssl);
    midge__tls_leave(outer);
    midge__memory_free(context->memory, session);
}

#endif
