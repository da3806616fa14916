/* SPDX-License-Identifier: MIT */
/*
 * Names with many addresses on the simulated network, and networks that change: each call of the
 * port and each allocation fails in turn, links go down and come back. Each request ends once, and
 * with success if one of its addresses answers.
 */
#include <errno.h>

#include "sim_world.h"

#include "../unit/chance.h"

#define URL "http://a.test/"

enum { GETS = 6 };

static const char *const texts[] = {"192.0.2.1",   "2001:db8::2", "192.0.2.3",   "2001:db8::4",
                                    "2001:db8::5", "192.0.2.6",   "2001:db8::7", "192.0.2.8"};

static struct midge_sim_host *add_host(struct sim_world *w)
{
    struct midge_sim_host *host = midge_sim_add_host(w->sim, "a.test");
    midge_sim_add_reply(host, 80, "/", &(struct midge_sim_reply){.body = "hello"});
    return host;
}

static void add_all(struct sim_world *w)
{
    static const enum midge_sim_address_kind kinds[] = {MIDGE_SIM_SILENT, MIDGE_SIM_UNREACHABLE,
                                                        MIDGE_SIM_REFUSES, MIDGE_SIM_SILENT,
                                                        MIDGE_SIM_ANSWERS};
    struct midge_sim_host *host = add_host(w);
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(midge_sim_add_address(host, texts[i], kinds[i]), MIDGE_OK);
    }
}

/* One call of the port fails: that of the good address ends the request, unless it is repeated. */
static void each_call_fails(void **state)
{
    static const struct {
        enum midge_sim_call call;
        int error;
    } rows[] = {{MIDGE_SIM_CONNECT, ECONNREFUSED},
                {MIDGE_SIM_CONNECT, EMFILE},
                {MIDGE_SIM_SEND, EPIPE},
                {MIDGE_SIM_RECV, ECONNRESET},
                {MIDGE_SIM_RESOLVE, 4}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        for (uint32_t nth = 1; nth < 12; nth++) {
            struct sim_world w;
            struct sim_get get;
            sim_world_open(&w, nth);
            add_all(&w);
            assert_int_equal(midge_sim_fail(w.sim, rows[i].call, nth, rows[i].error, 0), MIDGE_OK);
            sim_get(&w, &get, URL);
            sim_world_run(&w);
            assert_int_equal(get.dones, 1);
            if (rows[i].error == EMFILE || midge_sim_calls(w.sim, rows[i].call) < nth) {
                assert_int_equal(get.result.error, MIDGE_OK);
            }
            sim_get_free(&get);
            sim_world_close(&w);
        }
    }
}

static void each_allocation_fails(void **state)
{
    unsigned good = 0;
    (void)state;
    for (uint32_t nth = 1; nth < 60; nth++) {
        struct sim_world w;
        struct sim_get gets[2];
        const struct midge_config config = {.fail_alloc = 20 + nth};
        sim_world_start(&w, &(struct midge_sim_config){.seed = nth}, &config);
        add_all(&w);
        for (size_t i = 0; i < 2; i++) {
            sim_get_init(&w, &gets[i], URL);
            if (midge_start(w.client, &gets[i].request, NULL) != MIDGE_OK) {
                gets[i].dones = 1;
            }
        }
        sim_world_run(&w);
        for (size_t i = 0; i < 2; i++) {
            assert_int_equal(gets[i].dones, 1);
            good += gets[i].result.error == MIDGE_OK;
            sim_get_free(&gets[i]);
        }
        sim_world_close(&w);
    }
    assert_in_range(good, 100, 118);
}

/* --- worlds by chance --- */

struct scene {
    struct sim_world w;
    struct sim_get gets[GETS];
    unsigned started;
};

static void start_one(void *ctx)
{
    struct scene *s = ctx;
    struct sim_get *get = &s->gets[s->started++];
    sim_get_init(&s->w, get, URL);
    get->request.no_reuse = (uint8_t)chance(2);
    get->request.timeouts.connect_ms = 60000;
    sim_get_start(&s->w, get);
}

static void change(void *ctx)
{
    struct scene *s = ctx;
    midge_network_changed(s->w.client, 0);
}

static void cable_out(void *ctx)
{
    struct scene *s = ctx;
    midge_sim_link(s->w.sim, 0);
}

static void cable_in(void *ctx)
{
    struct scene *s = ctx;
    midge_sim_link(s->w.sim, 1);
    midge_network_changed(s->w.client, (int)chance(2));
}

static bool add_by_chance(struct sim_world *w)
{
    const unsigned n = 1 + chance(8);
    bool any = false;
    struct midge_sim_host *host = add_host(w);
    for (unsigned i = 0; i < n; i++) {
        const unsigned kind = chance(4);
        any = any || kind == MIDGE_SIM_ANSWERS;
        assert_int_equal(midge_sim_add_address(host, texts[i], (enum midge_sim_address_kind)kind),
                         MIDGE_OK);
    }
    return any;
}

/* with_link: the cable is out for a while, so requests may fail, but each ends. */
static void run_scene(uint64_t number, bool with_link)
{
    static const struct midge_timeouts limits = {.total_ms = 120000};
    struct scene s = {.started = 0};
    seed = number + 1;
    const struct midge_config config = {.max_connections = (uint16_t)(1 + chance(4)),
                                        .timeouts = limits};
    sim_world_start(&s.w, &(struct midge_sim_config){.seed = number}, &config);
    midge_sim_set_path(s.w.sim, &(struct midge_sim_path){.latency_us = 1000 * chance(400)});
    const bool any = add_by_chance(&s.w);
    for (unsigned i = 0; i < GETS - 1; i++) {
        midge_sim_at(s.w.sim, 10 + chance(3000), start_one, &s);
    }
    midge_sim_at(s.w.sim, chance(3000), change, &s);
    if (with_link) {
        const unsigned out = chance(3000);
        midge_sim_at(s.w.sim, out, cable_out, &s);
        midge_sim_at(s.w.sim, out + 1 + chance(5000), cable_in, &s);
    }
    start_one(&s);
    while (midge_sim_now_ms(s.w.sim) < 10000) {
        midge_sim_advance(s.w.sim, 1);
        assert_true(midge_poll(s.w.client, 0) >= 0);
    }
    sim_world_run(&s.w);
    assert_int_equal(s.started, GETS);
    for (unsigned i = 0; i < GETS; i++) {
        assert_int_equal(s.gets[i].dones, 1);
        if (!with_link) {
            assert_int_equal(s.gets[i].result.error == MIDGE_OK, any);
        }
        sim_get_free(&s.gets[i]);
    }
    sim_world_close(&s.w);
}

static void worlds(void **state)
{
    (void)state;
    for (uint64_t number = 0; number < 100; number++) {
        run_scene(number, false);
    }
}

static void worlds_with_links(void **state)
{
    (void)state;
    for (uint64_t number = 0; number < 100; number++) {
        run_scene(number, true);
    }
}

/* --- offline --- */

static void without_a_network(void **state)
{
    struct scene s = {.started = 0};
    struct sim_get named, literal;
    (void)state;
    sim_world_open(&s.w, 1);
    add_host(&s.w);
    midge_sim_link(s.w.sim, 0);
    sim_get(&s.w, &literal, "http://192.0.2.9/");
    sim_get(&s.w, &named, URL);
    midge_sim_at(s.w.sim, 3000, cable_in, &s);
    sim_world_run(&s.w);
    sim_get_ended(&literal, MIDGE_ERR_CONNECT, 0, NULL); /* at once */
    assert_int_equal(literal.result.native, ENETUNREACH);
    sim_get_ended(&named, MIDGE_OK, 200, "hello"); /* its lookup waited, and began again */
    assert_in_range(midge_sim_now_ms(s.w.sim), 3000, 3100);
    sim_world_close(&s.w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_call_fails),
        cmocka_unit_test(each_allocation_fails),
        cmocka_unit_test(worlds),
        cmocka_unit_test(worlds_with_links),
        cmocka_unit_test(without_a_network),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
