/* SPDX-License-Identifier: MIT */
/* Each call of the port comes here first: it is counted, takes its time, and may fail. */
#include "sim.h"

#include <string.h>

#define CALL_NS 1000

static uint64_t cost_ns(const struct midge_sim *sim, enum midge_sim_call call)
{
    if (call == MIDGE_SIM_CLOCK) {
        return sim->config.clock_ns;
    }
    return sim->config.call_ns == 0 ? CALL_NS
                                    : (sim->config.call_ns == UINT32_MAX ? 0 : sim->config.call_ns);
}

int midge__sim_call(struct midge_sim *sim, enum midge_sim_call call, size_t bytes)
{
    if (sim->config.on_call != NULL) {
        sim->config.on_call(sim->config.ctx, call, bytes);
    }
    sim->now_ns += cost_ns(sim, call);
    sim->calls[call]++;
    for (unsigned i = 0; i < sim->n_faults; i++) {
        const struct sim_fault *fault = &sim->faults[i];
        if (fault->call == call &&
            (fault->sticky ? sim->calls[call] >= fault->nth : sim->calls[call] == fault->nth)) {
            midge__sim_trace(sim, "fault: call %u fails with %d", (unsigned)sim->calls[call],
                             fault->error);
            return fault->error;
        }
    }
    return 0;
}

static void remove_faults(struct midge_sim *sim, enum midge_sim_call call)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < sim->n_faults; i++) {
        if (sim->faults[i].call != call) {
            sim->faults[kept++] = sim->faults[i];
        }
    }
    sim->n_faults = kept;
}

int midge_sim_fail(struct midge_sim *sim, enum midge_sim_call call, uint32_t nth, int error,
                   int sticky)
{
    if ((unsigned)call >= MIDGE_SIM_CLOCK || (nth == 0 && error != 0)) {
        return MIDGE_ERR_INVALID;
    }
    if (error == 0) {
        remove_faults(sim, call);
        return MIDGE_OK;
    }
    if (sim->n_faults == SIM_FAULTS) {
        return MIDGE_ERR_NO_SLOT;
    }
    sim->faults[sim->n_faults++] = (struct sim_fault){
        .call = call, .nth = sim->calls[call] + nth, .error = error, .sticky = sticky != 0};
    return MIDGE_OK;
}

uint32_t midge_sim_calls(const struct midge_sim *sim, enum midge_sim_call call)
{
    return (unsigned)call < MIDGE_SIM_CALLS ? sim->calls[call] : 0;
}

void midge_sim_set_chance(struct midge_sim *sim, const struct midge_sim_chance *chance)
{
    sim->rates = *chance;
}
