/* SPDX-License-Identifier: MIT */
/*
 * Worlds made by chance, of requests that have all features at once: redirects between hosts,
 * repeats, hooks that set fields, repeat and wait, cookies, Digest, rates and holds, compressed
 * bodies, forms, proxies and tunnels, resumed downloads, slices, event sources, prepared requests,
 * in a client of any size, with faults of servers, calls and allocations, and callbacks that
 * cancel, start, take, resume and complete others. Whatever happens, each request ends once with a
 * defined error or the right bytes, all of them if it says so, and nothing is left. When the faults
 * are over, a new request works. MIDGE_WORLDS="FROM TO" runs these worlds.
 */
#include "sim_world.h"

#include "mixed_replies.h"

#include <midge/auth.h>
#include <midge/cookies.h>
#include <midge/download.h>
#include <midge/multipart.h>
#include <midge/slices.h>

#include <errno.h>

enum { REQUESTS = 12, STARTS = 40, WILD = 60, HOSTS = 4 };

struct one {
    struct midge_request request;
    struct midge_sink sink;
    struct midge_buffer_source source;
    struct midge_hook hook;
    struct midge_retry retry;
#if MIDGE_WITH_GUNZIP
    struct midge_gunzip gunzip;
#endif
    struct midge_download download;
    struct midge_multipart form;
    struct midge_part part;
    struct midge_header header;
    midge_id id;
    bool runs, pauses, bad, loads;
    size_t len; /* bytes of this answer */
    unsigned dones, finishes;
    char url[48], kept[40];
};

static struct sim_world w;
static struct midge_stats at_close;
static struct one ones[REQUESTS];
static struct midge_prepared *prepared;
static midge_id future, prepared_id;
static unsigned n_started, depth, n_ended, n_good, closes;
static bool is_wild;
static struct midge_event_source stream;
static struct midge_request stream_request;
static midge_id stream_id;
static char stream_text[64];
static struct midge_cookies jar;
static unsigned char jar_memory[300];
static struct midge_auth auth;
static struct midge_slices slices;
static struct midge_request slices_request;
static struct one sliced; /* its sink */
static midge_id slices_id;
static unsigned n_parts, n_sliced, world;

/* --- what callbacks do --- */

static void start_any(void);

static struct one *any_one(void)
{
    struct one *o = &ones[chance(REQUESTS)];
    return o->runs ? o : NULL;
}

static void complete_future(void)
{
    const struct midge_result result = {.error = MIDGE_OK};
    (void)midge_future_complete(w.client, future, &result);
    if (one_in(2)) {
        (void)midge_take(w.client, future, NULL);
    }
}

static void act(void)
{
    if (depth++ == 0 && is_wild && one_in(3)) {
        struct one *o = any_one();
        switch (chance(7)) {
        case 0:
            start_any();
            break;
        case 1:
            if (o != NULL) {
                (void)midge_cancel(w.client, o->id);
            }
            break;
        case 2:
            if (prepared != NULL) {
                (void)midge_start_prepared(w.client, prepared, NULL, 0, &prepared_id);
            }
            break;
        case 3:
            complete_future();
            break;
        case 4:
            if (one_in(closes)) {
                midge_close(w.client);
                is_wild = false;
            }
            break;
        default:
            if (o != NULL) {
                (void)midge_resume(w.client, o->id);
            }
            break;
        }
    }
    depth--;
}

/* --- requests --- */

static struct one *one_of(struct midge_sink *sink)
{
    return (struct one *)(void *)((char *)sink - offsetof(struct one, sink));
}

static int on_write(struct midge_sink *sink, const uint8_t *data, size_t len)
{
    struct one *o = one_of(sink);
    assert_true(o->runs && o->finishes == 0 && len > 0);
    for (size_t i = 0; i < len; i++) {
        assert_int_equal(data[i], midge_sim_fill(o->len + i));
    }
    o->len += len;
    act();
    return is_wild && o->pauses && one_in(3) ? MIDGE_ERR_PAUSE
           : o->bad && one_in(9)             ? MIDGE_ERR_WRITE
                                             : MIDGE_OK;
}

static int on_finish(struct midge_sink *sink, int err, enum midge_complete complete)
{
    struct one *o = one_of(sink);
    (void)err, (void)complete;
    o->finishes++;
    act();
    return MIDGE_OK;
}

static int on_reset(struct midge_sink *sink)
{
    struct one *o = one_of(sink);
    assert_int_equal(o->finishes, 0);
    o->len = 0;
    act();
    return o->bad && one_in(4) ? MIDGE_ERR_WRITE : MIDGE_OK;
}

static int on_redirect(void *ctx, midge_id id, const struct midge_response *response,
                       struct midge_redirect *to)
{
    static const struct midge_proxy p = {.host = "p.test", .port = 80};
    const struct one *o = ctx;
    (void)id, (void)response;
    act();
    if (one_in(4)) {
        to->proxy = &p;
    }
    if (one_in(4)) {
        to->connect_host = "d.test";
    }
    return o->bad && one_in(5) ? one_in(2) ? MIDGE_ERR_CONNECT : MIDGE_ERR_JSON : MIDGE_OK;
}

static int on_response(void *ctx, midge_id id, const struct midge_response *response)
{
    const struct one *o = ctx;
    (void)id, (void)response;
    act();
    return o->bad && one_in(9) ? MIDGE_ERR_JSON : MIDGE_OK;
}

static int hook_send(struct midge_hook *hook, struct midge_hop *hop)
{
    (void)hook;
    act();
    if (one_in(2)) {
        int err = midge_hop_set(hop, "X-Hook", "a value that takes memory");
        return err == MIDGE_ERR_STALE ? MIDGE_OK : err;
    }
    return one_in(20) ? MIDGE_ERR_NO_MEMORY : MIDGE_OK;
}

static int hook_head(struct midge_hook *hook, struct midge_hop *hop,
                     const struct midge_response *response)
{
    (void)hook;
    act();
    if (response->status != 401) {
        return one_in(20) ? MIDGE_HOP_REPEAT : MIDGE_OK;
    }
    struct one *o = any_one();
    const midge_id id = o != NULL && o->id > hop->id ? o->id : future;
    int err = one_in(2) ? MIDGE_HOP_REPEAT : midge_hop_repeat_after(hop, id);
    return err == MIDGE_ERR_STALE ? MIDGE_OK : err;
}

/* A body that is complete has the length that its URL says. */
static void check_whole(const struct one *o, const struct midge_result *result)
{
    bool whole = result->error == MIDGE_OK && result->complete == MIDGE_COMPLETE_YES;
    if (whole && (result->status == 200 || (o->loads && result->status == 206))) {
        assert_int_equal(o->len, mixed_len(result->url));
    }
    assert_true(result->error != MIDGE_OK || result->complete != MIDGE_COMPLETE_NO);
    assert_string_not_equal(midge_err_name(result->error), "UNKNOWN");
}

static void on_done(void *ctx, const struct midge_result *result)
{
    struct one *o = ctx;
    assert_true(o->runs);
    check_whole(o, result);
    n_parts += o->loads && o->download.parts > 0;
    assert_int_equal(o->finishes, 1);
    o->dones++;
    assert_int_equal(o->dones, 1);
    o->runs = false;
    n_ended++;
    n_good += result->error == MIDGE_OK && result->status == 200;
    assert_non_null(result->url);
    act();
}

static void dress_form(struct one *o)
{
    o->part = (struct midge_part){.name = "n", .source = &o->source.source};
    if (midge_multipart_init(&o->form, midge_sim_port(w.sim), &o->part, 1) == MIDGE_OK) {
        o->request.source = &o->form.source;
    }
}

/* One that decodes, or one that goes on. */
static void dress_sink(struct one *o)
{
    o->loads = o->request.source == NULL && one_in(3);
    if (o->loads) {
        midge_download_init(&o->download, &o->sink);
        o->request.sink = &o->download.sink;
        o->download.hook.next = o->request.hooks;
        o->request.hooks = &o->download.hook;
        return;
    }
#if MIDGE_WITH_GUNZIP
    if (one_in(2)) {
        o->header = (struct midge_header){"Accept-Encoding", "gzip"};
        o->request.headers = &o->header;
        o->request.n_headers = 1;
        midge_gunzip_init(&o->gunzip, w.client, &o->sink);
        o->request.sink = &o->gunzip.sink;
    }
#endif
}

static void dress(struct one *o)
{
    static const char *const hosts[] = {"a.test", "b.test", "c.test", "d.test"};
    static const struct midge_proxy p = {.host = "p.test", .port = 80, .credentials = "u:p"};
    (void)snprintf(o->url, sizeof o->url, "http://%s/%u", hosts[chance(HOSTS)], chance(9));
    o->sink = (struct midge_sink){.write = on_write, .finish = on_finish, .reset = on_reset};
    o->sink.reset = one_in(3) ? NULL : on_reset;
    o->retry = (struct midge_retry){.max = (uint8_t)chance(4),
                                    .all_errors = one_in(2),
                                    .repeatable = one_in(2),
                                    .fixed_ms = one_in(2) ? 1 + chance(900) : 0};
    o->hook = (struct midge_hook){.on_send = hook_send, .on_head = hook_head};
    o->hook.keep_headers = one_in(2) ? "ETag" : NULL;
    o->pauses = one_in(3);
    o->bad = one_in(3);
    o->request = (struct midge_request){.url = o->url,
                                        .sink = &o->sink,
                                        .ctx = o,
                                        .on_redirect = on_redirect,
                                        .on_response = on_response,
                                        .on_done = on_done,
                                        .max_redirects = (uint8_t)chance(6),
                                        .no_reuse = one_in(6),
                                        .borrow = one_in(2),
                                        .retry = one_in(2) ? &o->retry : NULL,
                                        .hooks = one_in(2) ? &o->hook : NULL,
                                        .proxy = one_in(5) ? &p : NULL,
                                        .connect_port = one_in(8) ? 80 : 0,
                                        .connect_host = one_in(8) ? "a.test" : NULL,
                                        .max_body = one_in(8) ? 1000 : 0};
    o->request.timeouts.total_ms = one_in(2) ? 1 + chance(5000) : 0;
    o->request.timeouts.queue_ms = one_in(3) ? 1 + chance(5000) : 0;
    o->request.timeouts.idle_ms = one_in(3) ? 1 + chance(2000) : 0;
    o->request.timeouts.attempt_ms = one_in(3) ? 1 + chance(3000) : 0;
    if (one_in(3)) {
        midge_buffer_source_init(&o->source, o->url, chance(sizeof o->url));
        o->request.source = &o->source.source;
        o->request.method = one_in(2) ? "PUT" : "POST";
        o->request.expect_ms = one_in(3) ? 1 + chance(1500) : 0;
        if (one_in(3)) {
            dress_form(o);
        }
    }
    if (one_in(4)) {
        o->request.kept = o->kept;
        o->request.kept_size = sizeof o->kept;
        o->request.keep_headers = "Location, Retry-After";
    }
    dress_sink(o);
}

static void start_any(void)
{
    struct one *o = &ones[chance(REQUESTS)];
    if (o->runs || n_started >= STARTS) {
        return;
    }
    memset(o, 0, sizeof *o);
    dress(o);
    n_started++;
    o->runs = true;
    o->runs = midge_start(w.client, &o->request, &o->id) == MIDGE_OK;
}

/* --- the event source --- */

static int on_event(void *ctx, const struct midge_sse_event *event)
{
    (void)ctx, (void)event;
    act();
    return is_wild && one_in(5) ? MIDGE_ERR_PAUSE : MIDGE_OK;
}

static void start_stream(void)
{
    int done = midge_done(w.client, stream_id);
    if (stream_id != 0 && done == 0) {
        return;
    }
    if (done == 1) {
        (void)midge_take(w.client, stream_id, NULL);
    }
    stream_request = (struct midge_request){.url = "http://a.test/events", .timeouts.idle_ms = 500};
    stream = (struct midge_event_source){.request = &stream_request,
                                         .text = stream_text,
                                         .text_size = sizeof stream_text,
                                         .on_event = on_event,
                                         .first_ms = 100,
                                         .max_reconnects = 3};
    if (midge_event_source_start(w.client, &stream, &stream_id) != MIDGE_OK) {
        stream_id = 0;
    }
}

/* --- slices --- */

static void start_slices(void)
{
    struct midge_result result;
    int err = slices_id != 0 ? midge_take(w.client, slices_id, &result) : MIDGE_ERR_STALE;
    if (err == MIDGE_ERR_AGAIN) {
        return;
    }
    if (err == MIDGE_OK) {
        check_whole(&sliced, &result);
        n_sliced += result.error == MIDGE_OK && result.status == 206;
    }
    memset(&sliced, 0, sizeof sliced);
    dress(&sliced);
    sliced.runs = sliced.loads = true;
    slices_request = (struct midge_request){.url = sliced.url,
                                            .sink = &sliced.sink,
                                            .retry = one_in(2) ? &sliced.retry : NULL,
                                            .timeouts.total_ms = 3000};
    slices = (struct midge_slices){.request = &slices_request, .slice = 1 + chance(200)};
    if (midge_slices_start(w.client, &slices, &slices_id) != MIDGE_OK) {
        slices_id = 0;
    }
}

/* --- worlds --- */

static void any_config(struct midge_config *c)
{
    static const struct midge_rate rate = {.requests = 20, .burst = 3},
                                   at_once = {.bytes = 30000, .at_once = 2};
    static const struct midge_origin_rate rows[] = {{"c.test", {.requests = 5}},
                                                    {NULL, {.requests = 50, .bytes = 100000}}};
    static const struct midge_retry retry = {.max = 2, .first_ms = 100};
    static struct midge_hook hook;
    hook = (struct midge_hook){.on_send = hook_send, .on_head = hook_head};
    midge_cookies_init(&jar, midge_sim_port(w.sim), jar_memory, sizeof jar_memory);
    midge_auth_init(&auth, midge_sim_port(w.sim), MIDGE_AUTH_DIGEST | MIDGE_AUTH_BASIC,
                    "http://a.test/", "me", "secret");
    jar.hook.next = one_in(2) ? &auth.hook : NULL;
    *c = (struct midge_config){.max_connections = (uint16_t)(1 + chance(4)),
                               .max_per_origin = (uint16_t)(1 + chance(3)),
                               .max_transfers = (uint16_t)(one_in(3) ? 1 + chance(4) : 0),
                               .max_awaitables = (uint16_t)(2 + chance(14)),
                               .turn_steps = one_in(3) ? 1 + chance(4) : 0,
                               .turn_bytes = one_in(3) ? 1 + chance(900) : 0,
                               .keep_alive_ms = one_in(3) ? 1 + chance(500) : 0,
                               .fail_alloc = one_in(3) ? 1 + chance(200) : 0,
                               .rate = one_in(3) ? one_in(2) ? &rate : &at_once : NULL,
                               .retry = one_in(3) ? &retry : NULL,
                               .hooks = one_in(4)   ? &hook
                                        : one_in(2) ? &jar.hook
                                                    : NULL,
                               .no_sessions = one_in(2),
                               .stats_at_close = &at_close};
    if (one_in(3)) {
        c->origin_rates = rows;
        c->n_origin_rates = 2;
    }
    c->memory_size = midge_memory_least(c) + (c->hooks != NULL ? MIDGE_HOOK_BYTES : 0) +
                     (one_in(2) ? chance(3000) : chance(150000));
}

static bool open_any(uint64_t number)
{
    static const char *const names[] = {"a.test", "b.test", "c.test", "d.test", "p.test"};
    struct midge_config config;
    w = (struct sim_world){0};
    assert_int_equal(
        midge_sim_open(&w.sim,
                       &(struct midge_sim_config){.seed = number,
                                                  .clock_start_ms = one_in(2) ? 0xfffff000 : 0,
                                                  .trace = sim_world_line,
                                                  .ctx = &w}),
        MIDGE_OK);
    for (int i = 0; i < 5; i++) {
        midge_sim_add_reply(midge_sim_add_host(w.sim, names[i]), 80, "*",
                            &(struct midge_sim_reply){.on_request = any_reply});
    }
    midge_sim_set_path(w.sim, &(struct midge_sim_path){.latency_us = chance(30000),
                                                       .split = (uint16_t)chance(300),
                                                       .loss = one_in(5) ? 50 : 0});
    if (one_in(3)) {
        midge_sim_set_chance(w.sim, &(struct midge_sim_chance){.would_block = 100,
                                                               .short_calls = 200,
                                                               .spurious = 100,
                                                               .interrupted = 100});
    }
    any_config(&config);
    config.port = midge_sim_port(w.sim);
    config.memory = w.block = malloc(config.memory_size);
    if (midge_open(&w.client, &config) != MIDGE_OK) {
        w.client = NULL;
    }
    return w.client != NULL;
}

/* False: a callback has closed the client. */
static bool poll_for(uint32_t ms)
{
    depth = 0;
    (void)midge_sim_run(w.sim, w.client, ms); /* an error of the port's poll passes */
    return is_wild;
}

static void prepared_done(void *ctx, const struct midge_result *result)
{
    (void)ctx;
    assert_string_not_equal(midge_err_name(result->error), "UNKNOWN");
    act();
}

static bool run_wild(void)
{
    const struct midge_request r = {
        .url = "http://a.test/5", .max_redirects = 3, .on_done = prepared_done};
    (void)midge_future(w.client, NULL, NULL, &future);
    if (one_in(3) && midge_prepare(w.client, &r, &prepared) != MIDGE_OK) {
        prepared = NULL;
    }
    for (unsigned i = 0; i < WILD; i++) {
        start_any();
        if (one_in(8)) {
            start_stream();
        }
        if (one_in(4)) {
            start_slices();
        }
        if (midge_done(w.client, future) != 0) {
            (void)midge_take(w.client, future, NULL);
            (void)midge_future(w.client, NULL, NULL, &future);
        }
        if (one_in(10)) {
            (void)midge_sim_fail(w.sim, (enum midge_sim_call)chance(MIDGE_SIM_FILE), 1 + chance(5),
                                 one_in(2) ? ECONNRESET : ENOMEM, 0);
        }
        if (one_in(4)) { /* the program computes: several limits are over at once */
            midge_sim_charge(w.sim, chance(5000) * UINT64_C(1000000));
        }
        if (!poll_for(chance(one_in(2) ? 300 : 2000))) {
            return false;
        }
        act();
        if (!is_wild) {
            return false; /* closed from outside */
        }
    }
    return true;
}

static unsigned running(void)
{
    unsigned n = 0;
    for (unsigned k = 0; k < REQUESTS; k++) {
        n += ones[k].runs;
    }
    return n;
}

/* All may end now, without any limit of time of their own. */
static void calm(void)
{
    is_wild = false;
    n_started = STARTS;
    (void)midge_cancel(w.client, stream_id);
    (void)midge_cancel(w.client, slices_id);
    for (unsigned i = 0; i < 4000 && running() > 0; i++) {
        complete_future();
        for (unsigned k = 0; k < REQUESTS; k++) {
            if (ones[k].runs) {
                (void)midge_resume(w.client, ones[k].id);
            }
        }
        (void)midge_sim_run(w.sim, w.client, 1000);
    }
}

static void next_done(void *ctx, const struct midge_result *result)
{
    *(struct midge_result *)ctx = *result;
}

/* Faults are over, and what holds awaitables is taken. */
static void clear(void)
{
    (void)midge_cancel(w.client, future);
    for (int i = 0; i < 10 && midge_sim_run(w.sim, w.client, 86400000) != 0; i++) {
    }
    (void)midge_take(w.client, stream_id, NULL);
    (void)midge_take(w.client, slices_id, NULL);
    (void)midge_take(w.client, future, NULL);
    midge_sim_set_chance(w.sim, &(struct midge_sim_chance){0});
    for (int call = 0; call < MIDGE_SIM_CLOCK; call++) {
        (void)midge_sim_fail(w.sim, (enum midge_sim_call)call, 1, 0, 0);
    }
    midge_sim_add_reply(midge_sim_add_host(w.sim, "fresh.test"), 80, "/",
                        &(struct midge_sim_reply){.body = "hello"});
}

static void next_request(struct midge_result *result)
{
    static const struct midge_proxy none = {0};
    const struct midge_request r = {.url = "http://fresh.test/",
                                    .ctx = result,
                                    .on_done = next_done,
                                    .no_reuse = 1,
                                    .proxy = &none};
    result->error = MIDGE_ERR_AGAIN;
    int err = midge_start(w.client, &r, NULL);
    if (err != MIDGE_OK) {
        result->error = err;
    }
    for (int i = 0; i < 100 && result->error == MIDGE_ERR_AGAIN; i++) {
        (void)midge_sim_run(w.sim, w.client, 10000);
    }
}

/* A new request works, on a connection of its own. The allocation that fails once may be its. */
static void next_works(void)
{
    struct midge_result result = {0};
    clear();
    next_request(&result);
    if (result.error == MIDGE_ERR_NO_MEMORY) {
        next_request(&result);
    }
    if (result.error != MIDGE_OK || result.body_len != 5) {
        fail_msg("world %u: the next request: %s, %s", world, midge_err_name(result.error),
                 result.detail);
    }
}

static void run_world(uint64_t number)
{
    seed = number * 0x9e3779b97f4a7c15ULL + 1;
    memset(ones, 0, sizeof ones);
    prepared = NULL;
    future = prepared_id = stream_id = slices_id = 0;
    n_started = depth = 0;
    closes = 1 + chance(40);
    is_wild = true;
    if (open_any(number)) {
        if (run_wild()) {
            calm();
            if (running() > 0) {
                fail_msg("world %llu does not end", (unsigned long long)number);
            }
            next_works();
            midge_close(w.client);
        }
        assert_int_equal(running(), 0);
        assert_int_equal(at_close.alloc_live, 0);
    }
    assert_int_equal(midge_sim_close(w.sim), 0);
    free(w.block);
}

static void worlds(void **state)
{
    const char *asked = getenv("MIDGE_WORLDS");
    unsigned from = 1, to = 1000;
    (void)state;
    if (asked != NULL) {
        assert_int_equal(sscanf(asked, "%u %u", &from, &to), 2);
    }
    mixed_init();
    for (unsigned number = from; number <= to; number++) {
        world = number;
        run_world(number);
    }
    print_message("%u worlds: %u requests ended, %u with 200, %u resumed, %u sliced\n",
                  to - from + 1, n_ended, n_good, n_parts, n_sliced);
    assert_true(asked != NULL || (n_good > 500 && n_parts > 10 && n_sliced > 10));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(worlds)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
