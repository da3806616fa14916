/* SPDX-License-Identifier: MIT */
/*
 * Hostile answers of HTTP, as worlds (hostile/x.world, answers.h). Each is met alone, with all
 * bytes at once and byte by byte: it ends exactly as its line says, and the next request to the
 * same server gets its own answer, on the connection that the line names. And each is met beside 31
 * good requests on a slow device: these must succeed in the time that they need alone.
 */
#include "answers.h"

enum { UPLOAD = 300000, GOOD = 31, GOOD_BYTES = 20000, FEW_TURNS_US = 4 * 32 * 2 * 50 };

static const char *const names[] = {"smuggling", "lengths", "endless", "early"};

static struct sim_world w;
static struct world world;
static struct midge_stats at_close;
static unsigned failures;
static struct sim_get bad, good[GOOD];
static uint8_t upload[UPLOAD];
static struct midge_buffer_source source;

/* --- a world, a client and the hostile request --- */

static void on_line(void *ctx, const char *line)
{
    (void)ctx;
    sim_world_line(&w, line);
}

static void open_world(const char *name, uint64_t seed)
{
    const struct world_options options = {.seed = &seed, .trace = on_line};
    char path[512];
    (void)snprintf(path, sizeof path, MIDGE_HOSTILE_DIR "/%s.world", name);
    w = (struct sim_world){0};
    assert_int_equal(world_open(&world, path, &options), 0);
    w.sim = world.sim;
    sim_world_client(&w, &(struct midge_config){.max_connections = 32,
                                                .max_per_origin = 32,

                                                .memory_size = 2 << 20,
                                                .timeouts = {.total_ms = 600000},
                                                .stats_at_close = &at_close});
}

static void close_world(void)
{
    midge_close(w.client);
    if (at_close.alloc_live != 0) {
        failures++;
        print_error("%u bytes leaked\n", (unsigned)at_close.alloc_live);
    }
    world_close(&world);
    free(w.block);
}

static const char *url_of(const char *path)
{
    static char url[96];
    (void)snprintf(url, sizeof url, "http://bad.test%s", path);
    return url;
}

static void start_bad(const struct hostile *h, uint64_t max_body)
{
    sim_get_init(&w, &bad, url_of(h->path));
    bad.request.method = h->method;
    bad.request.max_body = max_body;
    if (strcmp(h->error, "TOO_LARGE") == 0) {
        bad.request.sink = NULL; /* its bytes are not looked at */
    }
    if (strcmp(h->method, "POST") == 0) {
        midge_buffer_source_init(&source, upload, sizeof upload);
        bad.request.source = &source.source;
    }
    sim_get_start(&w, &bad);
}

static void check_bad(const struct hostile *h)
{
    failures += !hostile_fits(h, &bad);
    sim_get_free(&bad);
}

/* The answer of the next request is its own, on the connection that is expected. */
static void check_next(const struct hostile *h)
{
    bool kept = strcmp(h->connection, "kept") == 0;
    sim_get(&w, &bad, "http://bad.test/next");
    sim_world_run(&w);
    bool right = bad.dones == 1 && bad.result.error == MIDGE_OK && bad.body.len == 4 &&
                 memcmp(bad.body.data, "next", 4) == 0;
    if (!right || bad.result.reused != kept) {
        failures++;
        print_error("%s %s: the next request: %s, %zu bytes, connection %s\n", h->method, h->path,
                    midge_err_name(bad.result.error), bad.body.len,
                    bad.result.reused ? "kept" : "new");
    }
    sim_get_free(&bad);
}

/* --- alone --- */

static void try_alone(const char *name, const struct hostile *h, uint32_t most)
{
    open_world(name, 1);
    midge_sim_set_chance(w.sim, &(struct midge_sim_chance){.recv_most = most});
    start_bad(h, 20000);
    sim_world_run(&w);
    check_bad(h);
    check_next(h);
    close_world();
}

static void alone_in(const char *name, uint32_t most)
{
    hostile_read(name);
    for (size_t i = 0; i < n_hostiles; i++) {
        try_alone(name, &hostiles[i], most);
    }
    print_message("%s: %zu answers, %u failed\n", name, n_hostiles, failures);
}

static void alone(void **state)
{
    static const uint32_t mosts[] = {0, 1, 7};
    (void)state;
    failures = 0;
    for (size_t i = 0; i < 3; i++) {
        for (size_t n = 0; n < sizeof names / sizeof names[0]; n++) {
            alone_in(names[n], mosts[i]);
        }
    }
    assert_int_equal(failures, 0);
}

/* --- beside others --- */

static uint64_t alone_us[GOOD], most_us; /* most: by which one was later */

static void start_good(void)
{
    for (unsigned i = 0; i < GOOD; i++) {
        sim_get(&w, &good[i], "http://good.test/");
    }
}

static bool is_good(const struct sim_get *get)
{
    bool whole = get->dones == 1 && get->result.error == MIDGE_OK && get->body.len == GOOD_BYTES;
    for (size_t i = 0; whole && i < GOOD_BYTES; i++) {
        whole = get->body.data[i] == midge_sim_fill(i);
    }
    return whole;
}

/* A turn may have two calls of 50 us for each of 32 sockets. Both ways of the handshake and of the
   request may each wait for one turn, which is not the request's own. */
static void check_good(const struct hostile *h)
{
    for (unsigned i = 0; i < GOOD; i++) {
        uint64_t us = good[i].result.t.total_us;
        most_us = us > alone_us[i] + most_us ? us - alone_us[i] : most_us;
        if (!is_good(&good[i]) || us > alone_us[i] + FEW_TURNS_US) {
            failures++;
            print_error("beside %s %s: good request %u: %s, %zu bytes, %u us, alone %u us\n",
                        h->method, h->path, i, midge_err_name(good[i].result.error),
                        good[i].body.len, (unsigned)us, (unsigned)alone_us[i]);
        }
        sim_get_free(&good[i]);
    }
}

static void measure_alone(const char *name)
{
    open_world(name, 1);
    start_good();
    sim_world_run(&w);
    for (unsigned i = 0; i < GOOD; i++) {
        assert_true(is_good(&good[i]));
        alone_us[i] = good[i].result.t.total_us;
        sim_get_free(&good[i]);
    }
    close_world();
}

static void try_beside(const char *name, const struct hostile *h)
{
    open_world(name, 1);
    start_bad(h, 3000000); /* first in each turn */
    start_good();
    sim_world_run(&w);
    check_bad(h);
    check_good(h);
    close_world();
}

static void beside_others(void **state)
{
    (void)state;
    failures = 0;
    for (size_t n = 0; n < sizeof names / sizeof names[0]; n++) {
        hostile_read(names[n]);
        measure_alone(names[n]);
        most_us = 0;
        for (size_t i = 0; i < n_hostiles; i++) {
            try_beside(names[n], &hostiles[i]);
        }
        print_message("%s: beside %zu answers, %u failed, at most %u us later than %u\n", names[n],
                      n_hostiles, failures, (unsigned)most_us, (unsigned)alone_us[0]);
    }
    assert_int_equal(failures, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(alone),
        cmocka_unit_test(beside_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
