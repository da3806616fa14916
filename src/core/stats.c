/* SPDX-License-Identifier: MIT */
/* Counters and peaks. They decide nothing: a client without them works in the same way. */
#include "core/stats.h"
#include "base/memory.h"
#include "core/transfer.h"
#include "midge/memory_use.h"

#if MIDGE_WITH_STATS

static void raise_to(uint32_t *peak, uint32_t value)
{
    if (value > *peak) {
        *peak = value;
    }
}

void midge__stats_turn(struct midge_client *client, uint64_t began_us)
{
    client->stats.turns++;
    raise_to(&client->stats.longest_turn_us, midge__u32(midge__now_us(client) - began_us));
}

void midge__stats_moved(struct midge_client *client, uint32_t bytes)
{
    raise_to(&client->stats.turn_bytes_peak, bytes);
}

uint64_t midge__stats_step(struct midge__conn *conn, uint64_t began_us)
{
    uint64_t now = midge__now_us(conn->client);
    uint32_t us = midge__u32(now - began_us);
    raise_to(&conn->longest_step_us, us);
    raise_to(&conn->client->stats.longest_step_us, us);
    return now;
}

void midge__stats_opened(struct midge_client *client)
{
    raise_to(&client->stats.peak_connections, client->n_conns);
}

void midge__stats_handshake(const struct midge__conn *conn)
{
    struct midge_stats *stats = &conn->client->stats;
    if (conn->tls.resumed) {
        stats->handshakes_resumed++;
    } else {
        stats->handshakes_full++;
    }
}

void midge__stats_failed(struct midge_client *client)
{
    client->stats.failed++;
}

void midge__stats_report(const struct midge__conn *conn, struct midge__report *report)
{
    report->memory_peak = midge__memory_owner_peak(&conn->client->memory, conn->owner);
    report->longest_step_us = conn->longest_step_us;
}

void midge_client_stats(const struct midge_client *client, struct midge_stats *stats)
{
    const struct midge__memory_stats *memory = midge__memory_stats_get(&client->memory);
    *stats = client->stats;
    stats->requests = client->n_requests;
    stats->connections = client->newest_conn;
    stats->open_connections = client->n_conns;
    stats->alloc_calls = memory->alloc_calls;
    stats->alloc_peak = memory->peak;
    stats->alloc_live = midge__memory_live(&client->memory);
    stats->memory_size = client->config.memory_size;
}

unsigned midge_memory_of(const struct midge_client *client, unsigned owner,
                         struct midge_memory_use *use)
{
    const struct midge__memory *memory = &client->memory;
    *use = (struct midge_memory_use){0, 0};
    if (owner < memory->owners) {
        use->records = midge__memory_owner_slots(memory, owner);
        use->small = midge__memory_owner_live(memory, owner) - use->records;
    }
    return memory->owners;
}

void midge__stats_close(const struct midge_client *client)
{
    if (client->config.stats_at_close != NULL) {
        midge_client_stats(client, client->config.stats_at_close);
    }
}

#endif
