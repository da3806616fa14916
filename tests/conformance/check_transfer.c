/* SPDX-License-Identifier: MIT */
/* Bytes: all of them, in order, and how they end. */
#include "check.h"

static const char *nothing_yet(struct check *c)
{
    midge_sock sock;
    int native = -1;
    size_t n = 7;

    TRY(check_connect(c, PEER_ECHO, &sock));
    EXPECT(c->port->recv(c->port->ctx, sock, c->buf, 1, &n, &native) == MIDGE_ERR_AGAIN,
           "not AGAIN, though nothing came");
    EXPECT(n == 0, "with bytes");
    EXPECT(native == 0, "AGAIN is no failure, but native is not 0");
    return NULL;
}

static const char *no_bytes(struct check *c)
{
    midge_sock sock;
    size_t n = 0;
    int err;

    TRY(check_connect(c, PEER_ECHO, &sock));
    err = c->port->recv(c->port->ctx, sock, c->buf, 0, &n, NULL);
    EXPECT(err != MIDGE_OK && err != MIDGE_ERR_EOF, "recv into no room answers OK or EOF");
    EXPECT(c->port->send(c->port->ctx, sock, c->buf, 0, &n, NULL) != MIDGE_OK,
           "send of nothing answers OK");
    return NULL;
}

/* Reads to the end in pieces of `piece`; the bytes must be the pattern's. */
static const char *read_all(struct check *c, midge_sock sock, size_t piece, size_t *total, int *err,
                            int *native)
{
    size_t n;

    for (*total = 0;; *total += n) {
        TRY(check_recv(c, sock, c->buf, piece, &n, err, native));
        if (*err != MIDGE_OK) {
            return NULL;
        }
        EXPECT(check_is_pattern(c->buf, *total, n), "the bytes are not those that were sent");
    }
}

static const char *fin(struct check *c)
{
    midge_sock sock;
    int err, native = -1;
    size_t n;

    TRY(check_connect(c, PEER_FIN, &sock));
    for (int i = 0; i < 3; i++) {
        TRY(check_recv(c, sock, c->buf, 1, &n, &err, &native));
        EXPECT(err == MIDGE_ERR_EOF, i == 0 ? "not EOF after a FIN" : "EOF only once");
        EXPECT(native == 0, "EOF is no failure, but native is not 0");
    }
    return NULL;
}

static const char *half_closed(struct check *c)
{
    midge_sock sock;
    int err, native;
    size_t n;

    TRY(check_connect(c, PEER_DATA_FIN, &sock));
    TRY(read_all(c, sock, sizeof c->buf, &n, &err, &native));
    EXPECT(err == MIDGE_ERR_EOF, "not EOF after a FIN");
    EXPECT(c->port->send(c->port->ctx, sock, c->buf, 10, &n, &native) == MIDGE_OK,
           "send fails after the peer's FIN, though the peer still reads");
    return NULL;
}

static const char *data_fin(struct check *c)
{
    static const size_t pieces[] = {1, 7, 536, BUFFER_BYTES};
    midge_sock sock;
    size_t total;
    int err, native;

    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
        TRY(check_connect(c, PEER_DATA_FIN, &sock));
        TRY(read_all(c, sock, pieces[i], &total, &err, &native));
        EXPECT(err == MIDGE_ERR_EOF, "not EOF after a FIN");
        EXPECT(total == PEER_DATA_BYTES, "EOF before all bytes");
        check_close(c, sock);
    }
    return NULL;
}

/* The connection may be up and down again before the next poll. */
static const char *rst(struct check *c)
{
    midge_sock sock;
    int err, native = 0;
    size_t n;

    EXPECT(check_begin(c, PEER_RST, &sock, &native) == MIDGE_OK, "connect fails at once");
    EXPECT(check_wait(c, sock, MIDGE_POLL_OUT) != 0, "never becomes ready");
    err = c->port->connected(c->port->ctx, sock, &native);
    if (err == MIDGE_OK) {
        TRY(check_recv(c, sock, c->buf, 1, &n, &err, &native));
        EXPECT(err != MIDGE_ERR_EOF, "EOF after a RST: a cut looks complete");
        EXPECT(err == MIDGE_ERR_RECV, "another error than RECV");
    } else {
        EXPECT(err == MIDGE_ERR_CONNECT, "another error than CONNECT");
    }
    EXPECT(native != 0, "without the platform's code");
    return NULL;
}

/* What came before the RST may be read or not: but no EOF. */
static const char *data_rst(struct check *c)
{
    midge_sock sock;
    int err, native = 0;
    size_t total;

    for (int i = 0; i < 3; i++) {
        TRY(check_connect(c, PEER_DATA_RST, &sock));
        TRY(read_all(c, sock, 1000, &total, &err, &native));
        EXPECT(err != MIDGE_ERR_EOF, "EOF after a RST: a cut looks complete");
        EXPECT(err == MIDGE_ERR_RECV, "another error than RECV");
        EXPECT(native != 0, "without the platform's code");
        EXPECT(total <= PEER_DATA_BYTES, "more bytes than were sent");
        EXPECT(c->port->recv(c->port->ctx, sock, c->buf, 1, &total, &native) != MIDGE_ERR_AGAIN,
               "AGAIN after the error: whoever waits then waits for ever");
        check_close(c, sock);
    }
    return NULL;
}

/* Until the RST is in, bytes may still be taken. */
static const char *send_reset(struct check *c)
{
    const uint32_t begin = check_ms(c);
    midge_sock sock;
    int err, native = 0;
    size_t n;

    TRY(check_connect(c, PEER_DATA_RST, &sock));
    do {
        err = c->port->send(c->port->ctx, sock, c->buf, 100, &n, &native);
        EXPECT(err == MIDGE_OK || err == MIDGE_ERR_AGAIN || err == MIDGE_ERR_SEND,
               "another error than SEND");
        EXPECT(check_ms(c) - begin < PATIENCE_MS, "send goes on though the peer has reset");
        EXPECT(c->port->poll(c->port->ctx, NULL, 0, 10) == MIDGE_OK, "poll fails");
    } while (err != MIDGE_ERR_SEND);
    EXPECT(native != 0, "without the platform's code");
    EXPECT(n == 0, "with bytes");
    return NULL;
}

static const char *mega_in(struct check *c)
{
    midge_sock sock;
    size_t total;
    int err, native;

    TRY(check_connect(c, PEER_SOURCE, &sock));
    TRY(read_all(c, sock, sizeof c->buf, &total, &err, &native));
    EXPECT(err == MIDGE_ERR_EOF, "not EOF after a FIN");
    EXPECT(total == PEER_SOURCE_BYTES, "EOF before all bytes");
    return NULL;
}

/* Both directions at once, through one buffer: what is sent comes back. */
static const char *mega_both(struct check *c)
{
    const size_t total = PEER_SOURCE_BYTES;
    const uint32_t begin = check_ms(c);
    struct midge_pollfd fd;
    size_t sent = 0, got = 0, n;
    int err, native;

    TRY(check_connect(c, PEER_ECHO, &fd.sock));
    while (got < total) {
        EXPECT(check_ms(c) - begin < 8 * PATIENCE_MS, "it takes for ever");
        fd.events = (uint8_t)(MIDGE_POLL_IN | (sent < total ? MIDGE_POLL_OUT : 0));
        EXPECT(c->port->poll(c->port->ctx, &fd, 1, 1000) == MIDGE_OK, "poll fails");
        if (fd.revents & MIDGE_POLL_OUT) {
            const size_t left = total - sent;
            const size_t len = left < sizeof c->buf ? left : sizeof c->buf;
            check_fill(c->buf, sent, len);
            err = c->port->send(c->port->ctx, fd.sock, c->buf, len, &n, &native);
            EXPECT(err == MIDGE_OK || err == MIDGE_ERR_AGAIN, "send fails");
            sent += n;
        }
        if (fd.revents & MIDGE_POLL_IN) {
            err = c->port->recv(c->port->ctx, fd.sock, c->buf, sizeof c->buf, &n, &native);
            EXPECT(err == MIDGE_OK || err == MIDGE_ERR_AGAIN, "recv fails");
            EXPECT(check_is_pattern(c->buf, got, n), "the bytes are not those that were sent");
            got += n;
        }
    }
    return NULL;
}

/* Sends until AGAIN; *sent counts. */
static const char *send_until_full(struct check *c, midge_sock sock, size_t *sent)
{
    struct midge_pollfd fd = {.sock = sock, .events = MIDGE_POLL_OUT};
    size_t n;
    int quiet = 0, err, native;

    while (quiet < 3) { /* what is full for a moment drains into the network */
        check_fill(c->buf, *sent, sizeof c->buf);
        err = c->port->send(c->port->ctx, sock, c->buf, sizeof c->buf, &n, &native);
        if (err == MIDGE_ERR_AGAIN) {
            EXPECT(n == 0, "AGAIN with bytes");
            EXPECT(c->port->poll(c->port->ctx, &fd, 1, 200) == MIDGE_OK, "poll fails");
            quiet = fd.revents == 0 ? quiet + 1 : 0;
            continue;
        }
        EXPECT(err == MIDGE_OK, "send fails");
        EXPECT(n > 0 && n <= sizeof c->buf, "OK with no or too many bytes");
        *sent += n;
        EXPECT(*sent < (64u << 20), "64 MB taken for a peer that reads nothing");
    }
    return NULL;
}

static const char *back_pressure(struct check *c)
{
    midge_sock sock, go;
    size_t sent = 0, more, n;
    uint8_t total[4], verdict;
    int err, native;

    EXPECT(c->peer->max_socks != 1, SKIP("it takes two connections"));
    TRY(check_connect(c, PEER_SINK, &sock));
    TRY(send_until_full(c, sock, &sent));
    TRY(check_connect(c, PEER_GO, &go));
    EXPECT(check_wait(c, sock, MIDGE_POLL_OUT) & MIDGE_POLL_OUT,
           "never becomes writable again when the peer reads");
    for (more = 0; more < 100000; more += n) {
        n = sizeof c->buf;
        check_fill(c->buf, sent + more, n);
        TRY(check_send_all(c, sock, c->buf, n));
    }
    sent += more;
    for (size_t i = 0; i < 4; i++) {
        total[i] = (uint8_t)(sent >> (8 * (3 - i)));
    }
    TRY(check_send_all(c, go, total, 4));
    TRY(check_recv(c, go, &verdict, 1, &n, &err, &native));
    EXPECT(err == MIDGE_OK && verdict == 'y', "the peer got other bytes than were sent");
    return NULL;
}

/* The window is full of tiny segments: all of them are there, later. */
static const char *tiny(struct check *c)
{
    midge_sock sock;
    size_t total;
    int err, native;
    const uint32_t begin = check_ms(c);

    TRY(check_connect(c, PEER_TRICKLE, &sock));
    while (check_ms(c) - begin < 1500) { /* without a recv */
        EXPECT(c->port->poll(c->port->ctx, NULL, 0, 50) == MIDGE_OK, "poll fails");
    }
    TRY(read_all(c, sock, sizeof c->buf, &total, &err, &native));
    EXPECT(err == MIDGE_ERR_EOF && total == PEER_TRICKLE_BYTES, "not all bytes came");
    return NULL;
}

const struct promise check_transfer_promises[] = {
    {"recv: AGAIN without bytes while nothing came", nothing_yet},
    {"recv and send of no bytes are no success", no_bytes},
    {"recv: EOF after a FIN, as often as one asks", fin},
    {"recv: all bytes before EOF, in pieces of any size", data_fin},
    {"send after the peer's FIN still sends", half_closed},
    {"recv: a reset is RECV with the platform's code, never EOF", rst},
    {"recv: bytes, then a reset: RECV, never EOF", data_rst},
    {"send: SEND with the platform's code after a reset, no signal", send_reset},
    {"recv: 1 MB whole", mega_in},
    {"send and recv: 1 MB whole, both ways at once", mega_both},
    {"send: AGAIN when the peer reads nothing, then writable again, nothing lost", back_pressure},
    {"recv: a window of single bytes, read late, is whole", tiny},
    {NULL, NULL},
};
