/* SPDX-License-Identifier: MIT */
/* The jar of cookies in a client: each hop and each repeat anew, wall clock and none, no memory. */
#include "sim_world.h"

static struct sim_world w;
static struct sim_get get;
static struct midge_cookies jar;
static unsigned char memory[1024];
static char sent[8][200]; /* Cookie of each request, "" if there was none */
static unsigned n_sent;

static void note(void *ctx, const struct midge_sim_request *request, struct midge_sim_reply *reply)
{
    const char *field = strstr(request->head, "\r\nCookie: ");
    const char *value = field != NULL ? field + strlen("\r\nCookie: ") : "";
    (void)ctx, (void)reply;
    assert_true(n_sent < 8);
    (void)snprintf(sent[n_sent++], sizeof sent[0], "%.*s", (int)strcspn(value, "\r"), value);
}

static void serve(const char *name, const char *path, int status, const char *headers)
{
    struct midge_sim_host *host = midge_sim_add_host(w.sim, name);
    midge_sim_add_reply(host, 80, path,
                        &(struct midge_sim_reply){.status = status,
                                                  .headers = headers,
                                                  .body = "ok",
                                                  .on_request = note,
                                                  .times = status == 503 ? 1 : 0});
    if (status == 503) {
        midge_sim_add_reply(host, 80, path, &(struct midge_sim_reply){.on_request = note});
    }
}

static void open_world(int64_t date, uint32_t fail_alloc)
{
    sim_world_start(&w, &(struct midge_sim_config){.seed = 1, .date = date},
                    &(struct midge_config){.hooks = &jar.hook, .fail_alloc = fail_alloc});
    midge_cookies_init(&jar, midge_sim_port(w.sim), memory, sizeof memory);
    n_sent = 0;
}

static void ask(const char *url, const struct midge_request *more)
{
    sim_get_init(&w, &get, url);
    if (more != NULL) {
        get.request.headers = more->headers;
        get.request.n_headers = more->n_headers;
        get.request.retry = more->retry;
    }
    get.request.max_redirects = 5;
    sim_get_start(&w, &get);
    sim_world_run(&w);
}

static void assert_cookie(unsigned n, const char *value)
{
    assert_true(n < n_sent);
    assert_string_equal(sent[n], value);
}

static void hops(void **state)
{
    (void)state;
    open_world(0, 0);
    serve("a.test", "/1", 302, "Location: /2\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2; Path=/2\r\n");
    serve("a.test", "/2", 302, "Location: http://b.test/\r\nSet-Cookie: a=2\r\n");
    serve("b.test", "/", 302, "Location: http://a.test/4\r\nSet-Cookie: c=3; Domain=a.test\r\n");
    serve("a.test", "/4", 200, "set-cookie: a=; Max-Age=0\r\n");
    ask("http://a.test/1", NULL);
    sim_get_ended(&get, MIDGE_OK, 200, "ok");
    assert_cookie(0, "");
    assert_cookie(1, "b=2; a=1");
    assert_cookie(2, "");
    assert_cookie(3, "a=2");
    ask("http://a.test/4", NULL);
    sim_get_ended(&get, MIDGE_OK, 200, "ok");
    assert_cookie(4, "");
    sim_world_close(&w);
}

/* The request's own Cookie comes behind them, as long as it goes to its origin. */
static void own(void **state)
{
    static const struct midge_header headers[] = {{"Cookie", "own=1"}};
    const struct midge_request more = {.headers = headers, .n_headers = 1};
    (void)state;
    open_world(0, 0);
    serve("a.test", "/", 302, "Location: http://b.test/\r\nSet-Cookie: a=1\r\n");
    serve("b.test", "/", 200, NULL);
    ask("http://a.test/", &more);
    sim_get_ended(&get, MIDGE_OK, 200, "ok");
    ask("http://a.test/", &more);
    sim_get_ended(&get, MIDGE_OK, 200, "ok");
    assert_cookie(0, "own=1");
    assert_cookie(1, "");
    assert_cookie(2, "a=1; own=1");
    assert_cookie(3, "");
    sim_world_close(&w);
}

static void retries(void **state)
{
    const struct midge_retry retry = {.max = 1};
    (void)state;
    open_world(0, 0);
    serve("a.test", "/", 503, "Set-Cookie: route=2\r\n");
    ask("http://a.test/", &(struct midge_request){.retry = &retry});
    sim_get_ended(&get, MIDGE_OK, 200, NULL);
    assert_cookie(0, "");
    assert_cookie(1, "route=2");
    sim_world_close(&w);
}

/* Without a wall clock Expires counts from Date. */
static void clocks(void **state)
{
    static const char headers[] = "Date: Fri, 15 Jan 2027 08:00:00 GMT\r\n"
                                  "Set-Cookie: a=1; Expires=Fri, 15 Jan 2027 08:00:20 GMT\r\n";
    (void)state;
    for (int with_wall = 0; with_wall < 2; with_wall++) {
        open_world(with_wall ? 1800000000 : 1, 0);
        serve("a.test", "/", 200, headers);
        for (int i = 0; i < 3; i++) {
            ask("http://a.test/", NULL);
            sim_get_ended(&get, MIDGE_OK, 200, "ok");
            midge_sim_advance(w.sim, i == 0 ? 15000 : 25000);
        }
        assert_cookie(0, "");
        assert_cookie(1, "a=1");
        assert_cookie(2, "");
        sim_world_close(&w);
    }
}

static uint64_t allocs(void)
{
    struct midge_stats stats;
    midge_client_stats(w.client, &stats);
    return stats.alloc_calls;
}

/* A request with a cookie, while the nth allocation fails (0: none). Returns how many there were
   before it and in all. */
static uint64_t ask_with_failure(uint32_t nth, uint64_t *before)
{
    open_world(0, nth);
    serve("a.test", "/", 200, "Set-Cookie: b=2\r\n");
    assert_int_equal(midge_cookies_set(&jar, "http://a.test/", "a=1"), MIDGE_OK);
    *before = allocs();
    sim_get_init(&w, &get, "http://a.test/");
    if (midge_start(w.client, &get.request, NULL) == MIDGE_OK) {
        sim_world_run(&w);
        assert_int_equal(get.dones, 1);
        assert_true(get.result.error == MIDGE_OK || get.result.error == MIDGE_ERR_NO_MEMORY);
        if (get.result.error == MIDGE_OK) {
            assert_cookie(0, "a=1");
        }
    }
    sim_get_free(&get);
    const uint64_t n = allocs();
    sim_world_close(&w);
    return n;
}

static void no_memory(void **state)
{
    uint64_t before, same;
    const uint64_t n = ask_with_failure(0, &before);
    (void)state;
    assert_true(n > before + 4);
    for (uint64_t nth = before + 1; nth <= n; nth++) {
        (void)ask_with_failure((uint32_t)nth, &same);
        assert_int_equal(same, before);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hops),   cmocka_unit_test(own),       cmocka_unit_test(retries),
        cmocka_unit_test(clocks), cmocka_unit_test(no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
