/* SPDX-License-Identifier: MIT */
/* Expect: 100-continue in virtual time: when the body is sent, and when it is not. */
#include "sim_world.h"

#define URL  "http://a.test/up"
#define BODY "twenty bytes of body"

static struct sim_world w;
static struct midge_sim_host *host;
static struct sim_get get;
static unsigned with_expect, interims, rewinds;

static void note(void *ctx, const struct midge_sim_request *request, struct midge_sim_reply *reply)
{
    (void)ctx, (void)reply;
    with_expect += strstr(request->head, "\r\nExpect: 100-continue\r\n") != NULL;
}

static int open_world(void **state)
{
    (void)state;
    sim_world_open(&w, 1);
    host = midge_sim_add_host(w.sim, "a.test");
    with_expect = interims = rewinds = 0;
    return 0;
}

static int close_world(void **state)
{
    (void)state;
    sim_world_close(&w);
    return 0;
}

static void reply(const struct midge_sim_reply *with)
{
    struct midge_sim_reply copy = *with;
    copy.on_request = note;
    midge_sim_add_reply(host, 80, "/up", &copy);
}

static void on_interim(void *ctx, midge_id id, const struct midge_response *response)
{
    (void)ctx, (void)id;
    interims += response->status == 100;
}

static void prepare(void)
{
    sim_get_init(&w, &get, URL);
    get.request.body = BODY;
    get.request.body_len = sizeof BODY - 1;
    get.request.expect_ms = 1000;
    get.request.on_interim = on_interim;
}

static void go(int error, int status, const char *text)
{
    sim_get_start(&w, &get);
    sim_world_run(&w);
    sim_get_ended(&get, error, status, text);
}

static void slow_path(uint32_t latency_ms)
{
    midge_sim_set_path(w.sim, &(struct midge_sim_path){.latency_us = latency_ms * 1000});
}

/* Requests, those with Expect, bytes of bodies, connections. */
static void counts(unsigned requests, unsigned expects, unsigned bytes, unsigned connections)
{
    struct midge_sim_counts is = midge_sim_count(host, 80, "/up");
    assert_int_equal(is.requests, requests);
    assert_int_equal(with_expect, expects);
    assert_int_equal(is.body_bytes, bytes);
    assert_int_equal(midge_sim_count(host, 80, NULL).connections, connections);
}

/* --- a source --- */

static struct {
    struct midge_source source;
    size_t at, len, step;
    unsigned reads;
} bytes;

static int bytes_read(struct midge_source *source, uint8_t *buf, size_t cap, size_t *n)
{
    (void)source;
    bytes.reads++;
    *n = bytes.len - bytes.at < cap ? bytes.len - bytes.at : cap;
    memset(buf, 'x', *n);
    bytes.at += *n;
    return *n > 0 ? MIDGE_OK : MIDGE_ERR_EOF;
}

static int bytes_rewind(struct midge_source *source)
{
    (void)source;
    rewinds++;
    bytes.at = 0;
    return MIDGE_OK;
}

static void prepare_source(int64_t length)
{
    prepare();
    memset(&bytes, 0, sizeof bytes);
    bytes.len = 100000;
    bytes.source =
        (struct midge_source){.read = bytes_read, .rewind = bytes_rewind, .length = length};
    get.request.body = NULL;
    get.request.source = &bytes.source;
}

/* --- tests --- */

static void test_asked_for(void **state)
{
    (void)state;
    reply(&(struct midge_sim_reply){.body = "good"});
    slow_path(10);
    prepare();
    go(MIDGE_OK, 200, "good");
    assert_true(midge_sim_now_ms(w.sim) < 100);
    assert_int_equal(interims, 1);
    prepare();
    go(MIDGE_OK, 200, "good");
    counts(2, 2, 40, 1); /* the connection is kept */
    prepare_source(100000);
    go(MIDGE_OK, 200, "good");
    prepare_source(-1);
    go(MIDGE_OK, 200, "good");
    counts(4, 4, 200040, 1);
}

static void test_no_answer(void **state)
{
    (void)state;
    reply(&(struct midge_sim_reply){.body = "good", .no_continue = 1});
    prepare();
    go(MIDGE_OK, 200, "good");
    assert_in_range(midge_sim_now_ms(w.sim), 1000, 1010);
    assert_int_equal(interims, 0);
    prepare_source(-1);
    get.request.expect_ms = 300;
    go(MIDGE_OK, 200, "good");
    assert_in_range(midge_sim_now_ms(w.sim), 1300, 1320);
    counts(2, 2, 100020, 1);
}

/* 100 comes when the body is on its way already. */
static void test_late(void **state)
{
    (void)state;
    reply(&(struct midge_sim_reply){.body = "good"});
    slow_path(800);
    prepare();
    go(MIDGE_OK, 200, "good");
    assert_int_equal(interims, 1);
    prepare();
    go(MIDGE_OK, 200, "good");
    counts(2, 2, 40, 1);
}

static void test_twice(void **state)
{
    (void)state;
    reply(&(struct midge_sim_reply){.body = "good", .continues = 3});
    for (unsigned i = 0; i < 2; i++) {
        prepare();
        go(MIDGE_OK, 200, "good");
    }
    prepare_source(100000);
    go(MIDGE_OK, 200, "good");
    counts(3, 3, 100040, 1);
    assert_int_equal(interims, 9);
}

/* The body of a refused request is not sent, and its connection not kept. */
static void test_refused(void **state)
{
    (void)state;
    reply(&(struct midge_sim_reply){.status = 413, .body = "large", .early = 1});
    for (unsigned i = 1; i < 3; i++) {
        prepare();
        go(MIDGE_OK, 413, "large");
        prepare_source(100000);
        go(MIDGE_OK, 413, "large");
        assert_int_equal(bytes.reads, 0);
        counts(2 * i, 2 * i, 0, 2 * i);
    }
    assert_true(midge_sim_now_ms(w.sim) < 100);
}

/* The answer's head is early, its body is not: the timer must not begin to send. */
static void test_slow_refusal(void **state)
{
    (void)state;
    reply(&(struct midge_sim_reply){.status = 403, .body = "no", .early = 1, .body_ms = 5000});
    prepare();
    go(MIDGE_OK, 403, "no");
    counts(1, 1, 0, 1);
}

static void test_redirected(void **state)
{
    (void)state;
    reply(&(struct midge_sim_reply){.status = 307, .headers = "Location: /there\r\n", .early = 1});
    midge_sim_add_reply(host, 80, "/there", &(struct midge_sim_reply){.body = "here"});
    prepare_source(100000);
    bytes.source.rewind = NULL; /* it is not read before */
    get.request.max_redirects = 5;
    go(MIDGE_OK, 200, "here");
    counts(1, 1, 0, 2);
    assert_int_equal(midge_sim_count(host, 80, "/there").body_bytes, 100000);
}

static void test_expectation_failed(void **state)
{
    (void)state;
    reply(&(struct midge_sim_reply){.status = 417, .body = "what?", .early = 1, .times = 1});
    reply(&(struct midge_sim_reply){.body = "good"});
    prepare_source(100000);
    bytes.source.rewind = NULL;
    go(MIDGE_OK, 200, "good");
    counts(2, 1, 100000, 2);
    assert_int_equal(get.result.retries, 0);
    prepare(); /* the next one asks again */
    go(MIDGE_OK, 200, "good");
    counts(3, 2, 100020, 2);
}

/* A second 417, and one for a body that was sent, are final. */
static void test_expectation_always_failed(void **state)
{
    (void)state;
    reply(&(struct midge_sim_reply){.status = 417, .body = "what?", .early = 1});
    prepare();
    go(MIDGE_OK, 417, "what?");
    assert_int_equal(with_expect, 1);
    assert_int_equal(midge_sim_count(host, 80, "/up").requests, 2);
}

static void test_late_417(void **state)
{
    (void)state;
    reply(&(struct midge_sim_reply){.status = 417, .body = "what?", .no_continue = 1});
    prepare();
    go(MIDGE_OK, 417, "what?");
    counts(1, 1, 20, 1);
}

static int wait_forever(struct midge_source *source, uint8_t *buf, size_t cap, size_t *n)
{
    (void)source, (void)buf, (void)cap, (void)n;
    bytes.reads++;
    return MIDGE_ERR_AGAIN;
}

/* A source that was asked, gave nothing, and cannot rewind: the 417 is the answer. */
static void test_417_after_a_read(void **state)
{
    (void)state;
    reply(&(struct midge_sim_reply){.status = 417, .body = "what?", .early = 1, .delay_ms = 2000});
    prepare_source(100000);
    bytes.source.read = wait_forever;
    bytes.source.rewind = NULL;
    go(MIDGE_OK, 417, "what?");
    assert_int_equal(bytes.reads, 1);
    counts(1, 1, 0, 1);
}

/* Nothing to wait for. */
static void test_without_body(void **state)
{
    (void)state;
    reply(&(struct midge_sim_reply){.body = "good", .no_continue = 1});
    prepare();
    get.request.body = NULL;
    go(MIDGE_OK, 200, "good");
    prepare();
    get.request.body_len = 0;
    go(MIDGE_OK, 200, "good");
    prepare_source(0);
    bytes.len = 0;
    go(MIDGE_OK, 200, "good");
    counts(3, 0, 0, 1);
    assert_true(midge_sim_now_ms(w.sim) < 10);
}

/* The peer goes away while it is asked; it is asked again on another connection. */
static void test_cut(void **state)
{
    (void)state;
    static const struct midge_retry once = {.max = 1, .repeatable = 1};
    reply(&(struct midge_sim_reply){.early = 1, .end = MIDGE_SIM_END_RESET, .times = 1});
    reply(&(struct midge_sim_reply){.body = "good"});
    prepare_source(100000);
    get.request.retry = &once;
    go(MIDGE_OK, 200, "good");
    counts(2, 2, 100000, 2);
}

/* While it waits, the phase is SEND, and after 100 it is again: idle_ms and first_byte_ms hold. */
static void test_limits(void **state)
{
    (void)state;
    reply(&(struct midge_sim_reply){.body = "good", .delay_ms = 60000, .times = 1});
    reply(&(struct midge_sim_reply){.body = "good", .no_continue = 1});
    prepare();
    get.request.timeouts.idle_ms = 500;
    get.request.timeouts.first_byte_ms = 2000;
    go(MIDGE_ERR_TIMEOUT, 0, NULL);
    assert_int_equal(get.result.phase, MIDGE_PHASE_WAIT);
    assert_in_range(midge_sim_now_ms(w.sim), 2000, 2100);
    prepare();
    get.request.timeouts.idle_ms = 500;
    go(MIDGE_ERR_TIMEOUT, 0, NULL);
    assert_int_equal(get.result.phase, MIDGE_PHASE_SEND);
}

static void cancel(void *ctx, midge_id id, const struct midge_response *response)
{
    (void)ctx, (void)response;
    assert_int_equal(midge_cancel(w.client, id), MIDGE_OK);
}

static void test_canceled(void **state)
{
    (void)state;
    reply(&(struct midge_sim_reply){.body = "good", .continues = 2});
    prepare();
    get.request.on_interim = cancel;
    go(MIDGE_ERR_CANCELED, 0, NULL);
    prepare();
    get.request.expect_ms = UINT32_MAX;
    assert_int_equal(midge_start(w.client, &get.request, NULL), MIDGE_ERR_INVALID);
}

/* A prepared head asks, too. */
static void test_prepared(void **state)
{
    (void)state;
    struct midge_prepared *prepared;
    reply(&(struct midge_sim_reply){.body = "good"});
    prepare();
    assert_int_equal(midge_prepare(w.client, &get.request, &prepared), MIDGE_OK);
    assert_int_equal(midge_start_prepared(w.client, prepared, BODY, sizeof BODY - 1, NULL),
                     MIDGE_OK);
    sim_world_run(&w);
    sim_get_ended(&get, MIDGE_OK, 200, "good");
    counts(1, 1, 20, 1);
    midge_prepared_free(w.client, prepared);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_asked_for),
        TEST(test_no_answer),
        TEST(test_late),
        TEST(test_twice),
        TEST(test_refused),
        TEST(test_slow_refusal),
        TEST(test_redirected),
        TEST(test_expectation_failed),
        TEST(test_expectation_always_failed),
        TEST(test_late_417),
        TEST(test_417_after_a_read),
        TEST(test_without_body),
        TEST(test_cut),
        TEST(test_limits),
        TEST(test_canceled),
        TEST(test_prepared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
