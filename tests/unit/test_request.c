/* SPDX-License-Identifier: MIT */
/* A request's one block, and the request line and host that its URL gives. */
#include "fake_port.h"

/* --- one block --- */

static unsigned blocks_of_start(struct world *w, struct probe *p)
{
    uint64_t before = world_stats(w).alloc_calls;
    probe_start(p);
    return (unsigned)(world_stats(w).alloc_calls - before);
}

static void one_block(void **state)
{
    static const struct midge_header headers[] = {{"X-A", "1"}, {"X-B", NULL}};
    struct world w;
    struct probe p[4];
    (void)state;
    world_open(&w, &(struct midge_config){.base_url = "http://a.test/dir/"});
    for (unsigned i = 0; i < 4; i++) {
        probe_init(&p[i], &w, i < 3 ? "http://a.test/x?y" : "../x?y");
        p[i].request.headers = headers;
        p[i].request.n_headers = 2;
        p[i].request.bearer = "token";
        p[i].request.timeouts.total_ms = 100000 * (i % 2);
        p[i].request.borrow = i == 2;
        /* The first start makes the origin. */
        assert_int_equal(blocks_of_start(&w, &p[i]), i == 0 ? 2 : 1);
    }
    world_run(&w);
    for (unsigned i = 0; i < 4; i++) {
        assert_string_equal(p[i].url, "GET http://a.test/x?y");
        probe_is_hello(&p[i]);
    }
    assert_true(fake_sent_has(&w.fake, 0, "X-A: 1\r\n"));
    assert_true(fake_sent_has(&w.fake, 0, "Authorization: Bearer token\r\n"));
    world_close(&w);
}

/* A borrowed request is not copied, unless its URL must be changed. */
static void borrowed(void **state)
{
    static const struct {
        const char *url;
        bool same;
    } rows[] = {{"http://a.test/./x", true}, {"http://a.test/<", false}};
    (void)state;
    for (size_t i = 0; i < MIDGE_ARRAY_LEN(rows); i++) {
        struct world w;
        struct probe p;
        world_open(&w, NULL);
        probe_init(&p, &w, rows[i].url);
        p.request.borrow = 1;
        p.request.timeouts.total_ms = 5;
        probe_start(&p);
        const struct midge__transfer *t = midge__transfer_of(midge__awaitable_find(w.client, p.id));
        assert_int_equal(t->request == &p.request, rows[i].same);
        assert_int_equal(midge__deadline_limit(t, MIDGE__LIMIT(total_ms)), 5);
        world_run(&w);
        probe_is_hello(&p);
        world_close(&w);
    }
}

/* All that may change after the start does not change the request. */
static void copied(void **state)
{
    char url[] = "http://a.test/x", value[] = "value", name[] = "X-A", method[] = "PUT";
    struct midge_header header = {name, value};
    struct world w;
    struct probe p;
    (void)state;
    world_open(&w, NULL);
    probe_init(&p, &w, url);
    p.request.headers = &header;
    p.request.n_headers = 1;
    p.request.method = method;
    p.request.timeouts.first_byte_ms = 77;
    probe_start(&p);
    memset(url, 'x', sizeof url - 1);
    memset(value, '\n', sizeof value - 1);
    name[0] = method[0] = '\0';
    header = (struct midge_header){NULL, NULL};
    midge_id id = p.id;
    p.request = (struct midge_request){.sink = &p.sink};
    const struct midge__transfer *t = midge__transfer_of(midge__awaitable_find(w.client, id));
    assert_int_equal(midge__deadline_limit(t, MIDGE__LIMIT(first_byte_ms)), 77);
    world_run(&w);
    probe_is_hello(&p);
    assert_true(fake_sent_has(&w.fake, 0, "PUT /x HTTP/1.1\r\nHost: a.test\r\n"));
    assert_true(fake_sent_has(&w.fake, 0, "X-A: value\r\n"));
    world_close(&w);
}

static void most_headers(void **state)
{
    static struct midge_header headers[1001];
    struct world w;
    struct probe p;
    (void)state;
    for (size_t i = 0; i < MIDGE_ARRAY_LEN(headers); i++) {
        headers[i] = (struct midge_header){"A", NULL};
    }
    world_open(&w, NULL);
    probe_init(&p, &w, "http://a.test/");
    p.request.headers = headers;
    p.request.n_headers = 1001;
    assert_int_equal(midge_start(w.client, &p.request, &p.id), MIDGE_ERR_NO_MEMORY);
    p.request.n_headers = 1000;
    probe_start(&p);
    world_run(&w);
    probe_is_hello(&p);
    world_close(&w);
}

/* --- the head's first lines --- */

static void first_lines(void **state)
{
    static const struct {
        const char *url, *sent;
        bool borrow;
    } rows[] = {
        {"http://a.test", "GET / HTTP/1.1\r\nHost: a.test\r\n", true},
        {"http://a", "GET / HTTP/1.1\r\nHost: a\r\n", false},
        {"http://a.test?q=/x#f", "GET /?q=/x HTTP/1.1\r\nHost: a.test\r\n", true},
        {"http://a.test?#f", "GET /? HTTP/1.1\r\nHost: a.test\r\n", true},
        {"http://a.test/a?#f", "GET /a? HTTP/1.1\r\nHost: a.test\r\n", false},
        {"http://a.test/a#f?x", "GET /a HTTP/1.1\r\nHost: a.test\r\n", false},
        {"HTTP://A.test:80/%7e/../a b", NULL, false},
        {"HTTP://A.test:080/%7e/../b", "GET /b HTTP/1.1\r\nHost: a.test\r\n", false},
        {"http://A.test:81/b", "GET /b HTTP/1.1\r\nHost: a.test:81\r\n", true},
        {"http://[::1]:81/b", "GET /b HTTP/1.1\r\nHost: [::1]:81\r\n", false},
    };
    (void)state;
    for (size_t i = 0; i < MIDGE_ARRAY_LEN(rows); i++) {
        struct world w;
        struct probe p;
        world_open(&w, NULL);
        probe_init(&p, &w, rows[i].url);
        p.request.borrow = rows[i].borrow;
        int err = midge_start(w.client, &p.request, &p.id);
        assert_int_equal(err, rows[i].sent != NULL ? MIDGE_OK : MIDGE_ERR_URL);
        world_run(&w);
        if (rows[i].sent != NULL) {
            probe_is_hello(&p);
            assert_true(fake_sent_has(&w.fake, 0, rows[i].sent));
        }
        world_close(&w);
    }
}

/* RFC 9110 9.2.2, 9.3.2, 8.6. */
static void methods(void **state)
{
    static const struct {
        const char *name;
        bool idempotent, head, length;
    } rows[] = {{"GET", true, false, false},   {"HEAD", true, true, false},
                {"POST", false, false, true},  {"PUT", true, false, true},
                {"PATCH", false, false, true}, {"DELETE", true, false, false},
                {"TRACE", true, false, false}, {"OPTIONS", true, false, false},
                {"get", false, false, false},  {"LINK", false, false, false}};
    (void)state;
    for (size_t i = 0; i < MIDGE_ARRAY_LEN(rows); i++) {
        const unsigned flags = midge__method_flags(rows[i].name);
        const struct midge_request none = {.method = rows[i].name};
        assert_int_equal((flags & MIDGE__METHOD_IDEMPOTENT) != 0, rows[i].idempotent);
        assert_int_equal((flags & MIDGE__METHOD_HEAD) != 0, rows[i].head);
        assert_int_equal(midge__request_framing(&none, flags) == MIDGE__H1_FRAMING_LENGTH,
                         rows[i].length);
        assert_int_equal(midge__request_length(&none), 0);
    }
}

/* --- timers --- */

/* On a kept connection: one timer for the request, whose later phases end later. The idle
   connection's timer stays armed for an earlier time. */
static void one_timer(void **state)
{
    struct world w;
    struct probe p;
    (void)state;
    world_open(&w, NULL);
    for (unsigned i = 0; i < 2; i++) {
        const uint32_t before = w.client->timers.next_seq;
        probe_get(&p, &w, "http://a.test/");
        world_run(&w);
        probe_is_hello(&p);
        assert_true(i == 0 || w.client->timers.next_seq - before == 1);
    }
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_block),    cmocka_unit_test(borrowed), cmocka_unit_test(copied),
        cmocka_unit_test(first_lines),  cmocka_unit_test(methods),  cmocka_unit_test(one_timer),
        cmocka_unit_test(most_headers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
