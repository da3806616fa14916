/* SPDX-License-Identifier: MIT */
/* An event source and a stream that breaks: cuts, silence, waits. */
#include "event_world.h"

/* --- cuts --- */

static void cut_worlds(enum midge_sim_end end, uint32_t chunk, uint64_t from, uint64_t to)
{
    for (uint64_t at = from; at < to; at++) {
        (void)open_world(NULL);
        serve_events();
        server.end = end;
        server.chunk = chunk;
        server.cut_first = 1;
        server.cut_at = at;
        request.timeouts.idle_ms = request.timeouts.first_byte_ms = 20000;
        assert_int_equal(source_run(MIDGE_OK), 204);
        assert_int_equal(seen.events, 5);
        assert_string_equal(source.sse.id, "5");
        assert_int_equal(server.connections, source.connects);
        assert_in_range(server.connections, 2, 3);
        (void)close_world(NULL);
    }
}

/* At each byte of head and stream: no event is lost, none is reported twice. */
static void cut_anywhere(void **state)
{
    (void)state;
    cut_worlds(MIDGE_SIM_END_FIN, 0, 0, 300);
    cut_worlds(MIDGE_SIM_END_RESET, 0, 0, 300);
    cut_worlds(MIDGE_SIM_END_STALL, 0, 0, 300);
    cut_worlds(MIDGE_SIM_END_FIN, 7, 0, 400);
    cut_worlds(MIDGE_SIM_END_RESET, 1, 60, 200);
}

/* Each connection gets only a few bytes further. */
static void cut_always(void **state)
{
    (void)state;
    serve_events();
    server.end = MIDGE_SIM_END_RESET;
    server.cut_first = 1000;
    server.cut_at = 120; /* the head, and one event */
    source_start();
    (void)midge_sim_run(w.sim, w.client, 600000);
    assert_int_equal(seen.events, 5);
    assert_in_range(server.connections, 4, 30);
    source_ended(MIDGE_OK);
}

static size_t alloc_peak(void)
{
    struct midge_stats stats;
    midge_client_stats(w.client, &stats);
    return stats.alloc_peak;
}

/* Memory does not grow with them. */
static void ten_thousand_events(void **state)
{
    (void)state;
    server_events(EVENTS_MOST);
    server.most = 1000;
    serve_events();
    source_start();
    while (server.connections < 4) {
        (void)midge_poll(w.client, -1);
    }
    const size_t before = alloc_peak();
    while (seen.events < EVENTS_MOST) {
        (void)midge_poll(w.client, -1);
    }
    assert_int_equal(alloc_peak(), before);
    sim_world_run(&w);
    assert_int_equal(source_ended(MIDGE_OK), 204);
    assert_int_equal(seen.events, EVENTS_MOST);
    assert_int_equal(source.sse.events, EVENTS_MOST);
    assert_int_equal(server.connections, 11);
}

/* --- silence --- */

/* The head and two events, then nothing. */
static void goes_silent(void)
{
    server.end = MIDGE_SIM_END_STALL;
    server.cut_first = 1;
    server.cut_at = 150;
    server.most = 5;
    serve_events();
}

static void silence(void **state)
{
    (void)state;
    goes_silent();
    request.timeouts.idle_ms = 45000;
    assert_int_equal(source_run(MIDGE_OK), 204);
    assert_int_equal(seen.first_error, MIDGE_ERR_TIMEOUT);
    assert_int_equal(seen.last_error, MIDGE_ERR_EOF);
    assert_int_equal(seen.events, 5);
    assert_in_range(server.asked_at[1] - server.asked_at[0], 45000, 45000 + 3000 + 20);
}

/* The limit of a whole request counts for each connection anew; comments prevent silence. */
static void total_and_comments(void **state)
{
    (void)state;
    midge_sim_add_reply(host, 80, "/events",
                        &(struct midge_sim_reply){.raw = "HTTP/1.1 200 OK\r\n" STREAM "\r\n",
                                                  .forever = ":keep alive\n\n",
                                                  .bytes_per_s = 20});
    request.timeouts.idle_ms = 1000;
    request.timeouts.total_ms = 60000;
    source_start();
    (void)midge_sim_run(w.sim, w.client, 300000);
    assert_in_range(seen.waits, 4, 5);
    assert_int_equal(seen.last_error, MIDGE_ERR_TIMEOUT);
    for (unsigned i = 0; i < seen.waits; i++) {
        assert_in_range(seen.wait_ms[i], 0, 3000);
    }
    assert_int_equal(midge_cancel(w.client, source_id), MIDGE_OK);
    source_ended(MIDGE_ERR_CANCELED);
}

/* --- waits --- */

static const struct midge_sim_reply down = {.status = 503, .headers = "Connection: close\r\n"};

static void body_once(const char *body)
{
    midge_sim_add_reply(
        host, 80, "/events",
        &(struct midge_sim_reply){
            .headers = STREAM, .body = body, .until_close = 1, .times = 1, .on_request = NULL});
}

static void retry_field(void **state)
{
    (void)state;
    body_once("retry: 7000\nid: 1\ndata: a1\n\n");
    body_once("id: 2\ndata: a2\nretry: 5\n\n");
    body_once("id: 3\ndata: a3\nretry: 99999999999\n\n");
    body_once("id: 4\ndata: a4\nretry: 0\n\n");
    serve_events();
    assert_int_equal(source_run(MIDGE_OK), 204);
    assert_int_equal(seen.events, 5);
    assert_int_equal(seen.wait_ms[0], 7000);
    assert_int_equal(seen.wait_ms[1], 5);
    assert_int_equal(seen.wait_ms[2], 3600000);
    assert_int_equal(seen.wait_ms[3], 0);
}

/* The server's time is the least while it is down; ours by chance comes on top. */
static void retry_field_and_failures(void **state)
{
    struct midge_sim_reply fails = down;
    uint64_t sum = 0;
    (void)state;
    body_once("retry: 7000\nid: 1\ndata: a1\n\n");
    fails.times = 20;
    midge_sim_add_reply(host, 80, "/events", &fails);
    serve_events();
    assert_int_equal(source_run(MIDGE_OK), 204);
    assert_int_equal(seen.wait_ms[0], 7000);
    for (unsigned i = 1; i < 20; i++) {
        uint64_t most = i < 4 ? 7000U << i : 60000;
        assert_in_range(seen.wait_ms[i], 7000, most);
        sum += seen.wait_ms[i];
    }
    assert_in_range(sum, 19 * 15000, 19 * 45000);
    assert_int_equal(source.connects, 1 + 20 + 2);
}

static void retry_after(void **state)
{
    (void)state;
    midge_sim_add_reply(
        host, 80, "/events",
        &(struct midge_sim_reply){.status = 503, .headers = "Retry-After: 20\r\n", .times = 1});
    midge_sim_add_reply(
        host, 80, "/events",
        &(struct midge_sim_reply){.status = 429, .headers = "Retry-After: 999999\r\n", .times = 1});
    serve_events();
    assert_int_equal(source_run(MIDGE_OK), 204);
    assert_in_range(seen.wait_ms[0], 20000, 23000);
    assert_in_range(seen.wait_ms[1], 3600000, 3606000);
    assert_int_equal(seen.events, 5);
}

static void plug(void *ctx)
{
    (void)ctx;
    midge_sim_link(w.sim, 1);
}

static void an_hour_offline(void **state)
{
    uint64_t back;
    (void)state;
    serve_events();
    midge_sim_link(w.sim, 0);
    midge_sim_at(w.sim, 3600000, plug, NULL);
    assert_int_equal(source_run(MIDGE_OK), 204);
    back = server.asked_at[0];
    assert_in_range(back, 3600000, 3600000 + 60000);
    assert_in_range(source.connects, 60, 400);
    assert_int_equal(seen.events, 5);
    assert_in_range(seen.wait_ms[0], 0, 3000);
    assert_in_range(seen.wait_ms[1], 0, 6000);
    assert_int_equal(seen.opens, 1);
    assert_int_equal(seen.connectings, source.connects - 1);
}

/* Waits of one's own; clients that have no entropy still wait. */
static void own_waits(void **state)
{
    (void)state;
    midge_sim_add_reply(host, 80, "/events", &down);
    source.first_ms = 100;
    source.most_ms = 500;
    source.max_reconnects = 50;
    assert_int_equal(source_run(MIDGE_ERR_HTTP_STATUS), 503);
    assert_int_equal(source.connects, 51);
    assert_int_equal(seen.waits, 50);
    for (unsigned i = 0; i < 50; i++) {
        assert_in_range(seen.wait_ms[i], 0, i < 3 ? 100U << i : 500);
    }
}

/* The waits differ, and a server that is down is not asked all the time. */
static void no_entropy(void **state)
{
    (void)state;
    midge_close(w.client);
    struct midge_port *port = midge_sim_port(w.sim);
    struct midge_port without = *port;
    without.zone = NULL; /* the port works only as a whole: now it has no entropy */
    struct midge_config config = {.port = &without, .memory = w.block};
    config.memory_size = midge_memory_least(&config);
    assert_int_equal(midge_open(&w.client, &config), MIDGE_OK);
    midge_sim_add_reply(host, 80, "/events", &down);
    source_start();
    (void)midge_sim_run(w.sim, w.client, 3600000);
    assert_in_range(source.connects, 80, 250);
    midge_close(w.client);
    w.client = NULL;
}

/* A server that opens the stream and closes it at once is not good: it gets longer waits. */
static void opens_and_closes(void **state)
{
    (void)state;
    midge_sim_add_reply(host, 80, "/events",
                        &(struct midge_sim_reply){
                            .headers = STREAM, .body = "retry: 0\n: hello\n\n", .until_close = 1});
    source_start();
    (void)midge_sim_run(w.sim, w.client, 3600000);
    assert_in_range(seen.opens, 60, 300);
    assert_int_equal(midge_cancel(w.client, source_id), MIDGE_OK);
    source_ended(MIDGE_ERR_CANCELED);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, open_world, close_world)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cut_anywhere),
        TEST(cut_always),
        TEST(ten_thousand_events),
        TEST(silence),
        TEST(total_and_comments),
        TEST(retry_field),
        TEST(retry_field_and_failures),
        TEST(retry_after),
        TEST(an_hour_offline),
        TEST(own_waits),
        TEST(no_entropy),
        TEST(opens_and_closes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
