/* SPDX-License-Identifier: MIT */
/* All connections that there are, and very many one after the other: nothing is lost. */
#include "check.h"

enum { PAUSED = 48 };

/* Opens until the port has no more; *n: as many as it had. */
static const char *exhaust(struct check *c, size_t *n)
{
    midge_sock sock;
    int native, err;

    for (*n = 0; *n < MANY; ++*n) {
        native = 0;
        sock = 1;
        err = check_begin(c, PEER_ECHO, &sock, &native);
        if (err != MIDGE_OK) {
            EXPECT(err == MIDGE_ERR_CONNECT || err == MIDGE_ERR_NO_MEMORY,
                   "another error than CONNECT or NO_MEMORY when there are no more");
            EXPECT(native != 0, "without the platform's code when there are no more");
            return NULL;
        }
    }
    return "never says NO_MEMORY: more connections than max_socks are open";
}

/* As many as before, at once or when the closed ones have said goodbye. */
static const char *exhaust_again(struct check *c, size_t before)
{
    const uint32_t begin = check_ms(c);
    size_t n;

    for (;;) {
        TRY(exhaust(c, &n));
        if (n == before) {
            return NULL;
        }
        EXPECT(check_ms(c) - begin < PATIENCE_MS, "after all were closed there are fewer");
        check_close_all(c);
        EXPECT(c->port->poll(c->port->ctx, NULL, 0, 100) == MIDGE_OK, "poll fails");
    }
}

static const char *all_work(struct check *c)
{
    uint8_t byte;
    int err, native;
    size_t n;

    for (size_t i = 0; i < c->n_socks; i++) {
        EXPECT(check_wait(c, c->socks[i], MIDGE_POLL_OUT) & MIDGE_POLL_OUT, "one never connects");
        byte = (uint8_t)i;
        TRY(check_send_all(c, c->socks[i], &byte, 1));
    }
    for (size_t i = 0; i < c->n_socks; i++) {
        TRY(check_recv(c, c->socks[i], &byte, 1, &n, &err, &native));
        EXPECT(err == MIDGE_OK && byte == (uint8_t)i, "one got another's bytes");
    }
    return NULL;
}

static const char *exhausted(struct check *c)
{
    midge_sock sock;
    size_t n;
    int native;

    EXPECT(c->peer->max_socks != 0, SKIP("no known end of sockets"));
    EXPECT(c->peer->max_socks < MANY, SKIP("it has more sockets than can be tried"));
    TRY(exhaust(c, &n));
    EXPECT(n >= c->peer->max_socks, "fewer connections than the port says it can have");
    TRY(all_work(c));
    check_close(c, c->socks[0]);
    EXPECT(check_begin(c, PEER_ECHO, &sock, &native) == MIDGE_OK,
           "none free, though one was closed");
    TRY(all_work(c));
    check_close_all(c);
    return exhaust_again(c, n);
}

static const char *round_trip(struct check *c, int i)
{
    static const enum conformance_service ends[] = {PEER_ECHO,     PEER_FIN,   PEER_DATA_FIN,
                                                    PEER_DATA_RST, PEER_RST,   PEER_SILENT,
                                                    PEER_REFUSED,  PEER_SOURCE};
    midge_sock sock;
    int native;

    if (i % 2 == 0) {
        return all_work(c); /* the connections that stay */
    }
    if (check_begin(c, ends[(i / 2) % 8], &sock, &native) == MIDGE_OK) {
        if (ends[(i / 2) % 8] != PEER_SILENT) {
            EXPECT(check_wait(c, sock, MIDGE_POLL_OUT) != 0, "never becomes ready");
        }
        check_close(c, sock);
    }
    return NULL;
}

static bool has_end(const struct check *c)
{
    return c->peer->max_socks != 0 && c->peer->max_socks < MANY;
}

static const char *rounds(struct check *c)
{
    size_t before = 0;
    midge_sock sock;

    if (has_end(c)) {
        TRY(exhaust(c, &before));
        check_close_all(c);
    }
    TRY(check_connect(c, PEER_ECHO, &sock));
    for (int i = 0; i < 200; i++) {
        TRY(round_trip(c, i));
    }
    check_close_all(c);
    if (!has_end(c)) {
        return NULL;
    }
    TRY(exhaust_again(c, before));
    return all_work(c);
}

/* All connections but one, PAUSED at most, are left unread until their windows are full; the one
   works on. */
static const char *one_works(struct check *c, enum conformance_service others)
{
    const uint32_t begin = check_ms(c);
    midge_sock sock, reader;
    size_t total = 0, n;
    int err = MIDGE_OK, native;

    for (size_t i = 0; i + 1 < c->peer->max_socks && i < PAUSED; i++) {
        TRY(check_connect(c, others, &sock));
    }
    TRY(check_connect(c, PEER_ECHO, &reader));
    while (check_ms(c) - begin < 2000) {
        EXPECT(c->port->poll(c->port->ctx, NULL, 0, 50) == MIDGE_OK, "poll fails");
    }
    for (int i = 0; i < 20; i++) {
        check_fill(c->buf, 0, 1000);
        TRY(check_send_all(c, reader, c->buf, 1000));
        for (total = 0; total < 1000; total += n) {
            TRY(check_recv(c, reader, c->buf, sizeof c->buf, &n, &err, &native));
            EXPECT(err == MIDGE_OK, "recv fails");
            EXPECT(check_is_pattern(c->buf, total, n), "the bytes are not those that were sent");
        }
    }
    return NULL;
}

static const char *no_starving(struct check *c)
{
    EXPECT(c->peer->max_socks > 1, SKIP("it takes all connections there are"));
    return one_works(c, PEER_SOURCE);
}

static const char *no_starving_by_bytes(struct check *c)
{
    EXPECT(c->peer->max_socks > 1, SKIP("it takes all connections there are"));
    EXPECT(!c->peer->tiny_segments_fill_pool, SKIP("a known weakness of this port"));
    return one_works(c, PEER_TRICKLE);
}

const struct promise check_many_promises[] = {
    {"connect: an error when there are no more, and each closed one comes back", exhausted},
    {"paused connections starve no other", no_starving},
    {"paused connections starve no other, though their peers send single bytes",
     no_starving_by_bytes},
    {"200 connections, ended in all ways, leave nothing behind", rounds},
    {NULL, NULL},
};
