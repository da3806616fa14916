/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "memory.h"

#include "run.h"

static void note(struct run *run, uint64_t us, unsigned owner, const struct midge_memory_use *use)
{
    struct memory *memory = &run->memory;

    if (memory->n == MEMORY_MOST) {
        memory->full = 1;
        return;
    }
    memory->now[owner] = *use;
    memory->changes = keep_room(run->keep, memory->changes, memory->n, sizeof *memory->changes);
    memory->changes[memory->n++] = (struct memory_change){
        .us = us,
        .owner = owner,
        .small = (uint32_t)use->small,
        .records = (uint32_t)use->records,
    };
}

static void look(void *ctx, uint64_t us)
{
    struct run *run = ctx;
    const struct memory *memory = &run->memory;

    for (unsigned owner = 0; owner < memory->owners; owner++) {
        struct midge_memory_use use;
        (void)midge_memory_of(run->client, owner, &use);
        if (use.small != memory->now[owner].small || use.records != memory->now[owner].records) {
            note(run, us, owner, &use);
        }
    }
}

void memory_begin(struct run *run)
{
    struct midge_memory_use use;

    if (run->options->memory == NULL && run->options->page == NULL) {
        return;
    }
    run->memory.owners = midge_memory_of(run->client, 0, &use);
    run->memory.now = keep_alloc(run->keep, run->memory.owners * sizeof *run->memory.now);
    look(run, run->start_us);
    run->shim.on_call = look;
    run->shim.call_ctx = run;
}

void memory_end(struct run *run)
{
    if (run->shim.on_call != NULL) {
        look(run, run->end_us);
        run->shim.on_call = NULL;
    }
}
