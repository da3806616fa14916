/* SPDX-License-Identifier: MIT */
/* Rates, seen by a client: when each request is sent, and which one is next. */
#include "rate_world.h"

/* --- a rate of the client --- */

static void evenly(void **state)
{
    (void)state;
    open_with(&(struct midge_config){.rate = &ten});
    start_all("a.test/", 50);
    all_ok();
    sent_evenly(50, 100);
}

static void across_the_wrap(void **state)
{
    (void)state;
    open_at(UINT32_MAX - 2500, &(struct midge_config){.rate = &ten});
    start_all("a.test/", 50);
    all_ok();
    sent_evenly(50, 100);
}

static void burst(void **state)
{
    static const struct midge_rate rate = {.requests = 60, .interval_ms = 60000, .burst = 5};
    (void)state;
    open_with(&(struct midge_config){.rate = &rate});
    start_all("a.test/", 10);
    all_ok();
    for (unsigned k = 0; k < 10; k++) {
        sent_at(k, k < 5 ? 0 : 1000 * (k - 4));
    }
}

/* Requests that begin by and by do not wait. */
static void slower_than_the_rate(void **state)
{
    (void)state;
    open_with(&(struct midge_config){.rate = &ten});
    for (unsigned k = 0; k < 10; k++) {
        start_all("a.test/", 1);
        run_for(150);
        midge_sim_advance(w.sim, 150);
    }
    all_ok();
    for (unsigned k = 1; k < 10; k++) {
        assert_in_range(log_[k].ms - log_[k - 1].ms, 150, 160);
    }
}

/* No timer, no wake-up without a request that waits. */
static void no_timer_when_idle(void **state)
{
    (void)state;
    open_with(&(struct midge_config){.rate = &ten, .keep_alive_ms = 5000});
    start_all("a.test/", 1);
    all_ok();
    (void)midge_poll(w.client, 0);
    assert_true(midge_next_timeout(w.client) > 4000);
}

/* One wake-up for each request that is sent, not for each that waits. */
static void few_turns(void **state)
{
    struct midge_stats stats;
    (void)state;
    open_with(&(struct midge_config){.rate = &ten});
    start_all("a.test/", 50);
    all_ok();
    midge_client_stats(w.client, &stats);
    assert_in_range(stats.turns, 50, 50 * 4);
}

static void origins_take_turns(void **state)
{
    (void)state;
    open_with(&(struct midge_config){.rate = &ten});
    start_all("a.test/", 12);
    start_all("b.test/", 4);
    start_all("c.test/", 2);
    all_ok();
    char order[MOST + 1] = {0};
    for (unsigned k = 0; k < n_log; k++) {
        order[k] = log_[k].host;
        sent_at(k, 100 * k);
    }
    assert_string_equal(order, "abcabcababaaaaaaaa");
}

static void client_at_once(void **state)
{
    static const struct midge_rate rate = {.at_once = 2};
    (void)state;
    open_with(&(struct midge_config){.rate = &rate});
    reply("a.test", "/slow", &(struct midge_sim_reply){.body = "ok", .delay_ms = 1000});
    reply("b.test", "/slow", &(struct midge_sim_reply){.body = "ok", .delay_ms = 1000});
    start_all("a.test/slow", 4);
    start_all("b.test/slow", 4);
    all_ok();
    for (unsigned k = 0; k < 8; k++) {
        assert_in_range(log_[k].ms, k / 2 * 1000, k / 2 * 1000 + 10);
    }
}

/* --- rates of origins --- */

static const struct midge_origin_rate rows[] = {
    {"b.test", {.requests = 1}},
    {"c.test", {.requests = 0}},
    {NULL, {.requests = 10}},
};

static void by_host(void **state)
{
    (void)state;
    open_with(&(struct midge_config){.origin_rates = rows, .n_origin_rates = 3});
    start_all("a.test/", 5);
    start_all("b.test/", 5);
    start_all("c.test/", 5);
    all_ok();
    unsigned n[3] = {0};
    const uint64_t each[3] = {100, 1000, 0};
    for (unsigned k = 0; k < n_log; k++) {
        const unsigned which = (unsigned)(log_[k].host - 'a');
        assert_in_range(log_[k].ms, each[which] * n[which], each[which] * n[which] + 1);
        n[which]++;
    }
}

static void origin_at_once(void **state)
{
    static const struct midge_origin_rate one = {"a.test", {.at_once = 1}};
    (void)state;
    open_with(&(struct midge_config){.origin_rates = &one, .n_origin_rates = 1});
    reply("a.test", "/slow", &(struct midge_sim_reply){.body = "ok", .delay_ms = 1000});
    start_all("a.test/slow", 3);
    start_all("b.test/", 3);
    all_ok();
    for (unsigned k = 0, a = 0; k < n_log; k++) {
        const uint64_t ms = log_[k].host == 'a' ? 1000 * a++ : 0;
        assert_in_range(log_[k].ms, ms, ms + 10);
    }
}

/* An origin without requests and connections is remembered with what it owes. */
static void remembered(void **state)
{
    static const struct midge_origin_rate slow = {NULL, {.requests = 1, .interval_ms = 60000}};
    (void)state;
    open_with(&(struct midge_config){.origin_rates = &slow, .n_origin_rates = 1});
    reply("a.test", "/close", &(struct midge_sim_reply){.body = "ok", .close = 1});
    for (unsigned k = 0; k < 5; k++) {
        start_all("a.test/close", 1);
        sim_world_run(&w);
        run_for(100);
    }
    all_ok();
    for (unsigned k = 1; k < 5; k++) {
        assert_in_range(log_[k].ms - log_[k - 1].ms, 60000, 60010);
    }
}

/* Bytes count when they have moved: the next request begins when they are paid for. */
static void bytes(void **state)
{
    static const struct midge_origin_rate kbyte = {NULL, {.bytes = 1000, .at_once = 1}};
    (void)state;
    open_with(&(struct midge_config){.origin_rates = &kbyte, .n_origin_rates = 1});
    reply("a.test", "/big", &(struct midge_sim_reply){.fill = 10000});
    start_all("a.test/big", 3);
    sim_world_run(&w);
    assert_int_equal(n_log, 3);
    for (unsigned k = 0; k < 3; k++) {
        assert_in_range(log_[k].ms, 10000 * k, 10300 * k); /* heads count too */
        sim_get_ended(&asks[k].get, MIDGE_OK, 200, NULL);
    }
}

static void bytes_of_the_client(void **state)
{
    static const struct midge_rate kbyte = {.bytes = 1000, .at_once = 1};
    (void)state;
    open_with(&(struct midge_config){.rate = &kbyte});
    struct ask *up = prepare("a.test/");
    static char body[5000];
    up->get.request.body = body;
    up->get.request.body_len = sizeof body;
    start(up);
    start_all("b.test/", 1);
    all_ok();
    assert_in_range(log_[1].ms, 5000, 5400);
}

/* --- hops and repeats --- */

static void hops_count(void **state)
{
    (void)state;
    open_with(&(struct midge_config){.rate = &ten});
    reply("a.test", "/from",
          &(struct midge_sim_reply){.status = 302, .headers = "Location: http://b.test/\r\n"});
    struct ask *a = prepare("a.test/from");
    a->get.request.max_redirects = 3;
    start(a);
    start_all("c.test/", 1);
    all_ok();
    sent_evenly(3, 100);
}

static void repeats_count(void **state)
{
    static const struct midge_retry retry = {.max = 5, .fixed_ms = 1};
    static const struct midge_rate slow = {.requests = 1, .interval_ms = 5000};
    (void)state;
    open_with(&(struct midge_config){.rate = &slow, .retry = &retry});
    reply("a.test", "/busy", &(struct midge_sim_reply){.status = 500, .times = 2});
    reply("a.test", "/busy", &(struct midge_sim_reply){.body = "ok"});
    start_all("a.test/busy", 1);
    all_ok();
    sent_evenly(3, 5000);
}

/* A connection that is refused returns no token; one that goes back to the queue does. */
static void failures_count(void **state)
{
    (void)state;
    open_with(&(struct midge_config){.rate = &ten});
    assert_int_equal(midge_sim_add_address(host("n.test"), "192.0.2.1", MIDGE_SIM_REFUSES),
                     MIDGE_OK);
    start_all("n.test/", 3);
    start_all("a.test/", 1);
    sim_world_run(&w);
    assert_int_equal(n_log, 1);
    sent_at(0, 100); /* a.test's turn comes after the first of n.test */
    for (unsigned k = 0; k < 3; k++) {
        sim_get_ended(&asks[k].get, MIDGE_ERR_CONNECT, 0, "");
    }
    sim_get_ended(&asks[3].get, MIDGE_OK, 200, "ok");
}

/* The system has no second socket yet: the request goes back to the queue, and so does its token.
 */
static void back_to_the_queue(void **state)
{
    static const struct midge_rate slow = {.requests = 1, .interval_ms = 60000, .burst = 2};
    const struct midge_config config = {.rate = &slow, .keep_alive_ms = 1};
    (void)state;
    open_with(&config);
    sim_world_close(&w);
    sim_world_start(&w, &(struct midge_sim_config){.seed = 1, .max_sockets = 1}, &config);
    reply("a.test", "/slow", &(struct midge_sim_reply){.body = "ok", .delay_ms = 1000});
    reply("b.test", "/", &(struct midge_sim_reply){.body = "ok"});
    start_all("a.test/slow", 1);
    start_all("b.test/", 1);
    all_ok();
    assert_int_equal(n_log, 2);
    assert_in_range(log_[1].ms, 1000, 1010);
}

/* --- settings --- */

static void invalid(void **state)
{
    static const struct midge_rate bad = {.requests = 1, .interval_ms = UINT32_C(1) << 31};
    const struct midge_origin_rate bad_row[] = {{NULL, {.requests = 1}}, {"a", bad}};
    const struct midge_config cases[] = {
        {.rate = &bad},
        {.origin_rates = bad_row, .n_origin_rates = 2},
        {.n_origin_rates = 1},
    };
    (void)state;
    open_with(NULL);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct midge_config config = cases[i];
        struct midge_client *client;
        config.port = midge_sim_port(w.sim);
        config.memory_size = midge_memory_needed(&config);
        config.memory = malloc(config.memory_size);
        assert_int_equal(midge_open(&client, &config), MIDGE_ERR_INVALID);
        assert_null(client);
        free(config.memory);
    }
}

/* The smallest block, with as many origins as requests: each origin that waits has its timer. */
static void many_origins(void **state)
{
    static const struct midge_rate slow = {.requests = 1, .interval_ms = 100};
    static const struct midge_origin_rate each = {NULL, {.requests = 1, .interval_ms = 1000}};
    struct midge_config config = {.rate = &slow,
                                  .origin_rates = &each,
                                  .n_origin_rates = 1,
                                  .max_awaitables = 40,
                                  .max_connections = 1};
    (void)state;
    open_with(&config);
    for (unsigned k = 0; k < 20; k++) {
        char name[16], url[20];
        (void)snprintf(name, sizeof name, "h%u.test", k);
        (void)snprintf(url, sizeof url, "%s/", name);
        midge_sim_add_reply(host(name), 80, "/",
                            &(struct midge_sim_reply){.body = "ok", .close = k % 2});
        start_all(url, 2);
    }
    all_ok();
    assert_in_range(midge_sim_now_ms(w.sim), 3900, 4100);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_teardown(name, close_world)
    const struct CMUnitTest tests[] = {
        TEST(evenly),
        TEST(across_the_wrap),
        TEST(burst),
        TEST(slower_than_the_rate),
        TEST(no_timer_when_idle),
        TEST(few_turns),
        TEST(origins_take_turns),
        TEST(client_at_once),
        TEST(by_host),
        TEST(origin_at_once),
        TEST(remembered),
        TEST(bytes),
        TEST(bytes_of_the_client),
        TEST(hops_count),
        TEST(repeats_count),
        TEST(failures_count),
        TEST(back_to_the_queue),
        TEST(invalid),
        TEST(many_origins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
