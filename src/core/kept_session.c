/* SPDX-License-Identifier: MIT */
/* The session that an origin keeps, and its place in the client's lists of those that have one. */
#include "base/list.h"
#include "core/client.h"
#include "core/origin.h"
#include "midge/config.h"

#if MIDGE_WITH_SESSIONS

void midge__origin_forget_session(struct midge__origin *o)
{
    midge__tls_session_free(o->client->tls, o->session);
    o->session = NULL;
    midge__list_remove(&o->link);
}

/* Behind the others that have a session. */
void midge__origin_enlist(struct midge__origin *o)
{
    struct midge_client *client = o->client;
    midge__list_remove(&o->link);
    if (o->session != NULL || (MIDGE_WITH_RATE && o->refs == 0)) {
        midge__list_push_tail(o->refs == 0 ? &client->unused : &client->sessions, &o->link);
    }
}

#endif
