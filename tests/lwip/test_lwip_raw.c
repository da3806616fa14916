/* SPDX-License-Identifier: MIT */
/*
 * port/lwip_raw against a peer scripted packet by packet, with a clock that the test moves: what
 * the conformance program cannot bring about through real sockets.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include <lwip/err.h>

/* SipHash is the file's own: its test vectors want it here. */
#include "random.c"

#include "raw_wire.h"

static const struct midge_addr peer_addr = {.family = 4, .bytes = {192, 0, 2, 2}};
static struct midge_port *const port = &wire.port;

/* --- Short ways --- */

static midge_sock begin(uint16_t number)
{
    midge_sock sock;
    int native = -1;

    assert_int_equal(port->connect(NULL, &peer_addr, number, &sock, &native), MIDGE_OK);
    assert_int_equal(native, 0);
    assert_int_equal(wire.seen.flags, WIRE_SYN);
    return sock;
}

struct pair {
    midge_sock sock;
    struct wire_peer peer;
};

static struct pair connect_pair(void)
{
    struct pair p = {.sock = begin(443)};

    assert_int_equal(port->connected(NULL, p.sock, NULL), MIDGE_ERR_AGAIN);
    p.peer = wire_accept();
    assert_int_equal(port->connected(NULL, p.sock, NULL), MIDGE_OK);
    return p;
}

static uint8_t ready(midge_sock sock, uint8_t events)
{
    struct midge_pollfd fd = {.sock = sock, .events = events};

    assert_int_equal(port->poll(NULL, &fd, 1, 0), MIDGE_OK);
    return fd.revents;
}

static int receive(midge_sock sock, size_t *n, int *native)
{
    static uint8_t buf[4096];
    return port->recv(NULL, sock, buf, sizeof buf, n, native);
}

static int send_some(midge_sock sock, size_t len, size_t *n)
{
    static const uint8_t zeros[4096];
    return port->send(NULL, sock, zeros, len, n, NULL);
}

/* --- Each test begins and ends with nothing in use --- */

static int setup(void **state)
{
    (void)state;
    wire.flood = 0;
    wire.flood_ms = 0;
    wire_up(true);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    for (midge_sock slot = 0; slot < MIDGE_LWIP_SOCKS; slot++) {
        for (midge_sock generation = 0; generation < 200; generation++) {
            port->close(NULL, generation << 8 | slot);
        }
    }
    wire_pass(20 * 60 * 1000); /* all that still says goodbye gives up */
    return wire_pcbs() == 0 && wire_buffers() == 0 && wire_heap() == 0 && wire_udp() == 0 ? 0 : -1;
}

/* --- Not to be guessed --- */

/* The reference's: key 00 01 … 0f, input none and 00 … 07. Runs before there is a key. */
static void siphash_is_siphash(void **state)
{
    static const uint64_t key[2] = {0x0706050403020100u, 0x0f0e0d0c0b0a0908u};
    static const uint64_t word = 0x0706050403020100u;

    (void)state;
    assert_true(siphash(key, NULL, 0) == 0x726fdb47dd0e0e31u);
    assert_true(siphash(key, &word, 1) == 0x93f5f5799a932462u);
}

static void nothing_is_sent_without_entropy(void **state)
{
    struct midge_dns_query query = {0};
    const unsigned packets = wire.seen.packets;
    midge_sock sock = 1;

    (void)state;
    rng.seeded = false;
    wire.no_entropy = true;
    assert_int_equal(port->connect(NULL, &peer_addr, 80, &sock, NULL), MIDGE_ERR_ENTROPY);
    assert_true(sock == MIDGE_SOCK_NONE);
    assert_int_equal(port->dns_start(NULL, "a.test", &query), MIDGE_ERR_ENTROPY);
    wire_pass(5000);
    assert_int_equal(wire.seen.packets, packets);
    wire.no_entropy = false;
    (void)begin(80);
}

static void sequence_numbers_tell_nothing(void **state)
{
    uint32_t seq[MIDGE_LWIP_SOCKS];

    (void)state;
    for (int i = 0; i < MIDGE_LWIP_SOCKS; i++) {
        (void)begin(443);
        seq[i] = wire.seen.seq;
        for (int j = 0; j < i; j++) {
            const uint32_t apart = seq[i] - seq[j];
            assert_true(apart > 1u << 20 && apart < UINT32_MAX - (1u << 20));
        }
    }
}

/* Of the very same connection the numbers go on, 250 a millisecond: RFC 6528. */
static void sequence_numbers_go_on(void **state)
{
    ip_addr_t a = IPADDR4_INIT(1), b = IPADDR4_INIT(2);
    const uint32_t first = midge__lwip_isn(&a, 1, &b, 2);

    (void)state;
    assert_int_equal(midge__lwip_isn(&a, 1, &b, 2), first);
    assert_int_not_equal(midge__lwip_isn(&b, 2, &a, 1), first);
    wire.now_ms += 1000;
    assert_int_equal(midge__lwip_isn(&a, 1, &b, 2) - first, 250000);
}

/* --- How connections end --- */

static void bytes_then_reset_is_no_end(void **state)
{
    struct pair p = connect_pair();
    int native = 0;
    size_t n;

    (void)state;
    wire_send(&p.peer, WIRE_ACK, "0123456789", 10);
    wire_send(&p.peer, WIRE_ACK | WIRE_RST, NULL, 0);
    assert_int_equal(ready(p.sock, MIDGE_POLL_IN), MIDGE_POLL_IN | MIDGE_POLL_ERR);
    assert_int_equal(receive(p.sock, &n, &native), MIDGE_OK);
    assert_int_equal(n, 10);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(receive(p.sock, &n, &native), MIDGE_ERR_RECV);
        assert_int_equal(native, ERR_RST);
        assert_int_equal(send_some(p.sock, 1, &n), MIDGE_ERR_SEND);
    }
}

static void reset_alone_is_no_end(void **state)
{
    struct pair p = connect_pair();
    int native = 0;
    size_t n;

    (void)state;
    wire_send(&p.peer, WIRE_ACK | WIRE_RST, NULL, 0);
    assert_int_equal(port->connected(NULL, p.sock, NULL), MIDGE_OK); /* it was */
    assert_int_equal(receive(p.sock, &n, &native), MIDGE_ERR_RECV);
    assert_int_equal(native, ERR_RST);
}

/* All bytes before a FIN are there: what comes after it changes nothing. */
static void end_then_reset_is_the_end(void **state)
{
    struct pair p = connect_pair();
    size_t n;

    (void)state;
    wire_send(&p.peer, WIRE_ACK | WIRE_FIN, "abc", 3);
    wire_send(&p.peer, WIRE_ACK | WIRE_RST, NULL, 0);
    assert_int_equal(receive(p.sock, &n, NULL), MIDGE_OK);
    assert_int_equal(n, 3);
    assert_int_equal(receive(p.sock, &n, NULL), MIDGE_ERR_EOF);
    assert_int_equal(receive(p.sock, &n, NULL), MIDGE_ERR_EOF);
    assert_int_equal(send_some(p.sock, 1, &n), MIDGE_ERR_SEND);
}

/* A peer that vanished: lwIP gives up in the end, and that is no end of data. */
static void silence_is_no_end(void **state)
{
    struct pair p = connect_pair();
    int native = 0;
    size_t n;

    (void)state;
    assert_int_equal(send_some(p.sock, 100, &n), MIDGE_OK);
    wire_pass(20 * 60 * 1000);
    assert_int_equal(receive(p.sock, &n, &native), MIDGE_ERR_RECV);
    assert_int_equal(native, ERR_ABRT);
}

static void connect_gives_up(void **state)
{
    const midge_sock sock = begin(443);
    int native = 0;

    (void)state;
    wire_pass(10 * 60 * 1000);
    assert_int_equal(ready(sock, MIDGE_POLL_OUT), MIDGE_POLL_OUT | MIDGE_POLL_ERR);
    assert_int_equal(port->connected(NULL, sock, &native), MIDGE_ERR_CONNECT);
    assert_int_equal(native, ERR_ABRT);
}

static void no_route(void **state)
{
    midge_sock sock = 1;
    int native = 0;

    (void)state;
    wire_up(false);
    assert_int_equal(port->connect(NULL, &peer_addr, 80, &sock, &native), MIDGE_ERR_CONNECT);
    assert_int_equal(native, ERR_RTE);
    assert_true(sock == MIDGE_SOCK_NONE);
    assert_int_equal(wire_pcbs(), 0);
}

/* --- Close --- */

static void close_says_what_was_read(void **state)
{
    struct pair p = connect_pair();
    size_t n;

    (void)state;
    wire_send(&p.peer, WIRE_ACK, "abc", 3);
    port->close(NULL, p.sock);
    assert_true(wire.seen.flags & WIRE_RST); /* not all was */
    assert_int_equal(wire_pcbs(), 0);

    p = connect_pair();
    wire_send(&p.peer, WIRE_ACK, "abc", 3);
    assert_int_equal(receive(p.sock, &n, NULL), MIDGE_OK);
    port->close(NULL, p.sock);
    assert_true(wire.seen.flags & WIRE_FIN);
}

/* Data for a connection that was closed is dropped. */
/* A server that takes no more, and whose kernel lives on: what it was to be sent is given up with
   the connection. */
static void a_closed_window_holds_nothing(void **state)
{
    (void)state;
    for (int i = 0; i < 20; i++) {
        struct pair p = connect_pair();
        size_t n, queued = 0;
        p.peer.window = 0;
        wire_send(&p.peer, WIRE_ACK, NULL, 0);
        while (send_some(p.sock, 200, &n) == MIDGE_OK) {
            queued += n;
        }
        assert_true(queued > 0);
        wire_pass(3000); /* probes */
        port->close(NULL, p.sock);
        assert_true(wire.seen.flags & WIRE_RST);
        assert_int_equal(wire_heap(), 0);
        assert_int_equal(wire_pcbs(), 0);
    }
}

/* Neither side closes, for minutes. */
static void goodbye_is_bounded(void **state)
{
    struct pair p = connect_pair();

    (void)state;
    port->close(NULL, p.sock);
    assert_true(wire.seen.flags & WIRE_FIN);
    wire_pass(15 * 1000);
    assert_int_equal(wire_pcbs(), 1);
    wire_pass(15 * 1000);
    assert_int_equal(wire_pcbs(), 0);
    assert_int_equal(wire_heap(), 0);
}

static void closed_is_closed(void **state)
{
    struct pair p = connect_pair(), q;

    (void)state;
    port->close(NULL, p.sock);
    wire_send(&p.peer, WIRE_ACK, NULL, 0);
    q = connect_pair(); /* in its slot */
    wire_send(&p.peer, WIRE_ACK, "late", 4);
    assert_true(wire.seen.flags & WIRE_RST);
    wire_send(&p.peer, WIRE_ACK | WIRE_RST, NULL, 0);
    assert_int_equal(ready(q.sock, MIDGE_POLL_IN | MIDGE_POLL_OUT), MIDGE_POLL_OUT);
}

static void old_handles_fit_nothing(void **state)
{
    const midge_sock old = begin(443);
    uint8_t byte = 0;
    size_t n;
    midge_sock now;

    (void)state;
    port->close(NULL, old);
    now = begin(443);
    assert_true(now != old);
    assert_int_equal(port->recv(NULL, old, &byte, 1, &n, NULL), MIDGE_ERR_RECV);
    assert_int_equal(port->send(NULL, old, &byte, 1, &n, NULL), MIDGE_ERR_SEND);
    assert_int_equal(port->connected(NULL, old, NULL), MIDGE_ERR_CONNECT);
    assert_true(ready(old, 0) == MIDGE_POLL_ERR);
    port->close(NULL, old);
    port->close(NULL, MIDGE_SOCK_NONE);
    assert_int_equal(port->connected(NULL, now, NULL), MIDGE_ERR_AGAIN);
}

/* --- All that there are --- */

static void more_than_there_are(void **state)
{
    midge_sock socks[MIDGE_LWIP_SOCKS], sock = 1;
    int native = 0;

    (void)state;
    for (int i = 0; i < MIDGE_LWIP_SOCKS; i++) {
        socks[i] = begin(443);
    }
    assert_int_equal(port->connect(NULL, &peer_addr, 80, &sock, &native), MIDGE_ERR_NO_MEMORY);
    assert_int_equal(native, ERR_MEM);
    assert_true(sock == MIDGE_SOCK_NONE);
    port->close(NULL, socks[1]);
    (void)begin(80);
}

/* Peers that never answer our FIN would hold their PCBs for minutes. */
static void mute_peers_hold_nothing(void **state)
{
    midge_sock socks[MIDGE_LWIP_SOCKS];

    (void)state;
    for (int round = 0; round < 10; round++) {
        for (int i = 0; i < MIDGE_LWIP_SOCKS; i++) {
            socks[i] = connect_pair().sock;
        }
        for (int i = 0; i < MIDGE_LWIP_SOCKS; i++) {
            port->close(NULL, socks[i]);
        }
    }
}

/* --- Received bytes --- */

/* Every window full of single bytes, unread: no more buffers than full segments take, and all the
   bytes are there. */
static void single_bytes_take_no_more(void **state)
{
    struct pair p[MIDGE_LWIP_SOCKS];
    uint8_t buf[TCP_WND];
    size_t n;

    (void)state;
    for (int i = 0; i < MIDGE_LWIP_SOCKS; i++) {
        p[i] = connect_pair();
    }
    for (int at = 0; at < TCP_WND; at++) {
        for (int i = 0; i < MIDGE_LWIP_SOCKS; i++) {
            const uint8_t byte = (uint8_t)(at * 7 + i);
            wire_send(&p[i].peer, WIRE_ACK, &byte, 1);
        }
        assert_true(wire_buffers() <= PBUF_POOL_SIZE - MIDGE_LWIP_RESERVE_PBUFS);
    }
    for (int i = 0; i < MIDGE_LWIP_SOCKS; i++) {
        assert_int_equal(port->recv(NULL, p[i].sock, buf, sizeof buf, &n, NULL), MIDGE_OK);
        assert_int_equal(n, TCP_WND);
        for (int at = 0; at < TCP_WND; at++) {
            assert_int_equal(buf[at], (uint8_t)(at * 7 + i));
        }
        assert_int_equal(wire.seen.window, TCP_WND);
    }
}

/* Segments of all lengths, read in pieces of all lengths. */
static void any_lengths_are_whole(void **state)
{
    struct pair p = connect_pair();
    uint8_t sent = 0, got = 0, buf[700];
    size_t n, held = 0;

    (void)state;
    for (size_t i = 0; i < 4000; i++) {
        const size_t len = 1 + i * 37 % 536, piece = 1 + i * 61 % 700;
        if (held + len <= TCP_WND) {
            for (size_t at = 0; at < len; at++) {
                buf[at] = sent++;
            }
            wire_send(&p.peer, WIRE_ACK, buf, len);
            held += len;
        }
        if (i % 3 != 0 && port->recv(NULL, p.sock, buf, piece, &n, NULL) == MIDGE_OK) {
            for (size_t at = 0; at < n; at++) {
                assert_int_equal(buf[at], got++);
            }
            held -= n;
        }
        assert_true(wire_buffers() <= MIDGE_LWIP_WND_PBUFS);
    }
    assert_true(sent != got || held == 0);
}

/* The window says what was read, not what arrived. */
static void window_is_what_was_read(void **state)
{
    static const uint8_t bytes[536];
    struct pair p = connect_pair();
    uint8_t buf[536];
    size_t n;

    (void)state;
    for (int i = 0; i < MIDGE_LWIP_WND_PBUFS; i++) {
        wire_send(&p.peer, WIRE_ACK, bytes, sizeof bytes);
    }
    wire_pass(1000);
    assert_int_equal(wire.seen.window, 0);
    assert_int_equal(port->recv(NULL, p.sock, buf, sizeof buf, &n, NULL), MIDGE_OK);
    assert_int_equal(n, 536);
    assert_int_equal(wire.seen.window, 536);
}

/* --- Sent bytes --- */

/* Acknowledges the first `bytes` of what was sent. */
static void acknowledge(struct wire_peer *peer, uint32_t bytes)
{
    wire.seen.from = 0; /* not all that was seen */
    peer->ack += bytes;
    wire_send(peer, WIRE_ACK, NULL, 0);
}

/* The heap is shared: one waits while the others' peers acknowledge nothing, and goes on when one
   of them does. */
static void memory_is_waited_for(void **state)
{
    struct pair p[MIDGE_LWIP_SOCKS];
    size_t n, total = 0;

    (void)state;
    for (int i = 0; i < MIDGE_LWIP_SOCKS; i++) {
        p[i] = connect_pair();
    }
    for (int i = 0; i < MIDGE_LWIP_SOCKS; i++) {
        while (send_some(p[i].sock, 536, &n) == MIDGE_OK) {
            total += n;
        }
    }
    assert_true(total < MIDGE_LWIP_SOCKS * TCP_SND_BUF);
    assert_int_equal(ready(p[2].sock, MIDGE_POLL_OUT), 0);
    acknowledge(&p[0].peer, TCP_SND_BUF);
    assert_int_equal(ready(p[2].sock, MIDGE_POLL_OUT), MIDGE_POLL_OUT);
    assert_int_equal(send_some(p[2].sock, 536, &n), MIDGE_OK);
    assert_int_equal(n, 536);
}

static void a_segment_of_room_is_writable(void **state)
{
    struct pair p = connect_pair();
    size_t n;

    (void)state;
    assert_int_equal(send_some(p.sock, 4096, &n), MIDGE_OK);
    assert_int_equal(n, TCP_SND_BUF);
    assert_int_equal(ready(p.sock, MIDGE_POLL_OUT), 0);
    assert_int_equal(send_some(p.sock, 1, &n), MIDGE_ERR_AGAIN);
    acknowledge(&p.peer, 536);
    assert_int_equal(ready(p.sock, MIDGE_POLL_OUT), MIDGE_POLL_OUT);
}

/* --- Poll --- */

static void a_flood_does_not_hold_poll(void **state)
{
    const uint32_t start = wire.now_ms;

    (void)state;
    wire.flood = 4;
    wire.flood_ms = 1;
    wire.pumps = 0;
    assert_int_equal(port->poll(NULL, NULL, 0, 0), MIDGE_OK);
    assert_int_equal(wire.pumps, 1);
    assert_int_equal(port->poll(NULL, NULL, 0, 50), MIDGE_OK);
    assert_true(wire.now_ms - start < 80);
}

static void idle_is_bounded(void **state)
{
    struct pair p;

    (void)state;
    wire.idles = 0;
    assert_int_equal(port->poll(NULL, NULL, 0, 7), MIDGE_OK);
    assert_int_equal(wire.idles, 1);
    assert_int_equal(wire.idle_ms, 7);
    p = connect_pair(); /* a timer every 250 ms now */
    (void)p;
    wire.wake_in_idle = true;
    assert_int_equal(port->poll(NULL, NULL, 0, -1), MIDGE_OK);
    assert_true(wire.idle_ms <= 250);
    assert_int_equal(port->poll(NULL, NULL, 0, 0), MIDGE_OK);
    wire.idles = 0;
    assert_int_equal(port->poll(NULL, NULL, 0, 0), MIDGE_OK);
    assert_int_equal(wire.idles, 0);
}

static void without_idle_it_spins(void **state)
{
    void (*const idle)(void *, uint32_t) = wire.machine.idle;

    (void)state;
    wire.machine.idle = NULL;
    wire.flood_ms = 1; /* time passes in pump */
    wire.pumps = 0;
    assert_int_equal(port->poll(NULL, NULL, 0, 20), MIDGE_OK);
    assert_int_equal(wire.pumps, 20);
    wire.machine.idle = idle;
}

/* --- Names --- */

static void names_are_asked_and_remembered(void **state)
{
    struct midge_dns_query query = {0};
    unsigned packets;

    (void)state;
    midge_lwip_dns_port = 5300;
    assert_int_equal(port->dns_start(NULL, "a.test", &query), MIDGE_OK);
    assert_int_equal(wire.seen.to, 5300);
    midge_lwip_dns_port = 53;
    assert_int_equal(query.done, 0);
    wire_dns_answer(0x01020304);
    assert_int_equal(query.done, 1);
    assert_int_equal(query.count, 1);
    assert_int_equal(query.addrs[0].bytes[3], 4);
    packets = wire.seen.packets;
    assert_int_equal(port->dns_start(NULL, "a.test", &query), MIDGE_OK);
    assert_int_equal(query.done, 1); /* inside the call */
    assert_int_equal(query.addrs[0].bytes[0], 1);
    assert_int_equal(wire.seen.packets, packets);
    wire_pass(70 * 1000); /* its minute is over */
    assert_int_equal(port->dns_start(NULL, "a.test", &query), MIDGE_OK);
    assert_int_equal(query.done, 0);
    wire_dns_answer(0);
    assert_int_equal(query.done, 1);
    assert_int_equal(query.err, MIDGE_ERR_RESOLVE);
    assert_int_not_equal(query.native, 0);
}

/* A firmware may run lwIP itself between two polls, as while it waits for DHCP. */
static void an_answer_between_polls_ends_the_next(void **state)
{
    struct midge_dns_query query = {0};
    const uint32_t before = wire.now_ms;

    (void)state;
    assert_int_equal(port->dns_start(NULL, "e.test", &query), MIDGE_OK);
    wire_dns_answer(0x01020304);
    assert_int_equal(query.done, 1);
    assert_int_equal(port->poll(NULL, NULL, 0, 1000), MIDGE_OK);
    assert_int_equal(wire.now_ms - before, 0);
    assert_int_equal(port->poll(NULL, NULL, 0, 1000), MIDGE_OK); /* only that one */
    assert_int_equal(wire.now_ms - before, 1000);
}

/* A datagram may come twice. The query's memory is the caller's since the first one. */
static void an_answer_that_comes_twice_is_one(void **state)
{
    struct midge_dns_query query = {0}, after;
    const uint32_t before = wire.now_ms;

    (void)state;
    assert_int_equal(port->dns_start(NULL, "f.test", &query), MIDGE_OK);
    wire_dns_answer(0x01020304);
    assert_int_equal(query.done, 1);
    assert_int_equal(port->poll(NULL, NULL, 0, 1000), MIDGE_OK);
    memset(&query, 0xa5, sizeof query);
    after = query;
    wire_dns_answer(0x05060708);
    assert_int_equal(port->poll(NULL, NULL, 0, 1000), MIDGE_OK);
    assert_memory_equal(&query, &after, sizeof query);
    assert_int_equal(wire.now_ms - before, 1000); /* nor does it end a poll */
}

static void ports_and_ids_change(void **state)
{
    struct midge_dns_query query = {0};
    uint16_t from[8];
    uint8_t id[8][2];

    (void)state;
    for (int i = 0; i < 8; i++) {
        const char host[] = {'b', (char)('0' + i), '.', 't', '\0'};
        assert_int_equal(port->dns_start(NULL, host, &query), MIDGE_OK);
        from[i] = wire.seen.from;
        memcpy(id[i], wire.seen.payload, 2);
        for (int j = 0; j < i; j++) {
            assert_int_not_equal(from[i], from[j]);
            assert_memory_not_equal(id[i], id[j], 2);
        }
        wire_dns_answer(0);
    }
}

/* Starts lookups of "<first>0.t" and so on, all of which stay under way. */
static void start_many(struct midge_dns_query *queries, char (*hosts)[5], size_t n, char first)
{
    for (size_t i = 0; i < n; i++) {
        memcpy(hosts[i], (const char[5]){first, (char)('0' + i), '.', 't', '\0'}, 5);
        assert_int_equal(port->dns_start(NULL, hosts[i], &queries[i]), MIDGE_OK);
        assert_int_equal(queries[i].done, 0);
    }
}

static void poll_once(void)
{
    assert_int_equal(port->poll(NULL, NULL, 0, 0), MIDGE_OK);
}

/* A silent name server does not delay lookups that begin after the others were cancelled. */
static void cancelled_ones_make_room(void **state)
{
    struct midge_dns_query queries[DNS_TABLE_SIZE] = {0}, late[3] = {0};
    char hosts[DNS_TABLE_SIZE][5], late_hosts[3][5];

    (void)state;
    start_many(queries, hosts, DNS_TABLE_SIZE, 'c');
    for (size_t i = 0; i < DNS_TABLE_SIZE; i++) {
        port->dns_cancel(NULL, &queries[i]);
    }
    const unsigned before = wire.seen.packets;
    start_many(late, late_hosts, 3, 'd');
    port->dns_cancel(NULL, &late[1]);
    assert_int_equal(wire.seen.packets, before); /* they wait for a poll */
    poll_once();
    assert_int_equal(wire.seen.packets, before + 2);
    wire_dns_answer(0x0100007f);
    poll_once();
    assert_int_equal(late[0].done, 0);
    assert_int_equal(late[2].done, 1);
    assert_int_equal(late[2].err, MIDGE_OK);
    wire_pass(30 * 1000); /* lwIP gives up on it */
    assert_int_equal(late[0].done, 1);
    assert_int_equal(late[0].err, MIDGE_ERR_RESOLVE);
    assert_int_equal(queries[0].done, 0);
}

/* One that is asked for still is not given up for those that wait, and makes room when it ends. */
static void lookups_wait_for_room(void **state)
{
    struct midge_dns_query queries[DNS_TABLE_SIZE] = {0}, late[3] = {0};
    char hosts[DNS_TABLE_SIZE][5], late_hosts[3][5];

    (void)state;
    start_many(queries, hosts, DNS_TABLE_SIZE, 'e');
    for (size_t i = 0; i < DNS_TABLE_SIZE - 1; i++) {
        port->dns_cancel(NULL, &queries[i]);
    }
    start_many(late, late_hosts, 3, 'f');
    port->dns_cancel(NULL, &late[0]);
    const unsigned before = wire.seen.packets;
    poll_once();
    assert_int_equal(wire.seen.packets, before);
    wire_dns_answer(0x0100007f); /* the last one's */
    poll_once();
    assert_int_equal(queries[DNS_TABLE_SIZE - 1].done, 1);
    assert_int_equal(queries[DNS_TABLE_SIZE - 1].err, MIDGE_OK);
    assert_int_equal(wire.seen.packets, before + 1);
    port->dns_cancel(NULL, &late[2]); /* the last of the line, and then there is none */
    wire_dns_answer(0x0100007f);
    poll_once();
    assert_int_equal(late[1].done, 1);
    assert_int_equal(late[1].err, MIDGE_OK);
    wire_pass(30 * 1000);
}

static int open_once(void **state)
{
    (void)state;
    wire_open();
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

/* lwIP's first port comes by chance; the next one must be in the range, too (arch/cc.h). */
static void first_ports(void **state)
{
    (void)state;
    for (unsigned chance = 0; chance <= UINT16_MAX; chance++) {
        const unsigned first = TCP_ENSURE_LOCAL_PORT_RANGE(chance);
        assert_in_range(first, TCP_LOCAL_PORT_RANGE_START, TCP_LOCAL_PORT_RANGE_END - 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_ports),
        TEST(siphash_is_siphash),
        TEST(nothing_is_sent_without_entropy),
        TEST(sequence_numbers_tell_nothing),
        TEST(sequence_numbers_go_on),
        TEST(bytes_then_reset_is_no_end),
        TEST(reset_alone_is_no_end),
        TEST(end_then_reset_is_the_end),
        TEST(silence_is_no_end),
        TEST(connect_gives_up),
        TEST(no_route),
        TEST(close_says_what_was_read),
        TEST(a_closed_window_holds_nothing),
        TEST(goodbye_is_bounded),
        TEST(closed_is_closed),
        TEST(old_handles_fit_nothing),
        TEST(more_than_there_are),
        TEST(mute_peers_hold_nothing),
        TEST(single_bytes_take_no_more),
        TEST(any_lengths_are_whole),
        TEST(window_is_what_was_read),
        TEST(memory_is_waited_for),
        TEST(a_segment_of_room_is_writable),
        TEST(a_flood_does_not_hold_poll),
        TEST(idle_is_bounded),
        TEST(without_idle_it_spins),
        TEST(names_are_asked_and_remembered),
        TEST(an_answer_between_polls_ends_the_next),
        TEST(an_answer_that_comes_twice_is_one),
        TEST(ports_and_ids_change),
        TEST(cancelled_ones_make_room),
        TEST(lookups_wait_for_room),
    };
    return cmocka_run_group_tests(tests, open_once, NULL);
}
