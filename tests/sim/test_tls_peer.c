/* SPDX-License-Identifier: MIT */
/* TLS servers in the simulated network (port/sim/tls), seen by a client. */
#include "sim_world.h"

#include "http.h"
#include "tls_peer.h"

#define HOST "api.test"
#define URL  "https://" HOST "/"

static struct sim_world w;
static struct sim_tls *tls;
static struct sim_get get;

/* --- one world: a TLS server with a site, and a client that trusts it --- */

static void open_world(uint64_t seed, const struct sim_tls_settings *settings, uint8_t version)
{
    struct midge_config config = {.memory_size = 1 << 21, /* bodies too */
                                  .tls = {.min_version = version, .max_version = version}};
    struct sim_tls_settings server = *settings;
    config.tls.ca = midge__sim_tls_root(&config.tls.ca_len);
    assert_non_null(config.tls.ca);
    sim_world_start(&w, &(struct midge_sim_config){.seed = seed}, &config);
    struct midge_sim_host *host = midge_sim_add_host(w.sim, HOST);
    midge_sim_add_reply(host, 443, "/", &(struct midge_sim_reply){.body = "hello"});
    if (server.inner == NULL) {
        server.inner = &midge__sim_http;
        server.inner_config = midge__sim_site(host, 443);
    }
    server.names = server.names != NULL ? server.names : HOST;
    tls = midge__sim_tls_open(&server);
    assert_non_null(tls);
    assert_int_equal(midge__sim_listen(w.sim, HOST, 443, &midge__sim_tls_peer, tls), MIDGE_OK);
}

static void close_world(void)
{
    sim_world_close(&w);
    midge__sim_tls_close(tls);
}

static void fetch(int error, int status, const char *text)
{
    sim_get(&w, &get, URL);
    sim_world_run(&w);
    sim_get_ended(&get, error, status, text);
}

/* Closes the connection to the server; its session stays. */
static void fetch_closing(bool resumed)
{
    static const struct midge_header close = {"Connection", "close"};
    sim_get_init(&w, &get, URL);
    get.request.headers = &close;
    get.request.n_headers = 1;
    sim_get_start(&w, &get);
    sim_world_run(&w);
    sim_get_ended(&get, MIDGE_OK, 200, "hello");
    assert_int_equal(get.result.resumed, resumed);
}

static void expect_count(uint32_t full, uint32_t resumed, uint32_t failed)
{
    struct sim_tls_count count = midge__sim_tls_count(tls);
    assert_int_equal(count.full, full);
    assert_int_equal(count.resumed, resumed);
    assert_int_equal(count.failed, failed);
}

static const struct sim_tls_settings plain = {.names = HOST};
static bool has_tls13(void)
{
    return strcmp(midge_tls_profile(), "full") == 0;
}

static bool is_tiny(void)
{
    return strcmp(midge_tls_profile(), "tiny") == 0;
}

/* Of the profile, and 0. */
static const uint8_t *versions(void)
{
    static const uint8_t all[] = {MIDGE_TLS_1_2, MIDGE_TLS_1_3, 0}, one[] = {MIDGE_TLS_1_2, 0};
    return has_tls13() ? all : one;
}

static void skip_without_tls13(void)
{
    if (!has_tls13()) {
        skip();
    }
}

/* --- handshakes --- */

static void full_then_resumed(void **state)
{
    (void)state;
    for (const uint8_t *v = versions(); *v != 0; v++) {
        open_world(1, &plain, *v);
        fetch_closing(false);
        assert_int_equal(get.result.tls_version, *v);
        fetch_closing(true);
        expect_count(1, 1, 0);
        close_world();
    }
}

static void rsa(void **state)
{
    (void)state;
    for (const uint8_t *v = versions(); *v != 0; v++) {
        open_world(1, &(struct sim_tls_settings){.rsa = true}, *v);
        fetch_closing(false);
        fetch_closing(true);
        close_world();
    }
}

static void without_tickets(void **state)
{
    (void)state;
    for (const uint8_t *v = versions(); *v != 0; v++) {
        open_world(1, &(struct sim_tls_settings){.tickets = SIM_TLS_NO_TICKETS}, *v);
        fetch_closing(false);
        fetch_closing(false);
        expect_count(2, 0, 0);
        close_world();
    }
}

static void many_tickets(void **state)
{
    (void)state;
    skip_without_tls13();
    open_world(1, &(struct sim_tls_settings){.tickets = 40}, MIDGE_TLS_1_3);
    fetch_closing(false);
    fetch_closing(true);
    close_world();
}

/* The server forgets its keys by the simulated date. */
static void old_tickets(void **state)
{
    (void)state;
    for (const uint8_t *v = versions(); *v != 0; v++) {
        open_world(1, &(struct sim_tls_settings){.ticket_seconds = 100}, *v);
        fetch_closing(false);
        midge_sim_advance(w.sim, 90000);
        fetch_closing(true);
        midge_sim_advance(w.sim, 300000);
        fetch_closing(false);
        close_world();
    }
}

/* A group for which the client has sent no key: HelloRetryRequest (RFC 8446 4.1.4). */
static void retry(void **state)
{
    static const uint16_t groups[] = {24, 0}; /* secp384r1 */
    (void)state;
    skip_without_tls13();
    open_world(1, &(struct sim_tls_settings){.groups = groups}, MIDGE_TLS_1_3);
    fetch_closing(false);
    close_world();
}

static void versions_apart(void **state)
{
    (void)state;
    open_world(1, &(struct sim_tls_settings){.max_version = MIDGE_TLS_1_2}, 0);
    fetch_closing(false);
    assert_int_equal(get.result.tls_version, MIDGE_TLS_1_2);
    close_world();
    if (has_tls13()) {
        open_world(1, &(struct sim_tls_settings){.max_version = MIDGE_TLS_1_2}, MIDGE_TLS_1_3);
        fetch(MIDGE_ERR_TLS, 0, NULL);
        expect_count(0, 0, 1);
        close_world();
    }
}

/* --- identities --- */

static void names(void **state)
{
    (void)state;
    open_world(1, &(struct sim_tls_settings){.names = "a.test  10.0.0.1 " HOST}, 0);
    fetch(MIDGE_OK, 200, "hello");
    sim_get(&w, &get, "https://10.0.0.1/");
    sim_world_run(&w);
    sim_get_ended(&get, MIDGE_OK, 200, "hello");
    close_world();
    open_world(1, &(struct sim_tls_settings){.names = "other.test"}, 0);
    fetch(MIDGE_ERR_CERT, 0, NULL);
    close_world();
    assert_null(
        midge__sim_tls_open(&(struct sim_tls_settings){.names = " ", .inner = &midge__sim_http}));
    assert_null(midge__sim_tls_open(
        &(struct sim_tls_settings){.min_version = 11, .inner = &midge__sim_http}));
    assert_null(midge__sim_tls_open(&(struct sim_tls_settings){
        .min_version = MIDGE_TLS_1_3, .max_version = MIDGE_TLS_1_2, .inner = &midge__sim_http}));
}

/* The certificate is for the name that the client asks for; a client that asks for none gets one
   for localhost. */
static void any_name(void **state)
{
    static const char *const urls[] = {"https://a.test/", "https://b.a.test/", "https://a.test/"};
    (void)state;
    for (const uint8_t *v = versions(); *v != 0; v++) {
        sim_world_start(&w, &(struct midge_sim_config){.seed = 1},
                        &(struct midge_config){.tls = {.min_version = *v, .max_version = *v}});
        struct midge_sim_host *host = midge_sim_add_host(w.sim, "*.test");
        assert_int_equal(midge_sim_use_tls(host, 443, NULL), MIDGE_OK);
        assert_int_equal(midge_sim_use_tls(host, 444, &(struct midge_sim_tls){.unknown_root = 1}),
                         MIDGE_OK);
        midge_sim_add_reply(host, 443, "/", &(struct midge_sim_reply){.body = "hello"});
        for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++) {
            sim_get(&w, &get, urls[i]);
            sim_world_run(&w);
            sim_get_ended(&get, MIDGE_OK, 200, "hello");
        }
        sim_get(&w, &get, "https://10.0.0.1/");
        sim_world_run(&w);
        sim_get_ended(&get, MIDGE_ERR_CERT, 0, NULL);
        sim_get(&w, &get, "https://a.test:444/");
        sim_world_run(&w);
        sim_get_ended(&get, MIDGE_ERR_CERT, 0, NULL);
        assert_non_null(strstr(get.result.detail, "not trusted"));
        sim_world_close(&w);
    }
}

static void dates(void **state)
{
    (void)state;
    open_world(1, &(struct sim_tls_settings){.until = 1767225600}, 0); /* 2026-01-01 */
    fetch(MIDGE_ERR_CERT, 0, NULL);
    assert_non_null(strstr(get.result.detail, "expired"));
    close_world();
    open_world(1, &(struct sim_tls_settings){.since = 1790000000}, 0);
    fetch(MIDGE_ERR_CERT, 0, NULL);
    assert_non_null(strstr(get.result.detail, "not yet valid"));
    close_world();
}

/* The root in place of the server's certificate, and bytes that are no certificate. */
static void other_chain(void **state)
{
    static const uint8_t zeros[200];
    struct sim_tls_der chain[2] = {{.bytes = NULL}, {.bytes = zeros, .len = sizeof zeros}};
    (void)state;
    for (const uint8_t *v = versions(); *v != 0; v++) {
        chain[0].bytes = midge__sim_tls_root(&chain[0].len);
        open_world(1, &(struct sim_tls_settings){.chain = chain, .chain_len = 1}, *v);
        fetch(MIDGE_ERR_CERT, 0, NULL);
        assert_non_null(strstr(get.result.detail, "no subjectAltName"));
        close_world();
        open_world(1, &(struct sim_tls_settings){.chain = chain, .chain_len = 2}, *v);
        fetch(MIDGE_ERR_CERT, 0, NULL);
        assert_non_null(strstr(get.result.detail, "cannot be parsed"));
        close_world();
    }
}

static void client_certificate(void **state)
{
    struct sim_tls_settings settings = {.client_required = true};
    (void)state;
    settings.client_ca = midge__sim_tls_root(&settings.client_ca_len);
    for (const uint8_t *v = versions(); *v != 0; v++) {
        settings.client_required = true;
        open_world(1, &settings, *v);
        /* mbedTLS 3.6 sends this alert of TLS 1.3 under keys that the client does not have yet. */
        fetch(*v == MIDGE_TLS_1_2 ? MIDGE_ERR_CREDENTIAL : MIDGE_ERR_TLS, 0, NULL);
        close_world();
        settings.client_required = false;
        open_world(1, &settings, *v);
        fetch(MIDGE_OK, 200, "hello");
        close_world();
    }
}

/* --- records --- */

static void bodies(void **state)
{
    static const uint16_t records[] = {0, 1, 500, 16384};
    (void)state;
    for (const uint8_t *v = versions(); *v != 0; v++) {
        for (size_t i = 0; i < sizeof records / sizeof records[0]; i++) {
            open_world(1, &(struct sim_tls_settings){.record = records[i]}, *v);
            struct midge_sim_host *host = midge_sim_add_host(w.sim, HOST);
            midge_sim_set_path(
                w.sim, &(struct midge_sim_path){.latency_us = 1000, .split = 500, .segment = 700});
            midge_sim_add_reply(host, 443, "/big",
                                &(struct midge_sim_reply){.fill = records[i] == 1 ? 3000 : 300000});
            sim_get(&w, &get, URL "big");
            sim_world_run(&w);
            assert_int_equal(get.body.len, records[i] == 1 ? 3000 : 300000);
            sim_get_ended(&get, MIDGE_OK, 200, NULL);
            close_world();
        }
    }
}

/* One send of more than profile tiny's input buffer. */
static void answer_at_once(struct sim_peer *peer, const uint8_t *data, size_t len)
{
    static char answer[10000] = "HTTP/1.1 200 OK\r\nContent-Length: 9950\r\n\r\n";
    (void)data;
    (void)len;
    assert_true(sim_peer_send(peer, answer, strlen(answer) + 9950));
}

/* Profile tiny asks for small records, and depends on the answer. */
static void fragments(void **state)
{
    static const struct sim_peer_type whole = {.name = "whole", .bytes = answer_at_once};
    (void)state;
    for (unsigned no = 0; no < 2; no++) {
        open_world(1, &(struct sim_tls_settings){.inner = &whole, .no_fragment = no != 0},
                   MIDGE_TLS_1_2);
        bool too_large = no != 0 && is_tiny();
        fetch(too_large ? MIDGE_ERR_TLS_RECORD_SIZE : MIDGE_OK, too_large ? 0 : 200, NULL);
        close_world();
    }
}

static void alerts(void **state)
{
    (void)state;
    for (const uint8_t *v = versions(); *v != 0; v++) {
        open_world(1, &(struct sim_tls_settings){.alert = 112}, *v);
        fetch(MIDGE_ERR_TLS, 0, NULL);
        assert_non_null(strstr(get.result.detail, "unrecognized_name"));
        close_world();
    }
}

/* An end without close_notify: the client must not take it for the end of a body. */
static void no_close_notify(void **state)
{
    (void)state;
    for (const uint8_t *v = versions(); *v != 0; v++) {
        for (int cut = 0; cut < 2; cut++) {
            open_world(1, &(struct sim_tls_settings){.no_close_notify = cut != 0}, *v);
            struct midge_sim_host *host = midge_sim_add_host(w.sim, HOST);
            midge_sim_add_reply(host, 443, "/end",
                                &(struct midge_sim_reply){.body = "hello", .until_close = 1});
            sim_get(&w, &get, URL "end");
            sim_world_run(&w);
            sim_get_ended(&get, cut ? MIDGE_ERR_PARTIAL : MIDGE_OK, 200, "hello");
            close_world();
        }
    }
}

/* --- a hostile server: a record that is not application data before each answer --- */

struct record {
    uint8_t type;
    const char *bytes;
    size_t len;
};

static void record_then_answer(struct sim_peer *peer, const uint8_t *data, size_t len)
{
    static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
    const struct record *record = peer->config;
    (void)data;
    (void)len;
    assert_true(midge__sim_tls_record(peer, record->type, record->bytes, record->len));
    assert_true(sim_peer_send(peer, answer, sizeof answer - 1));
}

static const struct sim_peer_type hostile = {.name = "hostile", .bytes = record_then_answer};

static void odd_record(struct record record, uint8_t version, int error, const char *detail)
{
    open_world(1, &(struct sim_tls_settings){.inner = &hostile, .inner_config = &record}, version);
    fetch(error, error == MIDGE_OK ? 200 : 0, NULL);
    if (detail != NULL) {
        assert_non_null(strstr(get.result.detail, detail));
    }
    close_world();
}

static void odd_records(void **state)
{
    (void)state;
    for (const uint8_t *v = versions(); *v != 0; v++) {
        odd_record((struct record){21, "\1\132", 2}, *v, MIDGE_OK, NULL); /* user_canceled */
        odd_record((struct record){21, "\2\120", 2}, *v, MIDGE_ERR_TLS, "internal_error");
        odd_record((struct record){23, "", 0}, *v, MIDGE_OK, NULL);
    }
    if (has_tls13()) { /* KeyUpdate */
        odd_record((struct record){22, "\030\0\0\1\1", 5}, MIDGE_TLS_1_3, MIDGE_ERR_TLS,
                   "unsupported TLS message");
    }
    odd_record((struct record){22, "\0\0\0\0", 4}, MIDGE_TLS_1_2, MIDGE_OK,
               NULL); /* HelloRequest: no renegotiation */
}

/* Tickets before each answer and behind its first byte. */
static void tickets_then_answer(struct sim_peer *peer, const uint8_t *data, size_t len)
{
    static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
    (void)data;
    (void)len;
    for (unsigned i = 0; i < 2; i++) {
        for (unsigned n = 0; n < 30; n++) {
            assert_true(midge__sim_tls_ticket(peer));
        }
        assert_true(sim_peer_send(peer, answer + i, i == 0 ? 1 : sizeof answer - 2));
    }
}

static void tickets_anywhere(void **state)
{
    static const struct sim_peer_type flood = {.name = "flood", .bytes = tickets_then_answer};
    (void)state;
    skip_without_tls13();
    open_world(1, &(struct sim_tls_settings){.inner = &flood}, MIDGE_TLS_1_3);
    fetch(MIDGE_OK, 200, "hello");
    fetch(MIDGE_OK, 200, "hello");
    close_world();
}

/* --- the same each time --- */

struct run {
    uint64_t hash, alloc_calls;
    size_t alloc_peak;
};

static struct run finish(void)
{
    struct midge_stats stats;
    midge_client_stats(w.client, &stats);
    struct run run = {midge_sim_hash(w.sim), stats.alloc_calls, stats.alloc_peak};
    close_world();
    return run;
}

static struct run run_of(uint64_t seed, uint8_t version)
{
    open_world(seed, &plain, version);
    fetch_closing(false);
    fetch_closing(true);
    return finish();
}

static void same_seed_same_run(void **state)
{
    (void)state;
    for (const uint8_t *v = versions(); *v != 0; v++) {
        struct run first = run_of(1, *v), again = run_of(1, *v), other = run_of(2, *v);
        assert_true(first.hash == again.hash);
        assert_true(first.hash != other.hash);
        assert_true(first.alloc_calls == again.alloc_calls);
        assert_true(first.alloc_peak == again.alloc_peak);
    }
}

/* --- the client's memory is the client's alone --- */

/*
 * A tap between the network and the TLS server writes down the bytes that the server sends after
 * each of the client's. In a second run with the same seed a peer without TLS sends the same bytes,
 * which the client takes for the same server's. So the second run has no server's allocations.
 */
static struct tape {
    uint8_t bytes[1 << 20];
    struct piece {
        uint32_t connection;
        size_t after, at, len; /* bytes of the client on that connection; place on the tape */
    } pieces[500];
    size_t len, count;
} tape;

struct tap {
    struct sim_peer *outer, *inner;
    size_t came;  /* bytes of the client */
    size_t piece; /* replay: the next one */
};

static struct tap *tap_of(const struct sim_peer *inner)
{
    return ((struct sim_peer *)inner->below)->state;
}

static bool tap_send(struct sim_peer *inner, const uint8_t *data, size_t len)
{
    struct tap *tap = tap_of(inner);
    struct piece piece = {tap->outer->connection, tap->came, tape.len, len};
    assert_true(tape.len + len <= sizeof tape.bytes);
    assert_true(tape.count < sizeof tape.pieces / sizeof tape.pieces[0]);
    memcpy(tape.bytes + tape.len, data, len);
    tape.len += len;
    tape.pieces[tape.count++] = piece;
    return sim_peer_send(tap->outer, data, len);
}

static void tap_shutdown(struct sim_peer *inner)
{
    sim_peer_shutdown(tap_of(inner)->outer);
}

static void tap_hold(struct sim_peer *inner, bool held)
{
    sim_peer_hold(tap_of(inner)->outer, held);
}

static size_t tap_queued(const struct sim_peer *inner)
{
    return sim_peer_queued(tap_of(inner)->outer);
}

static const struct sim_carrier tap_carrier = {.send = tap_send,
                                               .shutdown = tap_shutdown,
                                               .reset = tap_shutdown,
                                               .hold = tap_hold,
                                               .queued = tap_queued};

static void tap_opened(struct sim_peer *outer)
{
    struct tap *tap = outer->state;
    tap->outer = outer;
    tap->inner = midge__sim_peer_open(outer->sim, &midge__sim_tls_peer, outer->config, &tap_carrier,
                                      outer, outer->connection);
    sim_peer_opened(tap->inner);
}

static void tap_bytes(struct sim_peer *outer, const uint8_t *data, size_t len)
{
    struct tap *tap = outer->state;
    tap->came += len;
    sim_peer_bytes(tap->inner, data, len);
}

static void tap_ended(struct sim_peer *outer)
{
    sim_peer_ended(((struct tap *)outer->state)->inner);
}

static void tap_closed(struct sim_peer *outer)
{
    midge__sim_peer_close(((struct tap *)outer->state)->inner);
}

static const struct sim_peer_type recorder = {.name = "tap",
                                              .size = sizeof(struct tap),
                                              .opened = tap_opened,
                                              .bytes = tap_bytes,
                                              .ended = tap_ended,
                                              .closed = tap_closed};

static void replay_bytes(struct sim_peer *outer, const uint8_t *data, size_t len)
{
    struct tap *tap = outer->state;
    (void)data;
    tap->came += len;
    for (; tap->piece < tape.count; tap->piece++) {
        const struct piece *piece = &tape.pieces[tap->piece];
        if (piece->connection == outer->connection && piece->after > tap->came) {
            return;
        }
        if (piece->connection == outer->connection) {
            assert_true(sim_peer_send(outer, tape.bytes + piece->at, piece->len));
        }
    }
}

static void replay_ended(struct sim_peer *outer)
{
    sim_peer_shutdown(outer);
}

static const struct sim_peer_type replayer = {
    .name = "tap", .size = sizeof(struct tap), .bytes = replay_bytes, .ended = replay_ended};

static struct run taped(const struct sim_peer_type *type, uint8_t version)
{
    open_world(7, &plain, version);
    assert_int_equal(midge__sim_listen(w.sim, HOST, 443, type, tls), MIDGE_OK);
    fetch_closing(false);
    fetch_closing(true);
    return finish();
}

static void allocations_are_the_clients(void **state)
{
    (void)state;
    for (const uint8_t *v = versions(); *v != 0; v++) {
        tape.len = tape.count = 0;
        struct run with_server = taped(&recorder, *v);
        struct run alone = taped(&replayer, *v);
        print_message("TLS %u: %u allocations, peak %u bytes\n", *v,
                      (unsigned)with_server.alloc_calls, (unsigned)with_server.alloc_peak);
        assert_true(with_server.alloc_calls == alone.alloc_calls);
        assert_true(with_server.alloc_peak == alone.alloc_peak);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(full_then_resumed),
        cmocka_unit_test(rsa),
        cmocka_unit_test(without_tickets),
        cmocka_unit_test(many_tickets),
        cmocka_unit_test(old_tickets),
        cmocka_unit_test(retry),
        cmocka_unit_test(versions_apart),
        cmocka_unit_test(names),
        cmocka_unit_test(any_name),
        cmocka_unit_test(dates),
        cmocka_unit_test(other_chain),
        cmocka_unit_test(client_certificate),
        cmocka_unit_test(bodies),
        cmocka_unit_test(fragments),
        cmocka_unit_test(alerts),
        cmocka_unit_test(no_close_notify),
        cmocka_unit_test(odd_records),
        cmocka_unit_test(tickets_anywhere),
        cmocka_unit_test(same_seed_same_run),
        cmocka_unit_test(allocations_are_the_clients),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
