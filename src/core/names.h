/* SPDX-License-Identifier: MIT */
/* Names that were looked up, with their addresses, for as long as DNS allows (names.c). */
#ifndef MIDGE_CORE_NAMES_H
#define MIDGE_CORE_NAMES_H

#include <stdbool.h>
#include "midge/config.h"
#include "midge/port.h"

struct midge_client;
struct midge__conn;

#if MIDGE_WITH_NAMES

struct midge__name; /* in client->names, the one that was used last first */

/* The port's dns_start, unless the name is kept: then query is done. */
int midge__names_start(struct midge_client *client, const char *host,
                       struct midge_dns_query *query);
/* query is done: keeps its answer. */
void midge__names_keep(struct midge_client *client, const char *host,
                       const struct midge_dns_query *query);
/* conn is connected to the address, which is tried first from now on. False: its name is not
   kept. */
bool midge__names_works(const struct midge__conn *conn, const struct midge_addr *address);
/* Lookups that conn may make when all addresses of its query have failed: 1 if they were kept. */
unsigned midge__names_lookups(const struct midge__conn *conn);
/* conn has tried all addresses of its query in vain. True: they were kept ones; they are forgotten,
   and so is the query: look the name up. */
bool midge__names_fail(struct midge__conn *conn);
/* Forgets one that is not used, for its memory. False: there is none. */
bool midge__names_shrink(struct midge_client *client);
/* Forgets the host's addresses. */
void midge__names_drop(struct midge_client *client, const char *host);
/* Forgets all: the network may be another one. */
void midge__names_forget(struct midge_client *client);

#else

#define midge__names_start(client, host, query)                                                    \
    ((client)->port->dns_start((client)->port->ctx, host, query))
#define midge__names_keep(client, host, query) ((void)(client), (void)(host), (void)(query))
#define midge__names_works(conn, address)      ((void)(conn), (void)(address), false)
#define midge__names_lookups(conn)             ((void)(conn), 0U)
#define midge__names_fail(conn)                ((void)(conn), false)
#define midge__names_shrink(client)            ((void)(client), false)
#define midge__names_drop(client, host)        ((void)(client), (void)(host))
#define midge__names_forget(client)            ((void)(client))

#endif

#endif
