/* SPDX-License-Identifier: MIT */
/* Pins of public keys (io/pin.c): modes, hosts, backup pins, resumption. */
#include "test_tls_fixture.h"

#include <mbedtls/x509_crt.h>

#include "midge/hash.h"

enum { PIN_FLAG = 0x1000000, MOST_PINS = 4 };

/* --- the keys of a chain, leaf first --- */

static uint8_t keys[4][32];
static size_t n_keys;

static void key_of(const mbedtls_x509_crt *crt, uint8_t digest[32])
{
    struct midge_sha256 hash;
    midge_sha256_init(&hash);
    midge_sha256_update(&hash, crt->pk_raw.p, crt->pk_raw.len);
    midge_sha256_final(&hash, digest);
}

static void note_keys(struct midge__tls *tls, const void *certificate)
{
    (void)tls;
    n_keys = 0;
    for (const mbedtls_x509_crt *crt = certificate; crt != NULL && n_keys < 4; crt = crt->next) {
        key_of(crt, keys[n_keys++]);
    }
}

/* --- one handshake --- */

static const uint8_t zero[32];
static const uint8_t wrong[32] = {1, 2, 3};

static struct link last; /* closed, but what it reports may be looked at */

static int try_pins(const char *server, const char *host, const struct midge_pins *pins)
{
    struct midge__tls_params params = {
        .servername = host, .owner = OWNER, .pins = pins, .show = note_keys};
    int err = link_open(&last, server, &params);
    assert_true(err == MIDGE_OK || !last.tls.new_session);
    link_close(&last);
    assert_int_equal(midge__memory_owner_live(&fx.memory, OWNER), 0);
    return err;
}

static struct midge_pin pin(const char *host, const uint8_t *key)
{
    struct midge_pin made = {.host = host};
    memcpy(made.sha256, key, sizeof made.sha256);
    return made;
}

static int try_one(const char *server, enum midge_pin_mode mode, const uint8_t *key)
{
    const struct midge_pin one = pin("localhost", key);
    const struct midge_pins set = {&one, 1, (uint8_t)mode};
    return try_pins(server, "localhost", &set);
}

static void refuses(const char *server, enum midge_pin_mode mode, const uint8_t *key)
{
    assert_int_equal(try_one(server, mode, key), MIDGE_ERR_PIN);
    assert_int_equal(last.tls.s.fault.verify_flags, PIN_FLAG);
    assert_int_not_equal(last.tls.s.fault.native, 0);
    assert_true(last.tls.s.fault.detail == NULL || last.tls.s.fault.detail[0] == '\0');
}

/* Gets the keys of a server, which is refused. */
static void look_at(const char *server)
{
    n_keys = 0;
    refuses(server, MIDGE_PIN_ONLY, wrong);
    assert_true(n_keys > 0);
}

static size_t versions(void)
{
    return has_tls13() ? 2 : 1;
}

/* --- the modes --- */

static void test_the_servers_own_key(void **state)
{
    (void)state;
    const char *const servers[] = {"good.12", "good.13"};
    look_at(servers[0]);
    uint8_t right[32];
    memcpy(right, keys[0], sizeof right);
    for (size_t i = 0; i < versions(); i++) {
        for (int mode = MIDGE_PIN_PATH; mode <= MIDGE_PIN_ONLY; mode++) {
            assert_int_equal(try_one(servers[i], (enum midge_pin_mode)mode, right), MIDGE_OK);
            assert_int_equal(last.tls.time_verified, mode != MIDGE_PIN_ONLY);
            refuses(servers[i], (enum midge_pin_mode)mode, wrong);
            refuses(servers[i], (enum midge_pin_mode)mode, zero);
        }
    }
}

/* An intermediate CA and the root count for PATH alone. */
static void test_keys_above(void **state)
{
    (void)state;
    mbedtls_x509_crt roots;
    uint8_t root[32], above[32];
    char *text = calloc(1, fx.ca_len + 1);
    memcpy(text, fx.ca, fx.ca_len);
    mbedtls_x509_crt_init(&roots);
    (void)mbedtls_x509_crt_parse(&roots, (const unsigned char *)text, fx.ca_len + 1);
    free(text);
    look_at("rsa.12");
    assert_int_equal(n_keys, 2);
    memcpy(above, keys[1], sizeof above);
    assert_non_null(roots.next); /* the root with an RSA key */
    key_of(roots.next, root);
    mbedtls_x509_crt_free(&roots);
    const char *const servers[] = {"rsa.12", "rsa.13"};
    for (size_t i = 0; i < versions(); i++) {
        assert_int_equal(try_one(servers[i], MIDGE_PIN_PATH, above), MIDGE_OK);
        assert_int_equal(try_one(servers[i], MIDGE_PIN_PATH, root), MIDGE_OK);
        refuses(servers[i], MIDGE_PIN_LEAF, above);
        refuses(servers[i], MIDGE_PIN_LEAF, root);
        refuses(servers[i], MIDGE_PIN_ONLY, above);
        refuses(servers[i], MIDGE_PIN_ONLY, root);
    }
}

/* Verification goes on with PATH and LEAF, and its error is told, not that of the pin. */
static void test_bad_certificates(void **state)
{
    (void)state;
    const char *const servers[] = {"expired.12", "selfsigned.12", "wronghost.12", "nosan.12",
                                   "notyet.12",  "untrusted.12",  "selfsigned.13"};
    for (size_t i = 0; i < (has_tls13() ? 7U : 6U); i++) {
        look_at(servers[i]);
        uint8_t right[32];
        memcpy(right, keys[0], sizeof right);
        for (int mode = MIDGE_PIN_PATH; mode <= MIDGE_PIN_LEAF; mode++) {
            assert_int_equal(try_one(servers[i], (enum midge_pin_mode)mode, right), MIDGE_ERR_CERT);
            assert_int_equal(try_one(servers[i], (enum midge_pin_mode)mode, wrong), MIDGE_ERR_CERT);
            assert_int_equal(last.tls.s.fault.verify_flags & PIN_FLAG, 0);
        }
        assert_int_equal(try_one(servers[i], MIDGE_PIN_ONLY, right), MIDGE_OK);
        assert_false(last.tls.time_verified);
        refuses(servers[i], MIDGE_PIN_ONLY, wrong);
    }
}

/* No root is needed when a pin replaces the chain, for this host only. */
static void test_without_roots(void **state)
{
    (void)state;
    const struct midge_tls settings = {.ca = NULL};
    midge__tls_context_close(fx.context);
    fixture_context_open(&settings);
    const char *const servers[] = {"selfsigned.12", "good.13"};
    for (size_t i = 0; i < versions(); i++) {
        look_at(servers[i]);
        uint8_t right[32];
        memcpy(right, keys[0], sizeof right);
        assert_int_equal(try_one(servers[i], MIDGE_PIN_ONLY, right), MIDGE_OK);
        refuses(servers[i], MIDGE_PIN_ONLY, wrong);
        assert_int_equal(try_one(servers[i], MIDGE_PIN_LEAF, right), MIDGE_ERR_CA);
        const struct midge_pin other = pin("other.example", right);
        const struct midge_pins set = {&other, 1, MIDGE_PIN_ONLY};
        assert_int_equal(try_pins(servers[i], "localhost", &set), MIDGE_ERR_CA);
    }
}

/* --- sets --- */

static void test_backup_pins(void **state)
{
    (void)state;
    look_at("good.12");
    const struct midge_pin both[] = {pin("localhost", wrong), pin("localhost", keys[0])};
    for (int mode = MIDGE_PIN_PATH; mode <= MIDGE_PIN_ONLY; mode++) {
        struct midge_pins set = {both, 2, (uint8_t)mode};
        assert_int_equal(try_pins("good.12", "localhost", &set), MIDGE_OK);
        set.count = 1;
        assert_int_equal(try_pins("good.12", "localhost", &set), MIDGE_ERR_PIN);
    }
}

/* Is a set with this pin a set of this name? With a wrong key it refuses then. */
static bool applies(const char *pinned, const char *name)
{
    const struct midge_pin pins[] = {pin(pinned, wrong), pin("elsewhere.example", keys[0])};
    const struct midge_pins set = {pins, 2, MIDGE_PIN_LEAF};
    int err = try_pins("good.12", name, &set);
    assert_true(err == MIDGE_OK || err == MIDGE_ERR_PIN);
    return err == MIDGE_ERR_PIN;
}

static void test_hosts(void **state)
{
    (void)state;
    look_at("good.12");
    assert_true(applies("localhost", "localhost"));
    assert_true(applies("LocalHost", "localhost"));
    assert_true(applies("localhost", "localhost."));
    assert_true(applies("localhost.", "LOCALHOST"));
    assert_true(applies(NULL, "localhost"));
    assert_true(applies("127.0.0.1", "127.0.0.1"));
    assert_true(applies("::1", "::1"));
    assert_false(applies("api.example", "localhost"));
    assert_false(applies("localhost", "api.example"));
    assert_false(applies("", "localhost"));
    assert_false(applies("localhos", "localhost"));
}

/* A host without pins is verified as usual, whatever the mode. */
static void test_other_hosts(void **state)
{
    (void)state;
    look_at("selfsigned.12");
    const struct midge_pin one = pin("other.example", keys[0]);
    struct midge_pins set = {&one, 1, MIDGE_PIN_ONLY};
    assert_int_equal(try_pins("selfsigned.12", "localhost", &set), MIDGE_ERR_CERT);
    assert_int_equal(try_pins("good.12", "localhost", &set), MIDGE_OK);
    assert_true(last.tls.time_verified);
    set.count = 0;
    set.pin = NULL;
    assert_int_equal(try_pins("selfsigned.12", "localhost", &set), MIDGE_ERR_CERT);
}

/* --- sessions --- */

static void test_resumption(void **state)
{
    (void)state;
    look_at("good.12");
    const struct midge_pin one = pin("localhost", keys[0]);
    const struct midge_pins set = {&one, 1, MIDGE_PIN_LEAF};
    struct midge__tls_params params = {.servername = "localhost", .owner = OWNER, .pins = &set};
    struct midge__tls_session *session = NULL;
    assert_int_equal(link_open(&last, "good.12", &params), MIDGE_OK);
    assert_int_equal(midge__tls_take_session(&last.tls, &session), MIDGE_OK);
    link_close(&last);
    params.resume = session;
    assert_int_equal(link_open(&last, "good.12", &params), MIDGE_OK);
    assert_true(last.tls.resumed);
    link_close(&last);
    midge__tls_session_free(fx.context, session);
}

int main(void)
{
#define CLIENT_TEST(f) cmocka_unit_test_setup_teardown(f, client_open, client_close)
    const struct CMUnitTest tests[] = {
        CLIENT_TEST(test_the_servers_own_key), CLIENT_TEST(test_keys_above),
        CLIENT_TEST(test_bad_certificates),    CLIENT_TEST(test_without_roots),
        CLIENT_TEST(test_backup_pins),         CLIENT_TEST(test_hosts),
        CLIENT_TEST(test_other_hosts),         CLIENT_TEST(test_resumption),
    };
    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
