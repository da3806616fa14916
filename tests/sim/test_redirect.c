/* SPDX-License-Identifier: MIT */
/* Redirects, seen by a client: which requests the servers get, and how each request ends. */
#include "sim_world.h"

#define A "http://a.test"
#define B "http://b.test"

static struct sim_world w;
static struct midge_sim_host *a, *b;
static struct sim_get get;
static char heads[8][1024]; /* of the requests, in order */
static unsigned n_heads, n_redirects;
static uint64_t body_bytes;

/* --- the world --- */

static void note(void *ctx, const struct midge_sim_request *request, struct midge_sim_reply *reply)
{
    (void)ctx;
    (void)reply;
    assert_true(n_heads < 8);
    (void)snprintf(heads[n_heads++], sizeof heads[0], "%s %s\r\n%s", request->method,
                   request->target, request->head);
    body_bytes += request->body_bytes;
}

static void add(struct midge_sim_host *host, const char *path, const struct midge_sim_reply *with)
{
    struct midge_sim_reply reply = *with;
    reply.on_request = note;
    midge_sim_add_reply(host, 80, path, &reply);
}

/* headers: "Location: ...\r\n" */
static void lead(struct midge_sim_host *host, const char *path, int status, const char *headers)
{
    add(host, path,
        &(struct midge_sim_reply){.status = status, .headers = headers, .body = "moved"});
}

static int open_world(void **state)
{
    (void)state;
    n_heads = n_redirects = 0;
    body_bytes = 0;
    sim_world_open(&w, 1);
    a = midge_sim_add_host(w.sim, "a.test");
    b = midge_sim_add_host(w.sim, "b.test");
    add(a, "/end", &(struct midge_sim_reply){.body = "end of a"});
    add(b, "/end", &(struct midge_sim_reply){.body = "end of b"});
    return 0;
}

static int close_world(void **state)
{
    (void)state;
    sim_world_close(&w);
    return 0;
}

static int responses;

static int on_response(void *ctx, midge_id id, const struct midge_response *response)
{
    (void)ctx, (void)id;
    responses = responses * 1000 + response->status;
    return MIDGE_OK;
}

static int on_redirect(void *ctx, midge_id id, const struct midge_response *response,
                       struct midge_redirect *to)
{
    (void)ctx, (void)id;
    assert_non_null(to->url);
    assert_non_null(to->method);
    assert_true(response->status >= 301 && response->status <= 308);
    n_redirects++;
    return MIDGE_OK;
}

static void prepare(const char *url)
{
    sim_get_init(&w, &get, url);
    get.request.max_redirects = 3;
    get.request.on_response = on_response;
    get.request.on_redirect = on_redirect;
    responses = 0;
}

static void go(int error, int status, const char *text)
{
    sim_get_start(&w, &get);
    sim_world_run(&w);
    sim_get_ended(&get, error, status, text);
}

static void begins(unsigned n, const char *text)
{
    assert_true(n < n_heads);
    if (strncmp(heads[n], text, strlen(text)) != 0) {
        fail_msg("request %u is not %s but\n%s", n, text, heads[n]);
    }
}

static bool has(unsigned n, const char *text)
{
    return strstr(heads[n], text) != NULL;
}

/* --- good ways --- */

static void one(void **state)
{
    (void)state;
    lead(a, "/", 302, "Location: /end\r\n");
    prepare(A "/");
    go(MIDGE_OK, 200, "end of a");
    assert_int_equal(get.result.redirects, 1);
    assert_int_equal(n_redirects, 1);
    assert_int_equal(responses, 200);
    assert_int_equal(get.result.body_len, 8);
    assert_int_equal(get.result.reused, 1);
    assert_int_equal(get.result.connects, 1);
    assert_int_equal(midge_sim_count(a, 80, NULL).connections, 1);
}

static void off_by_default(void **state)
{
    (void)state;
    lead(a, "/", 302, "Location: /end\r\n");
    prepare(A "/");
    get.request.max_redirects = 0;
    go(MIDGE_OK, 302, "moved");
    assert_int_equal(n_redirects, 0);
    assert_int_equal(n_heads, 1);
}

static void final_answers(void **state)
{
    (void)state;
    lead(a, "/300", 300, "Location: /end\r\n");
    lead(a, "/302", 302, "");
    lead(a, "/307", 307, "Location:\r\n");
    lead(a, "/200", 200, "Location: /end\r\n");
    prepare(A "/300");
    go(MIDGE_OK, 300, "moved");
    prepare(A "/302");
    go(MIDGE_OK, 302, "moved");
    prepare(A "/307");
    go(MIDGE_OK, 307, "moved");
    prepare(A "/200");
    go(MIDGE_OK, 200, "moved");
    assert_int_equal(n_heads, 4);
}

/* The effective URL lives until the client is called again. */
static void url_of_result(void **state)
{
    midge_id id;
    struct midge_result result;
    (void)state;
    lead(a, "/", 301, "Location: " B "/x\r\n");
    lead(b, "/x", 308, "Location: end\r\n");
    prepare(A "/#top");
    get.request.on_done = NULL;
    assert_int_equal(midge_start(w.client, &get.request, &id), MIDGE_OK);
    assert_int_equal(midge_wait(w.client, id, &result), MIDGE_OK);
    assert_string_equal(result.url, B "/end#top");
    assert_int_equal(result.redirects, 2);
    assert_int_equal(result.connects, 2);
    sim_get_free(&get);
}

static void other_methods(void **state)
{
    static const struct midge_header headers[] = {
        {"X-Own", "1"}, {"Content-Type", "text/x"}, {"Content-Length", "4"}};
    (void)state;
    lead(a, "/302", 302, "Location: /307\r\n");
    lead(a, "/307", 307, "Location: /end\r\n");
    prepare(A "/302");
    get.request.body = "body";
    get.request.body_len = 4;
    get.request.headers = headers;
    get.request.n_headers = 3;
    go(MIDGE_OK, 200, "end of a");
    begins(0, "POST /302\r\n");
    assert_true(has(0, "Content-Length: 4\r\n"));
    begins(1, "GET /307\r\n");
    begins(2, "GET /end\r\n");
    for (unsigned n = 1; n < 3; n++) {
        assert_true(has(n, "X-Own: 1\r\n"));
        assert_false(has(n, "Content-"));
    }
    assert_int_equal(body_bytes, 4);
}

static void heads_stay_heads(void **state)
{
    (void)state;
    lead(a, "/", 303, "Location: /end\r\n");
    prepare(A "/");
    get.request.method = "HEAD";
    go(MIDGE_OK, 200, "");
    begins(1, "HEAD /end\r\n");
}

static void same_body(void **state)
{
    (void)state;
    lead(a, "/", 307, "Location: " B "/end\r\n");
    prepare(A "/");
    get.request.body = "body";
    get.request.body_len = 4;
    get.request.content_type = "text/x";
    go(MIDGE_OK, 200, "end of b");
    begins(1, "POST /end\r\n");
    assert_true(has(1, "Content-Type: text/x\r\n"));
    assert_int_equal(body_bytes, 8);
}

/* --- sources --- */

static unsigned finished;

static void count_finish(struct midge_source *source)
{
    (void)source;
    finished++;
}

static void send_source(struct midge_buffer_source *source, int status)
{
    static const char *const leads[] = {"Location: /end\r\n"};
    finished = 0;
    midge_buffer_source_init(source, "twelve bytes", 12);
    source->source.finish = count_finish;
    lead(a, "/", status, leads[0]);
    prepare(A "/");
    get.request.source = &source->source;
}

static void source_again(void **state)
{
    struct midge_buffer_source source;
    (void)state;
    send_source(&source, 308);
    go(MIDGE_OK, 200, "end of a");
    assert_int_equal(body_bytes, 24);
    assert_int_equal(finished, 1);
}

static void source_dropped(void **state)
{
    struct midge_buffer_source source;
    (void)state;
    send_source(&source, 303);
    source.source.rewind = NULL;
    go(MIDGE_OK, 200, "end of a");
    begins(1, "GET /end\r\n");
    assert_int_equal(body_bytes, 12);
    assert_int_equal(finished, 1);
}

static void source_without_rewind(void **state)
{
    struct midge_buffer_source source;
    (void)state;
    send_source(&source, 307);
    source.source.rewind = NULL;
    go(MIDGE_ERR_REWIND, 307, "");
    assert_int_equal(n_heads, 1);
    assert_int_equal(finished, 1);
}

static midge_id canceled;

static int cancel_in_rewind(struct midge_source *source)
{
    (void)source;
    return midge_cancel(w.client, canceled);
}

static void source_that_cancels(void **state)
{
    struct midge_buffer_source source;
    (void)state;
    send_source(&source, 307);
    source.source.rewind = cancel_in_rewind;
    assert_int_equal(midge_start(w.client, &get.request, &canceled), MIDGE_OK);
    sim_world_run(&w);
    sim_get_ended(&get, MIDGE_ERR_CANCELED, 307, "");
    assert_int_equal(finished, 1);
}

/* --- credentials --- */

static const struct midge_header secrets[] = {{"Authorization", "Basic c2VjcmV0"},
                                              {"cookie", "secret=1"},
                                              {"Proxy-Authorization", "Basic c2VjcmV0"},
                                              {"Host", "secret.test"},
                                              {"X-Other", "kept"}};

static bool has_secret(unsigned n)
{
    return has(n, "c2VjcmV0") || has(n, "secret");
}

static void ask_with_secrets(const char *location)
{
    lead(a, "/", 302, location);
    prepare(A "/");
    get.request.headers = secrets;
    get.request.n_headers = 5;
}

static void same_origin_keeps(void **state)
{
    (void)state;
    ask_with_secrets("Location: http://A.test:80/end\r\n");
    go(MIDGE_OK, 200, "end of a");
    assert_true(has(1, "Basic c2VjcmV0") && has(1, "secret=1") && has(1, "Host: secret.test"));
}

static void other_host_drops(void **state)
{
    (void)state;
    ask_with_secrets("Location: " B "/back\r\n");
    lead(b, "/back", 302, "Location: " A "/end\r\n");
    go(MIDGE_OK, 200, "end of a");
    assert_false(has_secret(1));
    assert_true(has(1, "Host: b.test\r\n") && has(1, "X-Other: kept"));
    assert_false(has_secret(2)); /* not even there, where they came from */
    assert_true(has(2, "Host: a.test\r\n"));
}

static void other_port_drops(void **state)
{
    (void)state;
    midge_sim_add_reply(a, 81, "/end", &(struct midge_sim_reply){.body = "81", .on_request = note});
    ask_with_secrets("Location: http://a.test:81/end\r\n");
    go(MIDGE_OK, 200, "81");
    assert_false(has_secret(1));
    assert_true(has(1, "Host: a.test:81\r\n"));
}

static void bearer_drops(void **state)
{
    (void)state;
    lead(a, "/", 302, "Location: " B "/end\r\n");
    prepare(A "/");
    get.request.bearer = "secret";
    go(MIDGE_OK, 200, "end of b");
    assert_true(has(0, "Bearer secret"));
    assert_false(has_secret(1));
}

static void trusted(void **state)
{
    (void)state;
    ask_with_secrets("Location: " B "/end\r\n");
    get.request.redirect_rules = MIDGE_REDIRECT_CREDENTIALS;
    go(MIDGE_OK, 200, "end of b");
    assert_true(has(1, "Basic c2VjcmV0") && has(1, "secret=1"));
    assert_true(has(1, "Host: b.test\r\n"));
}

/* Those of the client do not go to other origins either. */
static void client_credentials(void **state)
{
    const struct midge_config config = {.headers = secrets, .n_headers = 5};
    (void)state;
    sim_world_close(&w);
    sim_world_start(&w, &(struct midge_sim_config){.seed = 1}, &config);
    a = midge_sim_add_host(w.sim, "a.test");
    b = midge_sim_add_host(w.sim, "b.test");
    add(b, "/end", &(struct midge_sim_reply){.body = "end of b"});
    lead(a, "/", 302, "Location: " B "/end\r\n");
    prepare(A "/");
    go(MIDGE_OK, 200, "end of b");
    assert_true(has_secret(0));
    assert_false(has_secret(1));
    assert_true(has(1, "X-Other: kept"));
}

/* --- bad ways --- */

static void loop(void **state)
{
    (void)state;
    lead(a, "/", 302, "Location: /\r\n");
    prepare(A "/");
    go(MIDGE_ERR_REDIRECTS, 302, "");
    assert_int_equal(n_heads, 4);
    assert_int_equal(get.result.redirects, 3);
    assert_int_equal(responses, 302);
}

static void most(void **state)
{
    (void)state;
    n_heads = 0;
    midge_sim_add_reply(
        a, 80, "/",
        &(struct midge_sim_reply){.status = 302, .headers = "Location: /\r\n", .times = 255});
    midge_sim_add_reply(a, 80, "/", &(struct midge_sim_reply){.body = "at last"});
    prepare(A "/");
    get.request.max_redirects = 255;
    go(MIDGE_OK, 200, "at last");
    assert_int_equal(get.result.redirects, 255);
}

/* Spaces and a '%' of its own, which servers send. */
static void mended_locations(void **state)
{
    (void)state;
    lead(a, "/", 302, "Location: a b?100%\r\n");
    add(a, "/a%20b?100%25", &(struct midge_sim_reply){.body = "mended"});
    prepare(A "/");
    go(MIDGE_OK, 200, "mended");
    begins(1, "GET /a%20b?100%25\r\n");
}

static void bad_locations(void **state)
{
    (void)state;
    lead(a, "/host", 302, "Location: http://a b/\r\n");
    lead(a, "/ftp", 302, "Location: ftp://a.test/\r\n");
    lead(a, "/user", 302, "Location: http://me@b.test/\r\n");
    lead(a, "/none", 302, "Location: http://none.test/\r\n");
    prepare(A "/host");
    go(MIDGE_ERR_URL, 302, "");
    assert_string_equal(get.result.detail, "redirect to a malformed URL");
    prepare(A "/ftp");
    go(MIDGE_ERR_SCHEME, 302, "");
    assert_string_equal(get.result.detail, "redirect to a scheme that is not allowed");
    prepare(A "/user");
    go(MIDGE_ERR_URL, 302, "");
    prepare(A "/none");
    go(MIDGE_ERR_RESOLVE, 0, "");
    assert_int_equal(get.result.redirects, 1);
}

static void downgrade(void **state)
{
    (void)state;
    midge_sim_add_reply(
        a, 443, "/",
        &(struct midge_sim_reply){.status = 301, .headers = "Location: " A "/end\r\n"});
    if (midge_sim_use_tls(a, 443, NULL) != MIDGE_OK) {
        return;
    }
    lead(a, "/up", 301, "Location: https://a.test/up\r\n");
    midge_sim_add_reply(a, 443, "/up", &(struct midge_sim_reply){.body = "in TLS"});
    prepare("https://a.test/");
    go(MIDGE_ERR_SCHEME, 301, "");
    prepare("https://a.test/");
    get.request.redirect_rules = MIDGE_REDIRECT_DOWNGRADE;
    go(MIDGE_OK, 200, "end of a");
    assert_int_equal(get.result.tls_version, 0);
    assert_string_equal(get.result.cipher, "");
    prepare(A "/up");
    go(MIDGE_OK, 200, "in TLS");
    assert_int_equal(get.result.tls_version, 13);
    prepare(A "/up");
    get.request.redirect_rules = MIDGE_REDIRECT_NO_HTTP;
    go(MIDGE_OK, 200, "in TLS");
}

/* --- the body of the redirect's answer --- */

static void answer_with(const struct midge_sim_reply *with, unsigned connections)
{
    struct midge_sim_reply reply = *with;
    reply.status = 302;
    reply.headers = "Location: /end\r\nTrailer: X\r\n";
    add(a, "/", &reply);
    prepare(A "/");
    get.request.max_body = 100; /* of the final answer only */
    go(MIDGE_OK, 200, "end of a");
    assert_int_equal(midge_sim_count(a, 80, NULL).connections, connections);
}

static void short_body(void **state)
{
    (void)state;
    answer_with(&(struct midge_sim_reply){.fill = MIDGE_REDIRECT_BODY}, 1);
}

static void long_body(void **state)
{
    (void)state;
    answer_with(&(struct midge_sim_reply){.fill = MIDGE_REDIRECT_BODY + 1}, 2);
}

static void long_chunks(void **state)
{
    (void)state;
    answer_with(&(struct midge_sim_reply){.fill = 1 << 20, .chunk = 1000}, 2);
}

static void until_close(void **state)
{
    (void)state;
    answer_with(&(struct midge_sim_reply){.fill = 100, .until_close = 1}, 2);
}

static void closing(void **state)
{
    (void)state;
    answer_with(&(struct midge_sim_reply){.fill = 100, .close = 1}, 2);
}

static void cut_body(void **state)
{
    (void)state;
    answer_with(&(struct midge_sim_reply){.fill = 1000, .end = MIDGE_SIM_END_RESET, .cut_at = 500},
                2);
}

/* --- ends from outside --- */

static int cancel(void *ctx, midge_id id, const struct midge_response *response,
                  struct midge_redirect *to)
{
    (void)ctx, (void)response, (void)to;
    return midge_cancel(w.client, id);
}

static int refuse(void *ctx, midge_id id, const struct midge_response *response,
                  struct midge_redirect *to)
{
    (void)ctx, (void)id, (void)response, (void)to;
    return -1234;
}

static int close_client(void *ctx, midge_id id, const struct midge_response *response,
                        struct midge_redirect *to)
{
    (void)ctx, (void)id, (void)response, (void)to;
    midge_close(w.client);
    return MIDGE_OK;
}

static void callback(void **state)
{
    (void)state;
    lead(a, "/", 302, "Location: /end\r\n");
    prepare(A "/");
    get.request.on_redirect = cancel;
    go(MIDGE_ERR_CANCELED, 302, "");
    prepare(A "/");
    get.request.on_redirect = refuse;
    go(-1234, 302, "");
    prepare(A "/");
    get.request.sink = NULL;
    get.request.on_redirect = close_client;
    sim_get_start(&w, &get);
    while (midge_poll(w.client, -1) > 0) {
    }
    w.client = NULL;
    sim_get_ended(&get, MIDGE_ERR_CLOSED, 302, NULL);
}

static int elsewhere(void *ctx, midge_id id, const struct midge_response *response,
                     struct midge_redirect *to)
{
    (void)ctx, (void)id, (void)response;
    to->connect_host = "b.test";
    return MIDGE_OK;
}

static void other_connection(void **state)
{
    (void)state;
    lead(a, "/", 302, "Location: /end\r\n");
    prepare(A "/");
    get.request.on_redirect = elsewhere;
    go(MIDGE_OK, 200, "end of b");
    assert_true(has(1, "Host: a.test\r\n"));
}

/* connect_host of the request holds for its own origin only. */
static void connect_host(void **state)
{
    (void)state;
    lead(b, "/", 302, "Location: /next\r\n");
    lead(b, "/next", 302, "Location: " A "/end\r\n");
    prepare("http://c.test/");
    get.request.connect_host = "b.test";
    go(MIDGE_OK, 200, "end of a");
    assert_true(has(1, "Host: c.test\r\n"));
}

/* Limits of the whole count for all hops together. */
static void deadlines(void **state)
{
    (void)state;
    add(a, "/",
        &(struct midge_sim_reply){.status = 302, .headers = "Location: /\r\n", .delay_ms = 400});
    for (int attempt = 0; attempt < 2; attempt++) {
        prepare(A "/");
        n_heads = 0;
        uint64_t began = midge_sim_now_ms(w.sim);
        *(attempt ? &get.request.timeouts.attempt_ms : &get.request.timeouts.total_ms) = 1000;
        go(MIDGE_ERR_TIMEOUT, 0, "");
        assert_in_range(midge_sim_now_ms(w.sim) - began, 1000, 1001);
        assert_int_equal(get.result.redirects, 2);
    }
}

/* Started twice, the second time after hops. */
static void prepared(void **state)
{
    struct midge_prepared *p;
    (void)state;
    lead(a, "/", 303, "Location: " B "/end\r\n");
    prepare(A "/");
    get.request.body = "body";
    get.request.body_len = 4;
    assert_int_equal(midge_prepare(w.client, &get.request, &p), MIDGE_OK);
    for (int i = 0; i < 2; i++) {
        get.dones = 0;
        assert_int_equal(midge_start_prepared(w.client, p, "again", 5, NULL), MIDGE_OK);
        sim_world_run(&w);
        sim_get_ended(&get, MIDGE_OK, 200, "end of b");
        assert_int_equal(get.result.redirects, 1);
    }
    midge_prepared_free(w.client, p);
    begins(0, "POST /\r\n");
    begins(1, "GET /end\r\n");
    begins(2, "POST /\r\n");
    assert_int_equal(body_bytes, 10);
}

/* A copied request needs nothing of the caller's struct any more. */
static void copied(void **state)
{
    char url[] = A "/", value[] = "kept";
    struct midge_header header = {"X-Own", value};
    (void)state;
    lead(a, "/", 302, "Location: " B "/x\r\n");
    lead(b, "/x", 302, "Location: /end\r\n");
    prepare(url);
    get.request.headers = &header;
    get.request.n_headers = 1;
    sim_get_start(&w, &get);
    memset(url, 'x', sizeof url - 1);
    memset(value, 'x', sizeof value - 1);
    header = (struct midge_header){NULL, NULL};
    sim_world_run(&w);
    sim_get_ended(&get, MIDGE_OK, 200, "end of b");
    assert_true(has(2, "X-Own: kept\r\n"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)
    const struct CMUnitTest tests[] = {
        TEST(one),
        TEST(off_by_default),
        TEST(final_answers),
        TEST(url_of_result),
        TEST(other_methods),
        TEST(heads_stay_heads),
        TEST(same_body),
        TEST(source_again),
        TEST(source_dropped),
        TEST(source_without_rewind),
        TEST(source_that_cancels),
        TEST(same_origin_keeps),
        TEST(other_host_drops),
        TEST(other_port_drops),
        TEST(bearer_drops),
        TEST(trusted),
        TEST(client_credentials),
        TEST(loop),
        TEST(most),
        TEST(mended_locations),
        TEST(bad_locations),
        TEST(downgrade),
        TEST(short_body),
        TEST(long_body),
        TEST(long_chunks),
        TEST(until_close),
        TEST(closing),
        TEST(cut_body),
        TEST(callback),
        TEST(other_connection),
        TEST(connect_host),
        TEST(deadlines),
        TEST(prepared),
        TEST(copied),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
