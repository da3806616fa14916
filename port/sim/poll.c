/* SPDX-License-Identifier: MIT */
/*
 * The wait. Nothing sleeps: poll lets the time go on to the next event until a socket is ready, a
 * lookup has ended, a wake has come or the timeout is over. If no event is left and there is no
 * timeout, nothing can ever happen: PORT, so that a test ends in place of hanging.
 */
#include "sim.h"

#include <errno.h>

static size_t look(struct midge_sim *sim, struct midge_pollfd *fds, size_t n)
{
    size_t ready = 0;
    for (size_t i = 0; i < n; i++) {
        unsigned wanted = fds[i].events | (unsigned)MIDGE_POLL_ERR;
        fds[i].revents = (uint8_t)(midge__sim_ready(sim, fds[i].sock) & wanted);
        ready += fds[i].revents != 0;
    }
    return ready;
}

static bool is_over(struct midge_sim *sim)
{
    return sim->woken || sim->lookup_ended;
}

/* Lets time go on until there is something to report. */
static int wait(struct midge_sim *sim, struct midge_pollfd *fds, size_t n, uint64_t until_ns,
                size_t *ready)
{
    midge__sim_run_due(sim);
    while ((*ready = look(sim, fds, n)) == 0 && !is_over(sim) && sim->now_ns < until_ns) {
        uint64_t next = midge__sim_event_next(sim);
        next = next < until_ns ? next : until_ns;
        if (next == SIM_NEVER) {
            midge__sim_trace(sim, "stuck: poll waits for ever, and nothing will happen");
            return MIDGE_ERR_PORT;
        }
        midge__sim_run_until(sim, next);
    }
    return MIDGE_OK;
}

/* By chance one socket is called ready that is not. */
static bool is_spurious(struct midge_sim *sim, struct midge_pollfd *fds, size_t n)
{
    if (n == 0 || !midge__sim_by_chance(&sim->chance, sim->rates.spurious) ||
        look(sim, fds, n) > 0) {
        return false;
    }
    size_t i = (size_t)midge__sim_below(&sim->chance, n);
    fds[i].revents = fds[i].events;
    midge__sim_trace(sim, "poll %zu sockets: %zu is called ready", n, i);
    return true;
}

int midge__sim_poll(void *ctx, struct midge_pollfd *fds, size_t n, int timeout_ms)
{
    struct midge_sim *sim = ctx;
    size_t ready = 0;
    int error = midge__sim_call(sim, MIDGE_SIM_POLL, n);
    bool early = midge__sim_by_chance(&sim->chance, sim->rates.interrupted);
    for (size_t i = 0; i < n; i++) {
        fds[i].revents = 0;
    }
    if (error != 0 || early) {
        early = error == 0 || error == EINTR || error == EAGAIN;
        midge__sim_trace(sim, "poll %zu sockets %s", n, early ? "interrupted" : "fails");
        return early ? MIDGE_OK : MIDGE_ERR_PORT;
    }
    if (is_spurious(sim, fds, n)) {
        return MIDGE_OK;
    }
    uint64_t until =
        timeout_ms < 0 ? SIM_NEVER : sim->now_ns + (unsigned)timeout_ms * SIM_NS_PER_MS;
    int err = wait(sim, fds, n, until, &ready);
    midge__sim_trace(sim, "poll %zu sockets, %d ms: %zu ready%s%s", n, timeout_ms, ready,
                     sim->woken ? ", woken" : "", sim->lookup_ended ? ", lookup" : "");
    sim->woken = sim->lookup_ended = false;
    return err;
}

int midge__sim_interest(void *ctx, struct midge_pollfd *fds, size_t cap, size_t *n, int *timeout_ms)
{
    struct midge_sim *sim = ctx;
    uint64_t next = midge__sim_event_next(sim);
    (void)fds;
    (void)cap;
    *n = 0;
    if (next != SIM_NEVER) {
        uint64_t left = next <= sim->now_ns ? 0 : (next - sim->now_ns) / SIM_NS_PER_MS + 1;
        if (*timeout_ms < 0 || left < (uint64_t)*timeout_ms) {
            *timeout_ms = left < INT32_MAX ? (int)left : INT32_MAX;
        }
    }
    return MIDGE_OK;
}

/* No interrupt and no other thread calls it: one that did would not come at the same time twice. */
void midge__sim_wake(void *ctx)
{
    struct midge_sim *sim = ctx;
    sim->woken = true;
}
