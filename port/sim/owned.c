/* SPDX-License-Identifier: MIT */
/* Parts that other files made for the simulation, and that are freed at its end. */
#include <stdlib.h>

#include "sim.h"

void midge__sim_own(struct midge_sim *sim, void *part, void (*free_part)(void *part))
{
    struct sim_owned *owned = midge__sim_new(sizeof *owned);
    *owned = (struct sim_owned){.next = sim->owned, .part = part, .free = free_part};
    sim->owned = owned;
}

void midge__sim_owned_free(struct midge_sim *sim)
{
    for (struct sim_owned *owned; (owned = sim->owned) != NULL;) {
        sim->owned = owned->next;
        owned->free(owned->part);
        free(owned);
    }
}
