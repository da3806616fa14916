/* SPDX-License-Identifier: MIT */
/*
 * Hostile TLS servers: handshakes are real, and then comes what no client expects. Each row of the
 * table is a server that sends odd records before its answer. The client must end the request once,
 * with the error of the row or with the answer; and 31 other requests must not notice.
 */
#include "sim_world.h"

#include "http.h"
#include "tls_peer.h"

#define GOOD "https://good.test/"
#define BAD  "https://bad.test/"
#define MANY 1000U

enum { ALERT = 21, HANDSHAKE = 22, DATA = 23 };

struct odd {
    const char *name;
    uint8_t version; /* 0: both */
    uint8_t type;    /* of the record; 0: bytes in plain text, between the records */
    const char *bytes;
    size_t len;
    unsigned count;     /* so many of them */
    unsigned tickets;   /* and so many tickets */
    int error;          /* of the request */
    const char *detail; /* a part of its text; NULL any */
};

#define BYTES(text) text, sizeof(text) - 1
#define V12         MIDGE_TLS_1_2
#define V13         MIDGE_TLS_1_3
#define UNSUPPORTED MIDGE_ERR_TLS, "unsupported TLS message"

static const struct odd odds[] = {
    {"nothing odd", 0, DATA, BYTES(""), 0, 0, MIDGE_OK, NULL},
    {"a warning", 0, ALERT, BYTES("\1\132"), 1, 0, MIDGE_OK, NULL},
    {"many warnings", 0, ALERT, BYTES("\1\132"), MANY, 0, MIDGE_OK, NULL},
    {"no_renegotiation", V12, ALERT, BYTES("\1\144"), 1, 0, MIDGE_OK, NULL},
    {"close_notify", 0, ALERT, BYTES("\1\0"), 1, 0, MIDGE_ERR_EMPTY_REPLY, NULL},
    {"a fatal alert", 0, ALERT, BYTES("\2\50"), 1, 0, MIDGE_ERR_TLS, "handshake_failure"},
    {"a fatal alert without number", 0, ALERT, BYTES("\2\376"), 1, 0, MIDGE_ERR_TLS,
     "unknown number"},
    {"an alert of one byte", 0, ALERT, BYTES("\2"), 1, 0, MIDGE_ERR_TLS, NULL},
    {"an alert of three bytes", 0, ALERT, BYTES("\1\132\0"), 1, 0, MIDGE_ERR_TLS, NULL},
    {"an empty alert", 0, ALERT, BYTES(""), 1, 0, MIDGE_ERR_TLS, NULL},
    {"an empty record", 0, DATA, BYTES(""), 1, 0, MIDGE_OK, NULL},
    {"many empty records", 0, DATA, BYTES(""), MANY, 0, MIDGE_OK, NULL},
    {"HelloRequest", V12, HANDSHAKE, BYTES("\0\0\0\0"), 1, 0, MIDGE_OK, NULL},
    {"many HelloRequests", V12, HANDSHAKE, BYTES("\0\0\0\0"), MANY, 0, MIDGE_OK, NULL},
    {"HelloRequest in 1.3", V13, HANDSHAKE, BYTES("\0\0\0\0"), 1, 0, UNSUPPORTED},
    {"KeyUpdate", V13, HANDSHAKE, BYTES("\30\0\0\1\0"), 1, 0, UNSUPPORTED},
    {"KeyUpdate, asking for one", V13, HANDSHAKE, BYTES("\30\0\0\1\1"), 1, 0, UNSUPPORTED},
    {"a late CertificateRequest", V13, HANDSHAKE, BYTES("\15\0\0\3\0\0\0"), 1, 0, UNSUPPORTED},
    {"a ClientHello", 0, HANDSHAKE, BYTES("\1\0\0\0"), 1, 0, UNSUPPORTED},
    {"an unknown message", 0, HANDSHAKE, BYTES("\143\0\0\0"), 1, 0, UNSUPPORTED},
    {"Finished again", 0, HANDSHAKE, BYTES("\24\0\0\14AAAAAAAAAAAA"), 1, 0, UNSUPPORTED},
    {"a ticket in 1.2", V12, HANDSHAKE, BYTES("\4\0\0\6\0\0\0\1\0\0"), 1, 0, UNSUPPORTED},
    {"a cut ticket", V13, HANDSHAKE, BYTES("\4\0\0\5\0\0\0\1\0"), 1, 0, MIDGE_ERR_TLS, NULL},
    /* RFC 8446 4.6.1 wants one byte at least; mbedTLS takes it, and it is not worth keeping. */
    {"an empty ticket", V13, HANDSHAKE, BYTES("\4\0\0\15\0\0\0\1\0\0\0\0\0\0\0\0\0"), 1, 0,
     MIDGE_OK, NULL},
    {"a message longer than its record", 0, HANDSHAKE, BYTES("\4\0\377\377\0"), 1, 0, MIDGE_ERR_TLS,
     NULL},
    {"an empty handshake record", 0, HANDSHAKE, BYTES(""), 1, 0, MIDGE_ERR_TLS, NULL},
    {"many tickets", V13, DATA, BYTES(""), 0, MANY, MIDGE_OK, NULL},
    {"ChangeCipherSpec", V12, 20, BYTES("\1"), 1, 0, MIDGE_ERR_TLS, NULL},
    /* RFC 8446 5 wants an alert; mbedTLS ignores it. */
    {"ChangeCipherSpec in 1.3", V13, 20, BYTES("\1"), 1, 0, MIDGE_OK, NULL},
    {"a heartbeat", 0, 24, BYTES("\1\0\1x"), 1, 0, MIDGE_ERR_TLS, NULL},
    {"an unknown record", 0, 99, BYTES("x"), 1, 0, MIDGE_ERR_TLS, NULL},
    {"plain HTTP", 0, 0, BYTES("HTTP/1.1 200 OK\r\n\r\n"), 1, 0, MIDGE_ERR_TLS, NULL},
    {"a plain alert", 0, 0, BYTES("\25\3\3\0\2\1\0"), 1, 0, MIDGE_ERR_TLS, NULL},
    {"a plain empty record", 0, 0, BYTES("\27\3\3\0\0"), 1, 0, MIDGE_ERR_TLS, NULL},
    {"a record of 65,535 bytes", 0, 0, BYTES("\27\3\3\377\377"), 1, 0, MIDGE_ERR_TLS, NULL},
    {"zeros", 0, 0, BYTES("\0\0\0\0\0\0\0\0"), 1, 0, MIDGE_ERR_TLS, NULL},
};

/* --- the hostile server --- */

static void odd_then_answer(struct sim_peer *peer, const uint8_t *data, size_t len)
{
    static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
    const struct odd *odd = *(const struct odd *const *)peer->config;
    (void)data;
    (void)len;
    for (unsigned i = 0; i < odd->count; i++) {
        if (odd->type == 0) {
            sim_peer_send(peer->below, odd->bytes, odd->len);
        } else {
            midge__sim_tls_record(peer, odd->type, odd->bytes, odd->len);
        }
    }
    for (unsigned i = 0; i < odd->tickets; i++) {
        midge__sim_tls_ticket(peer);
    }
    sim_peer_send(peer, answer, sizeof answer - 1);
}

static const struct sim_peer_type hostile = {.name = "hostile", .bytes = odd_then_answer};

/* --- one world: the hostile server and a good one --- */

enum { OTHERS = 31 };

static struct sim_world w;
static struct sim_tls *bad;
static const struct odd *current;
static unsigned failures; /* of the test */
static struct sim_get get, others[OTHERS];

static void open_world(const struct odd *odd, uint8_t version)
{
    current = odd;
    sim_world_start(
        &w, &(struct midge_sim_config){.seed = 1},
        &(struct midge_config){.memory_size = 4 << 20,
                               .max_connections = 32,
                               .max_per_origin = 32,
                               .tls = {.min_version = version, .max_version = version}});
    midge_sim_set_path(w.sim, &(struct midge_sim_path){.latency_us = 10000});
    struct midge_sim_host *good = midge_sim_add_host(w.sim, "good.test");
    midge_sim_add_host(w.sim, "bad.test");
    assert_int_equal(midge_sim_use_tls(good, 443, NULL), MIDGE_OK);
    midge_sim_add_reply(good, 443, "/",
                        &(struct midge_sim_reply){.body = "hello", .delay_ms = 100});
    bad = midge__sim_tls_open(
        &(struct sim_tls_settings){.inner = &hostile, .inner_config = &current});
    assert_non_null(bad);
    assert_int_equal(midge__sim_listen(w.sim, "bad.test", 443, &midge__sim_tls_peer, bad),
                     MIDGE_OK);
}

static void close_world(void)
{
    sim_world_close(&w);
    midge__sim_tls_close(bad);
}

static void expect(const struct odd *odd, uint8_t version)
{
    const char *detail = get.result.detail != NULL ? get.result.detail : "";
    if (get.dones != 1 || get.result.error != odd->error ||
        (odd->detail != NULL && strstr(detail, odd->detail) == NULL)) {
        failures++;
        print_error("%s, TLS 1.%d: %u times %s '%s', not %s\n", odd->name, version - 10, get.dones,
                    midge_err_name(get.result.error), detail, midge_err_name(odd->error));
    }
    sim_get_free(&get);
}

/* --- tests --- */

typedef void try_odd(const struct odd *odd, uint8_t version);

static void each_of(const struct odd *rows, size_t count, try_odd *try)
{
    failures = 0;
    for (size_t i = 0; i < count; i++) {
        for (uint8_t version = MIDGE_TLS_1_2; version <= MIDGE_TLS_1_3; version++) {
            if (rows[i].version == 0 || rows[i].version == version) {
                try(&rows[i], version);
            }
        }
    }
    assert_int_equal(failures, 0);
}

static void each(try_odd *try)
{
    each_of(odds, sizeof odds / sizeof odds[0], try);
}

/* Twice: the next request works, or fails in the same way on a connection of its own. */
static void try_alone(const struct odd *odd, uint8_t version)
{
    open_world(odd, version);
    for (unsigned i = 0; i < 2; i++) {
        sim_get(&w, &get, BAD);
        sim_world_run(&w);
        expect(odd, version);
    }
    sim_get(&w, &get, GOOD);
    sim_world_run(&w);
    sim_get_ended(&get, MIDGE_OK, 200, "hello");
    close_world();
}

static void alone(void **state)
{
    (void)state;
    failures = 0;
    each(try_alone);
}

/* Milliseconds until the last of the others has ended. */
static uint64_t run_others(bool with_bad)
{
    for (unsigned i = 0; i < OTHERS; i++) {
        sim_get(&w, &others[i], GOOD);
        if (with_bad && i == OTHERS / 2) {
            sim_get(&w, &get, BAD);
        }
    }
    sim_world_run(&w);
    uint64_t last = 0;
    for (unsigned i = 0; i < OTHERS; i++) {
        uint64_t us = others[i].result.t.total_us;
        last = us > last ? us : last;
        sim_get_ended(&others[i], MIDGE_OK, 200, "hello");
    }
    return last / 1000;
}

static uint64_t undisturbed[2];

static void try_beside(const struct odd *odd, uint8_t version)
{
    open_world(odd, version);
    uint64_t ms = run_others(true);
    expect(odd, version);
    uint64_t most = undisturbed[version - MIDGE_TLS_1_2] * 11 / 10 + 1;
    if (ms > most) {
        failures++;
        print_error("%s, TLS 1.%d: %u ms beside it, %u are allowed\n", odd->name, version - 10,
                    (unsigned)ms, (unsigned)most);
    }
    close_world();
}

static void beside_others(void **state)
{
    (void)state;
    failures = 0;
    for (uint8_t version = MIDGE_TLS_1_2; version <= MIDGE_TLS_1_3; version++) {
        open_world(&odds[0], version);
        undisturbed[version - MIDGE_TLS_1_2] = run_others(false);
        close_world();
    }
    each(try_beside);
}

/* Alerts of every number. Warnings may be ignored; fatal ones end the request, each with a text. */
static void every_alert(void **state)
{
    (void)state;
    failures = 0;
    for (unsigned number = 1; number < 256; number++) {
        for (char level = 1; level <= 2; level++) {
            const char bytes[2] = {level, (char)number};
            uint8_t version = number % 2 ? MIDGE_TLS_1_2 : MIDGE_TLS_1_3;
            const struct odd odd = {.name = "an alert",
                                    .type = ALERT,
                                    .bytes = bytes,
                                    .len = sizeof bytes,
                                    .count = 1,
                                    .error = level == 1 ? MIDGE_OK : MIDGE_ERR_TLS,
                                    .detail = level == 1 ? NULL : "TLS alert "};
            open_world(&odd, version);
            sim_get(&w, &get, BAD);
            sim_world_run(&w);
            expect(&odd, version);
            close_world();
        }
    }
    assert_int_equal(failures, 0);
}

/* --- without end --- */

/* Every 100 ms one record of the row, or a ticket. */
static void endless_more(struct sim_peer *peer)
{
    if (current->tickets > 0) {
        midge__sim_tls_ticket(peer);
    } else {
        midge__sim_tls_record(peer, current->type, current->bytes, current->len);
    }
    sim_peer_after(peer, 100);
}

/* count: how much of the answer comes first: 0 nothing, 1 its head, 2 all. */
static void endless_start(struct sim_peer *peer, const uint8_t *data, size_t len)
{
    static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
    (void)data;
    (void)len;
    if (current->count > 0) {
        sim_peer_send(peer, answer, sizeof answer - (current->count == 1 ? 6 : 1));
    }
    endless_more(peer);
}

static const struct sim_peer_type endless_peer = {
    .name = "endless", .bytes = endless_start, .timer = endless_more};

/* None of these records is progress: the limits of the request hold. */
static void try_endless(const struct odd *row, uint8_t version)
{
    static const uint32_t limits_ms[] = {MIDGE_FIRST_BYTE_MS, MIDGE_IDLE_MS, 0};
    struct sim_tls *tls = midge__sim_tls_open(&(struct sim_tls_settings){.inner = &endless_peer});
    open_world(row, version);
    assert_int_equal(midge__sim_listen(w.sim, "bad.test", 443, &midge__sim_tls_peer, tls),
                     MIDGE_OK);
    sim_get(&w, &get, BAD);
    sim_world_run(&w);
    uint32_t limit = limits_ms[row->count];
    assert_in_range(midge_sim_now_ms(w.sim), limit, limit + 1000);
    expect(row, version);
    midge_sim_advance(w.sim,
                      20000); /* an idle connection gets them too, and the client looks later */
    sim_get(&w, &get, BAD);
    sim_world_run(&w);
    expect(row, version);
    close_world();
    midge__sim_tls_close(tls);
}

static void endless(void **state)
{
    static const struct odd rows[] = {
        {"warnings", 0, ALERT, BYTES("\1\132"), 0, 0, MIDGE_ERR_TIMEOUT, NULL},
        {"warnings in a body", 0, ALERT, BYTES("\1\132"), 1, 0, MIDGE_ERR_TIMEOUT, NULL},
        {"warnings behind a body", 0, ALERT, BYTES("\1\132"), 2, 0, MIDGE_OK, NULL},
        {"empty records", 0, DATA, BYTES(""), 0, 0, MIDGE_ERR_TIMEOUT, NULL},
        {"empty records in a body", 0, DATA, BYTES(""), 1, 0, MIDGE_ERR_TIMEOUT, NULL},
        {"empty records behind a body", 0, DATA, BYTES(""), 2, 0, MIDGE_OK, NULL},
        {"HelloRequests", V12, HANDSHAKE, BYTES("\0\0\0\0"), 0, 0, MIDGE_ERR_TIMEOUT, NULL},
        {"HelloRequests behind a body", V12, HANDSHAKE, BYTES("\0\0\0\0"), 2, 0, MIDGE_OK, NULL},
        {"tickets", V13, 0, BYTES(""), 0, 1, MIDGE_ERR_TIMEOUT, NULL},
        {"tickets in a body", V13, 0, BYTES(""), 1, 1, MIDGE_ERR_TIMEOUT, NULL},
        {"tickets behind a body", V13, 0, BYTES(""), 2, 1, MIDGE_OK, NULL},
    };
    (void)state;
    each_of(rows, sizeof rows / sizeof rows[0], try_endless);
}

/* --- damaged on the way --- */

/*
 * A peer between the network and the good TLS server that damages one bit of the server's bytes.
 * The client must not take the connection for good: it ends with an error, or, where TLS ignores
 * the bit (the legacy version of a record's head), with the right answer.
 */
static struct damage {
    size_t at; /* number of the byte; of each connection */
    uint8_t mask;
    uint8_t stream[4096]; /* the last connection's bytes, undamaged */
    size_t len;
} damage;

struct between {
    struct sim_peer *outer, *inner;
    size_t sent;
};

static struct between *between_of(const struct sim_peer *inner)
{
    return ((struct sim_peer *)inner->below)->state;
}

static bool damaged_send(struct sim_peer *inner, const uint8_t *data, size_t len)
{
    struct between *between = between_of(inner);
    uint8_t *copy = malloc(len);
    assert_non_null(copy);
    memcpy(copy, data, len);
    if (damage.at >= between->sent && damage.at - between->sent < len) {
        copy[damage.at - between->sent] ^= damage.mask;
    }
    assert_true(between->sent + len <= sizeof damage.stream);
    memcpy(damage.stream + between->sent, data, len);
    damage.len = between->sent += len;
    bool ok = sim_peer_send(between->outer, copy, len);
    free(copy);
    return ok;
}

static void pass_shutdown(struct sim_peer *inner)
{
    sim_peer_shutdown(between_of(inner)->outer);
}

static void pass_reset(struct sim_peer *inner)
{
    sim_peer_reset(between_of(inner)->outer);
}

static void pass_hold(struct sim_peer *inner, bool held)
{
    sim_peer_hold(between_of(inner)->outer, held);
}

static size_t pass_queued(const struct sim_peer *inner)
{
    return sim_peer_queued(between_of(inner)->outer);
}

static const struct sim_carrier damaging = {.send = damaged_send,
                                            .shutdown = pass_shutdown,
                                            .reset = pass_reset,
                                            .hold = pass_hold,
                                            .queued = pass_queued};

static void between_opened(struct sim_peer *outer)
{
    struct between *between = outer->state;
    between->outer = outer;
    between->inner = midge__sim_peer_open(outer->sim, &midge__sim_tls_peer, outer->config,
                                          &damaging, outer, outer->connection);
    sim_peer_opened(between->inner);
}

static void between_bytes(struct sim_peer *outer, const uint8_t *data, size_t len)
{
    sim_peer_bytes(((struct between *)outer->state)->inner, data, len);
}

static void between_ended(struct sim_peer *outer)
{
    sim_peer_ended(((struct between *)outer->state)->inner);
}

static void between_closed(struct sim_peer *outer)
{
    midge__sim_peer_close(((struct between *)outer->state)->inner);
}

static const struct sim_peer_type damager = {.name = "damager",
                                             .size = sizeof(struct between),
                                             .opened = between_opened,
                                             .bytes = between_bytes,
                                             .ended = between_ended,
                                             .closed = between_closed};

/* Did the client get the answer? A wrong one fails the test. */
static bool damaged_get(uint8_t version)
{
    open_world(&odds[0], version);
    assert_int_equal(midge__sim_listen(w.sim, "bad.test", 443, &damager, bad), MIDGE_OK);
    sim_get(&w, &get, BAD);
    sim_world_run(&w);
    bool good = get.result.error == MIDGE_OK;
    int error = get.result.error;
    sim_get_ended(&get, error, good ? 200 : get.result.status, good ? "hello" : NULL);
    close_world();
    return good;
}

/* Is that byte the version in a record's head, which receivers ignore (RFC 8446 5.1)? */
static bool is_record_version(size_t at)
{
    size_t head = 0;
    while (head + 5 <= at) {
        head += 5U + ((size_t)damage.stream[head + 3] << 8 | damage.stream[head + 4]);
    }
    return at > head && at <= head + 2;
}

static void damaged(void **state)
{
    (void)state;
    for (uint8_t version = MIDGE_TLS_1_2; version <= MIDGE_TLS_1_3; version++) {
        unsigned tried = 0, good = 0;
        damage.at = SIZE_MAX;
        assert_true(damaged_get(version));
        size_t end = damage.len;
        for (size_t at = 0; at < end; at += 3) {
            damage.at = at;
            damage.mask = (uint8_t)(1U << at % 8);
            tried++;
            if (damaged_get(version)) {
                good++;
                assert_true(is_record_version(at));
            }
        }
        print_message("TLS 1.%d: %u damaged connections, %u with the right answer\n", version - 10,
                      tried, good);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(alone),   cmocka_unit_test(beside_others), cmocka_unit_test(every_alert),
        cmocka_unit_test(endless), cmocka_unit_test(damaged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
