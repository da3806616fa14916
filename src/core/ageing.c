/* SPDX-License-Identifier: MIT */
/* Ages saturate: clock_ms wraps, so that which was not used for MIDGE__MILLIS_AGED is forgotten
   before its age would look young again. The wall clock shows whether clock_ms stood still. */
#include "core/ageing.h"
#include "base/millis.h"
#include "core/client.h"
#include "core/names.h"
#include "core/origin.h"
#include "core/pool.h"

#if MIDGE_WITH_SESSIONS

/* Has the wall clock advanced by more than MIDGE__MILLIS_AGED since the last turn? clock_ms may
   have wrapped in the meantime, or stood still while the machine slept. */
static bool has_slept(struct midge_client *client)
{
    int64_t now = client->port->wall_time(client->port->ctx);
    uint32_t wall = now > 0 ? (uint32_t)now : 0, then = client->wall_s;
    client->wall_s = wall;
    return wall > then && then != 0 && wall - then > MIDGE__MILLIS_AGED / 1000 + 1;
}

/* Forgets sessions and addresses that were not used for MIDGE__MILLIS_AGED. */
void midge__client_expire(struct midge_client *client)
{
    bool slept = has_slept(client);
    if (!slept && client->now_ms - client->expired_ms < MIDGE__MILLIS_AGED) {
        return;
    }
    client->expired_ms = client->now_ms;
    midge__origins_expire(client, slept);
    midge__names_forget(client); /* before their ages could look young again */
    if (slept) {
        midge__conns_expire(client);
    }
}

#endif
