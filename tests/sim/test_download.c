/* SPDX-License-Identifier: MIT */
/* Downloads that go on after a cut: at every byte, while the file changes, and with servers that
   give other bytes than asked. The file is right or the request fails: never a mix. */
#include "sim_world.h"

#include <midge/download.h>

#define URL  "http://a.test/file"
#define SIZE 40U

static struct sim_world w;
static struct midge_sim_host *host;
static struct sim_get get;
static struct midge_download download;
static struct midge_retry rules;

/* --- the server --- */

static struct {
    unsigned version; /* of the file */
    bool changes;     /* with each request */
    const char *validator;
    uint64_t cuts[3];
    size_t n_cuts;
    enum midge_sim_end end;
    const char *named; /* Content-Range in place of the right one */
    int status;        /* of the second answer; 0: as it should be */
    bool ignores;      /* Range; */
    bool blind;        /* If-Range */
    unsigned requests, ranges;
    char last[1024]; /* head of the last request */
} server;

static char body[SIZE], headers[256];

static void fill(unsigned version)
{
    for (unsigned i = 0; i < SIZE; i++) {
        body[i] = (char)('A' + (i * 7 + version * 13) % 58);
    }
}

static bool range_of(const char *head, unsigned *first)
{
    const char *at = strstr(head, "\r\nRange: bytes=");
    server.ranges += at != NULL;
    return at != NULL && sscanf(at + 15, "%u-", first) == 1;
}

static bool is_same(const char *head)
{
    char line[128];
    (void)snprintf(line, sizeof line, "\r\nIf-Range: \"v%u\"\r\n", server.version);
    return server.blind || strstr(head, line) != NULL;
}

static void set_headers(struct midge_sim_reply *reply, bool part, unsigned first)
{
    int n = 0;
    if (server.validator != NULL) {
        n = snprintf(headers, sizeof headers, server.validator, server.version);
    }
    if (part && server.named == NULL) {
        (void)snprintf(headers + n, sizeof headers - (size_t)n, "Content-Range: bytes %u-%u/%u\r\n",
                       first, SIZE - 1, SIZE);
    } else if (part) {
        (void)snprintf(headers + n, sizeof headers - (size_t)n, "%s", server.named);
    }
    reply->headers = headers;
}

static void serve(void *ctx, const struct midge_sim_request *request, struct midge_sim_reply *reply)
{
    unsigned first = 0;
    (void)ctx;
    (void)snprintf(server.last, sizeof server.last, "%s", request->head);
    server.version += server.changes && server.requests > 0;
    fill(server.version);
    const bool part = range_of(request->head, &first) && !server.ignores && is_same(request->head);
    reply->status = part ? 206 : 200;
    if (part && first >= SIZE) {
        reply->status = 416;
    }
    if (server.status != 0 && server.requests == 1) {
        reply->status = server.status;
    }
    set_headers(reply, part, first);
    reply->body = part && first < SIZE ? body + first : body;
    reply->body_len = part && first < SIZE ? SIZE - first : SIZE;
    if (server.requests < server.n_cuts) {
        reply->end = server.end;
        reply->cut_at = server.cuts[server.requests];
    }
    server.requests++;
}

/* --- one download --- */

static uint32_t fail_alloc; /* this allocation fails; 0: none */

/* Allocations of a client that has no requests yet. */
static uint32_t of_client(void)
{
    struct midge_stats stats;
    midge_client_stats(w.client, &stats);
    return (uint32_t)stats.alloc_calls;
}

static void open_all(void)
{
    sim_world_start(&w, &(struct midge_sim_config){.seed = 1},
                    &(struct midge_config){.retry_budget = 1000, .fail_alloc = fail_alloc});
    host = midge_sim_add_host(w.sim, "a.test");
    midge_sim_add_reply(host, 80, "/file", &(struct midge_sim_reply){.on_request = serve});
    memset(&server, 0, sizeof server);
    server.version = 1;
    server.validator = "ETag: \"v%u\"\r\n";
    server.end = MIDGE_SIM_END_FIN;
    rules = (struct midge_retry){.max = 5, .first_ms = 1, .all_errors = 1};
}

static int open_world(void **state)
{
    (void)state;
    open_all();
    return 0;
}

static int close_world(void **state)
{
    (void)state;
    sim_get_free(&get);
    sim_world_close(&w);
    return 0;
}

static void prepare(void)
{
    sim_get_init(&w, &get, URL);
    midge_download_init(&download, &get.body.sink);
    get.request.sink = &download.sink;
    get.request.hooks = &download.hook;
    get.request.retry = &rules;
}

static void run(void)
{
    sim_get_start(&w, &get);
    sim_world_run(&w);
    assert_int_equal(get.dones, 1);
}

static void go(void)
{
    prepare();
    run();
}

/* The bytes are those of the version that the server has now. */
static bool is_right(void)
{
    fill(server.version);
    return get.result.error == MIDGE_OK && get.body.len == SIZE &&
           memcmp(get.body.data, body, SIZE) == 0;
}

static void ended_right(unsigned requests, unsigned parts)
{
    if (get.result.error != MIDGE_OK) {
        print_error("%s: %s\n", midge_err_name(get.result.error), get.result.detail);
    }
    assert_true(is_right());
    assert_int_equal(server.requests, requests);
    assert_int_equal(download.parts, parts);
}

static void cut(uint64_t at)
{
    server.cuts[server.n_cuts++] = at;
}

#define HEAD_SIZE 75U /* at most, of the first answer: "cut(HEAD_SIZE)" is in the body */

/* --- tests --- */

static void no_cut(void **state)
{
    (void)state;
    go();
    ended_right(1, 0);
    assert_int_equal(server.ranges, 0);
}

static void asks_for_the_rest(void **state)
{
    (void)state;
    cut(HEAD_SIZE);
    go();
    ended_right(2, 1);
    assert_non_null(strstr(server.last, "\r\nIf-Range: \"v1\"\r\n"));
    assert_non_null(strstr(server.last, "\r\nRange: bytes="));
    assert_true(get.result.body_len < SIZE);
}

/* Cut at each byte of the first answer and of the second, in each way. The rest is asked for
   exactly when bytes of the body had come. */
static void each_byte(void **state)
{
    (void)state;
    for (unsigned end = MIDGE_SIM_END_FIN; end <= MIDGE_SIM_END_STALL; end++) {
        unsigned rests = 0;
        for (unsigned at = 1; at < HEAD_SIZE + SIZE; at += 1) {
            (void)close_world(NULL);
            open_all();
            server.end = (enum midge_sim_end)end;
            cut(at);
            cut(at % 7 * 23 + 1);
            go();
            if (!is_right() && server.requests < 6) {
                fail_msg("end %u, cut at %u: %s", end, at, midge_err_name(get.result.error));
            }
            rests += download.parts;
        }
        assert_true(rests > SIZE);
    }
}

/* The same while each request sees another version: all bytes are of the last one. */
static void each_byte_changing(void **state)
{
    (void)state;
    for (unsigned at = 1; at < HEAD_SIZE + SIZE; at++) {
        (void)close_world(NULL);
        open_all();
        server.changes = true;
        cut(at);
        cut(at + 20);
        go();
        if (!is_right()) {
            fail_msg("cut at %u: %s", at, midge_err_name(get.result.error));
        }
        assert_int_equal(download.parts, 0);
    }
}

/* A server that does not look at If-Range sends the rest of another version. */
static void blind(void **state)
{
    (void)state;
    for (unsigned at = 1; at < HEAD_SIZE + SIZE; at++) {
        (void)close_world(NULL);
        open_all();
        server.changes = server.blind = true;
        cut(at);
        go();
        assert_true(is_right());
    }
}

/* Whichever allocation fails: the file is right, or there is an error. */
static void each_allocation(void **state)
{
    unsigned failed = 0, n;
    (void)state;
    for (fail_alloc = of_client() + 1, n = 60; n > 0; n--, fail_alloc++) {
        (void)close_world(NULL);
        open_all();
        cut(HEAD_SIZE);
        server.changes = fail_alloc % 2 > 0;
        prepare();
        if (midge_start(w.client, &get.request, NULL) == MIDGE_OK) {
            sim_world_run(&w);
            assert_int_equal(get.dones, 1);
            failed += get.result.error != MIDGE_OK;
            assert_true(get.result.error != MIDGE_OK || is_right());
        }
    }
    fail_alloc = 0;
    assert_true(failed < 30);
}

static void wrong_ranges(void **state)
{
    static const char *const wrong[] = {
        "",
        "Content-Range: bytes 0-39/40\r\n",
        "Content-Range: bytes */40\r\n",
        "Content-Range: bytes 1-40/40\r\n",
        "Content-Range: nonsense\r\n",
    };
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        (void)close_world(NULL);
        open_all();
        server.named = wrong[i];
        cut(HEAD_SIZE);
        go();
        ended_right(3, 0);
        assert_null(strstr(server.last, "Range: "));
    }
}

/* A part that was not asked for is no file, also if it is the first answer. */
static void unasked_part(void **state)
{
    (void)state;
    midge_sim_add_reply(host, 80, "/unasked",
                        &(struct midge_sim_reply){.status = 206,
                                                  .headers = "Content-Range: bytes 0-1/2\r\n",
                                                  .body = "ab"});
    prepare();
    get.request.url = "http://a.test/unasked";
    run();
    assert_int_equal(get.result.error, MIDGE_ERR_RANGE);
    assert_int_equal(get.body.len, 0);
}

static void no_parts(void **state)
{
    (void)state;
    server.ignores = true;
    cut(HEAD_SIZE);
    go();
    ended_right(2, 0);
    assert_int_equal(server.ranges, 1);
}

/* Without a good validator nothing can be continued. */
static void no_validator(void **state)
{
    static const char *const weak[] = {
        NULL,
        "ETag: W/\"v%u\"\r\n",
        "ETag: v%u\r\n",
        "ETag: \"v\"%u\"\r\n",
        "ETag: W/\"\"\r\nLast-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
        "Date: Sun, 06 Nov 1994 09:49:37 GMT\r\n",
        "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n",
        "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
        "Date: Sun, 06 Nov 1994 08:50:36 GMT\r\n",
        "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\nDate: yesterday\r\n",
        "ETag: \"0123456789012345678901234567890123456789012345678901234567890123456789\"\r\n",
    };
    (void)state;
    for (size_t i = 0; i < sizeof weak / sizeof weak[0]; i++) {
        (void)close_world(NULL);
        open_all();
        server.validator = weak[i];
        cut(HEAD_SIZE + 150);
        cut(HEAD_SIZE);
        go();
        assert_true(is_right());
        assert_int_equal(server.ranges, 0);
    }
}

static void by_date(void **state)
{
    (void)state;
    server.validator = "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
                       "Date: Sun, 06 Nov 1994 08:50:37 GMT\r\n";
    server.blind = true;
    cut(160);
    go();
    ended_right(2, 1);
    assert_non_null(strstr(server.last, "\r\nIf-Range: Sun, 06 Nov 1994 08:49:37 GMT\r\n"));
}

/* An error between is repeated as ever, and its body gets nowhere. */
static void error_between(void **state)
{
    (void)state;
    server.status = 503;
    cut(HEAD_SIZE);
    go();
    ended_right(3, 1);
}

/* A final error takes the place of the bytes. */
static void error_at_last(void **state)
{
    (void)state;
    server.status = 404;
    rules.all_errors = 0;
    cut(HEAD_SIZE);
    go();
    assert_int_equal(get.result.error, MIDGE_OK);
    assert_int_equal(get.result.status, 404);
    assert_int_equal(download.parts, 0);
    assert_int_equal(get.body.len, download.len);
    assert_string_equal(download.validator, "");
}

static void no_such_bytes(void **state)
{
    (void)state;
    server.status = 416;
    cut(HEAD_SIZE);
    go();
    ended_right(3, 0);
}

/* What an earlier run has left is continued, if it is of this version. */
static void earlier_run(void **state)
{
    (void)state;
    prepare();
    fill(1);
    assert_int_equal(get.body.sink.write(&get.body.sink, (const uint8_t *)body, 10), MIDGE_OK);
    download.len = 10;
    (void)snprintf(download.validator, sizeof download.validator, "\"v1\"");
    run();
    ended_right(1, 1);
}

static void earlier_version(void **state)
{
    (void)state;
    prepare();
    fill(9);
    assert_int_equal(get.body.sink.write(&get.body.sink, (const uint8_t *)body, 10), MIDGE_OK);
    download.len = 10;
    (void)snprintf(download.validator, sizeof download.validator, "\"v9\"");
    run();
    ended_right(1, 0);
}

/* --- sinks that cannot begin again --- */

static int take(struct midge_sink *sink, const uint8_t *data, size_t len)
{
    (void)sink;
    return get.body.sink.write(&get.body.sink, data, len);
}

static int end(struct midge_sink *sink, int err, enum midge_complete complete)
{
    (void)sink;
    return get.body.sink.finish(&get.body.sink, err, complete);
}

static void without_reset(bool changes, int error)
{
    struct midge_sink forward = {.write = take, .finish = end};
    prepare();
    download.next = &forward;
    server.changes = changes;
    cut(HEAD_SIZE);
    run();
    assert_int_equal(get.result.error, error);
}

static void only_forward(void **state)
{
    (void)state;
    without_reset(false, MIDGE_OK);
    ended_right(2, 1);
}

static void only_forward_changed(void **state)
{
    (void)state;
    without_reset(true, MIDGE_ERR_RANGE);
}

/* --- redirects --- */

static void redirected(void **state)
{
    (void)state;
    midge_sim_add_reply(host, 80, "/here",
                        &(struct midge_sim_reply){
                            .status = 302, .headers = "Location: /file\r\n", .body = "there"});
    prepare();
    get.request.url = "http://a.test/here";
    get.request.max_redirects = 3;
    cut(HEAD_SIZE);
    run();
    ended_right(2, 1);
}

/* The repeat is redirected to another file with the same tag: nothing of the first one is kept,
   and that file is not asked for a rest. */
static void redirected_elsewhere(void **state)
{
    (void)state;
    midge_sim_add_reply(host, 80, "/first",
                        &(struct midge_sim_reply){.headers = "ETag: \"v1\"\r\n",
                                                  .body = "the beginning of another file",
                                                  .end = MIDGE_SIM_END_FIN,
                                                  .cut_at = HEAD_SIZE,
                                                  .times = 1});
    midge_sim_add_reply(host, 80, "/first",
                        &(struct midge_sim_reply){
                            .status = 302, .headers = "Location: /file\r\n", .body = "there"});
    prepare();
    get.request.url = "http://a.test/first";
    get.request.max_redirects = 3;
    run();
    ended_right(1, 0);
    assert_int_equal(get.result.retries, 1);
    assert_int_equal(server.ranges, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(no_cut),        TEST(asks_for_the_rest),
        TEST(each_byte),     TEST(each_byte_changing),
        TEST(blind),         TEST(each_allocation),
        TEST(wrong_ranges),  TEST(unasked_part),
        TEST(no_parts),      TEST(no_validator),
        TEST(by_date),       TEST(error_between),
        TEST(error_at_last), TEST(no_such_bytes),
        TEST(earlier_run),   TEST(earlier_version),
        TEST(only_forward),  TEST(only_forward_changed),
        TEST(redirected),    TEST(redirected_elsewhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
