/* SPDX-License-Identifier: MIT */
/* The end of a connection's lookup; connections, races and the cache of names all end one. */
#include "core/client.h"
#include "core/conn.h"

void midge__conn_query_drop(struct midge__conn *conn)
{
    struct midge_port *port = conn->client->port;
    if (conn->query != NULL) {
        if (!conn->query->done) {
            port->dns_cancel(port->ctx, conn->query);
        }
        midge__memory_free(&conn->client->memory, conn->query);
        conn->query = NULL;
    }
}
