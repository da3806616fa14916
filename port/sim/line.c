/* SPDX-License-Identifier: MIT */
/*
 * The way between the client and a host: when does a segment arrive, and does it? A lost segment is
 * sent again as TCP does it, so a loss is a delay, and many losses in a row break the connection.
 * A link that is down loses everything.
 */
#include "sim.h"

#define RETRY_NS     (200 * SIM_NS_PER_MS)  /* the least retransmission timeout of Linux */
#define SYN_RETRY_NS (1000 * SIM_NS_PER_MS) /* RFC 6298 2.1 */
#define RETRY_MAX_NS (60000 * SIM_NS_PER_MS)
#define LOSSES       6

struct sim_line *midge__sim_line(struct midge_sim *sim, struct midge_sim_host *host)
{
    return host != NULL && host->own_line ? &host->line : &sim->line;
}

bool midge__sim_is_down(const struct midge_sim *sim, const struct midge_sim_host *host)
{
    return sim->line.down || (host != NULL && host->line.down);
}

uint64_t midge__sim_latency_ns(const struct sim_line *line)
{
    return line->path.latency_us * 1000ULL;
}

static uint64_t doubled(uint64_t wait_ns)
{
    return 2 * wait_ns < RETRY_MAX_NS ? 2 * wait_ns : RETRY_MAX_NS;
}

/* By how much losses delay a segment. */
static uint64_t loss_ns(struct midge_sim *sim, const struct sim_line *line, uint64_t retry_ns)
{
    uint64_t delay = 0;
    for (int i = 0; i < LOSSES; i++) {
        if (!midge__sim_by_chance(&sim->chance, line->path.loss)) {
            return delay;
        }
        delay += retry_ns;
        retry_ns = doubled(retry_ns);
    }
    return SIM_NEVER;
}

uint64_t midge__sim_line_arrival(struct midge_sim *sim, struct sim_line *line, bool to_client,
                                 uint64_t from_ns, size_t len)
{
    uint64_t *free_at = &line->free_at_ns[to_client];
    if (line->path.bytes_per_s > 0) {
        *free_at = (*free_at > from_ns ? *free_at : from_ns) +
                   len * 1000000000ULL / line->path.bytes_per_s;
        from_ns = *free_at;
    }
    uint64_t lost = loss_ns(sim, line, RETRY_NS + 2 * midge__sim_latency_ns(line));
    uint64_t jitter = line->path.jitter_us == 0
                          ? 0
                          : midge__sim_below(&sim->chance, line->path.jitter_us * 1000ULL + 1);
    return lost == SIM_NEVER ? SIM_NEVER : from_ns + midge__sim_latency_ns(line) + jitter + lost;
}

uint64_t midge__sim_line_syn_delay(struct midge_sim *sim, const struct sim_line *line)
{
    return loss_ns(sim, line, SYN_RETRY_NS);
}

uint64_t midge__sim_line_again(uint64_t sent_ns, uint64_t up_ns, uint64_t first_ns)
{
    uint64_t wait = first_ns > 0 ? first_ns : RETRY_NS;
    while (sent_ns < up_ns) {
        sent_ns += wait;
        wait = doubled(wait);
    }
    return sent_ns;
}

/* --- the public functions --- */

static void set_path(struct sim_line *line, const struct midge_sim_path *path)
{
    line->path = *path;
    line->path.segment = path->segment > 0 ? path->segment : 1460;
    line->path.recv_buffer = path->recv_buffer > 0 ? path->recv_buffer : 65536;
    line->path.send_buffer = path->send_buffer > 0 ? path->send_buffer : 65536;
}

void midge_sim_set_path(struct midge_sim *sim, const struct midge_sim_path *path)
{
    set_path(&sim->line, path);
}

void midge_sim_set_host_path(struct midge_sim_host *host, const struct midge_sim_path *path)
{
    host->own_line = true;
    set_path(&host->line, path);
}
