/* SPDX-License-Identifier: MIT */
/* Features of a request that meet: holds and limits of time, hooks and taken awaitables, redirects
   and repeats, repeats and compressed bodies. Each test was a fault. */
#include "rate_world.h"

static const struct midge_retry once = {.max = 1, .fixed_ms = 1000};

/* --- holds --- */

/* The limit of a held request is over shortly before the hold, and the client sees both at once:
   with the request its origin ends, which has the hold's timer. */
static void held_until_its_limit(void **state)
{
    (void)state;
    open_with(&(struct midge_config){.rate = &ten, .no_sessions = 1});
    reply("a.test", "/busy",
          &(struct midge_sim_reply){
              .status = 429, .headers = "Retry-After: 5\r\n", .body = "later", .close = 1});
    start_all("a.test/busy", 1);
    run_for(500);
    struct ask *held = prepare("a.test/");
    held->get.request.timeouts.total_ms = 3000;
    start(held);
    run_for(1000);
    assert_int_equal(held->get.dones, 0);
    midge_sim_charge(w.sim, 10000000000ULL);
    sim_world_run(&w);
    sim_get_ended(&asks[0].get, MIDGE_OK, 429, "later");
    sim_get_ended(&held->get, MIDGE_ERR_TIMEOUT, 0, "");
    start_all("b.test/", 1);
    sim_world_run(&w);
    sim_get_ended(&asks[2].get, MIDGE_OK, 200, "ok");
    midge_sim_advance(w.sim, 20000);
    run_for(20000);
}

/* A hook has no memory at first: the request goes back to the queue, and its token too. */
static int short_of_memory(struct midge_hook *hook, struct midge_hop *hop)
{
    (void)hop;
    if (hook->keep_headers == NULL) {
        hook->keep_headers = "ETag";
        return MIDGE_ERR_NO_MEMORY;
    }
    return MIDGE_OK;
}

static void token_comes_back(void **state)
{
    static const struct midge_rate slow = {.requests = 1, .interval_ms = 60000};
    struct midge_hook hook = {.on_send = short_of_memory};
    (void)state;
    open_with(&(struct midge_config){.rate = &slow, .hooks = &hook});
    start_all("a.test/", 1);
    all_ok();
    sent_at(0, 0);
}

/* --- hooks --- */

static midge_id awaited;

static int repeats_after(struct midge_hook *hook, struct midge_hop *hop,
                         const struct midge_response *response)
{
    (void)hook;
    return response->status == 401 ? midge_hop_repeat_after(hop, awaited) : MIDGE_OK;
}

/* It is taken between two turns: no completion is delivered. */
static void held_for_a_taken_one(void **state)
{
    struct midge_hook hook = {.on_head = repeats_after};
    (void)state;
    open_with(&(struct midge_config){.hooks = &hook});
    reply("a.test", "/guarded", &(struct midge_sim_reply){.status = 401, .times = 1});
    reply("a.test", "/guarded", &(struct midge_sim_reply){.body = "ok"});
    assert_int_equal(midge_future(w.client, NULL, NULL, &awaited), MIDGE_OK);
    start_all("a.test/guarded", 1);
    run_for(100);
    assert_int_equal(midge_sim_count(host("a.test"), 80, "/guarded").answers, 1);
    assert_int_equal(midge_cancel(w.client, awaited), MIDGE_OK);
    assert_int_equal(midge_take(w.client, awaited, NULL), MIDGE_OK);
    all_ok();
    assert_in_range(midge_sim_now_ms(w.sim), 100, 110); /* not at the next event of the world */
}

static int sets_field(struct midge_hook *hook, struct midge_hop *hop)
{
    (void)hook;
    return midge_hop_set(hop, "X-Field", "value");
}

/* With a hook's fields it has another head than it was prepared with. */
static void prepared_with_fields(void **state)
{
    struct midge_hook hook = {.on_send = sets_field};
    struct midge_prepared *prepared;
    (void)state;
    open_with(&(struct midge_config){.hooks = &hook});
    reply("a.test", "/path", &(struct midge_sim_reply){.body = "ok"});
    struct ask *a = prepare("a.test/path?query");
    assert_int_equal(midge_prepare(w.client, &a->get.request, &prepared), MIDGE_OK);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(midge_start_prepared(w.client, prepared, NULL, 0, NULL), MIDGE_OK);
        sim_world_run(&w);
        assert_int_equal(a->get.result.error, MIDGE_OK);
    }
    assert_int_equal(midge_sim_count(host("a.test"), 80, "/path").answers, 2);
    sim_get_free(&a->get);
}

/* --- redirects --- */

static int fails_once(void *ctx, midge_id id, const struct midge_response *response,
                      struct midge_redirect *to)
{
    static unsigned calls;
    (void)ctx, (void)id, (void)response, (void)to;
    return ++calls == 2 ? MIDGE_ERR_CONNECT : MIDGE_OK;
}

/* The second redirect is refused with an error that may pass; its hop has not begun. */
static void hop_before_a_repeat(void **state)
{
    struct midge_stats before, after;
    (void)state;
    open_with(&(struct midge_config){.retry = &once});
    reply("a.test", "/1", &(struct midge_sim_reply){.status = 302, .headers = "Location: /2\r\n"});
    reply("a.test", "/2", &(struct midge_sim_reply){.status = 302, .headers = "Location: /3\r\n"});
    reply("a.test", "/3", &(struct midge_sim_reply){.body = "ok"});
    start_all("a.test/3", 1);
    all_ok();
    midge_client_stats(w.client, &before);
    struct ask *a = prepare("a.test/1");
    a->get.request.max_redirects = 5;
    a->get.request.on_redirect = fails_once;
    start(a);
    sim_world_run(&w);
    sim_get_ended(&a->get, MIDGE_OK, 200, "ok");
    assert_int_equal(a->get.result.redirects, 2);
    assert_int_equal(a->get.result.retries, 1);
    midge_client_stats(w.client, &after);
    assert_int_equal(after.alloc_live, before.alloc_live);
}

/* --- the order of origins --- */

static midge_id start_one(const char *url)
{
    struct ask *a = prepare(url);
    start(a);
    return a->id;
}

/* Each awaitable waits in the queue for another origin, so all places in their order are taken.
   While no other one may begin, two of them end, and two come for origins that had changed before
   that: each of these has a place as well. */
static void place_of_one_that_ended(void **state)
{
    static const char *const urls[] = {"http://c.test/", "http://d.test/", "http://e.test/",
                                       "http://f.test/"};
    struct midge_prepared *keep[4]; /* the origins without requests */
    (void)state;
    open_with(
        &(struct midge_config){.max_awaitables = 4, .max_transfers = 1, .keep_alive_ms = 500});
    for (const char *const *name =
             (const char *const[]){"d.test", "e.test", "f.test", "g.test", NULL};
         *name != NULL; name++) {
        reply(*name, "/", &(struct midge_sim_reply){.body = "ok"});
    }
    reply("b.test", "/slow", &(struct midge_sim_reply){.body = "ok", .delay_ms = 2000});
    start_all("c.test/", 1);
    start_all("d.test/", 1);
    all_ok();
    n_asks = 0;
    for (unsigned i = 0; i < 4; i++) {
        const struct midge_request r = {.url = urls[i]};
        assert_int_equal(midge_prepare(w.client, &r, &keep[i]), MIDGE_OK);
    }
    start_all("b.test/slow", 1);
    start_all("g.test/", 1);
    const midge_id e = start_one("e.test/"), f = start_one("f.test/");
    run_for(1000); /* the connections to c and d are closed */
    assert_int_equal(midge_cancel(w.client, e), MIDGE_OK);
    assert_int_equal(midge_cancel(w.client, f), MIDGE_OK);
    run_for(1);
    n_asks -= 2;
    start_all("c.test/", 1);
    start_all("d.test/", 1);
    all_ok();
}

/* --- the part of a turn before its poll --- */

struct pausing {
    struct midge_sink sink;
    unsigned writes;
};

static int pauses_first(struct midge_sink *sink, const uint8_t *data, size_t len)
{
    struct pausing *p = (struct pausing *)sink;
    (void)data, (void)len;
    return p->writes++ == 0 ? MIDGE_ERR_PAUSE : MIDGE_OK;
}

/* The application waits for the second piece, which comes there: that turn does not wait then. */
static void piece_before_the_poll(void **state)
{
    struct pausing p = {.sink.write = pauses_first};
    (void)state;
    open_with(&(struct midge_config){.max_transfers = 1});
    reply("a.test", "/stream",
          &(struct midge_sim_reply){
              .body = "0123456789", .chunk = 5, .end = MIDGE_SIM_END_STALL, .cut_at = 67});
    struct ask *a = prepare("a.test/stream");
    a->get.request.sink = &p.sink;
    start(a);
    while (p.writes == 0) {
        assert_int_equal(midge_poll(w.client, -1), 1);
    }
    start_all("b.test/", 1);
    assert_int_equal(midge_resume(w.client, a->id), MIDGE_OK);
    const uint64_t now = midge_sim_now_ms(w.sim);
    while (p.writes == 1) {
        assert_int_equal(midge_poll(w.client, -1), 2);
    }
    assert_in_range(midge_sim_now_ms(w.sim), now, now + 1);
    assert_int_equal(midge_cancel(w.client, a->id), MIDGE_OK);
    sim_world_run(&w);
    sim_get_ended(&asks[1].get, MIDGE_OK, 200, "ok");
}

/* --- compressed bodies --- */

#if MIDGE_WITH_GUNZIP

/* While it waits for its repeat, a request has no memory for decoding. */
static void no_window_during_a_wait(void **state)
{
    struct midge_gunzip gunzip;
    struct midge_stats stats;
    (void)state;
    open_with(&(struct midge_config){.retry = &once});
    midge_client_stats(w.client, &stats);
    const uint64_t before = stats.alloc_live;
    reply("a.test", "/cut",
          &(struct midge_sim_reply){.raw = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n"
                                           "Content-Length: 100\r\n\r\n",
                                    .close = 1});
    struct ask *a = prepare("a.test/cut");
    midge_gunzip_init(&gunzip, w.client, a->get.request.sink);
    a->get.request.sink = &gunzip.sink;
    start(a);
    run_for(500);
    assert_int_equal(a->get.dones, 0);
    assert_int_equal(n_log, 1);
    midge_client_stats(w.client, &stats);
    assert_in_range(stats.alloc_live, before, before + MIDGE_GUNZIP_MEMORY / 2);
    sim_world_run(&w);
    assert_int_equal(n_log, 2);
    sim_get_ended(&a->get, MIDGE_ERR_PARTIAL, 200, "");
}

#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(held_until_its_limit, close_world),
        cmocka_unit_test_teardown(token_comes_back, close_world),
        cmocka_unit_test_teardown(held_for_a_taken_one, close_world),
        cmocka_unit_test_teardown(prepared_with_fields, close_world),
        cmocka_unit_test_teardown(hop_before_a_repeat, close_world),
        cmocka_unit_test_teardown(place_of_one_that_ended, close_world),
        cmocka_unit_test_teardown(piece_before_the_poll, close_world),
#if MIDGE_WITH_GUNZIP
        cmocka_unit_test_teardown(no_window_during_a_wait, close_world),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
