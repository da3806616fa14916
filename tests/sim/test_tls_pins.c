/* SPDX-License-Identifier: MIT */
/* Pins of public keys, seen by a client: which errors, which requests the servers get. The name
   begins with test_tls: it needs the TLS servers. */
#include "root_pin.h"
#include "sim_world.h"

#define A "https://a.test"
#define B "https://b.test"

static struct sim_world w;
static struct midge_sim_host *a, *b;
static struct sim_get get;
static struct midge_pin root = {0}, root_of_b = {.host = "B.test"};
static const struct midge_pin other = {.sha256 = {1}}, other_of_b = {.host = "b.test", {1}};

/* --- the world --- */

static void open_with(const struct midge_pins *pins, const struct midge_sim_tls *server)
{
    struct midge_config config = {.memory_size = 1 << 21, .tls = {.pins = pins}};
    config.tls.ca = midge_sim_root(&config.tls.ca_len);
    sim_world_start(&w, &(struct midge_sim_config){.seed = 1}, &config);
    a = midge_sim_add_host(w.sim, "a.test");
    b = midge_sim_add_host(w.sim, "b.test");
    assert_int_equal(midge_sim_use_tls(a, 443, NULL), MIDGE_OK);
    assert_int_equal(midge_sim_use_tls(b, 443, server), MIDGE_OK);
    midge_sim_add_reply(a, 443, "/", &(struct midge_sim_reply){.body = "a"});
    midge_sim_add_reply(b, 443, "/", &(struct midge_sim_reply){.body = "b"});
    midge_sim_add_reply(
        a, 443, "/to_b",
        &(struct midge_sim_reply){.status = 302, .headers = "Location: " B "/\r\n"});
    assert_true(root_pin(&root) && root_pin(&root_of_b));
}

static void close_world(void)
{
    sim_world_close(&w);
}

static int start(const char *url, const struct midge_pins *pins, bool skip)
{
    sim_get_init(&w, &get, url);
    get.request.pins = pins;
    get.request.max_redirects = 3;
    get.request.dangerously_skip_verification = skip;
    midge_id id;
    return midge_start(w.client, &get.request, &id);
}

static void fetch(const char *url, const struct midge_pins *pins, int error, const char *text)
{
    assert_int_equal(start(url, pins, false), MIDGE_OK);
    sim_world_run(&w);
    sim_get_ended(&get, error, error == MIDGE_OK ? 200 : 0, text);
    assert_int_equal(get.result.verify_flags, error == MIDGE_ERR_PIN ? 0x1000000 : 0);
}

static uint32_t asked(const struct midge_sim_host *host)
{
    return midge_sim_count(host, 443, NULL).requests;
}

/* --- pins of the client --- */

static void hosts_of_a_client(void **state)
{
    (void)state;
    const struct midge_pin pins[] = {other_of_b};
    const struct midge_pins set = {pins, 1, MIDGE_PIN_PATH};
    open_with(&set, NULL);
    fetch(A "/", NULL, MIDGE_OK, "a");
    fetch(B "/", NULL, MIDGE_ERR_PIN, "");
    fetch("https://B.TEST/", NULL, MIDGE_ERR_PIN, "");
    assert_int_equal(asked(b), 0);
    const struct midge_pins none = {NULL, 0, MIDGE_PIN_PATH}; /* in place of the client's */
    fetch(B "/", &none, MIDGE_OK, "b");
    fetch(B "/", NULL, MIDGE_ERR_PIN, ""); /* not by that connection, nor its session */
    assert_int_equal(asked(b), 1);
    close_world();
}

static void backup_pins(void **state)
{
    (void)state;
    open_with(NULL, NULL);
    const struct midge_pin pins[] = {other, root};
    const struct midge_pins set = {pins, 2, MIDGE_PIN_PATH}, one = {pins, 1, MIDGE_PIN_PATH};
    fetch(A "/", &set, MIDGE_OK, "a");
    fetch(A "/", &one, MIDGE_ERR_PIN, "");
    fetch(A "/", &set, MIDGE_OK, "a");
    assert_true(get.result.reused);
    close_world();
}

/* --- redirects --- */

/* The set of the first request holds for the last, although it has no pin for the first host. */
static void redirects_keep_the_pins(void **state)
{
    (void)state;
    open_with(NULL, NULL);
    const struct midge_pins wrong = {&other_of_b, 1, MIDGE_PIN_PATH};
    const struct midge_pins right = {&root_of_b, 1, MIDGE_PIN_PATH};
    assert_int_equal(start(A "/to_b", &wrong, false), MIDGE_OK);
    sim_world_run(&w);
    assert_int_equal(get.result.error, MIDGE_ERR_PIN);
    sim_get_free(&get);
    assert_int_equal(asked(b), 0);
    fetch(A "/to_b", &right, MIDGE_OK, "b");
    close_world();
}

/* --- in place of the chain --- */

static void only_the_key(void **state)
{
    (void)state;
    open_with(NULL, &(struct midge_sim_tls){.unknown_root = 1});
    const struct midge_pins wrong = {&other_of_b, 1, MIDGE_PIN_ONLY};
    fetch(A "/", &wrong, MIDGE_OK, "a"); /* no pin for this host: verified as usual */
    fetch(B "/", &wrong, MIDGE_ERR_PIN, "");
    assert_int_equal(asked(b), 0);
    assert_int_equal(start(B "/", NULL, false), MIDGE_OK);
    sim_world_run(&w);
    assert_int_equal(get.result.error, MIDGE_ERR_CERT);
    sim_get_free(&get);
    close_world();
}

/* --- what is refused at start --- */

static void bad_sets(void **state)
{
    (void)state;
    open_with(NULL, NULL);
    const struct midge_pins set = {&root_of_b, 1, MIDGE_PIN_PATH}, odd = {&root_of_b, 1, 3};
    assert_int_equal(start(B "/", &odd, false), MIDGE_ERR_INVALID);
    assert_int_equal(start(B "/", &set, true), MIDGE_ERR_INVALID);
    assert_int_equal(start(A "/", &set, true), MIDGE_OK); /* it has no pin */
    sim_world_run(&w);
    sim_get_ended(&get, MIDGE_OK, 200, "a");
    close_world();
}

/* Without roots a pin that replaces the chain is enough, for its host. */
static void no_roots(void **state)
{
    (void)state;
    struct midge_config config = {.memory_size = 1 << 21, .tls = {.ca = ""}}; /* 0 bytes */
    sim_world_start(&w, &(struct midge_sim_config){.seed = 1}, &config);
    a = midge_sim_add_host(w.sim, "a.test");
    assert_int_equal(midge_sim_use_tls(a, 443, NULL), MIDGE_OK);
    midge_sim_add_reply(a, 443, "/", &(struct midge_sim_reply){.body = "a"});
    const struct midge_pins only = {&other, 1, MIDGE_PIN_ONLY}, path = {&other, 1, MIDGE_PIN_PATH};
    fetch(A "/", &only, MIDGE_ERR_PIN, "");
    assert_int_equal(start(A "/", &path, false), MIDGE_ERR_CA);
    const struct midge_pins elsewhere = {&other_of_b, 1, MIDGE_PIN_ONLY};
    assert_int_equal(start(A "/", &elsewhere, false), MIDGE_ERR_CA);
    close_world();
}

/* --- dates of answers --- */

static int64_t date;
static int seen_verified;

static int note_date(void *ctx, midge_id id, const struct midge_response *response)
{
    (void)ctx;
    (void)id;
    date = midge_response_date(response);
    seen_verified = response->verified;
    return MIDGE_OK;
}

static int64_t date_of(const char *url, const struct midge_pins *pins, bool skip)
{
    date = -1;
    sim_get_init(&w, &get, url);
    get.request.pins = pins;
    get.request.dangerously_skip_verification = skip;
    get.request.on_response = note_date;
    sim_get_start(&w, &get);
    sim_world_run(&w);
    sim_get_ended(&get, MIDGE_OK, 200, "x");
    return date;
}

/* Only a server that was verified tells a date. */
static void dates(void **state)
{
    (void)state;
    static const struct {
        const char *path, *header;
        int64_t date;
    } rows[] = {{"/good", "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n", 784111777},
                {"/none", "", 0},
                {"/bad", "Date: yesterday\r\n", 0}};
    open_with(NULL, NULL);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct midge_sim_reply reply = {.headers = rows[i].header, .body = "x"};
        char url[40];
        midge_sim_add_reply(a, 443, rows[i].path, &reply);
        midge_sim_add_reply(a, 80, rows[i].path, &reply);
        (void)snprintf(url, sizeof url, A "%s", rows[i].path);
        assert_int_equal(date_of(url, NULL, false), rows[i].date);
        assert_int_equal(seen_verified, 1);
        assert_int_equal(date_of(url, NULL, true), 0);
        assert_int_equal(seen_verified, 0);
        (void)snprintf(url, sizeof url, "http://a.test%s", rows[i].path);
        assert_int_equal(date_of(url, NULL, false), 0);
        assert_int_equal(seen_verified, 0);
    }
    close_world();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hosts_of_a_client),
        cmocka_unit_test(backup_pins),
        cmocka_unit_test(redirects_keep_the_pins),
        cmocka_unit_test(only_the_key),
        cmocka_unit_test(bad_sets),
        cmocka_unit_test(no_roots),
        cmocka_unit_test(dates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
