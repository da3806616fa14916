/* SPDX-License-Identifier: MIT */
/* The example boards/examples/subscriber.c against a server that loses connections and rests. */
#include "examples/subscriber.h"

#include "sim_world.h"

#define STREAM "Content-Type: text/event-stream\r\n"

static struct sim_world w;
static struct midge_sim_host *host;
static struct subscriber subscriber;
static char printed[600];

static int open_world(void **state)
{
    (void)state;
    sim_world_open(&w, 1);
    host = midge_sim_add_host(w.sim, "news.test");
    printed[0] = '\0';
    return 0;
}

static int close_world(void **state)
{
    (void)state;
    sim_world_close(&w);
    return 0;
}

static void print(void *ctx, const char *line)
{
    size_t len = strlen(printed);
    (void)ctx;
    (void)snprintf(printed + len, sizeof printed - len, "%s\n", line);
}

static void subscribe(const char *last_id)
{
    assert_int_equal(
        subscriber_start(&subscriber, w.client, "http://news.test/all", last_id, print, NULL),
        MIDGE_OK);
}

static void serve(void *ctx, const struct midge_sim_request *request, struct midge_sim_reply *reply)
{
    (void)ctx;
    if (strstr(request->head, "Last-Event-ID: 2\r\n") != NULL) {
        reply->body = "id: 3\ndata: three\n\n";
    } else if (strstr(request->head, "Last-Event-ID: 3\r\n") != NULL) {
        reply->status = 204;
    }
}

static const struct midge_sim_reply news = {.headers = STREAM,
                                            .body = "id: 1\ndata: one\n\nid: 2\ndata: two\n\nid: 3",
                                            .until_close = 1,
                                            .on_request = serve};

static void survives_a_lost_connection(void **state)
{
    struct midge_sim_reply busy = {.status = 503, .times = 1};
    struct midge_sim_reply lost = news;
    (void)state;
    lost.end = MIDGE_SIM_END_RESET;
    lost.cut_at = 110;
    lost.times = 1;
    midge_sim_add_reply(host, 80, "/all", &lost);
    midge_sim_add_reply(host, 80, "/all", &busy);
    midge_sim_add_reply(host, 80, "/all", &news);
    subscribe(NULL);
    sim_world_run(&w);
    assert_string_equal(printed, "one\ntwo\n"
                                 "receiving failed (body, errno 104)\n"
                                 "HTTP error status (body, status 503)\n"
                                 "three\n"
                                 "end of data (done)\n"
                                 "the stream is over\n");
    assert_int_equal(subscriber.id, 0);
}

static void goes_on_after_a_restart(void **state)
{
    (void)state;
    midge_sim_add_reply(host, 80, "/all", &news);
    subscribe("2");
    sim_world_run(&w);
    assert_string_equal(printed, "three\nend of data (done)\nthe stream is over\n");
    assert_string_equal(subscriber.source.sse.id, "3");
}

static void is_stopped(void **state)
{
    (void)state;
    midge_sim_add_reply(
        host, 80, "/all",
        &(struct midge_sim_reply){.raw = "HTTP/1.1 200 OK\r\n" STREAM "\r\ndata: one\n\n",
                                  .forever = ":\n",
                                  .bytes_per_s = 50});
    subscribe(NULL);
    assert_int_equal(midge_sim_run(w.sim, w.client, 3600000), 2);
    subscriber_stop(&subscriber);
    sim_world_run(&w);
    assert_string_equal(printed, "one\ncanceled\n");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, open_world, close_world)
    const struct CMUnitTest tests[] = {
        TEST(survives_a_lost_connection),
        TEST(goes_on_after_a_restart),
        TEST(is_stopped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
