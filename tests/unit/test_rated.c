/* SPDX-License-Identifier: MIT */
/* Requests that wait for a rate, on the port in memory: when each is sent, to the millisecond.
   test_rate.c has the bucket, tests/sim/test_rate.c the rest. */
#include "fake_port.h"

#include "base/backoff.h"

#define URL   "http://example.com/"
#define OTHER "http://other.com/"
#define MOST  12
#define SLOW_DOWN(status, after)                                                                   \
    SAY("HTTP/1.1 " status " x\r\nRetry-After: " after "\r\nContent-Length: 0\r\n\r\n")

static struct world w;
static struct probe p[MOST];
static uint64_t began, sent_at[MOST]; /* ms since began */

static void note(struct probe *probe)
{
    sent_at[probe - p] = w.fake.now_ms - began;
}

static void open_with(const struct midge_rate *all, const struct midge_origin_rate *each, size_t n)
{
    world_open(&w, &(struct midge_config){.rate = all,
                                          .origin_rates = each,
                                          .n_origin_rates = n,
                                          .max_connections = 8,
                                          .max_per_origin = 4});
    began = w.fake.now_ms;
}

static void ask(unsigned i, const char *url)
{
    probe_init(&p[i], &w, url);
    p[i].at = ON_SEND;
    p[i].act = note;
    probe_start(&p[i]);
}

static void ask_all(unsigned n, const char *url)
{
    for (unsigned i = 0; i < n; i++) {
        ask(i, url);
    }
}

static void sent(unsigned i, uint64_t ms)
{
    assert_int_equal(p[i].result.status, 200);
    probe_ended(&p[i], MIDGE_OK);
    assert_int_equal(sent_at[i], ms);
}

static void rate_of_the_client(void **state)
{
    static const struct midge_rate slow = {.requests = 4}; /* in a second */
    static const struct midge_rate bursts = {.requests = 2, .interval_ms = 5000, .burst = 3};
    (void)state;
    open_with(&slow, NULL, 0);
    ask_all(5, URL);
    ask(5, OTHER);
    world_run(&w);
    for (unsigned i = 0; i < 5; i++) { /* the origins take turns */
        sent(i, 250 * (i == 0 ? 0 : i + 1));
    }
    sent(5, 250);
    world_close(&w);
    open_with(&bursts, NULL, 0);
    ask_all(5, URL);
    world_run(&w);
    for (unsigned i = 0; i < 5; i++) {
        sent(i, i < 3 ? 0 : (i - 2) * 2500);
    }
    world_close(&w);
}

/* The first row that is for the host; each origin has its own tokens. */
static void rates_of_origins(void **state)
{
    static const struct midge_origin_rate rows[] = {
        {"other.com", {.requests = 1}}, {NULL, {.requests = 10}}, {"example.com", {.requests = 2}}};
    (void)state;
    open_with(NULL, rows, 3);
    ask(0, URL);
    ask(1, URL);
    ask(2, OTHER);
    ask(3, OTHER);
    ask(4, "http://example.com:81/");
    world_run(&w);
    sent(0, 0);
    sent(1, 100);
    sent(2, 0);
    sent(3, 1000);
    sent(4, 0);
    world_close(&w);
    open_with(NULL, rows, 1); /* no row is for it */
    ask_all(4, URL);
    world_run(&w);
    for (unsigned i = 0; i < 4; i++) {
        sent(i, 0);
    }
    world_close(&w);
}

static void at_once(void **state)
{
    static const struct fake_script slow = {.steps = {REQUEST, WAIT(50), SAY(HELLO), LOOP}};
    static const struct midge_rate one = {.at_once = 1};
    static const struct midge_origin_rate two = {NULL, {.at_once = 2}};
    (void)state;
    open_with(&one, NULL, 0);
    fake_listen(&w.fake, 80, &slow);
    ask(0, URL);
    ask(1, OTHER);
    ask(2, URL);
    world_run(&w);
    for (unsigned i = 0; i < 3; i++) {
        sent(i, 50 * i);
    }
    world_close(&w);
    open_with(NULL, &two, 1);
    fake_listen(&w.fake, 80, &slow);
    ask_all(5, URL);
    ask(5, OTHER);
    world_run(&w);
    for (unsigned i = 0; i < 5; i++) {
        sent(i, 50 * (i / 2));
    }
    sent(5, 0);
    world_close(&w);
}

/* What has moved is paid for before the next request. */
static void bytes(void **state)
{
    static const struct midge_origin_rate rate = {NULL, {.bytes = 100}};
    static const struct midge_rate all = {.bytes = 100};
    (void)state;
    for (unsigned of_all = 0; of_all < 2; of_all++) {
        open_with(of_all ? &all : NULL, &rate, of_all ? 0 : 1);
        ask(0, URL);
        world_run(&w);
        ask(1, URL);
        ask(2, OTHER);
        world_run(&w);
        const size_t moved = w.fake.socks[0].request_at / 2 + strlen(HELLO);
        sent(0, 0);
        assert_in_range(sent_at[1], (moved - 5) * 10, (moved + 5) * 10);
        sent(1, sent_at[1]);
        assert_int_equal(sent_at[2], of_all ? sent_at[1] : 0);
        sent(2, sent_at[2]);
        world_close(&w);
    }
}

/* What an origin owes is not forgotten when its connection is closed. */
static void debts_are_remembered(void **state)
{
    static const struct fake_script closes = {
        .steps = {REQUEST, SAY("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello"), FIN}};
    static const struct midge_origin_rate rate = {NULL, {.requests = 1, .interval_ms = 9000}};
    (void)state;
    open_with(NULL, &rate, 1);
    fake_listen(&w.fake, 80, &closes);
    ask(0, URL);
    world_run(&w);
    world_pass(&w, 1000);
    ask(1, URL);
    world_run(&w);
    sent(0, 0);
    sent(1, 9000);
    midge_close(w.client); /* the origin is still remembered */
    w.client = NULL;
    world_close(&w);
}

/* --- the server's wish --- */

static uint32_t spread(void)
{
    return midge__backoff(1000, 1000, 0, midge__chance(&w.fake.port, 0));
}

/* It holds the origin back for so long, if it is not longer than the most. */
static void server_holds(void **state)
{
    static const struct {
        struct fake_script server;
        uint32_t most_ms; /* of the request's repeats; 0: it has none, but the client has rates */
        unsigned hold_s;
    } some[] = {
        {{.steps = {REQUEST, SLOW_DOWN("429", "20"), REQUEST, SAY(HELLO), LOOP}}, 0, 20},
        {{.steps = {REQUEST, SLOW_DOWN("503", "60"), REQUEST, SAY(HELLO), LOOP}}, 0, 60},
        {{.steps = {REQUEST, SLOW_DOWN("503", "61"), REQUEST, SAY(HELLO), LOOP}}, 0, 0},
        {{.steps = {REQUEST, SLOW_DOWN("500", "20"), REQUEST, SAY(HELLO), LOOP}}, 0, 0},
    };
    static const struct midge_rate much = {.requests = 1000000};
    (void)state;
    for (size_t i = 0; i < sizeof some / sizeof some[0]; i++) {
        open_with(&much, NULL, 0);
        fake_next(&w.fake, &some[i].server);
        ask(0, URL);
        world_run(&w);
        probe_ended(&p[0], MIDGE_OK);
        began = w.fake.now_ms;
        ask(1, URL);
        ask(2, OTHER);
        world_run(&w);
        assert_in_range(sent_at[2], 0, 1);
        const uint32_t hold = some[i].hold_s > 0 ? some[i].hold_s * 1000 + spread() : 0;
        assert_in_range(sent_at[1], hold, hold + 1);
        probe_ended(&p[1], MIDGE_OK);
        probe_ended(&p[2], MIDGE_OK);
        world_close(&w);
    }
}

/* Without rates and repeats it is the application's to wait. */
static void not_held(void **state)
{
    static const struct fake_script server = {
        .steps = {REQUEST, SLOW_DOWN("429", "20"), REQUEST, SAY(HELLO), LOOP}};
    (void)state;
    open_with(NULL, NULL, 0);
    fake_next(&w.fake, &server);
    ask(0, URL);
    world_run(&w);
    probe_ended(&p[0], MIDGE_OK);
    ask(1, URL);
    world_run(&w);
    sent(1, 0);
    world_close(&w);
}

/* A shorter wish does not shorten the hold. */
static void longer_hold_stays(void **state)
{
    static const struct fake_script first = {
        .steps = {REQUEST, WAIT(10), SLOW_DOWN("429", "20"), REQUEST, SAY(HELLO), LOOP}};
    static const struct fake_script second = {
        .steps = {REQUEST, WAIT(20), SLOW_DOWN("429", "5"), REQUEST, SAY(HELLO), LOOP}};
    static const struct midge_rate much = {.requests = 1000000};
    (void)state;
    open_with(&much, NULL, 0);
    fake_next(&w.fake, &first);
    fake_next(&w.fake, &second);
    ask_all(2, URL);
    world_run(&w);
    probe_ended(&p[0], MIDGE_OK);
    probe_ended(&p[1], MIDGE_OK);
    ask(2, URL);
    world_run(&w);
    sent(2, 10 + 20000 + spread());
    world_close(&w);
}

/* --- the configuration --- */

static void invalid(void **state)
{
    static const struct midge_rate longest = {.requests = 1, .interval_ms = INT32_MAX};
    static const struct midge_rate wrong = {.requests = 1, .interval_ms = 1U << 31};
    static const struct midge_origin_rate rows[] = {{NULL, {.requests = 1}},
                                                    {NULL, {.interval_ms = 1U << 31}}};
    const struct {
        struct midge_config config;
        bool good;
    } some[] = {
        {{.rate = &longest}, true},
        {{.rate = &wrong}, false},
        {{.rate = &longest, .origin_rates = rows, .n_origin_rates = 1}, true},
        {{.rate = &wrong, .origin_rates = rows, .n_origin_rates = 1}, false},
        {{.origin_rates = rows, .n_origin_rates = 2}, false},
        {{.n_origin_rates = 1}, false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof some / sizeof some[0]; i++) {
        struct midge_client *client = NULL;
        open_with(NULL, NULL, 0);
        struct midge_config config = some[i].config;
        config.port = &w.fake.port;
        config.alloc = world_alloc;
        config.release = world_release;
        config.alloc_ctx = &w;
        assert_int_equal(midge_open(&client, &config), some[i].good ? MIDGE_OK : MIDGE_ERR_INVALID);
        if (some[i].good) {
            midge_close(client);
        }
        w.released = 0;
        world_close(&w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rate_of_the_client),
        cmocka_unit_test(rates_of_origins),
        cmocka_unit_test(at_once),
        cmocka_unit_test(bytes),
        cmocka_unit_test(debts_are_remembered),
        cmocka_unit_test(server_holds),
        cmocka_unit_test(not_held),
        cmocka_unit_test(longer_hold_stays),
        cmocka_unit_test(invalid),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
