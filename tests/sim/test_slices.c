/* SPDX-License-Identifier: MIT */
/* Files in slices: of each size, cut at every byte, while the file changes, with servers that err,
   and with callbacks that end them. The sink gets the file or an error, and its finish once. */
#include "sim_world.h"

#include <midge/slices.h>

#define SIZE 40U

static struct sim_world w;
static struct midge_sim_host *host;
static struct midge_slices slices;
static struct midge_request get;
static struct midge_retry rules;
static struct midge_result result;
static unsigned dones;

/* --- the server --- */

static struct {
    unsigned version, size, requests, most;
    unsigned changes; /* after that many requests; 0: never */
    bool always;      /* it changes after each */
    const char *validator;
    unsigned wrong; /* this request gets another part */
    bool ignores;
    int status; /* of the request `wrong`; 0: as it should be */
    unsigned cut;
    uint64_t cut_at;
} server;

static char file[SIZE + 1], headers[256];

static void fill(unsigned version)
{
    for (unsigned i = 0; i < SIZE; i++) {
        file[i] = (char)('A' + (i * 7 + version * 13) % 58);
    }
}

static void part(struct midge_sim_reply *reply, unsigned first, unsigned last, size_t n)
{
    if (first >= server.size) {
        reply->status = 416;
        reply->body = "none";
        (void)snprintf(headers + n, sizeof headers - n, "Content-Range: bytes */%u\r\n",
                       server.size);
        return;
    }
    last = last < server.size ? last : server.size - 1;
    first += server.requests == server.wrong && server.status == 0;
    reply->status = 206;
    reply->body = file + first;
    reply->body_len = last - first + 1;
    (void)snprintf(headers + n, sizeof headers - n, "Content-Range: bytes %u-%u/%u\r\n", first,
                   last, server.size);
    server.most = reply->body_len > server.most ? (unsigned)reply->body_len : server.most;
}

static void serve(void *ctx, const struct midge_sim_request *request, struct midge_sim_reply *reply)
{
    unsigned first = 0, last = 0;
    int n = 0;
    (void)ctx;
    server.requests++;
    server.version +=
        server.changes > 0 && (server.always || server.requests == server.changes + 1);
    fill(server.version);
    headers[0] = '\0';
    if (server.validator != NULL) {
        n = snprintf(headers, sizeof headers, server.validator, server.version);
    }
    reply->headers = headers;
    reply->body = server.size > 0 ? file : "";
    reply->body_len = server.size;
    const char *at = strstr(request->head, "\r\nRange: bytes=");
    if (at != NULL && !server.ignores) {
        assert_int_equal(sscanf(at + 15, "%u-%u", &first, &last), 2);
        part(reply, first, last, (size_t)n);
    }
    if (server.status != 0 && server.requests == server.wrong) {
        reply->status = server.status;
    }
    if (server.requests == server.cut) {
        reply->end = MIDGE_SIM_END_FIN;
        reply->cut_at = server.cut_at;
    }
}

/* --- the sink --- */

static struct {
    struct midge_sink sink;
    char data[SIZE * 2];
    size_t len;
    unsigned writes, finishes, resets;
    int error;
    enum midge_complete complete;
    unsigned ends_at; /* this write ends the slices */
    bool closes;
} sink;

static midge_id slices_id;

static int sink_write(struct midge_sink *base, const uint8_t *data, size_t len)
{
    (void)base;
    assert_int_equal(sink.finishes, 0);
    assert_true(len <= sizeof sink.data - sink.len);
    memcpy(sink.data + sink.len, data, len);
    sink.len += len;
    if (++sink.writes == sink.ends_at) {
        if (sink.closes) {
            midge_close(w.client);
            w.client = NULL;
        } else {
            assert_int_equal(midge_cancel(w.client, slices_id), MIDGE_OK);
        }
    }
    return MIDGE_OK;
}

static int sink_finish(struct midge_sink *base, int err, enum midge_complete complete)
{
    (void)base;
    sink.finishes++;
    sink.error = err;
    sink.complete = complete;
    return MIDGE_OK;
}

static int sink_reset(struct midge_sink *base)
{
    (void)base;
    sink.resets++;
    sink.len = 0;
    return MIDGE_OK;
}

/* --- one file --- */

static uint32_t fail_alloc; /* this allocation fails; 0: none */

/* Allocations of a client that has no requests yet. */
static uint32_t of_client(void)
{
    struct midge_stats stats;
    midge_client_stats(w.client, &stats);
    return (uint32_t)stats.alloc_calls;
}

static int open_world(void **state)
{
    (void)state;
    sim_world_start(&w, &(struct midge_sim_config){.seed = 1},
                    &(struct midge_config){.retry_budget = 1000, .fail_alloc = fail_alloc});
    host = midge_sim_add_host(w.sim, "a.test");
    midge_sim_add_reply(host, 80, "/file", &(struct midge_sim_reply){.on_request = serve});
    memset(&server, 0, sizeof server);
    server.validator = "ETag: \"v%u\"\r\n";
    server.size = SIZE;
    memset(&sink, 0, sizeof sink);
    sink.sink =
        (struct midge_sink){.write = sink_write, .finish = sink_finish, .reset = sink_reset};
    rules = (struct midge_retry){.max = 3, .first_ms = 1, .all_errors = 1};
    get = (struct midge_request){.url = "http://a.test/file", .sink = &sink.sink, .retry = &rules};
    slices = (struct midge_slices){.request = &get, .slice = 10};
    dones = 0;
    return 0;
}

static int close_world(void **state)
{
    (void)state;
    sim_world_close(&w);
    return 0;
}

static void again(void)
{
    (void)close_world(NULL);
    (void)open_world(NULL);
}

static void on_end(void *ctx, midge_id id, const struct midge_result *ended)
{
    (void)ctx, (void)id;
    result = *ended;
    dones++;
}

static void start(void)
{
    assert_int_equal(midge_slices_start(w.client, &slices, &slices_id), MIDGE_OK);
    assert_int_equal(midge_watch(w.client, slices_id, on_end, NULL), MIDGE_OK);
}

static void run(void)
{
    start();
    sim_world_run(&w);
    assert_int_equal(dones, 1);
    assert_int_equal(sink.finishes, 1);
    assert_int_equal(sink.error, result.error);
    (void)midge_take(w.client, slices_id, NULL);
}

static void is_right(void)
{
    fill(server.version);
    assert_int_equal(result.error, MIDGE_OK);
    assert_int_equal(sink.complete, MIDGE_COMPLETE_YES);
    assert_int_equal(sink.len, server.size);
    assert_int_equal(result.body_len, server.size);
    assert_memory_equal(sink.data, file, server.size);
}

/* --- tests --- */

static void each_size(void **state)
{
    (void)state;
    for (unsigned size = 1; size <= SIZE + 2; size++) {
        again();
        slices.slice = size;
        run();
        is_right();
        assert_int_equal(server.requests, (SIZE + size - 1) / size);
        assert_int_equal(slices.requests, server.requests);
        assert_true(server.most <= size);
        assert_int_equal(midge_sim_count(host, 80, NULL).connections, 1);
    }
}

/* A cut anywhere in any slice: only what is missing of the file is asked again. */
static void each_cut(void **state)
{
    (void)state;
    for (unsigned number = 1; number <= 4; number++) {
        for (unsigned at = 1; at < 120; at++) {
            again();
            server.cut = number;
            server.cut_at = at;
            run();
            is_right();
            assert_int_equal(sink.resets, 0);
            assert_true(server.most <= 10);
        }
    }
}

/* Whichever allocation fails: the file is right, or there is an error, told once. */
static void each_allocation(void **state)
{
    unsigned n;
    (void)state;
    for (fail_alloc = of_client() + 1, n = 100; n > 0; n--, fail_alloc++) {
        again();
        server.changes = fail_alloc % 3;
        if (midge_slices_start(w.client, &slices, &slices_id) != MIDGE_OK) {
            assert_int_equal(sink.finishes, 0);
            continue;
        }
        assert_int_equal(midge_watch(w.client, slices_id, on_end, NULL), MIDGE_OK);
        sim_world_run(&w);
        assert_int_equal(dones, 1);
        assert_int_equal(sink.finishes, 1);
        /* a result that could not be kept is NO_MEMORY: midge_future_complete */
        assert_true(sink.error == result.error ||
                    (sink.error == MIDGE_OK && result.error == MIDGE_ERR_NO_MEMORY));
        if (result.error == MIDGE_OK) {
            is_right();
        }
        (void)midge_take(w.client, slices_id, NULL);
    }
    fail_alloc = 0;
}

static void changes_once(void **state)
{
    (void)state;
    for (unsigned number = 1; number < 4; number++) {
        again();
        server.changes = number;
        run();
        is_right();
        assert_int_equal(server.requests, number + 1 + 4);
        assert_int_equal(sink.resets, 1);
        assert_true(server.most <= 10);
    }
}

static void changes_always(void **state)
{
    (void)state;
    server.changes = 1;
    server.always = true;
    run();
    assert_int_equal(result.error, MIDGE_ERR_RANGE);
    assert_true(server.requests < 40);
}

static void cannot_begin_again(void **state)
{
    (void)state;
    sink.sink.reset = NULL;
    server.changes = 2;
    run();
    assert_int_equal(result.error, MIDGE_ERR_RANGE);
    assert_int_equal(server.requests, 3);
}

static void without_validator(void **state)
{
    (void)state;
    server.validator = "ETag: W/\"v%u\"\r\n";
    run();
    assert_int_equal(result.error, MIDGE_ERR_RANGE);
    assert_int_equal(server.requests, 1);
    again();
    server.validator = NULL;
    slices.slice = SIZE;
    run();
    is_right();
}

static void no_parts(void **state)
{
    (void)state;
    server.ignores = true;
    run();
    is_right();
    assert_int_equal(server.requests, 1);
}

static void empty(void **state)
{
    (void)state;
    server.size = 0;
    run();
    is_right();
    assert_int_equal(server.requests, 2);
}

static void wrong_part(void **state)
{
    (void)state;
    for (unsigned number = 1; number <= 4; number++) {
        again();
        server.wrong = number;
        run();
        is_right();
    }
}

static void error_between(void **state)
{
    (void)state;
    server.wrong = 3;
    server.status = 503;
    run();
    is_right();
    again();
    server.wrong = 3;
    server.status = 404;
    rules.all_errors = 0;
    run();
    assert_int_equal(result.error, MIDGE_OK);
    assert_int_equal(result.status, 404);
    assert_int_equal(sink.len, 10);
    assert_int_equal(sink.resets, 1);
}

static void canceled(void **state)
{
    (void)state;
    for (unsigned at = 1; at <= 4; at++) {
        again();
        sink.ends_at = at;
        run();
        assert_int_equal(result.error, MIDGE_ERR_CANCELED);
        assert_int_equal(server.requests, at);
    }
}

static void closed(void **state)
{
    (void)state;
    for (unsigned at = 1; at <= 4; at++) {
        again();
        sink.ends_at = at;
        sink.closes = true;
        start();
        while (w.client != NULL && midge_sim_run(w.sim, w.client, 1) > 0) {
        }
        assert_null(w.client);
        assert_int_equal(sink.finishes, 1);
        assert_true(at == 4 || sink.error < 0); /* the last write: all has come */
    }
}

static void invalid(void **state)
{
    midge_id id;
    (void)state;
    slices.slice = 0;
    assert_int_equal(midge_slices_start(w.client, &slices, &id), MIDGE_ERR_INVALID);
    slices.slice = 1;
    get.method = "POST";
    assert_int_equal(midge_slices_start(w.client, &slices, &id), MIDGE_ERR_INVALID);
    get.method = NULL;
    get.sink = NULL;
    assert_int_equal(midge_slices_start(w.client, &slices, &id), MIDGE_ERR_INVALID);
    get.sink = &sink.sink;
    get.url = "nonsense:";
    assert_int_equal(midge_slices_start(w.client, &slices, &id), MIDGE_ERR_SCHEME);
    assert_int_equal(sink.finishes, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_size),
        TEST(each_cut),
        TEST(each_allocation),
        TEST(changes_once),
        TEST(changes_always),
        TEST(cannot_begin_again),
        TEST(without_validator),
        TEST(no_parts),
        TEST(empty),
        TEST(wrong_part),
        TEST(error_between),
        TEST(canceled),
        TEST(closed),
        TEST(invalid),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
