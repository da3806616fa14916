/* SPDX-License-Identifier: MIT */
/* The plain stream over a scripted port: every answer of the port, and none after close. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "io/stream.h"

#define SOCK   ((midge_sock)7)
#define NATIVE 111

/* What the port shall answer next, and what it was asked. */
static struct {
    int connect, connected, io;
    int native;
    int closed;
    size_t less; /* bytes that recv leaves out of a full buffer */
    unsigned recvs;
} script;

static int fake_connect(void *ctx, const struct midge_addr *addr, uint16_t port, midge_sock *sock,
                        int *native)
{
    (void)ctx;
    assert_int_equal(addr->family, 4);
    assert_int_equal(port, 443);
    *sock = SOCK;
    *native = script.native;
    return script.connect;
}

static int fake_connected(void *ctx, midge_sock sock, int *native)
{
    (void)ctx;
    assert_int_equal(sock, SOCK);
    *native = script.native;
    return script.connected;
}

static int fake_recv(void *ctx, midge_sock sock, uint8_t *buf, size_t cap, size_t *n, int *native)
{
    (void)ctx;
    assert_int_equal(sock, SOCK);
    *native = script.native;
    script.recvs++;
    if (script.io == MIDGE_OK) {
        memset(buf, 'x', cap);
        *n = cap - script.less;
    }
    return script.io;
}

static int fake_send(void *ctx, midge_sock sock, const uint8_t *buf, size_t len, size_t *n,
                     int *native)
{
    (void)ctx;
    (void)buf;
    assert_int_equal(sock, SOCK);
    *native = script.native;
    if (script.io == MIDGE_OK) {
        *n = len - 1;
    }
    return script.io;
}

static void fake_close(void *ctx, midge_sock sock)
{
    (void)ctx;
    assert_int_equal(sock, SOCK);
    script.closed++;
}

static struct midge_port port = {.connect = fake_connect,
                                 .connected = fake_connected,
                                 .recv = fake_recv,
                                 .send = fake_send,
                                 .close = fake_close};

static const struct midge_addr address = {.family = 4, .bytes = {192, 0, 2, 1}};

static void open_connected(struct midge__tcp *tcp)
{
    memset(&script, 0, sizeof script);
    assert_int_equal(midge__tcp_open(tcp, &port, &address, 443), MIDGE_OK);
    assert_int_equal(tcp->s.ops->handshake(&tcp->s), MIDGE_OK);
}

static void test_refused_at_once(void **state)
{
    (void)state;
    struct midge__tcp tcp;
    memset(&script, 0, sizeof script);
    script.connect = MIDGE_ERR_CONNECT;
    script.native = NATIVE;
    assert_int_equal(midge__tcp_open(&tcp, &port, &address, 443), MIDGE_ERR_CONNECT);
    assert_int_equal(tcp.s.fault.native, NATIVE);
    assert_int_equal(tcp.sock, MIDGE_SOCK_NONE);
    tcp.s.ops->close(&tcp.s);
    assert_int_equal(script.closed, 0);
}

static void test_connecting(void **state)
{
    (void)state;
    struct midge__tcp tcp;
    memset(&script, 0, sizeof script);
    assert_int_equal(midge__tcp_open(&tcp, &port, &address, 443), MIDGE_OK);
    script.connected = MIDGE_ERR_AGAIN;
    assert_int_equal(tcp.s.ops->handshake(&tcp.s), MIDGE_ERR_AGAIN);
    assert_int_equal(tcp.s.ops->interest(&tcp.s, true, false), MIDGE_POLL_OUT);
    script.connected = MIDGE_ERR_CONNECT;
    script.native = NATIVE;
    assert_int_equal(tcp.s.ops->handshake(&tcp.s), MIDGE_ERR_CONNECT);
    assert_int_equal(tcp.s.fault.native, NATIVE);
    script.connected = MIDGE_OK;
    assert_int_equal(tcp.s.ops->handshake(&tcp.s), MIDGE_OK);
    assert_int_equal(tcp.s.ops->interest(&tcp.s, true, false), MIDGE_POLL_IN);
    assert_int_equal(tcp.s.ops->interest(&tcp.s, false, true), MIDGE_POLL_OUT);
    assert_int_equal(tcp.s.ops->interest(&tcp.s, true, true), MIDGE_POLL_IN | MIDGE_POLL_OUT);
    assert_int_equal(tcp.s.ops->interest(&tcp.s, false, false), 0);
    tcp.s.ops->close(&tcp.s);
}

static void test_data_and_end(void **state)
{
    (void)state;
    struct midge__tcp tcp;
    uint8_t buf[10];
    size_t n;
    open_connected(&tcp);
    assert_int_equal(tcp.s.ops->recv(&tcp.s, buf, sizeof buf, &n), MIDGE_OK);
    assert_int_equal(n, sizeof buf);
    assert_int_equal(tcp.s.ops->send(&tcp.s, buf, sizeof buf, &n), MIDGE_OK);
    assert_int_equal(n, sizeof buf - 1);
    script.io = MIDGE_ERR_AGAIN;
    assert_int_equal(tcp.s.ops->recv(&tcp.s, buf, sizeof buf, &n), MIDGE_ERR_AGAIN);
    assert_int_equal(n, 0);
    assert_int_equal(tcp.s.ops->send(&tcp.s, buf, sizeof buf, &n), MIDGE_ERR_AGAIN);
    assert_false(tcp.s.ops->pending(&tcp.s));
    script.io = MIDGE_ERR_EOF;
    midge__tcp_polled(&tcp, MIDGE_POLL_IN);
    tcp.s.clean = true;
    assert_int_equal(tcp.s.ops->recv(&tcp.s, buf, sizeof buf, &n), MIDGE_ERR_EOF);
    assert_false(tcp.s.clean);
    assert_int_equal(tcp.s.ops->shutdown(&tcp.s), MIDGE_OK);
    tcp.s.ops->close(&tcp.s);
}

static void test_failures(void **state)
{
    (void)state;
    struct midge__tcp tcp;
    uint8_t buf[10] = {0};
    size_t n;
    open_connected(&tcp);
    script.native = NATIVE;
    script.io = MIDGE_ERR_RECV;
    assert_int_equal(tcp.s.ops->recv(&tcp.s, buf, sizeof buf, &n), MIDGE_ERR_RECV);
    assert_int_equal(tcp.s.fault.native, NATIVE);
    script.native = NATIVE + 1;
    script.io = MIDGE_ERR_SEND;
    assert_int_equal(tcp.s.ops->send(&tcp.s, buf, sizeof buf, &n), MIDGE_ERR_SEND);
    assert_int_equal(tcp.s.fault.native, NATIVE + 1);
    tcp.s.ops->close(&tcp.s);
    tcp.s.ops->close(&tcp.s);
    assert_int_equal(script.closed, 1);
    /* The port is not asked any more. */
    script.io = MIDGE_OK;
    assert_int_equal(tcp.s.ops->recv(&tcp.s, buf, sizeof buf, &n), MIDGE_ERR_RECV);
    assert_int_equal(tcp.s.ops->send(&tcp.s, buf, sizeof buf, &n), MIDGE_ERR_SEND);
    assert_int_equal(tcp.s.ops->handshake(&tcp.s), MIDGE_ERR_CONNECT);
}

/* A failure says all about itself; what does not fail keeps the words about an earlier failure. */
static void test_faults(void **state)
{
    (void)state;
    static const int good[] = {MIDGE_OK, MIDGE_ERR_AGAIN};
    struct midge__tcp tcp;
    uint8_t buf[10] = {0};
    size_t n;
    open_connected(&tcp);
    tcp.s.fault = (struct midge__fault){.native = 5, .verify_flags = 6, .detail = "earlier"};
    for (unsigned i = 0; i < 2; i++) {
        script.io = good[i];
        script.native = NATIVE;
        assert_int_equal(tcp.s.ops->send(&tcp.s, buf, sizeof buf, &n), good[i]);
        assert_int_equal(tcp.s.ops->recv(&tcp.s, buf, sizeof buf, &n), good[i]);
        assert_int_equal(tcp.s.fault.native, 5);
        assert_string_equal(tcp.s.fault.detail, "earlier");
    }
    script.io = MIDGE_ERR_SEND;
    assert_int_equal(tcp.s.ops->send(&tcp.s, buf, sizeof buf, &n), MIDGE_ERR_SEND);
    assert_int_equal(tcp.s.fault.native, NATIVE);
    assert_int_equal(tcp.s.fault.verify_flags, 0);
    assert_null(tcp.s.fault.detail);
    tcp.s.ops->close(&tcp.s);
}

/* Once poll has reported an error, "not yet" would be for ever. */
static void test_hung(void **state)
{
    (void)state;
    struct midge__tcp tcp;
    uint8_t buf[10] = {0};
    size_t n;
    script.connect = MIDGE_OK;
    script.connected = MIDGE_ERR_AGAIN;
    script.native = 0;
    const struct midge_addr addr = {.family = 4};
    assert_int_equal(midge__tcp_open(&tcp, &port, &addr, 443), MIDGE_OK);
    tcp.hung = true;
    assert_int_equal(tcp.s.ops->handshake(&tcp.s), MIDGE_ERR_CONNECT);
    assert_int_equal(tcp.s.fault.native, 0);
    script.connected = MIDGE_OK;
    assert_int_equal(tcp.s.ops->handshake(&tcp.s), MIDGE_OK);
    script.io = MIDGE_ERR_AGAIN;
    assert_int_equal(tcp.s.ops->recv(&tcp.s, buf, sizeof buf, &n), MIDGE_ERR_RECV);
    assert_int_equal(tcp.s.ops->send(&tcp.s, buf, sizeof buf, &n), MIDGE_ERR_SEND);
    script.io = MIDGE_OK; /* bytes that came before the error */
    assert_int_equal(tcp.s.ops->recv(&tcp.s, buf, sizeof buf, &n), MIDGE_OK);
    script.io = MIDGE_ERR_EOF;
    assert_int_equal(tcp.s.ops->recv(&tcp.s, buf, sizeof buf, &n), MIDGE_ERR_EOF);
    tcp.s.ops->close(&tcp.s);
}

/* A socket that a recv has emptied is not read again before a poll reports bytes. */
static void test_drained(void **state)
{
    (void)state;
    struct midge__tcp tcp;
    uint8_t buf[10];
    size_t n;
    open_connected(&tcp);
    assert_int_equal(tcp.s.ops->recv(&tcp.s, buf, sizeof buf, &n), MIDGE_OK);
    script.less = 1;
    assert_int_equal(tcp.s.ops->recv(&tcp.s, buf, sizeof buf, &n), MIDGE_OK);
    assert_int_equal(script.recvs, 2);
    assert_int_equal(tcp.s.ops->recv(&tcp.s, buf, sizeof buf, &n), MIDGE_ERR_AGAIN);
    assert_int_equal(n, 0);
    midge__tcp_polled(&tcp, 0);
    midge__tcp_polled(&tcp, MIDGE_POLL_OUT);
    assert_int_equal(tcp.s.ops->recv(&tcp.s, buf, sizeof buf, &n), MIDGE_ERR_AGAIN);
    assert_int_equal(script.recvs, 2);
    midge__tcp_polled(&tcp, MIDGE_POLL_IN);
    midge__tcp_polled(&tcp, 0); /* no bytes are lost when recv comes a turn later */
    assert_int_equal(tcp.s.ops->recv(&tcp.s, buf, sizeof buf, &n), MIDGE_OK);
    assert_int_equal(script.recvs, 3);
    midge__tcp_polled(&tcp, MIDGE_POLL_ERR);
    script.io = MIDGE_ERR_AGAIN;
    assert_int_equal(tcp.s.ops->recv(&tcp.s, buf, sizeof buf, &n), MIDGE_ERR_RECV);
    assert_int_equal(script.recvs, 4);
    tcp.s.ops->close(&tcp.s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused_at_once), cmocka_unit_test(test_connecting),
        cmocka_unit_test(test_data_and_end),    cmocka_unit_test(test_failures),
        cmocka_unit_test(test_faults),          cmocka_unit_test(test_hung),
        cmocka_unit_test(test_drained),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
