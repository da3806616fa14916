/* SPDX-License-Identifier: MIT */
/* An event source on the port in memory: its requests, its waits to the millisecond, its ends.
   tests/sim has the streams that break. */
#include "fake_port.h"

#include "base/backoff.h"
#include "midge/event_source.h"

#define URL      "http://example.com/e"
#define STREAM   "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
#define EVENTS   SAY(STREAM "id: 7\ndata: one\n\n")
#define GONE     SAY("HTTP/1.1 204 No Content\r\n\r\n")
#define REFUSAL  SAY("HTTP/1.1 503 x\r\nContent-Length: 0\r\n\r\n")
#define MOST     16
#define NO_LIMIT UINT64_MAX

static const struct fake_script events = {.steps = {REQUEST, EVENTS, FIN}};
static const struct fake_script opens = {.steps = {REQUEST, SAY(STREAM), FIN}};
static const struct fake_script gone = {.steps = {REQUEST, GONE, FIN}};
static const struct fake_script refuses = {.connect = FAKE_REFUSES};
static const struct fake_script fails = {.steps = {REQUEST, REFUSAL, FIN}};
static const struct fake_script is_silent = {.steps = {REQUEST, EVENTS}};

static struct world w;
static struct midge_event_source source;
static struct midge_request request;
static midge_id source_id;
static char text[32];
static struct {
    unsigned events, opens, waits, connectings;
    uint32_t wait_ms[MOST];
    int error[MOST]; /* of the connections that ended */
    char detail[80]; /* of the last of these */
    int answer;      /* of on_event */
    int acts_at;     /* a state, or -1 for an event: there */
    void (*act)(void);
} seen;

static void act_at(int state)
{
    if (seen.act != NULL && seen.acts_at == state) {
        seen.act();
    }
}

static int on_event(void *ctx, const struct midge_sse_event *event)
{
    assert_ptr_equal(ctx, &w);
    assert_string_equal(event->data, "one");
    seen.events++;
    act_at(-1);
    return seen.answer;
}

static void on_state(void *ctx, enum midge_event_source_state state,
                     const struct midge_result *last)
{
    assert_ptr_equal(ctx, &w);
    assert_int_equal(source.state, state);
    assert_int_equal(last != NULL, state == MIDGE_EVENT_SOURCE_WAITING);
    seen.opens += state == MIDGE_EVENT_SOURCE_OPEN;
    seen.connectings += state == MIDGE_EVENT_SOURCE_CONNECTING;
    if (last != NULL) {
        assert_true(seen.waits < MOST);
        (void)snprintf(seen.detail, sizeof seen.detail, "%s", last->detail);
        seen.error[seen.waits] = last->error;
        seen.wait_ms[seen.waits++] = source.wait_ms;
    }
    act_at((int)state);
}

static void open_with(const struct midge_config *config)
{
    world_open(&w, config);
    memset(&seen, 0, sizeof seen);
    request = (struct midge_request){.url = URL};
    source = (struct midge_event_source){.request = &request,
                                         .text = text,
                                         .text_size = sizeof text,
                                         .on_event = on_event,
                                         .on_state = on_state,
                                         .ctx = &w};
}

static int open_world(void **state)
{
    (void)state;
    open_with(NULL);
    return 0;
}

static int close_world(void **state)
{
    (void)state;
    world_close(&w);
    return 0;
}

static void start(void)
{
    assert_int_equal(midge_event_source_start(w.client, &source, &source_id), MIDGE_OK);
}

static struct midge_result ended(int error)
{
    struct midge_result result;
    assert_int_equal(midge_take(w.client, source_id, &result), MIDGE_OK);
    assert_int_equal(result.error, error);
    assert_int_equal(source.current, 0);
    return result;
}

static struct midge_result run(int error)
{
    start();
    world_run(&w);
    return ended(error);
}

/* The wait after the nth failure in a row, as the port's entropy has it. */
static uint32_t nth_wait(uint32_t first_ms, uint32_t most_ms, unsigned nth)
{
    return midge__backoff(first_ms, most_ms, nth, midge__chance(&w.fake.port, 0));
}

static void refuse(unsigned times)
{
    while (times-- > 0) {
        fake_next(&w.fake, &refuses);
    }
}

/* --- requests --- */

static void states_and_headers(void **state)
{
    (void)state;
    fake_next(&w.fake, &events);
    fake_next(&w.fake, &gone);
    const uint64_t began = w.fake.now_ms;
    const struct midge_result result = run(MIDGE_OK);
    assert_int_equal(result.status, 204);
    assert_string_equal(result.url, URL);
    assert_int_equal(source.connects, 2);
    assert_int_equal(seen.events, 1);
    assert_int_equal(seen.opens, 1);
    assert_int_equal(seen.waits, 1);
    assert_int_equal(seen.connectings, 1);
    assert_int_equal(seen.error[0], MIDGE_ERR_EOF);
    assert_int_equal(seen.wait_ms[0], nth_wait(3000, 60000, 0));
    assert_int_equal(w.fake.now_ms - began, seen.wait_ms[0]);
    for (unsigned i = 0; i < 2; i++) {
        assert_true(fake_sent_has(&w.fake, i, "\r\nAccept: text/event-stream\r\n"));
        assert_true(fake_sent_has(&w.fake, i, "\r\nCache-Control: no-cache\r\n"));
        assert_int_equal(fake_sent_has(&w.fake, i, "\r\nLast-Event-ID: 7\r\n"), i == 1);
    }
    assert_false(fake_sent_has(&w.fake, 0, "Last-Event-ID"));
}

static void own_headers(void **state)
{
    static const struct midge_header own[] = {{"A", "1"}, {"accept", "a/b"}, {"B", "2"},
                                              {"C", "3"}, {"D", "4"},        {"E", "5"}};
    (void)state;
    request.headers = own;
    request.n_headers = 6;
    assert_int_equal(midge_event_source_start(w.client, &source, &source_id), MIDGE_ERR_INVALID);
    request.n_headers = 5;
    source.last_id = "5";
    fake_next(&w.fake, &gone);
    (void)run(MIDGE_OK);
    assert_true(fake_sent_has(&w.fake, 0, "\r\naccept: a/b\r\n"));
    assert_true(fake_sent_has(&w.fake, 0, "\r\nD: 4\r\n"));
    assert_true(fake_sent_has(&w.fake, 0, "\r\nLast-Event-ID: 5\r\n"));
    assert_false(fake_sent_has(&w.fake, 0, "\r\nAccept:"));
}

/* The limits that a stream needs, unless the request has its own; no repeats but the source's. */
static void request_fields(void **state)
{
    (void)state;
    start();
    assert_true(source.get.max_body == NO_LIMIT);
    assert_int_equal(source.get.max_redirects, 20);
    assert_non_null(source.get.retry);
    assert_int_equal(source.get.borrow, 1);
    assert_int_equal(midge_cancel(w.client, source_id), MIDGE_OK);
    (void)ended(MIDGE_ERR_CANCELED);
    request.max_body = 7;
    request.max_redirects = 3;
    start();
    assert_true(source.get.max_body == 7);
    assert_int_equal(source.get.max_redirects, 3);
    assert_int_equal(midge_cancel(w.client, source_id), MIDGE_OK);
    (void)ended(MIDGE_ERR_CANCELED);
}

static void own_interim(void *ctx, midge_id id, const struct midge_response *response)
{
    (void)ctx, (void)id, (void)response;
}

static int own_redirect(void *ctx, midge_id id, const struct midge_response *response,
                        struct midge_redirect *redirect)
{
    (void)ctx, (void)id, (void)response, (void)redirect;
    return MIDGE_OK;
}

/* Refused, and nothing is started. */
static void is_invalid(struct midge_request wrong)
{
    wrong.url = URL;
    request = wrong;
    assert_int_equal(midge_event_source_start(w.client, &source, &source_id), MIDGE_ERR_INVALID);
    assert_int_equal(w.client->live, 0);
    request = (struct midge_request){.url = URL};
}

static void invalid_requests(void **state)
{
    static const struct midge_header id = {"last-event-id", "1"};
    struct probe p;
    (void)state;
    probe_init(&p, &w, URL);
    is_invalid((struct midge_request){.method = "POST"});
    is_invalid((struct midge_request){.body = "a"});
    is_invalid((struct midge_request){.body_len = 1});
    is_invalid((struct midge_request){.source = &p.source});
    is_invalid((struct midge_request){.sink = &p.sink});
    is_invalid((struct midge_request){.on_send = probe_on_send});
    is_invalid((struct midge_request){.on_interim = own_interim});
    is_invalid((struct midge_request){.on_redirect = own_redirect});
    is_invalid((struct midge_request){.on_response = probe_on_response});
    is_invalid((struct midge_request){.on_trailer = probe_on_trailer});
    is_invalid((struct midge_request){.on_done = probe_on_done});
    is_invalid((struct midge_request){.headers = &id, .n_headers = 1});
    request.method = "GET";
    fake_next(&w.fake, &gone);
    (void)run(MIDGE_OK);
}

static void is_invalid_source(struct midge_event_source wrong)
{
    const struct midge_event_source good = source;
    source = wrong;
    assert_int_equal(midge_event_source_start(w.client, &source, &source_id), MIDGE_ERR_INVALID);
    source = good;
}

static void invalid_sources(void **state)
{
    static char id[MIDGE_SSE_ID_BYTES + 1];
    struct midge_event_source wrong;
    (void)state;
    memset(id, 'a', MIDGE_SSE_ID_BYTES);
    wrong = source, wrong.request = NULL, is_invalid_source(wrong);
    wrong = source, wrong.on_event = NULL, is_invalid_source(wrong);
    wrong = source, wrong.text = NULL, is_invalid_source(wrong);
    wrong = source, wrong.text_size = 15, is_invalid_source(wrong);
    wrong = source, wrong.first_ms = (1U << 30) + 1, is_invalid_source(wrong);
    wrong = source, wrong.most_ms = (1U << 30) + 1, is_invalid_source(wrong);
    wrong = source, wrong.last_id = id, is_invalid_source(wrong);
    assert_int_equal(midge_event_source_start(NULL, &source, &source_id), MIDGE_ERR_INVALID);
    assert_int_equal(midge_event_source_start(w.client, NULL, &source_id), MIDGE_ERR_INVALID);
    assert_int_equal(midge_event_source_start(w.client, &source, NULL), MIDGE_ERR_INVALID);
    id[MIDGE_SSE_ID_BYTES - 1] = '\0';
    source.last_id = id;
    source.first_ms = source.most_ms = 1U << 30;
    source.text_size = 16;
    source.on_state = NULL;
    fake_next(&w.fake, &gone);
    (void)run(MIDGE_OK);
}

/* The run with that answer first; a second connection is answered by 204, the end. */
static struct midge_result run_after(const char *head, size_t n, int error)
{
    const struct fake_script script = {.steps = {REQUEST, {FAKE_SAY, head, n}, FIN}};
    memset(&seen, 0, sizeof seen);
    w.fake.n_next = w.fake.next_at = 0;
    fake_next(&w.fake, &script);
    fake_next(&w.fake, &gone);
    return run(error);
}

/* --- answers --- */

static void content_types(void **state)
{
    static const struct {
        const char *value;
        bool good;
    } types[] = {
        {"Content-Type: text/event-stream", true},
        {"content-type: Text/Event-Stream ;charset=x", true},
        {"Content-Type: text/event-streams", false},
        {"Content-Type: text/plain;text/event-stream", false},
        {"X: y", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        char head[100];
        const size_t n =
            (size_t)snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\n%s\r\n\r\n", types[i].value);
        const struct midge_result result =
            run_after(head, n, types[i].good ? MIDGE_OK : MIDGE_ERR_HTTP_STATUS);
        assert_int_equal(seen.opens, types[i].good);
        assert_int_equal(result.status, types[i].good ? 204 : 200);
        assert_string_equal(result.detail, types[i].good ? "" : "the answer is no event stream");
    }
}

/* Which statuses are worth another try? */
static void statuses(void **state)
{
    static const struct {
        int status;
        bool passes;
    } some[] = {{201, false}, {400, false}, {404, false}, {407, false}, {408, true}, {409, false},
                {428, false}, {429, true},  {430, false}, {499, false}, {500, true}, {599, true}};
    (void)state;
    for (size_t i = 0; i < sizeof some / sizeof some[0]; i++) {
        char head[60];
        const size_t n = (size_t)snprintf(
            head, sizeof head, "HTTP/1.1 %d x\r\nContent-Length: 0\r\n\r\n", some[i].status);
        const struct midge_result result =
            run_after(head, n, some[i].passes ? MIDGE_OK : MIDGE_ERR_HTTP_STATUS);
        assert_int_equal(seen.waits, some[i].passes);
        assert_int_equal(result.status, some[i].passes ? 204 : some[i].status);
        assert_int_equal(seen.opens, 0);
        assert_true(strstr(result.detail, "no event stream") == NULL);
    }
}

/* Errors that a repeat does not mend. */
static void lasting_errors(void **state)
{
    static const struct fake_script grows = {
        .steps = {REQUEST, SAY(STREAM "data: one\n\n"), WAIT(10), SAY("data: one\n\n"), FIN}};
    (void)state;
    request.max_body = 20;
    fake_next(&w.fake, &grows);
    (void)run(MIDGE_ERR_TOO_LARGE);
    assert_int_equal(seen.waits, 0);
    request.url = "http://";
    assert_int_equal(midge_event_source_start(w.client, &source, &source_id), MIDGE_ERR_URL);
}

/* The result has the URL that the redirect led to, which the request's memory holds. */
static void redirected(void **state)
{
    static const struct fake_script moved = {
        .steps = {REQUEST, SAY("HTTP/1.1 302 x\r\nLocation: /there\r\nContent-Length: 0\r\n\r\n"),
                  REQUEST, SAY("HTTP/1.1 404 x\r\nContent-Length: 0\r\n\r\n"), FIN}};
    (void)state;
    fake_next(&w.fake, &moved);
    const struct midge_result result = run(MIDGE_ERR_HTTP_STATUS);
    assert_string_equal(result.url, "http://example.com/there");
}

/* --- waits --- */

static void waits_grow(void **state)
{
    (void)state;
    source.max_reconnects = 8;
    refuse(9);
    (void)run(MIDGE_ERR_CONNECT);
    assert_int_equal(source.connects, 9);
    assert_int_equal(seen.waits, 8);
    for (unsigned i = 0; i < 8; i++) {
        assert_int_equal(seen.error[i], MIDGE_ERR_CONNECT);
        assert_int_equal(seen.wait_ms[i], nth_wait(3000, 60000, i));
    }
    source.first_ms = 100;
    source.most_ms = 500;
    memset(&seen, 0, sizeof seen);
    refuse(9);
    (void)run(MIDGE_ERR_CONNECT);
    assert_int_equal(source.connects, 9);
    for (unsigned i = 0; i < 8; i++) {
        assert_int_equal(seen.wait_ms[i], nth_wait(100, 500, i));
    }
}

/* A connection that brought an event, or stayed open long enough, ends the row of failures. */
static void good_connections(void **state)
{
    static const struct fake_script short_one = {.steps = {REQUEST, SAY(STREAM), WAIT(2999), FIN}};
    static const struct fake_script long_one = {.steps = {REQUEST, SAY(STREAM), WAIT(3000), FIN}};
    static const struct {
        const struct fake_script *script;
        bool good;
    } some[] = {{&opens, false},   {&fails, false}, {&short_one, false},
                {&long_one, true}, {&events, true}, {&opens, false}};
    (void)state;
    unsigned row = 2;
    refuse(2);
    for (size_t i = 0; i < sizeof some / sizeof some[0]; i++) {
        fake_next(&w.fake, some[i].script);
    }
    fake_next(&w.fake, &gone);
    (void)run(MIDGE_OK);
    for (unsigned i = 0; i < sizeof some / sizeof some[0]; i++) {
        row = some[i].good ? 0 : row;
        assert_int_equal(seen.wait_ms[2 + i], nth_wait(3000, 60000, row));
        row++;
    }
}

/* The server's time is exact once, and the least after failures. */
static void retry_field(void **state)
{
    static const struct fake_script seven = {
        .steps = {REQUEST, SAY(STREAM "retry: 7000\ndata: one\n\n"), FIN}};
    static const struct fake_script five_ms = {
        .steps = {REQUEST, SAY(STREAM "retry: 5\ndata: one\n\n"), FIN}};
    static const struct fake_script a_day = {
        .steps = {REQUEST, SAY(STREAM "retry: 86400000\ndata: one\n\n"), FIN}};
    (void)state;
    fake_next(&w.fake, &seven);
    refuse(3);
    fake_next(&w.fake, &five_ms);
    refuse(1);
    fake_next(&w.fake, &a_day);
    refuse(1);
    fake_next(&w.fake, &gone);
    (void)run(MIDGE_OK);
    assert_int_equal(seen.wait_ms[0], 7000);
    for (unsigned i = 1; i < 4; i++) {
        const uint32_t own = nth_wait(7000, 60000, i);
        assert_int_equal(seen.wait_ms[i], own > 7000 ? own : 7000);
    }
    assert_int_equal(seen.wait_ms[4], 5);
    assert_int_equal(seen.wait_ms[5], nth_wait(3000, 60000, 1));
    assert_int_equal(seen.wait_ms[6], 3600000);
    assert_int_equal(seen.wait_ms[7], 3600000);
}

static void retry_after(void **state)
{
    static const struct fake_script twenty = {
        .steps = {REQUEST, SAY("HTTP/1.1 503 x\r\nRetry-After: 20\r\nContent-Length: 0\r\n\r\n"),
                  FIN}};
    static const struct fake_script a_week = {
        .steps = {REQUEST,
                  SAY("HTTP/1.1 429 x\r\nRetry-After: 604800\r\nContent-Length: 0\r\n\r\n"), FIN}};
    (void)state;
    fake_next(&w.fake, &twenty);
    fake_next(&w.fake, &a_week);
    fake_next(&w.fake, &gone);
    (void)run(MIDGE_OK);
    assert_int_equal(seen.wait_ms[0], 20000 + nth_wait(3000, 60000, 0));
    assert_int_equal(seen.wait_ms[1], 3600000 + nth_wait(3000, 60000, 1));
}

/* An end in order is no failure of the last row: max_reconnects counts those without a good one. */
static void reconnects_in_a_row(void **state)
{
    (void)state;
    source.max_reconnects = 1;
    for (unsigned i = 0; i < 3; i++) {
        fake_next(&w.fake, &events);
    }
    refuse(2);
    (void)run(MIDGE_ERR_CONNECT);
    assert_int_equal(seen.events, 3);
    assert_int_equal(source.connects, 4);
}

/* --- callbacks --- */

static void cancel(void)
{
    seen.act = NULL;
    assert_int_equal(midge_cancel(w.client, source_id), MIDGE_OK);
    assert_int_equal(source.current, 0);
    memset(&source, 0xa5, sizeof source.request); /* nothing looks at it any more */
}

static void canceled_in_callbacks(void **state)
{
    static const int at[] = {-1, MIDGE_EVENT_SOURCE_OPEN, MIDGE_EVENT_SOURCE_WAITING,
                             MIDGE_EVENT_SOURCE_CONNECTING};
    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        open_with(NULL);
        fake_next(&w.fake, &events);
        fake_next(&w.fake, &gone);
        seen.act = cancel;
        seen.acts_at = at[i];
        (void)run(MIDGE_ERR_CANCELED);
        assert_null(seen.act);
        assert_int_equal(seen.events, i != 1);
        assert_int_equal(seen.waits, i > 1);
        assert_int_equal(seen.connectings, i == 3);
        assert_int_equal(w.fake.n_socks, 1);
        world_close(&w);
    }
}

static void canceled_between(void **state)
{
    (void)state;
    fake_next(&w.fake, &is_silent);
    start();
    world_pass(&w, 100);
    assert_int_equal(seen.events, 1);
    assert_int_not_equal(source.current, 0);
    cancel();
    (void)ended(MIDGE_ERR_CANCELED);
    world_close(&w);
    open_with(NULL);
    refuse(1);
    start();
    world_pass(&w, 1);
    assert_int_equal(source.state, MIDGE_EVENT_SOURCE_WAITING);
    assert_int_equal(source.current, 0);
    cancel();
    (void)ended(MIDGE_ERR_CANCELED);
    assert_int_equal(w.client->live, 0);
}

static void event_ends_it(void **state)
{
    (void)state;
    seen.answer = -1234;
    fake_next(&w.fake, &events);
    (void)run(-1234);
    assert_int_equal(seen.waits, 0);
    memset(&seen, 0, sizeof seen);
    seen.answer = MIDGE_ERR_EOF; /* passes, if the network says so; but the callback does */
    fake_next(&w.fake, &events);
    (void)run(MIDGE_ERR_EOF);
    assert_int_equal(seen.waits, 0);
}

static void event_pauses_it(void **state)
{
    (void)state;
    seen.answer = MIDGE_ERR_PAUSE;
    fake_next(&w.fake, &events);
    fake_next(&w.fake, &gone);
    start();
    world_pass(&w, 1000);
    assert_int_equal(seen.events, 1);
    assert_int_equal(seen.waits, 0);
    assert_int_equal(midge_resume(w.client, source.current), MIDGE_OK);
    world_run(&w);
    (void)ended(MIDGE_OK);
    assert_int_equal(seen.waits, 1);
}

/* --- slots --- */

static void no_slot(void **state)
{
    midge_id sleeper;
    (void)state;
    open_with(&(struct midge_config){.max_awaitables = 1});
    assert_int_equal(midge_event_source_start(w.client, &source, &source_id), MIDGE_ERR_NO_SLOT);
    assert_int_equal(w.client->live, 0);
    assert_int_equal(source.current, 0);
    world_close(&w);
    open_with(&(struct midge_config){.max_awaitables = 2});
    refuse(1);
    fake_next(&w.fake, &gone);
    start();
    world_pass(&w, 1);
    assert_int_equal(midge_sleep(w.client, 2 * seen.wait_ms[0] + 1, &sleeper), MIDGE_OK);
    assert_int_equal(midge_detach(w.client, sleeper), MIDGE_OK);
    world_run(&w);
    (void)ended(MIDGE_OK);
    assert_int_equal(seen.error[1], MIDGE_ERR_NO_SLOT);
    assert_string_equal(seen.detail, "");
    world_close(&w);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, open_world, close_world)
    const struct CMUnitTest tests[] = {
        TEST(states_and_headers),
        TEST(own_headers),
        TEST(request_fields),
        TEST(invalid_requests),
        TEST(invalid_sources),
        TEST(content_types),
        TEST(statuses),
        TEST(lasting_errors),
        TEST(redirected),
        TEST(waits_grow),
        TEST(good_connections),
        TEST(retry_field),
        TEST(retry_after),
        TEST(reconnects_in_a_row),
        cmocka_unit_test(canceled_in_callbacks),
        TEST(canceled_between),
        TEST(event_ends_it),
        TEST(event_pauses_it),
        cmocka_unit_test(no_slot),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
