/* SPDX-License-Identifier: MIT */
/* Repeats, seen by a client: how often and when the server is asked, and how each request ends. */
#include "sim_world.h"

#define URL "http://a.test/"

static struct sim_world w;
static struct midge_sim_host *host;
static struct sim_get get;
static struct midge_retry rules;
static unsigned responses;

static int open_world(void **state)
{
    (void)state;
    sim_world_open(&w, 1);
    host = midge_sim_add_host(w.sim, "a.test");
    return 0;
}

static int close_world(void **state)
{
    (void)state;
    sim_world_close(&w);
    return 0;
}

static void open_with(const struct midge_config *config)
{
    sim_world_close(&w);
    sim_world_start(&w, &(struct midge_sim_config){.seed = 1}, config);
    host = midge_sim_add_host(w.sim, "a.test");
}

static void reply(const struct midge_sim_reply *with)
{
    midge_sim_add_reply(host, 80, "/", with);
}

/* Fails so often, then answers "ok". */
static void fails(uint32_t times, int status, const char *headers)
{
    reply(&(struct midge_sim_reply){
        .status = status, .headers = headers, .body = "failed", .times = times});
    reply(&(struct midge_sim_reply){.body = "ok"});
}

static int on_response(void *ctx, midge_id id, const struct midge_response *response)
{
    (void)ctx, (void)id, (void)response;
    responses++;
    return MIDGE_OK;
}

static void prepare(void)
{
    sim_get_init(&w, &get, URL);
    rules = (struct midge_retry){.max = 3};
    get.request.retry = &rules;
    get.request.on_response = on_response;
    responses = 0;
}

/* Milliseconds that it took. */
static uint64_t go(int error, int status, const char *text, unsigned retries)
{
    uint64_t began = midge_sim_now_ms(w.sim);
    sim_get_start(&w, &get);
    sim_world_run(&w);
    sim_get_ended(&get, error, status, text);
    assert_int_equal(get.result.retries, retries);
    return midge_sim_now_ms(w.sim) - began;
}

static void asked(unsigned times)
{
    assert_int_equal(midge_sim_count(host, 80, "/").requests, times);
}

/* --- answers --- */

static void passes(void **state)
{
    (void)state;
    fails(2, 503, NULL);
    prepare();
    uint64_t ms = go(MIDGE_OK, 200, "ok", 2);
    assert_in_range(ms, 0, 1000 + 2000 + 10);
    asked(3);
    assert_int_equal(responses, 1);
    assert_int_equal(midge_sim_count(host, 80, NULL).connections, 1);
}

static void never_passes(void **state)
{
    (void)state;
    fails(100, 500, NULL);
    prepare();
    go(MIDGE_OK, 500, "failed", 3);
    asked(4);
    assert_int_equal(responses, 1);
}

static void off_by_default(void **state)
{
    (void)state;
    fails(1, 503, NULL);
    prepare();
    get.request.retry = NULL;
    go(MIDGE_OK, 503, "failed", 0);
    prepare();
    rules.max = 0;
    go(MIDGE_OK, 200, "ok", 0);
}

static void others_are_final(void **state)
{
    (void)state;
    fails(1, 404, NULL);
    prepare();
    go(MIDGE_OK, 404, "failed", 0);
}

static void all_errors(void **state)
{
    (void)state;
    fails(1, 404, NULL);
    prepare();
    rules.all_errors = 1;
    go(MIDGE_OK, 200, "ok", 1);
}

static void of_the_client(void **state)
{
    static const struct midge_retry of_client = {.max = 1};
    (void)state;
    open_with(&(struct midge_config){.retry = &of_client});
    fails(2, 503, NULL);
    prepare();
    get.request.retry = NULL;
    go(MIDGE_OK, 503, "failed", 1);
}

static void long_answer(void **state)
{
    (void)state;
    reply(&(struct midge_sim_reply){.status = 503, .fill = 1 << 20, .times = 1});
    reply(&(struct midge_sim_reply){.body = "ok"});
    prepare();
    go(MIDGE_OK, 200, "ok", 1);
    assert_int_equal(midge_sim_count(host, 80, NULL).connections, 2);
}

static void cut_answer(void **state)
{
    (void)state;
    reply(&(struct midge_sim_reply){
        .status = 503, .fill = 1000, .end = MIDGE_SIM_END_RESET, .cut_at = 500, .times = 1});
    reply(&(struct midge_sim_reply){.body = "ok"});
    prepare();
    go(MIDGE_OK, 200, "ok", 1);
}

/* --- methods --- */

static void posts(int status, const char *headers, int repeatable, int ends, unsigned retries)
{
    fails(1, status, headers);
    prepare();
    rules.repeatable = (uint8_t)repeatable;
    get.request.body = "body";
    get.request.body_len = 4;
    go(MIDGE_OK, ends, NULL, retries);
    assert_int_equal(midge_sim_count(host, 80, "/").body_bytes, 4 * (retries + 1));
}

static void post_is_not_repeated(void **state)
{
    (void)state;
    posts(503, NULL, 0, 503, 0);
}

static void post_after_429(void **state)
{
    (void)state;
    posts(429, NULL, 0, 200, 1);
}

static void post_after_a_503_that_asks(void **state)
{
    (void)state;
    posts(503, "Retry-After: 1\r\n", 0, 200, 1);
}

static void post_that_is_marked(void **state)
{
    (void)state;
    posts(500, NULL, 1, 200, 1);
}

static void post_that_was_not_sent(void **state)
{
    (void)state;
    reply(&(struct midge_sim_reply){.body = "ok"});
    assert_int_equal(midge_sim_fail(w.sim, MIDGE_SIM_CONNECT, 1, 111, 0), MIDGE_OK);
    prepare();
    get.request.method = "POST";
    go(MIDGE_OK, 200, "ok", 1);
}

static void post_without_answer(void **state)
{
    (void)state;
    reply(&(struct midge_sim_reply){.fill = 1, .end = MIDGE_SIM_END_FIN, .times = 1});
    reply(&(struct midge_sim_reply){.body = "ok"});
    prepare();
    get.request.method = "POST";
    go(MIDGE_ERR_EMPTY_REPLY, 0, "", 0);
    asked(1);
}

/* --- errors --- */

static void no_answer(void **state)
{
    (void)state;
    reply(&(struct midge_sim_reply){.fill = 1, .end = MIDGE_SIM_END_FIN, .times = 3});
    reply(&(struct midge_sim_reply){.body = "ok"});
    prepare();
    go(MIDGE_OK, 200, "ok", 3);
}

static void no_name(void **state)
{
    (void)state;
    prepare();
    get.request.url = "http://none.test/";
    go(MIDGE_ERR_RESOLVE, 0, "", 3);
}

/* The sink's bytes are taken back. */
static void cut_body(void **state)
{
    (void)state;
    reply(&(struct midge_sim_reply){
        .fill = 1000, .end = MIDGE_SIM_END_RESET, .cut_at = 700, .times = 2});
    reply(&(struct midge_sim_reply){.body = "ok"});
    prepare();
    go(MIDGE_OK, 200, "ok", 2);
    assert_int_equal(get.result.body_len, 2);
    assert_int_equal(responses, 3);
}

static void sink_without_reset(void **state)
{
    (void)state;
    reply(&(struct midge_sim_reply){
        .fill = 1000, .end = MIDGE_SIM_END_RESET, .cut_at = 700, .times = 1});
    reply(&(struct midge_sim_reply){.body = "ok"});
    prepare();
    get.body.sink.reset = NULL;
    go(MIDGE_ERR_RECV, 200, NULL, 0);
    asked(1);
}

static int refuse_reset(struct midge_sink *sink)
{
    (void)sink;
    return MIDGE_ERR_WRITE;
}

static midge_id canceled;

static int cancel_in_reset(struct midge_sink *sink)
{
    (void)sink;
    return midge_cancel(w.client, canceled);
}

static void sink_that_fails(void **state)
{
    (void)state;
    reply(&(struct midge_sim_reply){.fill = 1000, .end = MIDGE_SIM_END_RESET, .cut_at = 700});
    prepare();
    get.body.sink.reset = refuse_reset;
    go(MIDGE_ERR_RECV, 200, NULL, 0);
    prepare();
    get.body.sink.reset = cancel_in_reset;
    assert_int_equal(midge_start(w.client, &get.request, &canceled), MIDGE_OK);
    sim_world_run(&w);
    sim_get_ended(&get, MIDGE_ERR_CANCELED, 200, NULL);
}

/* --- sources --- */

static unsigned finished;

static void count_finish(struct midge_source *source)
{
    (void)source;
    finished++;
}

static void upload(bool rewinds, int status, unsigned retries)
{
    struct midge_buffer_source source;
    midge_buffer_source_init(&source, "twelve bytes", 12);
    source.source.finish = count_finish;
    source.source.rewind = rewinds ? source.source.rewind : NULL;
    finished = 0;
    prepare();
    get.request.method = "PUT";
    get.request.source = &source.source;
    go(MIDGE_OK, status, NULL, retries);
    assert_int_equal(finished, 1);
}

static void sources(void **state)
{
    (void)state;
    reply(&(struct midge_sim_reply){.status = 502, .times = 2});
    reply(&(struct midge_sim_reply){.status = 201});
    upload(false, 502, 0); /* the answer is final */
    upload(true, 201, 1);
    assert_int_equal(midge_sim_count(host, 80, "/").body_bytes, 36);
}

/* --- time --- */

static void retry_after(void **state)
{
    (void)state;
    fails(1, 429, "Retry-After: 30\r\n");
    prepare();
    assert_in_range(go(MIDGE_OK, 200, "ok", 1), 30000, 31010);
}

static void too_late(void **state)
{
    (void)state;
    fails(1, 429, "Retry-After: 61\r\n");
    prepare();
    assert_in_range(go(MIDGE_OK, 429, "failed", 0), 0, 10);
}

static void fixed(void **state)
{
    (void)state;
    fails(2, 503, NULL);
    prepare();
    rules.fixed_ms = 5000;
    assert_in_range(go(MIDGE_OK, 200, "ok", 2), 10000, 10010);
}

/* The whole has one limit: a wait that would end later does not begin. */
static void total(void **state)
{
    (void)state;
    fails(100, 503, NULL);
    prepare();
    rules.fixed_ms = 3000;
    rules.max = 100;
    get.request.timeouts.total_ms = 10000;
    assert_in_range(go(MIDGE_OK, 503, "failed", 3), 9000, 9010);
    prepare();
    rules.fixed_ms = 3000;
    rules.max = 100;
    rules.time_ms = 10000;
    assert_in_range(go(MIDGE_OK, 503, "failed", 3), 9000, 9010);
}

/* A stalled server: each attempt has its limit, and so has the whole. */
static void attempts(void **state)
{
    (void)state;
    reply(&(struct midge_sim_reply){.body = "late", .delay_ms = 60000});
    prepare();
    rules.fixed_ms = 1000;
    get.request.timeouts.attempt_ms = 2000;
    assert_in_range(go(MIDGE_ERR_TIMEOUT, 0, "", 3), 11000, 11010);
    prepare();
    rules.fixed_ms = 1000;
    get.request.timeouts.attempt_ms = 2000;
    get.request.timeouts.total_ms = 4000;
    assert_in_range(go(MIDGE_ERR_TIMEOUT, 0, "", 1), 4000, 4010);
}

/* A limit of the time in the queue does not count the wait. */
static void queue_limit(void **state)
{
    (void)state;
    fails(1, 503, NULL);
    prepare();
    rules.fixed_ms = 5000;
    get.request.timeouts.queue_ms = 1000;
    go(MIDGE_OK, 200, "ok", 1);
}

/* --- the budget --- */

static void stampede(void **state)
{
    static struct sim_get gets[50];
    unsigned repeats = 0;
    (void)state;
    fails(10000, 503, NULL);
    for (unsigned i = 0; i < 50; i++) {
        prepare();
        gets[i] = get;
        midge_blob_init(&gets[i].body, w.client, 1000);
        gets[i].request.sink = &gets[i].body.sink;
        gets[i].request.ctx = &gets[i];
        sim_get_start(&w, &gets[i]);
    }
    sim_world_run(&w);
    for (unsigned i = 0; i < 50; i++) {
        repeats += gets[i].result.retries;
        sim_get_ended(&gets[i], MIDGE_OK, 503, "failed");
    }
    assert_int_equal(repeats, 10); /* not 150 */
    asked(60);
}

/* --- ends from outside, and beside redirects --- */

static void cancel_in_wait(void **state)
{
    midge_id id;
    (void)state;
    fails(100, 503, NULL);
    prepare();
    rules.fixed_ms = 50000;
    assert_int_equal(midge_start(w.client, &get.request, &id), MIDGE_OK);
    assert_int_equal(midge_sim_run(w.sim, w.client, 1000), 1);
    assert_int_equal(midge_cancel(w.client, id), MIDGE_OK);
    sim_world_run(&w);
    sim_get_ended(&get, MIDGE_ERR_CANCELED, 0, "");
}

static void close_in_wait(void **state)
{
    (void)state;
    fails(100, 503, NULL);
    prepare();
    rules.fixed_ms = 50000;
    get.request.sink = NULL;
    sim_get_start(&w, &get);
    assert_int_equal(midge_sim_run(w.sim, w.client, 1000), 1);
    midge_close(w.client);
    w.client = NULL;
    assert_int_equal(get.dones, 1);
    assert_int_equal(get.result.error, MIDGE_ERR_CLOSED);
}

static void after_redirect(void **state)
{
    (void)state;
    fails(1, 503, NULL);
    midge_sim_add_reply(host, 80, "/from",
                        &(struct midge_sim_reply){.status = 303, .headers = "Location: /\r\n"});
    prepare();
    get.request.url = URL "from";
    get.request.method = "POST";
    get.request.max_redirects = 1;
    go(MIDGE_OK, 200, "ok", 1); /* it is a GET by then */
    assert_int_equal(get.result.redirects, 1);
    assert_int_equal(midge_sim_count(host, 80, "/from").requests, 1);
}

/* The wait for the end of an answer that redirects is over: it is asked again. */
static void of_a_stalled_redirect(void **state)
{
    (void)state;
    midge_sim_add_reply(host, 80, "/from",
                        &(struct midge_sim_reply){.status = 302,
                                                  .headers = "Location: /\r\n",
                                                  .fill = 100,
                                                  .end = MIDGE_SIM_END_STALL,
                                                  .cut_at = 90,
                                                  .times = 1});
    midge_sim_add_reply(host, 80, "/from", &(struct midge_sim_reply){.body = "ok"});
    prepare();
    get.request.url = URL "from";
    get.request.max_redirects = 1;
    get.request.timeouts.idle_ms = 1000;
    go(MIDGE_OK, 200, "ok", 1);
}

static void prepared(void **state)
{
    struct midge_prepared *p;
    (void)state;
    fails(100, 503, NULL);
    prepare();
    rules.max = 1;
    assert_int_equal(midge_prepare(w.client, &get.request, &p), MIDGE_OK);
    for (int i = 0; i < 2; i++) {
        get.dones = 0;
        assert_int_equal(midge_start_prepared(w.client, p, NULL, 0, NULL), MIDGE_OK);
        sim_world_run(&w);
        sim_get_ended(&get, MIDGE_OK, 503, "failed");
        assert_int_equal(get.result.retries, 1);
    }
    midge_prepared_free(w.client, p);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)
    const struct CMUnitTest tests[] = {
        TEST(passes),
        TEST(never_passes),
        TEST(off_by_default),
        TEST(others_are_final),
        TEST(all_errors),
        TEST(of_the_client),
        TEST(long_answer),
        TEST(cut_answer),
        TEST(post_is_not_repeated),
        TEST(post_after_429),
        TEST(post_after_a_503_that_asks),
        TEST(post_that_is_marked),
        TEST(post_that_was_not_sent),
        TEST(post_without_answer),
        TEST(no_answer),
        TEST(no_name),
        TEST(cut_body),
        TEST(sink_without_reset),
        TEST(sink_that_fails),
        TEST(sources),
        TEST(retry_after),
        TEST(too_late),
        TEST(fixed),
        TEST(total),
        TEST(attempts),
        TEST(queue_limit),
        TEST(stampede),
        TEST(cancel_in_wait),
        TEST(close_in_wait),
        TEST(after_redirect),
        TEST(of_a_stalled_redirect),
        TEST(prepared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
