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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(held_until_its_limit, close_world),
        cmocka_unit_test_teardown(held_for_a_taken_one, close_world),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
