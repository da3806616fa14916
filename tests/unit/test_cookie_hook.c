/* SPDX-License-Identifier: MIT */
/* The jar of cookies as a hook, on the port in memory: which fields it reads and sends, and its
   clocks. test_cookies.c has the rules of the jar itself. */
#include "fake_port.h"

#include "midge/cookies.h"

#define URL "http://example.com/"
#define SET(fields)                                                                                \
    REQUEST, SAY("HTTP/1.1 200 OK\r\nX-Cookie: x=y\r\n" fields "Content-Length: 5\r\n\r\nhello")

static struct world w;
static struct midge_cookies jar;
static unsigned char memory[8192];
static struct probe p;

static void open_with(const struct fake_script *server, bool has_wall)
{
    world_open(&w, &(struct midge_config){.hooks = &jar.hook});
    w.fake.no_wall_time = !has_wall;
    fake_listen(&w.fake, 80, server);
    midge_cookies_init(&jar, &w.fake.port, memory, sizeof memory);
}

static void get(const char *url)
{
    probe_get(&p, &w, url);
    world_run(&w);
    probe_is_hello(&p);
}

/* The last request on a connection has this Cookie field; "": none. */
static void sent_cookie(unsigned sock, const char *value)
{
    const struct fake_sock *s = &w.fake.socks[sock];
    const char *at = NULL;
    char *text = calloc(1, s->sent_len + 1);
    assert_non_null(text);
    memcpy(text, s->sent, s->sent_len);
    for (char *next = text; (next = strstr(next, "GET /")) != NULL; next++) {
        at = next;
    }
    assert_non_null(at);
    const char *field = strstr(at, "\r\nCookie: ");
    if (value[0] == '\0') {
        assert_null(field);
    } else {
        assert_non_null(field);
        field += strlen("\r\nCookie: ");
        assert_int_equal(strcspn(field, "\r"), strlen(value));
        assert_memory_equal(field, value, strlen(value));
    }
    free(text);
}

static void kept_and_sent(void **state)
{
    static const struct fake_script server = {
        .steps = {SET("Set-Cookie: a=1\r\nDate: x\r\nset-cookie: b=2\r\nSet-Cookie: c=3; "
                      "Domain=other.com\r\n"),
                  SET(""), SET(""), LOOP}};
    (void)state;
    open_with(&server, true);
    get(URL);
    sent_cookie(0, "");
    get(URL "x?y");
    sent_cookie(0, "a=1; b=2");
    get("http://other.com/");
    sent_cookie(1, "");
    midge_cookies_clear(&jar, 0);
    get(URL);
    sent_cookie(0, "");
    world_close(&w);
}

static void own_field(void **state)
{
    static const struct fake_script server = {.steps = {SET("Set-Cookie: a=1\r\n"), LOOP}};
    static char long_one[MIDGE_COOKIES_SENT + 1];
    struct midge_header own = {"cookie", "mine=2"};
    (void)state;
    open_with(&server, true);
    get(URL);
    probe_init(&p, &w, URL);
    p.request.headers = &own;
    p.request.n_headers = 1;
    probe_start(&p);
    world_run(&w);
    probe_is_hello(&p);
    sent_cookie(0, "a=1; mine=2");
    /* Where all of it fits, and where it does not: then the own field stays as it is. */
    memset(long_one, 'm', sizeof long_one);
    for (size_t over = 0; over < 4; over++) {
        char expected[sizeof long_one + 8] = "";
        const size_t len = MIDGE_COOKIES_SENT - 2 - strlen("a=1") + over;
        long_one[len] = '\0';
        own.value = long_one;
        probe_init(&p, &w, URL);
        p.request.headers = &own;
        p.request.n_headers = 1;
        probe_start(&p);
        world_run(&w);
        probe_is_hello(&p);
        (void)snprintf(expected, sizeof expected, "%s%s", over == 0 ? "a=1; " : "", long_one);
        if (over == 0) {
            sent_cookie(0, expected);
        } else {
            assert_true(fake_sent_has(&w.fake, 0, "\r\ncookie: mmm"));
        }
        long_one[len] = 'm';
    }
    world_close(&w);
}

static void redirects(void **state)
{
    static const struct fake_script server = {
        .steps = {REQUEST,
                  SAY("HTTP/1.1 302 x\r\nSet-Cookie: a=1\r\nLocation: /b\r\nContent-Length: "
                      "0\r\n\r\n"),
                  SET(""), LOOP}};
    (void)state;
    open_with(&server, true);
    probe_init(&p, &w, URL);
    p.request.max_redirects = 1;
    probe_start(&p);
    world_run(&w);
    probe_is_hello(&p);
    sent_cookie(0, "a=1");
    world_close(&w);
}

/* --- clocks --- */

/* Lifetimes are the same by wall clock and without it. */
static void max_age(void **state)
{
    static const struct fake_script server = {
        .steps = {SET("Set-Cookie: a=1; Max-Age=20\r\nSet-Cookie: b=2\r\n"), SET(""), SET("")}};
    (void)state;
    for (unsigned wall = 0; wall < 2; wall++) {
        open_with(&server, wall);
        get(URL);
        const int64_t began = jar.now;
        world_pass(&w, 10500);
        get(URL);
        assert_in_range(jar.now - began, 10, 11);
        sent_cookie(w.fake.n_socks - 1, "a=1; b=2");
        world_pass(&w, 10500);
        get(URL);
        assert_int_equal(jar.now - began, 21);
        sent_cookie(w.fake.n_socks - 1, "b=2");
        world_close(&w);
    }
}

/* Without a wall clock Expires counts from Date; without both, a date to come is the session. */
static void expires(void **state)
{
    static const struct fake_script server = {
        .steps = {SET("Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
                      "Set-Cookie: a=1; Expires=Sun, 06 Nov 1994 08:49:57 GMT\r\n"
                      "Set-Cookie: b=2; Expires=Sun, 06 Nov 1994 08:49:37 GMT\r\n"),
                  SET("Set-Cookie: c=3; Expires=Wed, 06 Nov 2030 08:49:57 GMT\r\n"), SET("")}};
    struct midge_cookie cookie;
    (void)state;
    open_with(&server, false);
    get(URL);
    size_t at = 0;
    assert_true(midge_cookies_next(&jar, &at, &cookie));
    assert_string_equal(cookie.name, "a");
    assert_int_equal(cookie.expires, jar.now + 20);
    assert_false(midge_cookies_next(&jar, &at, &cookie));
    get(URL);
    sent_cookie(0, "a=1");
    world_pass(&w, 21000);
    get(URL);
    sent_cookie(w.fake.n_socks - 1, "c=3");
    world_close(&w);
    /* With a wall clock both have long expired. */
    open_with(&server, true);
    get(URL);
    assert_int_equal(jar.used, 0);
    world_close(&w);
}

/* The wall clock appears: lifetimes move with it, those of the session do not. */
static void wall_clock_appears(void **state)
{
    static const struct fake_script server = {
        .steps = {SET("Set-Cookie: a=1; Max-Age=20\r\nSet-Cookie: b=2\r\n"), SET(""), SET("")}};
    struct midge_cookie cookie;
    size_t at = 0;
    (void)state;
    open_with(&server, false);
    get(URL);
    world_pass(&w, 5000);
    w.fake.no_wall_time = false;
    const int64_t wall = w.fake.port.wall_time(&w.fake);
    assert_true(midge_cookies_next(&jar, &at, &cookie));
    assert_int_equal(cookie.expires, wall + 15);
    assert_true(midge_cookies_next(&jar, &at, &cookie));
    assert_int_equal(cookie.expires, 0);
    assert_int_equal(jar.now, wall);
    w.fake.no_wall_time = true; /* lost again: it continues */
    world_pass(&w, 6000);
    at = 0;
    assert_true(midge_cookies_next(&jar, &at, &cookie));
    assert_int_equal(jar.now, wall + 6);
    w.fake.no_wall_time = false;
    at = 0;
    assert_true(midge_cookies_next(&jar, &at, &cookie));
    assert_int_equal(cookie.expires, wall + 15);
    world_close(&w);
}

/* --- memory --- */

static void no_memory(void **state)
{
    static const struct fake_script server = {.steps = {SET(""), LOOP}};
    unsigned failed = 0;
    (void)state;
    open_with(&server, true);
    const uint64_t opened = world_stats(&w).alloc_calls;
    assert_int_equal(midge_cookies_set(&jar, URL, "a=1"), MIDGE_OK);
    get(URL);
    const uint64_t all = world_stats(&w).alloc_calls;
    world_close(&w);
    for (uint64_t nth = opened + 1; nth <= all; nth++) {
        world_open(&w, &(struct midge_config){.hooks = &jar.hook, .fail_alloc = (uint32_t)nth});
        probe_init(&p, &w, URL);
        if (midge_start(w.client, &p.request, &p.id) == MIDGE_OK) {
            world_run(&w);
            failed += p.result.error == MIDGE_ERR_NO_MEMORY;
            probe_ended(&p, p.result.error == MIDGE_OK ? MIDGE_OK : MIDGE_ERR_NO_MEMORY);
        }
        world_close(&w);
    }
    assert_true(failed > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kept_and_sent), cmocka_unit_test(own_field),
        cmocka_unit_test(redirects),     cmocka_unit_test(max_age),
        cmocka_unit_test(expires),       cmocka_unit_test(wall_clock_appears),
        cmocka_unit_test(no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
