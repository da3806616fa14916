/* SPDX-License-Identifier: MIT */
/*
 * An example: a firmware's own logic (boards/examples/reporter.c) against servers that are slow,
 * busy or out of reach. Hours of virtual time pass in milliseconds. port/sim/README.md explains it.
 */
#include "examples/reporter.h"

#include "sim_world.h"

static struct sim_world w;
static struct midge_sim_host *host;
static struct reporter reporter;

static int open_world(void **state)
{
    (void)state;
    sim_world_open(&w, 1);
    host = midge_sim_add_host(w.sim, "log.test");
    reporter_init(&reporter, w.client, "http://log.test/reading");
    return 0;
}

static int close_world(void **state)
{
    (void)state;
    sim_world_close(&w);
    return 0;
}

/* Sends one reading; how many seconds it takes until the reporter is content. */
static unsigned deliver(const char *reading)
{
    uint64_t start_ms = midge_sim_now_ms(w.sim);
    assert_true(reporter_send(&reporter, reading));
    assert_int_equal(midge_sim_run(w.sim, w.client, 3600000), 0);
    return (unsigned)((midge_sim_now_ms(w.sim) - start_ms) / 1000);
}

static void a_busy_server_is_asked_again_when_it_says(void **state)
{
    (void)state;
    midge_sim_add_reply(
        host, 80, "/reading",
        &(struct midge_sim_reply){.status = 503, .headers = "Retry-After: 20\r\n", .times = 1});
    midge_sim_add_reply(host, 80, "/reading", &(struct midge_sim_reply){.status = 201});
    assert_int_equal(deliver("21.5"), 20);
    assert_int_equal(reporter.delivered, 1);
    assert_int_equal(midge_sim_count(host, 80, "/reading").body_bytes, 8); /* 4, twice */
}

static void a_slow_server_is_given_up_and_asked_again(void **state)
{
    (void)state;
    midge_sim_add_reply(host, 80, "/reading",
                        &(struct midge_sim_reply){.delay_ms = 60000, .times = 2});
    midge_sim_add_reply(host, 80, "/reading", &(struct midge_sim_reply){.status = 201});
    assert_int_equal(deliver("21.5"), 10 + 1 + 10 + 2);
    assert_int_equal(reporter.tries, 3);
}

static void plug(void *ctx)
{
    midge_sim_link(ctx, 1);
}

static void offline_for_ten_minutes(void **state)
{
    (void)state;
    midge_sim_add_reply(host, 80, "/reading", &(struct midge_sim_reply){.status = 201});
    midge_sim_link(w.sim, 0);
    midge_sim_at(w.sim, 600000, plug, w.sim);
    unsigned seconds = deliver("21.5");
    assert_in_range(seconds, 600, 680); /* at most a minute and a try later */
    assert_int_equal(reporter.delivered, 1);
    assert_int_equal(midge_sim_count(host, 80, "/reading").requests, 1);
}

static void a_refusal_is_final(void **state)
{
    (void)state;
    midge_sim_add_reply(host, 80, "/reading", &(struct midge_sim_reply){.status = 400});
    assert_int_equal(deliver("nonsense"), 0);
    assert_int_equal(reporter.refused, 1);
    assert_int_equal(reporter.tries, 1);
    assert_false(reporter.busy);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, open_world, close_world)
    const struct CMUnitTest tests[] = {
        TEST(a_busy_server_is_asked_again_when_it_says),
        TEST(a_slow_server_is_given_up_and_asked_again),
        TEST(offline_for_ten_minutes),
        TEST(a_refusal_is_final),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
