/* SPDX-License-Identifier: MIT */
#include <midge/sim.h>
#include <string.h>

#include "snippets.h"

struct world {
    struct midge_sim *sim;
    struct midge_sim_host *api, *store;
    unsigned char memory[200000];
};

/* Two servers: one over TLS, one with HTTP/2, and what they answer. */
static int add_servers(struct world *world)
{
    struct midge_sim_name slow_name = {.ms = 200};
    struct midge_sim_reply hello = {.body = "hello", .delay_ms = 50};
    struct midge_sim_reply big = {.fill = 3000};
    int err;

    world->api = midge_sim_add_host(world->sim, "api.test");
    midge_sim_set_name(world->api, &slow_name);
    err = midge_sim_use_tls(world->api, 443, NULL);
    midge_sim_add_reply(world->api, 443, "/hello", &hello);

    world->store = midge_sim_add_host(world->sim, "store.test");
    if (err == MIDGE_OK) {
        err = midge_sim_use_http2(world->store, 80);
    }
    if (err == MIDGE_OK) { /* its first address is dead, the second one answers */
        err = midge_sim_add_address(world->store, "192.0.2.1", MIDGE_SIM_REFUSES);
    }
    if (err == MIDGE_OK) {
        err = midge_sim_add_address(world->store, "192.0.2.2", MIDGE_SIM_ANSWERS);
    }
    midge_sim_add_reply(world->store, 80, "/big", &big);
    return err;
}

/* A slow path, calls that are short by chance, places where reads end, a cut. */
static int add_faults(struct world *world)
{
    static const uint64_t at[] = {1, 9, 17};
    struct midge_sim_path path = {.latency_us = 20000, .bytes_per_s = 100000};
    struct midge_sim_path near = {.latency_us = 1000};
    struct midge_sim_chance chance = {.would_block = 50, .short_calls = 50};
    struct midge_sim_cut cut = {.kind = MIDGE_SIM_CUT_RESET, .at = 1000, .nth = 1};

    midge_sim_set_path(world->sim, &path);
    midge_sim_set_host_path(world->store, &near);
    midge_sim_set_chance(world->sim, &chance);
    midge_sim_set_splits(world->api, 0, at, 3);
    midge_sim_set_cut(world->store, &cut);
    return midge_sim_fail(world->sim, MIDGE_SIM_CONNECT, 1, 111, 0); /* ECONNREFUSED, once */
}

static void plug(void *ctx)
{
    struct world *world = (struct world *)ctx;
    midge_sim_link(world->sim, 1);
    midge_sim_host_link(world->api, 1);
    midge_sim_note(world->sim, "the cable is back");
}

/* Runs both requests while the cable is out for a second. */
static int run(struct world *world, struct midge_client *client)
{
    struct midge_retry retry = {.max = 5, .fixed_ms = 500};
    struct midge_request hello = {.url = "https://api.test/hello", .retry = &retry};
    struct midge_request big = {
        .url = "http://store.test/big", .retry = &retry, .http = MIDGE_HTTP_2_PRIOR};
    midge_id ids[2];
    int err = midge_start(client, &hello, &ids[0]);
    if (err == MIDGE_OK) {
        err = midge_start(client, &big, &ids[1]);
    }
    midge_sim_link(world->sim, 0);
    midge_sim_host_link(world->api, 0);
    midge_sim_at(world->sim, midge_sim_now_ms(world->sim) + 1000, plug, world);
    midge_sim_advance(world->sim, 10);    /* the firmware does something else */
    midge_sim_charge(world->sim, 100000); /* and computes for 100 us */
    if (err == MIDGE_OK && midge_sim_run(world->sim, client, 60000) == 0) {
        err = midge_wait(client, ids[0], NULL);
        err = err == MIDGE_OK ? midge_wait(client, ids[1], NULL) : err;
    }
    return err;
}

/* Looks at what the servers have counted, and at the files of the program. */
static int judge(struct world *world)
{
    struct midge_sim_counts counts = midge_sim_count(world->api, 443, "/hello");
    const uint8_t *file;
    size_t len = 0;

    midge_sim_put_file(world->sim, "last", "hello", 5);
    file = midge_sim_get_file(world->sim, "last", &len);
    midge_sim_clear_addresses(world->store); /* lookups of it fail from now on */
    return counts.answers == 1 && file && len == 5 && midge_sim_fill(23) == 'a' &&
                   midge_sim_calls(world->sim, MIDGE_SIM_CONNECT) > 2
               ? MIDGE_OK
               : MIDGE_ERR_INVALID;
}

/* A test of a client in such a world. *hash: equal for each run with that seed. */
int world_run(uint64_t seed, uint64_t *hash)
{
    static struct world world;
    struct midge_sim_config sim = {.seed = seed};
    struct midge_config config;
    struct midge_client *client;
    int err = midge_sim_open(&world.sim, &sim);
    if (err != MIDGE_OK) {
        return err;
    }
    midge_sim_set_date(world.sim, 1790000000);
    memset(&config, 0, sizeof config);
    config.port = midge_sim_port(world.sim);
    config.memory = world.memory;
    config.memory_size = sizeof world.memory;
    config.tls.ca = midge_sim_root(&config.tls.ca_len);
    err = add_servers(&world);
    err = err == MIDGE_OK ? add_faults(&world) : err;
    err = err == MIDGE_OK ? midge_open(&client, &config) : err;
    if (err == MIDGE_OK) {
        err = run(&world, client);
        err = err == MIDGE_OK ? judge(&world) : err;
        midge_close(client);
    }
    *hash = midge_sim_hash(world.sim);
    return midge_sim_close(world.sim) == 0 ? err : MIDGE_ERR_INVALID; /* nothing was left open */
}
