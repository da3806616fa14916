/* SPDX-License-Identifier: MIT */
/* The TLS stream against OpenSSL: handshakes, data, ends, sessions, verification. */
#include "test_tls_fixture.h"

#if __has_include(<valgrind/memcheck.h>) /* the whole block is searched, unused bytes too */
#include <valgrind/memcheck.h>
#else
#define VALGRIND_MAKE_MEM_DEFINED(at, size) 0
#endif

#include "io/tls_internal.h"

static const struct midge__tls_params to_localhost = {.servername = "localhost", .owner = OWNER};

static void assert_nothing_left(void)
{
    assert_int_equal(midge__memory_owner_live(&fx.memory, OWNER), 0);
}

/* --- data and ends --- */

static void exchange(const char *server, const char *command, size_t bytes, bool clean)
{
    struct link link;
    size_t total;
    assert_int_equal(link_open(&link, server, &to_localhost), MIDGE_OK);
    assert_int_equal(link.tls.version, strstr(server, ".13") ? MIDGE_TLS_1_3 : MIDGE_TLS_1_2);
    assert_false(link.tls.resumed);
    assert_true(link.tls.time_verified);
    assert_true(strlen(link.tls.cipher) > 0);
    assert_true(link.tls.crypto_steps >= 3);
    assert_int_equal(link_send(&link, command), MIDGE_OK);
    assert_int_equal(link_drain(&link, &total), MIDGE_ERR_EOF);
    assert_int_equal(total, bytes);
    assert_int_equal(link.tls.s.clean, clean);
    /* An end stays the end. */
    assert_int_equal(link_drain(&link, &total), MIDGE_ERR_EOF);
    assert_int_equal(link.tls.s.clean, clean);
    link_shutdown(&link);
    link_close(&link);
    assert_nothing_left();
}

static const char *const both[] = {"12", "13"};

static void each_version(const char *cert, const char *command, size_t bytes, bool clean)
{
    for (size_t i = 0; i < (has_tls13() ? 2U : 1U); ++i) {
        char name[32];
        snprintf(name, sizeof name, "%s.%s", cert, both[i]);
        exchange(name, command, bytes, clean);
    }
}

static void test_close_notify_is_clean(void **state)
{
    (void)state;
    each_version("good", "close\n", 5, true);
}

static void test_cut_is_not_clean(void **state)
{
    (void)state;
    each_version("good", "cut\n", 5, false);
}

static void test_rsa_and_public_size_chain(void **state)
{
    (void)state;
    each_version("rsa", "close\n", 5, true);
#if !defined(MIDGE_PROFILE_TINY)
    each_version("chain5k", "close\n", 5, true);
#endif
}

static void test_bulk_in_large_and_small_records(void **state)
{
    (void)state;
    each_version("good", "send 300000\n", 300000, true); /* tiny: max_fragment_length */
    each_version("good", "slow 50000\n", 50000, true);
}

static int send_fails(struct midge__stream *s, const uint8_t *buf, size_t len, size_t *n)
{
    (void)buf, (void)len;
    *n = 0;
    s->fault = (struct midge__fault){.native = 32};
    return MIDGE_ERR_SEND;
}

/* What the peer said before it stopped listening is still there. */
static void test_send_fails_and_recv_goes_on(void **state)
{
    (void)state;
    for (size_t i = 0; i < (has_tls13() ? 2U : 1U); ++i) {
        char server[32];
        static const uint8_t body[6000]; /* more than a record holds: it fills the buffer */
        struct link link;
        size_t total, n;
        snprintf(server, sizeof server, "good.%s", both[i]);
        assert_int_equal(link_open(&link, server, &to_localhost), MIDGE_OK);
        assert_int_equal(link_send(&link, "close\n"), MIDGE_OK);
        struct midge__stream_ops deaf = *link.tcp.s.ops;
        deaf.send = send_fails;
        link.tcp.s.ops = &deaf;
        for (unsigned twice = 0; twice < 2; twice++) {
            assert_int_equal(link.tls.s.ops->send(&link.tls.s, body, sizeof body, &n),
                             MIDGE_ERR_SEND);
            assert_int_equal(link.tls.s.fault.native, 32);
        }
        assert_int_equal(link_drain(&link, &total), MIDGE_ERR_EOF);
        assert_int_equal(total, 5);
        assert_true(link.tls.s.clean);
        assert_int_equal(link.tls.s.ops->shutdown(&link.tls.s), MIDGE_OK);
        link_close(&link);
        assert_nothing_left();
    }
}

/* --- records without data --- */

#define HELLO "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"

/* All that the peer has sent, before TLS looks at it; behind it nothing comes. */
static struct {
    uint8_t bytes[64 * 1024];
    size_t len, at;
    unsigned reads;
} stored;

static int recv_stored(struct midge__stream *s, uint8_t *buf, size_t cap, size_t *n)
{
    (void)s;
    stored.reads++;
    *n = stored.len - stored.at < cap ? stored.len - stored.at : cap;
    memcpy(buf, stored.bytes + stored.at, *n);
    stored.at += *n;
    return *n > 0 ? MIDGE_OK : MIDGE_ERR_AGAIN;
}

/* Asks a server of records.py for what `path` says; it ends with F, so that all of it is known. */
static void link_store(struct link *link, const char *server, const char *path,
                       struct midge__stream_ops *ops)
{
    char request[64];
    size_t n = 0;
    int err;
    assert_int_equal(link_open(link, server, &to_localhost), MIDGE_OK);
    snprintf(request, sizeof request, "GET /%s HTTP/1.1\r\n\r\n", path);
    assert_int_equal(link_send(link, request), MIDGE_OK);
    memset(&stored, 0, sizeof stored);
    do {
        struct midge__stream *s = &link->tcp.s;
        err = s->ops->recv(s, stored.bytes + stored.len, sizeof stored.bytes - stored.len, &n);
        stored.len += n;
        if (err == MIDGE_ERR_AGAIN) {
            link_wait(link, true, false, false);
        }
    } while (err != MIDGE_ERR_EOF);
    *ops = *link->tcp.s.ops;
    ops->recv = recv_stored;
    link->tcp.s.ops = ops;
}

/* What recv gives before its first AGAIN, with the number of its BUSYs. */
static size_t recv_all(struct link *link, uint8_t *out, size_t cap, unsigned *busy)
{
    size_t got = 0, n;
    *busy = 0;
    for (;;) {
        unsigned before = stored.reads;
        int err = link->tls.s.ops->recv(&link->tls.s, out + got, cap - got, &n);
        assert_true(stored.reads - before <= 64); /* one step is bounded */
        got += n;
        *busy += err == MIDGE_ERR_BUSY;
        if (err == MIDGE_ERR_AGAIN) {
            return got;
        }
        assert_true(err == MIDGE_OK || err == MIDGE_ERR_BUSY);
    }
}

static const struct {
    const char *server, *path;
    unsigned records; /* without data */
} flights[] = {
    {"records.12", "R", 0},
    {"records.12", "W8R", 8},
    {"records.12", "W100R", 100},
    {"records.12", "ER", 1},
    {"records.12", "E3R", 3},
    {"records.12", "E4R", 4},
    {"records.12", "E100R", 100},
    {"records.12", "E3W3E3R", 9},
    {"records.13", "R", 0},
    {"records.13", "TR", 1},
    {"records.13", "T7R", 7},
    {"records.13", "T8R", 8},
    {"records.13", "T9R", 9},
    {"records.13", "T16R", 16},
    {"records.13", "T24R", 24},
    {"records.13", "T120R", 120},
    {"records.13", "M3R", 60},
    {"records.13", "S9R", 18},
    {"records.13", "W100R", 100},
    {"records.13", "E3R", 3},
    {"records.13", "E100R", 100},
    {"records.13", "C100R", 100},
    {"records.13", "M3S8T9E20C7W3R", 132},
};

/* AGAIN only when nothing is left to process, whatever comes before the answer. */
static void test_records_without_data(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof flights / sizeof flights[0]; ++i) {
        struct link link;
        struct midge__stream_ops ops;
        uint8_t out[100];
        char path[32];
        unsigned busy;
        if (strcmp(flights[i].server, "records.13") == 0 && !has_tls13()) {
            continue;
        }
        snprintf(path, sizeof path, "%sF", flights[i].path);
        link_store(&link, flights[i].server, path, &ops);
        assert_int_equal(recv_all(&link, out, sizeof out, &busy), sizeof HELLO - 1);
        assert_memory_equal(out, HELLO, sizeof HELLO - 1);
        assert_int_equal(stored.at, stored.len);
        assert_false(link.tls.s.ops->pending(&link.tls.s));
        assert_true(busy <= flights[i].records / 4 + 1);
        assert_true(busy >= flights[i].records / 32);
        assert_int_equal(link.tls.new_session, strpbrk(path, "TMS") != NULL);
        link_close(&link);
        assert_nothing_left();
    }
}

/* An alert of our own that cannot be sent costs nothing of what the peer has said. */
static void test_recv_goes_on_when_it_cannot_send(void **state)
{
    (void)state;
    struct link link;
    struct midge__stream_ops ops;
    uint8_t out[100] = {0};
    size_t n;
    unsigned busy;
    link_store(&link, "records.12", "Q3RF", &ops);
    ops.send = send_fails;
    assert_int_equal(recv_all(&link, out, sizeof out, &busy), sizeof HELLO - 1);
    assert_memory_equal(out, HELLO, sizeof HELLO - 1);
    assert_int_equal(link.tls.s.ops->send(&link.tls.s, out, 1, &n), MIDGE_ERR_SEND);
    assert_int_equal(link.tls.s.fault.native, 32);
    link_close(&link);
    assert_nothing_left();
}

/* A last ticket, too, is not left for the next bytes to bring. */
static void test_ticket_alone(void **state)
{
    (void)state;
    struct link link;
    struct midge__stream_ops ops;
    uint8_t byte;
    unsigned busy;
    if (!has_tls13()) {
        return;
    }
    link_store(&link, "records.13", "TF", &ops);
    assert_int_equal(recv_all(&link, &byte, 1, &busy), 0);
    assert_true(link.tls.new_session);
    link_close(&link);
}

/* Bytes that cannot be given yet are told. */
static void test_half_a_record_is_pending(void **state)
{
    (void)state;
    for (size_t i = 0; i < (has_tls13() ? 2U : 1U); ++i) {
        struct link link;
        struct midge__stream_ops ops;
        uint8_t out[100];
        unsigned busy;
        link_store(&link, i == 0 ? "records.12" : "records.13", "RHF", &ops);
        assert_int_equal(recv_all(&link, out, sizeof out, &busy), sizeof HELLO - 1);
        assert_true(link.tls.s.ops->pending(&link.tls.s));
        link_close(&link);
    }
}

/* recv got its turn back between finding a ticket and parsing it: a send parses it first. */
static void test_send_past_tickets(void **state)
{
    (void)state;
    unsigned busy_sends = 0;
    for (unsigned i = 0; i < 4 && has_tls13(); ++i) {
        struct link link;
        struct midge__stream_ops ops;
        uint8_t out[100] = {0};
        size_t n;
        char path[32];
        unsigned busy;
        snprintf(path, sizeof path, "E%uT40RF", 2 * i);
        link_store(&link, "records.13", path, &ops);
        assert_int_equal(link.tls.s.ops->recv(&link.tls.s, out, sizeof out, &n), MIDGE_ERR_BUSY);
        int err = link.tls.s.ops->send(&link.tls.s, out, 1, &n);
        if (err == MIDGE_ERR_BUSY) {
            busy_sends++;
            assert_int_equal(n, 0);
            err = link.tls.s.ops->send(&link.tls.s, out, 1, &n);
        }
        assert_int_equal(err, MIDGE_OK);
        assert_int_equal(n, 1);
        assert_int_equal(recv_all(&link, out, sizeof out, &busy), sizeof HELLO - 1);
        link_shutdown(&link);
        link_close(&link);
    }
    assert_true(busy_sends > 0 || !has_tls13());
}

/* --- output that waits --- */

/* What the lower stream took, which is `room` bytes at most. */
static struct {
    const struct midge__stream_ops *lower;
    uint8_t bytes[1000];
    size_t len, room;
} output;

static int send_some(struct midge__stream *s, const uint8_t *buf, size_t len, size_t *n)
{
    *n = 0;
    len = len < output.room ? len : output.room;
    int err = len > 0 ? output.lower->send(s, buf, len, n) : MIDGE_ERR_AGAIN;
    assert_true(output.len + *n <= sizeof output.bytes);
    if (*n > 0) {
        memcpy(output.bytes + output.len, buf, *n);
    }
    output.len += *n;
    output.room -= *n;
    return err;
}

static void output_limit(struct link *link, struct midge__stream_ops *ops, size_t room)
{
    output.lower = link->tcp.s.ops;
    output.len = 0;
    output.room = room;
    *ops = *link->tcp.s.ops;
    ops->send = send_some;
    link->tcp.s.ops = ops;
}

/* Whole records with data. */
static unsigned data_records(void)
{
    unsigned count = 0;
    size_t at = 0;
    while (at + 5 <= output.len) {
        count += output.bytes[at] == 23;
        at += 5U + output.bytes[at + 3] * 256U + output.bytes[at + 4];
    }
    assert_int_equal(at, output.len);
    return count;
}

/* mbedTLS sends the rest of a record when it parses a ticket. */
static void test_rest_of_a_record_goes_with_a_ticket(void **state)
{
    (void)state;
    for (size_t room = 0; room < 28 && has_tls13(); room++) {
        struct link link;
        struct midge__stream_ops ops;
        uint8_t byte;
        size_t n, total;
        assert_int_equal(link_open(&link, "good.13", &to_localhost), MIDGE_OK);
        output_limit(&link, &ops, room);
        assert_int_equal(link.tls.s.ops->send(&link.tls.s, (const uint8_t *)"close\n", 6, &n),
                         MIDGE_ERR_AGAIN);
        output.room = 1000;
        link_wait(&link, true, false, false);                      /* tickets */
        int err = link.tls.s.ops->recv(&link.tls.s, &byte, 1, &n); /* or a part of the answer */
        assert_true(err == MIDGE_ERR_AGAIN || err == MIDGE_OK);
        const size_t early = n;
        assert_int_equal(link_send(&link, "close\n"), MIDGE_OK);
        assert_int_equal(data_records(), 1);
        assert_int_equal(link_drain(&link, &total), MIDGE_ERR_EOF);
        assert_int_equal(early + total, 5);
        link_shutdown(&link);
        link_close(&link);
    }
}

/* An alert that waits is not taken for the bytes of a send. */
static void test_alert_goes_before_data(void **state)
{
    (void)state;
    for (size_t room = 0; room < 10; room++) {
        struct link link;
        struct midge__stream_ops ops, limited;
        uint8_t out[100];
        unsigned busy;
        link_store(&link, "records.12", "QRF", &ops);
        output_limit(&link, &limited, room);
        (void)recv_all(&link, out, sizeof out, &busy);
        output.room = 1000;
        assert_int_equal(link_send(&link, "x"), MIDGE_OK);
        assert_int_equal(data_records(), 1);
        assert_int_equal(output.bytes[0], 21);
        link_close(&link);
    }
}

/* What is known before the end of the handshake is told to those that give it up. */
static void test_version_is_known_early(void **state)
{
    (void)state;
    for (size_t i = 0; i < (has_tls13() ? 2U : 1U); ++i) {
        struct link link;
        int err;
        link_connect(&link, i == 0 ? "good.12" : "good.13");
        assert_int_equal(midge__tls_open(&link.tls, fx.context, &link.tcp.s, &to_localhost),
                         MIDGE_OK);
        do {
            err = link.tls.s.ops->handshake(&link.tls.s);
            if (err == MIDGE_ERR_AGAIN) {
                link_wait(&link, true, false, true);
            }
        } while (link.tls.version == 0 && err != MIDGE_OK);
        assert_int_not_equal(err, MIDGE_OK);
        assert_int_equal(link.tls.version, i == 0 ? MIDGE_TLS_1_2 : MIDGE_TLS_1_3);
        assert_string_equal(link.tls.cipher, "");
        link_close(&link);
        assert_nothing_left();
    }
}

static void test_chain_beyond_the_profile(void **state)
{
    (void)state;
#if defined(MIDGE_PROFILE_TINY)
    struct link link;
    assert_int_equal(link_open(&link, "chain5k.12", &to_localhost), MIDGE_ERR_TLS_RECORD_SIZE);
    assert_non_null(strstr(link.tls.s.fault.detail, "tiny"));
    link_close(&link);
#endif
    assert_nothing_left();
}

/* --- sessions --- */

static struct midge__tls_session *full_then_session(const char *server, const char *command)
{
    struct link link;
    struct midge__tls_session *session = NULL;
    size_t total;
    assert_int_equal(link_open(&link, server, &to_localhost), MIDGE_OK);
    assert_false(link.tls.offered || link.tls.resumed);
    assert_int_equal(link_send(&link, command), MIDGE_OK);
    assert_int_equal(link_drain(&link, &total), MIDGE_ERR_EOF);
    assert_true(link.tls.new_session);
    assert_int_equal(midge__tls_take_session(&link.tls, &session), MIDGE_OK);
    assert_non_null(session);
    assert_false(link.tls.new_session);
    struct midge__tls_session *second;
    assert_int_equal(midge__tls_take_session(&link.tls, &second), MIDGE_ERR_AGAIN);
    assert_null(second);
    link_shutdown(&link); /* OpenSSL forgets a session whose connection was cut */
    link_close(&link);
    assert_nothing_left();
    return session;
}

#if defined(__SANITIZE_ADDRESS__) /* freed memory is searched */
__attribute__((no_sanitize("address")))
#endif
static bool
in_memory(const uint8_t *secret, size_t len)
{
    const uint8_t *at = fx.block;
    (void)VALGRIND_MAKE_MEM_DEFINED(fx.block, fx.block_size);
    for (size_t i = 0; i + len <= fx.block_size; i++) {
        size_t n = 0;
        while (n < len && at[i + n] == secret[n]) {
            n++;
        }
        if (n == len) {
            return true;
        }
    }
    return false;
}

/* Neither its ticket nor its master secret stays in the block. */
static void test_session_is_wiped(void **state)
{
    uint8_t ticket[32], master[32];
    (void)state;
    struct midge__tls_session *session = full_then_session("good.12", "close\n");
    assert_true(session->ssl.MBEDTLS_PRIVATE(ticket_len) >= sizeof ticket);
    memcpy(ticket, session->ssl.MBEDTLS_PRIVATE(ticket), sizeof ticket);
    memcpy(master, session->ssl.MBEDTLS_PRIVATE(master), sizeof master);
    assert_true(in_memory(ticket, sizeof ticket));
    assert_true(in_memory(master, sizeof master));
    midge__tls_session_free(fx.context, session);
    assert_false(in_memory(ticket, sizeof ticket));
    assert_false(in_memory(master, sizeof master));
}

static void resume(const char *server, const struct midge__tls_session *session, bool expected)
{
    struct link link;
    size_t total;
    struct midge__tls_params params = to_localhost;
    params.resume = session;
    assert_int_equal(link_open(&link, server, &params), MIDGE_OK);
    assert_true(link.tls.offered);
    assert_int_equal(link.tls.resumed, expected);
    assert_true(link.tls.time_verified);
    assert_int_equal(link_send(&link, "close\n"), MIDGE_OK);
    assert_int_equal(link_drain(&link, &total), MIDGE_ERR_EOF);
    assert_int_equal(total, 5);
    link_shutdown(&link);
    link_close(&link);
    assert_nothing_left();
}

static void test_sessions_resume(void **state)
{
    (void)state;
    const char *servers[] = {"good.12", "good.12id", "good.13"};
    for (size_t i = 0; i < (has_tls13() ? 3U : 2U); ++i) {
        struct midge__tls_session *session = full_then_session(servers[i], "close\n");
        size_t live = midge__memory_owner_live(&fx.memory, MIDGE__OWNER_CLIENT);
        resume(servers[i], session, true);
        resume(servers[i], session, true); /* only read: good for more than one */
        assert_int_equal(midge__memory_owner_live(&fx.memory, MIDGE__OWNER_CLIENT), live);
        midge__tls_session_free(fx.context, session);
        live -= midge__memory_owner_live(&fx.memory, MIDGE__OWNER_CLIENT);
        assert_true(midge__tls_slot_in() == 0 || live <= midge__tls_session_bytes());
    }
}

/* Another server's session: refused, and then certificates are verified as ever. */
static void test_refused_session_is_told(void **state)
{
    (void)state;
    struct midge__tls_session *session = full_then_session("good.12", "close\n");
    resume("rsa.12", session, false);
    midge__tls_session_free(fx.context, session);
}

static void test_refused_session_still_verifies(void **state)
{
    (void)state;
    struct link link;
    struct midge__tls_session *session = full_then_session("good.12", "close\n");
    struct midge__tls_params params = to_localhost;
    params.resume = session;
    assert_int_equal(link_open(&link, "wronghost.12", &params), MIDGE_ERR_CERT);
    link_close(&link);
    midge__tls_session_free(fx.context, session);
    assert_nothing_left();
}

/* --- peers that do not do TLS --- */

static void test_plaintext_peer(void **state)
{
    (void)state;
    struct link link;
    assert_int_equal(link_open(&link, "plain", &to_localhost), MIDGE_ERR_TLS);
    assert_string_equal(link.tls.s.fault.detail, "server does not speak TLS");
    assert_int_not_equal(link.tls.s.fault.native, 0);
    assert_int_equal(link.tls.s.ops->handshake(&link.tls.s), MIDGE_ERR_TLS);
    assert_int_equal(link.tls.s.ops->shutdown(&link.tls.s), MIDGE_OK);
    link_close(&link);
    assert_nothing_left();
}

static void test_peer_that_hangs_up(void **state)
{
    (void)state;
    struct link link;
    assert_int_equal(link_open(&link, "gone", &to_localhost), MIDGE_ERR_TLS);
    assert_non_null(strstr(link.tls.s.fault.detail, "closed the connection"));
    link_close(&link);
    assert_nothing_left();
}

static void test_no_version_in_common(void **state)
{
    (void)state;
    struct link link;
    struct midge__tls_params params = to_localhost;
    if (has_tls13()) {
        params.max_version = MIDGE_TLS_1_2;
        assert_int_equal(link_open(&link, "good.13", &params), MIDGE_ERR_TLS);
        assert_non_null(strstr(link.tls.s.fault.detail, "version"));
        link_close(&link);
        params.max_version = 0;
        params.min_version = MIDGE_TLS_1_3;
        assert_int_equal(link_open(&link, "good.12", &params), MIDGE_ERR_TLS);
    } else {
        params.min_version = MIDGE_TLS_1_3;
        assert_int_equal(link_open(&link, "good.12", &params), MIDGE_ERR_UNSUPPORTED);
    }
    link_close(&link);
    assert_nothing_left();
}

/* Two clients in one process, each with its own block. */
static void test_two_clients(void **state)
{
    (void)state;
    struct fixture first = fx;
    struct midge__tls_context *second;
    struct midge__memory memory;
    struct midge_tls settings = {.ca = fx.ca, .ca_len = fx.ca_len};
    void *block = malloc(1 << 20);
    assert_int_equal(midge__memory_init(&memory, block, 1 << 20, OWNERS), MIDGE_OK);
    assert_int_equal(
        midge__tls_context_open(&second, &memory, &fx.port, &settings, &fixture_limits), MIDGE_OK);
    exchange("good.12", "close\n", 5, true);
    midge__tls_context_close(second);
    assert_int_equal(midge__memory_live(&memory), 0);
    midge__memory_deinit(&memory);
    free(block);
    each_version("good", "close\n", 5, true);
    assert_ptr_equal(first.context, fx.context);
}

int main(void)
{
#define CLIENT_TEST(f) cmocka_unit_test_setup_teardown(f, client_open, client_close)
    const struct CMUnitTest tests[] = {
        CLIENT_TEST(test_close_notify_is_clean),
        CLIENT_TEST(test_cut_is_not_clean),
        CLIENT_TEST(test_rsa_and_public_size_chain),
        CLIENT_TEST(test_bulk_in_large_and_small_records),
        CLIENT_TEST(test_send_fails_and_recv_goes_on),
        CLIENT_TEST(test_records_without_data),
        CLIENT_TEST(test_recv_goes_on_when_it_cannot_send),
        CLIENT_TEST(test_ticket_alone),
        CLIENT_TEST(test_half_a_record_is_pending),
        CLIENT_TEST(test_send_past_tickets),
        CLIENT_TEST(test_rest_of_a_record_goes_with_a_ticket),
        CLIENT_TEST(test_alert_goes_before_data),
        CLIENT_TEST(test_version_is_known_early),
        CLIENT_TEST(test_chain_beyond_the_profile),
        CLIENT_TEST(test_session_is_wiped),
        CLIENT_TEST(test_sessions_resume),
        CLIENT_TEST(test_refused_session_is_told),
        CLIENT_TEST(test_refused_session_still_verifies),
        CLIENT_TEST(test_plaintext_peer),
        CLIENT_TEST(test_peer_that_hangs_up),
        CLIENT_TEST(test_no_version_in_common),
        CLIENT_TEST(test_two_clients),
    };
    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
