/* SPDX-License-Identifier: MIT */
/* HTTP/2 in the simulation, speed and fairness: what windows allow, beside HTTP/1.1; requests that
   leave or pause beside others; uploads; limits of requests at once. Times are virtual. */
#include "sim_world.h"

#if MIDGE_WITH_HTTP2

#include <midge/gather.h>
#include <midge/rate.h>

enum { RTT_MS = 20, MOST = 100, MB = 1 << 20 };

static struct sim_world w;
static struct midge_sim_host *host;
static uint64_t asked_ms[MOST]; /* when the server got each request */
static unsigned n_asked;

struct flow {
    midge_id id;
    struct midge_request request;
    struct midge_result result;
    uint64_t ended_ms, len;
    bool pauses;
    struct midge_sink sink;
    struct midge_source source;
    uint64_t left;  /* of the source */
    unsigned lazy;  /* the source has a piece of 1 KB each so many ms */
    bool piece_due; /* it has come */
};

static struct flow flows[MOST];

/* --- sinks and sources --- */

static int flow_write(struct midge_sink *sink, const uint8_t *data, size_t len)
{
    struct flow *f = (struct flow *)((char *)sink - offsetof(struct flow, sink));
    (void)data;
    f->len += len;
    return f->pauses ? MIDGE_ERR_PAUSE : MIDGE_OK;
}

static void piece_comes(void *ctx)
{
    struct flow *f = ctx;
    f->piece_due = true;
    (void)midge_resume_source(w.client, f->id);
}

static int flow_read(struct midge_source *source, uint8_t *buf, size_t cap, size_t *n)
{
    struct flow *f = (struct flow *)((char *)source - offsetof(struct flow, source));
    const size_t most = f->lazy > 0 ? 1024 : cap;
    if (f->lazy > 0 && !f->piece_due) {
        (void)midge_call_later(w.client, f->lazy, piece_comes, f, NULL);
        return MIDGE_ERR_AGAIN;
    }
    f->piece_due = false;
    *n = cap < most ? cap : most;
    *n = f->left < *n ? (size_t)f->left : *n;
    f->left -= *n;
    memset(buf, 'x', *n);
    return *n > 0 ? MIDGE_OK : MIDGE_ERR_EOF;
}

/* --- the world --- */

static void on_request(void *ctx, const struct midge_sim_request *request,
                       struct midge_sim_reply *reply)
{
    (void)ctx, (void)request, (void)reply;
    assert_true(n_asked < MOST);
    asked_ms[n_asked++] = midge_sim_now_ms(w.sim);
}

static void on_done(void *ctx, const struct midge_result *result)
{
    struct flow *f = ctx;
    f->result = *result;
    f->ended_ms = midge_sim_now_ms(w.sim);
}

static void begin(const struct midge_config *config, uint32_t bytes_per_s)
{
    sim_world_start(&w, &(struct midge_sim_config){.seed = 1}, config);
    host = midge_sim_add_host(w.sim, "a.test");
    if (config->http == MIDGE_HTTP_2_PRIOR) {
        assert_int_equal(midge_sim_use_http2(host, 80), MIDGE_OK);
    }
    midge_sim_set_host_path(host, &(struct midge_sim_path){.latency_us = RTT_MS * 1000 / 2,
                                                           .bytes_per_s = bytes_per_s,
                                                           .recv_buffer = 4 * MB,
                                                           .send_buffer = 4 * MB});
    memset(flows, 0, sizeof flows);
    n_asked = 0;
}

static void reply(const char *path, const struct midge_sim_reply *with)
{
    struct midge_sim_reply noted = *with;
    noted.on_request = on_request;
    midge_sim_add_reply(host, 80, path, &noted);
}

static void start(struct flow *f, const char *url)
{
    f->sink.write = flow_write;
    f->request.url = url;
    f->request.sink = &f->sink;
    f->request.ctx = f;
    f->request.on_done = on_done;
    assert_int_equal(midge_start(w.client, &f->request, &f->id), MIDGE_OK);
}

static void start_upload(struct flow *f, const char *url, uint64_t size, unsigned lazy)
{
    f->left = size;
    f->lazy = lazy;
    f->source.read = flow_read;
    f->source.length = (int64_t)size;
    f->request.source = &f->source;
    start(f, url);
}

/* The end of the last one of them, after all have ended well on one connection. */
static uint64_t last_end(unsigned from, unsigned to, uint64_t len)
{
    uint64_t last = 0;
    for (unsigned i = from; i < to; i++) {
        if (flows[i].result.error != MIDGE_OK) {
            print_error("%s: %s\n", midge_err_name(flows[i].result.error), flows[i].result.detail);
        }
        assert_int_equal(flows[i].result.error, MIDGE_OK);
        assert_int_equal(flows[i].len, len);
        last = flows[i].ended_ms > last ? flows[i].ended_ms : last;
    }
    assert_int_equal(midge_sim_count(host, 80, NULL).connections, 1);
    return last;
}

/* --- one download --- */

static uint64_t download(const struct midge_config *config, uint64_t size, uint32_t bytes_per_s)
{
    begin(config, bytes_per_s);
    reply("/", &(struct midge_sim_reply){.fill = size});
    start(&flows[0], "http://a.test/");
    sim_world_run(&w);
    const uint64_t ms = last_end(0, 1, size);
    sim_world_close(&w);
    return ms;
}

/* A download gets its window in each round trip, nearly; one more is the connect. */
static void window_in_a_round_trip(void **state)
{
    enum { WINDOWS = 32 };
    static const struct {
        uint32_t window, conn_window;
    } rows[] = {{0, 0},     {MB, 0},        {MB, 4 * MB}, {100000, 100000},
                {60000, 0}, {16384, 65535}, {2048, 65535}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct midge_config config = {.http = MIDGE_HTTP_2_PRIOR,
                                            .max_awaitables = 4,
                                            .http2_window = rows[i].window,
                                            .http2_conn_window = rows[i].conn_window};
        const uint64_t window = rows[i].window != 0 ? rows[i].window : MIDGE_HTTP2_WINDOW;
        const uint64_t size = WINDOWS * window, best = (WINDOWS + 1) * RTT_MS;
        const uint64_t ms = download(&config, size, 0);
        print_message("window %u: %u ms, at best %u\n", (unsigned)window, (unsigned)ms,
                      (unsigned)best);
        assert_in_range(ms, best, best + best / 20);
    }
}

/* With windows that hold what is on the way, it is as fast as HTTP/1.1. */
static void as_fast_as_http1(void **state)
{
    const struct midge_config h1 = {.http = MIDGE_HTTP_1_1}, h2 = {.http = MIDGE_HTTP_2_PRIOR,
                                                                   .max_awaitables = 4,
                                                                   .http2_window = MB,
                                                                   .http2_conn_window = MB};
    (void)state;
    for (uint32_t rate = 1000000; rate <= 40000000; rate *= 2) {
        const uint64_t one = download(&h1, 16 * MB, rate), two = download(&h2, 16 * MB, rate);
        print_message("%u bytes/s: HTTP/1.1 %u ms, HTTP/2 %u ms\n", (unsigned)rate, (unsigned)one,
                      (unsigned)two);
        assert_true(two <= one + one / 10);
    }
}

/* --- many downloads --- */

enum leave { WITHOUT, CANCELED, PAUSED };

/* Twenty downloads, of which the first one leaves. When have the other 19 ended? */
static uint64_t others(const struct midge_config *config, enum leave leave)
{
    enum { SIZE = 300000, N = 20 };
    begin(config, 5000000);
    reply("/*", &(struct midge_sim_reply){.fill = SIZE});
    flows[0].pauses = leave == PAUSED;
    for (unsigned i = leave == WITHOUT ? 1 : 0; i < N; i++) {
        start(&flows[i], "http://a.test/x");
    }
    while (leave != WITHOUT && flows[0].len == 0) {
        (void)midge_sim_run(w.sim, w.client, 1);
    }
    if (leave == CANCELED) {
        assert_int_equal(midge_cancel(w.client, flows[0].id), MIDGE_OK);
    }
    (void)midge_sim_run(w.sim, w.client, 10000);
    const uint64_t ms = last_end(1, N, SIZE);
    if (leave == PAUSED) {
        assert_in_range(flows[0].len, 1, SIZE - 1);
        flows[0].pauses = false;
        assert_int_equal(midge_resume(w.client, flows[0].id), MIDGE_OK);
        sim_world_run(&w);
        (void)last_end(0, N, SIZE);
    }
    sim_world_close(&w);
    return ms;
}

/* One that is canceled, and one whose sink pauses, cost the others the bytes of its window that are
   on the way; the connection is kept. */
static void one_of_twenty_leaves(void **state)
{
    (void)state;
    for (uint32_t conn_window = 65535; conn_window <= 1 << 20;
         conn_window = conn_window * 16 + 16) {
        const struct midge_config config = {
            .http = MIDGE_HTTP_2_PRIOR, .max_awaitables = 60, .http2_conn_window = conn_window};
        const uint64_t without = others(&config, WITHOUT);
        const uint64_t canceled = others(&config, CANCELED), paused = others(&config, PAUSED);
        print_message("19 alone %u ms, beside a canceled one %u, a paused one %u\n",
                      (unsigned)without, (unsigned)canceled, (unsigned)paused);
        assert_in_range(canceled, 0, without + without / 20);
        assert_in_range(paused, 0, without + without / 20);
    }
}

/* --- the memory of pauses --- */

enum { PAUSED_N = 8, WINDOW = 256 * 1024 };

/* All sinks pause; when all windows are full, they go on. */
static void all_pause(const struct midge_config *config)
{
    begin(config, 0);
    reply("/", &(struct midge_sim_reply){.fill = MB});
    for (unsigned i = 0; i < PAUSED_N; i++) {
        flows[i].pauses = true;
        start(&flows[i], "http://a.test/");
    }
    assert_true(midge_sim_run(w.sim, w.client, 2000) >= 0);
    for (unsigned i = 0; i < PAUSED_N; i++) {
        flows[i].pauses = false;
        (void)midge_resume(w.client, flows[i].id);
    }
    sim_world_run(&w);
}

static void pauses_fit_into_the_block(void **state)
{
    const struct midge_config config = {.http = MIDGE_HTTP_2_PRIOR,
                                        .max_awaitables = PAUSED_N,
                                        .max_connections = 1,
                                        .max_header = 1024,
                                        .no_sessions = 1,
                                        .http2_window = WINDOW};
    struct midge_stats stats;
    (void)state;
    all_pause(&config);
    midge_client_stats(w.client, &stats);
    assert_in_range(stats.alloc_peak, PAUSED_N * (WINDOW - 8192), midge_memory_needed(&config));
    (void)last_end(0, PAUSED_N, MB);
    sim_world_close(&w);
}

/* no_pauses is a promise. If it is broken, some requests have no memory; the others end well. */
static void pauses_that_were_not_announced(void **state)
{
    const struct midge_config config = {.http = MIDGE_HTTP_2_PRIOR,
                                        .max_awaitables = PAUSED_N,
                                        .max_connections = 1,
                                        .http2_window = WINDOW,
                                        .memory_size = 2 * WINDOW,
                                        .no_pauses = 1};
    unsigned good = 0;
    (void)state;
    assert_true(midge_memory_needed(&config) < config.memory_size);
    all_pause(&config);
    for (unsigned i = 0; i < PAUSED_N; i++) {
        const bool is_good = flows[i].result.error == MIDGE_OK;
        good += is_good;
        if (is_good) {
            assert_int_equal(flows[i].len, MB);
        } else {
            assert_int_equal(flows[i].result.error, MIDGE_ERR_NO_MEMORY);
        }
    }
    assert_in_range(good, 1, PAUSED_N - 1);
    sim_world_close(&w);
}

/* --- uploads --- */

enum { UP = 500000 };

static uint64_t upload(const struct midge_config *config)
{
    begin(config, 3000000);
    reply("/up", &(struct midge_sim_reply){.fill = 1});
    start_upload(&flows[0], "http://a.test/up", 8 * UP, 0);
    sim_world_run(&w);
    const uint64_t ms = last_end(0, 1, 1);
    sim_world_close(&w);
    return ms;
}

/* The server's window is 65,535 bytes: 3.2 MB in a second at 20 ms. */
static void upload_as_fast_as_http1(void **state)
{
    const uint64_t one = upload(&(struct midge_config){.http = MIDGE_HTTP_1_1}),
                   two = upload(&(struct midge_config){.http = MIDGE_HTTP_2_PRIOR});
    (void)state;
    print_message("HTTP/1.1 %u ms, HTTP/2 %u ms\n", (unsigned)one, (unsigned)two);
    assert_true(two <= one + one / 10);
}

enum { UPLOADS = 20, SLOW = 40 * 1024, LAZY_MS = 25 };

/* Uploads on a connection that has had two answers, so that POSTs are not held: nineteen, and one
   with a slow source. When have the nineteen ended? */
static uint64_t uploads(bool slow, uint64_t *first, uint64_t *slow_ms)
{
    begin(&(struct midge_config){.http = MIDGE_HTTP_2_PRIOR, .max_awaitables = 60}, 3000000);
    reply("/*", &(struct midge_sim_reply){.fill = 1});
    start(&flows[UPLOADS], "http://a.test/");
    start(&flows[UPLOADS + 1], "http://a.test/");
    sim_world_run(&w);
    const uint64_t began = midge_sim_now_ms(w.sim);
    if (slow) {
        start_upload(&flows[0], "http://a.test/up", SLOW, LAZY_MS);
    }
    for (unsigned i = 1; i < UPLOADS; i++) {
        start_upload(&flows[i], "http://a.test/up", UP, 0);
    }
    sim_world_run(&w);
    const uint64_t ms = last_end(1, UPLOADS, 1) - began;
    *first = ms;
    for (unsigned i = 1; i < UPLOADS; i++) {
        *first = flows[i].ended_ms - began < *first ? flows[i].ended_ms - began : *first;
    }
    *slow_ms = slow ? last_end(0, 1, 1) - began : 0;
    assert_int_equal(midge_sim_count(host, 80, "/*").body_bytes,
                     (uint64_t)(UPLOADS - 1) * UP + (slow ? SLOW : 0));
    sim_world_close(&w);
    return ms;
}

/* Nineteen uploads end together; many of their frames are short, since the server gives credit for
   each one. The twentieth has a slow source: it takes nothing from them, and each of its pieces
   waits for one or two of their turns. */
static void uploads_share(void **state)
{
    const uint64_t pieces = SLOW / 1024, alone = pieces * LAZY_MS, turn = UPLOADS * 1024 / 3000 + 1;
    uint64_t first, slow;
    (void)state;
    const uint64_t without = uploads(false, &first, &slow);
    assert_in_range(first, without * 3 / 4, without);
    const uint64_t ms = uploads(true, &first, &slow);
    print_message("19 uploads end from %u to %u ms, %u without the slow one: it takes %u of %u\n",
                  (unsigned)first, (unsigned)ms, (unsigned)without, (unsigned)slow,
                  (unsigned)alone);
    assert_in_range(first, ms * 3 / 4, ms);
    assert_in_range(ms, 0, without + without / 20);
    assert_in_range(slow, alone, alone + pieces * 2 * turn + 4 * RTT_MS);
}

/* --- limits of requests at once --- */

enum { DELAY_MS = 100 };

/* The server answers after DELAY_MS: so many requests were in progress at once, never more. */
static void at_once(unsigned most, unsigned n)
{
    assert_int_equal(n_asked, n);
    assert_in_range(asked_ms[most - 1], 0, asked_ms[0] + 2 * RTT_MS);
    for (unsigned i = most; i < n; i++) {
        assert_true(asked_ms[i] >= asked_ms[i - most] + DELAY_MS);
    }
}

/* n requests; how long they take. */
static uint64_t delayed(const struct midge_config *config, unsigned n)
{
    begin(config, 0);
    reply("/", &(struct midge_sim_reply){.fill = 1, .delay_ms = DELAY_MS});
    for (unsigned i = 0; i < n; i++) {
        start(&flows[i], "http://a.test/");
    }
    sim_world_run(&w);
    const uint64_t ms = last_end(0, n, 1);
    sim_world_close(&w);
    return ms;
}

/* A connect, a request, and before most of the requests the server's SETTINGS. */
static void hundred_at_once(void **state)
{
    const struct midge_config config = {.http = MIDGE_HTTP_2_PRIOR, .max_awaitables = MOST};
    (void)state;
    assert_in_range(delayed(&config, MOST), DELAY_MS, DELAY_MS + 3 * RTT_MS);
    at_once(MOST, MOST);
}

/* Streams are requests, and a connection is one: limits of connections hold none of them back. */
static void limits_count_requests(void **state)
{
    static const struct midge_rate two = {.at_once = 2};
    static const struct midge_origin_rate origin = {"a.test", {.at_once = 3}};
    static const struct {
        struct midge_config config;
        unsigned at_once;
    } rows[] = {{{.max_transfers = 4}, 4},
                {{.rate = &two}, 2},
                {{.origin_rates = &origin, .n_origin_rates = 1}, 3},
                {{.max_connections = 1, .max_per_origin = 1}, 24}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct midge_config config = rows[i].config;
        config.http = MIDGE_HTTP_2_PRIOR;
        const uint64_t rounds = 24 / rows[i].at_once, ms = delayed(&config, 24);
        at_once(rows[i].at_once, 24);
        assert_in_range(ms, rounds * DELAY_MS, rounds * (DELAY_MS + RTT_MS + 1) + 3 * RTT_MS);
    }
}

/* Ten in a second: one each 100 ms, on one connection. */
static void rates_hold_streams(void **state)
{
    static const struct midge_rate ten = {.requests = 10};
    const struct midge_config config = {.http = MIDGE_HTTP_2_PRIOR, .rate = &ten};
    (void)state;
    const uint64_t ms = delayed(&config, 12);
    assert_in_range(ms, 1100 + DELAY_MS, 1100 + DELAY_MS + 3 * RTT_MS);
}

/* --- semaphores --- */

static struct midge_semaphore semaphore;

struct job {
    struct midge_result result;
    midge_id id;
    struct flow *flow;
};

static int with_permit(struct midge_task *task, void *state)
{
    struct job *job = state;
    MIDGE_BEGIN(task);
    if (midge_acquire(w.client, &semaphore, &job->id) != MIDGE_OK) {
        return midge_task_return(task, MIDGE_ERR_NO_MEMORY, 0);
    }
    MIDGE_AWAIT(task, job->id, &job->result);
    start(job->flow, "http://a.test/");
    MIDGE_AWAIT(task, job->flow->id, &job->result);
    midge_release(w.client, &semaphore);
    return midge_task_return(task, MIDGE_OK, 0);
    MIDGE_END(task);
}

static void semaphores_hold_streams(void **state)
{
    enum { N = 12, PERMITS = 3 };
    const struct midge_config config = {.http = MIDGE_HTTP_2_PRIOR};
    static struct job jobs[N];
    (void)state;
    begin(&config, 0);
    reply("/", &(struct midge_sim_reply){.fill = 1, .delay_ms = DELAY_MS});
    midge_semaphore_init(&semaphore, PERMITS);
    for (unsigned i = 0; i < N; i++) {
        midge_id id;
        jobs[i] = (struct job){.flow = &flows[i]};
        assert_int_equal(midge_spawn(w.client, with_permit, &jobs[i], &id), MIDGE_OK);
        assert_int_equal(midge_detach(w.client, id), MIDGE_OK);
    }
    sim_world_run(&w);
    const uint64_t rounds = N / PERMITS;
    assert_in_range(last_end(0, N, 1), rounds * DELAY_MS,
                    rounds * (DELAY_MS + RTT_MS + 1) + 3 * RTT_MS);
    at_once(PERMITS, N);
    sim_world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(window_in_a_round_trip),
        cmocka_unit_test(as_fast_as_http1),
        cmocka_unit_test(one_of_twenty_leaves),
        cmocka_unit_test(upload_as_fast_as_http1),
        cmocka_unit_test(pauses_fit_into_the_block),
        cmocka_unit_test(pauses_that_were_not_announced),
        cmocka_unit_test(uploads_share),
        cmocka_unit_test(hundred_at_once),
        cmocka_unit_test(limits_count_requests),
        cmocka_unit_test(rates_hold_streams),
        cmocka_unit_test(semaphores_hold_streams),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

int main(void)
{
    return 0;
}

#endif
