/* SPDX-License-Identifier: MIT */
/*
 * A change of the network: another address of this machine, another router, a link that was away.
 *
 * connection            the network has changed               this machine's address is lost
 * idle                  closes at once                        the same
 * being opened          ends; its request goes back to the    the same
 *                       queue's head, since nothing of it
 *                       was sent
 * carries exchanges     takes no other exchange, and closes   the same, and they fail with RECV or
 *                       after these                           SEND, or are sent again (replay.c)
 * closing               ends at once                          the same
 *
 * The client forgets the path: addresses, round trips, leaders that failed.
 * Sessions stay: they are bound to the identity of an origin, which has no address of this machine
 * in it.
 *
 * The call only notes the change, since it may come from a callback of a connection or of lwIP.
 */
#include "core/network.h"
#include "base/list.h"
#include "core/client.h"
#include "core/conn.h"
#include "core/names.h"
#include "core/origin.h"
#include "core/shared.h"

#if MIDGE_WITH_NETWORK_CHANGE

void midge_network_changed(struct midge_client *client, int lost)
{
    const uint8_t network = lost ? MIDGE__NETWORK_LOST : MIDGE__NETWORK_CHANGED;
    client->network = network > client->network ? network : client->network;
    client->admission_due = true;
    midge_wake(client); /* a poll in progress: lwIP's callbacks run inside it */
}

static void retire(struct midge__conn *conn, uint8_t network)
{
    conn->network = network > conn->network ? network : conn->network;
    midge__shared_end(conn);
    midge__conn_offer(conn);
    midge__tcp_polled(&conn->tcp, midge__network_events(conn, 0U));
    midge__conn_kick(conn);
}

static void change(struct midge__conn *conn, uint8_t network)
{
    if (conn->state < MIDGE__CONN_READY && conn->transfer != NULL) {
        midge__conn_requeue(conn, MIDGE__NEED_USUAL, true);
    } else if (conn->state == MIDGE__CONN_READY && !conn->idle) {
        retire(conn, network);
    } else {
        midge__conn_kill(conn);
    }
}

static void forget_path(struct midge__origin *o)
{
    o->address_known = o->literal;
    o->rtt_ms = 0;
    o->leaders_failed = 0;
}

void midge__network_apply(struct midge_client *client)
{
    const uint8_t network = client->network;
    if (network == MIDGE__NETWORK_SAME) {
        return;
    }
    client->network = MIDGE__NETWORK_SAME;
    MIDGE__LIST_FOR_EACH_SAFE(it, after, &client->conns)
    {
        change(MIDGE_CONTAINER_OF(it, struct midge__conn, link), network);
    }
    for (uint32_t i = 0; i < client->n_buckets; i++) {
        for (struct midge__origin *o = client->origins[i]; o != NULL; o = o->next) {
            forget_path(o);
        }
    }
    midge__names_forget(client);
}

#endif
