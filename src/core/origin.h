/* SPDX-License-Identifier: MIT */
/* Origins: identity, session, address (origin.c). leader.h has their leaders. */
#ifndef MIDGE_CORE_ORIGIN_H
#define MIDGE_CORE_ORIGIN_H

#include <stdbool.h>
#include "base/list.h"
#include "base/timer_heap.h"
#include "core/pins.h"
#include "core/rate.h"
#include "midge/config.h"
#include "midge/port.h"
#include "midge/request.h"
#include "midge/url.h"

struct midge_client;
struct midge__conn;
struct midge__proxy;
struct midge__transfer;
struct midge__tls_session;

/* The identity of an origin, without its names. There is no padding: it is compared by bytes. */
#if MIDGE_WITH_HTTP2
#define MIDGE__ORIGIN_HTTP                                                                         \
    ;                                                                                              \
    uint8_t http, none /* enum midge_http; 0 */
#else
#define MIDGE__ORIGIN_HTTP
#endif
#if MIDGE_WITH_OVERRIDES
#define MIDGE__ORIGIN_KEY                                                                          \
    uint16_t port, url_port; /* to connect to; of the URL */                                       \
    uint8_t family, min_tls, max_tls;                                                              \
    bool secure, skip_verification;                                                                \
    uint8_t http /* enum midge_http; 0 without HTTP/2 */
#define midge__origin_own(origin, field, common) ((origin)->field)
#else
#define MIDGE__ORIGIN_KEY                                                                          \
    uint16_t port;                                                                                 \
    uint8_t family;                                                                                \
    bool secure MIDGE__ORIGIN_HTTP
/* The origin's own value of a field that a request may override; else the value of all. */
#define midge__origin_own(origin, field, common) (common)
#endif

struct midge__origin_key {
    MIDGE__ORIGIN_KEY;
};

/* Where to connect, without zone; the name to verify; the host of the URL. Without overrides they
   are one. */
enum { MIDGE__ORIGIN_NAMES = MIDGE_WITH_OVERRIDES ? 3 : 1 };

struct midge__origin {
    union {
        struct midge__origin_key key;
        struct {
            MIDGE__ORIGIN_KEY;
        };
    };
    bool address_known, literal; /* literal: the host is an address, nothing to look up */
    bool no_tickets;
    bool next_leads; /* the leader is silent: one more may lead beside it */
#if MIDGE_WITH_RATE
    bool is_limited; /* it has a rate or a hold */
#endif
#if MIDGE_WITH_SESSION_STORE
    bool session_offered;  /* a connection has offered the session */
    bool session_imported; /* session_store.c: by the import that goes on */
#endif
#if MIDGE_WITH_HTTP2
    bool h1_only;       /* the server spoke HTTP/1.1, or asked for it */
    bool no_table;      /* it keeps to our HTTP/2 settings: it uses no dynamic table */
    bool large_records; /* its connections keep their large input buffers */
    uint16_t shared;    /* its connections that carry all of its requests */
    uint16_t head_most; /* bytes of its longest head over HTTP/2 (h2_limit.c); 0: none came */
#endif
    uint8_t leaders_failed;     /* since the last session */
    uint16_t silent;            /* leaders that would make way */
    uint32_t hash;              /* of its identity */
    struct midge__origin *next; /* in the client's table, with the same place */
    union {
        struct {
            struct midge__list link; /* client->sessions or ->unused, while it has a session */
            struct midge__list reusers, newcomers; /* queue.c */
            struct midge__list reuses;             /* reusers.c */
            struct midge__list stale;              /* client->stale */
            struct midge__list usable;  /* its connections with capacity; the idle ones last */
            struct midge__list leaders; /* its leaders whose handshakes are not complete */
        };
        struct midge__list lists[7]; /* all of them */
    };
    struct midge__transfer *first; /* queue.c: the next one, unless it is stale */
    struct midge__timer turn;      /* queue.c: its place in client->turns */
    unsigned refs;                 /* transfers and connections */
    unsigned connections, active;  /* open ones; transfers in progress */
    struct midge__conn *leader;    /* made progress last: the others wait for its session */
    uint32_t rtt_ms;               /* of the newest connection, or longer; 0 not known */
    struct midge__tls_session *session;
    uint32_t used_ms;
    uint32_t lead_until_ms; /* after this no connection leads, unless its handshake is complete */
    struct midge__timer leader_timer;
    struct midge_client *client;
#if MIDGE_WITH_RATE
    struct midge__origin_limits limits;
#endif
    struct midge_addr address; /* the one that worked last, or the literal */
    union {                    /* in lower case */
        const char *name[MIDGE__ORIGIN_NAMES];
#if MIDGE_WITH_OVERRIDES
        struct {
            const char *host, *servername, *url_host;
        };
#else
        const char *host, *servername, *url_host;
#endif
    };
    MIDGE__PINS_FIELD
#if MIDGE_WITH_PROXY
    struct midge__proxy *proxy; /* its connections go to it, NULL none; part of the identity */
#endif
    const char *zone; /* of host (RFC 4007), "" none */
    char names[];     /* name and zone */
};

/* True: its requests wait, since a leader's session is expected. */
static inline bool midge__origin_awaits_leader(const struct midge__origin *o)
{
    return MIDGE_WITH_LEADERS && o->leader != NULL && !o->next_leads;
}

/* Finds or makes the origin of a request to url; takes a reference. URL, UNSUPPORTED, CA,
   INVALID, NO_MEMORY. */
int midge__origin_get(struct midge_client *client, const struct midge_request *request,
                      const struct midge_url *url, struct midge__origin **origin);
/* Takes a reference again, for a request that has the origin. URL, ZONE. */
int midge__origin_use(struct midge_client *client, struct midge__origin *origin);
void midge__origin_put(struct midge_client *client, struct midge__origin *origin);
/* Opening conn failed: forgets the origin's address, and its session if conn offered it. */
void midge__origin_forget_after_failure(struct midge__origin *origin,
                                        const struct midge__conn *conn);

/* --- its session (sessions.c) --- */

#if MIDGE_WITH_SESSIONS
/* Frees the session. */
void midge__origin_forget_session(struct midge__origin *origin);
/* Puts it behind the others that have a session. */
void midge__origin_enlist(struct midge__origin *origin);
/* Frees an origin without references. */
void midge__origin_drop_unused(struct midge_client *client, struct midge__origin *origin);
/* Forgets sessions and addresses that were not used for MIDGE__MILLIS_AGED, or all of them. */
void midge__origins_expire(struct midge_client *client, bool all);
/* Frees the origins that are kept for their sessions. */
void midge__origins_close(struct midge_client *client);
/* Keeps it in place of the one that there is, if memory allows that; else frees it: false. */
bool midge__origin_keep_session(struct midge__origin *origin, struct midge__tls_session *session);
/* A session came on conn. */
void midge__origin_session(struct midge__origin *origin, struct midge__conn *conn);
/* Frees one session for its memory, the one of `last` only if it is the only one. False: there is
   none. */
bool midge__origins_forget(struct midge_client *client, const struct midge__origin *last);
#else
#define midge__origin_forget_session(origin) ((void)(origin))
#define midge__origin_enlist(origin)         ((void)(origin))
#define midge__origins_close(client)         ((void)(client))

static inline void midge__origin_session(struct midge__origin *origin, struct midge__conn *conn)
{
    (void)origin;
    (void)conn;
}

static inline bool midge__origins_forget(struct midge_client *client,
                                         const struct midge__origin *last)
{
    (void)client;
    (void)last;
    return false;
}
#endif

#if MIDGE_WITH_SESSION_STORE
/* A connection offers the session. */
static inline void midge__origin_offers(struct midge__origin *origin)
{
    origin->session_offered = true;
}
/* Another session takes its place. */
static inline void midge__origin_not_offered(struct midge__origin *origin)
{
    origin->session_offered = false;
}
/* The server refused the session of a connection; not a newer one. */
static inline void midge__origin_refused(struct midge__origin *origin)
{
    if (origin->session_offered) {
        midge__origin_forget_session(origin);
    }
}
#else
#define midge__origin_offers(origin)      ((void)(origin))
#define midge__origin_not_offered(origin) ((void)(origin))
#define midge__origin_refused(origin)     ((void)(origin))
#endif

#endif
