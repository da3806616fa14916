/* SPDX-License-Identifier: MIT */
/*
 * Worlds made by chance: event sources beside each other on a client with few connections and
 * little memory, servers with all kinds of answers, callbacks that cancel, start, pause and resume
 * others, allocations and calls that fail. Whatever happens, each source ends once, its events come
 * in order, none twice and none left out, and nothing is left. MIDGE_WORLDS="FROM TO" runs these.
 */
#include "sim_world.h"

#include "unit/chance.h"

#include <errno.h>

enum { SOURCES = 4, EVENTS = 12, STARTS = 20, MINUTES = 120 };

#define STREAM "Content-Type: text/event-stream\r\n"

struct watcher {
    struct midge_event_source source;
    struct midge_request request;
    midge_id id; /* 0: it does not run */
    bool canceled;
    unsigned events;
    char url[40], last_id[8], text[40];
};

static struct sim_world w;
static struct midge_sim_host *host;
static struct midge_stats at_close;
static struct watcher watchers[SOURCES];
static unsigned n_started, n_ended, depth, total_events, total_ends[2];
static char stream[EVENTS * 40];
static size_t event_at[EVENTS + 1];

/* --- servers --- */

static void write_stream(void)
{
    size_t len = 0;
    for (unsigned i = 1; i <= EVENTS; i++) {
        len += (size_t)snprintf(
            stream + len, sizeof stream - len,
            i % 2 == 0 ? "id: %u\ndata: a%u\n\n" : ":x\r\ndata: a%u\r\nid:%u\r\n\r\n", i, i);
        event_at[i] = len;
    }
}

static void any_events(struct midge_sim_reply *reply, unsigned from)
{
    unsigned to = from + 1 + chance(EVENTS - from);
    reply->headers = STREAM;
    reply->body = stream + event_at[from];
    reply->body_len = event_at[to] - event_at[from];
    reply->chunk = chance(30);
    reply->until_close = reply->chunk == 0 && one_in(2);
    reply->bytes_per_s = one_in(3) ? 1 + chance(100) : 0;
    reply->delay_ms = one_in(3) ? chance(3000) : 0;
    if (one_in(2)) {
        reply->end = (enum midge_sim_end)(1 + chance(3));
        reply->cut_at = chance(200);
    }
}

static void any_other(struct midge_sim_reply *reply)
{
    static const struct midge_sim_reply others[] = {
        {.status = 503, .headers = "Retry-After: 5\r\n"},
        {.status = 500, .body = "data: no\n\n", .close = 1},
        {.status = 429},
        {.raw = "nonsense\r\n\r\n"},
        {.raw = "HTTP/1.1 200 OK\r\n" STREAM "\r\nretry: 50\n", .forever = ":\n", .bytes_per_s = 3},
        {.raw = "HTTP/1.1 200 OK\r\n" STREAM "Transfer-Encoding: chunked\r\n\r\nzz"},
        {.status = 302, .headers = "Location: ?again\r\n"},
        {.end = MIDGE_SIM_END_STALL, .cut_at = 3},
        {.end = MIDGE_SIM_END_RESET},
        {.status = 404},
        {.headers = "Content-Type: text/html\r\n", .body = "data: no\n\n"},
    };
    const size_t n = sizeof others / sizeof others[0];
    *reply = others[chance((unsigned)(one_in(8) ? n : n - 2))];
}

static void serve(void *ctx, const struct midge_sim_request *request, struct midge_sim_reply *reply)
{
    const char *id = strstr(request->head, "Last-Event-ID: ");
    const unsigned from = id != NULL ? (unsigned)strtoul(id + 15, NULL, 10) : 0;
    (void)ctx;
    assert_true(from <= EVENTS);
    *reply = (struct midge_sim_reply){0};
    if (one_in(3)) {
        any_other(reply);
    } else if (from == EVENTS) {
        reply->status = 204;
    } else {
        any_events(reply, from);
    }
}

/* --- sources --- */

static void act(void);

static int on_event(void *ctx, const struct midge_sse_event *event)
{
    struct watcher *watcher = ctx;
    assert_true(watcher->id != 0 && !watcher->canceled);
    watcher->events++;
    total_events++;
    assert_int_equal(event->data[0], 'a');
    assert_int_equal(strtol(event->data + 1, NULL, 10), watcher->events);
    assert_int_equal(strtol(event->id, NULL, 10), watcher->events);
    (void)snprintf(watcher->last_id, sizeof watcher->last_id, "%s", event->id);
    act();
    return one_in(10) ? MIDGE_ERR_PAUSE : one_in(50) ? MIDGE_ERR_JSON : MIDGE_OK;
}

static void on_state(void *ctx, enum midge_event_source_state state,
                     const struct midge_result *last)
{
    struct watcher *watcher = ctx;
    (void)state;
    assert_true(watcher->id != 0 && !watcher->canceled);
    assert_true(last == NULL || last->error != MIDGE_OK);
    act();
}

/* A program that goes on later keeps the last id. */
static void on_end(void *ctx, midge_id id, const struct midge_result *result)
{
    struct watcher *watcher = ctx;
    assert_int_equal(id, watcher->id);
    assert_true(result->error != MIDGE_OK || watcher->events == EVENTS);
    total_ends[result->error != MIDGE_OK]++;
    (void)midge_detach(w.client, id);
    watcher->id = 0;
    n_ended++;
    memset(&watcher->source, 0xa5, sizeof watcher->source);
    act();
}

static void start_one(void)
{
    static const uint32_t limits[] = {0, 500, 5000};
    struct watcher *watcher = &watchers[chance(SOURCES)];
    if (watcher->id != 0 || n_started == STARTS) {
        return;
    }
    watcher->request = (struct midge_request){
        .url = watcher->url,
        .timeouts = {.idle_ms = limits[chance(3)], .total_ms = one_in(4) ? 2000 : 0}};
    watcher->source = (struct midge_event_source){.request = &watcher->request,
                                                  .text = watcher->text,
                                                  .text_size = sizeof watcher->text,
                                                  .on_event = on_event,
                                                  .on_state = on_state,
                                                  .ctx = watcher,
                                                  .last_id = watcher->last_id,
                                                  .first_ms = chance(2000),
                                                  .max_reconnects = (uint16_t)chance(9)};
    watcher->canceled = false;
    if (midge_event_source_start(w.client, &watcher->source, &watcher->id) == MIDGE_OK) {
        n_started++;
        assert_int_equal(midge_watch(w.client, watcher->id, on_end, watcher), MIDGE_OK);
    } else {
        watcher->id = 0;
        memset(&watcher->source, 0xa5, sizeof watcher->source);
    }
}

static void act(void)
{
    struct watcher *watcher = &watchers[chance(SOURCES)];
    if (depth++ == 0 && one_in(3)) {
        if (one_in(4)) {
            start_one();
        } else if (watcher->id != 0 && one_in(6)) {
            watcher->canceled = true;
            assert_int_equal(midge_cancel(w.client, watcher->id), MIDGE_OK);
        } else if (watcher->id != 0 && !watcher->canceled) {
            (void)midge_resume(w.client, watcher->source.current);
        }
    }
    depth--;
}

/* --- worlds --- */

static void open_any(uint64_t number)
{
    const uint16_t n = (uint16_t)(1 + chance(4));
    struct midge_config config = {.max_connections = n,
                                  .max_awaitables = (uint16_t)(2 + chance(12)),
                                  .fail_alloc = one_in(2) ? 1 + chance(100) : 0,
                                  .stats_at_close = &at_close};
    w = (struct sim_world){0};
    assert_int_equal(
        midge_sim_open(&w.sim,
                       &(struct midge_sim_config){.seed = number,
                                                  .clock_start_ms = one_in(2) ? 0xffff0000 : 0,
                                                  .trace = sim_world_line,
                                                  .ctx = &w}),
        MIDGE_OK);
    host = midge_sim_add_host(w.sim, "a.test");
    midge_sim_add_reply(host, 80, "/*", &(struct midge_sim_reply){.on_request = serve});
    midge_sim_set_path(w.sim, &(struct midge_sim_path){.latency_us = chance(50000),
                                                       .split = (uint16_t)chance(500),
                                                       .loss = one_in(2) ? 100 : 0});
    config.port = midge_sim_port(w.sim);
    config.memory_size = midge_memory_least(&config) + chance(2) * chance(20000);
    config.memory = w.block = malloc(config.memory_size);
    if (midge_open(&w.client, &config) != MIDGE_OK) {
        w.client = NULL;
    }
}

static void fail_any_call(void)
{
    if (one_in(20)) {
        (void)midge_sim_fail(w.sim, (enum midge_sim_call)chance(MIDGE_SIM_FILE), 1 + chance(5),
                             ECONNRESET, 0);
    }
}

static void run_any(void)
{
    for (unsigned minute = 0; minute < MINUTES; minute++) {
        start_one();
        fail_any_call();
        (void)midge_sim_run(w.sim, w.client, chance(60000));
        depth = 0;
        act();
    }
}

/* The rest is canceled, or the client is closed. */
static void close_any(void)
{
    const bool cancels = one_in(2);
    for (unsigned i = 0; i < SOURCES && cancels; i++) {
        if (watchers[i].id != 0) {
            (void)midge_cancel(w.client, watchers[i].id);
        }
    }
    n_started = STARTS;
    if (cancels) {
        for (int i = 0; i < 3 && midge_sim_run(w.sim, w.client, 86400000) != 0; i++) {
        }
        for (unsigned i = 0; i < SOURCES; i++) {
            assert_int_equal(watchers[i].id, 0);
        }
    }
    midge_close(w.client);
    assert_int_equal(at_close.alloc_live, 0);
}

static void run_world(uint64_t number)
{
    seed = number * 0x9e3779b97f4a7c15ULL + 1;
    n_started = n_ended = depth = 0;
    memset(watchers, 0, sizeof watchers);
    for (unsigned i = 0; i < SOURCES; i++) {
        (void)snprintf(watchers[i].url, sizeof watchers[i].url, "http://a.test/%u", i);
    }
    open_any(number);
    if (w.client != NULL) {
        run_any();
        close_any();
    }
    assert_int_equal(midge_sim_close(w.sim), 0);
    free(w.block);
}

static void worlds(void **state)
{
    const char *asked = getenv("MIDGE_WORLDS");
    unsigned from = 1, to = 300;
    (void)state;
    if (asked != NULL) {
        assert_int_equal(sscanf(asked, "%u %u", &from, &to), 2);
    }
    write_stream();
    for (unsigned number = from; number <= to; number++) {
        run_world(number);
    }
    print_message("%u worlds: %u events, %u sources ended well, %u with an error\n", to - from + 1,
                  total_events, total_ends[0], total_ends[1]);
    assert_true(asked != NULL || (total_events > 5000 && total_ends[0] > 100));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(worlds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
