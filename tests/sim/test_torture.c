/* SPDX-License-Identifier: MIT */
/*
 * Torture: each allocation fails, each call of the port fails with each errno, connections end at
 * each byte, calls end at each byte, requests are canceled and clients closed after each step. What
 * must hold after each: torture.h. Arguments: the tests to run.
 */
#include <errno.h>

#include "torture.h"

/* Of the points one in so many is tried, of dear ones fewer; of cuts, splits, calls and allocations
   four times as many. Over HTTP/2 each takes more, and the same client is tried over HTTP/1.1. */
#define PLAIN_PART (TORTURE_HTTP2 ? 320 : 64)
#define TLS_PART   (TORTURE_HTTP2 ? 960 : 240)
#define EASY_PART  8

static struct trial trial;

static void name_point(enum scene scene, const char *kind, unsigned long a, unsigned long b)
{
    (void)snprintf(torture_point, sizeof torture_point, "%s, %s %lu %lu", scene_names[scene], kind,
                   a, b);
}

static unsigned part_of(enum scene scene)
{
    return torture_is_tls(scene) ? TLS_PART : PLAIN_PART;
}

/* A trial without a fault, up to its end. */
static void run_whole(enum scene scene)
{
    name_point(scene, "no fault", 0, 0);
    trial_open(&trial, scene, NULL, NULL);
    assert_int_equal(trial.open_error, MIDGE_OK);
    trial_start(&trial);
    trial_run(&trial);
    trial_take(&trial);
    trial.harmless = true; /* trial_check holds it to that */
}

static void end_whole(void)
{
    trial_check(&trial);
    trial_close(&trial);
}

/* --- memory --- */

static uint64_t count_allocs(enum scene scene)
{
    struct midge_stats stats;
    run_whole(scene);
    midge_client_stats(trial.w.client, &stats);
    end_whole();
    return stats.alloc_calls;
}

static void allocs(void **state)
{
    (void)state;
    for (int scene = 0; scene < SCENES; scene++) {
        uint64_t n = count_allocs((enum scene)scene);
        for (uint32_t nth = 1; nth <= n; nth++) {
            for (int sticky = 0; sticky < 2; sticky++) {
                if (torture_chosen(part_of((enum scene)scene) / 4)) {
                    const struct midge_config config = {.fail_alloc = nth,
                                                        .fail_alloc_sticky = (uint8_t)sticky};
                    name_point((enum scene)scene, sticky ? "allocation from" : "allocation", nth,
                               0);
                    trial_open(&trial, (enum scene)scene, &config, NULL);
                    trial_do(&trial, !sticky);
                }
            }
        }
    }
    torture_report("allocations");
}

/* Blocks of all sizes from the least on: a request succeeds, and so does the next one. */
static void blocks(void **state)
{
    (void)state;
    for (int scene = 0; scene <= TLS13; scene++) {
        struct midge_config config = {.max_connections = 4,
                                      .http = torture_http((enum scene)scene)};
        torture_trust((enum scene)scene, &config.tls);
        size_t least = midge_memory_least(&config), most = midge_memory_needed(&config) + 8192;
        size_t step = torture_is_tls((enum scene)scene) ? 4001 : 97;
        step = TORTURE_HTTP2 ? step * 20 + 1 : step; /* windows of many streams take much */
        for (size_t size = least; size <= most; size += size < least + 40 ? 1 : step) {
            if (torture_chosen(EASY_PART)) {
                config.memory_size = size;
                name_point((enum scene)scene, "block of", size, 0);
                trial_open(&trial, (enum scene)scene, &config, NULL);
                trial.harmless = true;
                trial_do(&trial, true);
            }
        }
    }
    torture_report("blocks");
}

/* --- 100 mixed requests in a block of any size --- */

enum { MIXED = 100 };

static unsigned mixed_done, mixed_good;

static void mixed_on_done(void *ctx, const struct midge_result *result)
{
    (void)ctx;
    MUST(result->error == MIDGE_OK || result->error == MIDGE_ERR_NO_MEMORY, "an error",
         result->error, result->native);
    MUST(result->error != MIDGE_OK || result->body_len == TORTURE_BODY, "a wrong length",
         result->body_len, 0);
    mixed_done++;
    mixed_good += result->error == MIDGE_OK;
}

/* There may be no room for one more that waits; there is when others have ended. */
static void mixed_start(const struct midge_request *request)
{
    int err = MIDGE_OK;
    for (int i = 0; i < 100000; i++) {
        err = midge_start(trial.w.client, request, NULL);
        if (err != MIDGE_ERR_NO_MEMORY && err != MIDGE_ERR_NO_SLOT) {
            break;
        }
        (void)midge_poll(trial.w.client, -1);
    }
    MUST(err == MIDGE_OK, "start", err, 0);
}

static void run_mixed(void)
{
    static uint8_t body[1000];
    static const char *const urls[] = {"http://a.test/", "https://a.test/", "http://b.test/",
                                       "http://b.test/?more"};
    mixed_done = mixed_good = 0;
    midge_sim_add_reply(trial.host, 80, "/", &(struct midge_sim_reply){.fill = TORTURE_BODY});
    midge_sim_add_reply(midge_sim_add_host(trial.w.sim, "b.test"), 80, "/",
                        &(struct midge_sim_reply){.fill = TORTURE_BODY, .chunk = 70});
    for (unsigned i = 0; i < MIXED; i++) {
        struct midge_request request = {.url = urls[i % 4], .on_done = mixed_on_done};
        request.body = i % 5 == 0 ? body : NULL;
        request.body_len = i % 5 == 0 ? sizeof body : 0;
        request.method = i % 5 == 0 ? "PUT" : NULL;
        mixed_start(&request);
    }
    trial_run(&trial);
    MUST(mixed_done == MIXED, "completions", mixed_done, MIXED);
}

static void mixed(void **state)
{
    struct midge_config config = {.max_connections = 4, .http = torture_http(TLS13)};
    (void)state;
    config.tls.ca = midge_sim_root(&config.tls.ca_len);
    size_t least = midge_memory_least(&config), most = midge_memory_needed(&config);
    for (size_t size = least; size <= most; size += size < least + 16 ? 1 : (most - least) / 60) {
        if (torture_chosen(1)) {
            config.memory_size = size;
            name_point(TLS13, "100 requests in a block of", size, 0);
            trial_open(&trial, TLS13, &config, NULL);
            assert_int_equal(trial.open_error, MIDGE_OK);
            run_mixed();
            trial_close(&trial);
        }
    }
    MUST(mixed_good == MIXED, "not all of them in the recommended block", mixed_good, MIXED);
    torture_report("blocks with 100 requests");
}

/* --- the port's calls --- */

static void fail_calls(enum scene scene, enum midge_sim_call call, uint32_t n)
{
    static const int errors[] = {EINTR,   EAGAIN,    ENOMEM,       EMFILE,      ECONNRESET,
                                 EPIPE,   ETIMEDOUT, ECONNREFUSED, ENETUNREACH, EBADF,
                                 ENOBUFS, EIO,       EHOSTUNREACH, ECONNABORTED};
    for (uint32_t nth = 1; nth <= n; nth++) {
        for (size_t e = 0; e < sizeof errors / sizeof errors[0]; e++) {
            for (int sticky = 0; sticky < 2; sticky++) {
                bool endless = sticky && (errors[e] == EINTR || errors[e] == EAGAIN);
                if (endless || !torture_chosen(part_of(scene) / 4)) {
                    continue; /* a poll that never waits stops everything but the clock */
                }
                name_point(scene, sticky ? "call from" : "call",
                           (unsigned long)call * 1000000 + nth, (unsigned long)errors[e]);
                trial_open(&trial, scene, NULL, NULL);
                assert_int_equal(midge_sim_fail(trial.w.sim, call, nth, errors[e], sticky),
                                 MIDGE_OK);
                trial.harmless = call != MIDGE_SIM_CONNECT && call != MIDGE_SIM_RESOLVE &&
                                 call != MIDGE_SIM_FILE &&
                                 (errors[e] == EINTR || errors[e] == EAGAIN);
                trial_do(&trial, true);
            }
        }
    }
}

static void calls(void **state)
{
    (void)state;
    for (int scene = 0; scene < SCENES; scene++) {
        uint32_t n[MIDGE_SIM_CLOCK];
        run_whole((enum scene)scene);
        for (int call = 0; call < MIDGE_SIM_CLOCK; call++) {
            n[call] = midge_sim_calls(trial.w.sim, (enum midge_sim_call)call);
        }
        end_whole();
        for (int call = 0; call < MIDGE_SIM_CLOCK; call++) {
            fail_calls((enum scene)scene, (enum midge_sim_call)call, n[call]);
        }
    }
    torture_report("calls");
}

/* --- bytes --- */

/* Over HTTP/2 what a FIN cuts is asked for once more. */
static bool asks_again(enum scene scene)
{
    return TORTURE_HTTP2 || scene == RETRY || scene == HOOK || scene == RATE || scene == EVENTS ||
           scene == DIGEST || scene == COOKIES || scene == DOWNLOAD || scene == SLICES ||
           scene == FORM;
}

/* Every byte of one direction, until there is no such byte. */
static void cut_all(enum scene scene, enum midge_sim_cut_kind kind, int from_client)
{
    static const char *const kinds[] = {"reset at", "fin at", "stall at"};
    for (uint64_t at = 0;; at++) {
        if (torture_chosen(part_of(scene) / 4)) {
            name_point(scene, kinds[kind], (unsigned long)at, (unsigned long)from_client);
            trial_open(&trial, scene, NULL, NULL);
            const struct midge_sim_cut cut = {
                .kind = kind, .from_client = (uint8_t)from_client, .at = at};
            midge_sim_set_cut(trial.host, &cut);
            trial.fin = kind == MIDGE_SIM_CUT_FIN;
            trial_start(&trial);
            trial_run(&trial);
            bool over = trial.w.found == 0;
            trial_take(&trial);
            trial_check(&trial);
            /* Else the next request is cut. A stalled connection may be kept, and so may the one of
               a repeat, which is cut at the same byte. */
            if (!over) {
                trial_next(&trial, kind == MIDGE_SIM_CUT_STALL || asks_again(scene));
            }
            trial_close(&trial);
            if (over) {
                return;
            }
        }
    }
}

static void cuts(void **state)
{
    (void)state;
    for (int scene = 0; scene < SCENES; scene++) {
        for (int kind = 0; kind < 3; kind++) {
            cut_all((enum scene)scene, (enum midge_sim_cut_kind)kind, 0);
            cut_all((enum scene)scene, (enum midge_sim_cut_kind)kind, 1);
        }
    }
    torture_report("cuts");
}

static void split(enum scene scene, uint64_t a, uint64_t b)
{
    const uint64_t at[2] = {a, b};
    name_point(scene, "split at", (unsigned long)a, (unsigned long)b);
    trial_open(&trial, scene, NULL, NULL);
    midge_sim_set_splits(trial.host, 0, at, b > 0 ? 2 : 1);
    midge_sim_set_splits(trial.host, 1, at, b > 0 ? 2 : 1);
    trial.harmless = true;
    trial_do(&trial, false);
}

static void splits(void **state)
{
    (void)state;
    for (int scene = 0; scene < SCENES; scene++) {
        unsigned bytes = torture_is_tls((enum scene)scene) ? 2500 : 400;
        for (unsigned a = 1; a < bytes; a++) {
            if (torture_chosen(part_of((enum scene)scene) / 4)) {
                split((enum scene)scene, a, 0);
            }
        }
    }
    for (unsigned a = 1; a < 200; a++) {
        for (unsigned b = a + 1; b <= 200; b++) {
            if (torture_chosen(EASY_PART)) {
                split(PLAIN, a, b);
            }
        }
    }
    torture_report("splits");
}

static void slices(void **state)
{
    (void)state;
    for (int scene = 0; scene < SCENES; scene++) {
        for (uint32_t n = 1; n <= 32; n++) {
            if (torture_chosen(part_of((enum scene)scene) / 10)) {
                name_point((enum scene)scene, "slices of", n, 0);
                trial_open(&trial, (enum scene)scene, NULL, NULL);
                midge_sim_set_chance(trial.w.sim,
                                     &(struct midge_sim_chance){.recv_most = n, .send_most = n});
                trial.harmless = true;
                trial_do(&trial, true);
            }
        }
    }
    torture_report("slices");
}

/* --- chance --- */

static void noise(void **state)
{
    (void)state;
    for (int scene = 0; scene < SCENES; scene++) {
        for (uint64_t number = 1; number <= 200; number++) {
            if (!torture_chosen(part_of((enum scene)scene) / 4)) {
                continue;
            }
            const struct midge_sim_config sim = {.seed = number};
            name_point((enum scene)scene, "noise of seed", number, 0);
            trial_open(&trial, (enum scene)scene, NULL, &sim);
            midge_sim_set_path(trial.w.sim, &(struct midge_sim_path){
                                                .latency_us = 100, .jitter_us = 100, .split = 500});
            midge_sim_set_chance(trial.w.sim, &(struct midge_sim_chance){.would_block = 300,
                                                                         .short_calls = 500,
                                                                         .spurious = 300,
                                                                         .interrupted = 300});
            trial.harmless = true;
            trial_do(&trial, true);
        }
    }
    torture_report("noise");
}

/* --- time and names --- */

/* The server is silent. Returns when its requests have ended, in virtual milliseconds. */
static uint64_t end_of_silence(enum scene scene, uint32_t clock_start_ms)
{
    const struct midge_config config = {.timeouts.total_ms = 8000};
    const struct midge_sim_config sim = {.seed = 1, .clock_start_ms = clock_start_ms};
    trial_open(&trial, scene, &config, &sim);
    midge_sim_set_cut(trial.host, &(struct midge_sim_cut){.kind = MIDGE_SIM_CUT_STALL});
    trial_start(&trial);
    trial_run(&trial);
    uint64_t ms = midge_sim_now_ms(trial.w.sim);
    trial_take(&trial);
    trial_check(&trial);
    trial_close(&trial);
    return ms;
}

/* Limits come at their time, wherever the clock wraps. */
static void wrap_in_silence(enum scene scene)
{
    name_point(scene, "silence", 0, 0);
    const uint64_t expected = end_of_silence(scene, 1);
    for (uint32_t before = 0; before < 8000; before += 333) {
        if (torture_chosen(part_of(scene) / 10)) {
            name_point(scene, "silence, wrap after", before, 0);
            uint64_t ms = end_of_silence(scene, (before % 2 ? UINT32_MAX : INT32_MAX) - before);
            MUST(ms == expected, "a limit that came at another time", ms, expected);
        }
    }
}

static void clocks(void **state)
{
    (void)state;
    for (int scene = 0; scene < SCENES; scene++) {
        wrap_in_silence((enum scene)scene);
        for (uint32_t before = 0; before < 400; before += 7) {
            if (!torture_chosen(part_of((enum scene)scene) / 10)) {
                continue;
            }
            const struct midge_sim_config sim = {
                .clock_start_ms = (before % 2 ? UINT32_MAX : INT32_MAX) - before};
            name_point((enum scene)scene, "wrap after", before, 0);
            trial_open(&trial, (enum scene)scene, NULL, &sim);
            midge_sim_set_path(trial.w.sim, &(struct midge_sim_path){.latency_us = 20000});
            trial.harmless = true;
            trial_do(&trial, true);
        }
    }
    torture_report("clocks that wrap");
}

static struct midge_sim_name name_at(unsigned n)
{
    switch (n) {
    case 0:
        return (struct midge_sim_name){.in_call = 1};
    case 1:
        return (struct midge_sim_name){.silent = 1};
    case 2:
        return (struct midge_sim_name){.ms = 9999};
    case 3:
        return (struct midge_sim_name){.ms = 10000}; /* as the request's limit */
    case 4:
        return (struct midge_sim_name){.error = 4};
    default:
        return (struct midge_sim_name){.error = 4, .in_call = 1};
    }
}

static void names(void **state)
{
    (void)state;
    for (int scene = 0; scene < SCENES; scene++) {
        for (unsigned n = 0; n < 6; n++) {
            if (torture_chosen(1)) {
                const struct midge_sim_name name = name_at(n);
                name_point((enum scene)scene, "name", n, 0);
                trial_open(&trial, (enum scene)scene, NULL, NULL);
                midge_sim_set_name(trial.host, &name);
                trial_start(&trial);
                trial_run(&trial);
                trial_take(&trial);
                trial_check(&trial);
                midge_sim_set_name(trial.host, &(struct midge_sim_name){0});
                trial_next(&trial, false);
                trial_close(&trial);
            }
        }
    }
    torture_report("names");
}

/* --- after each turn --- */

enum deed { CANCEL, CLOSE, JUMP_DAYS, JUMP_WRAP, JUMP_DATE, DEEDS };

static void act(enum deed deed)
{
    const uint64_t day_ns = 86400ULL * 1000000000ULL;
    switch (deed) {
    case CANCEL:
        for (unsigned i = 0; i < trial.n_gets; i++) {
            (void)midge_cancel(trial.w.client, trial.ids[i]);
        }
        (void)midge_cancel(trial.w.client, trial.events.id);
        (void)midge_cancel(trial.w.client, trial.paths.slices_id);
        break;
    case JUMP_DAYS:
        midge_sim_charge(trial.w.sim, 13 * day_ns);
        break;
    case JUMP_WRAP:
        midge_sim_charge(trial.w.sim, 4294967000ULL * 1000000ULL);
        break;
    case JUMP_DATE:
        midge_sim_set_date(trial.w.sim, 1900000000);
        break;
    default:
        break;
    }
}

/* Does the deed after so many turns. False: all had ended before. */
static bool after_turns(enum scene scene, enum deed deed, unsigned turns)
{
    int live = 1;
    name_point(scene, "after turn", turns, (unsigned long)deed);
    trial_open(&trial, scene, NULL, NULL);
    trial.drop = deed == CLOSE;
    trial_start(&trial);
    for (unsigned n = 0; n < turns && live > 0; n++) {
        live = midge_poll(trial.w.client, -1);
    }
    if (deed == CLOSE) {
        midge_close(trial.w.client);
        trial.w.client = NULL;
        for (unsigned i = 0; i < trial.n_gets && scene != GATHER; i++) {
            MUST(trial.gets[i].dones == 1, "completions", trial.gets[i].dones, 1);
        }
        MUST(trial.at_close.alloc_live == 0, "memory that leaked", trial.at_close.alloc_live, 0);
        MUST(midge_sim_close(trial.w.sim) == 0, "sockets, lookups or files left open", 0, 0);
        free(trial.w.block);
    } else {
        act(deed);
        trial_run(&trial);
        trial_take(&trial);
        trial_check(&trial);
        trial_next(&trial, false);
        trial_close(&trial);
    }
    return live > 0;
}

static void turns(void **state)
{
    (void)state;
    for (int scene = 0; scene < SCENES; scene++) {
        for (int deed = 0; deed < DEEDS; deed++) {
            bool more = true;
            for (unsigned n = 0; more; n++) {
                if (torture_chosen(part_of((enum scene)scene) / 10)) {
                    more = after_turns((enum scene)scene, (enum deed)deed, n);
                }
            }
        }
    }
    torture_report("deeds after each turn");
}

/* --- inside each callback --- */

enum callback { ON_SEND, ON_RESPONSE, ON_WRITE, ON_FINISH, ON_READ, ON_DONE, CALLBACKS };

static enum callback where;
static enum deed inside;
static bool acted;

static void came(enum callback callback)
{
    if (callback != where || acted) {
        return;
    }
    acted = true;
    if (inside == CLOSE) {
        midge_close(trial.w.client);
    } else {
        act(inside);
    }
}

static void on_send(void *ctx, midge_id id, const char *method, const char *url)
{
    (void)ctx;
    (void)id;
    (void)method;
    (void)url;
    came(ON_SEND);
}

static int on_response(void *ctx, midge_id id, const struct midge_response *response)
{
    (void)ctx;
    (void)id;
    (void)response;
    came(ON_RESPONSE);
    return MIDGE_OK;
}

static int on_write(struct midge_sink *sink, const uint8_t *data, size_t len)
{
    (void)sink;
    (void)data;
    (void)len;
    came(ON_WRITE);
    return MIDGE_OK;
}

static int on_finish(struct midge_sink *sink, int err, enum midge_complete complete)
{
    (void)sink;
    (void)err;
    (void)complete;
    came(ON_FINISH);
    return MIDGE_OK;
}

static int on_read(struct midge_source *source, uint8_t *buf, size_t cap, size_t *n)
{
    came(ON_READ);
    *n = cap < (size_t)source->length ? cap : (size_t)source->length;
    source->length -= (int64_t)*n;
    memset(buf, 'u', *n);
    return *n > 0 ? MIDGE_OK : MIDGE_ERR_EOF;
}

static void on_done(void *ctx, const struct midge_result *result)
{
    struct sim_get *get = ctx;
    get->result = *result;
    get->dones++;
    came(ON_DONE);
}

static void run_inside(enum scene scene)
{
    struct midge_sink sink = {.write = on_write, .finish = on_finish};
    struct midge_source source = {.read = on_read, .length = TORTURE_UPLOAD};
    struct sim_get *get = &trial.gets[0];
    trial_open(&trial, scene, NULL, NULL);
    sim_get_init(&trial.w, get, trial_url(&trial));
    get->request.sink = &sink;
    get->request.source = where == ON_READ ? &source : NULL;
    get->request.on_send = on_send;
    get->request.on_response = on_response;
    get->request.on_done = on_done;
    acted = false;
    trial.n_gets = 1;
    assert_int_equal(midge_start(trial.w.client, &get->request, &trial.ids[0]), MIDGE_OK);
    int live = 1;
    for (int i = 0; i < 3 && live > 0; i++) { /* the jumps are longer than a run */
        live = midge_sim_run(trial.w.sim, trial.w.client, 86400000);
    }
    MUST(live == 0 || (live == MIDGE_ERR_CLOSED && inside == CLOSE), "live", live, 0);
    MUST(acted, "the callback never came", where, 0);
    MUST(get->dones == 1, "completions", get->dones, 1);
    if (inside != CLOSE) {
        trial_next(&trial, false);
        midge_close(trial.w.client);
    }
    MUST(trial.at_close.alloc_live == 0, "memory that leaked", trial.at_close.alloc_live, 0);
    MUST(midge_sim_close(trial.w.sim) == 0, "sockets, lookups or files left open", 0, 0);
    free(trial.w.block);
}

static void callbacks(void **state)
{
    (void)state;
    for (int scene = 0; scene < SCENES; scene++) {
        for (int deed = 0; deed < DEEDS; deed++) {
            for (int callback = 0; callback < CALLBACKS; callback++) {
                if (scene == MISPINNED && callback != ON_DONE) {
                    continue; /* nothing of it is sent */
                }
                if (torture_chosen(1)) {
                    where = (enum callback)callback;
                    inside = (enum deed)deed;
                    name_point((enum scene)scene, "in callback", (unsigned long)callback,
                               (unsigned long)deed);
                    run_inside((enum scene)scene);
                }
            }
        }
    }
    torture_report("deeds in each callback");
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(allocs), cmocka_unit_test(blocks),    cmocka_unit_test(calls),
        cmocka_unit_test(cuts),   cmocka_unit_test(splits),    cmocka_unit_test(slices),
        cmocka_unit_test(noise),  cmocka_unit_test(clocks),    cmocka_unit_test(names),
        cmocka_unit_test(turns),  cmocka_unit_test(callbacks), cmocka_unit_test(mixed),
    };
    if (argc > 1) {
        cmocka_set_test_filter(argv[1]);
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
