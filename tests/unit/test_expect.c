/* SPDX-License-Identifier: MIT */
/* Requests that ask before their body (RFC 9110 10.1.1), on the port in memory. */
#include "fake_port.h"

#define URL      "http://example.com/"
#define CONTINUE SAY("HTTP/1.1 100 Continue\r\n\r\n")
#define REFUSED  SAY("HTTP/1.1 417 x\r\nContent-Length: 0\r\n\r\n")

static struct world w;
static struct probe p;

static void open_with(const struct fake_script *first, const struct fake_script *then)
{
    world_open(&w, NULL);
    fake_next(&w.fake, first);
    fake_listen(&w.fake, 80, then);
    probe_init(&p, &w, URL);
    p.request.method = "PUT";
    p.request.body = "12345";
    p.request.body_len = 5;
    p.request.expect_ms = 1000;
}

static bool asked(unsigned sock)
{
    return fake_sent_has(&w.fake, sock, "\r\nExpect: 100-continue\r\n");
}

static bool sent_body(unsigned sock)
{
    return fake_sent_has(&w.fake, sock, "\r\n\r\n12345");
}

/* Bytes of the request's head, which is sent before the server has to say something. */
static size_t head_len(void)
{
    static const struct fake_script silent = {.steps = {{FAKE_END, NULL, 0}}};
    open_with(&silent, &silent);
    probe_start(&p);
    world_pass(&w, 999);
    const size_t len = w.fake.socks[0].sent_len;
    assert_true(asked(0));
    assert_true(fake_sent_has(&w.fake, 0, "\r\n\r\n"));
    assert_false(sent_body(0));
    world_pass(&w, 2); /* it has waited long enough */
    assert_int_equal(w.fake.socks[0].sent_len, len + 5);
    assert_true(sent_body(0));
    assert_int_equal(midge_cancel(w.client, p.id), MIDGE_OK);
    world_run(&w);
    probe_ended(&p, MIDGE_ERR_CANCELED);
    world_close(&w);
    return len;
}

static void waits_its_time(void **state)
{
    (void)state;
    assert_true(head_len() > 0);
}

static void continues(void **state)
{
    const size_t len = head_len();
    const struct fake_script server = {
        .steps = {SENT(len), WAIT(400), CONTINUE, REQUEST, SAY(HELLO), REQUEST, SAY(HELLO)}};
    (void)state;
    open_with(&server, &server);
    const uint64_t began = w.fake.now_ms;
    probe_start(&p);
    world_pass(&w, 399);
    assert_false(sent_body(0));
    world_run(&w);
    assert_true(sent_body(0));
    assert_int_equal(w.fake.now_ms - began, 400);
    probe_is_hello(&p);
    probe_get(&p, &w, URL); /* the connection is kept, and its timer is off */
    world_run(&w);
    probe_is_hello(&p);
    assert_int_equal(w.fake.n_socks, 1);
    world_close(&w);
}

/* A second 100, or one that comes late, changes nothing. */
static void continues_twice(void **state)
{
    const size_t len = head_len();
    const struct fake_script server = {
        .steps = {SENT(len), WAIT(1500), CONTINUE, CONTINUE, REQUEST, SAY(HELLO)}};
    (void)state;
    open_with(&server, &server);
    probe_start(&p);
    world_run(&w);
    probe_is_hello(&p);
    assert_int_equal(w.fake.socks[0].sent_len, len + 5);
    world_close(&w);
}

/* A final answer in place of the 100: the body is not sent, the connection is closed. */
static void answered_at_once(void **state)
{
    const size_t len = head_len();
    const struct fake_script server = {
        .steps = {SENT(len),
                  SAY("HTTP/1.1 403 x\r\nContent-Length: 5\r\n\r\nno"),
                  WAIT(2000),
                  SAY("pe!"),
                  {FAKE_END, NULL, 0}}};
    (void)state;
    open_with(&server, &fake_hello);
    probe_start(&p);
    world_run(&w);
    assert_int_equal(p.result.status, 403);
    assert_int_equal(p.len, 5);
    probe_ended(&p, MIDGE_OK);
    assert_int_equal(w.fake.socks[0].sent_len, len);
    probe_get(&p, &w, URL);
    world_run(&w);
    probe_is_hello(&p);
    assert_int_equal(w.fake.n_socks, 2);
    world_close(&w);
}

/* 417: once more, on a new connection, without the expectation; the answer to that is final. */
static void refused(void **state)
{
    const size_t len = head_len();
    const struct fake_script server = {.steps = {SENT(len), REFUSED, {FAKE_END, NULL, 0}}};
    static const struct fake_script again = {.steps = {REQUEST, REFUSED, {FAKE_END, NULL, 0}}};
    (void)state;
    open_with(&server, &fake_hello);
    probe_start(&p);
    world_run(&w);
    probe_is_hello(&p);
    assert_int_equal(p.responses, 1);
    assert_false(sent_body(0));
    assert_true(sent_body(1));
    assert_false(asked(1));
    world_close(&w);
    open_with(&server, &again);
    probe_start(&p);
    world_run(&w);
    assert_int_equal(p.result.status, 417);
    probe_ended(&p, MIDGE_OK);
    assert_int_equal(w.fake.n_socks, 2);
    world_close(&w);
}

/* Once the body is on its way, 417 is an answer as others. */
static void refused_late(void **state)
{
    static const struct fake_script server = {.steps = {REQUEST, REFUSED, {FAKE_END, NULL, 0}}};
    (void)state;
    open_with(&server, &fake_hello);
    probe_start(&p);
    world_run(&w);
    assert_int_equal(p.result.status, 417);
    probe_ended(&p, MIDGE_OK);
    assert_int_equal(w.fake.n_socks, 1);
    world_close(&w);
}

/* A source is not read before. One without a length is sent in chunks, and asks too. */
static void sources(void **state)
{
    (void)state;
    for (int64_t length = -1; length <= 5; length += 6) {
        static const struct fake_script none = {.steps = {{FAKE_END, NULL, 0}}};
        open_with(&none, &none);
        p.request.body = NULL;
        p.request.body_len = 0;
        probe_source(&p, 5, length);
        probe_start(&p);
        world_pass(&w, 10);
        assert_true(asked(0));
        assert_int_equal(p.reads, 0);
        world_pass(&w, 1000);
        assert_true(p.reads > 0);
        assert_int_equal(midge_cancel(w.client, p.id), MIDGE_OK);
        world_run(&w);
        probe_ended(&p, MIDGE_ERR_CANCELED);
        world_close(&w);
    }
}

/* Nothing to ask for. */
static void without_body(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        open_with(&fake_hello, &fake_hello);
        p.request.body_len = i == 0 ? 0 : 5;
        p.request.expect_ms = i == 0 ? 1000 : 0;
        const uint64_t began = w.fake.now_ms;
        probe_start(&p);
        world_run(&w);
        probe_is_hello(&p);
        assert_false(asked(0));
        assert_int_equal(w.fake.now_ms, began);
        world_close(&w);
    }
}

/* It ends while it waits for the 100: the timer is the connection's, and must not fire then. */
static void canceled_while_it_waits(void **state)
{
    static const struct fake_script silent = {.steps = {{FAKE_END, NULL, 0}}};
    (void)state;
    open_with(&silent, &fake_hello);
    probe_start(&p);
    world_pass(&w, 500);
    assert_int_equal(midge_cancel(w.client, p.id), MIDGE_OK);
    world_pass(&w, 2000);
    probe_ended(&p, MIDGE_ERR_CANCELED);
    assert_false(sent_body(0));
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(waits_its_time),
        cmocka_unit_test(continues),
        cmocka_unit_test(continues_twice),
        cmocka_unit_test(answered_at_once),
        cmocka_unit_test(refused),
        cmocka_unit_test(refused_late),
        cmocka_unit_test(sources),
        cmocka_unit_test(without_body),
        cmocka_unit_test(canceled_while_it_waits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
