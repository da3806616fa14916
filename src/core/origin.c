/* SPDX-License-Identifier: MIT */
/*
 * An origin is the whole identity of a connection (scheme, host, port, the name to verify, whether
 * to verify, TLS versions, pins, the host to connect to instead), together with its TLS session,
 * the address that worked last, and its leader (sessions.c, leader.c). An origin without references
 * is kept for its session, or what it owes (rate.c), only: the MIDGE_MAX_SESSIONS most recent ones,
 * and fewer when memory is short.
 */
#include "core/origin.h"
#include "base/address.h"
#include "base/check.h"
#include "base/list.h"
#include "base/millis.h"
#include "base/span.h"
#include "codec/url.h"
#include "core/client.h"
#include "core/conn.h"
#include "core/leader.h"
#include "core/names.h"
#include "core/pins.h"
#include "core/proxy.h"
#include "core/queue.h"
#include "core/shared.h"
#include "core/zone.h"
#include "midge/url.h"
#include <string.h>

#define NAME_MAX 255U /* bytes of a name to connect to or to verify */

/* --- identity --- */

_Static_assert(sizeof(struct midge__origin_key) == (MIDGE_WITH_OVERRIDES ? 10
                                                    : MIDGE_WITH_HTTP2   ? 6
                                                                         : 4),
               "no padding");

enum {
    HOST,
    SERVERNAME = MIDGE_WITH_OVERRIDES ? 1 : HOST,
    URL_HOST = MIDGE_WITH_OVERRIDES ? 2 : HOST
};

struct identity {
    struct midge__origin_key key;
    struct midge_span name[MIDGE__ORIGIN_NAMES];
    MIDGE__PINS_FIELD
#if MIDGE_WITH_PROXY
    struct midge__proxy *proxy;
#endif
    char zone[MIDGE_WITH_IPV6 ? MIDGE__ZONE_MAX + 1 : 1]; /* of the host, "" none */
};

/* --- what a request may override --- */

#if MIDGE_WITH_OVERRIDES

static uint8_t or_else(uint8_t value, uint8_t otherwise)
{
    return value != 0 ? value : otherwise;
}

static struct midge_span without_zone(struct midge_span name)
{
    return MIDGE_WITH_IPV6 ? midge__span(name.ptr, midge__span_find(name, '%')) : name;
}

#define skips_verification(client, id) ((id)->key.skip_verification)

/* Versions matter only with TLS. The client's were checked when it was opened. */
static bool has_versions(const struct midge__origin_key *key)
{
    return !key->secure || ((key->min_tls == 0 || midge__tls_has_version(key->min_tls)) &&
                            (key->max_tls == 0 || midge__tls_has_version(key->max_tls)));
}

/* Another site at the same address is another identity: the URL's host stays. */
static int override(struct identity *id, const struct midge_client *client,
                    const struct midge_request *r)
{
    const struct midge_tls *tls = &client->config.tls;
    id->key.url_port = id->key.port;
    id->key.port = r->connect_port ? r->connect_port : id->key.port;
    id->key.min_tls = or_else(r->min_tls, tls->min_version);
    id->key.max_tls = or_else(r->max_tls, tls->max_version);
    id->key.skip_verification =
        r->dangerously_skip_verification != 0 || tls->dangerously_skip_verification != 0;
    if (r->connect_host != NULL) {
        id->name[HOST] = midge__span_of(r->connect_host);
    }
    if (r->servername != NULL) {
        id->name[SERVERNAME] = without_zone(midge__span_of(r->servername));
    }
    return has_versions(&id->key) ? MIDGE_OK : MIDGE_ERR_UNSUPPORTED;
}

#else

#define skips_verification(client, id) ((client)->config.tls.dangerously_skip_verification != 0)

static int override(struct identity *id, const struct midge_client *client,
                    const struct midge_request *r)
{
    (void)id;
    (void)client;
    const uintptr_t left_out =
        MIDGE__LEFT_OUT(OVERRIDES, r->connect_host) | MIDGE__LEFT_OUT(OVERRIDES, r->connect_port) |
        MIDGE__LEFT_OUT(OVERRIDES, r->servername) | MIDGE__LEFT_OUT(OVERRIDES, r->min_tls) |
        MIDGE__LEFT_OUT(OVERRIDES, r->max_tls) |
        MIDGE__LEFT_OUT(OVERRIDES, r->dangerously_skip_verification);
    const bool fresh = !MIDGE__FRESH_CONNECTIONS && r->no_reuse != 0;
    return left_out != 0 || fresh ? MIDGE_ERR_UNSUPPORTED : MIDGE_OK;
}

#endif

/* --- its proxy --- */

#if MIDGE_WITH_PROXY

static int find_proxy(struct midge_client *c, const struct midge_request *r, struct identity *id)
{
    return midge__proxy_get(c, r->proxy, &id->proxy);
}

static bool has_proxy(const struct midge__origin *o, const struct identity *id)
{
    return o->proxy == id->proxy;
}

/* The origin has the identity's reference. */
static void take_proxy(struct midge__origin *o, struct identity *id)
{
    o->proxy = id->proxy;
    id->proxy = NULL;
}

static bool is_proxied(const struct midge__origin *o)
{
    return o->proxy != NULL;
}

#define put_proxy(client, of) midge__proxy_put(client, (of)->proxy)

#else

#define find_proxy(client, r, id) ((void)(client), (int)MIDGE_OK)
#define has_proxy(o, id)          true
#define take_proxy(o, id)         ((void)(o), (void)(id))
#define is_proxied(o)             false
#define put_proxy(client, of)     ((void)(client), (void)(of))

#endif

static int identify(const struct midge_client *client, const struct midge_request *r,
                    const struct midge_url *url, struct identity *id)
{
    *id =
        (struct identity){.key = {.port = url->port, .family = r->family, .secure = url->is_https}};
    for (size_t i = 0; i < MIDGE__ORIGIN_NAMES; i++) {
        id->name[i] = url->host;
    }
    midge__pins_set(id, r->pins != NULL ? r->pins : client->config.tls.pins);
    midge__shared_key(&id->key, client, r);
    int err = override(id, client, r);
    return err == MIDGE_OK ? midge__zone_of(r, url, &id->name[HOST], id->zone) : err;
}

static bool is_same(const struct midge__origin *o, const struct identity *id)
{
    bool same = memcmp(&o->key, &id->key, sizeof id->key) == 0;
    for (size_t i = 0; i < MIDGE__ORIGIN_NAMES && same; i++) {
        same = midge__span_is(id->name[i], o->name[i]);
    }
    return same && midge__pins_of(o) == midge__pins_of(id) && has_proxy(o, id) &&
           (!MIDGE_WITH_IPV6 || strcmp(id->zone, o->zone) == 0);
}

/* In lower case, with a NUL. */
static const char *put_name(char **at, struct midge_span name)
{
    char *start = *at;
    for (size_t i = 0; i < name.len; i++) {
        start[i] = midge__lower(name.ptr[i]);
    }
    start[name.len] = '\0';
    *at = start + name.len + 1;
    return start;
}

static void fill(struct midge__origin *o, struct identity *id)
{
    char *at = o->names;
    for (size_t i = 0; i < MIDGE__ORIGIN_NAMES; i++) {
        o->name[i] = put_name(&at, id->name[i]);
    }
    if (MIDGE_WITH_IPV6) {
        o->zone = memcpy(at, id->zone, strlen(id->zone) + 1);
    }
    o->key = id->key;
    midge__pins_set(o, midge__pins_of(id));
    take_proxy(o, id);
    struct midge_span peer = is_proxied(o) ? midge__span_of(midge__origin_peer(o)) : id->name[HOST];
    o->address.family = (uint8_t)midge__address_parse(peer, o->address.bytes);
    o->literal = o->address_known = o->address.family != 0;
}

/* --- life --- */

static struct midge__origin **bucket(const struct midge_client *client, uint32_t hash)
{
    return &client->origins[hash & (client->n_buckets - 1)];
}

static void forget(struct midge__origin *o)
{
    o->address_known = o->literal;
    midge__origin_forget_session(o);
}

static void drop(struct midge_client *client, struct midge__origin *o)
{
    struct midge__origin **at = bucket(client, o->hash);
    while (*at != o) {
        at = &(*at)->next;
    }
    *at = o->next;
    midge__queue_drop(o);
    midge__rate_drop(o);
    if (MIDGE_WITH_LEADERS) {
        midge__timer_disarm(&client->timers, &o->leader_timer);
    }
    midge__origin_forget_session(o);
    put_proxy(client, o);
    midge__memory_free(&client->memory, o);
}

/* Without sessions no origin outlives its requests and connections. */
static bool is_aged(const struct midge__origin *o)
{
    return MIDGE_WITH_SESSIONS && o->client->now_ms - o->used_ms >= MIDGE__MILLIS_AGED;
}

static void note_used(struct midge__origin *o)
{
    if (MIDGE_WITH_SESSIONS) {
        o->used_ms = o->client->now_ms;
    }
}

/* --- origins without references --- */

#if MIDGE_WITH_SESSIONS

void midge__origin_drop_unused(struct midge_client *client, struct midge__origin *o)
{
    client->n_unused--;
    drop(client, o);
}

static struct midge__origin *first(const struct midge__list *list)
{
    struct midge__list *link = midge__list_first(list);
    return link != NULL ? MIDGE_CONTAINER_OF(link, struct midge__origin, link) : NULL;
}

/* Frees origins without references except for the `keep` most recently used ones. */
static void trim(struct midge_client *client, unsigned keep)
{
    while (client->n_unused > keep) {
        midge__origin_drop_unused(client, first(&client->unused));
    }
}

void midge__origins_close(struct midge_client *client)
{
    trim(client, 0);
}

static void retain(struct midge_client *client, struct midge__origin *o)
{
    client->n_unused++;
    midge__origin_enlist(o);
    trim(client, MIDGE_MAX_SESSIONS);
}

#else

#define trim(client, keep) ((void)(client))
#define retain(client, o)  ((void)(client), (void)(o))

#endif

/* --- a request's origin --- */

static uint32_t hash_more(uint32_t hash, struct midge_span name)
{
    for (size_t i = 0; i < name.len; i++) {
        hash = (hash ^ (uint8_t)midge__lower(name.ptr[i])) * UINT32_C(16777619);
    }
    return hash;
}

/* FNV-1a over the parts that differ most. */
static uint32_t hash_of(const struct identity *id)
{
    uint32_t hash = hash_more(UINT32_C(2166136261) ^ id->key.port, id->name[URL_HOST]);
    if (MIDGE_WITH_OVERRIDES && !midge__span_eq_nocase(id->name[HOST], id->name[URL_HOST])) {
        hash = hash_more(hash, id->name[HOST]);
    }
    return hash ^ hash >> 16;
}

static struct midge__origin *find(const struct midge_client *client, const struct identity *id,
                                  uint32_t hash)
{
    struct midge__origin *o = *bucket(client, hash);
    while (o != NULL && (o->hash != hash || !is_same(o, id))) {
        o = o->next;
    }
    return o;
}

static void init(struct midge__origin *o, struct midge_client *client, uint32_t hash)
{
    midge__lists_init(o->lists, MIDGE_ARRAY_LEN(o->lists));
    o->client = client;
    o->hash = hash;
    o->next = *bucket(client, hash);
    *bucket(client, hash) = o;
    midge__leader_timer_init(o);
}

static struct midge__origin *make(struct midge_client *client, struct identity *id, uint32_t hash)
{
    size_t size = sizeof(struct midge__origin) + MIDGE__ORIGIN_NAMES +
                  (MIDGE_WITH_IPV6 ? strlen(id->zone) + 1 : 0);
    for (size_t i = 0; i < MIDGE__ORIGIN_NAMES; i++) {
        size += id->name[i].len;
    }
    struct midge__origin *o = midge__memory_calloc(&client->memory, 0, 1, size);
    if (MIDGE_WITH_SESSIONS && o == NULL) {
        midge__names_forget(client);
        trim(client, 0);
        o = midge__memory_calloc(&client->memory, 0, 1, size);
    }
    if (o != NULL) {
        init(o, client, hash);
        fill(o, id);
        midge__rate_origin(o);
    }
    return o;
}

/* Looks the zone up for each request, since interfaces come and go. A number is an index (RFC 4007
   11.2), unless an interface has that name. URL: the host is a malformed address, which must not
   reach the resolver. */
static int find_zone(const struct midge_client *client, struct midge__origin *o)
{
    uint64_t index;
    if (!o->literal && strchr(midge__origin_peer(o), ':') != NULL) {
        return MIDGE_ERR_URL;
    }
    if (!MIDGE_WITH_IPV6 || o->zone[0] == '\0' || is_proxied(o) ||
        (client->port->zone != NULL &&
         client->port->zone(client->port->ctx, o->zone, &o->address.scope) == MIDGE_OK)) {
        return MIDGE_OK;
    }
    if (!midge__span_u64(midge__span_of(o->zone), &index) || index > UINT32_MAX) {
        return MIDGE_ERR_ZONE;
    }
    o->address.scope = (uint32_t)index;
    return MIDGE_OK;
}

int midge__origin_use(struct midge_client *client, struct midge__origin *o)
{
    if (is_aged(o)) {
        forget(o);
    }
    note_used(o);
    if (MIDGE_WITH_SESSIONS) {
        client->n_unused -= o->refs == 0;
    }
    o->refs++;
    midge__origin_enlist(o);
    int err = find_zone(client, o);
    if (err != MIDGE_OK) {
        midge__origin_put(client, o);
    }
    return err;
}

static struct midge__origin *find_or_make(struct midge_client *client, struct identity *id)
{
    uint32_t hash = hash_of(id);
    struct midge__origin *o = find(client, id, hash);
    if (o == NULL) {
        o = make(client, id, hash);
        if (MIDGE_WITH_SESSIONS) {
            client->n_unused += o != NULL;
        }
    }
    return o;
}

int midge__origin_get(struct midge_client *client, const struct midge_request *request,
                      const struct midge_url *url, struct midge__origin **origin)
{
    struct identity id;
    int err = identify(client, request, url, &id);
    if (err != MIDGE_OK) {
        return err;
    }
    if (id.name[HOST].len > NAME_MAX || id.name[SERVERNAME].len > NAME_MAX) {
        return MIDGE_ERR_URL;
    }
    if (id.key.secure) {
        err = midge__pins_check(client, midge__pins_of(&id), id.name[SERVERNAME],
                                skips_verification(client, &id));
    }
    if (err == MIDGE_OK) {
        err = find_proxy(client, request, &id);
    }
    if (err != MIDGE_OK) {
        return err;
    }
    struct midge__origin *o = find_or_make(client, &id);
    put_proxy(client, &id);
    if (o == NULL) {
        return MIDGE_ERR_NO_MEMORY;
    }
    err = midge__origin_use(client, o);
    if (err == MIDGE_OK) {
        *origin = o;
    }
    return err;
}

void midge__origin_put(struct midge_client *client, struct midge__origin *o)
{
    MIDGE_ASSERT(o->refs > 0);
    note_used(o);
    if (--o->refs > 0) {
        return;
    }
    if (!MIDGE_WITH_SESSIONS || (o->session == NULL && !midge__rate_remembers(o))) {
        drop(client, o);
        return;
    }
    retain(client, o);
}

/* --- remembered sessions and addresses --- */

#if MIDGE_WITH_SESSIONS /* without them no origin outlives its requests and connections */

static void expire(struct midge_client *client, struct midge__origin *o)
{
    forget(o);
    if (o->refs == 0) {
        midge__origin_drop_unused(client, o);
    }
}

void midge__origins_expire(struct midge_client *client, bool all)
{
    for (uint32_t i = 0; i < client->n_buckets; i++) {
        struct midge__origin *next;
        for (struct midge__origin *o = client->origins[i]; o != NULL; o = next) {
            next = o->next;
            if (all || is_aged(o)) {
                expire(client, o);
            }
        }
    }
}

#endif

/* The remembered address or session may be the reason for the failure: another machine may have the
   address now, or the server may have changed its TLS versions. */
void midge__origin_forget_after_failure(struct midge__origin *o, const struct midge__conn *conn)
{
    if (MIDGE_WITH_FAIL_OVER) {
        o->address_known = o->literal;
    }
    midge__names_drop(o->client, midge__origin_peer(o));
    if (MIDGE_WITH_SESSIONS && conn->tls.offered) {
        midge__origin_forget_session(o);
    }
}
