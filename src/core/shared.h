/* SPDX-License-Identifier: MIT */
/* Connections that carry all requests of an origin (shared.c): HTTP/2. */
#ifndef MIDGE_CORE_SHARED_H
#define MIDGE_CORE_SHARED_H

#include <stdbool.h>
#include "core/origin.h"
#include "midge/config.h"

struct midge__conn;

#if MIDGE_WITH_HTTP2

/* Has it such a connection? Then its requests wait for that one's capacity. */
static inline bool midge__origin_shares(const struct midge__origin *o)
{
    return o->shared > 0;
}
/* May its next connection be such a one? By ALPN, also behind a tunnel; or by prior knowledge, but
   with a proxy HTTP/1.1 is spoken. */
#if MIDGE_WITH_PROXY
#define midge__shared_proxy(o) ((o)->proxy != NULL)
#else
#define midge__shared_proxy(o) false
#endif
static inline bool midge__origin_may_share(const struct midge__origin *o)
{
    return o->secure ? o->http >= MIDGE_HTTP_2 && !o->h1_only
                     : o->http == MIDGE_HTTP_2_PRIOR && !midge__shared_proxy(o);
}
/* Do its connections keep their large input buffers? */
#define midge__origin_large(o) ((o)->large_records)
/* The part of an origin's identity. */
void midge__shared_key(struct midge__origin_key *key, const struct midge_client *client,
                       const struct midge_request *r);
/* The same for another origin of a request. */
#define midge__shared_pass(r, o)                                                                   \
    ((void)((r)->http = (o)->http != 0 ? (o)->http : (uint8_t)MIDGE_HTTP_1_1))
/* conn is about to be READY: chooses its protocol. */
void midge__shared_begin(struct midge__conn *conn);
/* It takes no further requests: the next one may open another connection. Also if it is not such a
   connection. */
void midge__shared_end(struct midge__conn *conn);
/* The server asks for HTTP/1.1: its next connection speaks that. */
void midge__shared_refused(struct midge__conn *conn);

#else

#define midge__origin_shares(o)           ((void)(o), false)
#define midge__origin_may_share(o)        ((void)(o), false)
#define midge__origin_large(o)            ((void)(o), false)
#define midge__shared_key(key, client, r) ((void)(key), (void)(client), (void)(r))
#define midge__shared_pass(r, o)          ((void)(r), (void)(o))
#define midge__shared_begin(conn)         ((void)(conn))
#define midge__shared_end(conn)           ((void)(conn))

#endif

#endif
