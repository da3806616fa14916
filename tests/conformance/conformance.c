/* SPDX-License-Identifier: MIT */
#include "check.h"

/* --- What the groups share --- */

uint32_t check_ms(const struct check *c)
{
    return c->port->clock_ms(c->port->ctx);
}

uint8_t check_pattern(size_t at)
{
    return (uint8_t)(at * 131u + (at >> 8));
}

bool check_is_pattern(const uint8_t *buf, size_t at, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (buf[i] != check_pattern(at + i)) {
            return false;
        }
    }
    return true;
}

void check_fill(uint8_t *buf, size_t at, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        buf[i] = check_pattern(at + i);
    }
}

int check_begin(struct check *c, enum conformance_service service, midge_sock *sock, int *native)
{
    const uint16_t number = (uint16_t)(c->peer->base + service);
    int err = c->port->connect(c->port->ctx, &c->peer->addr, number, sock, native);

    if (err == MIDGE_OK && c->n_socks < MANY) {
        c->socks[c->n_socks++] = *sock;
    }
    return err;
}

uint8_t check_wait(const struct check *c, midge_sock sock, uint8_t events)
{
    const uint32_t begin = check_ms(c);
    struct midge_pollfd fd = {.sock = sock, .events = events};

    while (check_ms(c) - begin < PATIENCE_MS) {
        if (c->port->poll(c->port->ctx, &fd, 1, 1000) != MIDGE_OK) {
            return 0;
        }
        if (fd.revents != 0) {
            return fd.revents;
        }
    }
    return 0;
}

const char *check_connect(struct check *c, enum conformance_service service, midge_sock *sock)
{
    int native = -1;
    int err = check_begin(c, service, sock, &native);

    EXPECT(err == MIDGE_OK, "connect fails at once");
    EXPECT(*sock != MIDGE_SOCK_NONE, "connect answers OK without a socket");
    EXPECT(native == 0, "native is not 0 though connect succeeds");
    do {
        EXPECT(check_wait(c, *sock, MIDGE_POLL_OUT) != 0, "never becomes writable");
        err = c->port->connected(c->port->ctx, *sock, &native);
    } while (err == MIDGE_ERR_AGAIN);
    EXPECT(err == MIDGE_OK, "connected answers an error for a peer that accepts");
    EXPECT(native == 0, "native is not 0 though connected answers OK");
    if (service == PEER_DATA_FIN || service == PEER_DATA_RST) {
        TRY(check_send_all(c, *sock, (const uint8_t *)"!", 1)); /* it waits for that */
    }
    return NULL;
}

void check_close(struct check *c, midge_sock sock)
{
    for (size_t i = 0; i < c->n_socks; i++) {
        if (c->socks[i] == sock) {
            c->socks[i] = c->socks[--c->n_socks];
            break;
        }
    }
    c->port->close(c->port->ctx, sock);
}

void check_close_all(struct check *c)
{
    while (c->n_socks > 0) {
        check_close(c, c->socks[0]);
    }
}

const char *check_recv(const struct check *c, midge_sock sock, uint8_t *buf, size_t cap, size_t *n,
                       int *err, int *native)
{
    for (;;) {
        EXPECT(check_wait(c, sock, MIDGE_POLL_IN) != 0, "never becomes readable");
        *n = SIZE_MAX;
        *err = c->port->recv(c->port->ctx, sock, buf, cap, n, native);
        EXPECT(*err != MIDGE_OK || (*n > 0 && *n <= cap),
               "recv answers OK with no or too many bytes");
        EXPECT(*err == MIDGE_OK || *n == 0, "recv answers an error and bytes");
        if (*err != MIDGE_ERR_AGAIN) {
            return NULL;
        }
    }
}

const char *check_send_all(const struct check *c, midge_sock sock, const uint8_t *buf, size_t len)
{
    int native;
    size_t n;

    while (len > 0) {
        int err = c->port->send(c->port->ctx, sock, buf, len, &n, &native);
        if (err == MIDGE_ERR_AGAIN) {
            EXPECT(n == 0, "send answers AGAIN and bytes");
            EXPECT(check_wait(c, sock, MIDGE_POLL_OUT) != 0, "never becomes writable again");
            continue;
        }
        EXPECT(err == MIDGE_OK, "send fails");
        EXPECT(n > 0 && n <= len, "send answers OK with no or too many bytes");
        buf += n;
        len -= n;
    }
    return NULL;
}

/* --- The run --- */

static const char *missing_call(struct check *c)
{
    const struct midge_port *p = c->port;

    EXPECT(p->clock_ms && p->clock_us && p->wall_time && p->entropy, "a clock or entropy is NULL");
    EXPECT(p->dns_start && p->dns_cancel, "dns_start or dns_cancel is NULL");
    EXPECT(p->connect && p->connected && p->recv && p->send && p->close, "a socket call is NULL");
    EXPECT(p->poll && p->wake, "poll or wake is NULL");
    return NULL;
}

static bool run(struct check *c, const struct promise *p, conformance_report report, void *ctx)
{
    report(ctx, p->name, BEGINS, NULL);
    const char *why = p->check(c);

    check_close_all(c); /* what it left open, also when it broke off */
    if (why == NULL) {
        report(ctx, p->name, CONFORMS, NULL);
    } else if (why[0] == '\001') {
        report(ctx, p->name, SKIPPED, why + 1);
    } else {
        report(ctx, p->name, BROKEN, why);
        return false;
    }
    return true;
}

int midge_conformance(const struct midge_port *port, const struct conformance_peer *peer,
                      conformance_report report, void *ctx)
{
    static const struct promise first = {"every call is there", missing_call};
    static const struct promise *const groups[] = {
        check_clock_promises,    check_dns_promises,  check_connect_promises, check_poll_promises,
        check_transfer_promises, check_many_promises, check_file_promises};
    static struct check c;
    int broken = 0;

    c = (struct check){.port = port, .peer = peer};
    if (!run(&c, &first, report, ctx)) {
        return 1;
    }
    for (size_t g = 0; g < sizeof groups / sizeof groups[0]; g++) {
        for (const struct promise *p = groups[g]; p->name != NULL; p++) {
            broken += !run(&c, p, report, ctx);
        }
    }
    return broken;
}
