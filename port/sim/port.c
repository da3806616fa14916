/* SPDX-License-Identifier: MIT */
/*
 * The port's table, clocks and entropy. The entropy is no secret: the seed makes it. It is given
 * only to a port of which all functions are the simulation's, so that no key that it makes can
 * reach a real socket.
 */
#include "sim.h"

#include <string.h>

static uint32_t clock_ms(void *ctx)
{
    struct midge_sim *sim = ctx;
    (void)midge__sim_call(sim, MIDGE_SIM_CLOCK, 0);
    return sim->config.clock_start_ms + (uint32_t)(sim->now_ns / SIM_NS_PER_MS);
}

static uint64_t clock_us(void *ctx)
{
    struct midge_sim *sim = ctx;
    (void)midge__sim_call(sim, MIDGE_SIM_CLOCK, 0);
    return sim->now_ns / 1000;
}

int64_t midge__sim_date(const struct midge_sim *sim)
{
    int64_t date = sim->config.date == 0 ? 1780000000 : sim->config.date;
    uint64_t since_ns = sim->now_ns - sim->date_set_ns;
    return date < 0 ? MIDGE_ERR_UNSUPPORTED : date + (int64_t)(since_ns / 1000000000U);
}

void midge_sim_set_date(struct midge_sim *sim, int64_t date)
{
    sim->config.date = date;
    sim->date_set_ns = sim->now_ns;
}

static int64_t wall_time(void *ctx)
{
    return midge__sim_date(ctx);
}

static int entropy(void *ctx, uint8_t *buf, size_t len);

/* Each seed is another device. */
static int device_key(void *ctx, uint8_t key[32])
{
    const struct midge_sim *sim = ctx;
    uint64_t random = midge__sim_stream(sim->config.seed, 3);
    midge__sim_random_bytes(&random, key, 32);
    return MIDGE_OK;
}

static const struct midge_port table = {
    .clock_ms = clock_ms,
    .clock_us = clock_us,
    .wall_time = wall_time,
    .entropy = entropy,
    .dns_start = midge__sim_dns_start,
    .dns_cancel = midge__sim_dns_cancel,
    .connect = midge__sim_connect,
    .connected = midge__sim_connected,
    .recv = midge__sim_recv,
    .send = midge__sim_send,
    .close = midge__sim_close_sock,
    .poll = midge__sim_poll,
    .interest = midge__sim_interest,
    .wake = midge__sim_wake,
    .file_open = midge__sim_file_open,
    .file_size = midge__sim_file_size,
    .file_seek = midge__sim_file_seek,
    .file_read = midge__sim_file_read,
    .file_write = midge__sim_file_write,
    .file_finish = midge__sim_file_finish,
    .device_key = device_key,
};

static bool is_whole(const struct midge_sim *sim)
{
    const struct midge_port *p = &sim->port;
    return p->ctx == sim && p->dns_start == table.dns_start && p->connect == table.connect &&
           p->connected == table.connected && p->recv == table.recv && p->send == table.send &&
           p->poll == table.poll && p->close == table.close && p->clock_ms == table.clock_ms &&
           p->wall_time == table.wall_time;
}

static int entropy(void *ctx, uint8_t *buf, size_t len)
{
    struct midge_sim *sim = ctx;
    if (!is_whole(sim)) {
        return MIDGE_ERR_ENTROPY;
    }
    midge__sim_random_bytes(&sim->entropy, buf, len);
    return MIDGE_OK;
}

void midge__sim_port_init(struct midge_sim *sim)
{
    sim->port = table;
    sim->port.ctx = sim;
}
