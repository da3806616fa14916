/* SPDX-License-Identifier: MIT */
/* The servers' interface: opening and closing a peer, its timer, its random numbers. */
#include <stdlib.h>

#include "sim.h"

static void fire(struct sim_event *event)
{
    struct sim_peer *peer =
        (struct sim_peer *)(void *)((char *)event - offsetof(struct sim_peer, timer));
    if (peer->type->timer != NULL) {
        peer->type->timer(peer);
    }
}

struct sim_peer *midge__sim_peer_open(struct midge_sim *sim, const struct sim_peer_type *type,
                                      const void *config, const struct sim_carrier *carrier,
                                      void *below, uint32_t connection)
{
    struct sim_peer *peer = midge__sim_new(sizeof *peer);
    *peer = (struct sim_peer){
        .type = type,
        .config = config,
        .state = midge__sim_new(type->size),
        .sim = sim,
        .connection = connection,
        .carrier = carrier,
        .below = below,
        .timer = {.fire = fire},
        .random = midge__sim_stream(sim->config.seed, 1000ULL + connection),
    };
    for (const char *at = type->name; *at != '\0'; at++) { /* each of a stack has its own */
        peer->random = midge__sim_stream(peer->random, (uint8_t)*at);
    }
    return peer;
}

void midge__sim_peer_close(struct sim_peer *peer)
{
    if (peer == NULL) {
        return;
    }
    peer->over = true;
    midge__sim_event_cancel(peer->sim, &peer->timer);
    if (peer->type->closed != NULL) {
        peer->type->closed(peer);
    }
    midge__sim_event_cancel(peer->sim, &peer->timer);
    free(peer->state);
    free(peer);
}

void midge__sim_peer_after(struct sim_peer *peer, uint32_t ms)
{
    midge__sim_event_set(peer->sim, &peer->timer, peer->sim->now_ns + ms * SIM_NS_PER_MS);
}

void midge__sim_peer_after_cancel(struct sim_peer *peer)
{
    midge__sim_event_cancel(peer->sim, &peer->timer);
}

void midge__sim_peer_random(struct sim_peer *peer, uint8_t *buf, size_t len)
{
    midge__sim_random_bytes(&peer->random, buf, len);
}

uint64_t midge__sim_now_ns(const struct midge_sim *sim)
{
    return sim->now_ns;
}
