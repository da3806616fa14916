/* SPDX-License-Identifier: MIT */
/*
 * Buffers that shrink after the handshake (profile tiny): with servers that agree to
 * max_fragment_length, that are deaf to it, and that agree and send larger records all the same.
 */
#include "test_tls_fixture.h"

#include "io/tls_internal.h"

static const struct midge__tls_params to_localhost = {.servername = "localhost", .owner = OWNER};

static void skip_unless_shrinking(void)
{
    if (midge__tls_keeps_slots()) {
        skip();
    }
}

/* --- the answer in the ServerHello --- */

struct hello {
    const char *hex; /* what follows the random */
    size_t lost;     /* bytes cut off at the end */
    bool agrees;
};

static const struct hello hellos[] = {
    {"00 cca9 00", 0, false}, /* no extensions at all */
    {"00 cca9 00 0000", 0, false},
    {"00 cca9 00 0005 0001 0001 01", 0, true},
    {"20 000102030405060708090a0b0c0d0e0f 101112131415161718191a1b1c1d1e1f"
     "cca9 00 0005 0001 0001 01",
     0, true},
    {"00 cca9 00 000a ff01 0001 00 0001 0001 01", 0, true},
    {"00 cca9 00 000a 0001 0001 01 ff01 0001 00", 0, true},
    {"00 cca9 00 0009 000b 0005 0001 0001 01", 0, false}, /* inside another one */
    {"00 cca9 00 0004 0017 0000", 0, false},
    /* mbedTLS would have refused these. */
    {"00 cca9 00 0005 0001 0001 01", 1, false},
    {"00 cca9 00 0005 0001 0001 01", 7, false},
    {"00 cca9 00 0003 0001 00", 0, false},
    {"00 cca9 00 0005 ff01 ffff 01", 0, false},
    {"ff", 0, false},
    {"", 0, false},
    {"", 20, false},
};

static size_t unhex(const char *hex, unsigned char *out)
{
    size_t n = 0;
    for (; *hex != '\0'; ++hex) {
        unsigned byte;
        if (*hex != ' ' && sscanf(hex++, "%2x", &byte) == 1) {
            out[n++] = (unsigned char)byte;
        }
    }
    return n;
}

static void test_hello_is_read(void **state)
{
    (void)state;
    skip_unless_shrinking();
    for (size_t i = 0; i < sizeof hellos / sizeof hellos[0]; ++i) {
        unsigned char built[128] = {2, 0, 0, 0, 3, 3};
        size_t size = 38 + unhex(hellos[i].hex, built + 38) - hellos[i].lost;
        unsigned char *exact = malloc(size); /* one byte too far is noticed */
        struct midge__tls_impl *impl = calloc(1, sizeof *impl);
        memcpy(exact, built, size);
        impl->ssl.MBEDTLS_PRIVATE(in_msg) = exact;
        impl->ssl.MBEDTLS_PRIVATE(in_hslen) = size;
        impl->small_records = true;
        midge__tls_look_at_hello(impl);
        if (impl->small_records != hellos[i].agrees) {
            fail_msg("hello %zu", i);
        }
        free(impl);
        free(exact);
    }
}

/* --- servers --- */

/* GET of that many bytes; what recv ended with, AGAIN when all came. */
static int get(struct link *link, size_t bytes)
{
    char request[64];
    uint8_t buf[600];
    size_t got = 0, n = 0, head = 0;
    snprintf(request, sizeof request, "GET /bytes/%zu HTTP/1.1\r\n\r\n", bytes);
    head = (size_t)snprintf(NULL, 0, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", bytes);
    assert_int_equal(link_send(link, request), MIDGE_OK);
    while (got < head + bytes) {
        int err = link->tls.s.ops->recv(&link->tls.s, buf, sizeof buf, &n);
        if (err == MIDGE_ERR_AGAIN) {
            link_wait(link, true, false, true);
        } else if (err != MIDGE_OK && err != MIDGE_ERR_BUSY) {
            return err;
        }
        got += n;
    }
    assert_int_equal(got, head + bytes);
    return MIDGE_ERR_AGAIN;
}

struct server {
    const char *name;
    bool agrees;
    int end;
};

static const struct server servers[] = {
    {"deaf", false, MIDGE_ERR_AGAIN},          {"deaf.big", false, MIDGE_ERR_TLS_RECORD_SIZE},
    {"deaf.pieces", false, MIDGE_ERR_AGAIN},   {"agrees", true, MIDGE_ERR_AGAIN},
    {"lies", true, MIDGE_ERR_TLS_RECORD_SIZE},
};

static void test_servers(void **state)
{
    (void)state;
    skip_unless_shrinking();
    for (size_t i = 0; i < sizeof servers / sizeof servers[0]; ++i) {
        const struct server *s = &servers[i];
        struct link link;
        assert_int_equal(link_open(&link, s->name, &to_localhost), MIDGE_OK);
        assert_int_equal(midge__memory_free_slots(&fx.memory), s->agrees ? 2 : 1);
        assert_int_equal(midge__memory_owner_slots(&fx.memory, OWNER) == 0, s->agrees);
        for (unsigned again = 0; again < 3 && s->end == MIDGE_ERR_AGAIN; ++again) {
            assert_int_equal(get(&link, 20000), MIDGE_ERR_AGAIN);
        }
        assert_int_equal(get(&link, 20000), s->end);
        if (s->end == MIDGE_ERR_TLS_RECORD_SIZE) {
            assert_non_null(strstr(link.tls.s.fault.detail, "profile tiny"));
        }
        link_close(&link);
        assert_int_equal(midge__memory_free_slots(&fx.memory), 2);
        assert_int_equal(midge__memory_owner_live(&fx.memory, OWNER), 0);
    }
}

/* What leaves in one piece is bounded; what is asked to leave is not. */
static void test_long_requests_leave_in_pieces(void **state)
{
    (void)state;
    struct link link;
    char command[3000];
    size_t total, n = 0;
    assert_int_equal(link_open(&link, "good.12", &to_localhost), MIDGE_OK);
    memset(command, ' ', sizeof command);
    memcpy(command, "close", 5);
    memcpy(command + sizeof command - 2, "\n", 2);
    assert_int_equal(link.tls.s.ops->send(&link.tls.s, (const uint8_t *)command, 5, &n), MIDGE_OK);
    assert_int_equal(n, 5);
    if (!midge__tls_keeps_slots()) {
        int err = link.tls.s.ops->send(&link.tls.s, (const uint8_t *)command + 5, 2000, &n);
        assert_int_equal(err, MIDGE_OK);
        assert_int_equal(n, midge__tls_sent_record());
    }
    assert_int_equal(link_send(&link, command + 5 + (n > 5 ? n : 0)), MIDGE_OK);
    assert_int_equal(link_drain(&link, &total), MIDGE_ERR_EOF);
    assert_int_equal(total, 5);
    link_shutdown(&link);
    link_close(&link);
}

/* By mbedTLS's steps up to its last one, before which the test does something. */
static void to_the_last_step(struct link *link)
{
    struct midge__tls_impl *impl = link->tls.impl;
    int *at = &impl->ssl.MBEDTLS_PRIVATE(state);
    while (*at != MBEDTLS_SSL_HANDSHAKE_WRAPUP) {
        int before = *at;
        impl->calls_left = MIDGE__TLS_CALLS;
        const struct midge__tls_scope *outer = midge__tls_enter(&impl->scope);
        int ret = mbedtls_ssl_handshake_step(&impl->ssl);
        midge__tls_leave(outer);
        if (ret == 0 && before == MBEDTLS_SSL_SERVER_HELLO) {
            midge__tls_look_at_hello(impl);
        }
        if (ret == MBEDTLS_ERR_SSL_WANT_READ) {
            impl->recv_wants = MIDGE_POLL_IN;
            link_wait(link, true, false, true);
        } else {
            assert_true(ret == 0 || ret == MBEDTLS_ERR_SSL_CRYPTO_IN_PROGRESS);
        }
    }
}

/* The handshake's last step finds no room for smaller buffers: it goes on with those it has. */
static void test_no_room_to_shrink(void **state)
{
    (void)state;
    skip_unless_shrinking();
    for (uint32_t nth = 1; nth <= 3; ++nth) { /* input, output, trimming that one */
        struct link link;
        link_connect(&link, "agrees");
        int err = midge__tls_open(&link.tls, fx.context, &link.tcp.s, &to_localhost);
        assert_int_equal(err, MIDGE_OK);
        to_the_last_step(&link);
        midge__memory_fail_at(&fx.memory, nth, false);
        assert_int_equal(link_handshake(&link), MIDGE_OK);
        assert_int_equal(midge__memory_free_slots(&fx.memory), nth < 3 ? 1 : 2);
        assert_int_equal(get(&link, 20000), MIDGE_ERR_AGAIN);
        link_close(&link);
        assert_int_equal(midge__memory_free_slots(&fx.memory), 2);
        assert_int_equal(midge__memory_owner_live(&fx.memory, OWNER), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_hello_is_read, client_open, client_close),
        cmocka_unit_test_setup_teardown(test_servers, client_open, client_close),
        cmocka_unit_test_setup_teardown(test_long_requests_leave_in_pieces, client_open,
                                        client_close),
        cmocka_unit_test_setup_teardown(test_no_room_to_shrink, client_open, client_close),
    };
    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
