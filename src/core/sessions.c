/* SPDX-License-Identifier: MIT */
/* Sessions of origins: kept when they come, freed when memory is short. An origin has at most one,
   the newest. origin.c keeps the MIDGE_MAX_SESSIONS origins that were used last. */
#include "core/origin.h"
#include "base/check.h"
#include "base/list.h"
#include "core/client.h"
#include "core/conn.h"
#include "core/event.h"
#include "core/leader.h"
#include "core/names.h"
#include "midge/config.h"

#if MIDGE_WITH_SESSIONS

static struct midge__origin *first(const struct midge__list *list)
{
    struct midge__list *link = midge__list_first(list);
    return link != NULL ? MIDGE_CONTAINER_OF(link, struct midge__origin, link) : NULL;
}

/* First the least recently used session of those that are not in use; the one of `last` only if
   there is no other. */
bool midge__origins_forget(struct midge_client *client, const struct midge__origin *last)
{
    if (midge__names_shrink(client)) { /* a lookup costs less than a handshake */
        return true;
    }
    struct midge__origin *o = first(&client->unused);
    if (o != NULL) {
        midge__origin_drop_unused(client, o);
        return true;
    }
    o = first(&client->sessions);
    if (o == NULL) {
        return false;
    }
    if (o == last && o->link.next != &client->sessions) {
        o = MIDGE_CONTAINER_OF(o->link.next, struct midge__origin, link);
    }
    midge__origin_forget_session(o);
    return true;
}

bool midge__origin_keep_session(struct midge__origin *o, struct midge__tls_session *session)
{
    bool spares = midge__memory_spares(&o->client->memory);
    if (spares) {
        midge__tls_session_free(o->client->tls, o->session);
        o->session = session;
        midge__origin_not_offered(o);
        midge__origin_enlist(o);
    } else { /* it takes memory that is promised to connections */
        midge__tls_session_free(o->client->tls, session);
    }
    midge__leader_session(o);
    return spares;
}

void midge__origin_session(struct midge__origin *o, struct midge__conn *conn)
{
    struct midge__tls_session *session;
    struct midge__memory *memory = &o->client->memory;
    midge__memory_yield(memory, true); /* freed again when memory is short: midge__origins_forget */
    bool taken =
        !o->client->config.no_sessions && midge__tls_take_session(&conn->tls, &session) == MIDGE_OK;
    midge__memory_yield(memory, false);
    if (!taken) {
        return;
    }
    if (midge__origin_keep_session(o, session)) {
        midge__event_conn(conn, SESSION, 0);
    }
}

#endif
