/* SPDX-License-Identifier: MIT */
/* Requests through a proxy: what it is asked, which name is looked up, which connections are
   shared, and each way in which it can fail. */
#include "fake_tls.h"

#define OPENED  "HTTP/1.1 200 Connection established\r\n\r\n"
#define REFUSED "HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno"

static const struct midge_proxy proxy = {.host = "proxy.test", .port = 3128};
static const struct midge_proxy known = {
    .host = "proxy.test", .port = 3128, .credentials = "user:pass"};
static const struct midge_proxy none = {0};

static const struct fake_script plain = {.steps = {REQUEST, SAY(HELLO), LOOP}};
static const struct fake_script tunnel = {
    .steps = {REQUEST, SAY(OPENED), REQUEST, SAY(HELLO), REQUEST, SAY(HELLO)}};
static const struct fake_script tls_tunnel = {
    .steps = {REQUEST, SAY(OPENED), SENT(70), SAY("S"), REQUEST, SAY(HELLO), REQUEST, SAY(HELLO)}};

static struct world w;
static struct probe p, q;

static int open_world(void **state)
{
    (void)state;
    tls_world_open(&w, &(struct midge_config){.proxy = &proxy});
    return 0;
}

static int close_world(void **state)
{
    (void)state;
    tls_world_close(&w);
    return 0;
}

static void ask_through(struct probe *probe, const char *url, const struct midge_proxy *through)
{
    probe_init(probe, &w, url);
    probe->request.proxy = through;
    probe->request.dangerously_skip_verification = 1; /* fake_tls.h verifies nothing */
    probe_start(probe);
}

static void sent(unsigned sock, const char *text)
{
    if (!fake_sent_has(&w.fake, sock, text)) {
        print_error("%.*s\n", (int)w.fake.socks[sock].sent_len, (char *)w.fake.socks[sock].sent);
        fail_msg("'%s' was not sent", text);
    }
}

/* --- http --- */

static void whole_url(void **state)
{
    (void)state;
    w.fake.names[w.fake.n_names++] = (struct fake_name){.host = "a.test", .err = MIDGE_ERR_RESOLVE};
    fake_listen(&w.fake, 3128, &plain);
    ask_through(&p, "http://a.test:81/x?y", NULL);
    world_run(&w);
    probe_is_hello(&p);
    assert_int_equal(w.fake.lookups, 1); /* the proxy's name */
    assert_int_equal(w.fake.socks[0].port, 3128);
    sent(0, "GET http://a.test:81/x?y HTTP/1.1\r\nHost: a.test:81\r\n");
    assert_false(fake_sent_has(&w.fake, 0, "Proxy-"));
    ask_through(&p, "http://a.test:81/", NULL);
    world_run(&w);
    probe_is_hello(&p);
    assert_true(p.result.reused);
}

static void credentials(void **state)
{
    (void)state;
    fake_listen(&w.fake, 3128, &plain);
    ask_through(&p, "http://a.test/", &known);
    world_run(&w);
    probe_is_hello(&p);
    sent(0, "\r\nProxy-Authorization: Basic dXNlcjpwYXNz\r\n\r\n");
}

/* Each of these has a connection of its own. */
static void identity(void **state)
{
    static const struct midge_proxy others[] = {
        {.host = "proxy.test", .port = 3129},
        {.host = "proxy2.test", .port = 3128},
        {.host = "proxy.test", .port = 3128, .credentials = "user:pass"},
        {.host = "proxy.test", .port = 3128, .credentials = "user:PASS"},
        {.host = NULL},
    };
    (void)state;
    ask_through(&p, "http://a.test/", NULL);
    world_run(&w);
    probe_is_hello(&p);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        ask_through(&q, "http://a.test/", &others[i]);
        world_run(&w);
        assert_false(q.result.reused);
        probe_is_hello(&q);
    }
    const struct midge_proxy same = {.host = "PROXY.test", .port = 3128, .credentials = ""};
    ask_through(&p, "http://a.test/", &same);
    world_run(&w);
    assert_false(p.result.reused); /* closed for the others: four at once */
    probe_is_hello(&p);
    ask_through(&p, "http://a.test/", NULL);
    world_run(&w);
    assert_true(p.result.reused);
    probe_is_hello(&p);
}

static void no_proxy(void **state)
{
    (void)state;
    ask_through(&p, "http://a.test/", &none);
    world_run(&w);
    probe_is_hello(&p);
    assert_int_equal(w.fake.socks[0].port, 80);
    sent(0, "GET / HTTP/1.1\r\n");
}

static void literals(void **state)
{
    (void)state;
    ask_through(&p, "http://a.test/", &(struct midge_proxy){.host = "192.0.2.1", .port = 1});
    ask_through(&q, "http://[2001:db8::1]/", &(struct midge_proxy){.host = "::1", .port = 2});
    world_run(&w);
    probe_is_hello(&p);
    probe_is_hello(&q);
    assert_int_equal(w.fake.lookups, 0);
    assert_int_equal(w.fake.socks[0].addr.family, 4);
    assert_int_equal(w.fake.socks[1].addr.family, 6);
    assert_int_equal(w.fake.socks[1].addr.bytes[0], 0);
    sent(1, "GET http://[2001:db8::1]/ HTTP/1.1\r\nHost: [2001:db8::1]\r\n");
}

static void refused_at_start(void **state)
{
    char name[300];
    (void)state;
    memset(name, 'a', sizeof name);
    name[sizeof name - 1] = '\0';
    probe_init(&p, &w, "http://a.test/");
    p.request.proxy = &(struct midge_proxy){.host = "proxy.test"};
    assert_int_equal(midge_start(w.client, &p.request, NULL), MIDGE_ERR_INVALID);
    p.request.proxy = &(struct midge_proxy){.host = name, .port = 1};
    assert_int_equal(midge_start(w.client, &p.request, NULL), MIDGE_ERR_URL);
    p.request.proxy = &(struct midge_proxy){.host = "a:b", .port = 1};
    assert_int_equal(midge_start(w.client, &p.request, NULL), MIDGE_ERR_URL);
    p.request.proxy = &(struct midge_proxy){.host = "fe80::1%eth0", .port = 1};
    assert_int_equal(midge_start(w.client, &p.request, NULL), MIDGE_ERR_URL);
}

static void prepared(void **state)
{
    struct midge_prepared *ready;
    (void)state;
    fake_listen(&w.fake, 3128, &plain);
    probe_init(&p, &w, "http://a.test/x");
    p.request.proxy = &known;
    assert_int_equal(midge_prepare(w.client, &p.request, &ready), MIDGE_OK);
    assert_int_equal(midge_start_prepared(w.client, ready, NULL, 0, NULL), MIDGE_OK);
    world_run(&w);
    probe_is_hello(&p);
    sent(0, "GET http://a.test/x HTTP/1.1\r\nHost: a.test\r\n");
    sent(0, "Proxy-Authorization: Basic dXNlcjpwYXNz\r\n");
    midge_prepared_free(w.client, ready);
}

/* --- tunnels --- */

static void http_tunnel(void **state)
{
    (void)state;
    fake_listen(&w.fake, 3128, &tunnel);
    for (unsigned i = 0; i < 2; i++) {
        probe_init(&p, &w, "http://a.test/x");
        p.request.connect_host = "b.test";
        p.request.proxy = &known;
        probe_start(&p);
        world_run(&w);
        probe_is_hello(&p);
        assert_int_equal(p.result.reused, i);
    }
    sent(0, "CONNECT b.test:80 HTTP/1.1\r\nHost: b.test:80\r\nUser-Agent: midge/");
    sent(0, "\r\nProxy-Authorization: Basic dXNlcjpwYXNz\r\n\r\n"
            "GET /x HTTP/1.1\r\nHost: a.test\r\nUser-Agent:");
}

/* Not in the tunnel; the session is this way's. */
static void https_tunnel(void **state)
{
    (void)state;
    fake_listen(&w.fake, 3128, &tls_tunnel);
    ask_through(&p, "https://a.test/", &known);
    world_run(&w);
    probe_is_hello(&p);
    assert_int_equal(w.fake.lookups, 1);
    sent(0, "CONNECT a.test:443 HTTP/1.1\r\n");
    sent(0, "Basic dXNlcjpwYXNz\r\n\r\nCH\nGET / HTTP/1.1\r\nHost: a.test\r\n");
    ask_through(&p, "https://a.test/", &proxy);
    world_run(&w);
    assert_false(p.result.reused || p.result.resumed);
    probe_is_hello(&p);
    assert_int_equal(w.fake.lookups, 2);
}

static void every_split(void **state)
{
    (void)state;
    for (size_t slice = 1; slice < 90; slice++) {
        struct fake_script script = tunnel;
        script.recv_slice = script.send_slice = slice;
        w.fake.n_next = w.fake.next_at = 0;
        fake_next(&w.fake, &script);
        probe_init(&p, &w, "http://a.test/");
        p.request.connect_port = 81;
        p.request.no_reuse = 1;
        probe_start(&p);
        world_run(&w);
        probe_is_hello(&p);
    }
}

/* --- what goes wrong --- */

static void failing(const struct fake_script *script, int err, enum midge_phase phase, int native,
                    const char *detail)
{
    tls_world_open(&w, &(struct midge_config){.proxy = &proxy,
                                              .timeouts = {.connect_ms = 500, .idle_ms = 700}});
    fake_listen(&w.fake, 3128, script);
    ask_through(&p, "https://a.test/", NULL);
    world_run(&w);
    assert_int_equal(p.result.phase, phase);
    assert_int_equal(p.result.native, native);
    if (detail != NULL) {
        assert_string_equal(p.result.detail, detail);
    }
    assert_int_equal(p.result.status, 0);
    assert_int_equal(p.result.body_len, 0);
    probe_ended(&p, err);
    tls_world_close(&w);
}

static void failures(void **state)
{
    static const struct fake_script refuses = {.steps = {REQUEST, SAY(REFUSED)}};
    static const struct fake_script moved = {
        .steps = {REQUEST, SAY("HTTP/1.1 302 Found\r\nLocation: http://b.test/\r\n\r\n")}};
    static const struct fake_script ends = {.steps = {REQUEST, SAY("HTTP/1.1 20"), FIN}};
    static const struct fake_script resets = {.steps = {REQUEST, SAY("HTTP/1.1 20"), RESET}};
    static const struct fake_script deaf = {.steps = {DEAF}};
    static const struct fake_script silent = {.steps = {REQUEST}};
    static const struct fake_script slow = {
        .steps = {REQUEST, WAIT(400), SAY("HTTP/1.1 1"), WAIT(400), SAY("00 Continue\r\n\r\n")}};
    static const struct fake_script early = {.steps = {REQUEST, SAY(OPENED "x")}};
    static const struct fake_script not_http = {.steps = {REQUEST, SAY("220 mail\r\n")}};
    static const struct fake_script endless = {
        .steps = {REQUEST, SAY("HTTP/1.1 200 "), FILL(1000000)}};
    static const struct fake_script deafer = {.connect = FAKE_REFUSES};
    (void)state;
    failing(&refuses, MIDGE_ERR_PROXY, MIDGE_PHASE_CONNECT, 403, "");
    failing(&moved, MIDGE_ERR_PROXY, MIDGE_PHASE_CONNECT, 302, "");
    failing(&ends, MIDGE_ERR_PROXY, MIDGE_PHASE_CONNECT, 0, "the proxy closed the connection");
    failing(&resets, MIDGE_ERR_RECV, MIDGE_PHASE_CONNECT, 104, NULL);
    failing(&deaf, MIDGE_ERR_SEND, MIDGE_PHASE_CONNECT, 32, NULL);
    failing(&silent, MIDGE_ERR_TIMEOUT, MIDGE_PHASE_CONNECT, 0, NULL);
    failing(&slow, MIDGE_ERR_TIMEOUT, MIDGE_PHASE_CONNECT, 0, NULL);
    failing(&early, MIDGE_ERR_PROXY, MIDGE_PHASE_CONNECT, 0,
            "the proxy sent bytes before the server could");
    failing(&not_http, MIDGE_ERR_PROXY, MIDGE_PHASE_CONNECT, 0, "the proxy's answer is malformed");
    failing(&endless, MIDGE_ERR_PROXY, MIDGE_PHASE_CONNECT, 0, "the proxy's answer is too long");
    failing(&deafer, MIDGE_ERR_CONNECT, MIDGE_PHASE_CONNECT, 111, NULL);
}

static void texts(void **state)
{
    char text[100];
    (void)state;
    struct midge_result result = {.error = MIDGE_ERR_PROXY,
                                  .native = 403,
                                  .is_request = 1,
                                  .phase = MIDGE_PHASE_CONNECT,
                                  .detail = ""};
    (void)midge_result_text(&result, text, sizeof text);
    assert_string_equal(text, "the proxy did not open a tunnel (connect, status 403)");
    result.native = 0;
    (void)midge_result_text(&result, text, sizeof text);
    assert_string_equal(text, "the proxy did not open a tunnel (connect)");
}

static void cancel(void **state)
{
    static const struct fake_script silent = {.steps = {REQUEST, WAIT(100)}};
    (void)state;
    fake_listen(&w.fake, 3128, &silent);
    ask_through(&p, "https://a.test/", NULL);
    world_turns(&w, 4);
    assert_int_equal(w.fake.socks[0].requests, 1);
    assert_int_equal(midge_cancel(w.client, p.id), MIDGE_OK);
    world_run(&w);
    probe_ended(&p, MIDGE_ERR_CANCELED);
}

/* Others wait while one asks its proxy, and resume its session. */
static void leader(void **state)
{
    static const struct fake_script slow = {
        .steps = {REQUEST, WAIT(250), SAY("HTTP/1.1 200 OK\r\n"), WAIT(250), SAY("\r\n"), SENT(70),
                  SAY("S"), REQUEST, SAY(HELLO), REQUEST, SAY(HELLO), REQUEST, SAY(HELLO)}};
    struct probe more[3];
    (void)state;
    fake_listen(&w.fake, 3128, &slow);
    for (unsigned i = 0; i < 3; i++) {
        ask_through(&more[i], "https://a.test/", NULL);
    }
    world_pass(&w, 400);
    assert_int_equal(w.fake.n_socks, 1);
    world_run(&w);
    for (unsigned i = 0; i < 3; i++) {
        probe_is_hello(&more[i]);
    }
    assert_int_equal(world_stats(&w).handshakes_full, 1);
}

/* --- redirects --- */

static const struct midge_proxy *next_proxy;

static int on_redirect(void *ctx, midge_id id, const struct midge_response *response,
                       struct midge_redirect *to)
{
    (void)ctx, (void)id, (void)response;
    to->proxy = next_proxy;
    return MIDGE_OK;
}

static void redirected(const struct midge_proxy *first, const struct midge_proxy *next)
{
    static const struct fake_script moves = {
        .steps = {REQUEST, SAY("HTTP/1.1 302 Found\r\nLocation: http://b.test/b\r\n"
                               "Content-Length: 0\r\n\r\n")}};
    probe_init(&p, &w, "http://a.test/");
    fake_next(&w.fake, &moves);
    next_proxy = next;
    p.request.proxy = first;
    p.request.no_reuse = 1;
    p.request.max_redirects = 1;
    p.request.on_redirect = on_redirect;
    probe_start(&p);
    world_run(&w);
    probe_is_hello(&p);
}

static void redirects(void **state)
{
    static const struct midge_proxy other = {.host = "192.0.2.1", .port = 99};
    (void)state;
    redirected(&known, NULL);
    assert_int_equal(w.fake.socks[1].port, 3128);
    sent(1, "GET http://b.test/b HTTP/1.1\r\n");
    sent(1, "Proxy-Authorization: Basic dXNlcjpwYXNz\r\n");
    redirected(&none, NULL); /* and not the client's */
    assert_int_equal(w.fake.socks[3].port, 80);
    redirected(&known, &other);
    assert_int_equal(w.fake.socks[5].port, 99);
    assert_false(fake_sent_has(&w.fake, 5, "Proxy-"));
    redirected(&known, &none);
    assert_int_equal(w.fake.socks[7].port, 80);
    sent(7, "GET /b HTTP/1.1\r\nHost: b.test\r\n");
}

/* --- memory --- */

/* Each allocation fails once; nothing is left behind. */
static void allocations(void **state)
{
    (void)state;
    for (unsigned at = 1; at < 40; at++) {
        tls_world_open(&w, &(struct midge_config){.proxy = &known});
        fake_listen(&w.fake, 3128, &tls_tunnel);
        midge__memory_fail_at(&w.client->memory, at, false);
        probe_init(&p, &w, "https://a.test/");
        p.request.dangerously_skip_verification = 1;
        int err = midge_start(w.client, &p.request, NULL);
        if (err == MIDGE_OK) {
            world_run(&w);
            assert_int_equal(p.dones, 1);
            assert_true(p.result.error == MIDGE_OK || p.result.error == MIDGE_ERR_NO_MEMORY);
            free(p.body);
        } else {
            assert_int_equal(err, MIDGE_ERR_NO_MEMORY);
        }
        midge__memory_fail_at(&w.client->memory, 0, false);
        tls_world_close(&w);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(whole_url),
        TEST(credentials),
        TEST(identity),
        TEST(no_proxy),
        TEST(literals),
        TEST(refused_at_start),
        TEST(prepared),
        TEST(http_tunnel),
        TEST(https_tunnel),
        TEST(every_split),
        cmocka_unit_test(failures),
        cmocka_unit_test(texts),
        TEST(cancel),
        TEST(leader),
        TEST(redirects),
        cmocka_unit_test(allocations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
