/* SPDX-License-Identifier: MIT */
/* Holds: Retry-After of one answer makes all requests to its origin wait. And the ends of requests
   that wait. */
#include "rate_world.h"

/* --- holds --- */

static const struct midge_retry patient = {.max = 3};

static void asks_later(const char *path, int status, const char *headers)
{
    reply("a.test", path,
          &(struct midge_sim_reply){
              .status = status, .headers = headers, .body = "later", .times = 1});
    reply("a.test", path, &(struct midge_sim_reply){.body = "ok"});
}

/* Fifty requests, ten each second; the twentieth answer asks for 30 seconds. */
static void held(void **state)
{
    (void)state;
    open_with(&(struct midge_config){.rate = &ten, .retry = &patient});
    asks_later("/twentieth", 429, "Retry-After: 30\r\n");
    start_all("a.test/", 19);
    start_all("a.test/twentieth", 1);
    start_all("a.test/", 30);
    all_ok();
    assert_int_equal(n_log, 51);
    for (unsigned k = 0; k < 20; k++) {
        sent_at(k, 100 * k);
    }
    const uint64_t again = log_[20].ms;
    assert_in_range(again, 31900, 32901);
    for (unsigned k = 20; k < 51; k++) {
        assert_in_range(log_[k].ms, again + 100 * (k - 20), again + 100 * (k - 20) + 1);
    }
}

/* Those of the other origin are sent meanwhile; the request itself and all others of this one wait,
   also those that start later or come by a redirect. */
static void holds_one_origin(void **state)
{
    (void)state;
    open_with(&(struct midge_config){.retry = &patient, .max_per_origin = 1});
    asks_later("/busy", 503, "Retry-After: 10\r\n");
    reply("b.test", "/to_a",
          &(struct midge_sim_reply){.status = 302, .headers = "Location: http://a.test/\r\n"});
    start_all("a.test/busy", 1);
    start_all("a.test/", 3);
    start_all("b.test/", 3);
    run_for(1000);
    struct ask *hop = prepare("b.test/to_a");
    hop->get.request.max_redirects = 1;
    start(hop);
    start_all("a.test/", 2);
    all_ok();
    for (unsigned k = 1, a = 0; k < n_log; k++) {
        a += log_[k].host == 'a';
        assert_in_range(log_[k].ms, log_[k].host == 'a' ? 10000 : 0,
                        log_[k].host == 'a' ? 11100 : 1100);
        assert_true(a <= 7);
    }
}

/* There is one connection, idle, to the origin that is held. A request to another one needs its
   place; none of those that could use it go before that one. */
static void none_overtakes(void **state)
{
    (void)state;
    open_with(&(struct midge_config){.retry = &patient, .max_connections = 1});
    asks_later("/busy", 429, "Retry-After: 10\r\n");
    start_all("a.test/busy", 1);
    run_for(100);
    start_all("a.test/", 3);
    start_all("b.test/", 1);
    all_ok();
    assert_int_equal(log_[1].host, 'b');
    assert_in_range(log_[1].ms, 100, 110);
    for (unsigned k = 2; k < n_log; k++) {
        assert_in_range(log_[k].ms, 10000, 11010);
    }
}

/* A request that gets the 429, and after a while another one, which is sent between these times. */
static void then_asks_again(uint32_t wait_ms, uint64_t from_ms, uint64_t to_ms)
{
    start_all("a.test/busy", 1);
    sim_world_run(&w);
    midge_sim_advance(w.sim, wait_ms);
    run_for(1);
    start_all("a.test/", 1);
    sim_world_run(&w);
    sim_get_ended(&asks[0].get, MIDGE_OK, 429, "later");
    sim_get_ended(&asks[1].get, MIDGE_OK, 200, "ok");
    assert_in_range(log_[1].ms, from_ms, to_ms);
}

/* Without repeats and without rates a 429 is an answer like others. */
static void not_held(void **state)
{
    (void)state;
    open_with(NULL);
    asks_later("/busy", 429, "Retry-After: 10\r\n");
    then_asks_again(0, 0, 10);
}

/* A client with rates takes the server's word too; the origin is remembered. */
static void held_by_rates(void **state)
{
    (void)state;
    open_with(&(struct midge_config){.rate = &ten, .keep_alive_ms = 1});
    asks_later("/busy", 429, "Retry-After: 10\r\n");
    then_asks_again(1000, 10000, 11010);
}

/* More than the rules accept, or other statuses: nothing waits. */
static void holds_of_no_effect(void **state)
{
    (void)state;
    open_with(&(struct midge_config){.retry = &patient});
    asks_later("/too_long", 429, "Retry-After: 61\r\n");
    asks_later("/other", 404, "Retry-After: 30\r\n");
    asks_later("/no_time", 429, "Retry-After: 0\r\n");
    start_all("a.test/too_long", 1);
    start_all("a.test/other", 1);
    start_all("a.test/no_time", 1);
    sim_world_run(&w);
    const uint64_t now = midge_sim_now_ms(w.sim);
    assert_in_range(now, 0, 1010); /* the repeat of the last one, by chance */
    start_all("a.test/", 1);
    sim_world_run(&w);
    assert_in_range(midge_sim_now_ms(w.sim), now, now + 10);
    sim_get_ended(&asks[0].get, MIDGE_OK, 429, "later");
    sim_get_ended(&asks[1].get, MIDGE_OK, 404, "later");
    sim_get_ended(&asks[2].get, MIDGE_OK, 200, "ok");
    sim_get_ended(&asks[3].get, MIDGE_OK, 200, "ok");
}

/* 429 again and again: each hold is as long as the answer says. */
static void again_and_again(void **state)
{
    (void)state;
    static const struct midge_retry often = {.max = 10, .fixed_ms = 1};
    open_with(&(struct midge_config){.retry = &often, .max_per_origin = 1});
    reply("a.test", "/busy",
          &(struct midge_sim_reply){.status = 429, .headers = "Retry-After: 5\r\n", .times = 4});
    reply("a.test", "/busy", &(struct midge_sim_reply){.body = "ok"});
    start_all("a.test/busy", 1);
    start_all("a.test/", 1);
    all_ok();
    for (unsigned k = 1; k < n_log; k++) {
        const uint64_t gap = log_[k].ms - log_[k - 1].ms;
        assert_true(gap < 10 || (gap >= 5000 && gap <= 6010));
    }
    assert_in_range(midge_sim_now_ms(w.sim), 20000, 24050);
}

/* A hold is over at its time, also when the clock has wrapped since. */
static void hold_across_the_wrap(void **state)
{
    (void)state;
    open_at(UINT32_MAX - 5000, &(struct midge_config){.retry = &patient});
    asks_later("/busy", 429, "Retry-After: 10\r\n");
    start_all("a.test/busy", 1);
    run_for(100);
    start_all("a.test/", 2);
    all_ok();
    for (unsigned k = 1; k < n_log; k++) {
        assert_in_range(log_[k].ms, 10000, 11010);
    }
}

/* Of two answers the one that asks for longer counts, also if it comes first. */
static void the_longest_counts(void **state)
{
    (void)state;
    open_with(&(struct midge_config){.retry = &patient, .max_per_origin = 2});
    reply("a.test", "/busy",
          &(struct midge_sim_reply){.status = 429, .headers = "Retry-After: 20\r\n", .times = 1});
    reply("a.test", "/busy",
          &(struct midge_sim_reply){
              .status = 429, .headers = "Retry-After: 5\r\n", .delay_ms = 10, .times = 1});
    reply("a.test", "/busy", &(struct midge_sim_reply){.body = "ok"});
    start_all("a.test/busy", 2);
    start_all("a.test/", 2);
    all_ok();
    for (unsigned k = 2; k < n_log; k++) {
        assert_in_range(log_[k].ms, 20000, 21050);
    }
}

/* A hold that is over stays so when the clock has gone round once. */
static void hold_does_not_return(void **state)
{
    (void)state;
    open_with(&(struct midge_config){.retry = &patient});
    asks_later("/busy", 429, "Retry-After: 60\r\n");
    reply("a.test", "/endless",
          &(struct midge_sim_reply){.fill = 10, .end = MIDGE_SIM_END_STALL, .cut_at = 5});
    struct ask *endless = prepare("a.test/endless"); /* the origin stays */
    endless->get.request.timeouts.idle_ms = MIDGE_NO_TIMEOUT;
    start(endless);
    run_for(1);
    start_all("a.test/busy", 1);
    run_for(100000);
    sim_get_ended(&asks[1].get, MIDGE_OK, 200, "ok");
    const uint64_t round = midge_sim_now_ms(w.sim) + UINT32_MAX - 100000 + 30000;
    while (midge_sim_now_ms(w.sim) < round) {
        run_for(UINT32_C(1) << 30 < round - midge_sim_now_ms(w.sim)
                    ? UINT32_C(1) << 30
                    : (uint32_t)(round - midge_sim_now_ms(w.sim)));
    }
    start_all("a.test/", 1);
    run_for(100);
    sim_get_ended(&asks[2].get, MIDGE_OK, 200, "ok");
    assert_int_equal(midge_cancel(w.client, endless->id), MIDGE_OK);
    sim_world_run(&w);
    sim_get_ended(&endless->get, MIDGE_ERR_CANCELED, 0, NULL);
}

/* --- ends while it waits --- */

static void limits_of_time(void **state)
{
    (void)state;
    open_with(&(struct midge_config){.retry = &patient});
    asks_later("/busy", 429, "Retry-After: 30\r\n");
    start_all("a.test/busy", 1);
    run_for(100);
    struct ask *total = prepare("a.test/"), *queue = prepare("a.test/");
    total->get.request.timeouts.total_ms = 5000;
    queue->get.request.timeouts.queue_ms = 7000;
    start(total);
    start(queue);
    start_all("a.test/", 1);
    run_for(5000);
    sim_get_ended(&total->get, MIDGE_ERR_TIMEOUT, 0, "");
    assert_int_equal(total->get.result.phase, MIDGE_PHASE_QUEUE);
    assert_int_equal(queue->get.dones, 0);
    run_for(2000);
    sim_get_ended(&queue->get, MIDGE_ERR_TIMEOUT, 0, "");
    assert_int_equal(queue->get.result.phase, MIDGE_PHASE_QUEUE);
    sim_world_run(&w);
    sim_get_ended(&asks[0].get, MIDGE_OK, 200, "ok");
    sim_get_ended(&asks[3].get, MIDGE_OK, 200, "ok");
    assert_int_equal(n_log, 3);
}

/* The first one of the queue is canceled; the others keep their times. */
static void cancel(void **state)
{
    (void)state;
    open_with(&(struct midge_config){.rate = &ten, .retry = &patient});
    asks_later("/busy", 429, "Retry-After: 30\r\n");
    start_all("a.test/busy", 1);
    run_for(100);
    start_all("a.test/", 3);
    run_for(1000);
    assert_int_equal(midge_cancel(w.client, asks[1].id), MIDGE_OK);
    assert_int_equal(midge_cancel(w.client, asks[3].id), MIDGE_OK);
    run_for(1000);
    sim_get_ended(&asks[1].get, MIDGE_ERR_CANCELED, 0, "");
    sim_get_ended(&asks[3].get, MIDGE_ERR_CANCELED, 0, "");
    sim_world_run(&w);
    sim_get_ended(&asks[0].get, MIDGE_OK, 200, "ok");
    sim_get_ended(&asks[2].get, MIDGE_OK, 200, "ok");
    assert_int_equal(n_log, 3);
}

/* The last one that waits is canceled: the hold needs no timer then. */
static void cancel_the_last(void **state)
{
    (void)state;
    open_with(&(struct midge_config){.rate = &ten, .keep_alive_ms = 1000});
    asks_later("/busy", 429, "Retry-After: 30\r\n");
    start_all("a.test/busy", 1);
    sim_world_run(&w);
    sim_get_ended(&asks[0].get, MIDGE_OK, 429, "later");
    start_all("a.test/", 1);
    run_for(5000);
    assert_in_range(midge_next_timeout(w.client), 25000, 26000);
    assert_int_equal(midge_cancel(w.client, asks[1].id), MIDGE_OK);
    sim_world_run(&w);
    sim_get_ended(&asks[1].get, MIDGE_ERR_CANCELED, 0, "");
    assert_int_equal(midge_next_timeout(w.client), -1);
}

static void close_while_held(void **state)
{
    static const struct midge_origin_rate slow = {"b.test", {.requests = 1}};
    (void)state;
    open_with(&(struct midge_config){.rate = &ten, .origin_rates = &slow, .n_origin_rates = 1});
    start_all("a.test/", 3);
    start_all("b.test/", 3);
    for (unsigned k = 0; k < n_asks; k++) {
        asks[k].get.request.sink = NULL;
    }
    (void)midge_poll(w.client, 0);
    (void)midge_poll(w.client, 0);
    for (unsigned k = 0; k < n_asks; k++) {
        sim_get_free(&asks[k].get);
    }
    midge_close(w.client);
    w.client = NULL;
    for (unsigned k = 0; k < n_asks; k++) {
        assert_int_equal(asks[k].get.dones, 1);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_teardown(name, close_world)
    const struct CMUnitTest tests[] = {
        TEST(held),
        TEST(holds_one_origin),
        TEST(none_overtakes),
        TEST(not_held),
        TEST(held_by_rates),
        TEST(holds_of_no_effect),
        TEST(again_and_again),
        TEST(hold_across_the_wrap),
        TEST(the_longest_counts),
        TEST(hold_does_not_return),
        TEST(limits_of_time),
        TEST(cancel),
        TEST(cancel_the_last),
        TEST(close_while_held),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
