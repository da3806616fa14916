/* SPDX-License-Identifier: MIT */
/* HTTP/2 with an input buffer of 4 KB (MIDGE_HTTP2_RECORD, CMakeLists.txt; without it the same
   requests end as well): heads of many sizes, silent streams, memory for one handshake. */
#include "sim_world.h"

#if MIDGE_WITH_HTTP2

enum { MANY = 12, LONG = 20000 };

static struct sim_world w;
static struct midge_sim_host *host;

static void begin_with(struct midge_config config)
{
    config.http = MIDGE_HTTP_2;
    config.max_awaitables = 64;
    sim_world_start(&w, &(struct midge_sim_config){.seed = 1}, &config);
    host = midge_sim_add_host(w.sim, "a.test");
    assert_int_equal(midge_sim_use_tls(host, 443, &(struct midge_sim_tls){.http2 = 1}), MIDGE_OK);
}

static void reply(const char *path, struct midge_sim_reply reply)
{
    midge_sim_add_reply(host, 443, path, &reply);
}

static unsigned connections(void)
{
    return midge_sim_count(host, 443, NULL).connections;
}

/* "X-Fill: aaa…", a head of about so many bytes. */
static const char *fields(char *to, size_t size)
{
    int n = snprintf(to, size, "X-Fill: ");
    memset(to + n, 'a', size - (size_t)n - 3);
    memcpy(to + size - 3, "\r\n", 3);
    return to;
}

static void heads(void **state)
{
    static const size_t sizes[] = {100, 500, 1500};
    (void)state;
    for (size_t k = 0; k < sizeof sizes / sizeof sizes[0]; k++) {
        char text[1500];
        struct sim_get gets[MANY];
        begin_with((struct midge_config){0});
        reply("/", (struct midge_sim_reply){
                       .headers = fields(text, sizes[k]), .fill = LONG, .delay_ms = 100});
        for (unsigned i = 0; i < MANY; i++) {
            sim_get(&w, &gets[i], "https://a.test/");
        }
        sim_world_run(&w);
        for (unsigned i = 0; i < MANY; i++) {
            assert_int_equal(gets[i].body.len, LONG);
            sim_get_ended(&gets[i], MIDGE_OK, 200, NULL);
        }
        assert_int_equal(connections(), 1);
        sim_world_close(&w);
    }
}

/* Before the first answer three heads may come; then so many more as these are shorter than was
   feared, on later connections too. */
static void heads_are_remembered(void **state)
{
    struct sim_get gets[MANY];
    uint32_t begun, took[2];
    (void)state;
    begin_with((struct midge_config){0});
    reply("/", (struct midge_sim_reply){.body = "hello", .delay_ms = 1000});
    for (unsigned round = 0; round < 2; round++) {
        begun = (uint32_t)midge_sim_now_ms(w.sim);
        for (unsigned i = 0; i < MANY; i++) {
            sim_get(&w, &gets[i], "https://a.test/");
        }
        sim_world_run(&w);
        for (unsigned i = 0; i < MANY; i++) {
            sim_get_ended(&gets[i], MIDGE_OK, 200, "hello");
        }
        took[round] = (uint32_t)midge_sim_now_ms(w.sim) - begun;
        midge_sim_advance(w.sim, 2 * MIDGE_KEEP_ALIVE_MS);
        (void)midge_poll(w.client, 0);
    }
    print_message("%u ms, %u ms\n", (unsigned)took[0], (unsigned)took[1]);
    assert_int_equal(connections(), 2);
    assert_true(took[1] < 1200);
    assert_int_equal(took[0] > 1800, MIDGE_HTTP2_RECORD > 0);
    sim_world_close(&w);
}

/* A head in one record of 6 KB: what is safe to repeat goes to a connection that keeps its large
   buffer, as everything after it does. */
static void head_beyond(void **state)
{
    static char text[6000];
    struct sim_get gets[4], post;
    unsigned retries = 0;
    (void)state;
    begin_with((struct midge_config){.max_header = 16384});
    reply("/", (struct midge_sim_reply){.headers = fields(text, sizeof text), .body = "hello"});
    for (unsigned i = 0; i < 4; i++) {
        sim_get(&w, &gets[i], "https://a.test/");
    }
    sim_world_run(&w);
    for (unsigned i = 0; i < 4; i++) {
        assert_in_range(gets[i].result.retries, 0, 1);
        retries += gets[i].result.retries;
        sim_get_ended(&gets[i], MIDGE_OK, 200, "hello");
    }
    assert_int_equal(connections(), MIDGE_HTTP2_RECORD > 0 ? 2 : 1);
    assert_int_equal(retries > 0, MIDGE_HTTP2_RECORD > 0);
    sim_get_init(&w, &post, "https://a.test/");
    post.request.body = "x";
    post.request.body_len = 1;
    sim_get_start(&w, &post);
    sim_world_run(&w);
    sim_get_ended(&post, MIDGE_OK, 200, "hello");
    assert_int_equal(connections(), MIDGE_HTTP2_RECORD > 0 ? 2 : 1);
    sim_world_close(&w);
}

static void post_beyond(void **state)
{
    static char text[6000];
    struct sim_get post;
    (void)state;
    begin_with((struct midge_config){.max_header = 16384});
    reply("/", (struct midge_sim_reply){.headers = fields(text, sizeof text), .body = "hello"});
    sim_get_init(&w, &post, "https://a.test/");
    post.request.body = "x";
    post.request.body_len = 1;
    sim_get_start(&w, &post);
    sim_world_run(&w);
    if (MIDGE_HTTP2_RECORD > 0) {
        assert_non_null(strstr(post.result.detail, "profile"));
        sim_get_ended(&post, MIDGE_ERR_TLS_RECORD_SIZE, 0, NULL);
    } else {
        sim_get_ended(&post, MIDGE_OK, 200, "hello");
    }
    sim_world_close(&w);
}

/* Streams that send something and are silent then keep their large windows. The others go on, and
   their idle deadline stands still while they wait for credit. */
static void silent_streams(unsigned silent, uint64_t sent)
{
    struct sim_get gets[MANY];
    midge_id ids[MANY];
    begin_with((struct midge_config){.timeouts = {.idle_ms = 700}});
    reply("/silent", (struct midge_sim_reply){
                         .fill = 100000, .end = MIDGE_SIM_END_STALL, .cut_at = sent, .chunk = 50});
    reply("/long", (struct midge_sim_reply){.fill = LONG, .delay_ms = 300});
    for (unsigned i = 0; i < silent + 4; i++) {
        sim_get_init(&w, &gets[i], i < silent ? "https://a.test/silent" : "https://a.test/long");
        gets[i].request.timeouts.idle_ms = i < silent ? MIDGE_NO_TIMEOUT : 0;
        assert_int_equal(midge_start(w.client, &gets[i].request, &ids[i]), MIDGE_OK);
    }
    for (unsigned i = silent; i < silent + 4; i++) {
        for (unsigned turns = 0; gets[i].dones == 0; turns++) {
            assert_in_range(turns, 0, 10000);
            (void)midge_poll(w.client, 1000);
        }
        assert_int_equal(gets[i].body.len, LONG);
        sim_get_ended(&gets[i], MIDGE_OK, 200, NULL);
    }
    print_message("%u silent: %u ms\n", silent, (unsigned)midge_sim_now_ms(w.sim));
    for (unsigned i = 0; i < silent; i++) {
        assert_int_equal(gets[i].dones, 0);
        assert_int_equal(midge_cancel(w.client, ids[i]), MIDGE_OK);
        sim_get_free(&gets[i]);
    }
    assert_int_equal(connections(), 1);
    sim_world_close(&w);
}

static void silent_streams_stop_none(void **state)
{
    (void)state;
    silent_streams(1, 60);
    silent_streams(2, 60);
    silent_streams(4, 400);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(heads),
        cmocka_unit_test(heads_are_remembered),
        cmocka_unit_test(head_beyond),
        cmocka_unit_test(post_beyond),
        cmocka_unit_test(silent_streams_stop_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

int main(void)
{
    return 0;
}

#endif
