/* SPDX-License-Identifier: MIT */
/*
 * The simulation itself: the same seed gives the same run to the byte, whatever happens in it; its
 * clocks; and that its port can't be mixed with another. MIDGE_SIM_SEEDS="FROM TO" runs these seeds
 * in place of the usual ones and prints their hashes, MIDGE_SIM_TRACE prints every line.
 */
#include <errno.h>

#include <midge/port_posix.h>

#include "../unit/chance.h"
#include "sim_world.h"

enum { REQUESTS = 200, HOSTS = 6, PATHS = 5 };

/* --- worlds by chance --- */

static uint32_t maybe(unsigned most)
{
    return one_in(3) ? chance(most) : 0;
}

static void set_path(struct midge_sim_host *host)
{
    const struct midge_sim_path path = {
        .latency_us = chance(40000),
        .jitter_us = maybe(5000),
        .bytes_per_s = one_in(3) ? 5000 + chance(100000) : 0,
        .segment = one_in(4) ? 1 + chance(200) : 0,
        .split = (uint16_t)maybe(300),
        .loss = (uint16_t)maybe(60),
        .recv_buffer = one_in(3) ? 1 + chance(5000) : 0,
        .send_buffer = one_in(3) ? 1 + chance(2000) : 0,
        .reset_discards = one_in(2),
    };
    midge_sim_set_host_path(host, &path);
}

static uint64_t fills[HOSTS][PATHS]; /* bytes of each answer's body */

static void add_replies(struct midge_sim_host *host, unsigned n, uint16_t port)
{
    static const char *const paths[PATHS] = {"/0", "/1", "/2", "/3", "/4"};
    for (unsigned i = 0; i < PATHS; i++) {
        const struct midge_sim_reply reply = {
            .status = one_in(5) ? 500 : 200,
            .fill = chance(30000),
            .chunk = one_in(3) ? 1 + chance(3000) : 0,
            .until_close = one_in(8),
            .close = one_in(6),
            .early = one_in(4),
            .delay_ms = maybe(3000),
            .body_ms = maybe(1000),
            .bytes_per_s = one_in(4) ? 1000 + chance(50000) : 0,
            .end = one_in(5) ? (enum midge_sim_end)(1 + chance(3)) : MIDGE_SIM_WHOLE,
            .cut_at = chance(20000),
        };
        fills[n][i] = reply.fill;
        midge_sim_add_reply(host, port, paths[i], &reply);
    }
}

/* One host in three, of every fifth world: handshakes take the most time of this test. */
static bool is_tls(uint64_t seed_of_world, unsigned i)
{
    return seed_of_world % 5 == 0 && i % 3 == 0;
}

static void add_host(struct sim_world *w, unsigned i, bool tls)
{
    char name[16];
    (void)snprintf(name, sizeof name, "h%u.test", i);
    struct midge_sim_host *host = midge_sim_add_host(w->sim, name);
    set_path(host);
    add_replies(host, i, 8000);
    if (tls) {
        int err = midge_sim_use_tls(
            host, 8000,
            &(struct midge_sim_tls){.no_tickets = one_in(3), .max_version = one_in(2) ? 12 : 0});
        assert_true(err == MIDGE_OK || err == MIDGE_ERR_UNSUPPORTED);
    }
    midge_sim_set_name(host, &(struct midge_sim_name){.ms = maybe(500),
                                                      .in_call = one_in(3),
                                                      .silent = one_in(8),
                                                      .shuffle = one_in(2),
                                                      .error = one_in(10) ? 4 : 0});
    if (one_in(3)) {
        char text[16];
        for (unsigned a = 0; a < 3; a++) {
            (void)snprintf(text, sizeof text, "192.0.2.%u", 3 * i + a);
            (void)midge_sim_add_address(
                host, text, a == 2 ? MIDGE_SIM_ANSWERS : (enum midge_sim_address_kind)chance(4));
        }
    }
    if (one_in(3)) {
        midge_sim_set_cut(host, &(struct midge_sim_cut){.kind = (enum midge_sim_cut_kind)chance(3),
                                                        .from_client = one_in(2),
                                                        .at = chance(4000),
                                                        .nth = chance(4)});
    }
}

static struct sim_world *world; /* of the link's callbacks */

static void unplug(void *ctx)
{
    (void)ctx;
    midge_sim_link(world->sim, 0);
}

static void plug(void *ctx)
{
    (void)ctx;
    midge_sim_link(world->sim, 1);
}

static void add_faults(struct sim_world *w)
{
    static const int errors[] = {EPIPE, ECONNRESET, EINTR, EAGAIN, ENOMEM, ETIMEDOUT};
    midge_sim_set_chance(w->sim, &(struct midge_sim_chance){.would_block = (uint16_t)maybe(200),
                                                            .short_calls = (uint16_t)maybe(400),
                                                            .spurious = (uint16_t)maybe(50),
                                                            .interrupted = (uint16_t)maybe(50),
                                                            .recv_most = maybe(500),
                                                            .send_most = maybe(100)});
    for (unsigned i = 0; i < 8; i++) {
        (void)midge_sim_fail(w->sim, (enum midge_sim_call)chance(MIDGE_SIM_CLOCK), 1 + chance(300),
                             errors[chance(6)], 0);
    }
    for (unsigned i = 0; i < 3; i++) {
        uint64_t down = chance(60000);
        midge_sim_at(w->sim, down, unplug, NULL);
        midge_sim_at(w->sim, down + chance(5000), plug, NULL);
    }
}

/* --- requests --- */

static struct sim_get gets[REQUESTS];
static char urls[REQUESTS][40];
static unsigned whole, failed, secure;

/* A body that is said to be complete is complete: as many bytes as were sent, all of them right. */
static void check(const struct sim_get *get)
{
    const char *name = strstr(get->request.url, "//h");
    unsigned n = (unsigned)(name[3] - '0'), path = (unsigned)(strrchr(name, '/')[1] - '0');
    assert_int_equal(get->dones, 1);
    if (get->result.complete == MIDGE_COMPLETE_YES && get->result.status != 404) {
        assert_int_equal(get->body.len, fills[n][path]);
    }
    for (size_t i = 0; get->result.status != 404 && i < get->body.len; i++) {
        assert_int_equal(get->body.data[i], midge_sim_fill(i));
    }
    assert_true(get->result.error <= 0);
    whole += get->result.error == MIDGE_OK;
    failed += get->result.error != MIDGE_OK;
    secure += get->result.error == MIDGE_OK && get->result.tls_version != 0;
}

static void start(struct sim_world *w, unsigned i, uint64_t seed_of_world)
{
    static const char big[3000] = {1};
    unsigned to = chance(HOSTS + 1);
    (void)snprintf(urls[i], sizeof urls[i], "%s://h%u.test:8000/%u",
                   to < HOSTS && is_tls(seed_of_world, to) ? "https" : "http", to,
                   chance(PATHS + 1));
    sim_get_init(w, &gets[i], urls[i]);
    gets[i].body.max = 40000;
    if (one_in(3)) {
        gets[i].request.method = one_in(2) ? "PUT" : "POST";
        gets[i].request.body = big;
        gets[i].request.body_len = 1 + chance(sizeof big - 1);
    }
    gets[i].request.timeouts.total_ms = one_in(3) ? 1 + chance(20000) : 0;
    gets[i].request.no_reuse = one_in(5);
    assert_int_equal(midge_start(w->client, &gets[i].request, NULL), MIDGE_OK);
}

/* midge_poll may fail, as the port's may: the requests go on. */
static void run(struct sim_world *w, uint32_t ms)
{
    for (int i = 0; i < 20; i++) {
        int live = midge_sim_run(w->sim, w->client, ms);
        assert_true(live >= 0 || live == MIDGE_ERR_PORT);
        if (live >= 0) {
            return;
        }
    }
    fail_msg("it ends with errors only");
}

/* The hash of 200 requests in that world. */
static uint64_t random_world(uint64_t seed_of_world)
{
    struct sim_world w;
    const struct midge_sim_config config = {.seed = seed_of_world,
                                            .clock_start_ms = UINT32_MAX - 30000};
    seed = seed_of_world * 2 + 1;
    world = &w;
    sim_world_start(&w, &config,
                    &(struct midge_config){.max_connections = 8, .memory_size = 16 << 20});
    for (unsigned i = 0; i < HOSTS; i++) {
        add_host(&w, i, is_tls(seed_of_world, i));
    }
    add_faults(&w);
    for (unsigned i = 0; i < REQUESTS; i++) {
        start(&w, i, seed_of_world);
        if (one_in(3)) {
            run(&w, chance(500));
        }
    }
    run(&w, 86400000);
    for (unsigned i = 0; i < REQUESTS; i++) {
        check(&gets[i]);
        sim_get_free(&gets[i]);
    }
    uint64_t hash = midge_sim_hash(w.sim);
    sim_world_close(&w);
    return hash;
}

static const char *self; /* this program */

static void same_seed_same_run(void **state)
{
    unsigned long from = 1, to = 20;
    const char *seeds = getenv("MIDGE_SIM_SEEDS");
    uint64_t before = 0;
    (void)state;
    if (seeds != NULL) {
        char *end;
        from = strtoul(seeds, &end, 10);
        to = strtoul(end, NULL, 10);
    }
    for (unsigned long s = from; s <= to; s++) {
        uint64_t first = random_world(s), second = random_world(s);
        if (seeds != NULL) {
            print_message("seed %lu: %016llx\n", s, (unsigned long long)first);
        }
        if (first != second) {
            fail_msg("seed %lu: two runs differ", s);
        }
        assert_int_not_equal(first, before);
        before = first;
    }
    print_message("%u requests whole, %u of them in TLS, %u failed\n", whole, secure, failed);
    assert_true(whole > 10 && failed > 10);
}

/* In another process, where all addresses are others. */
static void same_in_another_process(void **state)
{
    char command[512], line[64] = "";
    (void)state;
    (void)snprintf(command, sizeof command, "'%s' hash 5", self);
    FILE *other = popen(command, "r");
    assert_non_null(other);
    (void)fgets(line, sizeof line, other);
    assert_int_equal(pclose(other), 0);
    assert_true(strtoull(line, NULL, 16) == random_world(5));
}

/* --- time --- */

static void clock_wraps(void **state)
{
    struct sim_world w;
    struct sim_get get;
    static const uint32_t starts[] = {UINT32_MAX - 100, INT32_MAX - 100};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        sim_world_start(&w, &(struct midge_sim_config){.clock_start_ms = starts[i]}, NULL);
        struct midge_sim_host *host = midge_sim_add_host(w.sim, "a.test");
        midge_sim_add_reply(host, 80, "/",
                            &(struct midge_sim_reply){.body = "late", .delay_ms = 50000});
        sim_get(&w, &get, "http://a.test/");
        sim_world_run(&w);
        sim_get_ended(&get, MIDGE_OK, 200, "late");
        assert_in_range(midge_sim_now_ms(w.sim), 50000, 50010);
        sim_world_close(&w);
    }
}

static void count(void *ctx)
{
    ++*(unsigned *)ctx;
}

static void calls_at_times(void **state)
{
    struct sim_world w;
    unsigned n = 0;
    (void)state;
    sim_world_open(&w, 1);
    midge_sim_at(w.sim, 1000, count, &n);
    midge_sim_at(w.sim, 2000, count, &n);
    midge_sim_at(w.sim, 100000, count, &n);
    midge_sim_advance(w.sim, 999);
    assert_int_equal(n, 0);
    midge_sim_advance(w.sim, 5000);
    assert_int_equal(n, 2);
    midge_sim_charge(w.sim, 1000000000);
    assert_int_equal(midge_sim_now_ms(w.sim), 6999);
    sim_world_close(&w); /* the third never comes */
}

/* Weeks of virtual time, with a request every hour. */
static void weeks(void **state)
{
    struct sim_world w;
    struct sim_get get;
    (void)state;
    sim_world_open(&w, 1);
    struct midge_sim_host *host = midge_sim_add_host(w.sim, "a.test");
    midge_sim_add_reply(host, 80, "/", &(struct midge_sim_reply){.body = "x"});
    for (unsigned hour = 0; hour < 24 * 60; hour++) {
        sim_get(&w, &get, "http://a.test/");
        sim_world_run(&w);
        sim_get_ended(&get, MIDGE_OK, 200, "x");
        midge_sim_advance(w.sim, 3600000);
    }
    assert_true(midge_sim_now_ms(w.sim) > UINT32_MAX);
    sim_world_close(&w);
}

/* Nothing can happen any more: an error, and no endless loop. */
static void stuck(void **state)
{
    struct sim_world w;
    midge_id id;
    (void)state;
    sim_world_open(&w, 1);
    assert_int_equal(midge_sleep(w.client, MIDGE_NO_TIMEOUT, &id), MIDGE_OK);
    assert_int_equal(midge_poll(w.client, -1), MIDGE_ERR_PORT);
    assert_int_equal(midge_cancel(w.client, id), MIDGE_OK);
    sim_world_close(&w);
}

static void no_date(void **state)
{
    struct sim_world w;
    (void)state;
    sim_world_start(&w, &(struct midge_sim_config){.date = -1}, NULL);
    const struct midge_port *port = midge_sim_port(w.sim);
    assert_true(port->wall_time(port->ctx) < 0);
    sim_world_close(&w);
    sim_world_start(&w, &(struct midge_sim_config){.date = 2000000000}, NULL);
    midge_sim_advance(w.sim, 5000);
    port = midge_sim_port(w.sim);
    assert_int_equal(port->wall_time(port->ctx), 2000000005);
    midge_sim_set_date(w.sim, 1900000000);
    midge_sim_advance(w.sim, 1000);
    assert_int_equal(port->wall_time(port->ctx), 1900000001);
    sim_world_close(&w);
}

/* --- the port --- */

/* The seed's random numbers never make keys for a real socket. */
static void no_mixed_ports(void **state)
{
    struct sim_world w;
    struct midge_port *real, *port;
    struct midge_client *client;
    struct midge_config config = {.memory_size = 1 << 20};
    uint8_t bytes[8];
    (void)state;
    sim_world_open(&w, 1);
    assert_int_equal(midge_posix_open(&real, 0), MIDGE_OK);
    port = midge_sim_port(w.sim);
    assert_int_equal(port->entropy(port->ctx, bytes, sizeof bytes), MIDGE_OK);
    config.port = port;
    config.memory = malloc(config.memory_size);
    const struct midge_port whole_port = *port;
    port->connect = real->connect;
    assert_int_equal(port->entropy(port->ctx, bytes, sizeof bytes), MIDGE_ERR_ENTROPY);
    assert_int_equal(midge_open(&client, &config), MIDGE_ERR_ENTROPY);
    *port = whole_port;
    assert_int_equal(port->entropy(port->ctx, bytes, sizeof bytes), MIDGE_OK);
    free(config.memory);
    midge_posix_close(real);
    sim_world_close(&w);
}

/* Handles that were closed are found. */
static void misuse(void **state)
{
    struct midge_sim *sim;
    midge_sock sock;
    uint8_t byte = 0;
    size_t n;
    (void)state;
    assert_int_equal(midge_sim_open(&sim, NULL), MIDGE_ERR_INVALID);
    assert_int_equal(midge_sim_open(&sim, &(struct midge_sim_config){0}), MIDGE_OK);
    const struct midge_port *port = midge_sim_port(sim);
    const struct midge_addr addr = {.family = 4, .bytes = {10, 0, 0, 1}};
    assert_int_equal(port->connect(port->ctx, &addr, 80, &sock, NULL), MIDGE_OK);
    port->close(port->ctx, sock);
    assert_int_equal(port->send(port->ctx, sock, &byte, 1, &n, NULL), MIDGE_ERR_SEND);
    assert_int_equal(port->connect(port->ctx, &addr, 80, &sock, NULL), MIDGE_OK);
    assert_int_equal(midge_sim_close(sim), 2); /* that send, and a socket left open */
    assert_int_equal(midge_sim_close(NULL), 0);
}

/* hash SEED: prints the hash of that world. */
int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "hash") == 0) {
        (void)printf("%016llx\n", (unsigned long long)random_world(strtoul(argv[2], NULL, 10)));
        return 0;
    }
    self = argv[0];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_seed_same_run),
        cmocka_unit_test(same_in_another_process),
        cmocka_unit_test(clock_wraps),
        cmocka_unit_test(calls_at_times),
        cmocka_unit_test(weeks),
        cmocka_unit_test(stuck),
        cmocka_unit_test(no_date),
        cmocka_unit_test(no_mixed_ports),
        cmocka_unit_test(misuse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
