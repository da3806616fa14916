/* SPDX-License-Identifier: MIT */
/*
 * The cache of names: the answers of the port's resolver, by name and family, for the time that the
 * port gives (ttl_s), within MIDGE_NAME_MAX_S; names that do not exist, for MIDGE_NAME_NEGATIVE_S
 * at most (RFC 2308 5). A port that gives no time has no name here; its origins remember the
 * address that worked last, instead (origin.c).
 *
 * There are at most MIDGE_MAX_NAMES, the most recently used ones. They live in memory that no
 * connection needs: when it is short, they are freed first (sessions.c).
 *
 * The address that worked last is moved to the front. When all addresses of a kept name fail, the
 * name is forgotten and looked up again.
 */
#include "core/names.h"
#include "base/address.h"
#include "core/client.h"
#include "core/conn.h"
#include "core/origin.h"
#include "core/proxy.h"
#include <string.h>

#if MIDGE_WITH_NAMES

struct midge__name {
    struct midge__name *next;
    uint32_t kept_ms, ttl_ms;  /* since when, for how long */
    int native;                /* of a name that does not exist */
    uint8_t family, count;     /* the family asked for; addresses, 0: it does not exist */
    struct midge_addr addrs[]; /* behind them the name */
};

static char *text_of(const struct midge__name *name)
{
    return (char *)(uintptr_t)&name->addrs[name->count];
}

static bool is_over(const struct midge_client *client, const struct midge__name *name)
{
    return client->now_ms - name->kept_ms >= name->ttl_ms;
}

static void drop(struct midge_client *client, struct midge__name **at)
{
    struct midge__name *name = *at;
    *at = name->next;
    client->n_names--;
    midge__memory_free(&client->memory, name);
}

/* The place of its pointer; that of the list's end: there is none. */
static struct midge__name **find(struct midge_client *client, const char *host, uint8_t family)
{
    struct midge__name **at = &client->names;
    while (*at != NULL && ((*at)->family != family || strcmp(text_of(*at), host) != 0)) {
        at = &(*at)->next;
    }
    return at;
}

/* The name, now the first of the list; NULL: none is kept, or its time is over. */
static struct midge__name *use(struct midge_client *client, const char *host, uint8_t family)
{
    struct midge__name **at = find(client, host, family), *name = *at;
    if (name == NULL) {
        return NULL;
    }
    if (is_over(client, name)) {
        drop(client, at);
        return NULL;
    }
    *at = name->next;
    name->next = client->names;
    client->names = name;
    return name;
}

/* --- lookups --- */

/* The port has no part in it: impl shows that. */
static void answer(const struct midge__name *name, struct midge_dns_query *query,
                   struct midge_client *client)
{
    memcpy(query->addrs, name->addrs, name->count * sizeof *name->addrs);
    query->count = name->count;
    query->err = name->count > 0 ? MIDGE_OK : MIDGE_ERR_RESOLVE;
    query->native = name->native;
    query->impl = client;
    query->done = 1;
}

static bool is_kept(const struct midge_client *client, const struct midge_dns_query *query)
{
    return query->impl == client;
}

int midge__names_start(struct midge_client *client, const char *host, struct midge_dns_query *query)
{
    const struct midge__name *name = use(client, host, query->family);
    if (name == NULL) {
        return client->port->dns_start(client->port->ctx, host, query);
    }
    answer(name, query, client);
    return MIDGE_OK;
}

/* NULL: memory is short. */
static struct midge__name *make(struct midge_client *client, const char *host, uint8_t count)
{
    size_t text = strlen(host) + 1;
    struct midge__name *name = midge__memory_calloc(
        &client->memory, 0, 1, sizeof *name + count * sizeof *name->addrs + text);
    if (name != NULL && !midge__memory_spares(&client->memory)) { /* it is promised */
        midge__memory_free(&client->memory, name);
        return NULL;
    }
    if (name != NULL) {
        name->count = count;
        memcpy(text_of(name), host, text);
    }
    return name;
}

static void drop_last(struct midge_client *client)
{
    struct midge__name **at = &client->names;
    while ((*at)->next != NULL) {
        at = &(*at)->next;
    }
    drop(client, at);
}

static uint32_t ttl_ms_of(const struct midge_dns_query *query)
{
    uint32_t most = query->count > 0 ? MIDGE_NAME_MAX_S : MIDGE_NAME_NEGATIVE_S;
    return 1000 * (query->ttl_s < most ? query->ttl_s : most);
}

void midge__names_keep(struct midge_client *client, const char *host,
                       const struct midge_dns_query *query)
{
    uint32_t ttl_ms = ttl_ms_of(query);
    if (ttl_ms == 0 || is_kept(client, query)) {
        return;
    }
    struct midge__name **old = find(client, host, query->family);
    if (*old != NULL) {
        drop(client, old);
    }
    if (client->n_names >= MIDGE_MAX_NAMES) {
        drop_last(client);
    }
    struct midge__name *name = make(client, host, query->count);
    if (name == NULL) {
        return;
    }
    memcpy(name->addrs, query->addrs, query->count * sizeof *name->addrs);
    name->family = query->family;
    name->native = query->native;
    name->kept_ms = client->now_ms;
    name->ttl_ms = ttl_ms;
    name->next = client->names;
    client->names = name;
    client->n_names++;
}

/* --- addresses --- */

bool midge__names_works(const struct midge__conn *conn, const struct midge_addr *address)
{
    const struct midge__origin *o = conn->origin;
    struct midge__name *name =
        o->literal ? NULL : *find(conn->client, midge__origin_peer(o), o->family);
    if (name == NULL) {
        return false;
    }
    for (unsigned i = 1; i < name->count; i++) {
        if (midge__address_is(&name->addrs[i], address)) {
            struct midge_addr works = name->addrs[i];
            memmove(&name->addrs[1], name->addrs, i * sizeof works);
            name->addrs[0] = works;
        }
    }
    return true;
}

unsigned midge__names_lookups(const struct midge__conn *conn)
{
    return is_kept(conn->client, conn->query) ? 1 : 0;
}

bool midge__names_fail(struct midge__conn *conn)
{
    if (conn->query == NULL || !is_kept(conn->client, conn->query) ||
        conn->address_at < conn->query->count) {
        return false;
    }
    midge__names_drop(conn->client, midge__origin_peer(conn->origin));
    midge__conn_query_drop(conn);
    conn->address_at = 0;
    return true;
}

/* --- forgetting --- */

bool midge__names_shrink(struct midge_client *client)
{
    if (client->names == NULL) {
        return false;
    }
    drop_last(client);
    return true;
}

void midge__names_drop(struct midge_client *client, const char *host)
{
    struct midge__name **at = &client->names;
    while (*at != NULL) {
        if ((*at)->count > 0 && strcmp(text_of(*at), host) == 0) {
            drop(client, at);
        } else {
            at = &(*at)->next;
        }
    }
}

void midge__names_forget(struct midge_client *client)
{
    while (client->names != NULL) {
        drop(client, &client->names);
    }
}

#endif
