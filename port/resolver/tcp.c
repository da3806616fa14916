/* SPDX-License-Identifier: MIT */
/*
 * DNS by TCP (RFC 7766), for answers that are too long for a datagram, or doubtful: one connection
 * at a time, for one question, by the port's own TCP calls. Questions that wait for it are found by
 * their state. A connection is of one try of its question; when that is over, it is closed.
 */
#include "lookup.h"

#if MIDGE_WITH_RESOLVER

#include "midge/err.h"

static void tcp_close(struct midge__resolver *r)
{
    struct midge__resolver_tcp *tcp = &r->tcp;

    if (tcp->lookup != NULL && tcp->sock != MIDGE_SOCK_NONE) {
        r->port->close(r->port->ctx, tcp->sock);
    }
    tcp->lookup = NULL;
}

/* buf stays as it is. */
static void begin(struct midge__resolver *r, struct midge__resolver_lookup *l,
                  struct midge__resolver_question *q)
{
    r->tcp.lookup = l;
    r->tcp.question = q;
    r->tcp.tries = q->tries;
    r->tcp.sock = MIDGE_SOCK_NONE;
    r->tcp.connected = false;
    r->tcp.len = r->tcp.sent = 0;
}

/* Finds a question that waits for the connection. False: there is none. */
static bool tcp_choose(struct midge__resolver *r)
{
    for (unsigned i = 0; i < r->n_lookups; i++) {
        struct midge__resolver_lookup *l = &r->lookups[i];
        for (unsigned k = 0; k < MIDGE__RESOLVER_FAMILIES && l->queries != NULL; k++) {
            if (l->questions[k].state == MIDGE__LOOKUP_TCP) {
                begin(r, l, &l->questions[k]);
                return true;
            }
        }
    }
    return false;
}

/* BUSY: the port has no socket now. */
static int tcp_connect(struct midge__resolver *r)
{
    struct midge__resolver_tcp *tcp = &r->tcp;
    const struct midge__dns_question message = midge__lookup_message(r, tcp->lookup, tcp->question);
    struct midge_addr servers[MIDGE_RESOLVER_SERVERS];

    if (tcp->question->server >= r->net->servers(r, servers, MIDGE_RESOLVER_SERVERS)) {
        return MIDGE_ERR_CONNECT;
    }
    const int err = r->port->connect(r->port->ctx, &servers[tcp->question->server], r->server_port,
                                     &tcp->sock, NULL);
    if (err != MIDGE_OK) {
        tcp->sock = MIDGE_SOCK_NONE;
        return err == MIDGE_ERR_NO_MEMORY ? MIDGE_ERR_BUSY : err;
    }
    const size_t len = midge__dns_ask(&message, tcp->buf + 2);
    tcp->buf[0] = (uint8_t)(len >> 8);
    tcp->buf[1] = (uint8_t)len;
    tcp->len = (uint16_t)(2 + len);
    return MIDGE_OK;
}

/* AGAIN, or an error. */
static int tcp_send(struct midge__resolver *r)
{
    struct midge__resolver_tcp *tcp = &r->tcp;
    int err = MIDGE_OK;

    while (err == MIDGE_OK && tcp->sent < tcp->len) {
        size_t n = 0;
        err = r->port->send(r->port->ctx, tcp->sock, tcp->buf + tcp->sent,
                            (size_t)(tcp->len - tcp->sent), &n, NULL);
        tcp->sent = (uint16_t)(tcp->sent + n);
    }
    if (err == MIDGE_OK) {
        tcp->len = 0; /* now received bytes */
        tcp->sent = UINT16_MAX;
    }
    return err;
}

/* Bytes of the answer with its length before it, at most the buffer's. */
static size_t tcp_wanted(const struct midge__resolver_tcp *tcp)
{
    const size_t all = tcp->len < 2 ? 2 : 2u + (size_t)(tcp->buf[0] << 8 | tcp->buf[1]);

    return all < sizeof tcp->buf ? all : sizeof tcp->buf;
}

static int tcp_recv(struct midge__resolver *r)
{
    struct midge__resolver_tcp *tcp = &r->tcp;

    while (tcp->len < tcp_wanted(tcp)) {
        size_t n = 0;
        const int err = r->port->recv(r->port->ctx, tcp->sock, tcp->buf + tcp->len,
                                      tcp_wanted(tcp) - tcp->len, &n, NULL);
        if (err != MIDGE_OK) {
            return err;
        }
        tcp->len = (uint16_t)(tcp->len + n);
    }
    return MIDGE_OK;
}

/* OK: the answer has come. AGAIN. BUSY: no socket now. Others: the server fails. */
static int tcp_step(struct midge__resolver *r)
{
    struct midge__resolver_tcp *tcp = &r->tcp;
    int err = tcp->sock == MIDGE_SOCK_NONE ? tcp_connect(r) : MIDGE_OK;

    if (err == MIDGE_OK && !tcp->connected) {
        err = r->port->connected(r->port->ctx, tcp->sock, NULL);
        tcp->connected = err == MIDGE_OK;
    }
    if (err == MIDGE_OK && tcp->sent != UINT16_MAX) {
        err = tcp_send(r);
    }
    return err == MIDGE_OK ? tcp_recv(r) : err;
}

static void tcp_answer(struct midge__resolver *r)
{
    struct midge__resolver_tcp *tcp = &r->tcp;
    struct midge__resolver_question *q = tcp->question;
    const struct midge__dns_question message = midge__lookup_message(r, tcp->lookup, q);
    const bool is_cut = (tcp->buf[0] << 8 | tcp->buf[1]) > MIDGE_RESOLVER_PAYLOAD;
    struct midge__dns_answer answer;
    const enum midge__dns_verdict verdict =
        midge__dns_read(&message, tcp->buf + 2, tcp->len - 2u,
                        is_cut ? MIDGE__DNS_TCP_CUT : MIDGE__DNS_TCP, &answer);
    struct midge__resolver_lookup *l = tcp->lookup;

    tcp_close(r);
    midge__lookup_take(r, l, q, q->server, verdict, &answer);
}

static void fail(struct midge__resolver *r)
{
    struct midge__resolver_lookup *l = r->tcp.lookup;

    tcp_close(r);
    midge__lookup_fails(r, l, r->tcp.question, MIDGE__RESOLVER_NO_SERVER);
}

void midge__resolver_tcp_run(struct midge__resolver *r)
{
    while (r->tcp.lookup != NULL || tcp_choose(r)) {
        const int err = tcp_step(r);
        if (err == MIDGE_ERR_AGAIN) {
            return;
        }
        if (err == MIDGE_ERR_BUSY) {
            tcp_close(r);
            return;
        }
        if (err == MIDGE_OK) {
            tcp_answer(r);
        } else {
            fail(r);
        }
    }
}

void midge__resolver_tcp_check(struct midge__resolver *r)
{
    const struct midge__resolver_tcp *tcp = &r->tcp;

    if (tcp->lookup != NULL &&
        (tcp->lookup->queries == NULL || tcp->question->state != MIDGE__LOOKUP_TCP ||
         tcp->question->tries != tcp->tries)) {
        tcp_close(r);
    }
}

#endif
