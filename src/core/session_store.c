/* SPDX-License-Identifier: MIT */
/*
 * Sessions as a block, for deep sleep (midge/sessions.h). In the seal of io/session_seal.c:
 *
 *     | made: 8 | sessions: 2 | identity, session | identity, session | ...
 *
 * The least recently used session comes first, so that reading them in this order keeps the most
 * recent ones. While a block is read, the origins of its sessions are marked (imported); if it
 * turns out to be bad, or memory is short, those sessions are forgotten again.
 */
#include "midge/sessions.h"

#if MIDGE_WITH_SESSION_STORE

#include "base/bytes.h"
#include "base/list.h"
#include "base/span.h"
#include "core/client.h"
#include "core/identity.h"
#include "core/origin.h"
#include "io/session_store.h"

/* --- each origin with a session --- */

static struct midge__origin *origin_of(struct midge__list *link)
{
    return MIDGE_CONTAINER_OF(link, struct midge__origin, link);
}

/* --- export --- */

/* The client's pins are in the seal. A request's are known by their place in memory, which a later
   program cannot find: such a session is not stored. */
static bool has_common_pins(const struct midge__origin *o)
{
    return !MIDGE_WITH_PINS || midge__pins_of(o) == o->client->config.tls.pins;
}

/* Without overrides a request has no text for a zone. */
static bool is_storable(const struct midge__origin *o, int64_t now)
{
    return o->session != NULL && has_common_pins(o) &&
           (MIDGE_WITH_OVERRIDES || !MIDGE_WITH_IPV6 || o->zone[0] == '\0') &&
           (now == 0 || midge__tls_session_lasts(o->session, o->session_offered, now));
}

static unsigned put_list(struct midge__put *put, const struct midge__list *list, int64_t now)
{
    unsigned n = 0;
    for (struct midge__list *at = list->next; at != list; at = at->next) {
        const struct midge__origin *o = origin_of(at);
        if (is_storable(o, now)) {
            midge__identity_put(put, o);
            midge__tls_session_put(put, o->session);
            n++;
        }
    }
    return n;
}

/* now 0: all sessions, for the size. */
static void put_all(struct midge__put *put, const struct midge_client *client, int64_t now)
{
    midge__put_number(put, (uint64_t)now, 8);
    const size_t count = put->len;
    midge__put_number(put, 0, 2);
    unsigned n = put_list(put, &client->unused, now);
    n += put_list(put, &client->sessions, now);
    if (put->len <= put->cap) {
        struct midge__put again = {put->at, count + 2, count};
        midge__put_number(&again, n, 2);
    }
}

size_t midge_sessions_size(const struct midge_client *client)
{
    struct midge__put count = {.at = NULL};
    put_all(&count, client, 0);
    return MIDGE__SEAL_HEAD + count.len + MIDGE__SEAL_TAG;
}

static int check(const struct midge_client *client, bool sealed, int64_t *now)
{
    if (sealed && !midge__session_can_seal(client->tls)) {
        return MIDGE_ERR_UNSUPPORTED;
    }
    *now = midge__tls_wall_time(client->tls);
    return *now > 0 ? MIDGE_OK : MIDGE_ERR_CLOCK;
}

static int export(struct midge_client *client, bool sealed, uint8_t *block, size_t cap, size_t *len)
{
    int64_t now;
    int err = check(client, sealed, &now);
    if (err != MIDGE_OK) {
        return err;
    }
    struct midge__put count = {.at = NULL};
    put_all(&count, client, now);
    const size_t whole = MIDGE__SEAL_HEAD + count.len + MIDGE__SEAL_TAG;
    if (whole > cap) {
        *len = whole;
        return MIDGE_ERR_TOO_LARGE;
    }
    struct midge__put put = {block + MIDGE__SEAL_HEAD, count.len, 0};
    put_all(&put, client, now);
    err = midge__session_seal(client->tls, sealed, block, count.len);
    if (err == MIDGE_OK) {
        *len = whole;
    } else {
        midge__wipe(block, whole);
    }
    return err;
}

static int checked_export(struct midge_client *client, bool sealed, void *block, size_t cap,
                          size_t *len)
{
    if (client == NULL || block == NULL || len == NULL) {
        return MIDGE_ERR_INVALID;
    }
    *len = 0;
    return export(client, sealed, block, cap, len);
}

int midge_sessions_export(struct midge_client *client, void *block, size_t cap, size_t *len)
{
    return checked_export(client, true, block, cap, len);
}

int midge_sessions_export_unsealed(struct midge_client *client, void *block, size_t cap,
                                   size_t *len)
{
    return checked_export(client, false, block, cap, len);
}

/* --- import --- */

/* The origin keeps the session that it has, which is newer. */
static int keep(struct midge_client *client, struct midge__origin *o,
                struct midge__tls_session *session)
{
    bool kept = o->session == NULL && midge__origin_keep_session(o, session);
    bool short_of_memory = o->session == NULL;
    if (kept) {
        o->session_imported = true;
    } else if (!short_of_memory) {
        midge__tls_session_free(client->tls, session);
    }
    midge__origin_put(client, o);
    return short_of_memory ? MIDGE_ERR_NO_MEMORY : MIDGE_OK;
}

/* *n: sessions that have not ended. */
static int take_one(struct midge_client *client, struct midge__take *take, int64_t now, unsigned *n)
{
    struct midge__identity id;
    struct midge__tls_session *session;
    struct midge__origin *o;
    if (!midge__identity_take(take, &id)) {
        return MIDGE_ERR_SEAL;
    }
    int err = midge__tls_session_take(take, client->tls, now, &session);
    if (err != MIDGE_OK || session == NULL) {
        return err;
    }
    ++*n;
    err = midge__origin_get(client, &id.request, &id.url, &o);
    if (err != MIDGE_OK) {
        midge__tls_session_free(client->tls, session);
        return err == MIDGE_ERR_NO_MEMORY ? err : MIDGE_ERR_SEAL;
    }
    return keep(client, o, session);
}

static int take_all(struct midge_client *client, struct midge__take *take, int64_t now)
{
    int64_t made = (int64_t)midge__take_number(take, 8);
    size_t count = (size_t)midge__take_number(take, 2);
    const bool empty = count == 0;
    unsigned n = 0;
    int err = take->bad ? MIDGE_ERR_SEAL : made > now ? MIDGE_ERR_STALE : MIDGE_OK;
    while (err == MIDGE_OK && count-- > 0) {
        err = take_one(client, take, now, &n);
    }
    if (err == MIDGE_OK && take->left > 0) {
        err = MIDGE_ERR_SEAL;
    }
    return err == MIDGE_OK && n == 0 && !empty ? MIDGE_ERR_STALE : err;
}

/* The origins of sessions that were read just now: keeps them, or forgets their sessions. */
static void settle_list(struct midge_client *client, struct midge__list *list, bool good)
{
    struct midge__list *next;
    for (struct midge__list *at = list->next; at != list; at = next) {
        struct midge__origin *o = origin_of(at);
        next = at->next;
        const bool bad = o->session_imported && !good;
        o->session_imported = false;
        if (bad) {
            midge__origin_forget_session(o);
            midge__origin_enlist(o);
        }
        if (bad && o->refs == 0 && !midge__rate_remembers(o)) {
            midge__origin_drop_unused(client, o);
        }
    }
}

static int import(struct midge_client *client, bool sealed, uint8_t *block, size_t len)
{
    int64_t now;
    int err = check(client, sealed, &now);
    if (err != MIDGE_OK) {
        return err;
    }
    err = midge__session_unseal(client->tls, sealed, block, len);
    if (err == MIDGE_OK) {
        struct midge__take take = {block + MIDGE__SEAL_HEAD,
                                   len - MIDGE__SEAL_HEAD - MIDGE__SEAL_TAG, false};
        midge__memory_yield(&client->memory, true); /* freed again when memory is short */
        err = take_all(client, &take, now);
        midge__memory_yield(&client->memory, false);
        settle_list(client, &client->unused, err == MIDGE_OK);
        settle_list(client, &client->sessions, err == MIDGE_OK);
    }
    if (err != MIDGE_ERR_UNSUPPORTED) {
        midge__wipe(block, len);
    }
    return err;
}

static int checked_import(struct midge_client *client, bool sealed, void *block, size_t len)
{
    if (client == NULL || block == NULL || client->config.no_sessions) {
        return MIDGE_ERR_INVALID;
    }
    return import(client, sealed, block, len);
}

int midge_sessions_import(struct midge_client *client, void *block, size_t len)
{
    return checked_import(client, true, block, len);
}

int midge_sessions_import_unsealed(struct midge_client *client, void *block, size_t len)
{
    return checked_import(client, false, block, len);
}

#endif
