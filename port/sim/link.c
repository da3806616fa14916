/* SPDX-License-Identifier: MIT */
/* Cables: while one is unplugged, connections and lookups behind it wait; then they try again. */
#include "sim.h"

static void link_up(struct midge_sim *sim)
{
    for (struct sim_conn *conn = sim->conns; conn != NULL; conn = conn->next) {
        if (!midge__sim_is_down(sim, conn->host)) {
            midge__sim_conn_link_up(conn);
        }
    }
    midge__sim_lookups_link_up(sim);
}

void midge_sim_link(struct midge_sim *sim, int up)
{
    midge__sim_trace(sim, "link %s", up ? "up" : "down");
    sim->line.down = !up;
    if (up) {
        link_up(sim);
    }
}

void midge_sim_host_link(struct midge_sim_host *host, int up)
{
    midge__sim_trace(host->sim, "link of %.100s %s", host->name, up ? "up" : "down");
    host->line.down = !up;
    if (up) {
        link_up(host->sim);
    }
}
