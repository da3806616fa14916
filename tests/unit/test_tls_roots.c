/* SPDX-License-Identifier: MIT */
/* Roots in flash: tables of port/root_table.py and bundles of ESP-IDF, good and damaged, under TLS
   handshakes. tests/certs judges many more chains with tables. */
#include "test_tls_fixture.h"

#include <midge/roots.h>

#include "io/tls_internal.h"

/* --- files, made by scripts --- */

struct file {
    uint8_t *at; /* exactly len bytes from malloc */
    size_t len;
};

static char folder[] = "/tmp/midge-roots-XXXXXX";

static struct file made[3]; /* table, bundle with a count, bundle with offsets */

static struct file read_file(const char *path)
{
    struct file out = {NULL, 0};
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    assert_int_equal(fseek(f, 0, SEEK_END), 0);
    out.len = (size_t)ftell(f);
    out.at = malloc(out.len);
    rewind(f);
    assert_int_equal(fread(out.at, 1, out.len, f), out.len);
    fclose(f);
    return out;
}

static struct file make(const char *script, const char *arguments)
{
    char command[300], path[64];
    snprintf(path, sizeof path, "%s/out", folder);
    snprintf(command, sizeof command, "/usr/bin/python3 %s %s 2>%s/log", script, arguments, folder);
    assert_int_equal(system(command), 0);
    return read_file(path);
}

static int roots_open(void **state)
{
    char path[64], arguments[200];
    fixture_open(state);
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/ca.pem", folder);
    FILE *f = fopen(path, "wb");
    assert_int_equal(fwrite(fx.ca, 1, fx.ca_len, f), fx.ca_len);
    fclose(f);
    snprintf(arguments, sizeof arguments, "-o %s/out %s", folder, path);
    made[0] = make("port/root_table.py", arguments);
    const char *const formats[] = {"counted", "offsets"};
    for (size_t i = 0; i < 2; i++) {
        snprintf(arguments, sizeof arguments, "%s %s %s/out", formats[i], path, folder);
        made[i + 1] = make("tests/server/esp_bundle.py", arguments);
    }
    return 0;
}

static int roots_close(void **state)
{
    char command[100];
    for (size_t i = 0; i < 3; i++) {
        free(made[i].at);
    }
    snprintf(command, sizeof command, "rm -r %s", folder);
    assert_int_equal(system(command), 0);
    return fixture_close(state);
}

/* --- handshakes --- */

static struct link last; /* closed, but what it reports may be looked at */

static int shake(const struct midge_tls *settings, const char *server)
{
    struct midge__tls_params params = {.servername = "localhost", .owner = OWNER};
    fixture_memory_open(1 << 20);
    fixture_context_open(settings);
    midge__memory_owner_reset(&fx.memory, OWNER);
    int err = link_open(&last, server, &params);
    if (midge__tls_slot_in() != 0 && MIDGE_WITH_STATS) {
        size_t peak = midge__memory_owner_peak(&fx.memory, OWNER);
        size_t pair =
            MIDGE__MEMORY_COST(midge__tls_slot_in()) + MIDGE__MEMORY_COST(midge__tls_slot_out());
        print_message("%-10s %s: %zu of %zu\n", server, settings->roots != NULL ? "table" : "ca",
                      peak - pair, midge__tls_handshake_bytes());
        assert_true(peak <= pair + midge__tls_handshake_bytes());
    }
    link_close(&last);
    assert_int_equal(midge__memory_owner_live(&fx.memory, OWNER), 0);
    client_close(NULL);
    return err;
}

static struct midge_tls with(struct file roots)
{
    return (struct midge_tls){.roots = roots.at, .roots_len = roots.len};
}

static void test_handshakes(void **state)
{
    (void)state;
    const char *const servers[] = {"good.12", "rsa.12", "good.13", "rsa.13", "chain5k.12"};
    for (size_t i = 0; i < 3; i++) {
        const struct midge_tls settings = with(made[i]);
        for (size_t k = 0; k < (has_tls13() ? 4U : 2U); k++) {
            assert_int_equal(shake(&settings, servers[k]), MIDGE_OK);
            assert_true(last.tls.time_verified);
        }
    }
#if !defined(MIDGE_PROFILE_TINY)
    const struct midge_tls settings = with(made[0]);
    assert_int_equal(shake(&settings, servers[4]), MIDGE_OK);
#endif
}

/* The chain is verified in as many calls as with config.tls.ca. */
static void test_slices(void **state)
{
    (void)state;
    const struct midge_tls ca = {.ca = fx.ca, .ca_len = fx.ca_len}, table = with(made[0]);
    assert_int_equal(shake(&ca, "good.12"), MIDGE_OK);
    uint32_t calls = last.calls, steps = last.tls.crypto_steps;
    assert_int_equal(shake(&table, "good.12"), MIDGE_OK);
    assert_int_equal(last.tls.crypto_steps, steps);
    assert_true(last.calls <= calls + 3 && last.calls + 3 >= calls); /* pieces from the socket */
}

static void test_refusals(void **state)
{
    (void)state;
    const struct midge_tls settings = with(made[0]);
    assert_int_equal(shake(&settings, "untrusted.12"), MIDGE_ERR_CERT);
    assert_string_equal(last.tls.s.fault.detail, "certificate not trusted");
    assert_int_equal(shake(&settings, "selfsigned.12"), MIDGE_ERR_CERT);
    assert_string_equal(last.tls.s.fault.detail, "certificate is self-signed");
    assert_int_equal(shake(&settings, "expired.12"), MIDGE_ERR_CERT);
    assert_string_equal(last.tls.s.fault.detail, "certificate expired");
    assert_int_equal(shake(&settings, "wronghost.12"), MIDGE_ERR_CERT);
    assert_string_equal(last.tls.s.fault.detail, "certificate is for another host");
}

/* A root of either is enough. */
static void test_beside_ca(void **state)
{
    (void)state;
    struct midge_tls both = with(made[0]);
    both.ca = fx.ca;
    both.ca_len = fx.ca_len;
    assert_int_equal(shake(&both, "good.12"), MIDGE_OK);
    assert_int_equal(shake(&both, "untrusted.12"), MIDGE_ERR_CERT);
}

/* --- damaged files --- */

static int try_open(const void *at, size_t len)
{
    const struct midge_tls settings = {.roots = at, .roots_len = len};
    struct midge__tls_context *context = NULL;
    size_t live = midge__memory_live(&fx.memory);
    int err = midge__tls_context_open(&context, &fx.memory, &fx.port, &settings, &fixture_limits);
    midge__tls_context_close(context);
    assert_int_equal(midge__memory_live(&fx.memory), live);
    return err;
}

static void test_truncated(void **state)
{
    (void)state;
    fixture_memory_open(1 << 18);
    for (size_t i = 0; i < 3; i++) {
        for (size_t len = 1; len < made[i].len; len++) {
            uint8_t *copy = malloc(len); /* exactly: sanitizers see a byte too much */
            struct midge__root_table table;
            memcpy(copy, made[i].at, len);
            assert_int_equal(midge__root_table_open(&table, copy, len), MIDGE_ERR_CA);
            assert_int_equal(table.count, 0);
            free(copy);
        }
    }
    assert_int_equal(try_open(made[0].at, made[0].len - 1), MIDGE_ERR_CA);
    assert_int_equal(try_open("no roots", 8), MIDGE_ERR_CA);
    assert_int_equal(try_open(made[0].at, made[0].len), MIDGE_OK);
    assert_int_equal(try_open(made[0].at, 0), MIDGE_OK);
    assert_int_equal(try_open(NULL, 8), MIDGE_OK);
    fixture_memory_close();
}

/* The lengths of a table are all checked: a change of one is refused, or by chance one of a hash
   that stays in order. The digest finds all. */
static void test_changed(void **state)
{
    (void)state;
    struct midge__root_table table;
    uint8_t *copy = malloc(made[0].len);
    uint32_t count;
    memcpy(copy, made[0].at, made[0].len);
    assert_int_equal(midge__root_table_open(&table, copy, made[0].len), MIDGE_OK);
    count = table.count;
    assert_true(count > 1);
    assert_int_equal(midge_roots_check(copy, made[0].len), MIDGE_OK);
    for (size_t at = 0; at < 48 + 8 * count; at++) {
        bool is_hash = at >= 48 && at % 8 < 4, is_digest = at >= 16 && at < 48;
        for (unsigned bit = 0; bit < 8; bit++) {
            copy[at] ^= (uint8_t)(1U << bit);
            int err = midge__root_table_open(&table, copy, made[0].len);
            assert_true(err == MIDGE_ERR_CA || (err == MIDGE_OK && (is_hash || is_digest)));
            assert_int_equal(midge_roots_check(copy, made[0].len), MIDGE_ERR_CA);
            copy[at] ^= (uint8_t)(1U << bit);
        }
    }
    copy[made[0].len - 1] ^= 1;
    assert_int_equal(midge_roots_check(copy, made[0].len), MIDGE_ERR_CA);
    free(copy);
    assert_int_equal(midge_roots_check(made[1].at, made[1].len), MIDGE_OK);
    assert_int_equal(midge_roots_check(NULL, 0), MIDGE_ERR_CA);
}

/* --- the trust set --- */

static void digest_of(const struct midge_tls *settings, uint8_t digest[32])
{
    fixture_memory_open(1 << 20);
    fixture_context_open(settings);
    midge__trust_digest(&fx.context->trust, digest);
    client_close(NULL);
}

static void test_digests(void **state)
{
    (void)state;
    struct midge_tls sets[5] = {{.ca = fx.ca, .ca_len = fx.ca_len},
                                with(made[0]),
                                with(made[1]),
                                with(made[2]),
                                with(made[0])};
    uint8_t digests[5][32], again[32];
    sets[4].ca = fx.ca;
    sets[4].ca_len = fx.ca_len;
    for (size_t i = 0; i < 5; i++) {
        digest_of(&sets[i], digests[i]);
        digest_of(&sets[i], again);
        assert_memory_equal(digests[i], again, 32);
        for (size_t k = 0; k < i; k++) {
            assert_memory_not_equal(digests[i], digests[k], 32);
        }
    }
}

/* --- memory --- */

/* When an allocation fails, the root that is parsed is neither lost nor taken for a bad one. */
static void test_failing_allocations(void **state)
{
    (void)state;
    struct midge__tls_params params = {.servername = "localhost", .owner = OWNER};
    for (size_t i = 0; i < 2; i++) {
        const struct midge_tls settings = with(made[i]);
        int err = MIDGE_ERR_NO_MEMORY;
        for (uint32_t nth = 1; err != MIDGE_OK; nth += 1 + nth / 8) {
            fixture_memory_open(1 << 20);
            fixture_context_open(&settings);
            midge__memory_fail_at(&fx.memory, nth, false);
            err = link_open(&last, "good.12", &params);
            assert_true(err == MIDGE_OK || err == MIDGE_ERR_NO_MEMORY);
            midge__memory_fail_at(&fx.memory, 0, false);
            link_close(&last);
            (void)midge__memory_sweep(&fx.memory, OWNER);
            client_close(NULL);
        }
    }
}

/* For every root of the system's bundle: its parsed form, and RR mod N of an RSA key. */
static void test_estimate_covers_the_system_bundle(void **state)
{
    (void)state;
    const char *path = "/etc/ssl/certs/ca-certificates.crt";
    const struct midge_tls settings = with(made[0]), none = {.roots = NULL};
    size_t most = 0;
    char arguments[200];
    if (midge__tls_slot_in() == 0 || access(path, R_OK) != 0) {
        skip();
    }
    snprintf(arguments, sizeof arguments, "-o %s/out %s", folder, path);
    struct file system_roots = make("port/root_table.py", arguments);
    struct midge__root_table table;
    assert_int_equal(midge__root_table_open(&table, system_roots.at, system_roots.len), MIDGE_OK);
    fixture_memory_open(1 << 20);
    fixture_context_open(&none);
    const struct midge__tls_scope scope = {.context = fx.context, .owner = OWNER};
    for (uint32_t n = 0; n < table.count; n++) {
        const struct midge__tls_scope *outer = midge__tls_enter(&scope);
        mbedtls_x509_crt root;
        mbedtls_x509_crt_init(&root);
        int ret = midge__root_table_parse(&table, n, &root);
        size_t bytes = midge__memory_owner_live(&fx.memory, OWNER) +
                       MIDGE__MEMORY_COST(sizeof root) +
                       MIDGE__MEMORY_COST(mbedtls_pk_get_len(&root.pk) + 8);
        most = ret == 0 && bytes > most ? bytes : most;
        mbedtls_x509_crt_free(&root);
        midge__tls_leave(outer);
    }
    client_close(NULL);
    free(system_roots.at);
    size_t estimate = midge__tls_handshake_worst(&settings) - midge__tls_handshake_worst(&none);
    print_message("%u roots, at most %zu bytes of %zu\n", (unsigned)table.count, most, estimate);
    assert_true(most <= estimate);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_handshakes),
        cmocka_unit_test(test_slices),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_beside_ca),
        cmocka_unit_test(test_truncated),
        cmocka_unit_test(test_changed),
        cmocka_unit_test(test_digests),
        cmocka_unit_test(test_failing_allocations),
        cmocka_unit_test(test_estimate_covers_the_system_bundle),
    };
    return cmocka_run_group_tests(tests, roots_open, roots_close);
}
