/* SPDX-License-Identifier: MIT */
/* One full handshake for eight requests, and none that waits for one that hangs. */
#include "fake_tls.h"

#define URL "https://a.test/"

enum { N = 8 };

#define TWICE REQUEST, SAY(HELLO), REQUEST, SAY(HELLO)
#define OFTEN TWICE, TWICE, TWICE, TWICE /* for all of them on one connection */

/* The round trips: of the connect, until the first byte, until the end. */
static const struct fake_script near_12 = {.steps = {CH, SAY("pS"), OFTEN}};
static const struct fake_script near_13 = {.steps = {CH, SAY("F" TICKET), OFTEN}};
static const struct fake_script far_12 = {
    .connect_ms = 800, .steps = {CH, WAIT(800), SAY("p"), WAIT(800), SAY("S"), OFTEN}};
static const struct fake_script far_13 = {
    .connect_ms = 800, .steps = {CH, WAIT(800), SAY("F"), WAIT(800), SAY(TICKET), OFTEN}};
/* Behind a relay: the connect is fast, all else takes 200 or 800 ms. */
static const struct fake_script relay200_13 = {
    .steps = {CH, WAIT(200), SAY("F"), WAIT(200), SAY(TICKET), OFTEN}};
static const struct fake_script relay800_12 = {
    .steps = {CH, WAIT(800), SAY("p"), WAIT(800), SAY("S"), OFTEN}};
static const struct fake_script relay800_13 = {
    .steps = {CH, WAIT(800), SAY("F"), WAIT(800), SAY(TICKET), OFTEN}};

static const struct fake_script no_connect = {.connect = FAKE_NEVER};
static const struct fake_script no_byte = {.steps = {CH}};
static const struct fake_script some_bytes = {.steps = {CH, WAIT(20), SAY("pp")}};
static const struct fake_script no_answer = {.steps = {CH, SAY("F")}};
static const struct fake_script fails = {.steps = {CH, WAIT(10), SAY("E")}};

static const struct midge_config wide = {
    .max_connections = N, .max_per_origin = N, .max_handshakes = N};

struct burst {
    struct world w;
    struct probe p[N];
    uint64_t start;
};

static struct burst *open_burst(const struct midge_config *config, const struct fake_script *all)
{
    struct burst *b = test_malloc(sizeof *b);
    tls_world_open(&b->w, config);
    fake_listen(&b->w.fake, 443, all);
    for (unsigned i = 0; i < N; i++) {
        probe_init(&b->p[i], &b->w, URL);
        b->p[i].request.dangerously_skip_verification = 1; /* fake_tls.h verifies nothing */
    }
    b->start = b->w.fake.now_ms;
    return b;
}

static void start_all(struct burst *b)
{
    for (unsigned i = 0; i < N; i++) {
        probe_start(&b->p[i]);
    }
}

/* Milliseconds until the nth request was done; TIMEOUT and so on count too. */
static unsigned took(const struct burst *b, unsigned i)
{
    return b->p[i].result.t.total_us / 1000;
}

static unsigned slowest(const struct burst *b, unsigned from)
{
    unsigned ms = 0;
    for (unsigned i = from; i < N; i++) {
        ms = took(b, i) > ms ? took(b, i) : ms;
    }
    return ms;
}

static void all_well(struct burst *b, unsigned from)
{
    for (unsigned i = from; i < N; i++) {
        probe_is_hello(&b->p[i]);
    }
}

static void close_burst(struct burst *b)
{
    tls_world_close(&b->w);
    test_free(b);
}

static void handshakes(const struct burst *b, unsigned full)
{
    struct midge_stats stats = world_stats(&b->w);
    assert_int_equal(stats.handshakes_full, full);
}

/* All end well, `full` handshakes complete in full, the slowest but the first takes `ms` at most.
 */
static void run_burst(struct burst *b, unsigned full, unsigned ms)
{
    start_all(b);
    world_run(&b->w);
    all_well(b, 0);
    handshakes(b, full);
    assert_in_range(slowest(b, 1), 0, ms);
    close_burst(b);
}

/* --- healthy servers at any distance --- */

static void one_full_handshake(void **state)
{
    static const struct {
        const struct fake_script *server;
        unsigned ms, connections;
    } cases[] = {{&near_12, 0, 8},        {&near_13, 0, 8},       {&far_12, 4900, 10},
                 {&far_13, 4900, 10},     {&relay200_13, 900, 8}, {&relay800_12, 3300, 10},
                 {&relay800_13, 3300, 10}};
    (void)state;
    for (size_t i = 0; i < MIDGE_ARRAY_LEN(cases); i++) {
        struct burst *b = open_burst(&wide, cases[i].server);
        start_all(b);
        world_run(&b->w);
        struct midge_stats stats = world_stats(&b->w);
        assert_in_range(stats.connections, 1, cases[i].connections);
        assert_int_equal(stats.handshakes_full, 1);
        assert_int_equal(b->p[0].result.resumed, 0);
        assert_int_equal(b->p[0].result.time_verified, 1);
        assert_string_equal(b->p[0].result.cipher, "FAKE");
        assert_in_range(slowest(b, 0), 0, cases[i].ms);
        all_well(b, 0);
        close_burst(b);
    }
}

/* The clock moves by a second while the leader computes, thrice: its peer is not silent. */
static void computing_is_no_silence(void **state)
{
    static const struct fake_script slow = {.steps = {CH, WAIT(10), SAY("pBBpBS"), OFTEN}};
    (void)state;
    struct burst *b = open_burst(&wide, &slow);
    probe_start(&b->p[0]);
    probe_start(&b->p[1]);
    while (b->p[0].dones == 0) {
        world_turn(&b->w, -1);
        assert_int_equal(world_stats(&b->w).connections, 1);
    }
    world_run(&b->w);
    handshakes(b, 1);
    probe_is_hello(&b->p[0]);
    probe_is_hello(&b->p[1]);
    close_burst(b);
}

/* What it waits for is this machine: three others compute, one a turn; or it has no permit yet. */
static void waiting_for_us_is_no_silence(void **state)
{
    static const struct fake_script quick = {.steps = {CH, WAIT(10), SAY("p"), SAY("S"), OFTEN}};
    static const struct fake_script computes = {.steps = {CH, WAIT(10), SAY("BBBS"), OFTEN}};
    static const struct fake_script long_one = {.steps = {CH, WAIT(200), SAY("p"), WAIT(200),
                                                          SAY("p"), WAIT(200), SAY("p"), WAIT(200),
                                                          SAY("p"), WAIT(200), SAY("S"), OFTEN}};
    static const struct midge_config configs[] = {
        {.max_connections = N, .max_handshakes = N, .turn_crypto = 1},
        {.max_connections = N, .max_handshakes = 1}};
    static const char *const urls[] = {"https://b.test/", "https://c.test/", "https://d.test/"};
    (void)state;
    for (unsigned permit = 0; permit < 2; permit++) {
        struct burst *b = open_burst(&configs[permit], &quick);
        for (unsigned i = 0; i < 3; i++) {
            fake_next(&b->w.fake, permit ? &long_one : &computes);
            b->p[i].request.url = urls[i];
            probe_start(&b->p[i]);
        }
        probe_start(&b->p[3]);
        probe_start(&b->p[4]);
        while (b->p[3].dones == 0) {
            assert_in_range(world_stats(&b->w).connections, 0, 4);
            world_turn(&b->w, -1);
        }
        world_run(&b->w);
        for (unsigned i = 0; i < 5; i++) {
            probe_is_hello(&b->p[i]);
        }
        handshakes(b, 4);
        close_burst(b);
    }
}

/* --- a leader hangs --- */

static void first_hangs(void **state)
{
    static const struct fake_script *const hangs[] = {&no_connect, &no_byte, &some_bytes};
    (void)state;
    for (size_t i = 0; i < MIDGE_ARRAY_LEN(hangs); i++) {
        for (unsigned limit = 0; limit < 2; limit++) {
            struct burst *b = open_burst(&wide, i % 2 ? &near_13 : &near_12);
            fake_next(&b->w.fake, hangs[i]);
            for (unsigned k = 0; k < N && limit; k++) {
                b->p[k].request.timeouts.total_ms = 1000;
            }
            run_burst(b, 1, 330);
        }
    }
}

static void second_hangs_too(void **state)
{
    (void)state;
    struct burst *b = open_burst(&wide, &near_12);
    fake_next(&b->w.fake, &some_bytes);
    fake_next(&b->w.fake, &no_byte);
    run_burst(b, 1, 630);
}

/* Nothing is resumed: the others are not served one after another either. */
static void all_hang(void **state)
{
    (void)state;
    struct burst *b = open_burst(&wide, &no_byte);
    for (unsigned i = 0; i < N; i++) {
        b->p[i].request.timeouts.tls_ms = 5000;
    }
    start_all(b);
    world_run(&b->w);
    assert_int_equal(took(b, 0), 5000); /* its own limit, no other */
    assert_in_range(slowest(b, 0), 0, 5000 + 300 * N);
    for (unsigned i = 0; i < N; i++) {
        probe_ended(&b->p[i], MIDGE_ERR_TIMEOUT);
    }
    close_burst(b);
}

/* It hangs for 500 ms; the next one, which is silent meanwhile, gives way. */
static void earlier_moves_again(void **state)
{
    static const struct fake_script late = {
        .steps = {CH, WAIT(500), SAY("p"), WAIT(9), SAY("S"), OFTEN}};
    (void)state;
    struct burst *b = open_burst(&wide, &near_12);
    fake_next(&b->w.fake, &late);
    fake_next(&b->w.fake, &no_byte);
    start_all(b);
    world_run(&b->w);
    handshakes(b, 1);
    assert_int_equal(b->p[0].result.resumed, 0);
    assert_int_equal(b->p[0].result.connects, 1);
    assert_in_range(slowest(b, 0), 0, 520);
    all_well(b, 0);
    close_burst(b);
}

/* The next one has heard from its peer: both go on. */
static void both_move(void **state)
{
    static const struct fake_script late = {
        .steps = {CH, WAIT(500), SAY("p"), WAIT(9), SAY("S"), OFTEN}};
    static const struct fake_script slow = {
        .steps = {CH, WAIT(1), SAY("p"), WAIT(250), SAY("S"), OFTEN}};
    (void)state;
    struct burst *b = open_burst(&wide, &near_12);
    fake_next(&b->w.fake, &late);
    fake_next(&b->w.fake, &slow);
    run_burst(b, 2, 600);
}

/* A byte now and then is progress, up to the limit in all. */
static void trickle_ends(void **state)
{
    static const struct fake_script trickle = {.steps = {CH, SAY("p"), WAIT(200), LOOP}};
    struct midge_config config = wide;
    (void)state;
    config.lead_ms = 2000;
    struct burst *b = open_burst(&config, &near_12);
    fake_next(&b->w.fake, &trickle);
    b->p[0].request.timeouts.tls_ms = 20000;
    start_all(b);
    world_run(&b->w);
    assert_int_equal(took(b, 1), 2000);
    assert_in_range(slowest(b, 1), 2000, 2010);
    handshakes(b, 1);
    probe_ended(&b->p[0], MIDGE_ERR_TIMEOUT);
    all_well(b, 1);
    close_burst(b);
}

/* --- tickets --- */

/* The connection is complete and says nothing more. */
static void hangs_after_handshake(void **state)
{
    (void)state;
    struct burst *b = open_burst(&wide, &near_13);
    fake_next(&b->w.fake, &no_answer);
    b->p[0].request.timeouts.first_byte_ms = 3000;
    start_all(b);
    world_run(&b->w);
    handshakes(b, 2);
    assert_in_range(slowest(b, 1), 250, 260);
    probe_ended(&b->p[0], MIDGE_ERR_TIMEOUT);
    all_well(b, 1);
    close_burst(b);
}

/* A server without tickets that ends each connection: the first answer says that there are none. */
static void tickets_never(void **state)
{
    static const struct fake_script servers[] = {
        {.steps = {CH, WAIT(200), SAY("N"), REQUEST, WAIT(200), SAY(HELLO)}},
        {.steps = {CH, WAIT(200), SAY("F"), REQUEST, WAIT(200), SAY(HELLO)}}};
    (void)state;
    for (unsigned tls13 = 0; tls13 < 2; tls13++) {
        struct burst *b = open_burst(&wide, &servers[tls13]);
        for (unsigned i = 0; i < N; i++) {
            b->p[i].request.no_reuse = 1;
        }
        run_burst(b, N, tls13 ? 800 : 600);
    }
}

/* The others wait once, with TLS 1.2 not at all; requests that are started later do not. */
static void no_tickets_is_remembered(void **state)
{
#define SLOWLY REQUEST, SAY(HELLO_LEN("5")), WAIT(900), SAY("hello")
    static const struct fake_script slow[] = {{.steps = {CH, SAY("N"), SLOWLY}},
                                              {.steps = {CH, SAY("F"), SLOWLY}}};
    (void)state;
    for (unsigned tls13 = 0; tls13 < 2; tls13++) {
        struct burst *b = open_burst(&wide, &slow[tls13]);
        for (unsigned i = 0; i < 2; i++) {
            probe_start(&b->p[i]);
        }
        world_pass(&b->w, 300);
        for (unsigned i = 2; i < N; i++) {
            probe_start(&b->p[i]); /* while the first ones are under way */
        }
        world_run(&b->w);
        handshakes(b, N);
        assert_int_equal(took(b, 1), tls13 ? 250 + 900 : 900);
        for (unsigned i = 2; i < N; i++) {
            assert_int_equal(took(b, i), 900);
        }
        all_well(b, 0);
        close_burst(b);
    }
}

/* It comes 1.9 round trips after the handshake. */
static void ticket_late(void **state)
{
    static const struct fake_script late = {
        .steps = {CH, WAIT(400), SAY("F"), WAIT(760), SAY(TICKET), OFTEN}};
    struct midge_config config = wide;
    (void)state;
    config.lead_ms = 1000; /* not for tickets */
    struct burst *b = open_burst(&config, &late);
    run_burst(b, 1, 400 + 760 + 400 + 10 + 760);
}

/* --- leaders that end --- */

static void leader_fails(void **state)
{
    (void)state;
    struct burst *b = open_burst(&wide, &near_12);
    fake_next(&b->w.fake, &fails);
    start_all(b);
    world_run(&b->w);
    probe_ended(&b->p[0], MIDGE_ERR_TLS);
    all_well(b, 1);
    handshakes(b, 1);
    assert_int_equal(slowest(b, 1), 10);
    close_burst(b);
}

/* Not one after another. */
static void all_fail(void **state)
{
    (void)state;
    struct burst *b = open_burst(&wide, &fails);
    start_all(b);
    world_run(&b->w);
    assert_int_equal(slowest(b, 0), 30);
    for (unsigned i = 0; i < N; i++) {
        probe_ended(&b->p[i], MIDGE_ERR_TLS);
    }
    close_burst(b);
}

static void name_not_found(void **state)
{
    (void)state;
    struct burst *b = open_burst(&wide, &near_12);
    b->w.fake.names[0] = (struct fake_name){.host = "a.test", .ms = 40, .err = MIDGE_ERR_RESOLVE};
    b->w.fake.n_names = 1;
    start_all(b);
    world_run(&b->w);
    assert_int_equal(slowest(b, 0), 80);
    for (unsigned i = 0; i < N; i++) {
        probe_ended(&b->p[i], MIDGE_ERR_RESOLVE);
    }
    close_burst(b);
}

/* A name server that hangs holds the others no longer than lead_ms. */
static void name_hangs(void **state)
{
    (void)state;
    struct burst *b = open_burst(&wide, &near_12);
    b->w.fake.names[0] = (struct fake_name){.host = "a.test", .never = true};
    b->w.fake.n_names = 1;
    b->p[0].request.timeouts.dns_ms = 60000;
    start_all(b);
    world_pass(&b->w, MIDGE_LEAD_MS - 1);
    assert_int_equal(b->w.fake.lookups, 1);
    world_pass(&b->w, 2);
    assert_int_equal(b->w.fake.lookups, 2);
    for (unsigned i = 0; i < N; i++) {
        assert_int_equal(midge_cancel(b->w.client, b->p[i].id), MIDGE_OK);
    }
    world_run(&b->w);
    for (unsigned i = 0; i < N; i++) {
        probe_ended(&b->p[i], MIDGE_ERR_CANCELED);
    }
    close_burst(b);
}

/* Its total limit is its own; so is a cancel, at whatever time. */
static void leader_ends_alone(void **state)
{
    (void)state;
    for (unsigned ms = 1; ms < 1200; ms += 100) {
        for (unsigned cancels = 0; cancels < 2; cancels++) {
            struct burst *b = open_burst(&wide, &relay200_13);
            fake_next(&b->w.fake, &some_bytes);
            b->p[0].request.timeouts.total_ms = cancels ? 0 : ms;
            start_all(b);
            if (cancels) {
                world_pass(&b->w, ms);
                (void)midge_cancel(b->w.client, b->p[0].id);
            }
            world_run(&b->w);
            handshakes(b, 1);
            assert_in_range(slowest(b, 1), 0, 1300);
            if (b->p[0].result.error != MIDGE_OK) {
                probe_ended(&b->p[0], cancels ? MIDGE_ERR_CANCELED : MIDGE_ERR_TIMEOUT);
            } else {
                probe_is_hello(&b->p[0]);
            }
            all_well(b, 1);
            close_burst(b);
        }
    }
}

/* Two leaders in a row whose total limit ends: still no crowd of full handshakes. */
static void short_limits(void **state)
{
    (void)state;
    struct burst *b = open_burst(&wide, &relay200_13);
    b->p[0].request.timeouts.total_ms = b->p[1].request.timeouts.total_ms = 50;
    b->p[2].request.timeouts.total_ms = 150;
    start_all(b);
    world_run(&b->w);
    for (unsigned i = 0; i < 3; i++) {
        probe_ended(&b->p[i], MIDGE_ERR_TIMEOUT);
    }
    all_well(b, 3);
    handshakes(b, 1);
    close_burst(b);
}

/* Closing the client while leaders hang. */
static void close_with_leaders(void **state)
{
    (void)state;
    for (unsigned ms = 0; ms < 1300; ms += 100) {
        struct burst *b = open_burst(&wide, ms % 200 ? &no_byte : &no_connect);
        start_all(b);
        world_pass(&b->w, ms);
        midge_close(b->w.client);
        b->w.client = NULL;
        for (unsigned i = 0; i < N; i++) {
            probe_ended(&b->p[i], MIDGE_ERR_CLOSED);
        }
        world_close(&b->w);
        test_free(b);
    }
}

/* --- little room --- */

/* What the silent leader holds goes to the others, once for each request. */
static void one_of_each(void **state)
{
    static const struct midge_config configs[] = {
        {.max_connections = N, .max_per_origin = N, .max_handshakes = 1},
        {.max_connections = N, .max_per_origin = 1, .max_handshakes = N},
        {.max_connections = 1},
        {.max_connections = 1, .max_transfers = N},
        {.max_connections = N, .max_per_origin = N, .max_transfers = 1},
        {.max_connections = 2, .max_per_origin = 2, .max_handshakes = 1}};
    static const struct fake_script *const hangs[] = {&no_connect, &no_byte, &some_bytes};
    (void)state;
    for (size_t i = 0; i < MIDGE_ARRAY_LEN(configs) * MIDGE_ARRAY_LEN(hangs); i++) {
        struct burst *b = open_burst(&configs[i / MIDGE_ARRAY_LEN(hangs)], &near_12);
        fake_next(&b->w.fake, hangs[i % MIDGE_ARRAY_LEN(hangs)]);
        run_burst(b, 1, 500);
    }
}

/* A server that is slow and not silent is not given up for ever: the time for it grows. */
static void one_of_each_and_far(void **state)
{
    (void)state;
    run_burst(open_burst(&(struct midge_config){.max_connections = 1}, &relay800_12), 1,
              300 + 1600);
}

/* Each request gives way once, and then has its own limit. */
static void one_connection_all_hang(void **state)
{
    (void)state;
    struct burst *b = open_burst(&(struct midge_config){.max_connections = 1}, &no_byte);
    for (unsigned i = 0; i < 2; i++) {
        b->p[i].request.timeouts.tls_ms = 5000;
        probe_start(&b->p[i]);
    }
    world_run(&b->w);
    assert_int_equal(took(b, 0), 300 + 900 + 5000);
    assert_int_equal(took(b, 1), 300 + 900 + 5000 + 5000);
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(b->p[i].result.connects, 2);
        probe_ended(&b->p[i], MIDGE_ERR_TIMEOUT);
    }
    close_burst(b);
}

/* A hanging origin does not keep others from the one connection, or the one permit. */
static void other_origins(void **state)
{
    (void)state;
    for (unsigned permit = 0; permit < 2; permit++) {
        struct midge_config config = {.max_connections = permit ? 4 : 1, .max_handshakes = 1};
        struct burst *b = open_burst(&config, &near_12);
        fake_next(&b->w.fake, &no_byte);
        fake_next(&b->w.fake, &near_12);
        fake_next(&b->w.fake, &no_byte);
        b->p[0].request.timeouts.tls_ms = 20000;
        probe_start(&b->p[0]);
        world_pass(&b->w, 1000);
        b->p[1].request.url = "https://b.test/";
        probe_start(&b->p[1]);
        world_run(&b->w);
        assert_in_range(took(b, 1), 0, 10);
        probe_is_hello(&b->p[1]);
        probe_ended(&b->p[0], MIDGE_ERR_TIMEOUT);
        close_burst(b);
    }
}

/* --- worlds made by chance --- */

static uint32_t seed;

/* 0 to n-1 */
static unsigned chance(unsigned n)
{
    seed = seed * 1664525U + 1013904223U;
    return (seed >> 12) % n;
}

static void any_server(struct fake_script *s)
{
    static const char *const says[] = {"p", "pp", "pB", "S", "F", "N", "E", ("F" TICKET)};
    *s = (struct fake_script){.connect = chance(8) == 0 ? FAKE_NEVER : FAKE_ACCEPTS,
                              .connect_ms = chance(2) ? chance(900) : 0};
    unsigned at = 0, n = chance(6);
    s->steps[at++] = (struct fake_step)CH;
    while (n-- > 0) {
        const char *text = says[chance(MIDGE_ARRAY_LEN(says))];
        s->steps[at++] = (struct fake_step){FAKE_WAIT, NULL, 1 + chance(700)};
        s->steps[at++] = (struct fake_step){FAKE_SAY, text, strlen(text)};
        if (strpbrk(text, "SFN") != NULL) {
            break; /* complete: what follows is HTTP */
        }
    }
    for (n = chance(4); n > 0; n--) {
        s->steps[at++] = (struct fake_step)REQUEST;
        s->steps[at++] = (struct fake_step)SAY(HELLO);
    }
    if (chance(4) == 0) {
        s->steps[at++] = chance(2) ? (struct fake_step)FIN : (struct fake_step)RESET;
    }
}

static void any_request(struct probe *p)
{
    static const char *const urls[] = {URL, URL, URL, "https://b.test/", "http://c.test:443/"};
    p->request.url = urls[chance(MIDGE_ARRAY_LEN(urls))];
    p->request.timeouts.total_ms = chance(4) == 0 ? 1 + chance(2000) : 0;
    p->request.timeouts.tls_ms = chance(4) == 0 ? 1 + chance(2000) : 5000;
    p->request.timeouts.first_byte_ms = 3000;
    p->request.no_reuse = chance(5) == 0;
}

/* Each request ends once, whatever hangs, and nothing is left. */
static void by_chance(void **state)
{
    (void)state;
    for (unsigned world = 0; world < 1000; world++) {
        struct fake_script servers[8];
        seed = world * 7919 + 1;
        const struct midge_config config = {.max_connections = (uint16_t)(1 + chance(6)),
                                            .max_per_origin = (uint16_t)(1 + chance(6)),
                                            .max_handshakes = (uint16_t)(1 + chance(3)),
                                            .max_transfers = (uint16_t)(1 + chance(8)),
                                            .turn_crypto = 1 + chance(3),
                                            .lead_ms = 500 + chance(3000)};
        struct burst *b = open_burst(&config, chance(2) ? &near_12 : &relay200_13);
        for (unsigned i = 0; i < MIDGE_ARRAY_LEN(servers); i++) {
            any_server(&servers[i]);
            fake_next(&b->w.fake, &servers[i]);
        }
        for (unsigned i = 0; i < N; i++) {
            any_request(&b->p[i]);
            probe_start(&b->p[i]);
            world_pass(&b->w, chance(3) ? 0 : chance(900));
            if (chance(6) == 0) {
                (void)midge_cancel(b->w.client, b->p[chance(i + 1)].id);
            }
        }
        world_run(&b->w);
        for (unsigned i = 0; i < N; i++) {
            probe_ended(&b->p[i], b->p[i].result.error);
        }
        close_burst(b);
    }
}

/* --- one handshake --- */

static void get_one(struct world *w, struct probe *p, const struct fake_script *script)
{
    fake_next(&w->fake, script);
    probe_init(p, w, URL);
    p->request.dangerously_skip_verification = 1;
    probe_start(p);
}

/* The same, until its body has arrived. */
static void get_hello(struct world *w, struct probe *p, const struct fake_script *script)
{
    get_one(w, p, script);
    world_run(w);
    probe_is_hello(p);
}

/* The last step may need no byte. */
static void completes_by_computing(void **state)
{
    static const struct fake_script script = {.steps = {CH, SAY("C"), REQUEST, SAY(HELLO)}};
    struct world w;
    struct probe p;
    (void)state;
    tls_world_open(&w, &wide);
    get_hello(&w, &p, &script);
    tls_world_close(&w);
}

/* A turn's budget counts the steps of this turn. */
static void steps_are_counted(void **state)
{
    static const struct fake_script script = {.steps = {CH, SAY("BBBS"), REQUEST, SAY(HELLO)}};
    struct world w;
    struct probe p;
    (void)state;
    tls_world_open(&w, &(struct midge_config){.turn_crypto = 100});
    get_one(&w, &p, &script);
    while (p.dones == 0) {
        uint64_t before = w.fake.now_ms;
        world_turn(&w, 0);
        int32_t computed = (int32_t)((w.fake.now_ms - before) / FAKE_TLS_BUSY_MS);
        assert_in_range(100 - w.client->crypto_left, computed, computed + 1); /* its hello */
    }
    probe_is_hello(&p);
    tls_world_close(&w);
}

static enum midge_peer_event last_event;

static void on_peer(void *ctx, const struct midge_peer *peer)
{
    (void)ctx;
    assert_non_null(peer->cipher);
    last_event = peer->event;
    if (peer->event == MIDGE_PEER_SECURE) {
        assert_int_equal(peer->tls_version, MIDGE_TLS_1_2);
    }
}

static void peer_is_secure(void **state)
{
    struct world w;
    struct probe p;
    (void)state;
    tls_world_open(&w, &(struct midge_config){.on_peer = on_peer});
    get_one(&w, &p, &near_12);
    world_run(&w);
    assert_int_equal(last_event, MIDGE_PEER_SECURE);
    probe_is_hello(&p);
    tls_world_close(&w);
}

#define SLOW_TWICE REQUEST, WAIT(50), SAY(HELLO), REQUEST, WAIT(50), SAY(HELLO)

/* A ticket of TLS 1.3 may come while an answer is awaited: its memory is promised. */
static void tickets_are_promised(void **state)
{
    static const struct fake_script scripts[] = {{.steps = {CH, SAY("S"), SLOW_TWICE}},
                                                 {.steps = {CH, SAY("F"), SLOW_TWICE}}};
    (void)state;
    if (midge__tls_slot_in() == 0) {
        skip(); /* external TLS: its memory is its own */
    }
    for (unsigned i = 0; i < 4; i++) {
        const bool tickets = i / 2 > 0, again = i % 2 > 0;
        struct world w;
        struct probe p;
        tls_world_open(&w, &wide);
        get_one(&w, &p, &scripts[tickets]);
        if (again) {
            world_run(&w);
            probe_is_hello(&p);
            get_one(&w, &p, &scripts[tickets]);
        }
        world_pass(&w, 20);
        const struct midge__memory *m = &w.client->memory;
        const struct midge__conn *conn =
            MIDGE_CONTAINER_OF(midge__list_first(&w.client->conns), struct midge__conn, link);
        assert_int_equal(conn->state, MIDGE__CONN_READY);
        assert_int_equal(midge__memory_owner_share(m, conn->owner),
                         tickets ? midge__opening_bytes(true, false, false)
                                 : midge__memory_owner_live(m, conn->owner));
        world_run(&w);
        assert_int_equal(midge__memory_owner_share(m, conn->owner),
                         midge__memory_owner_live(m, conn->owner)); /* it is idle */
        assert_int_equal(world_stats(&w).connections, 1);
        probe_is_hello(&p);
        tls_world_close(&w);
    }
}

static void fault_is_reported(void **state)
{
    struct world w;
    struct probe p;
    (void)state;
    tls_world_open(&w, &wide);
    get_one(&w, &p, &fails);
    world_run(&w);
    assert_int_equal(p.result.native, -7);
    assert_int_equal(p.result.verify_flags, 8);
    assert_int_equal(p.result.cert_date, 5);
    assert_string_equal(p.result.detail, "told so");
    probe_ended(&p, MIDGE_ERR_TLS);
    tls_world_close(&w);
}

/* An origin that is kept for its session is not freed for others while a request uses it. */
static void used_origin_is_no_spare(void **state)
{
    struct world w;
    struct probe p;
    (void)state;
    tls_world_open(&w, &wide);
    get_hello(&w, &p, &near_12);
    world_pass(&w, 2 * MIDGE_KEEP_ALIVE_MS);
    assert_false(midge__list_empty(&w.client->unused));
    get_one(&w, &p, &near_12);
    assert_true(midge__list_empty(&w.client->unused));
    world_run(&w);
    assert_int_equal(p.result.resumed, 1);
    probe_is_hello(&p);
    tls_world_close(&w);
}

/* midge_close says close_notify where a handshake is complete, and only there. */
static void close_is_said(void **state)
{
    static const struct fake_script *const scripts[] = {&near_12, &no_byte};
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        struct world w;
        struct probe p;
        tls_world_open(&w, &wide);
        get_one(&w, &p, scripts[i]);
        world_pass(&w, 100);
        fake_tls_shutdowns = 0;
        midge_close(w.client);
        w.client = NULL;
        assert_int_equal(fake_tls_shutdowns, i == 0);
        probe_ended(&p, i == 0 ? MIDGE_OK : MIDGE_ERR_CLOSED);
        world_close(&w);
    }
}

/* The first leader's ticket comes when the second one has fallen silent: its request begins with
   the ticket. */
static void ticket_frees_a_silent_one(void **state)
{
    static const struct fake_script first = {
        .steps = {CH, SAY("F"), WAIT(3000), SAY(TICKET), REQUEST, WAIT(5000), SAY(HELLO)}};
    struct world w;
    struct probe a, b;
    (void)state;
    tls_world_open(&w, &wide);
    get_one(&w, &a, &first);
    get_one(&w, &b, &no_byte);
    fake_listen(&w.fake, 443, &near_12);
    uint64_t start = w.fake.now_ms;
    while (b.dones == 0) {
        world_turn(&w, -1);
    }
    assert_int_equal(w.fake.now_ms - start, 3000);
    assert_int_equal(b.result.connects, 2);
    probe_is_hello(&b);
    world_run(&w);
    probe_is_hello(&a);
    tls_world_close(&w);
}

/* Of sessions in use the oldest goes first, but that of the origin that asks only as the last one.
 */
static void session_of_the_asker_goes_last(void **state)
{
    static const char *const urls[] = {"https://a.test/", "https://b.test/"};
    struct world w;
    struct probe p[2];
    const struct midge__origin *origins[2];
    (void)state;
    tls_world_open(&w, &wide);
    fake_listen(&w.fake, 443, &near_12);
    for (unsigned i = 0; i < 2; i++) {
        probe_init(&p[i], &w, urls[i]);
        p[i].request.dangerously_skip_verification = 1;
        probe_start(&p[i]);
        world_run(&w);
        probe_is_hello(&p[i]);
    }
    struct midge__list *link = w.client->conns.next; /* both are kept, and their sessions */
    for (unsigned i = 0; i < 2; i++) {
        origins[i] = MIDGE_CONTAINER_OF(link, struct midge__conn, link)->origin;
        assert_non_null(origins[i]->session);
        link = link->next;
    }
    unsigned a = strcmp(origins[0]->host, "a.test") == 0 ? 0 : 1;
    assert_true(midge__origins_forget(w.client, origins[a]));
    assert_null(origins[1 - a]->session);
    assert_non_null(origins[a]->session);
    assert_true(midge__origins_forget(w.client, origins[a]));
    assert_null(origins[a]->session);
    assert_false(midge__origins_forget(w.client, origins[a]));
    tls_world_close(&w);
}

/* A peer that takes no close_notify holds the place of its origin for MIDGE_CLOSE_MS, and no other
   origin. */
static void slow_close_holds_one_place(void **state)
{
    static const struct fake_script ends = {
        .steps = {CH, SAY("S"), REQUEST,
                  SAY("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello")}};
    struct world w;
    struct probe first, second, other;
    (void)state;
    tls_world_open(&w, &(struct midge_config){.max_per_origin = 1});
    fake_listen(&w.fake, 443, &near_12);
    fake_tls_close_waits = true;
    get_hello(&w, &first, &ends);
    uint64_t start = w.fake.now_ms;
    probe_init(&second, &w, URL);
    second.request.dangerously_skip_verification = 1;
    probe_start(&second);
    probe_get(&other, &w, "http://b.test/");
    unsigned turns = w.turns;
    while (other.dones == 0) {
        world_turn(&w, -1);
    }
    assert_int_equal(w.fake.now_ms, start);
    assert_int_equal(second.sends, 0);
    fake_tls_close_waits = false;
    world_run(&w);
    assert_int_equal(w.fake.now_ms - start, MIDGE_CLOSE_MS);
    assert_in_range(w.turns - turns, 1, 30);
    probe_is_hello(&second);
    probe_is_hello(&other);
    tls_world_close(&w);
}

/* A request that ends while its connection waits for a permit says nothing about the server: its
   session stays, and its address. */
static void timeout_before_the_permit(void **state)
{
    static const struct midge_config config = {
        .max_connections = N, .max_per_origin = N, .max_handshakes = 1};
    struct world w;
    struct probe first, p, q;
    (void)state;
    tls_world_open(&w, &config);
    get_hello(&w, &first, &near_12);
    world_pass(&w, 2 * MIDGE_KEEP_ALIVE_MS);
    fake_next(&w.fake, &no_byte);
    probe_init(&q, &w, "https://other.test/");
    q.request.dangerously_skip_verification = 1;
    q.request.timeouts.tls_ms = 1000;
    probe_start(&q);
    world_pass(&w, 10);
    fake_next(&w.fake, &near_12);
    probe_init(&p, &w, URL);
    p.request.dangerously_skip_verification = 1;
    p.request.timeouts.queue_ms = 100;
    probe_start(&p);
    world_run(&w);
    assert_int_equal(p.result.phase, MIDGE_PHASE_QUEUE);
    probe_ended(&p, MIDGE_ERR_TIMEOUT);
    probe_ended(&q, MIDGE_ERR_TIMEOUT);
    unsigned lookups = w.fake.lookups;
    get_one(&w, &p, &near_12);
    world_run(&w);
    assert_int_equal(w.fake.lookups, lookups);
    assert_int_equal(p.result.resumed, 1);
    assert_int_equal(world_stats(&w).handshakes_resumed, 1);
    probe_is_hello(&p);
    tls_world_close(&w);
}

/* A client that closes gives all of its memory back: idle connections, sessions, results that were
   not taken, prepared requests. */
static void close_leaves_nothing(void **state)
{
    struct midge_stats stats;
    struct midge_config config = wide;
    struct world w;
    struct probe p, left;
    struct midge_prepared *prepared;
    (void)state;
    config.stats_at_close = &stats;
    tls_world_open(&w, &config);
    get_hello(&w, &p, &near_12);
    probe_init(&left, &w, URL);
    left.request.dangerously_skip_verification = 1;
    left.request.on_done = NULL;
    probe_start(&left);
    world_turns(&w, 10);
    assert_int_equal(midge_done(w.client, left.id), 1);
    assert_int_equal(midge_prepare(w.client, &left.request, &prepared), MIDGE_OK);
    world_pass(&w, 2 * MIDGE_KEEP_ALIVE_MS);
    assert_false(midge__list_empty(&w.client->conns) && midge__list_empty(&w.client->unused) &&
                 world_stats(&w).alloc_live == w.live);
    memset(&stats, 0xff, sizeof stats);
    midge_close(w.client);
    w.client = NULL;
    assert_int_equal(stats.alloc_live, 0);
    assert_int_equal(stats.open_connections, 0);
    assert_int_equal(stats.requests, 2);
    free(left.body);
    world_close(&w);
}

/* The same with a session whose origin nothing uses. */
static void close_leaves_no_session(void **state)
{
    struct midge_stats stats;
    struct midge_config config = wide;
    struct world w;
    struct probe p;
    (void)state;
    config.stats_at_close = &stats;
    tls_world_open(&w, &config);
    get_hello(&w, &p, &near_12);
    world_pass(&w, 2 * MIDGE_KEEP_ALIVE_MS);
    assert_false(midge__list_empty(&w.client->unused));
    midge_close(w.client);
    w.client = NULL;
    assert_int_equal(stats.alloc_live, 0);
    world_close(&w);
}

/* A ticket that comes while a connection is idle is taken, and the connection is kept. */
static void ticket_while_idle(void **state)
{
    static const struct fake_script late = {
        .steps = {CH, SAY("F"), REQUEST, SAY(HELLO), WAIT(1000), SAY(TICKET), REQUEST, SAY(HELLO)}};
    struct midge_config config = wide;
    struct world w;
    struct probe p;
    (void)state;
    config.ticket_wait_ms = 10;
    tls_world_open(&w, &config);
    get_hello(&w, &p, &late);
    world_pass(&w, 2000);
    assert_int_equal(w.fake.open, 1);
    probe_init(&p, &w, URL);
    p.request.dangerously_skip_verification = 1;
    probe_start(&p);
    world_run(&w);
    assert_int_equal(p.result.reused, 1);
    probe_is_hello(&p);
    world_pass(&w, 2 * MIDGE_KEEP_ALIVE_MS);
    get_one(&w, &p, &near_13);
    world_run(&w);
    assert_int_equal(p.result.resumed, 1);
    probe_is_hello(&p);
    tls_world_close(&w);
}

/* A server that refuses the handshake for its session gets a full one. */
static void refused_session(void **state)
{
    struct world w;
    struct probe p;
    (void)state;
    tls_world_open(&w, &wide);
    get_hello(&w, &p, &near_12);
    world_pass(&w, 2 * MIDGE_KEEP_ALIVE_MS);
    fake_next(&w.fake, &fails);
    fake_next(&w.fake, &near_12);
    probe_init(&p, &w, URL);
    p.request.dangerously_skip_verification = 1;
    probe_start(&p);
    world_run(&w);
    assert_int_equal(p.result.resumed, 0);
    assert_int_equal(p.result.tls_version, MIDGE_TLS_1_2);
    assert_int_equal(world_stats(&w).handshakes_full, 2);
    assert_int_equal(p.sends, 1);
    probe_is_hello(&p);
    /* A second refusal is an error. */
    world_pass(&w, 2 * MIDGE_KEEP_ALIVE_MS);
    fake_next(&w.fake, &fails);
    fake_next(&w.fake, &fails);
    probe_init(&p, &w, URL);
    p.request.dangerously_skip_verification = 1;
    probe_start(&p);
    world_run(&w);
    probe_ended(&p, MIDGE_ERR_TLS);
    tls_world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_full_handshake),
        cmocka_unit_test(computing_is_no_silence),
        cmocka_unit_test(waiting_for_us_is_no_silence),
        cmocka_unit_test(first_hangs),
        cmocka_unit_test(second_hangs_too),
        cmocka_unit_test(all_hang),
        cmocka_unit_test(earlier_moves_again),
        cmocka_unit_test(both_move),
        cmocka_unit_test(trickle_ends),
        cmocka_unit_test(hangs_after_handshake),
        cmocka_unit_test(tickets_never),
        cmocka_unit_test(no_tickets_is_remembered),
        cmocka_unit_test(ticket_late),
        cmocka_unit_test(leader_fails),
        cmocka_unit_test(all_fail),
        cmocka_unit_test(name_not_found),
        cmocka_unit_test(name_hangs),
        cmocka_unit_test(leader_ends_alone),
        cmocka_unit_test(short_limits),
        cmocka_unit_test(close_with_leaders),
        cmocka_unit_test(one_of_each),
        cmocka_unit_test(one_of_each_and_far),
        cmocka_unit_test(one_connection_all_hang),
        cmocka_unit_test(other_origins),
        cmocka_unit_test(by_chance),
        cmocka_unit_test(completes_by_computing),
        cmocka_unit_test(steps_are_counted),
        cmocka_unit_test(peer_is_secure),
        cmocka_unit_test(tickets_are_promised),
        cmocka_unit_test(fault_is_reported),
        cmocka_unit_test(used_origin_is_no_spare),
        cmocka_unit_test(close_is_said),
        cmocka_unit_test(ticket_frees_a_silent_one),
        cmocka_unit_test(session_of_the_asker_goes_last),
        cmocka_unit_test(slow_close_holds_one_place),
        cmocka_unit_test(timeout_before_the_permit),
        cmocka_unit_test(close_leaves_nothing),
        cmocka_unit_test(close_leaves_no_session),
        cmocka_unit_test(ticket_while_idle),
        cmocka_unit_test(refused_session),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
