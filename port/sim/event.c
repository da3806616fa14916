/* SPDX-License-Identifier: MIT */
/*
 * The queue of events: a binary heap by time. Two events of one time fire in the order in which
 * they were set, never by address. Events lie in the objects that they belong to; a connection is
 * freed by an event of its own, the reaper, as its other events may be firing.
 */
#include "sim.h"

#include <stdlib.h>

static bool before(const struct sim_event *a, const struct sim_event *b)
{
    return a->at_ns != b->at_ns ? a->at_ns < b->at_ns : a->order < b->order;
}

static void place(struct midge_sim *sim, size_t i, struct sim_event *event)
{
    sim->heap[i] = event;
    event->index = i;
}

static void rise(struct midge_sim *sim, size_t i)
{
    struct sim_event *event = sim->heap[i];
    while (i > 1 && before(event, sim->heap[i / 2])) {
        place(sim, i, sim->heap[i / 2]);
        i /= 2;
    }
    place(sim, i, event);
}

static void sink(struct midge_sim *sim, size_t i)
{
    struct sim_event *event = sim->heap[i];
    for (;;) {
        size_t child = 2 * i;
        if (child + 1 <= sim->n_events && before(sim->heap[child + 1], sim->heap[child])) {
            child++;
        }
        if (child > sim->n_events || !before(sim->heap[child], event)) {
            break;
        }
        place(sim, i, sim->heap[child]);
        i = child;
    }
    place(sim, i, event);
}

void midge__sim_event_cancel(struct midge_sim *sim, struct sim_event *event)
{
    size_t i = event->index;
    if (i == 0) {
        return;
    }
    event->index = 0;
    struct sim_event *last = sim->heap[sim->n_events--];
    if (last != event) {
        place(sim, i, last);
        rise(sim, i);
        sink(sim, last->index);
    }
}

void midge__sim_event_set(struct midge_sim *sim, struct sim_event *event, uint64_t at_ns)
{
    midge__sim_event_cancel(sim, event);
    if (at_ns == SIM_NEVER) {
        return;
    }
    if (sim->n_events + 2 > sim->cap_events) {
        sim->cap_events = 2 * sim->cap_events + 64;
        sim->heap = midge__sim_renew(sim->heap, sim->cap_events * sizeof *sim->heap);
    }
    event->at_ns = at_ns;
    event->order = sim->event_order++;
    place(sim, ++sim->n_events, event);
    rise(sim, sim->n_events);
}

uint64_t midge__sim_event_next(const struct midge_sim *sim)
{
    return sim->n_events == 0 ? SIM_NEVER : sim->heap[1]->at_ns;
}

void midge__sim_run_due(struct midge_sim *sim)
{
    while (midge__sim_event_next(sim) <= sim->now_ns) {
        struct sim_event *event = sim->heap[1];
        midge__sim_event_cancel(sim, event);
        event->fire(event);
    }
}

void midge__sim_run_until(struct midge_sim *sim, uint64_t at_ns)
{
    midge__sim_run_due(sim);
    for (uint64_t next; (next = midge__sim_event_next(sim)) <= at_ns;) {
        sim->now_ns = next > sim->now_ns ? next : sim->now_ns;
        midge__sim_run_due(sim);
    }
    sim->now_ns = at_ns > sim->now_ns ? at_ns : sim->now_ns;
}
