/* SPDX-License-Identifier: MIT */
/*
 * The plain stream: a thin translation of the port's socket calls. It never retries and keeps no
 * buffer; TCP's end is never authentic, so clean stays false.
 *
 * A recv that returns fewer bytes than asked for, or none, has emptied the socket. A second call
 * would only return AGAIN, so `drained` saves it. Bytes that come later are reported by the next
 * poll, as poll is level-triggered.
 */
#include "io/stream.h"

#include "base/check.h"

static struct midge__tcp *tcp_of(struct midge__stream *s)
{
    return MIDGE_CONTAINER_OF(s, struct midge__tcp, s);
}

/*
 * The end of each call of the port. If poll has reported a broken socket, but no call returns an
 * error, waiting would not end, as each poll would return immediately: then AGAIN becomes the
 * failure `failed`.
 */
static int judge(struct midge__tcp *tcp, int err, int failed, int native)
{
    if (err == MIDGE_ERR_AGAIN && tcp->hung) {
        err = failed;
    }
    if (err != MIDGE_OK && err != MIDGE_ERR_AGAIN && err != MIDGE_ERR_EOF) {
        tcp->s.fault = (struct midge__fault){.native = native};
    }
    return err;
}

static int tcp_handshake(struct midge__stream *s)
{
    struct midge__tcp *tcp = tcp_of(s);
    int native = 0, err = MIDGE_OK;
    if (!tcp->connected) {
        err = tcp->sock == MIDGE_SOCK_NONE
                  ? MIDGE_ERR_CONNECT
                  : tcp->port->connected(tcp->port->ctx, tcp->sock, &native);
        err = judge(tcp, err, MIDGE_ERR_CONNECT, native);
        tcp->connected = err == MIDGE_OK;
    }
    return err;
}

static int tcp_recv(struct midge__stream *s, uint8_t *buf, size_t cap, size_t *n)
{
    struct midge__tcp *tcp = tcp_of(s);
    int native = 0, err = MIDGE_ERR_RECV;
    *n = 0;
    if (tcp->drained && !tcp->hung) {
        return MIDGE_ERR_AGAIN;
    }
    if (tcp->sock != MIDGE_SOCK_NONE) {
        err = tcp->port->recv(tcp->port->ctx, tcp->sock, buf, cap, n, &native);
        tcp->drained = err == MIDGE_ERR_AGAIN || (err == MIDGE_OK && *n < cap);
    }
    s->clean = false;
    return judge(tcp, err, MIDGE_ERR_RECV, native);
}

static int tcp_send(struct midge__stream *s, const uint8_t *buf, size_t len, size_t *n)
{
    struct midge__tcp *tcp = tcp_of(s);
    int native = 0, err = MIDGE_ERR_SEND;
    *n = 0;
    if (tcp->sock != MIDGE_SOCK_NONE) {
        err = tcp->port->send(tcp->port->ctx, tcp->sock, buf, len, n, &native);
    }
    return judge(tcp, err, MIDGE_ERR_SEND, native);
}

static unsigned tcp_interest(const struct midge__stream *s, bool want_recv, bool want_send)
{
    /* MIDGE_CONTAINER_OF drops const; nothing is written through it here. */
    const struct midge__tcp *tcp = MIDGE_CONTAINER_OF(s, const struct midge__tcp, s);
    if (!tcp->connected) {
        return MIDGE_POLL_OUT;
    }
    return (want_recv ? (unsigned)MIDGE_POLL_IN : 0U) | (want_send ? (unsigned)MIDGE_POLL_OUT : 0U);
}

static bool tcp_pending(const struct midge__stream *s)
{
    (void)s;
    return false;
}

static int tcp_shutdown(struct midge__stream *s)
{
    (void)s;
    return MIDGE_OK;
}

static void tcp_close(struct midge__stream *s)
{
    struct midge__tcp *tcp = tcp_of(s);
    if (tcp->sock != MIDGE_SOCK_NONE) {
        tcp->port->close(tcp->port->ctx, tcp->sock);
    }
    tcp->sock = MIDGE_SOCK_NONE;
    tcp->drained = tcp->connected = false;
}

static const struct midge__stream_ops tcp_ops = {
    .handshake = tcp_handshake,
    .recv = tcp_recv,
    .send = tcp_send,
    .interest = tcp_interest,
    .pending = tcp_pending,
    .shutdown = tcp_shutdown,
    .close = tcp_close,
};

void midge__tcp_polled(struct midge__tcp *tcp, unsigned revents)
{
    tcp->hung = (revents & MIDGE_POLL_ERR) != 0;
    if ((revents & (unsigned)(MIDGE_POLL_IN | MIDGE_POLL_ERR)) != 0) {
        tcp->drained = false;
    }
}

int midge__tcp_open(struct midge__tcp *tcp, struct midge_port *port, const struct midge_addr *addr,
                    uint16_t port_number)
{
    int native = 0;
    *tcp = (struct midge__tcp){.s.ops = &tcp_ops, .port = port, .sock = MIDGE_SOCK_NONE};
    int err = port->connect(port->ctx, addr, port_number, &tcp->sock, &native);
    if (err != MIDGE_OK) {
        tcp->sock = MIDGE_SOCK_NONE;
    }
    return judge(tcp, err, err, native);
}
