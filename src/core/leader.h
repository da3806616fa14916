/* SPDX-License-Identifier: MIT */
/* Leaders: one full handshake for requests that start together (leader.c). */
#ifndef MIDGE_CORE_LEADER_H
#define MIDGE_CORE_LEADER_H

#include <stdbool.h>
#include <stddef.h>
#include "midge/config.h"

struct midge_client;
struct midge__conn;
struct midge__origin;

#if MIDGE_WITH_LEADERS

void midge__leader_timer_init(struct midge__origin *origin);
/* conn is new: it leads if its origin needs a leader. */
void midge__leader_open(struct midge__conn *conn);
/* The peer answered for the first time since conn->since_ms: measures the RTT. */
void midge__leader_heard(struct midge__conn *conn);
/* A connection being opened made progress: it began to connect, connected, received or computed. */
void midge__leader_moved(struct midge__conn *conn);
/* Called for any connection. complete: its handshake is complete; failed: it failed, or a limit of
   its phase ended it; gone: it is dead. */
void midge__leader_complete(struct midge__conn *conn);
void midge__leader_failed(struct midge__conn *conn);
void midge__leader_gone(struct midge__conn *conn);
/* A connection's protocol is known, and it is about to be READY. */
void midge__leader_protocol(struct midge__conn *conn, bool shares);
/* A session arrived. */
void midge__leader_session(struct midge__origin *origin);
/* A silent leader that is to close now, to free its place, permit and memory; its request goes to
   the queue's end. origin NULL: a leader of any origin. NULL: there is none. */
struct midge__conn *midge__leader_yield(const struct midge_client *client,
                                        const struct midge__origin *origin);
/* A connection that is to close now, since another leads in its place. NULL: there is none. */
struct midge__conn *midge__leader_overtaken(const struct midge_client *client);

#else /* no connection leads, so no request waits for another one's session */

#define midge__leader_timer_init(origin) ((void)(origin))
#define midge__leader_open(conn)         ((void)(conn))
#define midge__leader_heard(conn)        ((void)(conn))
#define midge__leader_moved(conn)        ((void)(conn))
#define midge__leader_complete(conn)     ((void)(conn))
#define midge__leader_failed(conn)       ((void)(conn))
#define midge__leader_gone(conn)         ((void)(conn))
#define midge__leader_session(origin)    ((void)(origin))

static inline struct midge__conn *midge__leader_yield(const struct midge_client *client,
                                                      const struct midge__origin *origin)
{
    (void)client;
    (void)origin;
    return NULL;
}

static inline struct midge__conn *midge__leader_overtaken(const struct midge_client *client)
{
    (void)client;
    return NULL;
}

#endif

#endif
