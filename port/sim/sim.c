/* SPDX-License-Identifier: MIT */
/* Opening and closing the simulation, and its time. */
#include "http.h"

#include <stdlib.h>

/* --- open and close --- */

int midge_sim_open(struct midge_sim **sim, const struct midge_sim_config *config)
{
    if (sim == NULL || config == NULL) {
        return MIDGE_ERR_INVALID;
    }
    *sim = midge__sim_new(sizeof **sim);
    (*sim)->config = *config;
    (*sim)->chance = midge__sim_stream(config->seed, 1);
    (*sim)->entropy = midge__sim_stream(config->seed, 2);
    (*sim)->reaper.fire = midge__sim_conns_reap;
    (*sim)->hash = 0xcbf29ce484222325ULL;
    midge_sim_set_path(*sim, &(const struct midge_sim_path){0});
    midge__sim_port_init(*sim);
    return MIDGE_OK;
}

unsigned midge_sim_close(struct midge_sim *sim)
{
    if (sim == NULL) {
        return 0;
    }
    unsigned left = sim->open_socks + sim->open_files + sim->misuses;
    for (const struct sim_lookup *at = sim->lookups; at != NULL; at = at->next) {
        left++;
    }
    midge__sim_conns_free(sim);
    midge__sim_lookups_free(sim);
    midge__sim_calls_free(sim);
    midge__sim_sites_free(sim);
    midge__sim_hosts_free(sim);
    midge__sim_files_free(sim);
    midge__sim_owned_free(sim);
    free(sim->slots);
    free(sim->heap);
    free(sim);
    return left;
}

struct midge_port *midge_sim_port(struct midge_sim *sim)
{
    return &sim->port;
}

/* --- time --- */

uint64_t midge_sim_now_ms(const struct midge_sim *sim)
{
    return sim->now_ns / SIM_NS_PER_MS;
}

void midge_sim_advance(struct midge_sim *sim, uint32_t ms)
{
    midge__sim_run_until(sim, sim->now_ns + ms * SIM_NS_PER_MS);
}

void midge_sim_charge(struct midge_sim *sim, uint64_t ns)
{
    sim->now_ns += ns;
}

/* --- calls at a time --- */

struct sim_call {
    struct sim_call *next, **link;
    struct midge_sim *sim;
    struct sim_event event;
    void (*fn)(void *ctx);
    void *ctx;
};

static void call_free(struct sim_call *call)
{
    midge__sim_event_cancel(call->sim, &call->event);
    *call->link = call->next;
    if (call->next != NULL) {
        call->next->link = call->link;
    }
    free(call);
}

static void fire(struct sim_event *event)
{
    struct sim_call *call =
        (struct sim_call *)(void *)((char *)event - offsetof(struct sim_call, event));
    void (*fn)(void *ctx) = call->fn;
    void *ctx = call->ctx;
    call_free(call);
    fn(ctx);
}

void midge_sim_at(struct midge_sim *sim, uint64_t ms, void (*fn)(void *ctx), void *ctx)
{
    struct sim_call *call = midge__sim_new(sizeof *call);
    *call = (struct sim_call){.next = sim->at,
                              .link = &sim->at,
                              .sim = sim,
                              .event = {.fire = fire},
                              .fn = fn,
                              .ctx = ctx};
    if (sim->at != NULL) {
        sim->at->link = &call->next;
    }
    sim->at = call;
    uint64_t at = ms * SIM_NS_PER_MS;
    midge__sim_event_set(sim, &call->event, at > sim->now_ns ? at : sim->now_ns);
}

void midge__sim_calls_free(struct midge_sim *sim)
{
    while (sim->at != NULL) {
        call_free(sim->at);
    }
}
