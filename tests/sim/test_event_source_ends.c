/* SPDX-License-Identifier: MIT */
/* An event source: answers, what is sent, what is refused, and ends from callbacks. */
#include "event_world.h"

static void reply(const struct midge_sim_reply *with)
{
    midge_sim_add_reply(host, 80, "/events", with);
}

/* --- answers --- */

/* The status ends the source (with HTTP_STATUS), or is followed by another connection. */
static void check_status(int status, const char *headers, bool ends)
{
    (void)open_world(NULL);
    reply(&(struct midge_sim_reply){
        .status = status, .headers = headers, .body = "id: 9\ndata: no\n\n", .times = 1});
    serve_events();
    if (ends) {
        assert_int_equal(source_run(MIDGE_ERR_HTTP_STATUS), status);
        assert_int_equal(seen.events, 0);
        assert_int_equal(source.connects, 1);
    } else {
        assert_int_equal(source_run(MIDGE_OK), 204);
        assert_int_equal(seen.first_error, MIDGE_ERR_HTTP_STATUS);
        assert_int_equal(seen.events, 5);
    }
    (void)close_world(NULL);
}

static void statuses(void **state)
{
    static const int end[] = {201, 205, 206, 304, 400, 401, 403, 404, 410, 418, 600, 999};
    static const int pass[] = {408, 429, 500, 501, 502, 503, 504, 520, 599};
    (void)state;
    for (size_t i = 0; i < sizeof end / sizeof end[0]; i++) {
        check_status(end[i], STREAM, true);
    }
    for (size_t i = 0; i < sizeof pass / sizeof pass[0]; i++) {
        check_status(pass[i], "", false);
    }
}

#if MIDGE_WITH_PROXY
/* A proxy that may open a tunnel later, and one that says that it will not. */
static void proxies(void **state)
{
    static const struct midge_proxy proxy = {.host = "p.test", .port = 80};
    static const struct {
        const char *answer;
        unsigned connects;
    } rows[] = {{"HTTP/1.1 503 busy\r\n\r\n", 3},
                {"", 3},
                {"HTTP/1.1 407 who\r\n\r\n", 1},
                {"HTTP/1.1 403 no\r\n\r\n", 1}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        (void)open_world(NULL);
        midge_sim_add_reply(midge_sim_add_host(w.sim, "p.test"), 80, "a.test:8080",
                            &(struct midge_sim_reply){.raw = rows[i].answer,
                                                      .raw_len = strlen(rows[i].answer),
                                                      .close = 1});
        request.proxy = &proxy;
        request.connect_port = 8080;
        source.max_reconnects = 2;
        (void)source_run(MIDGE_ERR_PROXY);
        assert_int_equal(source.connects, rows[i].connects);
        (void)close_world(NULL);
    }
}
#endif

static void check_type(const char *header, bool is_stream)
{
    struct midge_result result;
    (void)open_world(NULL);
    reply(&(struct midge_sim_reply){
        .headers = header, .body = "id: 1\ndata: a1\n\n", .until_close = 1, .times = 1});
    serve_events();
    source_start();
    sim_world_run(&w);
    assert_int_equal(midge_take(w.client, source_id, &result), MIDGE_OK);
    assert_int_equal(result.error, is_stream ? MIDGE_OK : MIDGE_ERR_HTTP_STATUS);
    assert_int_equal(seen.events, is_stream ? 5 : 0);
    if (!is_stream) {
        char line[100];
        (void)midge_result_text(&result, line, sizeof line);
        assert_string_equal(line, "the answer is no event stream (body, status 200)");
        assert_string_equal(result.url, URL);
    }
    (void)close_world(NULL);
}

static void types(void **state)
{
    (void)state;
    check_type("Content-Type: text/event-stream\r\n", true);
    check_type("content-type: Text/Event-Stream ; charset=utf-8\r\n", true);
    check_type("Content-Type: text/event-stream;charset=latin1\r\n", true);
    check_type("Content-Type: text/event-streams\r\n", false);
    check_type("Content-Type: text/event\r\n", false);
    check_type("Content-Type: text/html, text/event-stream\r\n", false);
    check_type("Content-Type:\r\n", false);
    check_type(NULL, false);
}

static void no_content_at_once(void **state)
{
    (void)state;
    reply(&(struct midge_sim_reply){.status = 204, .headers = STREAM});
    assert_int_equal(source_run(MIDGE_OK), 204);
    assert_int_equal(source.connects, 1);
    assert_int_equal(seen.opens, 0);
}

static void redirected(void **state)
{
    (void)state;
    midge_sim_add_reply(
        host, 80, "/old",
        &(struct midge_sim_reply){.status = 302, .headers = "Location: /events\r\n"});
    server.most = 3;
    serve_events();
    request.url = "http://a.test/old";
    assert_int_equal(source_run(MIDGE_OK), 204);
    assert_int_equal(seen.events, 5);
    assert_string_equal(server.last_id, "5");
    assert_int_equal(midge_sim_count(host, 80, "/old").requests, 3);
}

/* In a row; a good connection makes the count start again. */
static void reconnects(void **state)
{
    (void)state;
    reply(&(struct midge_sim_reply){.status = 500, .times = 3});
    reply(&(struct midge_sim_reply){
        .headers = STREAM, .body = "id: 1\ndata: a1\n\n", .until_close = 1, .times = 1});
    reply(&(struct midge_sim_reply){.headers = STREAM, .body = ": no event\n", .until_close = 1});
    source.max_reconnects = 3;
    assert_int_equal(source_run(MIDGE_ERR_EOF), 200);
    assert_int_equal(source.connects, 3 + 1 + 3);
}

static void unreachable(void **state)
{
    (void)state;
    source.max_reconnects = 1;
    request.url = "http://other.test/";
    source_run(MIDGE_ERR_RESOLVE);
    assert_int_equal(source.connects, 2);
}

/* The client's limit of a body is not one of a stream; the request's own is. */
static void max_body(void **state)
{
    (void)state;
    open_with(&(struct midge_config){.max_body = 10});
    serve_events();
    assert_int_equal(source_run(MIDGE_OK), 204);
    source_init();
    request.max_body = 100;
    source_run(MIDGE_ERR_TOO_LARGE);
}

static void too_large(void **state)
{
    (void)state;
    source.text_size = 16;
    reply(&(struct midge_sim_reply){.headers = STREAM, .body = "data: 12345678901234567\n\n"});
    source_run(MIDGE_ERR_TOO_LARGE);
    assert_int_equal(source.connects, 1);
}

/* --- what is sent --- */

static unsigned lines_of(const char *name)
{
    unsigned n = 0;
    for (const char *at = server.head; (at = strstr(at, name)) != NULL; at++) {
        n++;
    }
    return n;
}

static void headers_of_its_own(void **state)
{
    (void)state;
    serve_events();
    source.last_id = "2";
    seen.events = 2;
    assert_int_equal(source_run(MIDGE_OK), 204);
    assert_int_equal(seen.events, 5);
    assert_int_equal(lines_of("\r\nAccept: text/event-stream\r\n"), 1);
    assert_int_equal(lines_of("\r\nCache-Control: no-cache\r\n"), 1);
    assert_int_equal(lines_of("\r\nLast-Event-ID: 5\r\n"), 1);
}

static void headers_of_the_caller(void **state)
{
    static const struct midge_header headers[] = {{"accept", "text/event-stream, */*"},
                                                  {"CACHE-CONTROL", NULL},
                                                  {"X-A", "1"},
                                                  {"X-B", "2"},
                                                  {"X-C", "3"},
                                                  {"X-D", "4"}};
    (void)state;
    serve_events();
    request.headers = headers;
    request.n_headers = MIDGE_EVENT_SOURCE_HEADERS - 3;
    request.bearer = "secret";
    assert_int_equal(source_run(MIDGE_OK), 204);
    assert_int_equal(lines_of("\r\nAccept: "), 0);
    assert_int_equal(lines_of("\r\naccept: text/event-stream, */*\r\n"), 1);
    assert_int_equal(lines_of("Cache-Control"), 0);
    assert_int_equal(lines_of("\r\nX-C: 3\r\n"), 1);
    assert_int_equal(lines_of("\r\nAuthorization: Bearer secret\r\n"), 1);
    request.n_headers++;
    assert_int_equal(midge_event_source_start(w.client, &source, &source_id), MIDGE_ERR_INVALID);
}

/* An id with a control character cannot be sent; it is not sent, and no header is added. */
static void an_id_that_is_no_header(void **state)
{
    (void)state;
    reply(&(struct midge_sim_reply){
        .headers = STREAM, .body = "id: 1\x01\x7f\ndata: a1\n\n", .until_close = 1});
    source_run(MIDGE_ERR_HEADER);
    assert_int_equal(midge_sim_count(host, 80, NULL).connections, 1);
    source_init();
    source.last_id = "5\r\nX-Evil: 1";
    assert_int_equal(midge_event_source_start(w.client, &source, &source_id), MIDGE_ERR_HEADER);
}

/* --- refused --- */

static void refuse(int err)
{
    assert_int_equal(midge_event_source_start(w.client, &source, &source_id), err);
    sim_world_run(&w);
    assert_int_equal(midge_sim_count(host, 80, NULL).connections, 0);
    source_init();
}

static int never(void *ctx, midge_id id, const struct midge_response *response)
{
    (void)ctx, (void)id, (void)response;
    return MIDGE_OK;
}

static void on_interim(void *ctx, midge_id id, const struct midge_response *response)
{
    (void)ctx, (void)id, (void)response;
}

static void on_send(void *ctx, midge_id id, const char *method, const char *url)
{
    (void)ctx, (void)id, (void)method, (void)url;
}

static void refused(void **state)
{
    static const struct midge_header last_id = {"last-event-id", "1"};
    char id[MIDGE_SSE_ID_BYTES + 1];
    (void)state;
    request.method = "POST", refuse(MIDGE_ERR_INVALID);
    request.method = "get", refuse(MIDGE_ERR_INVALID);
    request.body = "x", request.body_len = 1, refuse(MIDGE_ERR_INVALID);
    request.sink = &source.sse.sink, refuse(MIDGE_ERR_INVALID);
    request.on_response = never, refuse(MIDGE_ERR_INVALID);
    request.on_interim = on_interim, refuse(MIDGE_ERR_INVALID);
    request.on_send = on_send, refuse(MIDGE_ERR_INVALID);
    request.on_done = sim_get_done, refuse(MIDGE_ERR_INVALID);
    request.headers = &last_id, request.n_headers = 1, refuse(MIDGE_ERR_INVALID);
    request.url = "ftp://a.test/", refuse(MIDGE_ERR_SCHEME);
    source.request = NULL, refuse(MIDGE_ERR_INVALID);
    source.on_event = NULL, refuse(MIDGE_ERR_INVALID);
    source.text = NULL, refuse(MIDGE_ERR_INVALID);
    source.text_size = 15, refuse(MIDGE_ERR_INVALID);
    source.first_ms = (1U << 30) + 1, refuse(MIDGE_ERR_INVALID);
    source.most_ms = (1U << 30) + 1, refuse(MIDGE_ERR_INVALID);
    memset(id, '1', sizeof id);
    id[MIDGE_SSE_ID_BYTES] = '\0';
    source.last_id = id, refuse(MIDGE_ERR_INVALID);
    assert_int_equal(midge_event_source_start(NULL, &source, &source_id), MIDGE_ERR_INVALID);
    assert_int_equal(midge_event_source_start(w.client, NULL, &source_id), MIDGE_ERR_INVALID);
    assert_int_equal(midge_event_source_start(w.client, &source, NULL), MIDGE_ERR_INVALID);
}

/* --- callbacks --- */

static void pause_and_resume(void **state)
{
    (void)state;
    serve_events();
    seen.answer = MIDGE_ERR_PAUSE;
    request.timeouts.idle_ms = 1000;
    source_start();
    assert_int_equal(midge_sim_run(w.sim, w.client, 100000), 2);
    assert_in_range(seen.events, 1, 5);
    assert_int_equal(seen.waits, 0); /* the pause is not the server's silence */
    seen.answer = MIDGE_OK;
    assert_int_equal(midge_resume(w.client, source.current), MIDGE_OK);
    sim_world_run(&w);
    assert_int_equal(source_ended(MIDGE_OK), 204);
    assert_int_equal(seen.events, 5);
}

/* Also with an error that of a connection would pass. */
static void stopped_by_on_event(void **state)
{
    (void)state;
    serve_events();
    seen.answer = MIDGE_ERR_TIMEOUT;
    source_run(MIDGE_ERR_TIMEOUT);
    assert_int_equal(seen.events, 1);
    source_init();
    seen.answer = -1000;
    source_run(-1000);
}

static struct midge_stats at_close;
enum { CANCELS, CLOSES };
static struct {
    int at, how;
    unsigned nth; /* time */
    bool done;
} plan;

static void hook(int state)
{
    if (plan.done) { /* none comes after the end; the client closes when midge_poll returns */
        assert_int_equal(plan.how, CLOSES);
        return;
    }
    if (state == plan.at && --plan.nth == 0) {
        plan.done = true;
        if (plan.how == CANCELS) {
            assert_int_equal(midge_cancel(w.client, source_id), MIDGE_OK);
            assert_int_equal(source_ended(MIDGE_ERR_CANCELED), 0);
        } else {
            midge_close(w.client);
        }
    }
}

/* After that the struct is not used: its bytes are nonsense. */
static void check_end_in(int at, unsigned nth, int how)
{
    const struct midge_config config = {.stats_at_close = &at_close};
    (void)open_world(NULL);
    open_with(&config);
    server.most = 2;
    serve_events();
    seen.hook = hook;
    plan.at = at, plan.nth = nth, plan.how = how, plan.done = false;
    source_start();
    while (!plan.done) {
        assert_true(midge_poll(w.client, -1) >= 0);
    }
    memset(&source, 0xa5, sizeof source);
    if (how == CANCELS) {
        sim_world_run(&w);
        midge_close(w.client);
    }
    w.client = NULL;
    assert_int_equal(at_close.alloc_live, 0);
    (void)close_world(NULL);
}

static void ends_in_callbacks(void **state)
{
    (void)state;
    for (int at = -1; at <= MIDGE_EVENT_SOURCE_WAITING; at++) {
        for (unsigned nth = 1; nth <= 2; nth++) {
            check_end_in(at, nth, CANCELS);
            check_end_in(at, nth, CLOSES);
        }
    }
}

/* From outside, at each millisecond of connections and waits. */
static void ends_at_any_time(void **state)
{
    (void)state;
    for (uint32_t ms = 0; ms < 60; ms++) {
        (void)open_world(NULL);
        midge_sim_set_path(w.sim,
                           &(struct midge_sim_path){.latency_us = 5000, .bytes_per_s = 9000});
        server.most = 2;
        serve_events();
        source.first_ms = 10;
        source_start();
        (void)midge_sim_run(w.sim, w.client, ms);
        assert_int_equal(midge_cancel(w.client, source_id), MIDGE_OK);
        source_ended(MIDGE_ERR_CANCELED);
        memset(&source, 0xa5, sizeof source);
        sim_world_run(&w);
        (void)close_world(NULL);
    }
}

/* The request is canceled in place of the source. */
static void current_is_canceled(void **state)
{
    (void)state;
    serve_events();
    source.on_state = NULL;
    source_start();
    assert_int_equal(midge_cancel(w.client, source.current), MIDGE_OK);
    sim_world_run(&w);
    source_ended(MIDGE_ERR_CANCELED);
}

static void closed_while_it_waits(void **state)
{
    (void)state;
    serve_events();
    source_start();
    while (source.state != MIDGE_EVENT_SOURCE_WAITING) {
        (void)midge_poll(w.client, -1);
    }
    assert_int_equal(source.current, 0);
    midge_close(w.client);
    w.client = NULL;
    memset(&source, 0xa5, sizeof source);
}

static void closed_from_outside(void **state)
{
    (void)state;
    serve_events();
    source_start();
    midge_close(w.client);
    w.client = NULL;
    memset(&source, 0xa5, sizeof source);
}

/* The same struct may be started again by the program. */
static void started_again(void **state)
{
    (void)state;
    serve_events();
    source_run(MIDGE_OK);
    seen.events = 0;
    assert_int_equal(source_run(MIDGE_OK), 204);
    assert_int_equal(seen.events, 5);
    assert_int_equal(source.connects, 2);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, open_world, close_world)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(statuses),
#if MIDGE_WITH_PROXY
        cmocka_unit_test(proxies),
#endif
        cmocka_unit_test(types),
        TEST(no_content_at_once),
        TEST(redirected),
        TEST(reconnects),
        TEST(unreachable),
        TEST(max_body),
        TEST(too_large),
        TEST(headers_of_its_own),
        TEST(headers_of_the_caller),
        TEST(an_id_that_is_no_header),
        TEST(refused),
        TEST(pause_and_resume),
        TEST(stopped_by_on_event),
        cmocka_unit_test(ends_in_callbacks),
        cmocka_unit_test(ends_at_any_time),
        TEST(current_is_canceled),
        TEST(closed_while_it_waits),
        TEST(closed_from_outside),
        TEST(started_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
