/* SPDX-License-Identifier: MIT */
/* Names that are remembered for as long as their records allow (core/names.c), or not. */
#include "sim_world.h"

static struct sim_world w;
static struct midge_sim_host *host;

static int setup(void **state)
{
    (void)state;
    sim_world_open(&w, 1);
    host = midge_sim_add_host(w.sim, "a.test");
    midge_sim_add_reply(host, 80, "/", &(struct midge_sim_reply){.body = "hello"});
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    sim_world_close(&w);
    return 0;
}

static void set_ttl(uint32_t ttl_s)
{
    midge_sim_set_name(host, &(struct midge_sim_name){.ttl_s = ttl_s});
}

static uint32_t lookups(void)
{
    return midge_sim_calls(w.sim, MIDGE_SIM_RESOLVE);
}

/* A request on a connection of its own. Returns the lookups that it took. */
static uint32_t get_of(const char *url, uint8_t family, int error)
{
    const uint32_t before = lookups();
    struct sim_get get;

    sim_get_init(&w, &get, url);
    get.request.no_reuse = 1;
    get.request.family = family;
    sim_get_start(&w, &get);
    sim_world_run(&w);
    sim_get_ended(&get, error, error == MIDGE_OK ? 200 : 0, NULL);
    return lookups() - before;
}

static uint32_t get(void)
{
    return get_of("http://a.test/", 0, MIDGE_OK);
}

/* --- time --- */

static void for_its_time(void **state)
{
    (void)state;
    set_ttl(60);
    assert_int_equal(get(), 1);
    assert_int_equal(get(), 0);
    assert_int_equal(get_of("http://A.Test:80/", 0, MIDGE_OK), 0);
    midge_sim_advance(w.sim, 58000);
    assert_int_equal(get(), 0);
    midge_sim_advance(w.sim, 2000);
    assert_int_equal(get(), 1);
    assert_int_equal(get(), 0);
}

static void not_for_ever(void **state)
{
    (void)state;
    set_ttl(UINT32_MAX);
    assert_int_equal(get(), 1);
    midge_sim_advance(w.sim, (MIDGE_NAME_MAX_S - 10) * 1000);
    assert_int_equal(get(), 0);
    midge_sim_advance(w.sim, 11000);
    assert_int_equal(get(), 1);
}

/* The clock wraps after 49 days: an old entry is not young again. */
static void not_after_the_clock_has_wrapped(void **state)
{
    (void)state;
    set_ttl(3600);
    assert_int_equal(get(), 1);
    for (unsigned day = 0; day < 49; day++) {
        midge_sim_advance(w.sim, 86400000);
        assert_int_equal(midge_poll(w.client, 0), 0);
    }
    midge_sim_advance(w.sim, 61367296); /* 2^32 ms in all */
    assert_int_equal(get(), 1);
}

/* A time that the port does not know: the origin remembers the address, as without the cache. */
static void time_that_is_not_known(void **state)
{
    (void)state;
    assert_int_equal(get(), 1);
    const struct midge_sim_counts before = midge_sim_count(host, 80, NULL);
    assert_int_equal(before.requests, 1);
    (void)get();
    set_ttl(60);
}

/* --- names --- */

static void other_families_are_other_names(void **state)
{
    (void)state;
    assert_int_equal(midge_sim_add_address(host, "192.0.2.1", MIDGE_SIM_ANSWERS), MIDGE_OK);
    assert_int_equal(midge_sim_add_address(host, "2001:db8::1", MIDGE_SIM_ANSWERS), MIDGE_OK);
    set_ttl(60);
    assert_int_equal(get_of("http://a.test/", 4, MIDGE_OK), 1);
    assert_int_equal(get_of("http://a.test/", 6, MIDGE_OK), 1);
    assert_int_equal(get_of("http://a.test/", 0, MIDGE_OK), 1);
    assert_int_equal(get_of("http://a.test/", 6, MIDGE_OK), 0);
    assert_int_equal(get_of("http://a.test/", 4, MIDGE_OK), 0);
}

/* --resolve and --connect-to: another name to connect to is another entry. */
static void overrides_win(void **state)
{
    struct midge_sim_host *other = midge_sim_add_host(w.sim, "b.test");
    struct sim_get get_b;

    (void)state;
    midge_sim_add_reply(other, 80, "/", &(struct midge_sim_reply){.body = "other"});
    set_ttl(60);
    assert_int_equal(get(), 1);
    sim_get_init(&w, &get_b, "http://a.test/");
    get_b.request.connect_host = "b.test";
    sim_get_start(&w, &get_b);
    sim_world_run(&w);
    sim_get_ended(&get_b, MIDGE_OK, 200, "other");
    assert_int_equal(get(), 0);
}

static void the_least_used_goes(void **state)
{
    char url[32];

    (void)state;
    for (unsigned i = 0; i <= MIDGE_MAX_NAMES; i++) {
        (void)snprintf(url, sizeof url, "n%u.test", i);
        struct midge_sim_host *one = midge_sim_add_host(w.sim, url);
        midge_sim_add_reply(one, 80, "/", &(struct midge_sim_reply){.body = ""});
        midge_sim_set_name(one, &(struct midge_sim_name){.ttl_s = 60});
        (void)snprintf(url, sizeof url, "http://n%u.test/", i);
        assert_int_equal(get_of(url, 0, MIDGE_OK), 1);
        assert_int_equal(get_of("http://n0.test/", 0, MIDGE_OK), 0);
    }
    assert_int_equal(get_of("http://n1.test/", 0, MIDGE_OK), 1);
    assert_int_equal(get_of("http://n0.test/", 0, MIDGE_OK), 0);
}

/* RFC 2308 */
static void names_that_do_not_exist(void **state)
{
    (void)state;
    midge_sim_set_name(host, &(struct midge_sim_name){.error = 4, .ttl_s = 3600});
    assert_int_equal(get_of("http://a.test/", 0, MIDGE_ERR_RESOLVE), 1);
    set_ttl(60); /* it exists now */
    assert_int_equal(get_of("http://a.test/", 0, MIDGE_ERR_RESOLVE), 0);
    midge_sim_advance(w.sim, MIDGE_NAME_NEGATIVE_S * 1000);
    assert_int_equal(get(), 1);
    midge_sim_set_name(host, &(struct midge_sim_name){.error = 12}); /* no answer is no name's */
    midge_sim_advance(w.sim, 60000);
    assert_int_equal(get_of("http://a.test/", 0, MIDGE_ERR_RESOLVE), 1);
    assert_int_equal(get_of("http://a.test/", 0, MIDGE_ERR_RESOLVE), 1);
}

/* --- addresses --- */

static void add(const char *text, enum midge_sim_address_kind kind)
{
    assert_int_equal(midge_sim_add_address(host, text, kind), MIDGE_OK);
}

static void the_one_that_works_is_first(void **state)
{
    (void)state;
    add("192.0.2.1", MIDGE_SIM_REFUSES);
    add("192.0.2.2", MIDGE_SIM_REFUSES);
    add("192.0.2.3", MIDGE_SIM_ANSWERS);
    set_ttl(60);
    const uint32_t before = midge_sim_calls(w.sim, MIDGE_SIM_CONNECT);
    assert_int_equal(get(), 1);
    assert_int_equal(midge_sim_calls(w.sim, MIDGE_SIM_CONNECT) - before, 3);
    assert_int_equal(get(), 0);
    assert_int_equal(midge_sim_calls(w.sim, MIDGE_SIM_CONNECT) - before, 4);
}

/* The server has moved: the name is looked up again within the same request. */
static void all_of_them_fail(void **state)
{
    (void)state;
    add("192.0.2.1", MIDGE_SIM_ANSWERS);
    set_ttl(3600);
    assert_int_equal(get(), 1);
    midge_sim_clear_addresses(host);
    add("192.0.2.9", MIDGE_SIM_ANSWERS);
    assert_int_equal(get(), 1);
    assert_int_equal(get(), 0);
}

static void another_network(void **state)
{
    (void)state;
    set_ttl(3600);
    assert_int_equal(get(), 1);
    assert_int_equal(get(), 0);
    midge_network_changed(w.client, 0);
    assert_int_equal(get(), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(for_its_time),
        TEST(not_for_ever),
        TEST(not_after_the_clock_has_wrapped),
        TEST(time_that_is_not_known),
        TEST(other_families_are_other_names),
        TEST(overrides_win),
        TEST(the_least_used_goes),
        TEST(names_that_do_not_exist),
        TEST(the_one_that_works_is_first),
        TEST(all_of_them_fail),
        TEST(another_network),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
