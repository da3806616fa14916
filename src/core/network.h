/* SPDX-License-Identifier: MIT */
/* A change of the network (network.c). */
#ifndef MIDGE_CORE_NETWORK_H
#define MIDGE_CORE_NETWORK_H

#include <stdbool.h>
#include "midge/config.h"

struct midge_client;
struct midge__conn;

#if MIDGE_WITH_NETWORK_CHANGE

/* Of a client: a change that has not been dealt with. Of a connection: its last exchange runs; or
   that one fails as soon as it waits for the peer. */
enum { MIDGE__NETWORK_SAME, MIDGE__NETWORK_CHANGED, MIDGE__NETWORK_LOST };

/* Between two steps of connections: deals with a change. */
void midge__network_apply(struct midge_client *client);
#define midge__network_retires(conn) ((conn)->network != MIDGE__NETWORK_SAME)
/* The revents of its socket. */
#define midge__network_events(conn, revents)                                                       \
    ((conn)->network == MIDGE__NETWORK_LOST ? (unsigned)MIDGE_POLL_ERR : (revents))

#else

#define midge__network_apply(client)         ((void)(client))
#define midge__network_retires(conn)         ((void)(conn), false)
#define midge__network_events(conn, revents) ((void)(conn), (revents))

#endif

#endif
