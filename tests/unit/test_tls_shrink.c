/* SPDX-License-Identifier: MIT */
/* Record buffers of a connection that speaks HTTP/2: large for the handshake, small after it. Once
   more with MIDGE_HTTP2_RECORD 4096 (CMakeLists.txt); here, with 0, they keep their size. */
#include "test_tls_fixture.h"

#include "io/tls_internal.h"

#define SHRINKS (MIDGE_HTTP2_RECORD > 0)
#define SMALL   (SHRINKS ? MIDGE_HTTP2_RECORD : 16384U)

static const struct midge__tls_params offers_h2 = {
    .servername = "localhost", .owner = OWNER, .offers_h2 = true};

static const char *const servers[] = {"h2.12", "h2.13"};

static size_t n_servers(void)
{
    return has_tls13() ? 2 : 1;
}

/* The answer's bytes, or the error. */
static int ask(struct link *link, const char *command, size_t *total)
{
    int err = link_send(link, command);
    return err == MIDGE_OK ? link_drain(link, total) : err;
}

/* Beside TLS's own bytes: two buffers of 16 KB and 4 KB, or of 4 KB and 1 KB. */
static void large_for_the_handshake_only(void **state)
{
    (void)state;
    for (size_t i = 0; i < n_servers(); i++) {
        struct link link;
        size_t total, held[2];
        for (size_t h2 = 0; h2 < 2; h2++) {
            struct midge__tls_params params = offers_h2;
            params.offers_h2 = h2 != 0;
            assert_int_equal(link_open(&link, servers[i], &params), MIDGE_OK);
            assert_int_equal(link.tls.h2, h2 != 0);
            assert_int_equal(link.tls.record_max, h2 != 0 && SHRINKS ? SMALL : 0);
            held[h2] = midge__memory_owner_live(&fx.memory, OWNER);
            assert_int_equal(ask(&link, "send 3000\n", &total), MIDGE_ERR_EOF);
            assert_int_equal(total, 3000);
            link_shutdown(&link);
            link_close(&link);
            assert_int_equal(midge__memory_owner_live(&fx.memory, OWNER), 0);
        }
        print_message("%s: %zu bytes, %zu over HTTP/2\n", servers[i], held[0], held[1]);
        if (SHRINKS) {
            assert_in_range(held[0] - held[1], 16384 - SMALL + 4096 - MIDGE_SEND_BUFFER - 64,
                            16384 - SMALL + 4096 - MIDGE_SEND_BUFFER + 64);
        } else {
            assert_int_equal(held[0], held[1]);
        }
    }
}

/* A record of the full size, and what was sent as many small ones. */
static void small_buffers_carry_data(void **state)
{
    (void)state;
    for (size_t i = 0; i < n_servers(); i++) {
        struct link link;
        char command[4000];
        size_t total;
        int n = snprintf(command, sizeof command, "send %03500u\n", SMALL);
        assert_in_range(n, 3500, sizeof command - 1);
        assert_int_equal(link_open(&link, servers[i], &offers_h2), MIDGE_OK);
        assert_int_equal(ask(&link, command, &total), MIDGE_ERR_EOF);
        assert_int_equal(total, SMALL);
        assert_true(link.tls.s.clean);
        link_close(&link);
        assert_int_equal(link_open(&link, servers[i], &offers_h2), MIDGE_OK);
        assert_int_equal(ask(&link, "slow 50000\n", &total), MIDGE_ERR_EOF);
        assert_int_equal(total, 50000);
        link_close(&link);
    }
}

/* No byte is written behind the buffer: the memory's own check, and AddressSanitizer, would see
   that. */
static void longer_records_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < n_servers(); i++) {
        static const char *const commands[] = {"send 4200\n", "send 16384\n"};
        for (size_t k = 0; k < sizeof commands / sizeof commands[0]; k++) {
            struct link link;
            size_t total;
            assert_int_equal(link_open(&link, servers[i], &offers_h2), MIDGE_OK);
            int err = ask(&link, commands[k], &total);
            assert_int_equal(err, SHRINKS ? MIDGE_ERR_TLS_RECORD_SIZE : MIDGE_ERR_EOF);
            assert_true(!SHRINKS || total == 0);
            link_close(&link);
            midge__memory_verify(&fx.memory);
        }
    }
}

/* The nth allocation after the last bytes of the handshake came fails. The stream opens, or says
   NO_MEMORY; true: it opened. */
static bool opens(struct link *link, uint32_t nth)
{
    link_connect(link, "h2.12");
    int err = midge__tls_open(&link->tls, fx.context, &link->tcp.s, &offers_h2);
    assert_int_equal(err, MIDGE_OK);
    const struct midge__tls_impl *impl = link->tls.impl;
    while ((err = link->tls.s.ops->handshake(&link->tls.s)) == MIDGE_ERR_BUSY ||
           err == MIDGE_ERR_AGAIN) {
        if (err == MIDGE_ERR_AGAIN) {
            link_wait(link, true, false, true);
            if (impl->ssl.MBEDTLS_PRIVATE(state) > MBEDTLS_SSL_CLIENT_FINISHED) {
                midge__memory_fail_at(&fx.memory, nth, false);
            }
        }
    }
    midge__memory_fail_at(&fx.memory, 0, false);
    assert_true(err == MIDGE_OK || err == MIDGE_ERR_NO_MEMORY);
    return err == MIDGE_OK;
}

/* A large output buffer that cannot be replaced stays. */
static void no_memory_to_shrink(void **state)
{
    (void)state;
    size_t least = SIZE_MAX, most = 0;
    for (uint32_t nth = 1; nth < 40; nth++) {
        struct link link;
        size_t total;
        if (opens(&link, nth)) {
            size_t held = midge__memory_owner_live(&fx.memory, OWNER);
            least = held < least ? held : least;
            most = held > most ? held : most;
            assert_int_equal(ask(&link, "send 4096\n", &total), MIDGE_ERR_EOF);
            assert_int_equal(total, 4096);
        }
        link_close(&link);
        (void)midge__memory_sweep(&fx.memory, OWNER);
        midge__memory_verify(&fx.memory);
    }
    print_message("held %zu to %zu bytes\n", least, most);
    assert_true(!SHRINKS || most - least > 2048);
}

int main(void)
{
#define CLIENT_TEST(f) cmocka_unit_test_setup_teardown(f, client_open, client_close)
    const struct CMUnitTest tests[] = {
        CLIENT_TEST(large_for_the_handshake_only),
        CLIENT_TEST(small_buffers_carry_data),
        CLIENT_TEST(longer_records_are_refused),
        CLIENT_TEST(no_memory_to_shrink),
    };
    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
