/* SPDX-License-Identifier: MIT */
/* The addresses of a host race for its connection (RFC 8305). */
#include "core/race.h"
#include "chance.h"
#include "fake_tls.h"

#define HOST   "example.com"
#define URL    "http://example.com/"
#define SECURE "https://example.com/"

enum { DELAY = MIDGE_ATTEMPT_DELAY_MS, DNS = 5 };

static const struct fake_script good_tls = {
    .steps = {CH, SAY("S"), REQUEST, SAY(HELLO), REQUEST, SAY(HELLO)}};
static const struct fake_script silent = {.connect = FAKE_NEVER};
static const struct fake_script refuses = {.connect = FAKE_REFUSES, .connect_ms = 3};
static const struct fake_script fails = {.connect = FAKE_FAILS};
static const struct fake_script hangs = {.connect = FAKE_HANGS};
static const struct fake_script slow_300 = {.connect_ms = 300,
                                            .steps = {REQUEST, SAY(HELLO), LOOP}};
static const struct fake_script slow_400 = {.connect_ms = 400,
                                            .steps = {REQUEST, SAY(HELLO), LOOP}};

static void set_name(struct world *w, struct fake_name name)
{
    w->fake.names[0] = name;
    w->fake.n_names = 1;
}

/* The host has so many addresses: at[i] is its address i + 1, NULL: good. */
static void race_open(struct world *w, const struct midge_config *config, unsigned n,
                      const struct fake_script *const *at)
{
    static const struct midge_config wide = {.max_connections = 12};
    tls_world_open(w, config != NULL ? config : &wide);
    set_name(w, (struct fake_name){.host = HOST, .ms = DNS, .count = (uint8_t)n});
    for (unsigned i = 0; i < n; i++) {
        w->fake.at[i + 1] = at != NULL ? at[i] : NULL;
    }
}

#define OPEN_RACE(w, config, ...)                                                                  \
    race_open(w, config,                                                                           \
              sizeof((const struct fake_script *const[]){__VA_ARGS__}) / sizeof(void *),           \
              (const struct fake_script *const[]){__VA_ARGS__})

static void get(struct probe *p, struct world *w)
{
    probe_init(p, w, URL);
    p->request.no_reuse = 1;
    probe_start(p);
}

/* An idle connection to its address keeps the origin, which remembers the address. */
static void remember(struct world *w)
{
    struct probe p;
    probe_get(&p, w, URL);
    world_run(w);
    probe_is_hello(&p);
}

/* Runs it: it got its answer from that address after so many milliseconds of connecting. */
static void wins(struct world *w, unsigned number, unsigned ms)
{
    struct probe p;
    get(&p, w);
    world_run(w);
    assert_int_equal(p.result.t.connect_us, ms * 1000);
    assert_int_equal(p.result.connects, 1);
    probe_is_hello(&p);
    unsigned answered = 0;
    for (unsigned i = 0; i < w->fake.n_socks; i++) {
        if (w->fake.socks[i].requests > 0) {
            answered = fake_number(&w->fake.socks[i].addr);
        }
    }
    assert_int_equal(answered, number);
    assert_int_equal(w->client->attempts, 0);
}

static void wins_once(struct world *w, unsigned number, unsigned ms)
{
    wins(w, number, ms);
    world_close(w);
}

/* --- order --- */

static void families_alternate(void **state)
{
    static const struct {
        const char *families, *order;
    } rows[] = {{"66664444", "15263748"}, {"44444466", "17283456"}, {"4466", "1324"},
                {"666", "123"},           {"464", "123"},           {"4", "1"},
                {"64444444", "12345678"}, {"46666666", "12345678"}, {"66466", "13245"}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct world w;
        struct probe p;
        race_open(&w, NULL, (unsigned)strlen(rows[i].families), NULL);
        w.fake.names[0].families = rows[i].families;
        fake_listen(&w.fake, 80, &fails);
        get(&p, &w);
        fake_next(&w.fake, &silent);
        world_pass(&w, DNS + 1);
        for (unsigned k = 1; k < strlen(rows[i].order); k++) {
            fake_next(&w.fake, &silent);
            world_pass(&w, DELAY);
        }
        assert_int_equal(w.fake.n_socks, strlen(rows[i].order));
        for (unsigned k = 0; k < w.fake.n_socks; k++) {
            assert_int_equal(fake_number(&w.fake.socks[k].addr), rows[i].order[k] - '0');
        }
        assert_int_equal(midge_cancel(w.client, p.id), MIDGE_OK);
        world_run(&w);
        probe_ended(&p, MIDGE_ERR_CANCELED);
        world_close(&w);
    }
}

/* --- times --- */

static void next_begins_after_the_delay(void **state)
{
    struct world w;
    (void)state;
    OPEN_RACE(&w, NULL, &silent, NULL);
    wins_once(&w, 2, DELAY);
    OPEN_RACE(&w, NULL, &silent, &silent, &silent, NULL);
    wins_once(&w, 4, 3 * DELAY);
    OPEN_RACE(&w, NULL, &hangs, NULL); /* poll says that it is broken, and nothing else does */
    wins_once(&w, 2, 0);
}

static void next_begins_when_one_fails(void **state)
{
    struct world w;
    (void)state;
    OPEN_RACE(&w, NULL, &refuses, NULL);
    wins_once(&w, 2, 3);
    OPEN_RACE(&w, NULL, &fails, &fails, NULL);
    wins_once(&w, 3, 0);
    OPEN_RACE(&w, NULL, &silent, &refuses, &fails, NULL);
    wins_once(&w, 4, DELAY + 3);
}

static void first_to_connect_wins(void **state)
{
    struct world w;
    (void)state;
    OPEN_RACE(&w, NULL, &slow_300, &silent, NULL);
    wins(&w, 1, 300);
    assert_int_equal(w.fake.n_socks, 2);
    world_close(&w);
    OPEN_RACE(&w, NULL, &slow_300, &slow_300, NULL);
    wins_once(&w, 1, 300);
    OPEN_RACE(&w, NULL, &slow_300, NULL); /* 250 before 300 */
    wins_once(&w, 2, DELAY);
    OPEN_RACE(&w, NULL, &silent, &slow_300, &slow_300);
    wins_once(&w, 2, DELAY + 300);
}

static void delay_is_set(void **state)
{
    static const uint32_t bad[] = {1, 99, 2001, UINT32_MAX - 1};
    struct world w;
    (void)state;
    OPEN_RACE(&w, &(struct midge_config){.attempt_delay_ms = 100}, &silent, &silent, NULL);
    wins_once(&w, 3, 200);
    OPEN_RACE(&w, &(struct midge_config){.attempt_delay_ms = 2000}, &silent, NULL);
    wins_once(&w, 2, 2000);
    OPEN_RACE(&w, &(struct midge_config){.attempt_delay_ms = MIDGE_NO_TIMEOUT}, &silent, NULL);
    wins_once(&w, 2, MIDGE_CONNECT_MS / 2);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct fake f;
        struct midge_client *client;
        fake_init(&f);
        const struct midge_config config = {.port = &f.port,
                                            .alloc = world_alloc,
                                            .release = world_release,
                                            .attempt_delay_ms = bad[i]};
        assert_int_equal(midge_open(&client, &config), MIDGE_ERR_INVALID);
    }
}

/* On a path with a long round trip nothing is gained by an attempt before its end. */
static void delay_follows_the_round_trip(void **state)
{
    static const struct fake_script far = {.connect_ms = 600, .steps = {REQUEST, SAY(HELLO), LOOP}};
    struct world w;
    (void)state;
    OPEN_RACE(&w, NULL, &far);
    wins(&w, 1, 600);
    assert_int_equal(w.fake.n_socks, 1);
    struct probe p;
    set_name(&w, (struct fake_name){.host = HOST, .ms = DNS, .count = 2});
    get(&p, &w);
    w.fake.at[1] = &silent;
    world_run(&w);
    probe_is_hello(&p);
    world_close(&w);
}

/* --- ends --- */

static void all_fail(void **state)
{
    static const struct fake_script *const kinds[] = {&refuses, &fails, &hangs};
    (void)state;
    for (unsigned n = 1; n <= MIDGE_DNS_ADDRS; n++) {
        const struct fake_script *at[MIDGE_DNS_ADDRS];
        for (unsigned i = 0; i < n; i++) {
            at[i] = kinds[i % 3];
        }
        at[n - 1] = &refuses;
        struct world w;
        struct probe p;
        race_open(&w, NULL, n, at);
        get(&p, &w);
        world_run(&w);
        assert_int_equal(p.result.native, 111);
        assert_int_equal(p.result.phase, MIDGE_PHASE_CONNECT);
        probe_ended(&p, MIDGE_ERR_CONNECT);
        world_close(&w);
    }
}

static void all_silent(void **state)
{
    static const struct fake_script *const at[] = {&silent, &silent, &silent, &silent,
                                                   &silent, &silent, &silent, &silent};
    (void)state;
    for (unsigned n = 1; n <= MIDGE_DNS_ADDRS; n++) {
        struct world w;
        struct probe p;
        race_open(&w, NULL, n, at);
        uint64_t start = w.fake.now_ms;
        get(&p, &w);
        world_run(&w);
        assert_int_equal(w.fake.now_ms - start, DNS + MIDGE_CONNECT_MS);
        assert_int_equal(w.fake.n_socks, n);
        assert_int_equal(p.result.phase, MIDGE_PHASE_CONNECT);
        probe_ended(&p, MIDGE_ERR_TIMEOUT);
        world_close(&w);
    }
}

/* The last one fails; an older one is still under way and connects, or the deadline ends it. */
static void older_one_is_left(void **state)
{
    struct world w;
    struct probe p;
    (void)state;
    OPEN_RACE(&w, NULL, &slow_400, &refuses);
    wins_once(&w, 1, 400);
    OPEN_RACE(&w, NULL, &slow_400, &silent, &fails);
    wins_once(&w, 1, 400);
    OPEN_RACE(&w, NULL, &silent, &refuses);
    get(&p, &w);
    world_run(&w);
    probe_ended(&p, MIDGE_ERR_TIMEOUT);
    world_close(&w);
}

/* --- every list --- */

/* Milliseconds until the only good address is tried, if the ones before it fail like that. */
static unsigned time_of(const struct fake_script *kind, unsigned before)
{
    return kind == &silent ? before * DELAY : kind == &refuses ? before * 3 : 0;
}

static void good_one_at_each_place(void **state)
{
    static const struct fake_script *const kinds[] = {&silent, &refuses, &fails, &hangs};
    (void)state;
    for (unsigned k = 0; k < 4; k++) {
        for (unsigned n = 1; n <= MIDGE_DNS_ADDRS; n++) {
            for (unsigned place = 0; place < n; place++) {
                const struct fake_script *at[MIDGE_DNS_ADDRS];
                struct world w;
                for (unsigned i = 0; i < n; i++) {
                    at[i] = i == place ? NULL : kinds[k];
                }
                race_open(&w, NULL, n, at);
                wins(&w, place + 1, time_of(kinds[k], place));
                /* It is the first one for the next connection: no lookup, no other address. */
                remember(&w);
                unsigned socks = w.fake.n_socks, lookups = w.fake.lookups;
                wins(&w, place + 1, 0);
                assert_int_equal(w.fake.n_socks, socks + 1);
                assert_int_equal(w.fake.lookups, lookups);
                world_close(&w);
            }
        }
    }
}

static void lists_by_chance(void **state)
{
    static const struct fake_script *const kinds[] = {&silent,   &refuses,  &fails, &hangs,
                                                      &slow_300, &slow_400, NULL};
    (void)state;
    seed = 1;
    for (unsigned round = 0; round < 400; round++) {
        const struct fake_script *at[MIDGE_DNS_ADDRS];
        const unsigned n = 1 + chance(MIDGE_DNS_ADDRS);
        bool any = false;
        for (unsigned i = 0; i < n; i++) {
            unsigned kind = chance(7);
            at[i] = kinds[kind];
            any = any || kind >= 4;
        }
        const struct midge_config config = {.max_connections = (uint16_t)(1 + chance(4))};
        struct world w;
        struct probe p[3];
        race_open(&w, &config, n, at);
        w.fake.max_open = chance(3);
        for (unsigned i = 0; i < 3; i++) {
            probe_init(&p[i], &w, URL);
            p[i].request.no_reuse = 1;
            p[i].request.timeouts.connect_ms = 40000;
            probe_start(&p[i]);
        }
        world_run(&w);
        for (unsigned i = 0; i < 3; i++) {
            if (any) {
                probe_is_hello(&p[i]);
            } else {
                assert_true(p[i].result.error == MIDGE_ERR_CONNECT ||
                            p[i].result.error == MIDGE_ERR_TIMEOUT);
            }
            free(p[i].body);
        }
        assert_in_range(w.fake.peak_open, 0, config.max_connections);
        assert_int_equal(w.client->attempts, 0);
        world_close(&w);
    }
}

/* --- places, sockets, memory --- */

/* With one place the addresses have shares of the time. */
static void one_place(void **state)
{
    struct world w;
    (void)state;
    OPEN_RACE(&w, &(struct midge_config){.max_connections = 1}, &silent, NULL);
    wins(&w, 2, MIDGE_CONNECT_MS / 2);
    assert_int_equal(w.fake.peak_open, 1);
    world_close(&w);
    OPEN_RACE(&w, NULL, &silent, &silent, NULL); /* the port has one socket */
    w.fake.max_open = 1;
    wins_once(&w, 3, 2 * MIDGE_CONNECT_MS / 3);
}

/* Two places: the oldest attempt ends after its share. */
static void two_places(void **state)
{
    struct world w;
    (void)state;
    OPEN_RACE(&w, &(struct midge_config){.max_connections = 2}, &silent, &silent, &silent, NULL);
    wins(&w, 4, DELAY + (MIDGE_CONNECT_MS - DELAY) / 3);
    assert_int_equal(w.fake.peak_open, 2);
    world_close(&w);
}

/* A request that can open a connection gets the place of an attempt. */
static void attempt_gives_its_place(void **state)
{
    struct world w;
    struct probe p, other;
    (void)state;
    OPEN_RACE(&w, &(struct midge_config){.max_connections = 2}, &silent, &silent, NULL);
    get(&p, &w);
    world_pass(&w, DNS + DELAY + 10);
    assert_int_equal(w.fake.open, 2);
    assert_int_equal(w.client->attempts, 1);
    static const struct fake_script late = {.steps = {REQUEST, WAIT(600), SAY(HELLO)}};
    fake_next(&w.fake, &late);
    probe_get(&other, &w, "http://10.9.9.99/");
    world_turns(&w, 2);
    assert_int_equal(w.client->attempts, 0);
    assert_int_equal(w.fake.open, 2);
    world_run(&w);
    assert_int_equal(other.result.t.connect_us, 0);
    probe_is_hello(&other);
    probe_is_hello(&p);
    assert_int_equal(w.fake.peak_open, 2);
    /* The second address had not failed, so it was tried again. */
    unsigned seconds = 0;
    for (unsigned i = 0; i < w.fake.n_socks; i++) {
        seconds += fake_number(&w.fake.socks[i].addr) == 2;
    }
    assert_int_equal(seconds, 2);
    world_close(&w);
}

/* Each allocation fails once: the request waits, or goes on with fewer attempts. */
static void memory_fails(void **state)
{
    (void)state;
    bool all_succeed = false;
    for (unsigned nth = 1; !all_succeed; nth++) {
        struct world w;
        struct probe p;
        OPEN_RACE(&w, NULL, &silent, &refuses, &silent, NULL);
        get(&p, &w);
        midge__memory_fail_at(&w.client->memory, nth, false);
        world_run(&w);
        all_succeed = w.client->memory.stats.failures == 0;
        if (p.result.error == MIDGE_OK) {
            probe_is_hello(&p);
        } else { /* the connection's own memory, and there is no other connection */
            probe_ended(&p, MIDGE_ERR_NO_MEMORY);
        }
        world_close(&w);
        assert_in_range(nth, 1, 100);
    }
}

/* --- remembered addresses --- */

static void remembered_is_gone(void **state)
{
    struct world w;
    (void)state;
    OPEN_RACE(&w, NULL, NULL);
    remember(&w);
    w.fake.at[1] = &silent;
    w.fake.names[0].count = 3;
    struct probe p;
    get(&p, &w);
    world_run(&w);
    assert_int_equal(p.result.t.dns_us, DNS * 1000);
    assert_int_equal(p.result.t.connect_us, DELAY * 1000);
    probe_is_hello(&p);
    assert_int_equal(w.fake.n_socks, 3); /* the first one was not tried twice */
    assert_int_equal(fake_number(&w.fake.socks[2].addr), 2);
    wins(&w, 2, 0);
    world_close(&w);
}

/* The attempt goes on during the lookup, and after one that fails. */
static void remembered_is_slow(void **state)
{
    static const struct fake_name names[] = {{.host = HOST, .never = true},
                                             {.host = HOST, .ms = 100, .err = MIDGE_ERR_RESOLVE},
                                             {.host = HOST, .ms = 100, .count = 1},
                                             {.host = HOST, .err = MIDGE_ERR_RESOLVE}};
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        struct world w;
        struct probe p;
        OPEN_RACE(&w, NULL, NULL);
        remember(&w);
        w.fake.at[1] = &slow_400;
        set_name(&w, names[i]);
        uint64_t start = w.fake.now_ms;
        get(&p, &w);
        world_run(&w);
        assert_int_equal(w.fake.now_ms - start, 400);
        probe_is_hello(&p);
        assert_int_equal(w.fake.n_socks, 2);
        assert_int_equal(w.fake.lookups, 2);
        assert_int_equal(w.fake.lookups_canceled, i == 0);
        world_close(&w);
    }
}

static void remembered_fails_in_the_lookup(void **state)
{
    static const struct fake_script late_no = {.connect = FAKE_REFUSES, .connect_ms = 300};
    struct world w;
    struct probe p;
    (void)state;
    OPEN_RACE(&w, NULL, NULL);
    remember(&w);
    w.fake.at[1] = &late_no;
    set_name(&w, (struct fake_name){.host = HOST, .ms = 100, .count = 2});
    get(&p, &w);
    world_run(&w);
    probe_is_hello(&p);
    assert_int_equal(fake_number(&w.fake.socks[w.fake.n_socks - 1].addr), 2);
    world_close(&w);
    /* The lookup fails as well. */
    OPEN_RACE(&w, NULL, NULL);
    remember(&w);
    w.fake.at[1] = &late_no;
    set_name(&w, (struct fake_name){.host = HOST, .ms = 10, .err = MIDGE_ERR_RESOLVE});
    get(&p, &w);
    world_run(&w);
    assert_int_equal(p.result.native, 111);
    probe_ended(&p, MIDGE_ERR_CONNECT);
    world_close(&w);
}

static void literal_has_one_attempt(void **state)
{
    struct world w;
    struct probe p;
    (void)state;
    race_open(&w, NULL, 1, NULL);
    fake_listen(&w.fake, 80, &silent);
    probe_get(&p, &w, "http://10.9.9.99/");
    world_run(&w);
    assert_int_equal(w.fake.n_socks, 1);
    probe_ended(&p, MIDGE_ERR_TIMEOUT);
    world_close(&w);
}

/* --- a request ends at any time --- */

static void ends_at(unsigned ms, bool closes)
{
    struct world w;
    struct probe p[2];
    OPEN_RACE(&w, NULL, &silent, &slow_400, &refuses, &silent, &fails, &slow_300);
    get(&p[0], &w);
    get(&p[1], &w);
    world_pass(&w, ms);
    if (closes) {
        midge_close(w.client);
        assert_int_equal(w.fake.open, 0);
        for (unsigned i = 0; i < 2; i++) {
            free(p[i].body);
        }
        assert_int_equal(w.released, 1);
        fake_deinit(&w.fake);
        return;
    }
    bool live = midge_cancel(w.client, p[0].id) == MIDGE_OK && p[0].dones == 0;
    world_run(&w);
    if (live) {
        probe_ended(&p[0], MIDGE_ERR_CANCELED);
    }
    free(live ? NULL : p[0].body);
    probe_is_hello(&p[1]);
    world_close(&w);
}

static void ends_at_any_time(void **state)
{
    (void)state;
    for (unsigned ms = 0; ms < 700; ms += ms < 20 ? 1 : 7) {
        ends_at(ms, false);
        ends_at(ms, true);
    }
}

/* --- TLS --- */

static const struct fake_script resets = {.steps = {CH, RESET}};
static const struct fake_script breaks = {.steps = {CH, SAY("p"), RESET}};

static void secure_get(struct probe *p, struct world *w)
{
    probe_init(p, w, SECURE);
    p->request.no_reuse = 1;
    p->request.dangerously_skip_verification = 1;
    probe_start(p);
}

static unsigned hellos(const struct world *w)
{
    unsigned n = 0;
    for (unsigned i = 0; i < w->fake.n_socks; i++) {
        n += w->fake.socks[i].sent_len > 0;
    }
    return n;
}

/* Something that accepts and resets is not the server; one that has said a byte is. */
static void reset_before_a_byte(void **state)
{
    (void)state;
    for (unsigned n = 2; n <= MIDGE_DNS_ADDRS; n++) {
        for (unsigned place = 0; place < n; place++) {
            const struct fake_script *at[MIDGE_DNS_ADDRS];
            struct world w;
            struct probe p[2];
            for (unsigned i = 0; i < n; i++) {
                at[i] = i == place ? &good_tls : &resets;
            }
            race_open(&w, NULL, n, at);
            secure_get(&p[0], &w);
            world_run(&w);
            assert_int_equal(p[0].result.connects, 1);
            probe_is_hello(&p[0]);
            assert_int_equal(w.fake.n_socks, place + 1);
            assert_int_equal(hellos(&w), place + 1);
            secure_get(&p[1], &w);
            world_run(&w);
            probe_is_hello(&p[1]);
            assert_int_equal(w.fake.n_socks, place + 2);
            tls_world_close(&w);
        }
    }
}

static void reset_after_a_byte(void **state)
{
    struct world w;
    struct probe p;
    (void)state;
    OPEN_RACE(&w, NULL, &breaks, &good_tls);
    secure_get(&p, &w);
    world_run(&w);
    assert_int_equal(w.fake.n_socks, 1);
    probe_ended(&p, MIDGE_ERR_RECV);
    tls_world_close(&w);
    OPEN_RACE(&w, NULL, &resets, &resets);
    secure_get(&p, &w);
    world_run(&w);
    assert_int_equal(w.fake.n_socks, 2);
    probe_ended(&p, MIDGE_ERR_RECV);
    tls_world_close(&w);
}

/* The address that lost to one that resets is the next one again. */
static void loser_comes_next(void **state)
{
    static const struct fake_script slow_tls = {.connect_ms = 400,
                                                .steps = {CH, SAY("S"), REQUEST, SAY(HELLO)}};
    struct world w;
    struct probe p;
    (void)state;
    OPEN_RACE(&w, NULL, &slow_tls, &resets);
    secure_get(&p, &w);
    world_run(&w);
    probe_is_hello(&p);
    assert_int_equal(w.fake.n_socks, 3);
    assert_int_equal(fake_number(&w.fake.socks[2].addr), 1);
    tls_world_close(&w);
}

/* Requests that start together: one race, one full handshake. */
static void one_handshake(void **state)
{
    enum { N = 8 };
    static const struct midge_config config = {
        .max_connections = 12, .max_per_origin = N, .max_handshakes = N};
    struct world w;
    struct probe p[N];
    (void)state;
    OPEN_RACE(&w, &config, &silent, &silent, &good_tls);
    for (unsigned i = 0; i < N; i++) {
        secure_get(&p[i], &w);
    }
    world_run(&w);
    for (unsigned i = 0; i < N; i++) {
        probe_is_hello(&p[i]);
    }
    assert_int_equal(world_stats(&w).handshakes_full, 1);
    assert_int_equal(world_stats(&w).handshakes_resumed, N - 1);
    tls_world_close(&w);
}

/* A foreign loop is told of all sockets. */
static void foreign_loop(void **state)
{
    struct world w;
    struct probe p;
    struct midge_pollfd fds[8];
    (void)state;
    OPEN_RACE(&w, NULL, &silent, &silent, NULL);
    get(&p, &w);
    world_pass(&w, DNS + DELAY + 1);
    assert_int_equal(midge_interest(w.client, fds, 8), 2);
    assert_int_equal(midge_interest(w.client, fds, 1), 2);
    assert_int_equal(fds[0].events, MIDGE_POLL_OUT);
    assert_int_equal(midge_next_timeout(w.client), DELAY - 1);
    world_run(&w);
    probe_is_hello(&p);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(families_alternate),
        cmocka_unit_test(next_begins_after_the_delay),
        cmocka_unit_test(next_begins_when_one_fails),
        cmocka_unit_test(first_to_connect_wins),
        cmocka_unit_test(delay_is_set),
        cmocka_unit_test(delay_follows_the_round_trip),
        cmocka_unit_test(all_fail),
        cmocka_unit_test(all_silent),
        cmocka_unit_test(older_one_is_left),
        cmocka_unit_test(good_one_at_each_place),
        cmocka_unit_test(lists_by_chance),
        cmocka_unit_test(one_place),
        cmocka_unit_test(two_places),
        cmocka_unit_test(attempt_gives_its_place),
        cmocka_unit_test(memory_fails),
        cmocka_unit_test(remembered_is_gone),
        cmocka_unit_test(remembered_is_slow),
        cmocka_unit_test(remembered_fails_in_the_lookup),
        cmocka_unit_test(literal_has_one_attempt),
        cmocka_unit_test(ends_at_any_time),
        cmocka_unit_test(reset_before_a_byte),
        cmocka_unit_test(reset_after_a_byte),
        cmocka_unit_test(loser_comes_next),
        cmocka_unit_test(one_handshake),
        cmocka_unit_test(foreign_loop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
