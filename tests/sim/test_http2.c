/* SPDX-License-Identifier: MIT */
/* HTTP/2 in the simulation: its server answers as that of HTTP/1.1 does, and a client with it. */
#include "sim_world.h"

#if MIDGE_WITH_HTTP2

enum { MANY = 30 };

static struct sim_world w;
static struct midge_sim_host *host;

static const struct midge_config prior = {.http = MIDGE_HTTP_2_PRIOR, .max_awaitables = 64};

static void begin(const struct midge_config *config)
{
    sim_world_start(&w, &(struct midge_sim_config){.seed = 1}, config);
    host = midge_sim_add_host(w.sim, "a.test");
    assert_int_equal(midge_sim_use_http2(host, 80), MIDGE_OK);
}

static void reply(const char *path, struct midge_sim_reply reply)
{
    midge_sim_add_reply(host, 80, path, &reply);
}

static void end(unsigned connections)
{
    assert_int_equal(midge_sim_count(host, 80, NULL).connections, connections);
    sim_world_close(&w);
}

static void many(void **state)
{
    struct sim_get gets[MANY];
    (void)state;
    begin(&prior);
    reply("/", (struct midge_sim_reply){.body = "hello", .delay_ms = 1000});
    for (unsigned i = 0; i < MANY; i++) {
        sim_get(&w, &gets[i], "http://a.test/");
    }
    sim_world_run(&w);
    for (unsigned i = 0; i < MANY; i++) {
        assert_int_equal(gets[i].result.stream_id % 2, 1);
        sim_get_ended(&gets[i], MIDGE_OK, 200, "hello");
    }
    assert_true(midge_sim_now_ms(w.sim) < 1100);
    end(1);
}

static void over_tls(void **state)
{
    const struct midge_config config = {.http = MIDGE_HTTP_2};
    struct sim_get gets[3];
    (void)state;
    begin(&config);
    midge_sim_add_reply(host, 443, "/", &(struct midge_sim_reply){.body = "hello"});
    assert_int_equal(midge_sim_use_tls(host, 443, &(struct midge_sim_tls){.http2 = 1}), MIDGE_OK);
    for (unsigned i = 0; i < 3; i++) {
        sim_get(&w, &gets[i], "https://a.test/");
    }
    sim_world_run(&w);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(gets[i].result.stream_id % 2, 1);
        sim_get_ended(&gets[i], MIDGE_OK, 200, "hello");
    }
    assert_int_equal(midge_sim_count(host, 443, NULL).connections, 1);
    end(0);
}

/* Each shape of an answer, on one connection. */
static void shapes(void **state)
{
    static const struct {
        const char *url;
        int error, status;
        const char *text;
    } rows[] = {{"http://a.test/chunks", MIDGE_OK, 200, "hello"},
                {"http://a.test/until", MIDGE_OK, 200, "hello"},
                {"http://a.test/empty", MIDGE_OK, 204, ""},
                {"http://a.test/none", MIDGE_OK, 404, ""},
                {"http://a.test/cut", MIDGE_ERR_PARTIAL, 200, NULL},
                {"http://a.test/reset", MIDGE_ERR_PARTIAL, 200, NULL},
                {"http://a.test/raw", MIDGE_ERR_RECV, 0, NULL}};
    struct sim_get gets[sizeof rows / sizeof rows[0]];
    (void)state;
    begin(&prior);
    reply("/chunks", (struct midge_sim_reply){.body = "hello", .chunk = 2});
    reply("/until", (struct midge_sim_reply){.body = "hello", .until_close = 1});
    reply("/empty", (struct midge_sim_reply){.status = 204});
    reply("/cut", (struct midge_sim_reply){.fill = 9000, .end = MIDGE_SIM_END_FIN, .cut_at = 500});
    reply("/reset",
          (struct midge_sim_reply){.fill = 9000, .end = MIDGE_SIM_END_RESET, .cut_at = 500});
    reply("/raw", (struct midge_sim_reply){.raw = "220 mail.test ESMTP\r\n"});
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        sim_get(&w, &gets[i], rows[i].url);
    }
    sim_world_run(&w);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        sim_get_ended(&gets[i], rows[i].error, rows[i].status, rows[i].text);
    }
    end(1);
}

static void upload(void **state)
{
    static uint8_t body[200000];
    struct sim_get get;
    (void)state;
    begin(&prior);
    reply("/up", (struct midge_sim_reply){.status = 201, .body = "stored"});
    sim_get_init(&w, &get, "http://a.test/up");
    get.request.body = body;
    get.request.body_len = sizeof body;
    sim_get_start(&w, &get);
    sim_world_run(&w);
    sim_get_ended(&get, MIDGE_OK, 201, "stored");
    assert_int_equal(midge_sim_count(host, 80, "/up").body_bytes, sizeof body);
    end(1);
}

/* Connection: close is GOAWAY: what comes after it goes to another connection. */
static void goes_away(void **state)
{
    struct sim_get first, slow, second;
    (void)state;
    begin(&prior);
    reply("/", (struct midge_sim_reply){.body = "last", .close = 1});
    reply("/slow", (struct midge_sim_reply){.body = "slow", .delay_ms = 1000});
    sim_get(&w, &slow, "http://a.test/slow");
    sim_get(&w, &first, "http://a.test/");
    (void)midge_sim_run(w.sim, w.client, 500);
    sim_get_ended(&first, MIDGE_OK, 200, "last");
    sim_get(&w, &second, "http://a.test/slow");
    sim_world_run(&w);
    assert_int_not_equal(second.result.connection, slow.result.connection);
    sim_get_ended(&slow, MIDGE_OK, 200, "slow");
    sim_get_ended(&second, MIDGE_OK, 200, "slow");
    end(2);
}

/* A download far away takes the window in each round trip. */
static void rate(void **state)
{
    enum { SIZE = 20 * MIDGE_HTTP2_WINDOW, RTT_MS = 20 };
    struct sim_get get;
    (void)state;
    begin(&prior);
    midge_sim_set_host_path(host, &(struct midge_sim_path){.latency_us = RTT_MS * 1000 / 2});
    reply("/", (struct midge_sim_reply){.fill = SIZE});
    sim_get_init(&w, &get, "http://a.test/");
    get.request.sink = NULL;
    sim_get_start(&w, &get);
    sim_world_run(&w);
    assert_int_equal(get.result.body_len, SIZE);
    const uint64_t best = SIZE / MIDGE_HTTP2_WINDOW * RTT_MS;
    print_message("%u ms, the window allows %u\n", (unsigned)midge_sim_now_ms(w.sim),
                  (unsigned)best);
    assert_true(midge_sim_now_ms(w.sim) < best * 10 / 9 + 4 * RTT_MS);
    sim_get_free(&get);
    end(1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many),   cmocka_unit_test(over_tls),  cmocka_unit_test(shapes),
        cmocka_unit_test(upload), cmocka_unit_test(goes_away), cmocka_unit_test(rate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

int main(void)
{
    return 0;
}

#endif
