/* SPDX-License-Identifier: MIT */
/* The resolver with a virtual clock and name servers that do as each test says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "midge/err.h"
#include "resolver/dns_message.h"
#include "resolver/resolver.h"

#include "dns_answer.h"

enum { NAME = DNS_QUESTION_NAME, LOOKUPS = 3, SENT_MAX = 64 };

struct sent {
    unsigned slot;
    uint16_t local_port;
    uint8_t server; /* the last byte of its address */
    uint8_t bytes[MIDGE__DNS_QUESTION_MAX];
    size_t len;
    uint32_t at_ms;
};

static struct {
    uint32_t now_ms;
    unsigned n_servers, families;
    int entropy; /* MIDGE_OK, or the error */
    uint32_t chance;
    struct sent sent[SENT_MAX];
    unsigned n_sent;
    bool open[LOOKUPS];
    /* TCP */
    int connect, connected;
    uint8_t tcp_server;
    bool tcp_open;
    uint8_t tcp_sent[512];
    size_t tcp_sent_len;
    const uint8_t *tcp_say; /* its length before it */
    size_t tcp_say_len, tcp_said, tcp_step;
} net;

static struct midge__resolver_lookup lookups[LOOKUPS];
static struct midge__resolver r;

/* --- the port --- */

static uint32_t clock_ms(void *ctx)
{
    (void)ctx;
    return net.now_ms;
}

static unsigned servers(const struct midge__resolver *of, struct midge_addr *out, unsigned cap)
{
    assert_ptr_equal(of, &r);
    for (unsigned i = 0; i < net.n_servers && i < cap; i++) {
        out[i] = (struct midge_addr){.family = 4, .bytes = {192, 0, 2, (uint8_t)(101 + i)}};
    }
    return net.n_servers < cap ? net.n_servers : cap;
}

static unsigned families(const struct midge__resolver *of)
{
    assert_ptr_equal(of, &r);
    return net.families;
}

static int random_bytes(const struct midge__resolver *of, uint8_t *buf, size_t len)
{
    assert_ptr_equal(of, &r);
    for (size_t i = 0; i < len; i++) {
        net.chance = net.chance * 1664525 + 1013904223;
        buf[i] = (uint8_t)(net.chance >> 24);
    }
    return net.entropy;
}

static void send_datagram(struct midge__resolver *of, unsigned slot, uint16_t local_port,
                          const struct midge_addr *to, const uint8_t *bytes, size_t len)
{
    assert_ptr_equal(of, &r);
    assert_true(net.n_sent < SENT_MAX && slot < LOOKUPS);
    struct sent *sent = &net.sent[net.n_sent++];
    *sent = (struct sent){.slot = slot,
                          .local_port = local_port,
                          .server = to->bytes[3],
                          .len = len,
                          .at_ms = net.now_ms};
    memcpy(sent->bytes, bytes, len);
    net.open[slot] = true;
}

static void close_socket(struct midge__resolver *of, unsigned slot)
{
    assert_ptr_equal(of, &r);
    net.open[slot] = false;
}

static int tcp_connect(void *ctx, const struct midge_addr *addr, uint16_t port, midge_sock *sock,
                       int *native)
{
    (void)ctx;
    (void)native;
    assert_int_equal(port, 53);
    net.tcp_server = addr->bytes[3];
    if (net.connect == MIDGE_OK) {
        assert_false(net.tcp_open);
        net.tcp_open = true;
        net.tcp_sent_len = net.tcp_said = 0;
        *sock = 7;
    }
    return net.connect;
}

static int tcp_connected(void *ctx, midge_sock sock, int *native)
{
    (void)ctx;
    (void)native;
    assert_int_equal(sock, 7);
    return net.connected;
}

static int tcp_send(void *ctx, midge_sock sock, const uint8_t *buf, size_t len, size_t *n,
                    int *native)
{
    (void)ctx;
    (void)sock;
    (void)native;
    *n = net.tcp_step != 0 && net.tcp_step < len ? net.tcp_step : len;
    assert_true(net.tcp_sent_len + *n <= sizeof net.tcp_sent);
    memcpy(net.tcp_sent + net.tcp_sent_len, buf, *n);
    net.tcp_sent_len += *n;
    return MIDGE_OK;
}

static int tcp_recv(void *ctx, midge_sock sock, uint8_t *buf, size_t cap, size_t *n, int *native)
{
    const size_t left = net.tcp_say_len - net.tcp_said;

    (void)ctx;
    (void)sock;
    (void)native;
    if (left == 0) {
        return net.tcp_say == NULL ? MIDGE_ERR_AGAIN : MIDGE_ERR_EOF;
    }
    *n = net.tcp_step != 0 && net.tcp_step < left ? net.tcp_step : left;
    *n = *n < cap ? *n : cap;
    memcpy(buf, net.tcp_say + net.tcp_said, *n);
    net.tcp_said += *n;
    return MIDGE_OK;
}

static void tcp_close(void *ctx, midge_sock sock)
{
    (void)ctx;
    assert_int_equal(sock, 7);
    assert_true(net.tcp_open);
    net.tcp_open = false;
}

static const struct midge__resolver_net calls = {.servers = servers,
                                                 .families = families,
                                                 .random = random_bytes,
                                                 .send = send_datagram,
                                                 .close = close_socket};
static const struct midge_port port = {.clock_ms = clock_ms,
                                       .connect = tcp_connect,
                                       .connected = tcp_connected,
                                       .send = tcp_send,
                                       .recv = tcp_recv,
                                       .close = tcp_close};

static int setup(void **state)
{
    (void)state;
    memset(&net, 0, sizeof net);
    memset(lookups, 0, sizeof lookups);
    net.now_ms = UINT32_MAX - 500; /* it wraps soon */
    net.n_servers = 2;
    net.families = 1;
    net.connected = MIDGE_ERR_AGAIN;
    r = (struct midge__resolver){
        .net = &calls, .port = &port, .lookups = lookups, .n_lookups = LOOKUPS, .server_port = 53};
    return 0;
}

/* Nothing is left behind. */
static int teardown(void **state)
{
    (void)state;
    for (unsigned i = 0; i < LOOKUPS; i++) {
        assert_null(lookups[i].queries);
        assert_false(net.open[i]);
    }
    assert_false(net.tcp_open);
    assert_null(r.waiting);
    (void)midge__resolver_run(&r);
    assert_int_equal(midge__resolver_left(&r), UINT32_MAX);
    return 0;
}

static void start(struct midge_dns_query *query, const char *host, uint8_t family)
{
    memset(query, 0xee, sizeof *query);
    query->family = family;
    assert_int_equal(midge__resolver_start(&r, host, query), MIDGE_OK);
}

/* Lets time pass, and the resolver run whenever it asks for it. */
static void pass(uint32_t ms)
{
    const uint32_t end = net.now_ms + ms;

    for (unsigned i = 0; i < 1000; i++) {
        (void)midge__resolver_run(&r);
        const uint32_t left = midge__resolver_left(&r), rest = end - net.now_ms;
        if (rest == 0) {
            return;
        }
        net.now_ms += left < rest ? left : rest;
    }
    fail_msg("the resolver spins");
}

static const struct sent *last(void)
{
    assert_true(net.n_sent > 0);
    return &net.sent[net.n_sent - 1];
}

static void answer_from(const struct sent *sent, const struct dns_answer *a, uint8_t server)
{
    const struct midge_addr from = {.family = 4, .bytes = {192, 0, 2, server}};

    midge__resolver_datagram(&r, sent->slot, &from, a->bytes, a->len);
}

static void answer(const struct sent *sent, const struct dns_answer *a)
{
    answer_from(sent, a, sent->server);
}

static unsigned type_of(const struct sent *sent)
{
    size_t at = NAME;
    while (sent->bytes[at] != 0) {
        at += 1u + sent->bytes[at];
    }
    return sent->bytes[at + 2];
}

static void answer_address(const struct sent *sent, uint8_t byte)
{
    struct dns_answer a;

    dns_begin(&a, sent->bytes, 0);
    dns_address(&a, NAME, type_of(sent) == 1 ? 4 : 6, 60, byte);
    answer(sent, &a);
}

static void answer_rcode(const struct sent *sent, unsigned rcode)
{
    struct dns_answer a;

    dns_begin(&a, sent->bytes, rcode);
    answer(sent, &a);
}

static void check_failed(const struct midge_dns_query *query, int native)
{
    assert_int_equal(query->done, 1);
    assert_int_equal(query->err, MIDGE_ERR_RESOLVE);
    assert_int_equal(query->native, native);
    assert_int_equal(query->count, 0);
}

static void check_found(const struct midge_dns_query *query, uint8_t byte)
{
    assert_int_equal(query->done, 1);
    assert_int_equal(query->err, MIDGE_OK);
    assert_int_equal(query->native, 0);
    assert_int_equal(query->count, 1);
    assert_int_equal(query->addrs[0].bytes[query->addrs[0].family == 4 ? 3 : 15], byte);
}

/* --- tests --- */

static void one_address(void **state)
{
    struct midge_dns_query query;

    (void)state;
    start(&query, "a.test", 0);
    assert_int_equal(query.done, 0);
    assert_int_equal(net.n_sent, 1);
    assert_true(last()->local_port >= 1024);
    assert_int_equal(midge__resolver_left(&r), 1000);
    answer_address(last(), 5);
    check_found(&query, 5);
    assert_int_equal(query.ttl_s, 60);
    assert_true(midge__resolver_run(&r));
    assert_false(midge__resolver_run(&r)); /* reported once */
}

static void both_families(void **state)
{
    struct midge_dns_query query;
    struct dns_answer a;

    (void)state;
    net.families = 3;
    start(&query, "a.test", 0);
    assert_int_equal(net.n_sent, 2);
    const struct sent *v4 = &net.sent[0], *v6 = &net.sent[1];
    assert_int_equal(type_of(v4), 1);
    assert_int_equal(type_of(v6), 28);
    assert_int_equal(v4->slot, v6->slot); /* one socket */
    assert_memory_not_equal(v4->bytes, v6->bytes, 2);
    dns_begin(&a, v4->bytes, 0);
    for (uint8_t i = 1; i <= 7; i++) {
        dns_address(&a, NAME, 4, 60, i);
    }
    answer(v4, &a);
    assert_int_equal(query.done, 0);
    dns_begin(&a, v6->bytes, 0);
    for (uint8_t i = 1; i <= 5; i++) {
        dns_address(&a, NAME, 6, 50, i);
    }
    answer(v6, &a);
    assert_int_equal(query.done, 1);
    assert_int_equal(query.count, 8);
    assert_int_equal(query.ttl_s, 50);
    for (uint8_t i = 0; i < 8; i++) {
        assert_int_equal(query.addrs[i].family, i % 2 == 0 ? 6 : 4);
        assert_int_equal(query.addrs[i].bytes[i % 2 == 0 ? 15 : 3], i / 2 + 1);
    }
}

static void one_family_may_have_all(void **state)
{
    struct midge_dns_query query;
    struct dns_answer a;

    (void)state;
    net.families = 3;
    start(&query, "a.test", 0);
    dns_begin(&a, net.sent[0].bytes, 0);
    for (uint8_t i = 1; i <= 8; i++) {
        dns_address(&a, NAME, 4, 60, i);
    }
    answer(&net.sent[0], &a);
    answer_rcode(&net.sent[1], 0);
    assert_int_equal(query.count, 8);
    assert_int_equal(query.ttl_s, 60);
    assert_int_equal(query.addrs[7].bytes[3], 8);
}

/* RFC 8305 3 */
static void other_family_has_little_time(void **state)
{
    for (unsigned first = 0; first < 2; first++) {
        struct midge_dns_query query;
        (void)setup(state);
        net.families = 3;
        start(&query, "a.test", 0);
        pass(10);
        answer_address(&net.sent[first], 5);
        pass(49);
        assert_int_equal(query.done, 0);
        pass(1);
        check_found(&query, 5);
    }
}

static void families_of_the_query(void **state)
{
    struct midge_dns_query query;

    (void)state;
    start(&query, "a.test", 6); /* though no interface has an address of it */
    assert_int_equal(net.n_sent, 1);
    assert_int_equal(type_of(last()), 28);
    answer_address(last(), 3);
    check_found(&query, 3);
    assert_int_equal(query.addrs[0].family, 6);
    net.families = 0; /* no network */
    start(&query, "a.test", 0);
    check_failed(&query, 11);
}

/* Nothing of it counts, and the wait goes on. */
static void forged_answers(void **state)
{
    struct midge_dns_query query;
    struct dns_answer good, a;

    (void)state;
    start(&query, "a.test", 0);
    dns_begin(&good, last()->bytes, 0);
    dns_address(&good, NAME, 4, 60, 66);
    static const size_t at[] = {0, 1, 2, NAME + 1, NAME + 3, 21, 23};
    for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
        a = good;
        a.bytes[at[i]] ^= 0x81;
        answer(last(), &a);
    }
    answer_from(last(), &good, 102); /* a server that was not asked */
    answer_from(last(), &good, 99);
    midge__resolver_datagram(&r, last()->slot, &(const struct midge_addr){.family = 6}, good.bytes,
                             good.len);
    midge__resolver_datagram(&r, (last()->slot + 1) % LOOKUPS,
                             &(const struct midge_addr){.family = 4, .bytes = {192, 0, 2, 101}},
                             good.bytes, good.len); /* another lookup's port */
    assert_int_equal(query.done, 0);
    assert_int_equal(net.n_sent, 1);
    assert_int_equal(midge__resolver_left(&r), 1000);
    good.bytes[good.len - 1] = 5;
    answer(last(), &good);
    check_found(&query, 5);
    answer(last(), &good); /* once more: nothing waits for it */
}

static void silent_servers(void **state)
{
    static const struct {
        uint32_t at_ms;
        uint8_t server;
    } expected[] = {{0, 101}, {1000, 102}, {2000, 101}, {4000, 102}, {6000, 101}, {10000, 102}};
    struct midge_dns_query query;
    const uint32_t begin = net.now_ms;

    (void)state;
    start(&query, "a.test", 0);
    pass(13999);
    assert_int_equal(query.done, 0);
    pass(1);
    check_failed(&query, 12);
    assert_int_equal(query.ttl_s, 0);
    assert_int_equal(net.n_sent, 6);
    for (unsigned i = 0; i < 6; i++) {
        assert_int_equal(net.sent[i].at_ms - begin, expected[i].at_ms);
        assert_int_equal(net.sent[i].server, expected[i].server);
    }
}

/* A late answer of the first server counts while the second one is asked. */
static void late_answer(void **state)
{
    struct midge_dns_query query;

    (void)state;
    start(&query, "a.test", 0);
    pass(1500);
    assert_int_equal(net.n_sent, 2);
    answer_address(&net.sent[0], 5);
    check_found(&query, 5);
    start(&query, "b.test", 0);
    answer_address(&net.sent[0], 66); /* much too late */
    assert_int_equal(query.done, 0);
    midge__resolver_cancel(&r, &query);
}

static void server_that_answers_is_first(void **state)
{
    struct midge_dns_query query;

    (void)state;
    start(&query, "a.test", 0);
    pass(1000);
    assert_int_equal(last()->server, 102);
    answer_address(last(), 5);
    start(&query, "b.test", 0);
    assert_int_equal(last()->server, 102);
    answer_address(last(), 5);
    check_found(&query, 5);
}

static void failures(void **state)
{
    static const struct {
        unsigned rcode;
        int native;
    } cases[] = {{1, 2}, {2, 3}, {4, 5}, {5, 6}, {9, 10}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct midge_dns_query query;
        (void)setup(state);
        start(&query, "a.test", 0);
        const bool edns =
            net.sent[0].bytes[11] != 0 && (cases[i].rcode == 1 || cases[i].rcode == 4);
        answer_rcode(last(), cases[i].rcode);
        if (edns) { /* the same one without */
            assert_int_equal(last()->server, 101);
            assert_int_equal(last()->bytes[11], 0);
            answer_rcode(last(), cases[i].rcode);
        }
        answer_rcode(&net.sent[0], cases[i].rcode); /* twice: it is not the second server's */
        assert_int_equal(query.done, 0);
        assert_int_equal(last()->server, 102); /* at once */
        if (edns) {
            answer_rcode(last(), cases[i].rcode);
        }
        answer_rcode(last(), cases[i].rcode);
        check_failed(&query, cases[i].native);
        assert_int_equal(query.ttl_s, 0);
        (void)setup(state); /* the second one knows */
        start(&query, "a.test", 0);
        answer_rcode(last(), 2);
        answer_address(last(), 5);
        check_found(&query, 5);
    }
}

static void names_that_do_not_exist(void **state)
{
    struct midge_dns_query query;
    struct dns_answer a;

    (void)state;
    net.families = 3;
    start(&query, "a.test", 0);
    dns_begin(&a, net.sent[0].bytes, 3);
    dns_soa(&a, NAME, 100, 70);
    answer(&net.sent[0], &a);
    assert_int_equal(query.done, 0);
    dns_begin(&a, net.sent[1].bytes, 3);
    dns_soa(&a, NAME, 100, 80);
    answer(&net.sent[1], &a);
    check_failed(&query, 4);
    assert_int_equal(query.ttl_s, 70);
    start(&query, "a.test", 4);
    answer_rcode(last(), 0);
    check_failed(&query, 1); /* no address */
    /* A server that says so for AAAA only (RFC 4074 4.2). */
    start(&query, "a.test", 0);
    answer_rcode(last(), 3);
    answer_address(last() - 1, 5);
    check_found(&query, 5);
    /* The other family's failure says more than "no such address". */
    start(&query, "a.test", 0);
    const struct sent *v6 = last();
    answer_rcode(last() - 1, 0);
    answer_rcode(v6, 2);
    answer_rcode(last(), 2);
    check_failed(&query, 3);
    assert_int_equal(query.ttl_s, 0);
}

static void loops_and_malformed(void **state)
{
    struct midge_dns_query query;
    struct dns_answer a;

    (void)state;
    start(&query, "a.test", 0);
    for (unsigned i = 0; i < 2; i++) {
        dns_begin(&a, last()->bytes, 0);
        dns_record(&a, 6, NAME, 5, 60, 2);
        dns_put16(&a, 0xc000 | NAME);
        answer(last(), &a);
    }
    check_failed(&query, 10);
}

static void times_to_live(void **state)
{
    static const uint32_t given[] = {0, 1, 86400 * 1000, UINT32_MAX};
    static const uint32_t taken[] = {1, 1, 86400 * 1000, 1};

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        struct midge_dns_query query;
        struct dns_answer a;
        start(&query, "a.test", 0);
        dns_begin(&a, last()->bytes, 0);
        dns_address(&a, NAME, 4, given[i], 1);
        answer(last(), &a);
        assert_int_equal(query.ttl_s, taken[i]);
    }
}

/* --- TCP --- */

static uint8_t said[2 + 4096];

static void tcp_says(const struct dns_answer *a)
{
    said[0] = (uint8_t)(a->len >> 8);
    said[1] = (uint8_t)a->len;
    memcpy(said + 2, a->bytes, a->len);
    net.tcp_say = said;
    net.tcp_say_len = 2 + a->len;
    net.tcp_said = 0;
}

static void truncate_answer(const struct sent *sent)
{
    struct dns_answer a;

    dns_begin(&a, sent->bytes, 0);
    a.bytes[2] |= 2;
    answer(sent, &a);
}

static void truncated(void **state)
{
    for (size_t step = 0; step < 3; step++) { /* in pieces too */
        struct midge_dns_query query;
        struct dns_answer a;
        uint8_t events;
        (void)setup(state);
        net.tcp_step = step;
        start(&query, "a.test", 0);
        truncate_answer(last());
        assert_int_equal(query.done, 0);
        (void)midge__resolver_run(&r);
        assert_true(net.tcp_open);
        assert_int_equal(net.tcp_server, 101);
        assert_int_equal(midge__resolver_sock(&r, &events), 7);
        assert_int_equal(events, MIDGE_POLL_OUT);
        net.connected = MIDGE_OK;
        (void)midge__resolver_run(&r);
        assert_int_equal(net.tcp_sent_len, 2 + last()->len);
        assert_memory_equal(net.tcp_sent + 2, last()->bytes, last()->len);
        (void)midge__resolver_sock(&r, &events);
        assert_int_equal(events, MIDGE_POLL_IN);
        dns_begin(&a, net.tcp_sent + 2, 0);
        for (uint8_t i = 1; i <= 9; i++) {
            dns_address(&a, NAME, 4, 60, i);
        }
        tcp_says(&a);
        assert_true(midge__resolver_run(&r));
        assert_int_equal(query.count, 8);
        assert_int_equal(query.err, MIDGE_OK);
        assert_false(net.tcp_open);
        (void)teardown(state);
    }
}

/* It is longer than the buffer: the addresses that are in it count. */
static void longer_than_the_buffer(void **state)
{
    struct midge_dns_query query;
    struct dns_answer a;

    (void)state;
    start(&query, "a.test", 0);
    dns_begin(&a, last()->bytes, 0);
    while (a.len < MIDGE_RESOLVER_PAYLOAD + 100) {
        dns_address(&a, NAME, 4, 60, 5);
    }
    net.connected = MIDGE_OK;
    truncate_answer(last());
    tcp_says(&a);
    (void)midge__resolver_run(&r);
    assert_int_equal(query.err, MIDGE_OK);
    assert_int_equal(query.count, 8);
}

static void wrong_letters(void **state)
{
    struct midge_dns_query query;
    struct dns_answer a;

    (void)state;
    start(&query, "a.test", 0);
    dns_begin(&a, last()->bytes, 0);
    dns_address(&a, NAME, 4, 60, 66);
    a.bytes[NAME + 1] ^= 0x20;
    answer(last(), &a);
    assert_int_equal(query.done, 0);
    net.connected = MIDGE_OK;
    a.bytes[a.len - 1] = 5; /* the true one */
    tcp_says(&a);
    (void)midge__resolver_run(&r);
    check_found(&query, 5);
}

static void tcp_fails(void **state)
{
    static const int fails[] = {MIDGE_ERR_CONNECT, MIDGE_ERR_EOF, MIDGE_ERR_RECV};

    for (size_t i = 0; i < 3; i++) {
        struct midge_dns_query query;
        (void)setup(state);
        start(&query, "a.test", 0);
        truncate_answer(last());
        if (i == 0) {
            net.connect = fails[i];
        } else if (i == 1) {
            net.connected = MIDGE_OK;
            net.tcp_say = said; /* nothing, then the end */
        } else {
            net.connected = fails[i];
        }
        (void)midge__resolver_run(&r); /* both servers */
        check_failed(&query, 11);
        (void)teardown(state);
    }
}

static void tcp_is_silent(void **state)
{
    struct midge_dns_query query;
    const uint32_t begin = net.now_ms;

    (void)state;
    net.n_servers = 1;
    start(&query, "a.test", 0);
    truncate_answer(last());
    while (!query.done) {
        pass(100);
        assert_true(net.now_ms - begin < 20000);
    }
    check_failed(&query, 12);
}

static void tcp_answers_another_question(void **state)
{
    struct midge_dns_query query;
    struct dns_answer a;

    (void)state;
    net.n_servers = 1;
    start(&query, "a.test", 0);
    dns_begin(&a, last()->bytes, 0);
    dns_address(&a, NAME, 4, 60, 66);
    truncate_answer(last());
    a.bytes[0] ^= 1;
    net.connected = MIDGE_OK;
    tcp_says(&a);
    (void)midge__resolver_run(&r);
    check_failed(&query, 10);
}

/* One connection at a time; a lookup that has none waits. */
static void tcp_takes_turns(void **state)
{
    struct midge_dns_query a, b;
    struct dns_answer first, second;

    (void)state;
    start(&a, "a.test", 0);
    start(&b, "b.test", 0);
    dns_begin(&first, net.sent[0].bytes, 0);
    dns_address(&first, NAME, 4, 60, 1);
    dns_begin(&second, net.sent[1].bytes, 0);
    dns_address(&second, NAME, 4, 60, 2);
    truncate_answer(&net.sent[0]);
    truncate_answer(&net.sent[1]);
    net.connect = MIDGE_ERR_NO_MEMORY; /* no socket now */
    (void)midge__resolver_run(&r);
    assert_true(midge__resolver_left(&r) <= 100);
    net.connect = MIDGE_OK;
    (void)midge__resolver_run(&r);
    assert_true(net.tcp_open);
    midge__resolver_cancel(&r, &a);
    assert_false(net.tcp_open);
    net.connected = MIDGE_OK;
    tcp_says(&second);
    (void)midge__resolver_run(&r);
    check_found(&b, 2);
}

/* --- queries --- */

static void shared_lookup(void **state)
{
    struct midge_dns_query queries[3];
    static const char *const hosts[] = {"a.test", "A.Test", "a.test"};

    (void)state;
    net.families = 3;
    for (unsigned i = 0; i < 3; i++) {
        start(&queries[i], hosts[i], 0);
    }
    assert_int_equal(net.n_sent, 2); /* RFC 5452 5 */
    answer_address(&net.sent[1], 6);
    midge__resolver_cancel(&r, &queries[0]); /* it had the address */
    memset(&queries[0], 0xa5, sizeof queries[0]);
    answer_address(&net.sent[0], 4);
    for (unsigned i = 1; i < 3; i++) {
        assert_int_equal(queries[i].done, 1);
        assert_int_equal(queries[i].count, 2);
        assert_int_equal(queries[i].addrs[0].bytes[15], 6);
        assert_int_equal(queries[i].addrs[1].bytes[3], 4);
    }
    for (size_t i = 0; i < sizeof queries[0]; i++) {
        assert_int_equal(((uint8_t *)&queries[0])[i], 0xa5);
    }
    start(&queries[0], "a.test", 4);
    start(&queries[1], "a.test", 6); /* another question */
    assert_int_equal(net.n_sent, 4);
    midge__resolver_cancel(&r, &queries[0]);
    midge__resolver_cancel(&r, &queries[1]);
    midge__resolver_cancel(&r, &queries[1]); /* once more */
}

static void more_than_lookups(void **state)
{
    struct midge_dns_query queries[LOOKUPS + 3];
    static const char *const hosts[] = {"a.test", "b.test", "c.test", "d.test", "e.test", "d.test"};

    (void)state;
    for (unsigned i = 0; i < LOOKUPS + 3; i++) {
        start(&queries[i], hosts[i], 0);
    }
    assert_int_equal(net.n_sent, LOOKUPS);
    midge__resolver_cancel(&r, &queries[LOOKUPS + 1]);
    answer_address(&net.sent[1], 1);
    assert_true(midge__resolver_run(&r));
    assert_int_equal(net.n_sent, LOOKUPS + 1);
    assert_int_equal(last()->slot, net.sent[1].slot);
    answer_address(last(), 9);
    check_found(&queries[LOOKUPS], 9);
    check_found(&queries[LOOKUPS + 2], 9);
    midge__resolver_cancel(&r, &queries[0]);
    midge__resolver_cancel(&r, &queries[2]);
}

/* Ports, ids and letters are other ones for each lookup. */
static void hard_to_guess(void **state)
{
    enum { N = 30 };

    (void)state;
    for (unsigned i = 0; i < N; i++) {
        struct midge_dns_query query;
        start(&query, "wwwwwwwwwwwwwwwwwwwwwwww.test", 0);
        midge__resolver_cancel(&r, &query);
        for (unsigned k = 0; k < i; k++) {
            const struct sent *a = &net.sent[k], *b = &net.sent[i];
            assert_true(a->local_port != b->local_port || memcmp(a->bytes, b->bytes, 2) != 0);
            assert_memory_not_equal(a->bytes + NAME, b->bytes + NAME, 24);
        }
    }
}

static void names_that_are_none(void **state)
{
    struct midge_dns_query query;
    char host[300];

    (void)state;
    memset(host, 'x', sizeof host);
    host[299] = '\0';
    start(&query, host, 0);
    check_failed(&query, 8);
    start(&query, "a..test", 0);
    check_failed(&query, 8);
    assert_int_equal(net.n_sent, 0);
}

static void no_server(void **state)
{
    struct midge_dns_query query;

    (void)state;
    net.families = 3;
    net.n_servers = 0;
    start(&query, "a.test", 0);
    check_failed(&query, 11);
    net.n_servers = 1; /* and then it goes away */
    start(&query, "a.test", 0);
    net.n_servers = 0;
    pass(1000);
    check_failed(&query, 11);
}

static void no_entropy(void **state)
{
    struct midge_dns_query query = {.family = 0};

    (void)state;
    net.entropy = MIDGE_ERR_ENTROPY;
    assert_int_equal(midge__resolver_start(&r, "a.test", &query), MIDGE_ERR_ENTROPY);
    assert_int_equal(net.n_sent, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(one_address),
        TEST(both_families),
        TEST(one_family_may_have_all),
        TEST(other_family_has_little_time),
        TEST(families_of_the_query),
        TEST(forged_answers),
        TEST(silent_servers),
        TEST(late_answer),
        TEST(server_that_answers_is_first),
        TEST(failures),
        TEST(names_that_do_not_exist),
        TEST(loops_and_malformed),
        TEST(times_to_live),
        TEST(truncated),
        TEST(longer_than_the_buffer),
        TEST(wrong_letters),
        TEST(tcp_fails),
        TEST(tcp_is_silent),
        TEST(tcp_answers_another_question),
        TEST(tcp_takes_turns),
        TEST(shared_lookup),
        TEST(more_than_lookups),
        TEST(hard_to_guess),
        TEST(names_that_are_none),
        TEST(no_server),
        TEST(no_entropy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
