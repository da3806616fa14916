/* SPDX-License-Identifier: MIT */
/*
 * An event source and faults of the port, the network, TLS and the memory: since it connects again,
 * one fault costs no event, and none comes twice.
 */
#include "event_world.h"

#include <errno.h>

/* Polls that fail end nothing. */
static void run_all(void)
{
    int live = 1;
    for (int i = 0; i < 10 && live != 0; i++) {
        live = midge_sim_run(w.sim, w.client, 86400000);
    }
    assert_int_equal(live, 0);
    source_ended(MIDGE_OK);
    assert_int_equal(seen.events, server.events);
}

static void open_served(void)
{
    (void)open_world(NULL);
    server.most = 2;
    serve_events();
}

static void calls_fail(void **state)
{
    static const enum midge_sim_call calls[] = {MIDGE_SIM_CONNECT, MIDGE_SIM_SEND, MIDGE_SIM_RECV,
                                                MIDGE_SIM_POLL, MIDGE_SIM_RESOLVE};
    (void)state;
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        for (uint32_t nth = 1; nth <= 20; nth++) {
            open_served();
            midge_sim_set_path(w.sim, &(struct midge_sim_path){.latency_us = 1000, .segment = 50});
            assert_int_equal(midge_sim_fail(w.sim, calls[i], nth, ECONNRESET, 0), MIDGE_OK);
            source_start();
            run_all();
            (void)close_world(NULL);
        }
    }
}

/* The request is cut. */
static void requests_are_cut(void **state)
{
    static const enum midge_sim_cut_kind kinds[] = {MIDGE_SIM_CUT_RESET, MIDGE_SIM_CUT_STALL};
    (void)state;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        for (uint64_t at = 0; at < 130; at += 3) {
            open_served();
            midge_sim_set_cut(host, &(struct midge_sim_cut){
                                        .kind = kinds[i], .from_client = 1, .at = at, .nth = 2});
            source_start();
            run_all();
            (void)close_world(NULL);
        }
    }
}

static void by_chance(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 200; seed++) {
        (void)open_world(NULL);
        sim_world_close(&w);
        sim_world_start(&w, &(struct midge_sim_config){.seed = seed}, NULL);
        host = midge_sim_add_host(w.sim, "a.test");
        midge_sim_set_chance(w.sim, &(struct midge_sim_chance){.would_block = 300,
                                                               .short_calls = 500,
                                                               .spurious = 100,
                                                               .interrupted = 100,
                                                               .recv_most = (uint32_t)seed % 7});
        midge_sim_set_path(
            w.sim,
            &(struct midge_sim_path){
                .latency_us = 20000, .jitter_us = 20000, .split = 300, .loss = 200, .segment = 20});
        server_events(30);
        server.most = 1 + (unsigned)seed % 30;
        server.chunk = (uint32_t)seed % 9;
        serve_events();
        source_start();
        run_all();
        (void)close_world(NULL);
    }
}

/* A part of the bytes of handshake, head and stream. */
static void cut_under_tls(void **state)
{
    (void)state;
    if (midge_sim_root(&(size_t){0}) == NULL) {
        skip();
    }
    for (unsigned i = 0; i < 40; i++) {
        open_served();
        assert_int_equal(
            midge_sim_use_tls(
                host, 443, &(struct midge_sim_tls){.max_version = i % 2 == 0 ? MIDGE_TLS_1_2 : 0}),
            MIDGE_OK);
        midge_sim_add_reply(host, 443, "/events", &(struct midge_sim_reply){.on_request = serve});
        midge_sim_set_cut(host, &(struct midge_sim_cut){.kind = i % 3 == 0 ? MIDGE_SIM_CUT_FIN
                                                                           : MIDGE_SIM_CUT_RESET,
                                                        .at = i < 10 ? i * 100 : 700 + i * 13,
                                                        .nth = 1 + i % 2});
        request.url = "https://a.test/events";
        source_start();
        run_all();
        (void)close_world(NULL);
    }
}

/* --- memory --- */

static struct midge_stats at_close;

/* False: the client could not be opened. */
static bool open_failing(uint32_t nth, bool sticky)
{
    struct midge_config config = {
        .stats_at_close = &at_close, .fail_alloc = nth, .fail_alloc_sticky = sticky};
    (void)open_world(NULL);
    midge_close(w.client);
    w.client = NULL;
    config.port = midge_sim_port(w.sim);
    config.tls.ca = midge_sim_root(&config.tls.ca_len);
    config.memory_size = midge_memory_needed(&config);
    config.memory = w.block = realloc(w.block, config.memory_size);
    server.most = 2;
    serve_events();
    return midge_open(&w.client, &config) == MIDGE_OK;
}

/* True: all events came. */
static bool run_failing(void)
{
    struct midge_result result;
    const int err = midge_event_source_start(w.client, &source, &source_id);
    if (err != MIDGE_OK) {
        assert_int_equal(err, MIDGE_ERR_NO_MEMORY);
        memset(&source, 0xa5, sizeof source);
        return false;
    }
    (void)midge_sim_run(w.sim, w.client, 1000000);
    assert_int_equal(midge_cancel(w.client, source_id), MIDGE_OK); /* if memory stays short */
    assert_int_equal(midge_take(w.client, source_id, &result), MIDGE_OK);
    assert_true(result.error == MIDGE_OK || result.error == MIDGE_ERR_NO_MEMORY ||
                result.error == MIDGE_ERR_CANCELED);
    assert_true(seen.events == 5 || result.error != MIDGE_OK);
    return result.error == MIDGE_OK;
}

/* Each allocation fails, once or from then on: the start fails, or the source goes on or ends, and
   nothing is left. */
static void no_memory(void **state)
{
    unsigned good[2] = {0, 0};
    (void)state;
    for (uint32_t nth = 1; nth <= 60; nth++) {
        for (int sticky = 0; sticky < 2; sticky++) {
            if (open_failing(nth, sticky)) {
                good[sticky] += run_failing();
                midge_close(w.client);
                assert_int_equal(at_close.alloc_live, 0);
            }
            w.client = NULL;
            (void)close_world(NULL);
        }
    }
    assert_in_range(good[0], 40, 59);
    assert_in_range(good[1], 1, 40);
}

/* It works in the least block. */
static void least_memory(void **state)
{
    struct midge_config config = {.max_connections = 2};
    (void)state;
    config.tls.ca = midge_sim_root(&config.tls.ca_len);
    config.memory_size = midge_memory_least(&config);
    open_with(&config);
    server.most = 1;
    serve_events();
    source_start();
    run_all();
}

/* Another request has a connection, and waits for its answer; there is no memory but for the
   source's own connection. */
static void memory_is_short(void **state)
{
    const struct midge_request other = {.url = "http://a.test/other"};
    (void)state;
    (void)open_world(NULL);
    for (uint16_t n = 1; n <= 3; n++) {
        struct midge_config config = {.max_connections = n, .stats_at_close = &at_close};
        midge_close(w.client);
        server_events(5);
        source_init();
        config.port = midge_sim_port(w.sim);
        config.memory = w.block;
        config.memory_size = midge_memory_least(&config);
        assert_int_equal(midge_open(&w.client, &config), MIDGE_OK);
        server.most = 1;
        serve_events();
        midge_sim_add_reply(host, 80, "/other", &(struct midge_sim_reply){.delay_ms = 20000});
        source_start();
        for (int i = 0; i < n + 1; i++) {
            (void)midge_start(w.client, &other, NULL);
        }
        run_all();
    }
    (void)close_world(NULL);
}

/* Callbacks take the slot that the lost connection had. */
static void take_slot(int state)
{
    midge_id id;
    if (state == MIDGE_EVENT_SOURCE_CONNECTING && source.connects < 3 &&
        midge_sleep(w.client, 20000, &id) == MIDGE_OK) {
        (void)midge_detach(w.client, id);
    }
}

/* Awaitables run out: the source needs two, and keeps them. */
static void two_slots(void **state)
{
    (void)state;
    open_with(&(struct midge_config){.max_awaitables = 1});
    assert_int_equal(midge_event_source_start(w.client, &source, &source_id), MIDGE_ERR_NO_SLOT);
    open_with(&(struct midge_config){.max_awaitables = 2});
    server.most = 1;
    serve_events();
    seen.hook = take_slot;
    source_start();
    run_all();
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, open_world, close_world)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_fail),      cmocka_unit_test(requests_are_cut),
        cmocka_unit_test(by_chance),       cmocka_unit_test(cut_under_tls),
        cmocka_unit_test(no_memory),       TEST(least_memory),
        cmocka_unit_test(memory_is_short), TEST(two_slots),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
