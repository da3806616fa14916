/* SPDX-License-Identifier: MIT */
/* poll, wake, interest. */
#include "check.h"

static const char *no_wait(struct check *c)
{
    struct midge_pollfd fd = {.events = MIDGE_POLL_IN, .revents = 0xff};
    const uint32_t begin = check_ms(c);

    TRY(check_connect(c, PEER_ECHO, &fd.sock));
    for (int i = 0; i < 20; i++) {
        EXPECT(c->port->poll(c->port->ctx, &fd, 1, 0) == MIDGE_OK, "poll fails");
        EXPECT(fd.revents == 0, "ready though nothing came");
    }
    EXPECT(check_ms(c) - begin < PATIENCE_MS / 2, "it waits");
    return NULL;
}

/* It may return early, but not so often that it spins, and not late. */
static const char *timeout(struct check *c)
{
    const uint32_t begin = check_ms(c);
    int polls = 0;

    while (check_ms(c) - begin < 200) {
        const int left = (int)(200 - (check_ms(c) - begin));
        EXPECT(c->port->poll(c->port->ctx, NULL, 0, left) == MIDGE_OK, "poll fails");
        EXPECT(++polls < 100, "it spins in place of waiting");
    }
    EXPECT(check_ms(c) - begin < 200 + SLACK_MS, "it waits too long");
    return NULL;
}

static const char *only_zero(struct check *c)
{
    struct midge_pollfd fd = {.events = MIDGE_POLL_OUT};
    const uint32_t begin = check_ms(c);
    int native;

    EXPECT(check_begin(c, PEER_ECHO, &fd.sock, &native) == MIDGE_OK, "connect fails");
    while (c->port->connected(c->port->ctx, fd.sock, &native) == MIDGE_ERR_AGAIN) {
        EXPECT(check_ms(c) - begin < PATIENCE_MS, "with a timeout of 0 nothing ever moves");
        EXPECT(c->port->poll(c->port->ctx, &fd, 1, 0) == MIDGE_OK, "poll fails");
    }
    return NULL;
}

static const char *only_asked(struct check *c)
{
    struct midge_pollfd fd = {.events = MIDGE_POLL_IN};

    TRY(check_connect(c, PEER_SOURCE, &fd.sock));
    EXPECT(check_wait(c, fd.sock, MIDGE_POLL_IN) == MIDGE_POLL_IN,
           "not IN alone, when it is asked");
    fd.events = MIDGE_POLL_OUT;
    EXPECT(c->port->poll(c->port->ctx, &fd, 1, 0) == MIDGE_OK, "poll fails");
    EXPECT(fd.revents == MIDGE_POLL_OUT, "not OUT alone, when it is asked");
    fd.events = MIDGE_POLL_IN | MIDGE_POLL_OUT;
    EXPECT(c->port->poll(c->port->ctx, &fd, 1, 0) == MIDGE_OK, "poll fails");
    EXPECT(fd.revents == (MIDGE_POLL_IN | MIDGE_POLL_OUT), "not both, when both are asked");
    fd.events = 0;
    EXPECT(c->port->poll(c->port->ctx, &fd, 1, 0) == MIDGE_OK, "poll fails");
    EXPECT(fd.revents == 0, "something, when nothing is asked and nothing is wrong");
    return NULL;
}

static const char *which(struct check *c)
{
    struct midge_pollfd fds[2] = {{.events = MIDGE_POLL_IN}, {.events = MIDGE_POLL_IN}};
    const uint32_t begin = check_ms(c);

    EXPECT(c->peer->max_socks != 1, SKIP("it takes two connections"));
    TRY(check_connect(c, PEER_ECHO, &fds[0].sock));
    TRY(check_connect(c, PEER_SOURCE, &fds[1].sock));
    do {
        EXPECT(check_ms(c) - begin < PATIENCE_MS, "never ready");
        EXPECT(c->port->poll(c->port->ctx, fds, 2, 1000) == MIDGE_OK, "poll fails");
        EXPECT(fds[0].revents == 0, "the wrong one is ready");
    } while (fds[1].revents == 0);
    return NULL;
}

static const char *errors_wake(struct check *c)
{
    struct midge_pollfd fd = {.events = 0};
    const uint32_t begin = check_ms(c);

    EXPECT(!c->peer->errors_come_with_events, SKIP("a known weakness of this port"));
    TRY(check_connect(c, PEER_DATA_RST, &fd.sock));
    do { /* with no events asked, only the reset can come */
        EXPECT(check_ms(c) - begin < PATIENCE_MS,
               "an error is never reported to whom asks for errors only");
        EXPECT(c->port->poll(c->port->ctx, &fd, 1, 1000) == MIDGE_OK, "poll fails");
    } while (fd.revents == 0);
    EXPECT(fd.revents == MIDGE_POLL_ERR, "IN or OUT, though only errors are asked");
    fd.events = MIDGE_POLL_IN | MIDGE_POLL_OUT;
    EXPECT(c->port->poll(c->port->ctx, &fd, 1, 0) == MIDGE_OK, "poll fails");
    EXPECT((fd.revents & fd.events) == fd.events,
           "after an error the wanted directions are not ready: nobody would fetch the code");
    return NULL;
}

static const char *too_many(struct check *c)
{
    static struct midge_pollfd fds[MANY + 1];

    EXPECT(c->peer->max_poll != 0, SKIP("it takes any number"));
    EXPECT(c->peer->max_poll <= MANY, SKIP("it takes more than can be tried"));
    for (size_t i = 0; i <= MANY; i++) {
        fds[i] = (struct midge_pollfd){.sock = MIDGE_SOCK_NONE};
    }
    EXPECT(c->port->poll(c->port->ctx, fds, c->peer->max_poll + 1, 0) == MIDGE_ERR_INVALID,
           "not INVALID for more than the port can take");
    return NULL;
}

/* --- Wake --- */

enum { WAKE_MS = 500 };

/* How long one poll of WAKE_MS takes. */
static uint64_t poll_takes(const struct check *c)
{
    const uint32_t begin = check_ms(c);
    return c->port->poll(c->port->ctx, NULL, 0, WAKE_MS) == MIDGE_OK ? check_ms(c) - begin : 9999;
}

static const char *wake_before(struct check *c)
{
    (void)poll_takes(c); /* whatever was left */
    c->port->wake(c->port->ctx);
    EXPECT(poll_takes(c) < WAKE_MS / 2, "a wake before the poll does not end it");
    EXPECT(poll_takes(c) >= WAKE_MS / 2, "a wake ends a second poll too");
    return NULL;
}

static const char *wake_twice(struct check *c)
{
    (void)poll_takes(c);
    c->port->wake(c->port->ctx);
    c->port->wake(c->port->ctx);
    EXPECT(poll_takes(c) < WAKE_MS / 2, "two wakes before the poll do not end it");
    EXPECT(poll_takes(c) >= WAKE_MS / 2, "two wakes before one poll end two");
    return NULL;
}

static const char *wake_during(struct check *c)
{
    uint64_t begin;
    int err;

    EXPECT(c->peer->wake_later != NULL, SKIP("nothing to wake from"));
    (void)poll_takes(c);
    begin = check_ms(c);
    c->peer->wake_later(c->peer->wake_ctx, 100);
    err = c->port->poll(c->port->ctx, NULL, 0, 5000);
    EXPECT(err == MIDGE_OK && check_ms(c) - begin < 2000, "a wake does not end a poll in progress");
    c->wakes = true;
    EXPECT(poll_takes(c) >= WAKE_MS / 2, "a wake ends a second poll too");
    return NULL;
}

static const char *wake_endless(struct check *c)
{
    EXPECT(c->peer->wake_later != NULL, SKIP("nothing to wake from"));
    EXPECT(c->wakes, "a wake ends not even a poll with one");
    c->peer->wake_later(c->peer->wake_ctx, 100);
    EXPECT(c->port->poll(c->port->ctx, NULL, 0, -1) == MIDGE_OK, "poll fails");
    return NULL;
}

/* --- Interest --- */

static const char *interest(struct check *c)
{
    struct midge_pollfd fds[8];
    size_t all = 99, n = 99;
    int limit = 12345, none = -1;

    EXPECT(c->port->interest != NULL, SKIP("interest is NULL"));
    EXPECT(c->port->interest(c->port->ctx, NULL, 0, &all, &limit) == MIDGE_OK,
           "fails without room");
    EXPECT(c->port->interest(c->port->ctx, fds, 8, &n, &none) == MIDGE_OK, "fails");
    EXPECT(n == all, "the number of sockets depends on the room for them");
    EXPECT(limit >= 0 && limit <= 12345, "the timeout is not lowered but raised");
    for (size_t i = 0; i < n && i < 8; i++) {
        EXPECT(fds[i].sock != MIDGE_SOCK_NONE && fds[i].events != 0, "a socket without interest");
    }
    return NULL;
}

const struct promise check_poll_promises[] = {
    {"poll: a timeout of 0 does not wait", no_wait},
    {"poll: waits as long as asked, and does not spin", timeout},
    {"poll: runs the port's machinery with a timeout of 0 too", only_zero},
    {"poll: reports what was asked for, and that only", only_asked},
    {"poll: reports the socket that is ready, and that only", which},
    {"poll: an error comes unasked, and makes ready what is asked", errors_wake},
    {"poll: INVALID for more sockets than the port can take", too_many},
    {"wake before a poll ends that one at once", wake_before},
    {"wakes before a poll are one", wake_twice},
    {"wake ends a poll in progress, and no other", wake_during},
    {"wake ends a poll without a limit", wake_endless},
    {"interest counts the port's own sockets and lowers the timeout", interest},
    {NULL, NULL},
};
