/* SPDX-License-Identifier: MIT */
/*
 * Worlds made by chance: servers of all kinds of fault, requests whose callbacks cancel, start,
 * take and resume others, blocks of any size, allocations that fail, memory that comes and goes.
 * Whatever happens, each request ends once, and nothing is left. MIDGE_WORLDS="FROM TO" runs these,
 * to find more or to see one again.
 */
#include "chance.h"
#include "fake_port.h"

#include <stdlib.h>

enum {
    REQUESTS = 40,      /* alive at most */
    STARTS = 60,        /* in all */
    BLOCKS = 100,       /* of the application */
    WILD_TURNS = 300,   /* in which chance acts; afterwards all may end */
    TURNS_MAX = 60000,  /* one that takes more never ends */
    TLS_SETTINGS = 4096 /* bytes that stay: made once, for each way to verify */
};

static struct world world;
static struct probe probes[REQUESTS];
static bool used[REQUESTS];
static void *blocks[BLOCKS];
static unsigned n_blocks, n_started;

/* --- servers --- */

static const struct fake_script servers[] = {
    {.steps = {REQUEST, SAY(HELLO), LOOP}},
    {.steps = {REQUEST, WAIT(7), SAY(HELLO), LOOP}},
    {.steps = {REQUEST, SAY(HELLO), FIN}},
    {.steps = {REQUEST, SAY(HELLO), RESET}},
    {.steps = {REQUEST, SAY(HELLO), REQUEST, RESET}},
    {.steps = {REQUEST, SAY(HELLO), WAIT(5), FIN}},
    {.steps = {REQUEST, SAY(HELLO), SEND_FAILS}},
    {.steps = {REQUEST, SAY(HELLO), SENT(100), FIN}},
    {.steps = {REQUEST, SAY("HTTP/1.1 200 OK\r\n\r\n"), FILL(3000), FIN}},
    {.steps = {REQUEST, SAY("HTTP/1.1 204 No Content\r\n\r\n"), SAY("junk"), LOOP}},
    {.steps = {REQUEST, WAIT(50), SAY("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel"), WAIT(9),
               SAY("lo"), FIN}},
    {.steps = {SENT(20), SAY("HTTP/1.1 413 No\r\nContent-Length: 2\r\n\r\nno"), FIN}},
    {.steps = {SAY(HELLO), FIN}},
    {.steps = {FIN}},
    {.steps = {RESET}},
    {.steps = {REQUEST}},
    {.connect = FAKE_REFUSES},
    {.connect = FAKE_REFUSES, .connect_ms = 20},
    {.connect = FAKE_FAILS},
    {.connect = FAKE_NEVER},
    {.connect_ms = 30,
     .recv_slice = 3,
     .send_slice = 7,
     .steps = {REQUEST, SAY(HELLO_CHUNKED "5\r\nhello\r\n0\r\nX: y\r\n\r\n"), LOOP}},
    {.recv_slice = 50,
     .steps = {REQUEST, SAY("HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n"), WAIT(3),
               SAY(HELLO_LEN("5000")), FILL(5000), LOOP}},
    {.window = 100, .steps = {OPEN(60), WAIT(4), OPEN(2000), REQUEST, SAY(HELLO), FIN}},
};

static const struct fake_script *any_server(void)
{
    return &servers[one_in(2) ? chance(8) : chance(MIDGE_ARRAY_LEN(servers))];
}

/* --- requests --- */

static void start_one(void);

static struct probe *any_used(void)
{
    unsigned i = chance(REQUESTS);
    return used[i] ? &probes[i] : NULL;
}

static void cancel_any(void)
{
    struct probe *p = any_used();
    if (p != NULL) {
        (void)midge_cancel(world.client, p->id);
    }
}

static void resume_any(void)
{
    struct probe *p = any_used();
    if (p != NULL) {
        p->pause = false;
        (void)midge_resume(world.client, p->id);
    }
}

static void free_one(void)
{
    if (n_blocks > 0) {
        unsigned i = chance(n_blocks);
        midge_free(world.client, blocks[i]);
        blocks[i] = blocks[--n_blocks];
    }
}

/* From inside one of its callbacks; somewhere else next. */
static void act(struct probe *p)
{
    struct midge_result result;
    switch (chance(6)) {
    case 0:
        (void)midge_cancel(world.client, p->id);
        break;
    case 1:
        (void)midge_cancel(world.client, p->id);
        (void)midge_take(world.client, p->id, &result);
        break;
    case 2:
        cancel_any();
        break;
    case 3:
        start_one();
        break;
    case 4:
        resume_any();
        break;
    default:
        free_one();
        break;
    }
    p->nth = (p->nth == 0 ? 1 : p->nth) + 1 + chance(2);
    p->at = (enum where)chance(ON_WATCH);
}

static uint32_t maybe_ms(unsigned most)
{
    return one_in(4) ? 1 + chance(most) : 0;
}

static void add_source(struct probe *p)
{
    size_t n = chance(3000);
    probe_source(p, n, one_in(2) ? -1 : (int64_t)n);
    p->piece = one_in(2) ? chance(200) : 0;
    p->hungry = one_in(3);
    p->read_err = one_in(8) ? MIDGE_ERR_READ : MIDGE_OK;
    p->request.method = one_in(2) ? "PUT" : NULL;
    if (one_in(3)) {
        p->source.rewind = NULL;
    }
}

static void dress(struct probe *p)
{
    p->pause = one_in(4);
    p->at = (enum where)chance(ON_WATCH);
    p->nth = 1 + chance(2);
    p->act = one_in(2) ? act : NULL;
    p->write_err = one_in(6) ? MIDGE_ERR_WRITE : MIDGE_OK;
    p->response_answer = one_in(10) ? MIDGE_ERR_JSON : MIDGE_OK;
    p->finish_answer = one_in(10) ? MIDGE_ERR_WRITE : MIDGE_OK;
    p->request.no_reuse = one_in(6);
    p->request.borrow = one_in(3);
    p->request.method = one_in(8) ? "HEAD" : NULL;
    p->request.dangerously_skip_verification = 1;
    p->request.timeouts = (struct midge_timeouts){.queue_ms = maybe_ms(100),
                                                  .total_ms = maybe_ms(1000),
                                                  .idle_ms = maybe_ms(200),
                                                  .connect_ms = maybe_ms(300),
                                                  .tls_ms = maybe_ms(300)};
    if (one_in(3)) {
        add_source(p);
    }
}

static void start_one(void)
{
    static const char *const urls[] = {
        "http://a.test:81/", "http://b.test:82/", "http://c.test:83/x",   "http://10.0.0.9:84/",
        "https://a.test/",   "https://b.test/",   "https://10.1.1.1:444/"};
    unsigned i = 0;
    while (i < REQUESTS && used[i]) {
        i++;
    }
    if (i == REQUESTS || n_started == STARTS) {
        return;
    }
    probe_init(&probes[i], &world, urls[chance(one_in(2) ? 4 : MIDGE_ARRAY_LEN(urls))]);
    dress(&probes[i]);
    used[i] = true; /* before: the place is taken, should it end in there */
    n_started++;
    if (midge_start(world.client, &probes[i].request, &probes[i].id) != MIDGE_OK) {
        used[i] = false;
    }
}

/* Ended once, whatever it was. */
static void look_at(unsigned i)
{
    probe_ended(&probes[i], probes[i].result.error);
    used[i] = false;
}

/* --- a world --- */

static struct midge_config any_config(void)
{
    struct midge_config c = {.max_connections = (uint16_t)(1 + chance(6)),
                             .max_per_origin = (uint16_t)(1 + chance(4)),
                             .max_handshakes = (uint16_t)(1 + chance(3)),
                             .max_transfers = (uint16_t)(one_in(2) ? 0 : 1 + chance(6)),
                             .max_awaitables = 64,
                             .turn_steps = one_in(2) ? 0 : 1 + chance(5),
                             .turn_bytes = one_in(2) ? 0 : 1 + chance(50),
                             .turn_crypto = chance(2),
                             .keep_alive_ms = maybe_ms(50),
                             .max_header = one_in(2) ? 0 : 256 + chance(3000),
                             .no_sessions = one_in(2)};
    size_t least = midge_memory_least(&c), needed = midge_memory_needed(&c);
    if (!one_in(3)) {
        c.memory_size = least + chance(one_in(2) ? 3000 : (unsigned)(needed - least));
    }
    return c;
}

#if MIDGE_WITH_RATE
/* One world in four has rates: of the client, of each origin, or both. */
static void any_rates(struct midge_config *c, uint64_t number)
{
    static const struct midge_rate rates[] = {{.requests = 200},
                                              {.requests = 20, .burst = 3, .at_once = 2},
                                              {.bytes = 5000},
                                              {.requests = 50, .bytes = 20000, .at_once = 1}};
    static const struct midge_origin_rate rows[] = {{"c.test", {.requests = 3, .interval_ms = 10}},
                                                    {NULL, {.requests = 100, .bytes = 100000}}};
    if (number % 4 == 0) {
        c->rate = number % 3 != 0 ? &rates[number / 4 % MIDGE_ARRAY_LEN(rates)] : NULL;
        c->origin_rates = number % 3 != 1 ? rows : NULL;
        c->n_origin_rates = number % 3 != 1 ? MIDGE_ARRAY_LEN(rows) : 0;
    }
}
#else
#define any_rates(config, number) ((void)(config), (void)(number))
#endif

static void make(uint64_t number)
{
    memset(probes, 0, sizeof probes);
    n_started = 0;
    seed = number * 0x9e3779b97f4a7c15ULL + 1;
    (void)chance(2);
    struct midge_config config = any_config();
    any_rates(&config, number);
    world_open(&world, &config);
    for (uint16_t port = 81; port <= 84; port++) {
        fake_listen(&world.fake, port, any_server());
    }
    fake_listen(&world.fake, 443, any_server());
    fake_listen(&world.fake, 444, any_server());
    world.fake.names[0] =
        (struct fake_name){.host = "b.test", .ms = chance(40), .count = (uint8_t)(1 + chance(3))};
    world.fake.names[1] = (struct fake_name){.host = "c.test",
                                             .ms = chance(3),
                                             .never = one_in(4),
                                             .err = one_in(4) ? MIDGE_ERR_RESOLVE : MIDGE_OK};
    world.fake.n_names = 2;
    for (unsigned i = 1 + chance(30); i > 0; i--) {
        start_one();
    }
}

/* Between two turns. */
static void meddle(bool with_memory)
{
    if (with_memory && one_in(4) && n_blocks < BLOCKS) {
        void *block = midge_alloc(world.client, 1 + chance(one_in(2) ? 300 : 20000));
        if (block != NULL) {
            blocks[n_blocks++] = block;
        }
    }
    if (with_memory && one_in(4)) {
        free_one();
    }
    if (one_in(10)) {
        midge__memory_fail_at(&world.client->memory, 1 + chance(20), false);
    }
    if (one_in(3)) {
        resume_any();
    }
    if (one_in(20)) {
        cancel_any();
    }
    if (one_in(10)) {
        start_one();
    }
    for (unsigned i = 0; i < REQUESTS; i++) {
        if (used[i] && probes[i].dones > 0 && one_in(4)) {
            look_at(i);
        }
    }
}

/* Nothing stands in the way of any more. */
static void relent(void)
{
    midge__memory_fail_at(&world.client->memory, 0, false);
    while (n_blocks > 0) {
        free_one();
    }
    for (unsigned i = 0; i < REQUESTS; i++) {
        if (used[i] && probes[i].dones == 0) {
            probes[i].pause = false;
            probes[i].hungry = 0;
            probes[i].act = NULL;
            (void)midge_resume(world.client, probes[i].id);
        }
    }
}

static void run(uint64_t number)
{
    const bool with_memory = one_in(2);
    int live = 1;
    for (unsigned turns = 0; live > 0 || turns <= WILD_TURNS; turns++) {
        bool wild = turns < WILD_TURNS;
        live = midge_poll(world.client, wild        ? one_in(2) ? 0 : (int)chance(20)
                                               : turns % 2 ? -1
                                                    : 0);
        assert_true(live >= 0);
        if (turns > TURNS_MAX || world.fake.n_socks > FAKE_SOCKS - 8) {
            fail_msg("world %llu does not end", (unsigned long long)number);
        }
        if (wild) {
            meddle(with_memory);
        } else {
            relent();
        }
    }
}

static void end(void)
{
    for (unsigned i = 0; i < REQUESTS; i++) {
        if (used[i]) {
            look_at(i);
        }
    }
    world_pass(&world, 2 * MIDGE_KEEP_ALIVE_MS);
    size_t live = world_stats(&world).alloc_live;
    assert_in_range(live, world.live, world.live + TLS_SETTINGS);
    world.live = live;
    world_close(&world);
}

static void each_request_ends_once(void **state)
{
    const char *which = getenv("MIDGE_WORLDS");
    unsigned long long from = 1, to = 300;
    (void)state;
    if (which != NULL) {
        assert_int_equal(sscanf(which, "%llu %llu", &from, &to), 2);
    }
    for (unsigned long long number = from; number <= to; number++) {
        make(number);
        run(number);
        end();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_request_ends_once)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
