/* SPDX-License-Identifier: MIT */
/* Features of a request that meet: holds and limits of time, hooks and taken awaitables, redirects
   and repeats, repeats and compressed bodies. Each test was a fault. */
#include "rate_world.h"

static const struct midge_retry once = {.max = 1, .fixed_ms = 1000};

/* --- holds --- */

/* The limit of a held request is over shortly before the hold, and the client sees both at once:
   with the request its origin ends, which has the hold's timer. */
static void held_until_its_limit(void **state)
{
    (void)state;
    open_with(&(struct midge_config){.rate = &ten, .no_sessions = 1});
    reply("a.test", "/busy",
          &(struct midge_sim_reply){
              .status = 429, .headers = "Retry-After: 5\r\n", .body = "later", .close = 1});
    start_all("a.test/busy", 1);
    run_for(500);
    struct ask *held = prepare("a.test/");
    held->get.request.timeouts.total_ms = 3000;
    start(held);
    run_for(1000);
    assert_int_equal(held->get.dones, 0);
    midge_sim_charge(w.sim, 10000000000ULL);
    sim_world_run(&w);
    sim_get_ended(&asks[0].get, MIDGE_OK, 429, "later");
    sim_get_ended(&held->get, MIDGE_ERR_TIMEOUT, 0, "");
    start_all("b.test/", 1);
    sim_world_run(&w);
    sim_get_ended(&asks[2].get, MIDGE_OK, 200, "ok");
    midge_sim_advance(w.sim, 20000);
    run_for(20000);
}

/* --- hooks --- */

static midge_id awaited;

static int repeats_after(struct midge_hook *hook, struct midge_hop *hop,
                         const struct midge_response *response)
{
    (void)hook;
    return response->status == 401 ? midge_hop_repeat_after(hop, awaited) : MIDGE_OK;
}

/* It is taken between two turns: no completion is delivered. */
static void held_for_a_taken_one(void **state)
{
    struct midge_hook hook = {.on_head = repeats_after};
    (void)state;
    open_with(&(struct midge_config){.hooks = &hook});
    reply("a.test", "/guarded", &(struct midge_sim_reply){.status = 401, .times = 1});
    reply("a.test", "/guarded", &(struct midge_sim_reply){.body = "ok"});
    assert_int_equal(midge_future(w.client, NULL, NULL, &awaited), MIDGE_OK);
    start_all("a.test/guarded", 1);
    run_for(100);
    assert_int_equal(midge_sim_count(host("a.test"), 80, "/guarded").answers, 1);
    assert_int_equal(midge_cancel(w.client, awaited), MIDGE_OK);
    assert_int_equal(midge_take(w.client, awaited, NULL), MIDGE_OK);
    all_ok();
    assert_in_range(midge_sim_now_ms(w.sim), 100, 110); /* not at the next event of the world */
}

/* --- redirects --- */

static int fails_once(void *ctx, midge_id id, const struct midge_response *response,
                      struct midge_redirect *to)
{
    static unsigned calls;
    (void)ctx, (void)id, (void)response, (void)to;
    return ++calls == 2 ? MIDGE_ERR_CONNECT : MIDGE_OK;
}

/* The second redirect is refused with an error that may pass; its hop has not begun. */
static void hop_before_a_repeat(void **state)
{
    struct midge_stats before, after;
    (void)state;
    open_with(&(struct midge_config){.retry = &once});
    reply("a.test", "/1", &(struct midge_sim_reply){.status = 302, .headers = "Location: /2\r\n"});
    reply("a.test", "/2", &(struct midge_sim_reply){.status = 302, .headers = "Location: /3\r\n"});
    reply("a.test", "/3", &(struct midge_sim_reply){.body = "ok"});
    start_all("a.test/3", 1);
    all_ok();
    midge_client_stats(w.client, &before);
    struct ask *a = prepare("a.test/1");
    a->get.request.max_redirects = 5;
    a->get.request.on_redirect = fails_once;
    start(a);
    sim_world_run(&w);
    sim_get_ended(&a->get, MIDGE_OK, 200, "ok");
    assert_int_equal(a->get.result.redirects, 2);
    assert_int_equal(a->get.result.retries, 1);
    midge_client_stats(w.client, &after);
    assert_int_equal(after.alloc_live, before.alloc_live);
}

/* --- compressed bodies --- */

#if MIDGE_WITH_GUNZIP

/* While it waits for its repeat, a request has no memory for decoding. */
static void no_window_during_a_wait(void **state)
{
    struct midge_gunzip gunzip;
    struct midge_stats stats;
    (void)state;
    open_with(&(struct midge_config){.retry = &once});
    midge_client_stats(w.client, &stats);
    const uint64_t before = stats.alloc_live;
    reply("a.test", "/cut",
          &(struct midge_sim_reply){.raw = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n"
                                           "Content-Length: 100\r\n\r\n",
                                    .close = 1});
    struct ask *a = prepare("a.test/cut");
    midge_gunzip_init(&gunzip, w.client, a->get.request.sink);
    a->get.request.sink = &gunzip.sink;
    start(a);
    run_for(500);
    assert_int_equal(a->get.dones, 0);
    assert_int_equal(n_log, 1);
    midge_client_stats(w.client, &stats);
    assert_in_range(stats.alloc_live, before, before + MIDGE_GUNZIP_MEMORY / 2);
    sim_world_run(&w);
    assert_int_equal(n_log, 2);
    sim_get_ended(&a->get, MIDGE_ERR_PARTIAL, 200, "");
}

#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(held_until_its_limit, close_world),
        cmocka_unit_test_teardown(held_for_a_taken_one, close_world),
        cmocka_unit_test_teardown(hop_before_a_repeat, close_world),
#if MIDGE_WITH_GUNZIP
        cmocka_unit_test_teardown(no_window_during_a_wait, close_world),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
