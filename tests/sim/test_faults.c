/* SPDX-License-Identifier: MIT */
/* The faults of the simulated network: each kind is seen by a client, and the trace names it. */
#include <errno.h>

#include "sim_world.h"

#define URL "http://a.test/"

static struct sim_world w;
static struct midge_sim_host *host;
static struct sim_get get;

static int open_world(void **state)
{
    (void)state;
    sim_world_open(&w, 7);
    host = midge_sim_add_host(w.sim, "a.test");
    midge_sim_add_reply(host, 80, "/", &(struct midge_sim_reply){.body = "hello"});
    midge_sim_add_reply(host, 80, "/long", &(struct midge_sim_reply){.fill = 20000});
    return 0;
}

static int close_world(void **state)
{
    (void)state;
    sim_world_close(&w);
    return 0;
}

/* midge repeats a request on a new connection only if the kept one was stale. */
static void fetch(const char *url, int error, int status, const char *text)
{
    sim_get(&w, &get, url);
    sim_world_run(&w);
    sim_get_ended(&get, error, status, text);
}

static void fetch_long(void)
{
    sim_get(&w, &get, URL "long");
    sim_world_run(&w);
    assert_int_equal(get.body.len, 20000);
    for (size_t i = 0; i < 20000; i++) {
        assert_int_equal(get.body.data[i], midge_sim_fill(i));
    }
    sim_get_ended(&get, MIDGE_OK, 200, NULL);
}

static uint64_t took_ms(const char *url, int error, int status, const char *text)
{
    uint64_t before = midge_sim_now_ms(w.sim);
    fetch(url, error, status, text);
    return midge_sim_now_ms(w.sim) - before;
}

/* --- names --- */

static void names(void **state)
{
    (void)state;
    midge_sim_set_name(host, &(struct midge_sim_name){.in_call = 1});
    fetch(URL, MIDGE_OK, 200, "hello");
    fetch("http://other.test/", MIDGE_ERR_RESOLVE, 0, NULL);
    struct midge_sim_host *slow = midge_sim_add_host(w.sim, "slow.test");
    midge_sim_add_reply(slow, 80, "/", &(struct midge_sim_reply){.body = "slow"});
    midge_sim_set_name(slow, &(struct midge_sim_name){.ms = 2000});
    uint64_t slow_ms = took_ms("http://slow.test/", MIDGE_OK, 200, "slow");
    assert_in_range(slow_ms, 2000, 2010);
    struct midge_sim_host *bad = midge_sim_add_host(w.sim, "bad.test");
    midge_sim_set_name(bad, &(struct midge_sim_name){.error = 4});
    fetch("http://bad.test/", MIDGE_ERR_RESOLVE, 0, NULL);
    midge_sim_set_name(bad, &(struct midge_sim_name){.silent = 1});
    fetch("http://bad.test/", MIDGE_ERR_TIMEOUT, 0, NULL);
}

static void addresses(void **state)
{
    (void)state;
    static const enum midge_sim_address_kind kinds[] = {MIDGE_SIM_SILENT, MIDGE_SIM_REFUSES,
                                                        MIDGE_SIM_UNREACHABLE, MIDGE_SIM_ANSWERS};
    static const char *const texts[] = {"192.0.2.1", "2001:db8::2", "192.0.2.3", "192.0.2.4"};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(midge_sim_add_address(host, texts[i], kinds[i]), MIDGE_OK);
    }
    assert_int_equal(midge_sim_add_address(host, "no address", MIDGE_SIM_ANSWERS),
                     MIDGE_ERR_INVALID);
    fetch(URL, MIDGE_OK, 200, "hello");
    assert_int_equal(midge_sim_calls(w.sim, MIDGE_SIM_CONNECT), 4);
    for (size_t i = 4; i < MIDGE_DNS_ADDRS; i++) {
        assert_int_equal(midge_sim_add_address(host, "192.0.2.9", MIDGE_SIM_ANSWERS), MIDGE_OK);
    }
    assert_int_equal(midge_sim_add_address(host, "192.0.2.9", MIDGE_SIM_ANSWERS),
                     MIDGE_ERR_NO_SLOT);
}

static void fetch_anew(int error, int status)
{
    sim_get_init(&w, &get, URL);
    get.request.no_reuse = 1;
    sim_get_start(&w, &get);
    sim_world_run(&w);
    sim_get_ended(&get, error, status, NULL);
}

static void name_changes(void **state)
{
    (void)state;
    fetch_anew(MIDGE_OK, 200);
    midge_sim_clear_addresses(host);
    fetch_anew(MIDGE_ERR_RESOLVE, 0); /* the address that worked answers no more */
    (void)midge_sim_add_address(host, "192.0.2.77", MIDGE_SIM_ANSWERS);
    fetch_anew(MIDGE_OK, 200);
}

static void refused(void **state)
{
    (void)state;
    fetch("http://a.test:81/", MIDGE_ERR_CONNECT, 0, NULL);
    assert_int_equal(get.result.native, ECONNREFUSED);
    fetch("http://192.0.2.200/", MIDGE_ERR_TIMEOUT, 0, NULL);
}

/* The port bounds each try, where the request does not. */
static void no_limits(void **state)
{
    static const struct midge_timeouts none = {.dns_ms = MIDGE_NO_TIMEOUT,
                                               .connect_ms = MIDGE_NO_TIMEOUT};
    (void)state;
    midge_sim_set_name(host, &(struct midge_sim_name){.silent = 1});
    sim_get_init(&w, &get, URL);
    get.request.timeouts = none;
    sim_get_start(&w, &get);
    sim_world_run(&w);
    sim_get_ended(&get, MIDGE_ERR_RESOLVE, 0, NULL);
    assert_in_range(midge_sim_now_ms(w.sim), 30000, 30001);
    sim_get_init(&w, &get, "http://192.0.2.200/");
    get.request.timeouts = none;
    sim_get_start(&w, &get);
    sim_world_run(&w);
    sim_get_ended(&get, MIDGE_ERR_CONNECT, 0, NULL);
    assert_int_equal(get.result.native, ETIMEDOUT);
    assert_in_range(midge_sim_now_ms(w.sim), 157000, 157001);
}

/* --- the way --- */

static void latency(void **state)
{
    (void)state;
    midge_sim_set_path(w.sim, &(struct midge_sim_path){.latency_us = 50000});
    uint64_t ms = took_ms(URL, MIDGE_OK, 200, "hello");
    assert_in_range(ms, 200, 205); /* SYN and back, request and answer */
    midge_sim_set_path(w.sim, &(struct midge_sim_path){.bytes_per_s = 10000});
    uint64_t before = midge_sim_now_ms(w.sim);
    fetch_long();
    assert_in_range(midge_sim_now_ms(w.sim) - before, 2000, 2030);
}

static void tiny_pieces(void **state)
{
    (void)state;
    midge_sim_set_path(w.sim, &(struct midge_sim_path){.segment = 1, .jitter_us = 100});
    midge_sim_set_chance(w.sim, &(struct midge_sim_chance){.recv_most = 1, .send_most = 1});
    fetch_long();
    assert_true(midge_sim_calls(w.sim, MIDGE_SIM_RECV) > 20000);
}

static void small_buffers(void **state)
{
    (void)state;
    midge_sim_set_path(
        w.sim, &(struct midge_sim_path){.latency_us = 1000, .recv_buffer = 10, .send_buffer = 3});
    fetch_long();
}

static void splits(void **state)
{
    (void)state;
    midge_sim_set_path(
        w.sim, &(struct midge_sim_path){.split = 1000, .latency_us = 100, .recv_buffer = 500});
    midge_sim_set_chance(
        w.sim, &(struct midge_sim_chance){
                   .short_calls = 500, .would_block = 300, .spurious = 200, .interrupted = 200});
    w.wanted = "is called ready";
    fetch_long();
    assert_true(w.found > 0);
    w.wanted = "interrupted";
    w.found = 0;
    fetch_long();
    assert_true(w.found > 0);
}

/* Every place of an answer at which a recv ends, and of a request at which a send ends. */
static void every_split(void **state)
{
    uint64_t at[2];
    (void)state;
    for (at[0] = 1; at[0] < 70; at[0]++) {
        at[1] = at[0] + 1;
        midge_sim_set_splits(host, 0, at, 1 + at[0] % 2);
        midge_sim_set_splits(host, 1, at, 1 + at[0] % 2);
        sim_get_init(&w, &get, URL);
        get.request.no_reuse = 1;
        sim_get_start(&w, &get);
        sim_world_run(&w);
        sim_get_ended(&get, MIDGE_OK, 200, "hello");
    }
    midge_sim_set_splits(host, 0, NULL, 0);
    midge_sim_set_splits(host, 1, NULL, 0);
    fetch_long();
}

static void loss(void **state)
{
    (void)state;
    uint64_t before = midge_sim_now_ms(w.sim);
    midge_sim_set_path(w.sim, &(struct midge_sim_path){.latency_us = 1000, .loss = 200});
    for (int i = 0; i < 20; i++) {
        sim_get(&w, &get, URL "long");
        sim_world_run(&w);
        sim_get_ended(&get, get.result.error, get.result.status, NULL);
    }
    assert_true(midge_sim_now_ms(w.sim) - before > 2000);
    midge_sim_set_path(w.sim, &(struct midge_sim_path){.loss = 999});
    fetch_anew(MIDGE_ERR_TIMEOUT, 0);
}

/* A segment that is lost six times: the sender gives up. */
static void lost_for_good(void **state)
{
    (void)state;
    fetch(URL, MIDGE_OK, 200, "hello");
    midge_sim_set_path(w.sim, &(struct midge_sim_path){.loss = 1000});
    sim_get_init(&w, &get, URL);
    get.request.method = "POST"; /* never sent twice */
    sim_get_start(&w, &get);
    sim_world_run(&w);
    sim_get_ended(&get, MIDGE_ERR_RECV, 0, NULL);
    assert_int_equal(get.result.native, ETIMEDOUT);
}

static void unplug(void *ctx)
{
    (void)ctx;
    midge_sim_link(w.sim, 0);
}

static void plug(void *ctx)
{
    (void)ctx;
    midge_sim_link(w.sim, 1);
}

static void link_down(void **state)
{
    (void)state;
    midge_sim_add_reply(host, 80, "/slow", &(struct midge_sim_reply){.body = "x", .delay_ms = 500});
    midge_sim_at(w.sim, 100, unplug, NULL);
    midge_sim_at(w.sim, 7000, plug, NULL);
    uint64_t ms = took_ms(URL "slow", MIDGE_OK, 200, "x");
    assert_in_range(ms, 7000, 20000);
    midge_sim_link(w.sim, 0);
    fetch("http://192.0.2.1/", MIDGE_ERR_CONNECT, 0, NULL);
    assert_int_equal(get.result.native, ENETUNREACH);
    fetch("http://b.test/", MIDGE_ERR_TIMEOUT, 0, NULL); /* no answer to a lookup */
    midge_sim_link(w.sim, 1);
    fetch_anew(MIDGE_OK, 200);
}

static void host_down(void **state)
{
    (void)state;
    struct midge_sim_host *other = midge_sim_add_host(w.sim, "b.test");
    midge_sim_add_reply(other, 80, "/", &(struct midge_sim_reply){.body = "b"});
    midge_sim_host_link(host, 0);
    fetch(URL, MIDGE_ERR_TIMEOUT, 0, NULL);
    fetch("http://b.test/", MIDGE_OK, 200, "b");
    midge_sim_host_link(host, 1);
    fetch(URL, MIDGE_OK, 200, "hello");
}

/* --- cuts --- */

static void cut(const struct midge_sim_cut *with, int error, int status)
{
    midge_sim_set_cut(host, NULL);
    midge_sim_set_cut(host, with);
    sim_get_init(&w, &get, URL "long");
    get.request.method = "POST";
    get.request.body = "0123456789";
    get.request.body_len = 10;
    get.request.no_reuse = 1;
    sim_get_start(&w, &get);
    sim_world_run(&w);
    sim_get_ended(&get, error, status, NULL);
}

static void cuts(void **state)
{
    (void)state;
    w.wanted = "fault: ";
    cut(&(struct midge_sim_cut){.kind = MIDGE_SIM_CUT_RESET, .at = 3000}, MIDGE_ERR_RECV, 200);
    assert_int_equal(get.result.native, ECONNRESET);
    cut(&(struct midge_sim_cut){.kind = MIDGE_SIM_CUT_FIN, .at = 3000}, MIDGE_ERR_PARTIAL, 200);
    cut(&(struct midge_sim_cut){.kind = MIDGE_SIM_CUT_STALL, .at = 3000}, MIDGE_ERR_TIMEOUT, 200);
    cut(&(struct midge_sim_cut){.kind = MIDGE_SIM_CUT_RESET, .at = 20, .from_client = 1},
        MIDGE_ERR_RECV, 0);
    cut(&(struct midge_sim_cut){.kind = MIDGE_SIM_CUT_FIN, .at = 20, .from_client = 1},
        MIDGE_ERR_EMPTY_REPLY, 0);
    cut(&(struct midge_sim_cut){.kind = MIDGE_SIM_CUT_STALL, .at = 20, .from_client = 1},
        MIDGE_ERR_TIMEOUT, 0);
    assert_int_equal(w.found, 6);
}

static void nth_cut(void **state)
{
    (void)state;
    midge_sim_set_cut(host, &(struct midge_sim_cut){.kind = MIDGE_SIM_CUT_FIN, .at = 9, .nth = 2});
    fetch_anew(MIDGE_OK, 200);
    fetch_anew(MIDGE_ERR_PROTOCOL, 0);
    fetch_anew(MIDGE_OK, 200);
}

/* --- the port's calls --- */

/* Each call once with an errno of its own: one error, and the next request works. */
static void fail_once(enum midge_sim_call call, int error, int expect, int native)
{
    assert_int_equal(midge_sim_fail(w.sim, call, 1, error, 0), MIDGE_OK);
    sim_get_init(&w, &get, URL);
    get.request.method = "POST";
    get.request.no_reuse = 1;
    sim_get_start(&w, &get);
    (void)midge_sim_run(w.sim, w.client, 1000000);
    sim_world_run(&w);
    sim_get_ended(&get, expect, expect == MIDGE_OK ? 200 : 0, NULL);
    assert_int_equal(get.result.native, native);
    assert_int_equal(midge_sim_fail(w.sim, call, 0, 0, 0), MIDGE_OK);
    fetch_anew(MIDGE_OK, 200);
}

static void calls_fail(void **state)
{
    (void)state;
    fail_once(MIDGE_SIM_CONNECT, EACCES, MIDGE_ERR_CONNECT, EACCES);
    fail_once(MIDGE_SIM_SEND, EPIPE, MIDGE_ERR_SEND, EPIPE);
    fail_once(MIDGE_SIM_RECV, ECONNRESET, MIDGE_ERR_RECV, ECONNRESET);
    fail_once(MIDGE_SIM_SEND, EAGAIN, MIDGE_OK, 0);
    fail_once(MIDGE_SIM_RECV, EINTR, MIDGE_OK, 0);
    fail_once(MIDGE_SIM_POLL, EINTR, MIDGE_OK, 0);
    fail_once(MIDGE_SIM_POLL, ENOMEM, MIDGE_OK, 0); /* midge_poll says PORT; the request lives */
}

static void resolve_fails(void **state)
{
    (void)state;
    assert_int_equal(midge_sim_fail(w.sim, MIDGE_SIM_RESOLVE, 1, 11, 0), MIDGE_OK);
    fetch(URL, MIDGE_ERR_RESOLVE, 0, NULL);
    assert_int_equal(get.result.native, 11);
    fetch(URL, MIDGE_OK, 200, "hello");
}

static void sticky(void **state)
{
    (void)state;
    assert_int_equal(midge_sim_fail(w.sim, MIDGE_SIM_CONNECT, 2, EACCES, 1), MIDGE_OK);
    fetch_anew(MIDGE_OK, 200);
    fetch_anew(MIDGE_ERR_CONNECT, 0);
    fetch_anew(MIDGE_ERR_CONNECT, 0);
    assert_int_equal(midge_sim_fail(w.sim, MIDGE_SIM_CLOCK, 1, EIO, 0), MIDGE_ERR_INVALID);
    assert_int_equal(midge_sim_fail(w.sim, MIDGE_SIM_SEND, 0, EIO, 0), MIDGE_ERR_INVALID);
}

static void fetch_to_file(int error)
{
    struct midge_file_sink sink;
    midge_file_sink_init(&sink, midge_sim_port(w.sim), "/got");
    sim_get_init(&w, &get, URL);
    get.request.sink = &sink.sink;
    sim_get_start(&w, &get);
    sim_world_run(&w);
    sim_get_ended(&get, error, 200, NULL);
}

static void files(void **state)
{
    size_t len;
    (void)state;
    midge_sim_put_file(w.sim, "/got", "old", 3);
    assert_int_equal(midge_sim_fail(w.sim, MIDGE_SIM_FILE, 2, ENOSPC, 0), MIDGE_OK);
    fetch_to_file(MIDGE_ERR_WRITE);
    assert_memory_equal(midge_sim_get_file(w.sim, "/got", &len), "old", 3);
    fetch_to_file(MIDGE_OK);
    assert_memory_equal(midge_sim_get_file(w.sim, "/got", &len), "hello", 5);
    assert_int_equal(len, 5);
    assert_null(midge_sim_get_file(w.sim, "/none", &len));
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, open_world, close_world)
    const struct CMUnitTest tests[] = {
        TEST(names),         TEST(addresses),     TEST(name_changes), TEST(refused),
        TEST(no_limits),     TEST(latency),       TEST(tiny_pieces),  TEST(splits),
        TEST(small_buffers), TEST(loss),          TEST(every_split),  TEST(lost_for_good),
        TEST(link_down),     TEST(host_down),     TEST(cuts),         TEST(nth_cut),
        TEST(calls_fail),    TEST(resolve_fails), TEST(sticky),       TEST(files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
