/* SPDX-License-Identifier: MIT */
/*
 * Origins: the whole identity of a connection (scheme, host, port, whom to verify and how,
 * versions, where to connect instead), and what is known of it: its TLS session, the address that
 * worked, and whose handshake is bringing a ticket.
 */
#include "core/core.h"
#include "base/address.h"
#include "base/span.h"
#include "midge/url.h"
#include <string.h>

#define KEY_MAX 1100 /* three names of 255 bytes, the rest is numbers */

/* --- identity --- */

/* The beginning of each key. All bytes: nothing lies between them that is not compared. */
struct facts {
    uint8_t secure, skip_verification, min_tls, max_tls, family;
    uint8_t port[2], url_port[2];
};

struct key {
    char bytes[KEY_MAX];
    size_t len;
    bool full;
    size_t host_at, name_at;
};

static void put(struct key *key, const void *bytes, size_t n)
{
    if (n > KEY_MAX - key->len) {
        key->full = true;
        return;
    }
    memcpy(key->bytes + key->len, bytes, n);
    key->len += n;
}

static void put_name(struct key *key, struct midge_span name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = midge__lower(name.ptr[i]);
        put(key, &c, 1);
    }
    put(key, "", 1);
}

static uint8_t or_else(uint8_t value, uint8_t otherwise)
{
    return value != 0 ? value : otherwise;
}

static void build_key(struct key *key, const struct midge_client *client,
                      const struct midge_request *r, const struct midge_url *url)
{
    struct midge_span host = r->connect_host ? midge__span_of(r->connect_host) : url->host;
    struct midge_span name = r->servername ? midge__span_of(r->servername) : url->host;
    uint16_t port = r->connect_port ? r->connect_port : url->port;
    const struct midge_tls *tls = &client->config.tls;
    const struct facts facts = {
        .secure = url->is_https,
        .skip_verification = r->dangerously_skip_verification || tls->dangerously_skip_verification,
        .min_tls = or_else(r->min_tls, tls->min_version),
        .max_tls = or_else(r->max_tls, tls->max_version),
        .family = r->family,
        .port = {(uint8_t)(port >> 8), (uint8_t)port},
        /* Another site reached at the same address is another identity. */
        .url_port = {(uint8_t)(url->port >> 8), (uint8_t)url->port},
    };
    put(key, &facts, sizeof facts);
    key->host_at = key->len;
    put_name(key, host);
    key->name_at = key->len;
    put_name(key, name);
    put_name(key, url->host);
}

static void fill(struct midge__origin *o, const struct key *key)
{
    struct facts facts;
    memcpy(&facts, key->bytes, sizeof facts);
    memcpy(o->key, key->bytes, key->len);
    o->key_len = key->len;
    o->host = o->key + key->host_at;
    o->servername = o->key + key->name_at;
    o->secure = facts.secure;
    o->port = (uint16_t)(facts.port[0] << 8 | facts.port[1]);
    o->skip_verification = facts.skip_verification;
    o->min_tls = facts.min_tls;
    o->max_tls = facts.max_tls;
    o->family = facts.family;
    o->address.family = (uint8_t)midge__address_parse(midge__span_of(o->host), o->address.bytes);
    o->literal = o->address_known = o->address.family != 0;
}

/* --- life --- */

static void ticket_late(struct midge__timer *timer)
{
    struct midge__origin *o = MIDGE_CONTAINER_OF(timer, struct midge__origin, ticket_timer);
    o->leader = NULL;
    o->no_tickets = o->session == NULL;
    o->client->dirty = true;
}

static void drop(struct midge_client *client, struct midge__origin *o)
{
    midge__list_remove(&o->link);
    midge__timer_disarm(&client->timers, &o->ticket_timer);
    if (o->session != NULL) {
        midge__tls_session_free(client->tls, o->session);
    }
    midge__memory_free(&client->memory, o);
}

/* What nobody uses is kept for its session only, the most recent MIDGE_MAX_SESSIONS of them. */
static void trim(struct midge_client *client, unsigned keep)
{
    for (;;) {
        struct midge__origin *oldest = NULL;
        unsigned unused = 0;
        MIDGE__LIST_FOR_EACH(it, &client->origins)
        {
            struct midge__origin *o = MIDGE_CONTAINER_OF(it, struct midge__origin, link);
            if (o->refs == 0) {
                unused++;
                oldest = oldest == NULL || o->used_ms < oldest->used_ms ? o : oldest;
            }
        }
        if (unused <= keep) {
            return;
        }
        drop(client, oldest);
    }
}

static struct midge__origin *find(const struct midge_client *client, const struct key *key)
{
    MIDGE__LIST_FOR_EACH(it, &client->origins)
    {
        struct midge__origin *o = MIDGE_CONTAINER_OF(it, struct midge__origin, link);
        if (o->key_len == key->len && memcmp(o->key, key->bytes, key->len) == 0) {
            return o;
        }
    }
    return NULL;
}

static struct midge__origin *make(struct midge_client *client, const struct key *key)
{
    struct midge__origin *o = midge__memory_calloc(&client->memory, 0, 1, sizeof *o + key->len);
    if (o == NULL && !midge__list_empty(&client->origins)) {
        trim(client, 0);
        o = midge__memory_calloc(&client->memory, 0, 1, sizeof *o + key->len);
    }
    if (o != NULL) {
        o->client = client;
        o->ticket_timer.fire = ticket_late;
        fill(o, key);
        midge__list_init(&o->link);
        midge__list_push_tail(&client->origins, &o->link);
    }
    return o;
}

int midge__origin_get(struct midge_client *client, const struct midge_request *request,
                      const char *text, struct midge__origin **origin)
{
    struct midge_url url;
    struct key key = {.len = 0};
    unsigned flags = request->allow_userinfo ? MIDGE_URL_ALLOW_USERINFO : 0;
    int err = midge_url_parse(&url, text, strlen(text), flags);
    if (err != MIDGE_OK) {
        return err;
    }
    build_key(&key, client, request, &url);
    if (key.full) {
        return MIDGE_ERR_URL;
    }
    struct midge__origin *o = find(client, &key);
    if (o == NULL) {
        o = make(client, &key);
    }
    if (o == NULL) {
        return MIDGE_ERR_NO_MEMORY;
    }
    if ((o->min_tls && !midge__tls_has_version(o->min_tls)) ||
        (o->max_tls && !midge__tls_has_version(o->max_tls))) {
        err = o->secure ? MIDGE_ERR_UNSUPPORTED : MIDGE_OK;
    }
    o->refs++;
    if (err != MIDGE_OK) {
        midge__origin_put(client, o);
        return err;
    }
    *origin = o;
    return MIDGE_OK;
}

void midge__origin_put(struct midge_client *client, struct midge__origin *o)
{
    MIDGE_ASSERT(o->refs > 0);
    o->used_ms = client->now_ms;
    if (--o->refs > 0) {
        return;
    }
    if (o->session == NULL) {
        drop(client, o);
    } else {
        trim(client, MIDGE_MAX_SESSIONS);
    }
}

void midge__origins_close(struct midge_client *client)
{
    trim(client, 0);
}

/* The least recently used first, `last` when there is no other. */
bool midge__origins_forget(struct midge_client *client, const struct midge__origin *last)
{
    struct midge__origin *oldest = NULL;
    MIDGE__LIST_FOR_EACH(it, &client->origins)
    {
        struct midge__origin *o = MIDGE_CONTAINER_OF(it, struct midge__origin, link);
        if (o->session != NULL &&
            (oldest == NULL || oldest == last || (o != last && o->used_ms < oldest->used_ms))) {
            oldest = o;
        }
    }
    if (oldest == NULL) {
        return false;
    }
    midge__tls_session_free(client->tls, oldest->session);
    oldest->session = NULL;
    if (oldest->refs == 0) {
        drop(client, oldest);
    }
    return true;
}

/* --- one full handshake for requests that start together --- */

bool midge__origin_waits(const struct midge__origin *origin)
{
    return origin->leader != NULL;
}

void midge__origin_lead(struct midge__origin *o, struct midge__conn *conn)
{
    if (o->secure && o->session == NULL && !o->no_tickets && o->leader == NULL &&
        !o->client->config.no_sessions) {
        o->leader = conn;
    }
}

void midge__origin_handshaken(struct midge__origin *o, struct midge__conn *conn, bool ok)
{
    if (o->leader != conn) {
        return;
    }
    if (ok && o->session == NULL) {
        uint64_t at = o->client->now_ms + o->client->config.ticket_wait_ms;
        (void)midge__timer_arm(&o->client->timers, &o->ticket_timer, at);
        return;
    }
    o->leader = NULL;
    midge__timer_disarm(&o->client->timers, &o->ticket_timer);
    o->client->dirty = true;
}

void midge__origin_session(struct midge__origin *o, struct midge__conn *conn)
{
    struct midge__tls_session *session;
    if (o->client->config.no_sessions ||
        midge__tls_take_session(&conn->tls, &session) != MIDGE_OK) {
        return;
    }
    if (o->session != NULL) {
        midge__tls_session_free(o->client->tls, o->session);
    }
    o->session = session;
    o->no_tickets = false;
    if (o->leader != NULL) {
        o->leader = NULL;
        midge__timer_disarm(&o->client->timers, &o->ticket_timer);
        o->client->dirty = true;
    }
}
