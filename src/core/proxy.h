/* SPDX-License-Identifier: MIT */
/* The proxies of a client's origins, and tunnels through them (proxy.c). */
#ifndef MIDGE_CORE_PROXY_H
#define MIDGE_CORE_PROXY_H

#include <stdbool.h>
#include "core/conn.h"
#include "core/origin.h"
#include "codec/h1_write.h"
#include "io/tunnel.h"
#include "midge/config.h"
#include "midge/request.h"

struct midge_client;

#if MIDGE_WITH_PROXY

struct midge__proxy {
    struct midge__proxy *next; /* of the client's */
    unsigned refs;             /* origins and identities */
    struct midge_proxy is;     /* its strings are in text, the host in lower case */
    char text[];               /* host, credentials, line */
};

/* Of a request, or else of the client; takes a reference. *out NULL: none. INVALID, URL,
   NO_MEMORY. */
int midge__proxy_get(struct midge_client *client, const struct midge_proxy *wanted,
                     struct midge__proxy **out);
/* proxy may be NULL. */
void midge__proxy_put(struct midge_client *client, struct midge__proxy *proxy);

/* The name or address that the connections of o go to, and the port. */
static inline const char *midge__origin_peer(const struct midge__origin *o)
{
    return o->proxy != NULL ? o->proxy->is.host : o->host;
}
static inline uint16_t midge__origin_peer_port(const struct midge__origin *o)
{
    return o->proxy != NULL ? o->proxy->is.port : o->port;
}
/* The proxy of o as a request sets it. */
static inline struct midge_proxy midge__origin_proxy(const struct midge__origin *o)
{
    return o->proxy != NULL ? o->proxy->is : (struct midge_proxy){.host = NULL};
}

/* Do the connections of o lead through a tunnel? */
bool midge__proxy_tunnels(const struct midge__origin *o);
/* Makes the head of a request to o one for its proxy, unless the request goes through a tunnel. */
void midge__proxy_head(struct midge__h1_write *head, const struct midge__origin *o);
/* conn leads to the proxy: its tunnel begins. NO_MEMORY. */
int midge__proxy_open(struct midge__conn *conn);
/* As midge__tunnel_step. */
int midge__proxy_step(struct midge__conn *conn);
static inline unsigned midge__proxy_want(const struct midge__conn *conn)
{
    return midge__tunnel_interest(conn->tunnel, conn->stream);
}
/* After an error of these two. */
static inline const struct midge__fault *midge__proxy_fault(const struct midge__conn *conn)
{
    return conn->tunnel != NULL ? &conn->tunnel->fault : NULL;
}

#else

#define midge__origin_peer(o)      ((o)->host)
#define midge__origin_peer_port(o) ((o)->port)
#define midge__proxy_tunnels(o)    ((void)(o), false)
#define midge__proxy_head(head, o) ((void)(head), (void)(o))
#define midge__proxy_open(conn)    ((void)(conn), (int)MIDGE_OK)
#define midge__proxy_step(conn)    ((void)(conn), (int)MIDGE_OK)
#define midge__proxy_want(conn)    ((void)(conn), 0U)
#define midge__proxy_fault(conn)   ((void)(conn), NULL)

#endif

#if MIDGE_WITH_PROXY_TLS

/* Is conn to shake hands with a proxy before anything else? */
static inline bool midge__proxy_shakes(const struct midge__conn *conn)
{
    const struct midge__proxy *proxy = conn->origin->proxy;
    return proxy != NULL && proxy->is.secure != 0 && !conn->secured;
}
/* TLS streams of a connection of o, one on the other. */
static inline unsigned midge__origin_layers(const struct midge__origin *o)
{
    return (unsigned)o->secure + (o->proxy != NULL && o->proxy->is.secure != 0);
}
/* The stream whose handshake runs, or is to begin. */
static inline struct midge__tls *midge__conn_shaking(struct midge__conn *conn)
{
    return midge__proxy_shakes(conn) ? conn->outer : &conn->tls;
}
/* Closes conn->outer, below the stream that was closed. */
static inline void midge__proxy_unsecure(struct midge__conn *conn)
{
    if (conn->outer != NULL && conn->outer->s.ops != NULL) {
        conn->outer->s.ops->close(&conn->outer->s);
    }
}
/* Makes conn->outer, and its parameters from those of the client. NO_MEMORY. */
int midge__proxy_secure(struct midge__conn *conn, struct midge__tls_params *params);

#else

#define midge__proxy_shakes(conn)         ((void)(conn), false)
#define midge__origin_layers(o)           ((unsigned)(o)->secure)
#define midge__conn_shaking(conn)         (&(conn)->tls)
#define midge__proxy_unsecure(conn)       ((void)(conn))
#define midge__proxy_secure(conn, params) ((void)(conn), (void)(params), (int)MIDGE_OK)

#endif

#endif
