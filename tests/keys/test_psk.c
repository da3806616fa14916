/* SPDX-License-Identifier: MIT */
/* Pre-shared keys against simulated servers: accepted, another key, another identity, no key there;
   what midge_open refuses; memory. */
#include "sim_world.h"

#define KEY  "0123456789abcdef0123456789abcdef"
#define LONG KEY KEY KEY KEY "x"

static const struct midge_psk good = {KEY, 32, "sensor 17", 9};

static const uint8_t versions[] = {MIDGE_TLS_1_2, MIDGE_TLS_1_3};

struct asked {
    struct midge_result result;
    uint32_t connections;
};

/* Two requests, each on a connection of its own, to a server with that key. */
static struct asked ask(const struct midge_psk *clients, const struct midge_psk *servers,
                        uint8_t version, size_t memory)
{
    static const char nothing[] = "";
    struct sim_world w = {0};
    struct sim_get get[2];
    struct midge_config config = {
        .max_connections = 1, .memory_size = memory, .tls = {.ca = nothing, .psk = clients}};
    assert_int_equal(midge_sim_open(&w.sim, &(struct midge_sim_config){.seed = 1}), MIDGE_OK);
    sim_world_client(&w, &config);
    struct midge_sim_host *host = midge_sim_add_host(w.sim, "a.test");
    const struct midge_sim_tls tls = {
        .min_version = version, .max_version = version, .psk = servers};
    midge_sim_add_reply(host, 443, "/", &(struct midge_sim_reply){.body = "hello", .close = 1});
    assert_int_equal(midge_sim_use_tls(host, 443, &tls), MIDGE_OK);
    for (int i = 0; i < 2; i++) {
        sim_get(&w, &get[i], "https://a.test/");
        sim_world_run(&w);
    }
    assert_int_equal(get[0].result.error, get[1].result.error);
    assert_int_equal(get[1].result.resumed, 0);
    struct asked asked = {get[0].result, midge_sim_count(host, 443, NULL).connections};
    sim_world_close(&w);
    return asked;
}

static void test_accepted(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct asked asked = ask(&good, &good, versions[i], 0);
        assert_int_equal(asked.result.error, MIDGE_OK);
        assert_int_equal(asked.result.tls_version, versions[i]);
    }
}

static void refused(const struct midge_psk *clients, const struct midge_psk *servers,
                    const char *why)
{
    for (size_t i = 0; i < 2; i++) {
        struct asked asked = ask(clients, servers, versions[i], 0);
        assert_int_equal(asked.result.error, MIDGE_ERR_CREDENTIAL);
        assert_non_null(strstr(asked.result.detail, "server refused the pre-shared key: "));
        if (versions[i] == MIDGE_TLS_1_2 && why != NULL) {
            assert_non_null(strstr(asked.result.detail, why));
        }
    }
}

static void test_refused(void **state)
{
    const struct midge_psk key = {"0123456789abcdef0123456789abcdeF", 32, "sensor 17", 9};
    const struct midge_psk identity = {KEY, 32, "sensor 18", 9};
    (void)state;
    refused(&key, &good, "another key");
    refused(&identity, &good, "unknown identity");
    refused(&good, NULL, NULL); /* it has only certificates, which such a client does not take */
}

static void test_open(void **state)
{
    static const struct midge_psk bad[] = {{NULL, 32, "x", 1}, {KEY, 15, "x", 1},
                                           {LONG, 49, "x", 1}, {KEY, 32, NULL, 1},
                                           {KEY, 32, "x", 0},  {KEY, 32, LONG, 129}};
    struct sim_world w = {0};
    (void)state;
    assert_int_equal(midge_sim_open(&w.sim, &(struct midge_sim_config){.seed = 1}), MIDGE_OK);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct midge_config config = {.port = midge_sim_port(w.sim), .tls = {.psk = &bad[i]}};
        config.memory_size = midge_memory_needed(&config);
        config.memory = malloc(config.memory_size);
        assert_int_equal(midge_open(&w.client, &config), MIDGE_ERR_CREDENTIAL);
        free(config.memory);
    }
    assert_int_equal(midge_sim_close(w.sim), 0);
}

static void test_least_memory(void **state)
{
    const struct midge_config config = {.max_connections = 1, .tls = {.psk = &good}};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct asked asked = ask(&good, &good, versions[i], midge_memory_least(&config) + 512);
        assert_int_equal(asked.result.error, MIDGE_OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_accepted),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_open),
        cmocka_unit_test(test_least_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
