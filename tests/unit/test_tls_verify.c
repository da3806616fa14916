/* SPDX-License-Identifier: MIT */
/* What the TLS stream accepts as a certificate: trust, names, dates; and the roots themselves. */
#include "test_tls_fixture.h"

#include <mbedtls/x509_crt.h>

static int64_t fake_now;

static int64_t fake_wall_time(void *ctx)
{
    (void)ctx;
    return fake_now;
}

/* --- one handshake, judged --- */

static struct link last; /* closed, but what it reports may be looked at */

static int try_params(const char *server, const struct midge__tls_params *params)
{
    int err = link_open(&last, server, params);
    link_close(&last);
    assert_int_equal(midge__memory_owner_live(&fx.memory, OWNER), 0);
    return err;
}

static int try_name(const char *cert, const char *version, const char *name)
{
    char server[32];
    struct midge__tls_params params = {.servername = name, .owner = OWNER};
    snprintf(server, sizeof server, "%s.%s", cert, version);
    return try_params(server, &params);
}

static void refuses(const char *cert, const char *name, uint32_t flag, const char *detail)
{
    const char *const versions[] = {"12", "13"};
    for (size_t i = 0; i < (has_tls13() ? 2U : 1U); ++i) {
        assert_int_equal(try_name(cert, versions[i], name), MIDGE_ERR_CERT);
        assert_true((last.tls.s.fault.verify_flags & flag) != 0);
        assert_string_equal(last.tls.s.fault.detail, detail);
        assert_int_not_equal(last.tls.s.fault.native, 0);
        const uint32_t day = last.tls.s.fault.cert_date; /* 0: it is not about dates */
        const uint32_t dates = MBEDTLS_X509_BADCERT_EXPIRED | MBEDTLS_X509_BADCERT_FUTURE;
        assert_int_equal(day != 0, (flag & dates) != 0);
        assert_true(day == 0 || (day / 10000 >= 2000 && day / 10000 < 2200 &&
                                 day / 100 % 100 - 1 < 12 && day % 100 - 1 < 31));
    }
}

static void test_bad_certificates(void **state)
{
    (void)state;
    refuses("expired", "localhost", MBEDTLS_X509_BADCERT_EXPIRED, "certificate expired");
    refuses("notyet", "localhost", MBEDTLS_X509_BADCERT_FUTURE, "certificate not yet valid");
    refuses("selfsigned", "localhost", MBEDTLS_X509_BADCERT_NOT_TRUSTED,
            "certificate is self-signed");
    refuses("untrusted", "localhost", MBEDTLS_X509_BADCERT_NOT_TRUSTED, "certificate not trusted");
    refuses("wronghost", "localhost", MBEDTLS_X509_BADCERT_CN_MISMATCH,
            "certificate is for another host");
    refuses("nosan", "localhost", MBEDTLS_X509_BADCERT_CN_MISMATCH,
            "certificate has no subjectAltName");
}

static void test_names(void **state)
{
    (void)state;
    const char *const good[] = {
        "localhost", "LocalHost",    "localhost.",      "a.localhost-test.example", "127.0.0.1",
        "::1",       "api.example.", "0:0:0:0:0:0:0:1", "A1.LOCALHOST-test.example"};
    const char *const bad[] = {"localhos",
                               "xlocalhost",
                               "localhost-test.example",
                               "a.b.localhost-test.example",
                               ".localhost-test.example",
                               "127.0.0.2",
                               "::2",
                               "::ffff:127.0.0.1"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; ++i) {
        assert_int_equal(try_name("good", "12", good[i]), MIDGE_OK);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; ++i) {
        refuses("good", bad[i], MBEDTLS_X509_BADCERT_CN_MISMATCH,
                "certificate is for another host");
    }
}

static void test_skipped_verification(void **state)
{
    (void)state;
    const char *const servers[] = {"expired.12", "selfsigned.12", "nosan.12", "selfsigned.13"};
    struct midge__tls_params params = {
        .servername = "any", .skip_verification = true, .owner = OWNER};
    for (size_t i = 0; i < (has_tls13() ? 4U : 3U); ++i) {
        assert_int_equal(try_params(servers[i], &params), MIDGE_OK);
        assert_false(last.tls.time_verified);
    }
    /* Both kinds side by side in one client. */
    assert_int_equal(try_name("selfsigned", "12", "localhost"), MIDGE_ERR_CERT);
}

/* --- dates --- */

static void test_without_a_trusted_clock(void **state)
{
    (void)state;
    const int64_t clocks[] = {MIDGE_ERR_UNSUPPORTED, 0, MIDGE_TIME_FLOOR - 1};
    fx.port.wall_time = fake_wall_time;
    for (size_t i = 0; i < sizeof clocks / sizeof clocks[0]; ++i) {
        fake_now = clocks[i];
        assert_int_equal(try_name("good", "12", "localhost"), MIDGE_OK);
        assert_false(last.tls.time_verified);
        assert_int_equal(try_name("notyet", "12", "localhost"), MIDGE_OK);
        assert_false(last.tls.time_verified);
        refuses("expired", "localhost", MBEDTLS_X509_BADCERT_EXPIRED, "certificate expired");
        refuses("wronghost", "localhost", MBEDTLS_X509_BADCERT_CN_MISMATCH,
                "certificate is for another host");
    }
}

/* Its CA is of the years from 2040, and another key of the same name of today: mbedTLS, which takes
   the floor for the time where there is no clock, would prefer that one. */
static void test_path_without_a_trusted_clock(void **state)
{
    (void)state;
    const char *name = "keys-without-clock.chain.test";
    refuses("noclock", name, MBEDTLS_X509_BADCERT_FUTURE, "certificate not yet valid");
    fx.port.wall_time = fake_wall_time;
    fake_now = 0;
    assert_int_equal(try_name("noclock", "12", name), MIDGE_OK);
    assert_false(last.tls.time_verified);
}

/* Of 2023-05-01 to 2024-05-01, to the second. */
static void test_dates_to_the_second(void **state)
{
    (void)state;
    const int64_t from = 1682899200, to = 1714521600;
    struct midge_tls settings = {.ca = fx.ca, .ca_len = fx.ca_len, .time_floor = 1};
    midge__tls_context_close(fx.context);
    fx.port.wall_time = fake_wall_time;
    fixture_context_open(&settings);
    fake_now = from;
    assert_int_equal(try_name("expired", "12", "localhost"), MIDGE_OK);
    assert_true(last.tls.time_verified);
    fake_now = to;
    assert_int_equal(try_name("expired", "12", "localhost"), MIDGE_OK);
    fake_now = from - 1;
    refuses("expired", "localhost", MBEDTLS_X509_BADCERT_FUTURE, "certificate not yet valid");
    fake_now = to + 1;
    refuses("expired", "localhost", MBEDTLS_X509_BADCERT_EXPIRED, "certificate expired");
}

/* --- roots --- */

static int try_roots(const void *ca, size_t len)
{
    struct midge_tls settings = {.ca = ca, .ca_len = len};
    struct midge__tls_context *context = NULL;
    size_t live = midge__memory_live(&fx.memory);
    int err = midge__tls_context_open(&context, &fx.memory, &fx.port, &settings, &fixture_limits);
    midge__tls_context_close(context);
    assert_int_equal(midge__memory_live(&fx.memory), live);
    return err;
}

static void test_unusable_roots(void **state)
{
    (void)state;
    const char empty[] = "no certificate here";
    const char broken[] =
        "-----BEGIN CERTIFICATE-----\nMIIBszCCAVmgAwIBAgIUX\n-----END CERTIFICATE-----\n";
    const char open_end[] = "-----BEGIN CERTIFICATE-----\nMIIBszCCAVmgAwIBAgIUX";
    const char der[] = "\x30\x82\x01\x00\x30\x82";
    assert_int_equal(try_roots(empty, sizeof empty - 1), MIDGE_ERR_CA);
    assert_int_equal(try_roots(broken, sizeof broken - 1), MIDGE_ERR_CA);
    assert_int_equal(try_roots(open_end, sizeof open_end - 1), MIDGE_ERR_CA);
    assert_int_equal(try_roots(der, sizeof der - 1), MIDGE_ERR_CA);
    assert_int_equal(try_roots(NULL, 0), MIDGE_OK);
}

/* A root that cannot be parsed does not spoil those that can. */
static void test_one_bad_root_is_skipped(void **state)
{
    (void)state;
    const char broken[] = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    size_t len = sizeof broken - 1 + fx.ca_len;
    char *ca = malloc(len);
    memcpy(ca, broken, sizeof broken - 1);
    memcpy(ca + sizeof broken - 1, fx.ca, fx.ca_len);
    assert_int_equal(try_roots(ca, len), MIDGE_OK);
    free(ca);
}

static void test_no_roots(void **state)
{
    (void)state;
    struct midge_tls settings = {.ca = NULL};
    struct midge__tls_params params = {.servername = "localhost", .owner = OWNER};
    midge__tls_context_close(fx.context);
    fixture_context_open(&settings);
    link_connect(&last, "good.12");
    assert_int_equal(midge__tls_open(&last.tls, fx.context, &last.tcp.s, &params), MIDGE_ERR_CA);
    link_close(&last);
    params.skip_verification = true;
    assert_int_equal(try_params("good.12", &params), MIDGE_OK);
}

/* What a context keeps, in a block with a handshake's room for scratch; 0 when no root is of use.
 */
static size_t context_keeps(const char *ca, size_t len)
{
    struct midge_tls settings = {.ca = ca, .ca_len = len};
    struct midge__tls_context *context = NULL;
    struct midge__memory memory;
    size_t estimate = midge__tls_context_bytes(&settings), kept = 0;
    size_t size = estimate + midge__tls_handshake_bytes() + MIDGE__MEMORY_FIXED_COST(OWNERS);
    void *block = malloc(size);
    assert_int_equal(midge__memory_init(&memory, block, size, OWNERS), MIDGE_OK);
    int err = midge__tls_context_open(&context, &memory, &fx.port, &settings, &fixture_limits);
    if (err != MIDGE_OK) {
        assert_int_equal(err, MIDGE_ERR_CA);
    } else {
        kept = midge__memory_live(&memory);
        assert_true(kept <= estimate);
    }
    midge__tls_context_close(context);
    assert_int_equal(midge__memory_live(&memory), 0);
    midge__memory_deinit(&memory);
    free(block);
    return kept;
}

/* For every root of the system's bundle, alone and together. */
static void test_estimate_covers_the_system_bundle(void **state)
{
    (void)state;
    const char *path = "/etc/ssl/certs/ca-certificates.crt";
    size_t roots = 0, used = 0;
    if (midge__tls_slot_in() == 0 || access(path, R_OK) != 0) {
        skip();
    }
    char *ca = malloc(1 << 20);
    FILE *f = fopen(path, "rb");
    size_t len = fread(ca, 1, (1 << 20) - 1, f);
    fclose(f);
    ca[len] = '\0';
    for (char *at = ca, *end; (end = strstr(at, "-----END CERTIFICATE-----")) != NULL; ++roots) {
        end += strlen("-----END CERTIFICATE-----");
        used += context_keeps(at, (size_t)(end - at)) > 0;
        at = end;
    }
    struct midge_tls settings = {.ca = ca, .ca_len = len};
    print_message("%zu of %zu roots: %zu bytes of %zu estimated\n", used, roots,
                  context_keeps(ca, len), midge__tls_context_bytes(&settings));
    free(ca);
}

int main(void)
{
#define CLIENT_TEST(f) cmocka_unit_test_setup_teardown(f, client_open, client_close)
    const struct CMUnitTest tests[] = {
        CLIENT_TEST(test_bad_certificates),
        CLIENT_TEST(test_names),
        CLIENT_TEST(test_skipped_verification),
        CLIENT_TEST(test_without_a_trusted_clock),
        CLIENT_TEST(test_path_without_a_trusted_clock),
        CLIENT_TEST(test_dates_to_the_second),
        CLIENT_TEST(test_unusable_roots),
        CLIENT_TEST(test_one_bad_root_is_skipped),
        CLIENT_TEST(test_no_roots),
        CLIENT_TEST(test_estimate_covers_the_system_bundle),
    };
    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
