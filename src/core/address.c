/* SPDX-License-Identifier: MIT */
/* Fail-over between the addresses of a host. An address that never answers must not use up the time
   of the others, so each one gets its share of the transfer's remaining time. The address that
   worked last is tried first; if it fails, the name is looked up again. */
#include "core/address.h"
#include "core/client.h"
#include "core/deadline.h"
#include "core/names.h"
#include "core/transfer.h"

#if MIDGE_WITH_FAIL_OVER

/* The last one gets all of the time. If the transfer has no limit, there are no shares: the
   platform ends each try. */
uint32_t midge__address_share(const struct midge__conn *conn, unsigned addresses)
{
    uint32_t left = midge__transfer_left(conn->transfer);
    if (addresses < 2 || left == MIDGE_NO_TIMEOUT) {
        return MIDGE_NO_TIMEOUT;
    }
    uint32_t share = left / addresses;
    return share < MIDGE_CONNECT_SHARE_MS ? MIDGE_CONNECT_SHARE_MS : share;
}

void midge__address_begin(struct midge__conn *conn, unsigned addresses,
                          void (*late)(struct midge__timer *timer))
{
    struct midge_client *client = conn->client;
    uint32_t share = midge__address_share(conn, addresses);
    if (share != MIDGE_NO_TIMEOUT) {
        conn->timer.fire = late;
        (void)midge__timer_arm(&client->timers, &conn->timer, client->now_ms + share);
    }
}

void midge__address_works(struct midge__conn *conn, const struct midge_addr *address)
{
    struct midge__origin *o = conn->origin;
    midge__timer_disarm(&conn->client->timers, &conn->timer);
    if (midge__names_works(conn, address)) {
        return;
    }
    if (address != &o->address) {
        o->address = *address;
    }
    o->address_known = true;
}

bool midge__address_fails(struct midge__conn *conn)
{
    struct midge__origin *o = conn->origin;
    midge__timer_disarm(&conn->client->timers, &conn->timer);
    if (midge__names_fail(conn)) {
        return true;
    }
    if (conn->query != NULL || o->literal) {
        return false;
    }
    o->address_known = false;
    return true;
}

#endif
