/* SPDX-License-Identifier: MIT */
/* One request's life: deadlines, replay, pauses, bodies both ways, how answers end. */
#include "fake_port.h"

#define URL   "http://example.com/"
#define OTHER "http://other.test:81/"

static const struct fake_script silent = {.steps = {REQUEST}};

static void set_name(struct world *w, struct fake_name name)
{
    w->fake.names[0] = name;
    w->fake.n_names = 1;
}

/* One GET on the default port: what it ended with. The connection after it is in w. */
static void run_get(struct world *w, struct probe *p, const struct fake_script *script)
{
    world_open(w, NULL);
    fake_next(&w->fake, script);
    probe_get(p, w, URL);
    world_run(w);
}

/* --- deadlines --- */

static void times_out(struct world *w, struct probe *p, unsigned ms, enum midge_phase phase)
{
    uint64_t before = w->fake.now_ms;
    probe_start(p);
    world_run(w);
    assert_int_equal(w->fake.now_ms - before, ms);
    assert_int_equal(p->result.phase, phase);
    assert_int_equal(p->complete, MIDGE_COMPLETE_NO);
    probe_ended(p, MIDGE_ERR_TIMEOUT);
    assert_int_equal(p->result.t.total_us, ms * 1000);
    world_close(w);
}

static void deadline_queue(void **state)
{
    static const struct midge_config config = {.max_connections = 1};
    struct world w;
    struct probe first, p;
    (void)state;
    world_open(&w, &config);
    fake_listen(&w.fake, 80, &silent);
    probe_init(&first, &w, URL);
    first.request.timeouts.first_byte_ms = 100;
    probe_start(&first);
    probe_init(&p, &w, URL);
    p.request.timeouts.queue_ms = 100;
    p.request.timeouts.first_byte_ms = 1;
    times_out(&w, &p, 100, MIDGE_PHASE_QUEUE);
    probe_ended(&first, MIDGE_ERR_TIMEOUT);
    assert_int_equal(p.sends, 0);
}

static void deadline_dns(void **state)
{
    struct world w;
    struct probe p;
    (void)state;
    world_open(&w, NULL);
    set_name(&w, (struct fake_name){.host = "example.com", .never = true});
    probe_init(&p, &w, URL);
    p.request.timeouts.dns_ms = 100;
    times_out(&w, &p, 100, MIDGE_PHASE_DNS);
    assert_int_equal(w.fake.lookups_canceled, 1);
}

static void deadline_connect(void **state)
{
    static const struct fake_script never = {.connect = FAKE_NEVER};
    struct world w;
    struct probe p;
    (void)state;
    world_open(&w, NULL);
    fake_listen(&w.fake, 80, &never);
    probe_init(&p, &w, URL);
    p.request.timeouts.connect_ms = 100;
    times_out(&w, &p, 100, MIDGE_PHASE_CONNECT);
}

static void deadline_first_byte(void **state)
{
    static const struct fake_script late = {
        .connect_ms = 30, .steps = {REQUEST, WAIT(99), SAY("H"), WAIT(101), SAY("T")}};
    struct world w;
    struct probe p;
    (void)state;
    world_open(&w, NULL);
    fake_listen(&w.fake, 80, &silent);
    probe_init(&p, &w, URL);
    p.request.timeouts.first_byte_ms = 100;
    times_out(&w, &p, 100, MIDGE_PHASE_WAIT);
    /* It counts from the request sent; after the first byte it is the idle deadline's turn. */
    world_open(&w, NULL);
    fake_listen(&w.fake, 80, &late);
    probe_init(&p, &w, URL);
    p.request.timeouts.first_byte_ms = 100;
    p.request.timeouts.idle_ms = 100;
    times_out(&w, &p, 30 + 99 + 100, MIDGE_PHASE_BODY);
}

static void deadline_idle(void **state)
{
    static const struct fake_script drip = {.steps = {REQUEST, SAY(HELLO_LEN("5") "h"), WAIT(90),
                                                      SAY("e"), WAIT(90), SAY("l"), WAIT(90),
                                                      SAY("lo"), LOOP}};
    static const struct fake_script stops = {
        .steps = {REQUEST, SAY(HELLO_LEN("5") "h"), WAIT(90), SAY("e")}};
    static const struct fake_script takes_little = {.window = 100};
    static const struct fake_script takes_slowly = {
        .window = 100,
        .steps = {WAIT(90), OPEN(100), WAIT(90), OPEN(5000), REQUEST, SAY(HELLO), LOOP}};
    static uint8_t body[3000];
    struct world w;
    struct probe p;
    (void)state;
    world_open(&w, &(struct midge_config){.timeouts = {.idle_ms = 100}});
    fake_listen(&w.fake, 80, &drip);
    probe_get(&p, &w, URL);
    world_run(&w);
    probe_is_hello(&p);
    world_close(&w);

    world_open(&w, &(struct midge_config){.timeouts = {.idle_ms = 7}});
    fake_listen(&w.fake, 80, &stops);
    probe_init(&p, &w, URL);
    p.request.timeouts.idle_ms = 100; /* the request's own counts */
    times_out(&w, &p, 190, MIDGE_PHASE_BODY);
    assert_int_equal(p.len, 2);

    world_open(&w, NULL);
    fake_listen(&w.fake, 80, &takes_little);
    probe_init(&p, &w, URL);
    p.request.body = body;
    p.request.body_len = sizeof body;
    p.request.timeouts.idle_ms = 100;
    times_out(&w, &p, 100, MIDGE_PHASE_SEND);

    world_open(&w, NULL);
    fake_listen(&w.fake, 80, &takes_slowly);
    probe_init(&p, &w, URL);
    p.request.body = body;
    p.request.body_len = sizeof body;
    p.request.timeouts.idle_ms = 100;
    probe_start(&p);
    world_run(&w);
    probe_is_hello(&p);
    world_close(&w);
}

static void deadline_idle_stands_still(void **state)
{
    static const struct fake_script stops = {.steps = {REQUEST, SAY(HELLO_LEN("5") "h")}};
    struct world w;
    struct probe p;
    (void)state;
    world_open(&w, NULL);
    fake_listen(&w.fake, 80, &stops);
    probe_init(&p, &w, URL);
    p.pause = true;
    p.request.timeouts.idle_ms = 100;
    probe_start(&p);
    world_pass(&w, 10000);
    assert_int_equal(p.writes, 1);
    assert_int_equal(p.dones, 0);
    assert_int_equal(midge_resume(w.client, p.id), MIDGE_OK);
    uint64_t before = w.fake.now_ms;
    world_run(&w); /* counts anew from here */
    assert_int_equal(w.fake.now_ms - before, 100);
    probe_ended(&p, MIDGE_ERR_TIMEOUT);
    world_close(&w);

    /* The source has nothing: the same. */
    world_open(&w, NULL);
    probe_init(&p, &w, URL);
    probe_source(&p, 100, -1);
    p.hunger = 1;
    p.request.timeouts.idle_ms = 100;
    probe_start(&p);
    world_pass(&w, 10000);
    assert_int_equal(p.dones, 0);
    assert_int_equal(p.reads, 1);
    assert_int_equal(midge_resume(w.client, p.id), MIDGE_OK);
    world_run(&w);
    probe_is_hello(&p);
    world_close(&w);
}

static void deadline_total(void **state)
{
    static const struct midge_config one = {.max_connections = 1};
    static const struct fake_script stops = {.steps = {REQUEST, SAY(HELLO_LEN("5") "h")}};
    struct world w;
    struct probe first, p;
    (void)state;
    /* Paused: total does not stand still. */
    world_open(&w, NULL);
    fake_listen(&w.fake, 80, &stops);
    probe_init(&p, &w, URL);
    p.pause = true;
    p.request.timeouts.total_ms = 500;
    times_out(&w, &p, 500, MIDGE_PHASE_BODY);
    /* In the queue. */
    world_open(&w, &one);
    fake_listen(&w.fake, 80, &silent);
    probe_init(&first, &w, URL);
    first.request.timeouts.total_ms = 900;
    probe_start(&first);
    probe_init(&p, &w, URL);
    p.request.timeouts.total_ms = 500;
    probe_start(&p);
    world_run(&w);
    assert_int_equal(w.fake.now_ms, 1900);
    assert_int_equal(p.result.phase, MIDGE_PHASE_QUEUE);
    assert_int_equal(p.result.t.total_us, 500000);
    probe_ended(&p, MIDGE_ERR_TIMEOUT);
    probe_ended(&first, MIDGE_ERR_TIMEOUT);
    world_close(&w);
    /* The client's, and before a longer phase deadline. */
    world_open(&w, &(struct midge_config){.timeouts = {.total_ms = 300}});
    fake_listen(&w.fake, 80, &silent);
    probe_init(&p, &w, URL);
    times_out(&w, &p, 300, MIDGE_PHASE_WAIT);
}

/* From when it leaves the queue, however long it was there. */
static void deadline_attempt(void **state)
{
    static const struct midge_config one = {.max_connections = 1};
    struct world w;
    struct probe first, p;
    (void)state;
    world_open(&w, &one);
    fake_listen(&w.fake, 80, &silent);
    probe_init(&first, &w, URL);
    first.request.timeouts.attempt_ms = 900;
    probe_start(&first);
    probe_init(&p, &w, URL);
    p.request.timeouts.attempt_ms = 500;
    probe_start(&p);
    world_run(&w);
    assert_int_equal(w.fake.now_ms, 1000 + 900 + 500);
    assert_int_equal(p.result.phase, MIDGE_PHASE_WAIT);
    probe_ended(&p, MIDGE_ERR_TIMEOUT);
    probe_ended(&first, MIDGE_ERR_TIMEOUT);
    world_close(&w);
    /* The client's; total_ms is a limit beside it. */
    world_open(&w, &(struct midge_config){.timeouts = {.attempt_ms = 300}});
    fake_listen(&w.fake, 80, &silent);
    probe_init(&p, &w, URL);
    times_out(&w, &p, 300, MIDGE_PHASE_WAIT);
    world_open(&w, &(struct midge_config){.timeouts = {.attempt_ms = 300}});
    fake_listen(&w.fake, 80, &silent);
    probe_init(&p, &w, URL);
    p.request.timeouts.total_ms = 200;
    times_out(&w, &p, 200, MIDGE_PHASE_WAIT);
}

/* A lookup of 60 ms leaves 40 of 100 for the connect. */
static void deadline_open(void **state)
{
    static const struct fake_script never = {.connect = FAKE_NEVER};
    struct world w;
    struct probe p;
    (void)state;
    world_open(&w, NULL);
    set_name(&w, (struct fake_name){.host = "example.com", .count = 1, .ms = 60});
    fake_listen(&w.fake, 80, &never);
    probe_init(&p, &w, URL);
    p.request.timeouts.open_ms = 100;
    times_out(&w, &p, 100, MIDGE_PHASE_CONNECT);
    world_open(&w, NULL);
    set_name(&w, (struct fake_name){.host = "example.com", .never = true});
    probe_init(&p, &w, URL);
    p.request.timeouts.open_ms = 50;
    times_out(&w, &p, 50, MIDGE_PHASE_DNS);
    /* It ends with the opening. */
    world_open(&w, NULL);
    fake_listen(&w.fake, 80, &silent);
    probe_init(&p, &w, URL);
    p.request.timeouts.open_ms = 50;
    p.request.timeouts.first_byte_ms = 200;
    times_out(&w, &p, 200, MIDGE_PHASE_WAIT);
}

static void deadline_defaults(void **state)
{
    struct world w;
    struct probe p;
    (void)state;
    world_open(&w, NULL);
    fake_listen(&w.fake, 80, &silent);
    probe_init(&p, &w, URL);
    times_out(&w, &p, 120000, MIDGE_PHASE_WAIT);
    world_open(&w, NULL);
    fake_listen(&w.fake, 80, &silent);
    probe_init(&p, &w, URL);
    p.request.timeouts.first_byte_ms = MIDGE_NO_TIMEOUT;
    p.request.timeouts.total_ms = 500000;
    times_out(&w, &p, 500000, MIDGE_PHASE_WAIT);
}

/* --- names and addresses --- */

static void addresses(void **state)
{
    static const struct fake_script refuses = {.connect = FAKE_REFUSES, .connect_ms = 3};
    static const struct fake_script fails = {.connect = FAKE_FAILS};
    struct world w;
    struct probe p[4];
    (void)state;
    world_open(&w, NULL);
    set_name(&w, (struct fake_name){.host = "example.com", .count = 3, .ms = 5});
    fake_next(&w.fake, &refuses);
    fake_next(&w.fake, &fails);
    fake_next(&w.fake, &fake_hello);
    probe_get(&p[0], &w, URL);
    world_run(&w);
    assert_int_equal(w.fake.socks[0].addr.bytes[3], 1);
    assert_int_equal(w.fake.socks[1].addr.bytes[3], 3);
    assert_int_equal(p[0].result.t.dns_us, 5000);
    assert_int_equal(p[0].result.t.connect_us, 3000);
    probe_is_hello(&p[0]);
    /* The address that worked is taken again; when it fails, the name is asked anew. */
    for (unsigned i = 1; i < 3; i++) {
        probe_init(&p[i], &w, URL);
        p[i].request.no_reuse = 1;
        probe_start(&p[i]);
        if (i == 2) {
            fake_next(&w.fake, &refuses);
        }
        world_run(&w);
        probe_is_hello(&p[i]);
        assert_int_equal(w.fake.lookups, i);
    }
    assert_int_equal(w.fake.socks[2].addr.bytes[3], 3);
    /* All refuse. */
    for (unsigned i = 0; i < 4; i++) {
        fake_next(&w.fake, &refuses);
    }
    probe_init(&p[3], &w, URL);
    p[3].request.no_reuse = 1;
    probe_start(&p[3]);
    world_run(&w);
    assert_int_equal(p[3].result.native, 111);
    assert_int_equal(p[3].result.phase, MIDGE_PHASE_CONNECT);
    probe_ended(&p[3], MIDGE_ERR_CONNECT);
    world_close(&w);
}

/* One after the other: test_race.c has those that race. */
static void many_addresses(struct world *w, struct probe *p, uint8_t count)
{
    static const struct midge_config in_turn = {.attempt_delay_ms = MIDGE_NO_TIMEOUT};
    world_open(w, &in_turn);
    set_name(w, (struct fake_name){.host = "example.com", .count = count, .ms = 5});
    probe_init(p, w, URL);
}

static const struct fake_script black_hole = {.connect = FAKE_NEVER};

/* An address that never answers has its share of the time, not all of it. */
static void address_shares(void **state)
{
    static const struct fake_script refuses = {.connect = FAKE_REFUSES, .connect_ms = 100};
    struct world w;
    struct probe p;
    (void)state;
    many_addresses(&w, &p, 3);
    fake_next(&w.fake, &black_hole);
    probe_start(&p);
    world_run(&w);
    assert_int_equal(p.result.t.connect_us, 15000000 / 3);
    assert_int_equal(w.fake.socks[1].addr.bytes[3], 2);
    probe_is_hello(&p);
    world_close(&w);
    /* What one does not use is the others'. */
    many_addresses(&w, &p, 4);
    fake_next(&w.fake, &refuses);
    fake_next(&w.fake, &black_hole);
    p.request.timeouts.connect_ms = 9100;
    probe_start(&p);
    world_run(&w);
    assert_int_equal(p.result.t.connect_us, 100000 + 3000000);
    probe_is_hello(&p);
    world_close(&w);
    /* All of them: the deadline holds for all together. */
    many_addresses(&w, &p, 3);
    fake_listen(&w.fake, 80, &black_hole);
    p.request.timeouts.connect_ms = 6000;
    times_out(&w, &p, 6005, MIDGE_PHASE_CONNECT);
    assert_int_equal(w.fake.n_socks, 3);
    /* The whole request's deadline counts as well. */
    many_addresses(&w, &p, 2);
    fake_next(&w.fake, &black_hole);
    p.request.timeouts.connect_ms = MIDGE_NO_TIMEOUT;
    p.request.timeouts.total_ms = 4005;
    probe_start(&p);
    world_run(&w);
    assert_int_equal(p.result.t.connect_us, 2000000);
    probe_is_hello(&p);
    world_close(&w);
}

/* A share has room for one lost SYN; a deadline that is shorter serves the first address only. */
static void address_share_least(void **state)
{
    struct world w;
    struct probe p;
    (void)state;
    many_addresses(&w, &p, 8);
    fake_listen(&w.fake, 80, &black_hole);
    p.request.timeouts.connect_ms = 2500;
    times_out(&w, &p, 2505, MIDGE_PHASE_CONNECT);
    assert_int_equal(w.fake.n_socks, 3);
    many_addresses(&w, &p, 8);
    fake_listen(&w.fake, 80, &black_hole);
    p.request.timeouts.connect_ms = MIDGE_CONNECT_SHARE_MS;
    times_out(&w, &p, MIDGE_CONNECT_SHARE_MS + 5, MIDGE_PHASE_CONNECT);
    assert_int_equal(w.fake.n_socks, 1);
}

/* The remembered address has become a black hole: half of the time is left to ask again. */
static void address_remembered_is_gone(void **state)
{
    struct world w;
    struct probe p[2];
    (void)state;
    many_addresses(&w, &p[0], 1);
    probe_start(&p[0]);
    world_run(&w);
    probe_is_hello(&p[0]);
    fake_next(&w.fake, &black_hole);
    probe_init(&p[1], &w, URL);
    p[1].request.no_reuse = 1;
    p[1].request.timeouts.connect_ms = 6000;
    probe_start(&p[1]);
    world_run(&w);
    assert_int_equal(p[1].result.t.connect_us, 3000000);
    assert_int_equal(w.fake.lookups, 2);
    probe_is_hello(&p[1]);
    world_close(&w);
}

/* An address in the URL has all of the time, whether it worked before or not, and one try. */
static void address_literal_is_gone(void **state)
{
    struct world w;
    struct probe p[2];
    (void)state;
    world_open(&w, NULL);
    probe_get(&p[0], &w, "http://192.0.2.7/");
    world_run(&w);
    probe_is_hello(&p[0]);
    fake_next(&w.fake, &black_hole);
    probe_init(&p[1], &w, "http://192.0.2.7/");
    p[1].request.no_reuse = 1;
    p[1].request.timeouts.connect_ms = 6000;
    times_out(&w, &p[1], 6000, MIDGE_PHASE_CONNECT);
    assert_int_equal(w.fake.n_socks, 2);
    assert_int_equal(w.fake.lookups, 0);
    /* At once. */
    static const struct fake_script fails = {.connect = FAKE_FAILS};
    world_open(&w, NULL);
    fake_next(&w.fake, &fails);
    probe_get(&p[0], &w, "http://192.0.2.7/");
    world_run(&w);
    assert_int_equal(p[0].result.phase, MIDGE_PHASE_CONNECT);
    assert_true(p[0].result.native != 0);
    probe_ended(&p[0], MIDGE_ERR_CONNECT);
    world_close(&w);
}

static void names(void **state)
{
    struct world w;
    struct probe p[3];
    (void)state;
    world_open(&w, NULL);
    set_name(&w, (struct fake_name){.host = "example.com", .err = MIDGE_ERR_RESOLVE, .ms = 5});
    probe_get(&p[0], &w, URL);
    probe_get(&p[1], &w, "http://[::1]:8080/");
    probe_init(&p[2], &w, "http://example.com:82/x");
    p[2].request.connect_host = "127.0.0.9";
    p[2].request.connect_port = 4444;
    probe_start(&p[2]);
    world_run(&w);
    assert_int_equal(p[0].result.native, 4);
    assert_int_equal(p[0].result.phase, MIDGE_PHASE_DNS);
    probe_ended(&p[0], MIDGE_ERR_RESOLVE);
    assert_int_equal(w.fake.lookups, 1);
    probe_is_hello(&p[1]);
    probe_is_hello(&p[2]);
    for (unsigned i = 0; i < 2; i++) {
        bool six = w.fake.socks[i].addr.family == 6;
        assert_int_equal(w.fake.socks[i].port, six ? 8080 : 4444);
        const char *host = six ? "Host: [::1]:8080\r\n" : "Host: example.com:82\r\n";
        assert_true(fake_sent_has(&w.fake, i, host));
        assert_int_equal(w.fake.socks[i].addr.bytes[six ? 15 : 3], six ? 1 : 9);
    }
    world_close(&w);
}

/* Case counts in the names of interfaces. */
static int two_interfaces(void *ctx, const char *name, uint32_t *scope)
{
    (void)ctx;
    *scope = strcmp(name, "eth0") == 0 ? 7 : strcmp(name, "Eth0") == 0 ? 8 : 0;
    return *scope != 0 ? MIDGE_OK : MIDGE_ERR_ZONE;
}

struct zone_case {
    const char *url, *connect_host;
    uint32_t scope;
    const char *host;
};

static const struct zone_case zone_cases[] = {
    {"http://[fe80::1%25eth0]/", NULL, 7, "Host: [fe80::1]\r\n"},
    {"http://[FE80::1%25eth0]/", NULL, 7, NULL}, /* the same origin: the connection is kept */
    {"http://[fe80::1%25Eth0]/", NULL, 8, "Host: [fe80::1]\r\n"},
    {"http://[fe80::1%25%65th0]:81/", NULL, 7, "Host: [fe80::1]:81\r\n"},
    {"http://[fe80::1%eth0]:82/", NULL, 7, "Host: [fe80::1]:82\r\n"},
    {"http://[fe80::1%2542]/", NULL, 42, "Host: [fe80::1]\r\n"},
    {"http://a.test/", "fe80::1%eth0", 7, "Host: a.test\r\n"},
    {"http://a.test/", "fe80::1%25", 25, "Host: a.test\r\n"},
    {"http://a.test/", "fe80::1", 0, "Host: a.test\r\n"},
    {"http://[fe80::1%25eth0]:83/", "fe80::2", 0, "Host: [fe80::1]:83\r\n"},
};

static void zones_reach_the_port(void **state)
{
    struct world w;
    struct probe p;
    unsigned socks = 0;
    (void)state;
    world_open(&w, NULL);
    w.fake.port.zone = two_interfaces;
    for (size_t i = 0; i < sizeof zone_cases / sizeof zone_cases[0]; i++) {
        const struct zone_case *z = &zone_cases[i];
        probe_init(&p, &w, z->url);
        p.request.connect_host = z->connect_host;
        probe_start(&p);
        world_run(&w);
        probe_is_hello(&p);
        assert_int_equal(p.result.reused, z->host == NULL);
        if (z->host != NULL) {
            assert_int_equal(w.fake.socks[socks].addr.scope, z->scope);
            assert_true(fake_sent_has(&w.fake, socks, z->host));
            socks++;
        }
        assert_int_equal(w.fake.n_socks, socks);
    }
    assert_int_equal(w.fake.lookups, 0);
    world_close(&w);
}

/* Neither a zone that there is not nor a broken address is looked up as a name. */
static void zones_that_are_wrong(void **state)
{
    static const struct zone_case cases[] = {
        {"http://[fe80::1%25eth1]/", NULL, 0, NULL},
        {"http://[fe80::1%254294967296]/", NULL, 0, NULL},
        {"http://a.test/", "fe80::1%eth1", 0, NULL},
        {"http://a.test/", "fe80::1%-1", 0, NULL},
        /* From here on URL. */
        {"http://a.test/", "fe80::1%", 0, NULL},
        {"http://a.test/", "2001:db8::1%eth0", 0, NULL},
        {"http://a.test/", "192.0.2.1%eth0", 0, NULL},
        {"http://a.test/", "b.test%eth0", 0, NULL},
        {"http://a.test/", "fe80::1%a-name-of-more-than-31-characters", 0, NULL},
        {"http://a.test/", "fe80::1::2", 0, NULL},
        {"http://a.test/", "[fe80::1]", 0, NULL},
        {"http://a.test/", "b.test:80", 0, NULL},
    };
    struct world w;
    struct probe p;
    (void)state;
    world_open(&w, NULL);
    w.fake.port.zone = two_interfaces;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        probe_init(&p, &w, cases[i].url);
        p.request.connect_host = cases[i].connect_host;
        assert_int_equal(midge_start(w.client, &p.request, &p.id),
                         i < 4 ? MIDGE_ERR_ZONE : MIDGE_ERR_URL);
    }
    assert_int_equal(w.fake.lookups, 0);
    assert_int_equal(w.fake.n_socks, 0);
    world_close(&w);
}

/* --- replay --- */

static const struct fake_script fin_on_second = {.steps = {REQUEST, SAY(HELLO), REQUEST, FIN}};
static const struct fake_script reset_on_second = {.steps = {REQUEST, SAY(HELLO), REQUEST, RESET}};
static const struct fake_script send_fails = {.steps = {REQUEST, SAY(HELLO), SEND_FAILS}};
static const struct fake_script answers_partly = {
    .steps = {REQUEST, SAY(HELLO), REQUEST, SAY("HTTP/1.1 2"), RESET}};
static const struct fake_script fin_at_once = {.steps = {REQUEST, FIN}};

/* A kept connection that then behaves as the script says. */
static void with_kept(struct world *w, const struct fake_script *script)
{
    struct probe p;
    world_open(w, NULL);
    fake_next(&w->fake, script);
    probe_get(&p, w, URL);
    world_run(w);
    probe_is_hello(&p);
    assert_int_equal(world_stats(w).open_connections, 1);
}

static void expect_replayed(struct world *w, struct probe *p)
{
    assert_int_equal(p->result.retries, 1);
    assert_int_equal(p->result.reused, 0);
    assert_int_equal(p->result.connection, 2);
    assert_int_equal(p->sends, 2);
    assert_int_equal(p->result.native, 0);
    probe_is_hello(p);
    world_close(w);
}

static void expect_failed(struct world *w, struct probe *p, int err)
{
    assert_int_equal(p->result.retries, 0);
    assert_int_equal(p->sends, 1);
    assert_int_equal(world_stats(w).connections, 1);
    probe_ended(p, err);
    world_close(w);
}

static void replay_get(void **state)
{
    const struct fake_script *const scripts[] = {&fin_on_second, &reset_on_second, &send_fails};
    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        struct world w;
        struct probe p;
        with_kept(&w, scripts[i]);
        probe_get(&p, &w, URL);
        world_run(&w);
        expect_replayed(&w, &p);
    }
}

static void replay_not_twice(void **state)
{
    struct world w;
    struct probe p;
    (void)state;
    with_kept(&w, &fin_on_second);
    fake_next(&w.fake, &fin_at_once);
    probe_get(&p, &w, URL);
    world_run(&w);
    assert_int_equal(p.result.retries, 1);
    assert_int_equal(p.sends, 2);
    probe_ended(&p, MIDGE_ERR_EMPTY_REPLY);
    world_close(&w);
}

/* Another kept connection may be as stale: a replay takes a new one. */
static void replay_not_on_a_kept_one(void **state)
{
    static const struct fake_script slow = {.steps = {REQUEST, WAIT(10), SAY(HELLO), REQUEST, FIN}};
    struct world w;
    struct probe both[2], p;
    (void)state;
    world_open(&w, &(struct midge_config){.max_connections = 4, .max_per_origin = 4});
    for (unsigned i = 0; i < 2; i++) {
        fake_next(&w.fake, &slow);
        probe_get(&both[i], &w, URL);
        world_turns(&w, 4);
    }
    world_run(&w);
    probe_is_hello(&both[0]);
    probe_is_hello(&both[1]);
    assert_int_equal(world_stats(&w).open_connections, 2);
    probe_get(&p, &w, URL);
    world_run(&w);
    assert_int_equal(p.result.retries, 1);
    assert_int_equal(p.result.connection, 3);
    probe_is_hello(&p);
    world_close(&w);
}

static void replay_not_after_bytes(void **state)
{
    struct world w;
    struct probe p;
    (void)state;
    with_kept(&w, &answers_partly);
    probe_get(&p, &w, URL);
    world_run(&w);
    assert_int_equal(p.result.native, 104);
    assert_int_equal(p.result.reused, 1);
    expect_failed(&w, &p, MIDGE_ERR_RECV);
}

static void replay_not_fresh(void **state)
{
    struct world w;
    struct probe p;
    (void)state;
    run_get(&w, &p, &fin_at_once);
    expect_failed(&w, &p, MIDGE_ERR_EMPTY_REPLY);
}

static void replay_post(void **state)
{
    struct world w;
    struct probe p;
    (void)state;
    with_kept(&w, &reset_on_second);
    probe_init(&p, &w, URL);
    p.request.body = "abc";
    p.request.body_len = 3;
    probe_start(&p);
    world_run(&w);
    expect_failed(&w, &p, MIDGE_ERR_RECV);

    with_kept(&w, &send_fails); /* nothing was sent */
    probe_init(&p, &w, URL);
    p.request.body = "abc";
    p.request.body_len = 3;
    probe_start(&p);
    world_run(&w);
    assert_true(fake_sent_has(&w.fake, 1, "\r\nContent-Length: 3\r\n"));
    assert_true(fake_sent_has(&w.fake, 1, "\r\n\r\nabc"));
    expect_replayed(&w, &p);
}

/* Takes the chunked body of the first request apart; answers its length, checks the pattern. */
static size_t dechunk(const struct fake_sock *s)
{
    char *text = malloc(s->sent_len + 1);
    size_t n = 0;
    memcpy(text, s->sent, s->sent_len);
    text[s->sent_len] = '\0';
    char *at = strstr(text, "\r\n\r\n");
    assert_non_null(at);
    at += 4;
    for (;;) {
        char *end;
        size_t size = strtoul(at, &end, 16);
        assert_true(end > at && end[0] == '\r' && end[1] == '\n');
        at = end + 2;
        for (size_t i = 0; i < size; i++) {
            assert_int_equal((uint8_t)at[i], fake_pattern(n + i));
        }
        n += size;
        at += size;
        assert_memory_equal(at, "\r\n", 2);
        at += 2;
        if (size == 0) {
            break;
        }
    }
    assert_int_equal(at - text, s->sent_len);
    free(text);
    return n;
}

/* Method, what happens to the kept connection, framing; rewinding or not. */
static void replay_source_with(const char *method, const struct fake_script *script,
                               int64_t announced, bool rewinds, bool replayed)
{
    struct world w;
    struct probe p;
    with_kept(&w, script);
    probe_init(&p, &w, URL);
    probe_source(&p, 300, announced);
    p.request.method = method;
    if (!rewinds) {
        p.source.rewind = NULL;
    }
    probe_start(&p);
    world_run(&w);
    if (!replayed) {
        int err = p.result.error;
        assert_true(err == MIDGE_ERR_RECV || err == MIDGE_ERR_SEND || err == MIDGE_ERR_EMPTY_REPLY);
        expect_failed(&w, &p, err);
        return;
    }
    assert_int_equal(p.rewinds, 1);
    assert_int_equal(p.given, 300);
    const struct fake_sock *sock = &w.fake.socks[1];
    if (announced < 0) {
        assert_int_equal(dechunk(sock), 300);
    }
    for (size_t i = 0; announced >= 0 && i < 300; i++) {
        assert_int_equal(sock->sent[sock->sent_len - 300 + i], fake_pattern(i));
    }
    expect_replayed(&w, &p);
}

static void replay_source(void **state)
{
    (void)state;
    for (int64_t announced = -1; announced <= 300; announced += 301) {
        replay_source_with("PUT", &fin_on_second, announced, true, true);
        replay_source_with("PUT", &reset_on_second, announced, true, true);
        replay_source_with("PUT", &fin_on_second, announced, false, false);
        replay_source_with("POST", &fin_on_second, announced, true, false);
        /* Read, but not sent: rewound all the same. */
        replay_source_with("POST", &send_fails, announced, true, true);
        replay_source_with("POST", &send_fails, announced, false, false);
    }
}

static void no_replay_for_a_failing_source(void **state)
{
    struct world w;
    struct probe p;
    (void)state;
    with_kept(&w, &fin_on_second);
    probe_init(&p, &w, URL);
    probe_source(&p, 0, -1);
    p.read_err = MIDGE_ERR_READ;
    p.request.method = "PUT";
    probe_start(&p);
    world_run(&w);
    assert_int_equal(p.reads, 1);
    assert_int_equal(p.rewinds, 0);
    expect_failed(&w, &p, MIDGE_ERR_READ);
}

/* The deadline that stood still for the source runs again in the replay. */
static void replay_thaws(void **state)
{
    static const struct fake_script resets = {
        .steps = {REQUEST, SAY(HELLO), SENT(200), WAIT(50), RESET}};
    static const struct fake_script takes_little = {.window = 10};
    struct world w;
    struct probe p;
    (void)state;
    with_kept(&w, &resets);
    fake_next(&w.fake, &takes_little);
    probe_init(&p, &w, URL);
    probe_source(&p, 5000, -1);
    p.request.method = "PUT";
    p.piece = 300;
    p.nth = 0;
    p.hungry = 1;
    p.request.timeouts.idle_ms = 100;
    probe_start(&p);
    world_run(&w);
    assert_int_equal(p.result.retries, 1);
    probe_ended(&p, MIDGE_ERR_TIMEOUT);
    world_close(&w);
}

static void rewind_cancel(struct probe *p)
{
    assert_int_equal(midge_cancel(p->w->client, p->id), MIDGE_OK);
}

static void rewind_cancel_detach(struct probe *p)
{
    rewind_cancel(p);
    assert_int_equal(midge_detach(p->w->client, p->id), MIDGE_OK);
}

static void rewind_cancel_start(struct probe *p)
{
    rewind_cancel(p);
    probe_start(p->other);
}

static void rewind_close(struct probe *p)
{
    midge_close(p->w->client);
}

static int rewind_acts(struct midge_source *source)
{
    struct probe *p = MIDGE_CONTAINER_OF(source, struct probe, source);
    p->act(p);
    return probe_rewind(source);
}

static int rewind_acts_and_fails(struct midge_source *source)
{
    (void)rewind_acts(source);
    return MIDGE_ERR_READ;
}

/* What a source does while it is rewound ends the request once, and nothing is replayed. */
static void rewind_ends_its_own_request(void **state)
{
    static void (*const acts[])(struct probe *) = {rewind_cancel, rewind_cancel_detach,
                                                   rewind_cancel_start, rewind_close};
    (void)state;
    for (unsigned i = 0; i < 8; i++) {
        void (*act)(struct probe *) = acts[i / 2];
        struct world w;
        struct probe p, other;
        with_kept(&w, &fin_on_second);
        probe_init(&p, &w, URL);
        probe_init(&other, &w, OTHER);
        probe_source(&p, 300, 300);
        p.source.rewind = i % 2 ? rewind_acts_and_fails : rewind_acts;
        p.request.method = "PUT";
        p.act = act;
        p.other = &other;
        probe_start(&p);
        world_run(&w);
        assert_int_equal(p.sends, 1);
        assert_int_equal(p.rewinds, 1);
        int err = act != rewind_close ? MIDGE_ERR_CANCELED
                  : i % 2             ? MIDGE_ERR_EMPTY_REPLY
                                      : MIDGE_ERR_CLOSED;
        probe_ended(&p, err);
        if (act == rewind_cancel_start) {
            probe_is_hello(&other);
        }
        world_close(&w);
    }
}

static void rewind_resume(struct probe *p)
{
    assert_int_equal(midge_resume(p->w->client, p->id), MIDGE_OK);
}

/* It waits for nothing while it is rewound. */
static void rewind_resumes(void **state)
{
    struct world w;
    struct probe p;
    (void)state;
    with_kept(&w, &fin_on_second);
    probe_init(&p, &w, URL);
    probe_source(&p, 300, 300);
    p.source.rewind = rewind_acts;
    p.request.method = "PUT";
    p.act = rewind_resume;
    probe_start(&p);
    world_run(&w);
    assert_int_equal(p.rewinds, 1);
    probe_is_hello(&p);
    world_close(&w);
}

static void no_reuse(void **state)
{
    struct world w;
    struct probe p[3];
    (void)state;
    world_open(&w, NULL);
    for (unsigned i = 0; i < 3; i++) {
        probe_init(&p[i], &w, URL);
        p[i].request.no_reuse = i > 0;
        probe_start(&p[i]);
        world_run(&w);
        assert_int_equal(p[i].result.connection, i + 1);
        probe_is_hello(&p[i]);
        world_turns(&w, 3);
        assert_int_equal(world_stats(&w).open_connections, 1); /* the first one's */
    }
    world_close(&w);
}

/* --- pauses --- */

static void pause_stops_reading(void **state)
{
    static const struct fake_script large = {
        .steps = {REQUEST, SAY(HELLO_LEN("100000")), FILL(100000), LOOP}};
    struct world w;
    struct probe p;
    (void)state;
    world_open(&w, NULL);
    fake_listen(&w.fake, 80, &large);
    probe_init(&p, &w, URL);
    p.pause = true;
    probe_start(&p);
    while (p.dones == 0) {
        unsigned before = p.writes;
        world_turns(&w, 20);
        world_pass(&w, 100);
        assert_int_equal(p.writes, before + (p.dones == 0));
        size_t head = sizeof HELLO_LEN("100000") - 1;
        assert_true(w.fake.received <= p.len + head + MIDGE_RECV_BUFFER);
        size_t received = w.fake.received;
        world_pass(&w, 1000);
        assert_int_equal(w.fake.received, received);
        assert_int_equal(midge_interest(w.client, NULL, 0), p.dones > 0);
        if (p.dones == 0) {
            assert_int_equal(midge_resume(w.client, p.id), MIDGE_OK);
            assert_int_equal(midge_resume(w.client, p.id), MIDGE_OK);
        }
    }
    assert_int_equal(p.len, 100000);
    for (size_t i = 0; i < p.len; i++) {
        assert_int_equal(p.body[i], fake_pattern(i));
    }
    probe_ended(&p, MIDGE_OK);
    world_close(&w);
}

#define CHUNKS "1\r\na\r\n1\r\nb\r\n2\r\ncd\r\n1\r\ne\r\n1\r\nf\r\n"

/* One segment brings it all: each resume gives the next chunk without a socket event. */
static void pause_each_chunk(void **state)
{
    static const struct fake_script chunks = {
        .steps = {REQUEST, SAY(HELLO_CHUNKED CHUNKS "0\r\nT: x\r\n\r\n"), LOOP}};
    struct world w;
    struct probe p;
    (void)state;
    world_open(&w, NULL);
    fake_listen(&w.fake, 80, &chunks);
    probe_init(&p, &w, URL);
    p.pause = true;
    probe_start(&p);
    world_turns(&w, 10);
    for (unsigned i = 1; i <= 5; i++) {
        assert_int_equal(p.writes, i);
        assert_int_equal(p.dones, 0);
        unsigned calls = w.fake.calls;
        assert_int_equal(midge_resume(w.client, p.id), MIDGE_OK);
        assert_int_equal(midge_next_timeout(w.client), 0);
        world_turn(&w, 0);
        assert_true(w.fake.calls <= calls + 1);
    }
    world_turns(&w, 2);
    assert_memory_equal(p.body, "abcdef", 6);
    assert_int_equal(p.trailers, 1);
    assert_string_equal(p.trailer, "T=x");
    probe_ended(&p, MIDGE_OK);
    assert_int_equal(world_stats(&w).open_connections, 1);
    world_close(&w);
}

/* The last byte came with the pause; the end needs no further byte. And until close. */
static void pause_at_the_end(void **state)
{
    static const struct fake_script whole = {.steps = {REQUEST, SAY(HELLO)}};
    static const struct fake_script until = {
        .steps = {REQUEST, SAY("HTTP/1.1 200 OK\r\n\r\nhello"), FIN}};
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        struct world w;
        struct probe p;
        world_open(&w, NULL);
        fake_listen(&w.fake, 80, i ? &until : &whole);
        probe_init(&p, &w, URL);
        p.pause = true;
        probe_start(&p);
        world_pass(&w, 100);
        assert_int_equal(p.dones, 0);
        assert_int_equal(midge_resume(w.client, p.id), MIDGE_OK);
        world_run(&w);
        assert_int_equal(p.complete, i ? MIDGE_COMPLETE_UNVERIFIED : MIDGE_COMPLETE_YES);
        assert_int_equal(p.len, 5);
        probe_ended(&p, MIDGE_OK);
        world_close(&w);
    }
}

static void resume_each_time(struct probe *p)
{
    p->nth = 1 + (p->at == SINK_WRITE ? p->writes : p->reads);
    assert_int_equal(midge_resume(p->w->client, p->id), MIDGE_OK);
}

/* Resumed before it could say that it wants to wait: it does not wait. */
static void resume_in_callback(void **state)
{
    static const struct fake_script chunks = {
        .recv_slice = 11, .steps = {REQUEST, SAY(HELLO_CHUNKED CHUNKS "0\r\n\r\n"), LOOP}};
    (void)state;
    for (enum where where = SINK_WRITE; where <= SOURCE_READ; where++) {
        struct world w;
        struct probe p;
        world_open(&w, NULL);
        fake_listen(&w.fake, 80, &chunks);
        probe_init(&p, &w, URL);
        p.at = where;
        p.act = resume_each_time;
        p.pause = where == SINK_WRITE;
        if (where == SOURCE_READ) {
            probe_source(&p, 1000, -1);
            p.piece = 300;
            p.hungry = p.hunger = 2;
        }
        probe_start(&p);
        world_run(&w);
        assert_memory_equal(p.body, "abcdef", 6);
        assert_int_equal(p.given, p.give);
        probe_ended(&p, MIDGE_OK);
        world_close(&w);
    }
}

/* A resume of long ago does not count. */
static void resume_before_pause(void **state)
{
    struct world w;
    struct probe p;
    (void)state;
    world_open(&w, NULL);
    probe_init(&p, &w, URL);
    p.pause = true;
    p.at = ON_RESPONSE;
    p.act = resume_each_time;
    probe_start(&p);
    world_pass(&w, 1000);
    assert_int_equal(p.dones, 0);
    assert_int_equal(midge_resume(w.client, p.id), MIDGE_OK);
    world_run(&w);
    probe_is_hello(&p);
    world_close(&w);
}

/* The answer begins while the request is still being sent: both directions wait, each for its
   own. */
static void resume_one_direction(void **state)
{
    static const struct fake_script early = {
        .steps = {SENT(100), SAY(HELLO_LEN("10") "hello"), SAY("wo"), REQUEST, SAY("rld"), LOOP}};
    struct world w;
    struct probe p;
    (void)state;
    world_open(&w, &(struct midge_config){.timeouts = {.idle_ms = 100}});
    fake_listen(&w.fake, 80, &early);
    probe_init(&p, &w, URL);
    probe_source(&p, 120, -1);
    p.piece = 60;
    p.hungry = 1;
    p.pause = true;
    probe_start(&p);
    world_pass(&w, 1000);
    assert_int_equal(p.reads, 2);
    assert_int_equal(p.writes, 1);
    assert_int_equal(midge_resume_source(w.client, p.id), MIDGE_OK);
    world_pass(&w, 1000);
    assert_int_equal(p.reads, 4);
    assert_int_equal(p.writes, 1);
    assert_int_equal(midge_resume_sink(w.client, p.id), MIDGE_OK);
    world_pass(&w, 1000);
    assert_int_equal(p.reads, 4);
    assert_int_equal(p.writes, 2);
    assert_int_equal(midge_resume_source(w.client, p.id), MIDGE_OK);
    world_pass(&w, 1000); /* the sink alone waits: the idle deadline still stands still */
    assert_int_equal(p.reads, 5);
    assert_int_equal(p.writes, 2);
    p.pause = false;
    assert_int_equal(midge_resume(w.client, p.id), MIDGE_OK);
    world_run(&w);
    assert_memory_equal(p.body, "helloworld", 10);
    probe_ended(&p, MIDGE_OK);
    assert_int_equal(midge_resume_sink(w.client, p.id), MIDGE_ERR_STALE);
    assert_int_equal(midge_resume_source(w.client, p.id), MIDGE_ERR_STALE);
    world_close(&w);
}

/* A request on a kept connection asks its source before the turn's poll. That poll must not wait:
   the application has given its limit of time, and learns only now that its source has no bytes. */
static void no_poll_while_the_source_waits(void **state)
{
    static const struct fake_script server = {.steps = {REQUEST, SAY(HELLO), LOOP}};
    struct world w;
    struct probe first, p;
    uint64_t before;
    (void)state;
    world_open(&w, NULL);
    fake_listen(&w.fake, 80, &server);
    probe_init(&first, &w, URL);
    probe_start(&first);
    world_run(&w);
    probe_ended(&first, MIDGE_OK);
    probe_init(&p, &w, URL);
    probe_source(&p, 120, -1);
    p.piece = 60;
    p.hungry = 1;
    probe_start(&p);
    before = w.fake.now_ms;
    assert_true(midge_poll(w.client, -1) > 0);
    assert_int_equal(w.fake.now_ms, before);
    assert_int_equal(p.reads, 2); /* a piece, then none */
    while (p.dones == 0) {        /* it is hungry before each piece */
        assert_int_equal(midge_resume_source(w.client, p.id), MIDGE_OK);
        (void)midge_poll(w.client, -1);
    }
    probe_is_hello(&p);
    world_close(&w);
}

static void cancel_paused(void **state)
{
    for (unsigned i = 0; i < 2; i++) {
        struct world w;
        struct probe p;
        (void)state;
        world_open(&w, NULL);
        probe_init(&p, &w, URL);
        p.pause = true;
        probe_start(&p);
        world_pass(&w, 100);
        if (i) {
            midge_close(w.client);
        } else {
            assert_int_equal(midge_cancel(w.client, p.id), MIDGE_OK);
            world_run(&w);
        }
        probe_ended(&p, i ? MIDGE_ERR_CLOSED : MIDGE_ERR_CANCELED);
        world_close(&w);
    }
}

static void failing_callbacks(void **state)
{
    struct world w;
    struct probe p[3];
    (void)state;
    world_open(&w, &(struct midge_config){.max_per_origin = 4});
    for (unsigned i = 0; i < 3; i++) {
        probe_init(&p[i], &w, URL);
        p[i].write_err = i == 0 ? MIDGE_ERR_WRITE : MIDGE_OK;
        p[i].finish_answer = i == 1 ? MIDGE_ERR_WRITE : MIDGE_OK;
        p[i].response_answer = i == 2 ? MIDGE_ERR_JSON : MIDGE_OK;
        probe_start(&p[i]);
    }
    world_run(&w);
    probe_ended(&p[0], MIDGE_ERR_WRITE);
    assert_int_equal(p[0].finish_err, MIDGE_ERR_WRITE);
    assert_int_equal(p[0].complete, MIDGE_COMPLETE_NO);
    probe_ended(&p[1], MIDGE_ERR_WRITE);
    assert_int_equal(p[1].finish_err, MIDGE_OK);
    assert_int_equal(p[1].complete, MIDGE_COMPLETE_YES);
    probe_ended(&p[2], MIDGE_ERR_JSON);
    assert_int_equal(p[2].writes, 0);
    world_turns(&w, 3);
    assert_int_equal(world_stats(&w).open_connections, 1); /* only the second's is kept */
    assert_int_equal(world_stats(&w).failed, 3);
    world_close(&w);
}

/* --- request bodies --- */

static void send_pattern(const struct fake_script *script, size_t n)
{
    static uint8_t body[100000];
    struct world w;
    struct probe p;
    char length[48];
    world_open(&w, NULL);
    fake_listen(&w.fake, 80, script);
    for (size_t i = 0; i < n; i++) {
        body[i] = fake_pattern(i);
    }
    probe_init(&p, &w, URL);
    p.request.body = body;
    p.request.body_len = n;
    p.request.content_type = "text/plain";
    probe_start(&p);
    world_run(&w);
    assert_string_equal(p.url, "POST " URL);
    (void)snprintf(length, sizeof length, "\r\nContent-Length: %u\r\n", (unsigned)n);
    assert_true(fake_sent_has(&w.fake, 0, length));
    assert_true(fake_sent_has(&w.fake, 0, "\r\nContent-Type: text/plain\r\n"));
    const struct fake_sock *s = &w.fake.socks[0];
    assert_memory_equal(s->sent + s->sent_len - n, body, n);
    assert_int_equal(s->sent_len, s->request_at);
    probe_is_hello(&p);
    assert_int_equal(world_stats(&w).open_connections, 1);
    world_close(&w);
}

static void memory_bodies(void **state)
{
    static const struct fake_script slices = {.send_slice = 777,
                                              .steps = {REQUEST, SAY(HELLO), LOOP}};
    static const struct fake_script slow = {.window = 3,
                                            .steps = {WAIT(5), OPEN(500), WAIT(5), OPEN(1000),
                                                      WAIT(5), OPEN(200000), REQUEST, SAY(HELLO),
                                                      LOOP}};
    static const size_t sizes[] = {0, 1, 500, 800, 900, 1000, 1024, 1025, 5000, 100000};
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        send_pattern(&fake_hello, sizes[i]);
        send_pattern(&slices, sizes[i]);
        send_pattern(&slow, sizes[i]);
    }
}

static unsigned sends; /* calls of the port */

static int send_counted(void *ctx, midge_sock sock, const uint8_t *buf, size_t len, size_t *n,
                        int *native)
{
    sends++;
    return fake_send(ctx, sock, buf, len, n, native);
}

/* Calls of send for a body of n bytes. *head: bytes before it. */
static unsigned sends_for(size_t n, size_t *head)
{
    static const uint8_t body[MIDGE_SEND_BUFFER];
    struct world w;
    struct probe p;
    world_open(&w, NULL);
    w.fake.port.send = send_counted;
    probe_init(&p, &w, URL);
    p.request.body = body;
    p.request.body_len = n;
    sends = 0;
    probe_start(&p);
    world_run(&w);
    *head = w.fake.socks[0].sent_len - n;
    probe_is_hello(&p);
    world_close(&w);
    return sends;
}

/* A body that fits behind its head is sent with it. */
static void small_body_in_one_send(void **state)
{
    size_t head;
    (void)state;
    assert_int_equal(sends_for(100, &head), 1);
    assert_int_equal(sends_for(MIDGE_SEND_BUFFER - head, &head), 1);
    assert_int_equal(sends_for(MIDGE_SEND_BUFFER - head + 1, &head), 2);
}

static void source_with(size_t n, bool chunked, size_t piece, unsigned hungry, size_t send_slice)
{
    struct fake_script script = {.send_slice = send_slice, .steps = {REQUEST, SAY(HELLO), LOOP}};
    struct world w;
    struct probe p;
    world_open(&w, NULL);
    fake_listen(&w.fake, 80, &script);
    probe_init(&p, &w, URL);
    probe_source(&p, n, chunked ? -1 : (int64_t)n);
    p.piece = piece;
    p.hungry = p.hunger = hungry;
    probe_start(&p);
    while (p.dones == 0) {
        unsigned reads = p.reads;
        world_pass(&w, 1);
        if (hungry > 0 && p.reads > 0 && p.dones == 0) {
            assert_true(p.reads <= reads + 2); /* AGAIN: not asked again before resume */
            assert_int_equal(midge_resume(w.client, p.id), MIDGE_OK);
        }
    }
    struct fake_sock *s = &w.fake.socks[0];
    if (chunked) {
        assert_int_equal(dechunk(s), n);
    } else {
        for (size_t i = 0; i < n; i++) {
            assert_int_equal(s->sent[s->sent_len - n + i], fake_pattern(i));
        }
    }
    assert_int_equal(s->request_at, s->sent_len);
    assert_int_equal(world_stats(&w).open_connections, 1);
    probe_is_hello(&p);
    world_close(&w);
}

static void sources(void **state)
{
    static const size_t sizes[] = {0, 1, 900, 1024, 5000};
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        for (unsigned chunked = 0; chunked < 2; chunked++) {
            source_with(sizes[i], chunked, 0, 0, 0);
            source_with(sizes[i], chunked, 100, 0, 33);
            source_with(sizes[i], chunked, 300, 1, 0);
            source_with(sizes[i], chunked, 300, 2, 50);
        }
    }
}

/* A kept connection keeps nothing of an upload. */
static void uploads_leave_nothing(void **state)
{
    struct world w;
    size_t live = 0;
    (void)state;
    world_open(&w, NULL);
    for (unsigned i = 0; i < 3; i++) {
        struct probe p;
        probe_init(&p, &w, URL);
        probe_source(&p, 100, 100);
        probe_start(&p);
        world_run(&w);
        assert_int_equal(p.result.connection, 1);
        probe_is_hello(&p);
        assert_true(i == 0 || world_stats(&w).alloc_live == live);
        live = world_stats(&w).alloc_live;
    }
    world_close(&w);
}

static void source_length_wrong(void **state)
{
    struct world w;
    struct probe p;
    (void)state;
    world_open(&w, NULL);
    probe_init(&p, &w, URL);
    probe_source(&p, 99, 100);
    probe_start(&p);
    world_run(&w);
    assert_int_equal(p.finish_err, MIDGE_ERR_READ);
    probe_ended(&p, MIDGE_ERR_READ);
    world_turns(&w, 2);
    assert_int_equal(world_stats(&w).open_connections, 0);
    /* Longer: only what was announced is asked for. */
    probe_init(&p, &w, URL);
    probe_source(&p, 200, 100);
    probe_start(&p);
    world_run(&w);
    assert_int_equal(p.given, 100);
    probe_is_hello(&p);
    /* Its own error. */
    probe_init(&p, &w, URL);
    probe_source(&p, 50, 100);
    p.read_err = MIDGE_ERR_JSON;
    p.request.no_reuse = 1;
    probe_start(&p);
    world_run(&w);
    probe_ended(&p, MIDGE_ERR_JSON);
    world_close(&w);
}

/* The answer is whole before the body is out: fine, but the connection is not kept. */
static void early_answer(void **state)
{
    static const struct fake_script early = {.window = 2000, .steps = {SENT(1500), SAY(HELLO)}};
    static uint8_t body[9000];
    (void)state;
    for (unsigned kind = 0; kind < 4; kind++) {
        struct world w;
        struct probe p;
        world_open(&w, NULL);
        fake_next(&w.fake, &early);
        probe_init(&p, &w, URL);
        if (kind == 0) {
            p.request.body = body;
            p.request.body_len = sizeof body;
        } else {
            probe_source(&p, 9000, kind == 1 ? 9000 : -1);
        }
        if (kind == 3) { /* the source has no more for now */
            p.piece = 500;
            p.hungry = 1;
        }
        probe_start(&p);
        for (unsigned i = 0; i < 20 && p.dones == 0; i++) {
            world_turn(&w, 1);
            if (kind == 3 && p.given < 1600) {
                (void)midge_resume(w.client, p.id);
            }
        }
        probe_is_hello(&p);
        world_turns(&w, 3);
        assert_int_equal(world_stats(&w).open_connections, 0);
        world_close(&w);
    }
}

static void server_closes_while_sending(void **state)
{
#define SORRY "HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno"
    static const struct fake_script resets = {.window = 3000,
                                              .steps = {SENT(1500), WAIT(5), RESET}};
    static const struct fake_script says_no = {.window = 3000,
                                               .steps = {SENT(1500), WAIT(5), SAY(SORRY), FIN}};
    static const struct fake_script no_more = {
        .send_slice = 500, .send_breaks = 2000, .steps = {SENT(1500), SAY(SORRY), FIN}};
    static const struct fake_script breaks = {
        .send_slice = 500, .send_breaks = 2000, .steps = {SENT(2000), WAIT(5), FIN}};
    static const struct fake_script fins = {.window = 3000, .steps = {SENT(1500), WAIT(5), FIN}};
    static uint8_t body[9000];
    static const struct {
        const struct fake_script *script;
        int err, status;
    } rows[] = {{&resets, MIDGE_ERR_RECV, 0},
                {&says_no, MIDGE_OK, 413},
                {&no_more, MIDGE_OK, 413},
                {&breaks, MIDGE_ERR_SEND, 0},
                {&fins, MIDGE_ERR_EMPTY_REPLY, 0}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        for (unsigned kind = 0; kind < 3; kind++) {
            struct world w;
            struct probe p;
            world_open(&w, NULL);
            fake_next(&w.fake, rows[i].script);
            probe_init(&p, &w, URL);
            if (kind == 0) {
                p.request.body = body;
                p.request.body_len = sizeof body;
            } else {
                probe_source(&p, 9000, kind == 1 ? 9000 : -1);
            }
            probe_start(&p);
            world_run(&w);
            assert_int_equal(p.result.status, rows[i].status);
            assert_int_equal(p.result.retries, 0);
            int err = p.result.error;
            if (err == MIDGE_ERR_SEND) {
                assert_int_equal(p.result.native, 32);
            }
            /* A reset is seen by whichever comes first. */
            bool either = err == MIDGE_ERR_SEND && rows[i].err == MIDGE_ERR_RECV;
            probe_ended(&p, either ? err : rows[i].err);
            world_turns(&w, 3);
            assert_int_equal(world_stats(&w).open_connections, 0);
            world_close(&w);
        }
    }
}

/* --- answers --- */

#define CHUNKED HELLO_CHUNKED "5\r\nhello\r\n0\r\n\r\n"

struct answer {
    const char *method; /* NULL: GET */
    struct fake_script script;
    uint64_t max_body;
    int err, status, len, complete, framing, kept;
};

static const struct answer answers[] = {
    {NULL,
     {.steps = {REQUEST, SAY(CHUNKED)}},
     0,
     0,
     200,
     5,
     MIDGE_COMPLETE_YES,
     MIDGE_FRAMING_CHUNKED,
     1},
    {"HEAD",
     {.steps = {REQUEST, SAY(HELLO_LEN("99"))}},
     10,
     0,
     200,
     0,
     MIDGE_COMPLETE_YES,
     MIDGE_FRAMING_NONE,
     1},
    {"HEAD",
     {.steps = {REQUEST, SAY(HELLO_CHUNKED)}},
     0,
     0,
     200,
     0,
     MIDGE_COMPLETE_YES,
     MIDGE_FRAMING_NONE,
     1},
    {NULL,
     {.steps = {REQUEST, SAY("HTTP/1.1 204 No Content\r\n\r\n")}},
     0,
     0,
     204,
     0,
     MIDGE_COMPLETE_YES,
     MIDGE_FRAMING_NONE,
     1},
    {NULL,
     {.steps = {REQUEST, SAY("HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n")}},
     0,
     0,
     304,
     0,
     MIDGE_COMPLETE_YES,
     MIDGE_FRAMING_NONE,
     1},
    {NULL,
     {.steps = {REQUEST, SAY(HELLO_LEN("0"))}},
     0,
     0,
     200,
     0,
     MIDGE_COMPLETE_YES,
     MIDGE_FRAMING_LENGTH,
     1},
    {NULL,
     {.steps = {REQUEST, SAY("HTTP/1.1 100 Continue\r\n\r\n"), WAIT(5),
                SAY("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" HELLO)}},
     0,
     0,
     200,
     5,
     MIDGE_COMPLETE_YES,
     MIDGE_FRAMING_LENGTH,
     1},
    {NULL,
     {.steps = {REQUEST, SAY("HTTP/1.1 200 OK\r\n\r\nhello"), FIN}},
     0,
     0,
     200,
     5,
     MIDGE_COMPLETE_UNVERIFIED,
     MIDGE_FRAMING_CLOSE,
     0},
    {NULL,
     {.steps = {REQUEST, SAY("HTTP/1.1 200 OK\r\n\r\nhello"), RESET}},
     0,
     MIDGE_ERR_RECV,
     200,
     5,
     MIDGE_COMPLETE_NO,
     MIDGE_FRAMING_CLOSE,
     0},
    {NULL,
     {.steps = {REQUEST, SAY("HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello")}},
     0,
     0,
     200,
     5,
     MIDGE_COMPLETE_YES,
     MIDGE_FRAMING_LENGTH,
     0},
    {NULL,
     {.steps = {REQUEST,
                SAY("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello")}},
     0,
     0,
     200,
     5,
     MIDGE_COMPLETE_YES,
     MIDGE_FRAMING_LENGTH,
     0},
    {NULL,
     {.steps = {REQUEST, SAY("HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n\r\nhello")}},
     0,
     0,
     404,
     5,
     MIDGE_COMPLETE_YES,
     MIDGE_FRAMING_LENGTH,
     1},
    {NULL,
     {.steps = {REQUEST, SAY(HELLO_LEN("6") "hello"), FIN}},
     0,
     MIDGE_ERR_PARTIAL,
     200,
     5,
     MIDGE_COMPLETE_NO,
     MIDGE_FRAMING_LENGTH,
     0},
    {NULL,
     {.steps = {REQUEST, SAY(HELLO_LEN("6") "hello"), RESET}},
     0,
     MIDGE_ERR_RECV,
     200,
     5,
     MIDGE_COMPLETE_NO,
     MIDGE_FRAMING_LENGTH,
     0},
    {NULL,
     {.steps = {REQUEST, SAY(HELLO_CHUNKED "5\r\nhello\r\n0\r\n"), FIN}},
     0,
     MIDGE_ERR_PARTIAL,
     200,
     5,
     MIDGE_COMPLETE_NO,
     MIDGE_FRAMING_CHUNKED,
     0},
    {NULL,
     {.steps = {REQUEST, SAY(HELLO_CHUNKED "5\r\nhello\r\nzz\r\n")}},
     0,
     MIDGE_ERR_PROTOCOL,
     200,
     5,
     MIDGE_COMPLETE_NO,
     MIDGE_FRAMING_CHUNKED,
     0},
    {NULL,
     {.steps = {REQUEST, SAY("SSH-2.0-x\r\n")}},
     0,
     MIDGE_ERR_PROTOCOL,
     0,
     0,
     MIDGE_COMPLETE_NO,
     0,
     0},
    {NULL,
     {.steps = {REQUEST, SAY("HTTP/1.1 200 OK\r\nA"), FIN}},
     0,
     MIDGE_ERR_PROTOCOL,
     0,
     0,
     MIDGE_COMPLETE_NO,
     0,
     0},
    {NULL, {.steps = {REQUEST, FIN}}, 0, MIDGE_ERR_EMPTY_REPLY, 0, 0, MIDGE_COMPLETE_NO, 0, 0},
    {NULL, {.steps = {REQUEST, RESET}}, 0, MIDGE_ERR_RECV, 0, 0, MIDGE_COMPLETE_NO, 0, 0},
    {NULL, {.steps = {SEND_FAILS}}, 0, MIDGE_ERR_SEND, 0, 0, MIDGE_COMPLETE_NO, 0, 0},
    {NULL,
     {.steps = {REQUEST, SAY(HELLO)}},
     5,
     0,
     200,
     5,
     MIDGE_COMPLETE_YES,
     MIDGE_FRAMING_LENGTH,
     1},
    {NULL,
     {.steps = {REQUEST, SAY(HELLO)}},
     4,
     MIDGE_ERR_TOO_LARGE,
     200,
     0,
     MIDGE_COMPLETE_NO,
     MIDGE_FRAMING_LENGTH,
     0},
    {NULL,
     {.steps = {REQUEST, SAY(CHUNKED)}},
     5,
     0,
     200,
     5,
     MIDGE_COMPLETE_YES,
     MIDGE_FRAMING_CHUNKED,
     1},
    {NULL,
     {.steps = {REQUEST, SAY(HELLO_CHUNKED "3\r\nhel\r\n"), SAY("2\r\nlo\r\n0\r\n\r\n")}},
     4,
     MIDGE_ERR_TOO_LARGE,
     200,
     3,
     MIDGE_COMPLETE_NO,
     MIDGE_FRAMING_CHUNKED,
     0},
    {NULL,
     {.steps = {REQUEST, SAY("HTTP/1.1 200 OK\r\n\r\nhe"), SAY("llo"), FIN}},
     4,
     MIDGE_ERR_TOO_LARGE,
     200,
     2,
     MIDGE_COMPLETE_NO,
     MIDGE_FRAMING_CLOSE,
     0},
};

static void answer(size_t i, size_t slice, bool of_client)
{
    const struct answer *a = &answers[i];
    struct fake_script script = a->script;
    struct world w;
    struct probe p;
    script.recv_slice = slice;
    world_open(&w, &(struct midge_config){.max_body = of_client ? a->max_body : 0});
    fake_next(&w.fake, &script);
    probe_init(&p, &w, URL);
    p.request.method = a->method;
    p.request.max_body = of_client ? 0 : a->max_body;
    probe_start(&p);
    world_run(&w);
    world_turns(&w, 3);
    bool cut = a->err == MIDGE_ERR_TOO_LARGE && slice == 1; /* byte by byte more gets through */
    struct midge_stats stats = world_stats(&w);
    if (p.result.status != a->status || (!cut && p.len != (size_t)a->len) ||
        p.result.body_len != p.len || p.complete != a->complete ||
        p.result.complete != a->complete || p.result.framing != a->framing ||
        (int)stats.open_connections != a->kept || p.responses != (a->status != 0)) {
        fail_msg("answer %zu: status %u len %zu complete %d framing %d kept %u", i, p.result.status,
                 p.len, p.complete, p.result.framing, stats.open_connections);
    }
    assert_int_equal(p.result.offset != 0, a->err == MIDGE_ERR_PROTOCOL && a->status != 0);
    if (a->err == MIDGE_ERR_TOO_LARGE) {
        assert_string_equal(p.result.detail, "body exceeds sink or max_body");
    }
    probe_ended(&p, a->err);
    world_close(&w);
}

static void all_answers(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        bool eof_in_head = answers[i].err == MIDGE_ERR_PROTOCOL && answers[i].status == 0 &&
                           answers[i].script.steps[2].kind == FAKE_FIN;
        if (eof_in_head) {
            continue; /* its offset is the end: see cut_head */
        }
        answer(i, 0, false);
        answer(i, 1, false);
        answer(i, 0, true);
    }
}

static void cut_head(void **state)
{
    static const struct fake_script cut = {.steps = {REQUEST, SAY("HTTP/1.1 200 OK\r\nA"), FIN}};
    struct world w;
    struct probe p;
    (void)state;
    run_get(&w, &p, &cut);
    assert_int_equal(p.result.offset, 18);
    assert_true(p.result.detail[0] != '\0');
    probe_ended(&p, MIDGE_ERR_PROTOCOL);
    world_close(&w);
}

static void retry_after(void **state)
{
    static const struct {
        struct fake_script script;
        unsigned seconds;
    } rows[] = {
        {{.steps = {REQUEST,
                    SAY("HTTP/1.1 429 X\r\nretry-after: 120\r\nContent-Length: 0\r\n\r\n")}},
         120},
        {{.steps = {REQUEST, SAY("HTTP/1.1 429 X\r\nRetry-After: Wed, 21 Oct 2026 07:28:00 GMT\r\n"
                                 "Content-Length: 0\r\n\r\n")}},
         0},
        {{.steps = {REQUEST, SAY("HTTP/1.1 429 X\r\nRetry-After: 99999999999\r\n"
                                 "Content-Length: 0\r\n\r\n")}},
         UINT32_MAX},
        {{.steps = {REQUEST,
                    SAY("HTTP/1.1 429 X\r\nRetry-After: -1\r\nContent-Length: 0\r\n\r\n")}},
         0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct world w;
        struct probe p;
        run_get(&w, &p, &rows[i].script);
        assert_int_equal(p.result.retry_after_s, rows[i].seconds);
        assert_int_equal(p.result.status, 429);
        probe_ended(&p, MIDGE_OK);
        world_close(&w);
    }
}

/* Heads of many sizes against max_header: a field that is asked for has room or the answer fails,
   another one is skipped. */
static void heads_of(const char *keep)
{
    static char text[8192];
    for (size_t max = 256; max <= 4096; max *= 4) {
        for (size_t n = 100; n < 6000; n += n < 1200 ? 37 : 500) {
            struct world w;
            struct probe p;
            int len = snprintf(text, sizeof text, "HTTP/1.1 200 OK\r\nX-Test: v\r\nX-Long: ");
            memset(text + len, 'x', n);
            (void)snprintf(text + len + n, sizeof text - (size_t)len - n,
                           "\r\nContent-Length: 5\r\n\r\nhello");
            struct fake_script script = {.steps = {REQUEST, {FAKE_SAY, text, strlen(text)}}};
            world_open(&w, &(struct midge_config){.max_header = (uint32_t)max});
            fake_next(&w.fake, &script);
            probe_init(&p, &w, URL);
            char names[32];
            (void)snprintf(names, sizeof names, "%s", keep);
            p.request.keep_headers = names;
            probe_start(&p);
            memset(names, 0, sizeof names); /* copied, as all strings */
            world_run(&w);
            if (n + 40 < max - 16 || strcmp(keep, "X-Test") == 0) {
                assert_string_equal(p.retry, "v");
                assert_int_equal(p.result.headers_skipped,
                                 p.result.headers_skipped && n + 40 >= max - 16);
                assert_true(p.result.headers_skipped || n <= max);
                probe_is_hello(&p);
            } else if (n > max) {
                assert_string_equal(p.result.detail, "response head exceeds max_header");
                probe_ended(&p, MIDGE_ERR_TOO_LARGE);
            } else {
                probe_ended(&p, p.result.error);
            }
            world_close(&w);
        }
    }
}

static void heads(void **state)
{
    (void)state;
    heads_of("X-Test");
    heads_of("ETag, x-long");
    heads_of("*");
}

/* Reported too if the answer ends with the connection. */
static void skipped_until_close(void **state)
{
    static char text[2200];
    static struct fake_script script;
    struct world w;
    struct probe p;
    (void)state;
    (void)snprintf(text, sizeof text, "HTTP/1.1 200 OK\r\nX-Long: %02000d\r\n\r\nhello", 0);
    script = (struct fake_script){.steps = {REQUEST, {FAKE_SAY, text, strlen(text)}, FIN}};
    world_open(&w, &(struct midge_config){.max_header = 1024});
    fake_next(&w.fake, &script);
    probe_init(&p, &w, URL);
    p.request.keep_headers = "X-Test";
    probe_start(&p);
    world_run(&w);
    assert_int_equal(p.result.complete, MIDGE_COMPLETE_UNVERIFIED);
    assert_int_equal(p.result.headers_skipped, 1);
    probe_ended(&p, MIDGE_OK);
    world_close(&w);
}

/* So are those of trailers. */
static void skipped_in_trailers(void **state)
{
    static char text[2200];
    static struct fake_script script;
    struct world w;
    struct probe p;
    (void)state;
    (void)snprintf(text, sizeof text, HELLO_CHUNKED "5\r\nhello\r\n0\r\nX-Long: %02000d\r\n\r\n",
                   0);
    script = (struct fake_script){.steps = {REQUEST, {FAKE_SAY, text, strlen(text)}}};
    world_open(&w, &(struct midge_config){.max_header = 1024});
    fake_next(&w.fake, &script);
    probe_init(&p, &w, URL);
    p.request.keep_headers = "X-Test";
    probe_start(&p);
    world_run(&w);
    assert_int_equal(p.result.headers_skipped, 1);
    probe_is_hello(&p);
    world_close(&w);
}

/* All heads of an answer have one budget on the wire, whatever is kept of them. */
static void heads_in_sum(void **state)
{
    static char text[4096];
    static const size_t sums[] = {1000, 1024, 1025, 3000};
    (void)state;
    for (size_t i = 0; i < sizeof sums / sizeof sums[0]; i++) {
        static const char interim[] = "HTTP/1.1 102 P\r\n\r\n";
        static const char end[] = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX: ";
        struct world w;
        struct probe p;
        size_t at = 0, tail = sizeof end - 1 + 4;
        while (at + sizeof interim - 1 + tail <= sums[i]) {
            memcpy(text + at, interim, sizeof interim - 1);
            at += sizeof interim - 1;
        }
        memcpy(text + at, end, sizeof end - 1);
        at += sizeof end - 1;
        memset(text + at, 'x', sums[i] - 4 - at);
        memcpy(text + sums[i] - 4, "\r\n\r\nhello", 9);
        struct fake_script script = {.steps = {REQUEST, {FAKE_SAY, text, sums[i] + 5}}};
        world_open(&w, &(struct midge_config){.max_header = 256, .max_head_total = 1024});
        fake_next(&w.fake, &script);
        probe_get(&p, &w, URL);
        world_run(&w);
        if (sums[i] <= 1024) {
            probe_is_hello(&p);
        } else {
            assert_string_equal(p.result.detail, "response heads exceed max_head_total");
            probe_ended(&p, MIDGE_ERR_TOO_LARGE);
        }
        world_close(&w);
    }
}

static void endless_head(void **state)
{
    static const struct fake_script endless = {
        .steps = {REQUEST, SAY("HTTP/1.1 200 OK\r\nX: "), FILL(1 << 20)}};
    static const struct fake_script trailers = {
        .steps = {REQUEST, SAY(HELLO_CHUNKED "0\r\nX: "), FILL(1 << 20)}};
    struct world w;
    struct probe p;
    (void)state;
    run_get(&w, &p, &endless);
    assert_true(w.fake.received <= MIDGE_MAX_HEAD_TOTAL + 2 * MIDGE_RECV_BUFFER);
    assert_string_equal(p.result.detail, "response heads exceed max_head_total");
    probe_ended(&p, MIDGE_ERR_TOO_LARGE);
    world_close(&w);
    run_get(&w, &p, &trailers);
    assert_true(w.fake.received <= MIDGE_MAX_HEAD_TOTAL + 2 * MIDGE_RECV_BUFFER);
    assert_string_equal(p.result.detail, "response heads exceed max_head_total");
    probe_ended(&p, MIDGE_ERR_TOO_LARGE);
    world_close(&w);
}

/* The limit of a remembered address ends with its failure: the lookup after it may take longer.
   If all fail, it is remembered no longer. */
static void late_lookup_after_failure(void **state)
{
    static const struct fake_script refuses = {.connect = FAKE_REFUSES};
    struct world w;
    struct probe first, p;
    (void)state;
    for (unsigned all = 0; all < 2; all++) {
        world_open(&w, NULL);
        set_name(&w, (struct fake_name){.host = "example.com", .count = 1, .ms = 9000});
        probe_get(&first, &w, URL);
        world_run(&w);
        probe_is_hello(&first);
        fake_next(&w.fake, &refuses);
        fake_next(&w.fake, all ? &refuses : &fake_hello);
        probe_init(&p, &w, URL);
        p.request.no_reuse = 1;
        probe_start(&p);
        world_run(&w);
        assert_int_equal(w.fake.lookups, 2);
        assert_int_equal(w.fake.now_ms, 1000 + 2 * 9000);
        if (!all) {
            probe_is_hello(&p);
        } else {
            probe_ended(&p, MIDGE_ERR_CONNECT);
            midge_close(w.client);
            w.client = NULL;
        }
        world_close(&w);
    }
    world_open(&w, NULL);
    set_name(&w, (struct fake_name){.host = "example.com", .count = 1});
    fake_next(&w.fake, &fake_hello);
    fake_listen(&w.fake, 80, &refuses);
    for (unsigned i = 0; i < 3; i++) {
        probe_init(&p, &w, URL);
        p.request.no_reuse = i > 0; /* the first one keeps the origin */
        probe_start(&p);
        world_run(&w);
        probe_ended(&p, i == 0 ? MIDGE_OK : MIDGE_ERR_CONNECT);
    }
    assert_int_equal(w.fake.n_socks, 1 + 2 + 1);
    world_close(&w);
}

/* While the name of an address that failed is looked up, others do not try that address. */
static void failed_address_is_forgotten(void **state)
{
    static const struct fake_script refuses = {.connect = FAKE_REFUSES};
    struct world w;
    struct probe first, p[2];
    (void)state;
    world_open(&w, NULL);
    set_name(&w, (struct fake_name){.host = "example.com", .count = 1, .ms = 9000});
    probe_get(&first, &w, URL);
    world_run(&w);
    probe_is_hello(&first);
    fake_next(&w.fake, &refuses);
    for (unsigned i = 0; i < 2; i++) {
        probe_init(&p[i], &w, URL);
        p[i].request.no_reuse = 1;
        probe_start(&p[i]);
        world_pass(&w, 100);
    }
    world_run(&w);
    assert_int_equal(w.fake.lookups, 3);
    assert_int_equal(w.fake.n_socks, 4);
    probe_is_hello(&p[0]);
    probe_is_hello(&p[1]);
    world_close(&w);
}

/* A request that is canceled soon says nothing about its kept connection, however long that was
   idle before: the other idle connections stay. */
static void soon_canceled(void **state)
{
    static const struct fake_script then_silent = {.steps = {REQUEST, SAY(HELLO), REQUEST}};
    struct world w;
    struct probe p[3];
    (void)state;
    for (unsigned late = 0; late < 2; late++) {
        world_open(&w, NULL);
        fake_listen(&w.fake, 80, &then_silent);
        probe_get(&p[0], &w, URL);
        probe_get(&p[1], &w, URL);
        world_run(&w);
        probe_is_hello(&p[0]);
        probe_is_hello(&p[1]);
        assert_int_equal(w.fake.open, 2);
        world_pass(&w, 5000);
        probe_get(&p[2], &w, URL);
        world_pass(&w, late ? 1000 : 999);
        assert_int_equal(p[2].dones, 0);
        assert_int_equal(midge_cancel(w.client, p[2].id), MIDGE_OK);
        world_turns(&w, 2);
        assert_int_equal(p[2].result.reused, 1);
        probe_ended(&p[2], MIDGE_ERR_CANCELED);
        assert_int_equal(w.fake.open, late ? 0 : 1);
        world_close(&w);
    }
}

/* Nothing of a kept connection that was stale is in the result, if the next one is not reached. */
static void stale_then_refused(void **state)
{
    static const struct fake_script refuses = {.connect = FAKE_REFUSES};
    static const struct fake_script stale = {.steps = {REQUEST, SAY(HELLO), REQUEST, RESET}};
    struct world w;
    struct probe first, p;
    (void)state;
    world_open(&w, NULL);
    fake_listen(&w.fake, 80, &refuses);
    fake_next(&w.fake, &stale);
    probe_get(&first, &w, URL);
    world_run(&w);
    probe_is_hello(&first);
    probe_get(&p, &w, URL);
    world_run(&w);
    assert_int_equal(p.result.retries, 1);
    assert_int_equal(p.result.reused, 0);
    probe_ended(&p, MIDGE_ERR_CONNECT);
    world_close(&w);
}

/* After a stale connection comes a new one, though another is kept that was used later. */
static void stale_then_new(void **state)
{
    static const struct fake_script soon = {.steps = {REQUEST, SAY(HELLO), REQUEST, RESET}};
    static const struct fake_script later = {
        .steps = {REQUEST, WAIT(500), SAY(HELLO), REQUEST, RESET}};
    static const struct fake_script *const orders[2][2] = {{&soon, &later}, {&later, &soon}};
    struct world w;
    struct probe first[2], p;
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        world_open(&w, NULL);
        fake_next(&w.fake, orders[i][0]);
        fake_next(&w.fake, orders[i][1]);
        probe_get(&first[0], &w, URL);
        probe_get(&first[1], &w, URL);
        world_run(&w);
        probe_is_hello(&first[0]);
        probe_is_hello(&first[1]);
        probe_get(&p, &w, URL);
        world_run(&w);
        assert_int_equal(p.result.retries, 1);
        assert_int_equal(w.fake.n_socks, 3);
        probe_is_hello(&p);
        world_close(&w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(deadline_queue),
        cmocka_unit_test(deadline_dns),
        cmocka_unit_test(deadline_connect),
        cmocka_unit_test(deadline_first_byte),
        cmocka_unit_test(deadline_idle),
        cmocka_unit_test(deadline_idle_stands_still),
        cmocka_unit_test(deadline_total),
        cmocka_unit_test(deadline_attempt),
        cmocka_unit_test(deadline_open),
        cmocka_unit_test(deadline_defaults),
        cmocka_unit_test(addresses),
        cmocka_unit_test(address_shares),
        cmocka_unit_test(address_share_least),
        cmocka_unit_test(address_remembered_is_gone),
        cmocka_unit_test(address_literal_is_gone),
        cmocka_unit_test(zones_reach_the_port),
        cmocka_unit_test(zones_that_are_wrong),
        cmocka_unit_test(names),
        cmocka_unit_test(replay_get),
        cmocka_unit_test(replay_not_twice),
        cmocka_unit_test(replay_not_on_a_kept_one),
        cmocka_unit_test(replay_not_after_bytes),
        cmocka_unit_test(replay_not_fresh),
        cmocka_unit_test(replay_post),
        cmocka_unit_test(replay_source),
        cmocka_unit_test(no_replay_for_a_failing_source),
        cmocka_unit_test(replay_thaws),
        cmocka_unit_test(rewind_ends_its_own_request),
        cmocka_unit_test(rewind_resumes),
        cmocka_unit_test(no_reuse),
        cmocka_unit_test(pause_stops_reading),
        cmocka_unit_test(pause_each_chunk),
        cmocka_unit_test(pause_at_the_end),
        cmocka_unit_test(resume_in_callback),
        cmocka_unit_test(resume_before_pause),
        cmocka_unit_test(resume_one_direction),
        cmocka_unit_test(no_poll_while_the_source_waits),
        cmocka_unit_test(cancel_paused),
        cmocka_unit_test(failing_callbacks),
        cmocka_unit_test(memory_bodies),
        cmocka_unit_test(small_body_in_one_send),
        cmocka_unit_test(sources),
        cmocka_unit_test(uploads_leave_nothing),
        cmocka_unit_test(source_length_wrong),
        cmocka_unit_test(early_answer),
        cmocka_unit_test(server_closes_while_sending),
        cmocka_unit_test(all_answers),
        cmocka_unit_test(cut_head),
        cmocka_unit_test(retry_after),
        cmocka_unit_test(heads),
        cmocka_unit_test(skipped_until_close),
        cmocka_unit_test(skipped_in_trailers),
        cmocka_unit_test(heads_in_sum),
        cmocka_unit_test(endless_head),
        cmocka_unit_test(late_lookup_after_failure),
        cmocka_unit_test(failed_address_is_forgotten),
        cmocka_unit_test(soon_canceled),
        cmocka_unit_test(stale_then_refused),
        cmocka_unit_test(stale_then_new),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
