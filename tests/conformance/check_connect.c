/* SPDX-License-Identifier: MIT */
/* Connecting, and closing in every state. */
#include "check.h"

static const char *accepted(struct check *c)
{
    midge_sock sock;

    TRY(check_connect(c, PEER_ECHO, &sock));
    EXPECT(c->port->connected(c->port->ctx, sock, NULL) == MIDGE_OK, "not so when asked again");
    return NULL;
}

/* The refusal may come from connect itself. */
static const char *refused(struct check *c)
{
    midge_sock sock = 1;
    int native = 0;
    int err = check_begin(c, PEER_REFUSED, &sock, &native);

    while (err == MIDGE_OK || err == MIDGE_ERR_AGAIN) {
        EXPECT(check_wait(c, sock, MIDGE_POLL_OUT) != 0, "the refusal makes nothing ready");
        err = c->port->connected(c->port->ctx, sock, &native);
        EXPECT(err != MIDGE_OK, "connected to where nobody listens");
    }
    EXPECT(err == MIDGE_ERR_CONNECT, "another error than CONNECT");
    EXPECT(native != 0, "without the platform's code");
    return NULL;
}

static const char *in_progress(struct check *c)
{
    struct midge_pollfd fd = {.events = MIDGE_POLL_IN | MIDGE_POLL_OUT};
    const uint32_t begin = check_ms(c);
    int native = -1;

    EXPECT(check_begin(c, PEER_SILENT, &fd.sock, &native) == MIDGE_OK, "connect fails at once");
    while (check_ms(c) - begin < 300) {
        EXPECT(c->port->poll(c->port->ctx, &fd, 1, 50) == MIDGE_OK, "poll fails");
        EXPECT(fd.revents == 0, "ready though the peer says nothing");
        EXPECT(c->port->connected(c->port->ctx, fd.sock, &native) == MIDGE_ERR_AGAIN,
               "connected answers other than AGAIN while it is under way");
    }
    return NULL;
}

static const char *bad_family(struct check *c)
{
    const struct midge_addr nowhere = {.family = 9};
    midge_sock sock = 1;

    EXPECT(c->port->connect(c->port->ctx, &nowhere, 80, &sock, NULL) < 0,
           "connects to a family that there is not");
    return NULL;
}

static const char *without_native(struct check *c)
{
    uint8_t byte = 1;
    midge_sock sock;
    size_t n;

    EXPECT(check_begin(c, PEER_ECHO, &sock, NULL) == MIDGE_OK, "connect fails");
    EXPECT(check_wait(c, sock, MIDGE_POLL_OUT) != 0, "never becomes writable");
    EXPECT(c->port->connected(c->port->ctx, sock, NULL) == MIDGE_OK, "not connected");
    EXPECT(c->port->recv(c->port->ctx, sock, &byte, 1, &n, NULL) == MIDGE_ERR_AGAIN, "not AGAIN");
    EXPECT(c->port->send(c->port->ctx, sock, &byte, 1, &n, NULL) == MIDGE_OK, "send fails");
    return NULL;
}

/* --- Close --- */

static const char *echo_works(struct check *c)
{
    uint8_t sent[8] = "midge", got[8];
    midge_sock sock;
    int err, native;
    size_t n;

    TRY(check_connect(c, PEER_ECHO, &sock));
    TRY(check_send_all(c, sock, sent, sizeof sent));
    TRY(check_recv(c, sock, got, sizeof got, &n, &err, &native));
    EXPECT(err == MIDGE_OK && memcmp(sent, got, n) == 0, "after it, another connection is broken");
    check_close(c, sock);
    return NULL;
}

static const char *close_early(struct check *c)
{
    midge_sock sock;
    int native;

    for (int i = 0; i < 3; i++) {
        EXPECT(check_begin(c, PEER_SILENT, &sock, &native) == MIDGE_OK, "connect fails");
        check_close(c, sock);
        EXPECT(check_begin(c, PEER_ECHO, &sock, &native) == MIDGE_OK, "connect fails");
        check_close(c, sock); /* the SYN is just out */
    }
    return echo_works(c);
}

static const char *close_unread(struct check *c)
{
    midge_sock sock;

    TRY(check_connect(c, PEER_SOURCE, &sock));
    EXPECT(check_wait(c, sock, MIDGE_POLL_IN) != 0, "never becomes readable");
    check_close(c, sock);
    return echo_works(c);
}

static const char *close_unsent(struct check *c)
{
    midge_sock sock;
    int native, err;
    size_t n;

    TRY(check_connect(c, PEER_SINK, &sock));
    check_fill(c->buf, 0, sizeof c->buf);
    for (int i = 0; i < 8; i++) {
        err = c->port->send(c->port->ctx, sock, c->buf, sizeof c->buf, &n, &native);
        EXPECT(err == MIDGE_OK || err == MIDGE_ERR_AGAIN, "send fails");
    }
    check_close(c, sock);
    return echo_works(c);
}

static const char *close_ended(struct check *c)
{
    static const enum conformance_service services[] = {PEER_FIN, PEER_DATA_FIN, PEER_DATA_RST};
    midge_sock sock;

    for (size_t i = 0; i < sizeof services / sizeof services[0]; i++) {
        TRY(check_connect(c, services[i], &sock));
        EXPECT(check_wait(c, sock, MIDGE_POLL_IN) != 0, "never becomes readable");
        check_close(c, sock);
    }
    return echo_works(c);
}

static const char *close_refused(struct check *c)
{
    midge_sock sock;
    int native;

    if (check_begin(c, PEER_REFUSED, &sock, &native) == MIDGE_OK) {
        EXPECT(check_wait(c, sock, MIDGE_POLL_OUT) != 0, "the refusal makes nothing ready");
        check_close(c, sock);
    }
    return echo_works(c);
}

const struct promise check_connect_promises[] = {
    {"connect: writable and connected, when the peer accepts", accepted},
    {"connect: CONNECT with the platform's code, when nobody listens", refused},
    {"connect: nothing is ready and connected says AGAIN, while under way", in_progress},
    {"connect: a family that there is not is an error", bad_family},
    {"native may be NULL", without_native},
    {"close while connecting", close_early},
    {"close with bytes unread", close_unread},
    {"close with bytes unsent", close_unsent},
    {"close after the peer's end", close_ended},
    {"close after a refusal", close_refused},
    {NULL, NULL},
};
