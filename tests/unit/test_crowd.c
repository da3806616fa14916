/* SPDX-License-Identifier: MIT */
/* Crowds made by chance, in blocks of any size from midge_memory_least on, with handshakes that
   take any memory up to their estimate: no request fails for memory that comes back, and each
   begins after a bounded number of others. MIDGE_CROWDS="FROM TO" runs these. */
#include "chance.h"
#include "fake_tls.h"

enum { N = 60, PORTS = 4, HOSTS = 6 };

static struct world world;
static struct probe probes[N];
static char urls[N][40], heads[PORTS][2200];
static struct fake_script plain[PORTS];

static size_t any_peak(bool resumes)
{
    size_t most = resumes ? midge__tls_resumed_bytes() : midge__tls_handshake_bytes();
    return most / 4 + chance((unsigned)(most * 3 / 4));
}

/* --- servers --- */

static const struct fake_script servers[] = {
    {.steps = {CH, WAIT(4), SAY("pS"), REQUEST, WAIT(7), SAY(HELLO), REQUEST, SAY(HELLO), FIN}},
    {.connect_ms = 9, .steps = {CH, SAY("pN"), REQUEST, WAIT(20), SAY(HELLO), FIN}},
    {.steps = {CH, WAIT(2), SAY("F" TICKET), REQUEST, WAIT(3), SAY(HELLO), FIN}},
    {.steps = {CH, SAY("ppN"), REQUEST, SAY(HELLO), REQUEST, SAY(HELLO), WAIT(50), FIN}},
};

static void open_servers(void)
{
    for (unsigned i = 0; i < PORTS; i++) {
        (void)snprintf(heads[i], sizeof heads[i],
                       "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX: %0*d\r\n\r\nhello",
                       1 + (int)chance(1900), 0);
        plain[i] = (struct fake_script){
            .connect_ms = chance(20),
            .steps = {REQUEST, WAIT(1 + chance(20)), {FAKE_SAY, heads[i], strlen(heads[i])}, LOOP}};
        fake_listen(&world.fake, (uint16_t)(81 + i), &plain[i]);
        fake_listen(&world.fake, (uint16_t)(443 + i), &servers[chance(MIDGE_ARRAY_LEN(servers))]);
    }
}

/* --- requests --- */

static void start(unsigned i, bool may_wait)
{
    bool secure = one_in(2);
    (void)snprintf(urls[i], sizeof urls[i], "http%s://h%u.test:%u/", secure ? "s" : "",
                   chance(HOSTS), (secure ? 443 : 81) + chance(PORTS));
    probe_init(&probes[i], &world, urls[i]);
    probes[i].request.dangerously_skip_verification = 1; /* fake_tls.h verifies nothing */
    probes[i].request.no_reuse = one_in(6);
    int err;
    while ((err = midge_start(world.client, &probes[i].request, &probes[i].id)) ==
               MIDGE_ERR_NO_MEMORY &&
           may_wait) {
        unsigned ended = 0;
        for (unsigned k = 0; k < i; k++) {
            ended += probes[k].dones;
        }
        assert_true(ended < i); /* one lives that it can wait for */
        world_turn(&world, -1);
    }
    assert_int_equal(err, MIDGE_OK);
}

static void end(void)
{
    world_run(&world);
    for (unsigned i = 0; i < N; i++) {
        if (probes[i].result.error != MIDGE_OK) {
            print_error("%u %s: %s, %s\n", i, urls[i], midge_err_name(probes[i].result.error),
                        probes[i].result.detail);
        }
        probe_is_hello(&probes[i]);
    }
    struct midge_stats stats = world_stats(&world);
    assert_true(stats.alloc_peak <= stats.memory_size);
    world.live = 0;
    world_pass(&world, 2 * MIDGE_KEEP_ALIVE_MS);
    while (midge__origins_forget(world.client, NULL)) {
    }
    world.live = world_stats(&world).alloc_live; /* with the settings of its TLS, made once */
    world_close(&world);
}

static struct midge_config any_config(void)
{
    return (struct midge_config){.max_connections = (uint16_t)(1 + chance(8)),
                                 .max_per_origin = (uint16_t)(1 + chance(4)),
                                 .max_handshakes = (uint16_t)(1 + chance(3)),
                                 .max_awaitables = N + 2,
                                 .queued_requests = N,
                                 .turn_steps = one_in(2) ? 0 : 1 + chance(5),
                                 .no_sessions = one_in(3)};
}

/* --- none fails --- */

static void crowd(unsigned long long number, bool whole)
{
    seed = number * 0x9e3779b97f4a7c15ULL + 1;
    (void)chance(2);
    struct midge_config config = any_config();
    size_t least = midge_memory_least(&config), needed = midge_memory_needed(&config);
    config.memory_size =
        whole ? needed : least + chance((unsigned)(needed - least) / (one_in(2) ? 1 : 4));
    memset(probes, 0, sizeof probes);
    tls_world_open(&world, &config);
    fake_tls_peak = any_peak;
    open_servers();
    for (unsigned i = 0; i < N; i++) {
        start(i, !whole);
    }
    end();
}

static void crowds(bool whole)
{
    const char *which = getenv("MIDGE_CROWDS");
    unsigned long long from = 1, to = 200;
    if (which != NULL) {
        assert_int_equal(sscanf(which, "%llu %llu", &from, &to), 2);
    }
    for (unsigned long long number = from; number <= to; number++) {
        crowd(number, whole);
    }
}

static void none_fails_for_memory_that_comes_back(void **state)
{
    (void)state;
    crowds(false);
}

/* In a block of midge_memory_needed also no start is refused. */
static void the_needed_block_is_enough(void **state)
{
    (void)state;
    crowds(true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(none_fails_for_memory_that_comes_back),
        cmocka_unit_test(the_needed_block_is_enough),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
