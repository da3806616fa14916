/* SPDX-License-Identifier: MIT */
/*
 * The whole client against a real TLS server in the simulated network (include/midge/sim.h),
 * TLS 1.2 and 1.3. The text, cut at each 0x01, is what the server answers inside TLS, answer after
 * answer. Choices at the end: the server's version, tickets and key, a cut at a byte of either
 * direction, calls that would block or are short, one call of the port and one allocation that
 * fail, the requests.
 *
 * Each request ends once; a body that is said to be complete has the announced length; at the end
 * nothing is left, and one more request works when the faults are over.
 */
#include "fuzz.h"

#include "core/client.h"
#include "midge/midge.h"
#include "midge/sim.h"

#define HOST "a.test"

enum { REQUESTS = 4, ANSWERS = 8, DAY_MS = 86400000, POLLS_MAY_FAIL = 1000 };

struct one {
    struct midge_sink sink;
    struct midge_result result;
    unsigned dones, finishes;
    uint64_t len, announced;
    uint8_t framing;
    bool head, paused;
    midge_id id;
};

static struct world {
    struct midge_sim *sim;
    struct midge_client *client;
    struct midge_sim_host *host;
    void *block;
    struct midge_stats closed;
    struct one one[REQUESTS];
} w;

/* --- requests --- */

static int on_write(struct midge_sink *sink, const uint8_t *data, size_t len)
{
    struct one *one = (struct one *)(void *)sink;
    (void)data;
    FUZZ_CHECK(len > 0 && one->finishes == 0);
    one->len += len;
    return one->paused && one->len < 3000 ? MIDGE_ERR_PAUSE : MIDGE_OK;
}

static int on_finish(struct midge_sink *sink, int err, enum midge_complete complete)
{
    struct one *one = (struct one *)(void *)sink;
    (void)err;
    (void)complete;
    FUZZ_CHECK(one->finishes++ == 0 && one->dones == 0);
    return MIDGE_OK;
}

static int on_response(void *ctx, midge_id id, const struct midge_response *response)
{
    struct one *one = ctx;
    (void)id;
    one->framing = response->framing;
    one->announced = response->content_len;
    return MIDGE_OK;
}

static void on_done(void *ctx, const struct midge_result *result)
{
    struct one *one = ctx;
    one->result = *result;
    FUZZ_CHECK(++one->dones == 1);
}

static bool start(struct one *one, const char *url, unsigned choice)
{
    memset(one, 0, sizeof *one);
    one->sink = (struct midge_sink){.write = on_write, .finish = on_finish};
    one->head = choice % 8 == 1;
    one->paused = choice % 8 == 2;
    const struct midge_request request = {.url = url,
                                          .method = one->head ? "HEAD" : NULL,
                                          .sink = &one->sink,
                                          .ctx = one,
                                          .no_reuse = (choice & 8) != 0,
                                          .on_response = on_response,
                                          .on_done = on_done,
                                          .timeouts = {.total_ms = 60000, .idle_ms = 20000}};
    return midge_start(w.client, &request, &one->id) == MIDGE_OK;
}

static void check(const struct one *one)
{
    const struct midge_result *result = &one->result;
    bool ok = result->error == MIDGE_OK;
    if (getenv("FUZZ_SHOW") != NULL) {
        fprintf(stderr, "%s %s, status %u, %llu bytes, complete %u, TLS %u\n",
                midge_err_name(result->error), result->detail, result->status,
                (unsigned long long)one->len, result->complete, result->tls_version);
    }
    FUZZ_CHECK(one->dones == 1 && one->finishes == 1);
    FUZZ_CHECK(!ok || (result->complete != MIDGE_COMPLETE_NO && result->body_len == one->len));
    FUZZ_CHECK(!ok || result->complete == MIDGE_COMPLETE_YES); /* TLS always tells */
    if (result->complete == MIDGE_COMPLETE_YES && one->framing == MIDGE_FRAMING_LENGTH &&
        !one->head) {
        FUZZ_CHECK(one->len == one->announced);
    }
}

/* --- the world --- */

/* With ends, each connection ends in order after its answer. */
static void add_answers(struct fuzz_in text, bool ends)
{
    static struct fuzz_text kept[ANSWERS]; /* they must outlive the sim */
    for (unsigned i = 0; i < ANSWERS; i++) {
        const uint8_t *end = text.len > 0 ? memchr(text.at, 1, text.len) : NULL;
        size_t len = end != NULL ? (size_t)(end - text.at) : text.len;
        kept[i].len = 0;
        fuzz_add(&kept[i], text.at, len);
        if (len > 0) {
            const struct midge_sim_reply reply = {.raw = kept[i].ptr,
                                                  .raw_len = len,
                                                  .times = 1,
                                                  .end = ends ? MIDGE_SIM_END_FIN : MIDGE_SIM_WHOLE,
                                                  .cut_at = len};
            midge_sim_add_reply(w.host, 443, "/", &reply);
        }
        text.at += len + (end != NULL);
        text.len -= len + (end != NULL);
    }
    midge_sim_add_reply(w.host, 443, "/", &(struct midge_sim_reply){.body = "hello"});
}

static void add_server(struct fuzz_in *in)
{
    unsigned choice = fuzz_choice(in);
    const struct midge_sim_tls tls = {.max_version =
                                          (choice & 1) != 0 ? MIDGE_TLS_1_2 : MIDGE_TLS_1_3,
                                      .no_tickets = (choice & 2) != 0,
                                      .rsa = (choice & 0x1c) == 0x1c,
                                      .unknown_root = (choice & 0xe0) == 0xe0};
    w.host = midge_sim_add_host(w.sim, HOST);
    FUZZ_CHECK(midge_sim_use_tls(w.host, 443, &tls) == MIDGE_OK);
    struct midge_sim_host *healthy = midge_sim_add_host(w.sim, "b.test");
    FUZZ_CHECK(midge_sim_use_tls(healthy, 443, NULL) == MIDGE_OK);
    midge_sim_add_reply(healthy, 443, "/", &(struct midge_sim_reply){.body = "hello"});
}

/* Returns the number of the allocation that fails; 0: none. */
static unsigned add_faults(struct fuzz_in *in, bool *ends)
{
    static const int errors[] = {104, 11, 4, 32, 110, 105};
    unsigned kinds = fuzz_choice(in), n = fuzz_choice(in), more = fuzz_choice(in);
    if ((kinds & 1) != 0) {
        midge_sim_set_cut(w.host, &(struct midge_sim_cut){.kind = (enum midge_sim_cut_kind)(n % 3),
                                                          .from_client = (kinds & 2) != 0,
                                                          .at = more * 16U + n,
                                                          .nth = 1 + n / 128});
    }
    if ((kinds & 4) != 0) {
        midge_sim_set_chance(w.sim, &(struct midge_sim_chance){
                                        .would_block = 200, .short_calls = 300, .spurious = 100});
    }
    if ((kinds & 8) != 0) {
        (void)midge_sim_fail(w.sim, (enum midge_sim_call)(n % 5), 1 + more, errors[n / 8 % 6],
                             (kinds & 16) != 0);
    }
    *ends = (kinds & 64) != 0;
    return (kinds & 32) != 0 ? 1 + n * 32U + more : 0;
}

static void open_world(struct fuzz_in *in)
{
    unsigned shape = fuzz_choice(in);
    struct midge_config config = {.max_connections = (uint16_t)(1 + shape % 3),
                                  .max_awaitables = 8};
    memset(&w, 0, sizeof w);
    FUZZ_CHECK(midge_sim_open(&w.sim, &(struct midge_sim_config){.seed = shape}) == MIDGE_OK);
    add_server(in);
    config.port = midge_sim_port(w.sim);
    config.tls.ca = midge_sim_root(&config.tls.ca_len);
    config.memory_size = midge_memory_least(&config) + (shape & 0xf0) * 256U;
    config.stats_at_close = &w.closed;
    config.memory = w.block = malloc(config.memory_size);
    FUZZ_CHECK(midge_open(&w.client, &config) == MIDGE_OK);
}

/* Paused ones go on after each turn. A poll that fails at once lets no virtual time pass but its
   microsecond, so limits of seconds would need millions of turns: such a fault ends after a while.
 */
static void run(unsigned n)
{
    int live = 1;
    for (unsigned turns = 0; live > 0; turns++) {
        FUZZ_CHECK(turns < 200000);
        if (turns == POLLS_MAY_FAIL) {
            (void)midge_sim_fail(w.sim, MIDGE_SIM_POLL, 1, 0, 0);
        }
        live = midge_poll(w.client, DAY_MS);
        FUZZ_CHECK(live >= 0 || live == MIDGE_ERR_PORT);
        live = live < 0 ? 1 : live;
        for (unsigned i = 0; i < n; i++) {
            if (w.one[i].dones == 0) {
                (void)midge_resume(w.client, w.one[i].id);
            }
        }
    }
}

static void run_requests(struct fuzz_in *in)
{
    unsigned n = 1 + fuzz_choice(in) % REQUESTS;
    bool started[REQUESTS] = {false};
    for (unsigned i = 0; i < n; i++) {
        started[i] = start(&w.one[i], "https://" HOST "/", fuzz_choice(in));
    }
    run(n);
    for (unsigned i = 0; i < n; i++) {
        if (started[i]) {
            check(&w.one[i]);
        }
    }
}

static void clear_faults(void)
{
    midge_sim_set_cut(w.host, NULL);
    midge_sim_set_chance(w.sim, &(struct midge_sim_chance){0});
    for (unsigned call = 0; call < MIDGE_SIM_CALLS; call++) {
        (void)midge_sim_fail(w.sim, (enum midge_sim_call)call, 1, 0, 0);
    }
    midge__memory_fail_at(&w.client->memory, 0, false);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_in in = {data, size};
    open_world(&in);
    bool ends;
    unsigned nth = add_faults(&in, &ends);
    struct fuzz_in text = {in.at, in.len > 6 ? in.len - 6 : 0};
    add_answers(text, ends);
    if (nth > 0) {
        midge__memory_fail_at(&w.client->memory, nth, false);
    }
    run_requests(&in);
    clear_faults();
    FUZZ_CHECK(start(&w.one[0], "https://b.test/", 8));
    run(1);
    check(&w.one[0]);
    FUZZ_CHECK(w.one[0].result.error == MIDGE_OK && w.one[0].len == 5);
    (void)midge__memory_verify(&w.client->memory);
    midge_close(w.client);
    FUZZ_CHECK(w.closed.alloc_live == 0 && midge_sim_close(w.sim) == 0);
    free(w.block);
    return 0;
}
