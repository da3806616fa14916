/* SPDX-License-Identifier: MIT */
/* The example boards/examples/telemetry.c against a server that is away, slow or refuses. */
#include "examples/telemetry.h"

#include "sim_world.h"

static struct sim_world w;
static struct midge_sim_host *host;
static struct telemetry telemetry;
static char last[TELEMETRY_TEXT];

static int open_world(void **state)
{
    (void)state;
    sim_world_open(&w, 1);
    host = midge_sim_add_host(w.sim, "metrics.test");
    last[0] = '\0';
    assert_int_equal(telemetry_start(&telemetry, w.client, "http://metrics.test/v1", "secret"),
                     MIDGE_OK);
    return 0;
}

static int close_world(void **state)
{
    (void)state;
    sim_world_close(&w);
    return 0;
}

/* Keeps the body, which the server has as the end of the request. */
static void keep(void *ctx, const struct midge_sim_request *request, struct midge_sim_reply *reply)
{
    (void)ctx;
    (void)reply;
    assert_non_null(strstr(request->head, "Authorization: Bearer secret\r\n"));
    (void)snprintf(last, sizeof last, "%.*s", (int)request->body_len, request->body);
}

static void serve(const struct midge_sim_reply *reply)
{
    struct midge_sim_reply kept = *reply;
    kept.on_request = keep;
    midge_sim_add_reply(host, 80, "/v1", &kept);
}

/* The clock goes on for ever, so no time ends by itself. */
static void pass(uint32_t seconds)
{
    assert_true(midge_sim_run(w.sim, w.client, 1000 * seconds) > 0);
}

static void one_report_each_minute(void **state)
{
    (void)state;
    serve(&(struct midge_sim_reply){.status = 204});
    telemetry_add(&telemetry, 21.5);
    telemetry_add(&telemetry, -0.25);
    pass(61);
    assert_string_equal(last, "{\"dropped\":0,\"readings\":[21.5,-0.25]}");
    pass(60); /* nothing new: no report */
    telemetry_add(&telemetry, 22);
    pass(60);
    assert_string_equal(last, "{\"dropped\":0,\"readings\":[22]}");
    assert_int_equal(telemetry.delivered, 3);
    assert_int_equal(midge_sim_count(host, 80, "/v1").requests, 2);
}

static void what_was_refused_is_sent_again(void **state)
{
    (void)state;
    serve(&(struct midge_sim_reply){.status = 503, .times = 1});
    serve(&(struct midge_sim_reply){.status = 204});
    telemetry_add(&telemetry, 1);
    pass(61);
    assert_int_equal(telemetry.failed, 1);
    telemetry_add(&telemetry, 2);
    pass(60);
    assert_string_equal(last, "{\"dropped\":0,\"readings\":[1,2]}");
    assert_int_equal(telemetry.delivered, 2);
}

static void a_day_without_network_keeps_the_newest(void **state)
{
    (void)state;
    serve(&(struct midge_sim_reply){.status = 204});
    midge_sim_link(w.sim, 0);
    for (int i = 0; i < 1440; i++) {
        telemetry_add(&telemetry, i);
        pass(60);
    }
    midge_sim_link(w.sim, 1);
    pass(120);
    assert_int_equal(telemetry.dropped, 1440 - TELEMETRY_READINGS);
    assert_int_equal(telemetry.delivered, TELEMETRY_READINGS);
    assert_non_null(strstr(last, "{\"dropped\":1408,\"readings\":[1408,1409,"));
    assert_int_equal(midge_sim_count(host, 80, "/v1").requests, 1);
}

/* All readings of the report under way are dropped meanwhile: none is removed twice. */
static void readings_overtake_a_slow_report(void **state)
{
    (void)state;
    serve(&(struct midge_sim_reply){.status = 204, .delay_ms = 20000});
    telemetry_add(&telemetry, 7);
    pass(70);
    for (int i = 0; i < 2 * TELEMETRY_READINGS; i++) {
        telemetry_add(&telemetry, i);
    }
    pass(20);
    assert_int_equal(telemetry.n, TELEMETRY_READINGS);
    assert_int_equal(telemetry.delivered, 0); /* it was counted as dropped before */
    pass(60);
    assert_int_equal(telemetry.delivered, TELEMETRY_READINGS);
}

static void a_wrong_url_is_told_at_once(void **state)
{
    struct telemetry other;
    (void)state;
    assert_int_equal(telemetry_start(&other, w.client, "metrics.test", NULL), MIDGE_ERR_URL);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, open_world, close_world)
    const struct CMUnitTest tests[] = {
        TEST(one_report_each_minute),
        TEST(what_was_refused_is_sent_again),
        TEST(a_day_without_network_keeps_the_newest),
        TEST(readings_overtake_a_slow_report),
        TEST(a_wrong_url_is_told_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
