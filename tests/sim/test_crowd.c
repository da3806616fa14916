/* SPDX-License-Identifier: MIT */
/*
 * A hundred requests, plain and in TLS, in a block of the least size, of 256 bytes more, and so on
 * up to the size that their limits can need. None fails: they wait for each other. Handshakes are
 * dear: one size in CROWD_PART is tried, always the least and the largest; MIDGE_TORTURE=full: all.
 */
#include "sim_world.h"

enum { REQUESTS = 100, STEP = 256, HOSTS = 4, BODY = 1000, CROWD_PART = 50 };

static struct sim_world w;
static struct midge_stats at_close;
static unsigned started, ended;

static void on_done(void *ctx, const struct midge_result *result);

/* Each fourth is plain. NO_MEMORY: the rest is started when one of the others has ended. */
static void start_more(void)
{
    while (started < REQUESTS) {
        char url[64];
        unsigned host = started % HOSTS;
        (void)snprintf(url, sizeof url, "%s://%u.test/", host == 0 ? "http" : "https", host);
        const struct midge_request get = {.url = url, .on_done = on_done};
        int err = midge_start(w.client, &get, NULL);
        if (err == MIDGE_ERR_NO_MEMORY && started > ended) {
            return;
        }
        assert_int_equal(err, MIDGE_OK);
        started++;
    }
}

static void on_done(void *ctx, const struct midge_result *result)
{
    (void)ctx;
    ended++;
    if (result->error != MIDGE_OK) {
        fail_msg("request %u: %s, %s", ended, midge_err_name(result->error), result->detail);
    }
    assert_int_equal(result->status, 200);
    assert_int_equal(result->complete, MIDGE_COMPLETE_YES);
    assert_int_equal(result->body_len, BODY);
    start_more();
}

/* One speaks TLS 1.3 only, one 1.2 only. */
static void add_hosts(void)
{
    for (unsigned i = 0; i < HOSTS; i++) {
        char name[16];
        (void)snprintf(name, sizeof name, "%u.test", i);
        struct midge_sim_host *host = midge_sim_add_host(w.sim, name);
        midge_sim_add_reply(host, i == 0 ? 80 : 443, "/",
                            &(struct midge_sim_reply){.fill = BODY, .chunk = 300});
        const struct midge_sim_tls tls = {.min_version = i == 1 ? MIDGE_TLS_1_3 : 0,
                                          .max_version = i == 2 ? MIDGE_TLS_1_2 : 0};
        if (i > 0) {
            assert_int_equal(midge_sim_use_tls(host, 443, &tls), MIDGE_OK);
        }
    }
    midge_sim_set_path(w.sim, &(struct midge_sim_path){.latency_us = 5000, .jitter_us = 20000});
}

/* Needs an open simulation: the port and the roots count. */
static struct midge_config limits(struct midge_sim *sim)
{
    struct midge_config config = {.port = midge_sim_port(sim),
                                  .max_connections = 4,
                                  .max_awaitables = REQUESTS + 8,
                                  .queued_requests = REQUESTS,
                                  .request_bytes = 256,
                                  .stats_at_close = &at_close};
    config.tls.ca = midge_sim_root(&config.tls.ca_len);
    return config;
}

static void try_size(size_t size)
{
    w = (struct sim_world){0};
    started = ended = 0;
    assert_int_equal(midge_sim_open(&w.sim, &(struct midge_sim_config){.seed = size}), MIDGE_OK);
    struct midge_config config = limits(w.sim);
    config.memory_size = size;
    add_hosts();
    sim_world_client(&w, &config);
    start_more();
    sim_world_run(&w);
    if (ended != REQUESTS) {
        fail_msg("%u bytes: %u requests of %u ended", (unsigned)size, ended, (unsigned)REQUESTS);
    }
    sim_world_close(&w);
    assert_int_equal(at_close.alloc_live, 0);
}

static void sizes(void **state)
{
    struct midge_sim *sim;
    const char *seed = getenv("MIDGE_TORTURE");
    bool all = seed != NULL && strcmp(seed, "full") == 0;
    (void)state;
    assert_int_equal(midge_sim_open(&sim, &(struct midge_sim_config){.seed = 1}), MIDGE_OK);
    const struct midge_config config = limits(sim);
    size_t least = midge_memory_least(&config), most = midge_memory_needed(&config);
    assert_int_equal(midge_sim_close(sim), 0);
    size_t step = all ? STEP : (size_t)STEP * CROWD_PART, tried = 0;
    size_t first = all || seed == NULL ? 0 : strtoull(seed, NULL, 16) % CROWD_PART * STEP;
    try_size(least);
    try_size(most);
    for (size_t size = least + first; size < most; size += step) {
        try_size(size);
        tried++;
    }
    print_message("%u requests in %zu blocks of %zu to %zu bytes\n", (unsigned)REQUESTS, tried + 2,
                  least, most);
}

int main(void)
{
    size_t len;
    if (midge_sim_root(&len) == NULL) {
        return 0; /* midge was built with another TLS library */
    }
    const struct CMUnitTest tests[] = {cmocka_unit_test(sizes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
