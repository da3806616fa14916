/* SPDX-License-Identifier: MIT */
/*
 * How long a session lasts: from when it came, by the wall clock, for the lifetime that the server
 * gave, at most 7 days, and not beyond the end of the certificate that was verified. A session that
 * comes with a resumed handshake inherits that end, as no certificate was sent.
 */
#include "io/session_store.h"

#if MIDGE_WITH_SESSION_STORE

#include "codec/calendar.h"
#include "io/tls_internal.h"

#define DAY_S  INT64_C(86400)
#define MOST_S (7 * DAY_S) /* RFC 8446 4.6.1 */

void midge__tls_note_leaf(struct midge__tls_impl *impl, const mbedtls_x509_crt *leaf)
{
    const mbedtls_x509_time *t = &leaf->valid_to;
    impl->not_after =
        midge__days_of((unsigned)t->year, (unsigned)t->mon, (unsigned)t->day) * DAY_S +
        ((int64_t)t->hour * 60 + t->min) * 60 + t->sec;
}

void midge__tls_session_offered(struct midge__tls_impl *impl,
                                const struct midge__tls_session *session)
{
    impl->not_after = session->not_after;
}

void midge__tls_session_note(struct midge__tls_session *session, const struct midge__tls_impl *impl)
{
    session->received = midge__tls_wall_time(impl->tls->context);
    session->not_after = impl->not_after;
}

int64_t midge__tls_wall_time(const struct midge__tls_context *context)
{
    int64_t now = context->port->wall_time(context->port->ctx);
    return now > 0 && now >= context->time_floor ? now : 0;
}

static bool is_tls13(const struct midge__tls_session *session)
{
    return session->ssl.MBEDTLS_PRIVATE(tls_version) == MBEDTLS_SSL_VERSION_TLS1_3;
}

/* TLS 1.2: 0 is no lifetime (RFC 5077 3.3), nor has a session without a ticket one; a day is the
   limit that RFC 5246 F.1.4 recommends. TLS 1.3: 0 is to be discarded at once. */
static int64_t lifetime_of(const struct midge__tls_session *session)
{
    int64_t lifetime = 0;
#if defined(MBEDTLS_SSL_SESSION_TICKETS)
    lifetime = session->ssl.MBEDTLS_PRIVATE(ticket_lifetime);
#endif
    if (lifetime == 0 && !is_tls13(session)) {
        lifetime = DAY_S;
    }
    return lifetime < MOST_S ? lifetime : MOST_S;
}

bool midge__tls_session_lasts(const struct midge__tls_session *session, bool offered, int64_t now)
{
    return session->received > 0 && session->received <= now &&
           now - session->received < lifetime_of(session) &&
           (session->not_after == 0 || now < session->not_after) &&
           !(offered && is_tls13(session)); /* RFC 8446 C.4 */
}

#endif
