/* SPDX-License-Identifier: MIT */
/* Events to config.on_event (event.c, midge/events.h). Without a listener each call is one test. */
#ifndef MIDGE_CORE_EVENT_H
#define MIDGE_CORE_EVENT_H

#include "core/client.h"
#include "core/conn.h"
#include "core/transfer.h"
#include "midge/client.h"
#include "midge/events.h"

#if MIDGE_WITH_EVENTS

/* event.c: the same when there is a listener. */
void midge__event_tell_request(const struct midge__transfer *t, enum midge_event_kind kind,
                               unsigned detail, uint32_t value);
void midge__event_tell_ended(const struct midge__transfer *t);
void midge__event_tell_conn(const struct midge__conn *conn, enum midge_event_kind kind,
                            uint32_t value);
void midge__event_tell_peer(const struct midge__conn *conn, enum midge_peer_event event,
                            const struct midge_addr *address);
void midge__event_tell_state(const struct midge__conn *conn, enum midge__conn_state state);

#define MIDGE__EVENT(client, call)                                                                 \
    do {                                                                                           \
        if ((client)->config.on_event != NULL) {                                                   \
            call;                                                                                  \
        }                                                                                          \
    } while (0)

#else
#define MIDGE__EVENT(client, call) ((void)(client))
#endif

/* Of a request. */
#define midge__event(t, kind, detail, value)                                                       \
    MIDGE__EVENT((t)->aw.client, midge__event_tell_request(t, MIDGE_EVENT_##kind, detail, value))
/* Its phase begins. */
#define midge__event_phase(t, phase)                                                               \
    MIDGE__EVENT((t)->aw.client,                                                                   \
                 midge__event_tell_request(t, (enum midge_event_kind)(phase), (t)->result->reused, \
                                           midge__report_stream((t)->result)))
/* It has ended: t->error is set. */
#define midge__event_ended(t) MIDGE__EVENT((t)->aw.client, midge__event_tell_ended(t))
/* Of a connection. */
#define midge__event_conn(conn, kind, value)                                                       \
    MIDGE__EVENT((conn)->client, midge__event_tell_conn(conn, MIDGE_EVENT_##kind, value))
#define midge__event_peer(conn, event, address)                                                    \
    MIDGE__EVENT((conn)->client, midge__event_tell_peer(conn, event, address))
/* Its state is about to change. */
#define midge__event_state(conn, state)                                                            \
    MIDGE__EVENT((conn)->client, midge__event_tell_state(conn, state))

#endif
