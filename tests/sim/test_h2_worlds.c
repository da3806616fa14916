/* SPDX-License-Identifier: MIT */
/*
 * Worlds made by chance, of many streams: downloads and uploads of all sizes on connections of
 * HTTP/2, in clients of any size, with latency, lost and cut segments, servers with whims
 * (h2_whims.h), and callbacks that pause, cancel, start and close. Whatever happens: each request
 * ends once, with a defined error or all of the right bytes; no POST is processed twice, unless the
 * application allows it; windows are kept; all memory is freed; when the faults are over, a new
 * request works; and the same seed gives the same trace. MIDGE_WORLDS="FROM TO" runs these worlds.
 */
#include <midge/config.h>

#if MIDGE_WITH_HTTP2

#include <errno.h>

#include "h2_whims.h"

enum { REQUESTS = 40, STARTS = 120, ROUNDS = 50, SIZES = 12, UPLOAD_MOST = 90000 };

struct one {
    struct midge_request request;
    struct midge_sink sink;
    struct midge_buffer_source source;
    struct midge_header header;
    midge_id id;
    bool runs, pauses, repeats;
    size_t len, upload;
    unsigned serial;
    char url[48], number[16];
};

static struct sim_world w;
static struct midge_stats at_close;
static struct one ones[REQUESTS];
static uint8_t upload[UPLOAD_MOST], processed[STARTS + 1];
static unsigned n_started, n_ended, n_good, n_h2, closes, depth, world;
static bool is_wild;

/* --- the servers' answers --- */

static size_t size_of(const char *target)
{
    static const size_t sizes[SIZES] = {0,    1,    37,    300,   1000,  2047,
                                        2049, 4096, 10000, 17000, 66000, 140000};
    return sizes[strtoul(target + 1, NULL, 10) % SIZES];
}

static void on_request(void *ctx, const struct midge_sim_request *request,
                       struct midge_sim_reply *reply)
{
    const char *serial = sim_field(request->head, "X-Serial");
    (void)ctx;
    if (serial != NULL) {
        const unsigned n = (unsigned)strtoul(serial, NULL, 10);
        const char *bytes = sim_field(request->head, "X-Bytes");
        assert_true(n <= STARTS);
        processed[n]++;
        assert_non_null(bytes);
        assert_int_equal(request->body_bytes, strtoul(bytes, NULL, 10));
    }
    reply->fill = size_of(request->target);
    reply->chunk = one_in(3) ? 1 + chance(5000) : 0;
    reply->until_close = whims_rate > 0 && one_in(12);
    reply->close = whims_rate > 0 && one_in(15);
    reply->delay_ms = one_in(3) ? chance(2000) : 0;
    reply->body_ms = one_in(5) ? chance(500) : 0;
    reply->early = one_in(8);
    if (whims_rate > 0 && !reply->until_close && one_in(8)) { /* its end would look whole */
        reply->end = (enum midge_sim_end)(1 + chance(3));
        reply->cut_at = chance(20000);
    }
    if (whims_rate > 0 && one_in(10)) {
        reply->status = 503;
    }
}

/* --- callbacks --- */

static void start_any(void);

static void act(void)
{
    if (depth++ == 0 && is_wild && one_in(6)) {
        struct one *o = &ones[chance(REQUESTS)];
        const unsigned deed = chance(8);
        if (deed < 2) {
            start_any();
        } else if (deed < 4 && o->runs) {
            (void)midge_cancel(w.client, o->id);
        } else if (deed == 4 && one_in(closes)) {
            is_wild = false;
            midge_close(w.client);
        } else if (o->runs) {
            (void)midge_resume(w.client, o->id);
        }
    }
    depth--;
}

static int on_write(struct midge_sink *sink, const uint8_t *data, size_t len)
{
    struct one *o = (struct one *)(void *)((char *)sink - offsetof(struct one, sink));
    assert_true(o->runs && len > 0);
    for (size_t i = 0; i < len; i++) {
        assert_int_equal(data[i], midge_sim_fill(o->len + i));
    }
    o->len += len;
    act();
    return is_wild && o->pauses && one_in(4) ? MIDGE_ERR_PAUSE : MIDGE_OK;
}

static int on_reset(struct midge_sink *sink)
{
    ((struct one *)(void *)((char *)sink - offsetof(struct one, sink)))->len = 0;
    return MIDGE_OK;
}

static int on_response(void *ctx, midge_id id, const struct midge_response *response)
{
    (void)ctx, (void)id, (void)response;
    act();
    return MIDGE_OK;
}

static void on_done(void *ctx, const struct midge_result *result)
{
    struct one *o = ctx;
    assert_true(o->runs);
    assert_string_not_equal(midge_err_name(result->error), "UNKNOWN");
    if (result->error == MIDGE_OK) {
        assert_int_equal(result->complete, MIDGE_COMPLETE_YES);
        assert_int_equal(o->len, size_of(o->url + strlen("http://a.test")));
        n_good++;
    }
    o->runs = false;
    n_ended++;
    n_h2 += result->stream_id > 0;
    if (o->upload > 0 && !o->repeats && processed[o->serial] > 1) {
        fail_msg("world %u: a POST was processed %u times", world, processed[o->serial]);
    }
    act();
}

static void dress_upload(struct one *o)
{
    static struct midge_header headers[REQUESTS][2];
    static char bytes[REQUESTS][16];
    const size_t i = (size_t)(o - ones);
    o->upload = 1 + (one_in(3) ? chance(UPLOAD_MOST - 1) : chance(300));
    (void)snprintf(o->number, sizeof o->number, "%u", o->serial);
    (void)snprintf(bytes[i], sizeof bytes[i], "%u", (unsigned)o->upload);
    headers[i][0] = (struct midge_header){"X-Serial", o->number};
    headers[i][1] = (struct midge_header){"X-Bytes", bytes[i]};
    o->request.headers = headers[i];
    o->request.n_headers = 2;
    o->request.method = "POST";
    if (one_in(2)) {
        midge_buffer_source_init(&o->source, upload, o->upload);
        o->request.source = &o->source.source;
    } else {
        o->request.body = upload;
        o->request.body_len = o->upload;
    }
}

static void start_any(void)
{
    static const struct midge_retry retry = {.max = 3, .all_errors = 1, .first_ms = 50};
    struct one *o = &ones[chance(REQUESTS)];
    if (o->runs || n_started >= STARTS) {
        return;
    }
    *o = (struct one){.serial = ++n_started, .pauses = one_in(4), .repeats = one_in(4)};
    (void)snprintf(o->url, sizeof o->url, "http://%c.test/%u", one_in(4) ? 'b' : 'a',
                   chance(SIZES));
    o->sink = (struct midge_sink){.write = on_write, .reset = on_reset};
    o->request = (struct midge_request){.url = o->url,
                                        .sink = &o->sink,
                                        .ctx = o,
                                        .on_response = on_response,
                                        .on_done = on_done,
                                        .no_reuse = one_in(20),
                                        .retry = o->repeats ? &retry : NULL};
    o->request.timeouts.total_ms = one_in(4) ? 1 + chance(8000) : 60000;
    if (one_in(3)) {
        dress_upload(o);
    }
    o->runs = true;
    o->runs = midge_start(w.client, &o->request, &o->id) == MIDGE_OK;
}

/* --- worlds --- */

static void any_network(void)
{
    midge_sim_set_path(w.sim, &(struct midge_sim_path){.latency_us = chance(60000),
                                                       .jitter_us = one_in(2) ? chance(9000) : 0,
                                                       .split = (uint16_t)chance(300),
                                                       .bytes_per_s = one_in(3) ? 200000 : 0,
                                                       .loss = one_in(5) ? 30 : 0});
    if (one_in(3)) {
        midge_sim_set_chance(w.sim, &(struct midge_sim_chance){.would_block = 100,
                                                               .short_calls = 200,
                                                               .spurious = 100,
                                                               .interrupted = 100});
    }
}

static struct midge_sim_host *add_host(const char *name)
{
    struct midge_sim_host *host = midge_sim_add_host(w.sim, name);
    midge_sim_add_reply(host, 80, "*", &(struct midge_sim_reply){.on_request = on_request});
    assert_int_equal(midge__sim_listen(w.sim, name, 80, &whims_type, midge__sim_site(host, 80)),
                     MIDGE_OK);
    return host;
}

static bool open_any(uint64_t number)
{
    const struct midge_sim_config sim = {.seed = number, .trace = sim_world_line, .ctx = &w};
    struct midge_config config = {.http = MIDGE_HTTP_2_PRIOR,
                                  .max_connections = (uint16_t)(1 + chance(4)),
                                  .max_transfers = (uint16_t)(one_in(3) ? 1 + chance(20) : 0),
                                  .max_awaitables = (uint16_t)(4 + chance(60)),
                                  .turn_steps = one_in(4) ? 1 + chance(4) : 0,
                                  .turn_bytes = one_in(4) ? 1 + chance(3000) : 0,
                                  .keep_alive_ms = one_in(3) ? 1 + chance(500) : 0,
                                  .fail_alloc = one_in(4) ? 1 + chance(400) : 0,
                                  .stats_at_close = &at_close};
    w = (struct sim_world){0};
    assert_int_equal(midge_sim_open(&w.sim, &sim), MIDGE_OK);
    struct midge_sim_host *host = add_host("a.test");
    (void)add_host("b.test");
    if (one_in(4)) {
        midge_sim_set_cut(host, &(struct midge_sim_cut){.kind = (enum midge_sim_cut_kind)chance(3),
                                                        .from_client = one_in(2),
                                                        .at = chance(30000),
                                                        .nth = 1 + chance(3)});
    }
    any_network();
    config.memory_size = midge_memory_least(&config) + (one_in(2) ? chance(6000) : chance(400000));
    config.port = midge_sim_port(w.sim);
    config.memory = w.block = malloc(config.memory_size);
    if (midge_open(&w.client, &config) != MIDGE_OK) {
        w.client = NULL;
    }
    return w.client != NULL;
}

static unsigned running(void)
{
    unsigned n = 0;
    for (unsigned i = 0; i < REQUESTS; i++) {
        n += ones[i].runs;
    }
    return n;
}

/* False: a callback has closed the client. */
static bool run_wild(void)
{
    for (unsigned i = 0; i < ROUNDS; i++) {
        for (unsigned n = chance(8); n > 0; n--) {
            start_any();
        }
        if (one_in(10)) {
            (void)midge_sim_fail(w.sim, (enum midge_sim_call)chance(MIDGE_SIM_FILE), 1 + chance(5),
                                 one_in(2) ? ECONNRESET : ENOMEM, 0);
        }
        depth = 0;
        (void)midge_sim_run(w.sim, w.client, chance(400));
        act();
        if (!is_wild) {
            return false;
        }
    }
    return true;
}

static void calm(void)
{
    is_wild = false;
    n_started = STARTS;
    for (unsigned i = 0; i < 2000 && running() > 0; i++) {
        for (unsigned k = 0; k < REQUESTS; k++) {
            if (ones[k].runs) {
                (void)midge_resume(w.client, ones[k].id);
            }
        }
        (void)midge_sim_run(w.sim, w.client, 1000);
    }
    if (running() > 0) {
        fail_msg("world %u does not end", world);
    }
}

/* The faults are over: a new request works, on the servers as they are. */
static void next_works(void)
{
    struct sim_get get;
    whims_rate = 0;
    midge_sim_set_chance(w.sim, &(struct midge_sim_chance){0});
    midge_sim_set_cut(midge_sim_add_host(w.sim, "a.test"), NULL);
    for (int call = 0; call < MIDGE_SIM_CLOCK; call++) {
        (void)midge_sim_fail(w.sim, (enum midge_sim_call)call, 1, 0, 0);
    }
    for (int tries = 0; tries < 2; tries++) { /* the allocation that fails may be its own */
        sim_get_init(&w, &get, "http://a.test/3");
        get.request.sink = NULL;
        get.request.no_reuse = 1;
        if (midge_start(w.client, &get.request, NULL) == MIDGE_OK) {
            (void)midge_sim_run(w.sim, w.client, 86400000);
        }
        if (get.dones == 1 && get.result.error != MIDGE_ERR_NO_MEMORY) {
            break;
        }
    }
    if (get.dones != 1 || get.result.error != MIDGE_OK || get.result.body_len != 300) {
        fail_msg("world %u: the next request: %s, %s", world, midge_err_name(get.result.error),
                 get.result.detail != NULL ? get.result.detail : "");
    }
}

static uint64_t run_world(unsigned number)
{
    seed = number * UINT64_C(0x9e3779b97f4a7c15) + 1;
    world = number;
    memset(ones, 0, sizeof ones);
    memset(processed, 0, sizeof processed);
    n_started = depth = 0;
    closes = 1 + chance(40);
    whims_rate = one_in(4) ? 0 : 2 + chance(40);
    is_wild = true;
    if (open_any(number)) {
        if (run_wild()) {
            calm();
            next_works();
            midge_close(w.client);
        }
        assert_int_equal(running(), 0);
        assert_int_equal(at_close.alloc_live, 0);
    }
    const uint64_t hash = midge_sim_hash(w.sim);
    assert_int_equal(midge_sim_close(w.sim), 0);
    free(w.block);
    return hash;
}

static void worlds(void **state)
{
    const char *asked = getenv("MIDGE_WORLDS");
    unsigned from = 1, to = 300;
    (void)state;
    if (asked != NULL) {
        assert_int_equal(sscanf(asked, "%u %u", &from, &to), 2);
    }
    for (unsigned number = from; number <= to; number++) {
        const uint64_t hash = run_world(number);
        if (number % 16 == 0) {
            assert_int_equal(hash, run_world(number));
        }
    }
    print_message("%u worlds: %u requests ended, %u well, %u by HTTP/2; %u streams refused, %u "
                  "reset, %u GOAWAY, %u SETTINGS\n",
                  to - from + 1, n_ended, n_good, n_h2, whims_refused, whims_reset, whims_away,
                  whims_settings);
    assert_true(asked != NULL || (n_good > 3000 && whims_refused > 50 && whims_reset > 50 &&
                                  whims_away > 50 && whims_settings > 200));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(worlds)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

int main(void)
{
    return 0;
}

#endif
