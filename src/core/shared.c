/* SPDX-License-Identifier: MIT */
/*
 * Connections that carry all requests of an origin at once: HTTP/2.
 *
 * Whether the server speaks it is known when the handshake is complete (ALPN, RFC 9113 3.2), or
 * before, if the application knows it (3.3). Until then one connection leads (leader.c), and the
 * other requests wait for it, as long as it makes progress.
 *
 *     the connection speaks   its requests
 *     HTTP/2                  join it; if it is full they wait for its capacity (RFC 9113 9.1: one
 *                             connection); when it drains, the next one opens another connection
 *     HTTP/1.1                open connections of their own; the origin is remembered as h1_only,
 *                             and further connections do not offer h2
 */
#include "core/shared.h"

#if MIDGE_WITH_HTTP2

#include "core/client.h"
#include "core/conn.h"
#include "core/leader.h"
#include "core/queue.h"

/* Values that mean the same are one: a stored session has the client's (identity.c). */
void midge__shared_key(struct midge__origin_key *key, const struct midge_client *client,
                       const struct midge_request *r)
{
    uint8_t http = r->http != 0 ? r->http : client->config.http;
    http = key->secure && http > MIDGE_HTTP_2 ? MIDGE_HTTP_2 : http;
    key->http = http >= MIDGE_HTTP_2 ? http : 0;
}

void midge__shared_begin(struct midge__conn *conn)
{
    struct midge__origin *o = conn->origin;
    bool asked = midge__origin_may_share(o);
    conn->shares = o->secure ? conn->tls.h2 : asked;
    conn->protocol = conn->shares ? MIDGE__PROTOCOL_H2 : MIDGE__PROTOCOL_H1;
    o->h1_only = o->h1_only || (asked && !conn->shares);
    o->shared = (uint16_t)(o->shared + conn->shares);
    midge__queue_update(o);
    midge__leader_protocol(conn, conn->shares);
}

void midge__shared_end(struct midge__conn *conn)
{
    if (conn->shares) {
        conn->shares = false;
        conn->origin->shared--;
        midge__queue_update(conn->origin);
        conn->client->admission_due = true;
    }
}

void midge__shared_refused(struct midge__conn *conn)
{
    conn->origin->h1_only = conn->origin->secure;
    midge__shared_end(conn);
}

#endif
