/* SPDX-License-Identifier: MIT */
/* The client's time: the port's clock, read once a turn and when something starts. It wraps; the
   public time counts how often. */
#include "core/client.h"

#define BACK_MS 1000000U /* a clock may go back by this much */

uint32_t midge__client_since_tick(const struct midge_client *client)
{
    uint32_t ms = client->port->clock_ms(client->port->ctx) - client->now_ms;
    return ms < UINT32_MAX - BACK_MS ? ms : 0;
}

void midge__client_tick(struct midge_client *client)
{
    uint32_t now = client->now_ms + midge__client_since_tick(client);
    client->wraps += now < client->now_ms;
    client->now_ms = now;
    (void)midge__timer_heap_mark(&client->timers, now); /* new timers count from now */
}

uint64_t midge_now_ms(const struct midge_client *client)
{
    return ((uint64_t)client->wraps << 32 | client->now_ms) + midge__client_since_tick(client);
}
