/* SPDX-License-Identifier: MIT */
/*
 * The desktop port against a loopback network, a name server of its own and a scratch directory.
 * Nothing sleeps and nothing is timed: every wait is for an event; alarm() ends a hang.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "midge/err.h"
#include "midge/port.h"
#include "midge/port_posix.h"

#define MAX_SOCKS    4
#define HANG_SECONDS 120

static struct midge_port *port; /* opened anew for each test */

static int port_setup(void **state)
{
    (void)state;
    return midge_posix_open(&port, MAX_SOCKS);
}

static int port_teardown(void **state)
{
    (void)state;
    midge_posix_close(port);
    port = NULL;
    return 0;
}

/* ---- Loopback helpers ---- */

static const struct midge_addr loopback = {.family = 4, .bytes = {127, 0, 0, 1}};

static int bind_loopback(int type, uint16_t *number)
{
    struct sockaddr_in in = {.sin_family = AF_INET};
    socklen_t len = sizeof in;
    int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(fd, (struct sockaddr *)&in, sizeof in), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&in, &len), 0);
    *number = ntohs(in.sin_port);
    return fd;
}

static uint8_t wait_sock(midge_sock sock, uint8_t events)
{
    struct midge_pollfd one = {.sock = sock, .events = events};
    do {
        assert_int_equal(port->poll(port->ctx, &one, 1, -1), MIDGE_OK);
    } while (one.revents == 0);
    return one.revents;
}

static int finish_connect(midge_sock sock, int *native)
{
    int err;
    do {
        (void)wait_sock(sock, MIDGE_POLL_OUT);
        err = port->connected(port->ctx, sock, native);
    } while (err == MIDGE_ERR_AGAIN);
    return err;
}

struct pair {
    midge_sock client;
    int server;
};

static struct pair connect_pair(void)
{
    struct pair pair;
    uint16_t number;
    int native = -1;
    int listener = bind_loopback(SOCK_STREAM, &number);

    assert_int_equal(listen(listener, 1), 0);
    assert_int_equal(port->connect(port->ctx, &loopback, number, &pair.client, &native), MIDGE_OK);
    assert_int_equal(native, 0);
    pair.server = accept(listener, NULL, NULL);
    assert_true(pair.server >= 0);
    assert_int_equal(finish_connect(pair.client, &native), MIDGE_OK);
    assert_int_equal(native, 0);
    assert_int_equal(close(listener), 0);
    return pair;
}

static void server_reset(int server)
{
    const struct linger now = {.l_onoff = 1, .l_linger = 0};
    assert_int_equal(setsockopt(server, SOL_SOCKET, SO_LINGER, &now, sizeof now), 0);
    assert_int_equal(close(server), 0);
}

/* ---- Clocks, entropy ---- */

static void clocks_never_go_back(void **state)
{
    uint32_t ms = port->clock_ms(port->ctx);
    uint64_t us = port->clock_us(port->ctx);

    (void)state;
    for (int i = 0; i < 1000; i++) {
        const uint32_t ms2 = port->clock_ms(port->ctx);
        const uint64_t us2 = port->clock_us(port->ctx);
        assert_true(ms2 - ms < UINT32_MAX / 2 && us2 >= us);
        ms = ms2;
        us = us2;
    }
    assert_true(port->wall_time(port->ctx) > 1600000000);
}

static void entropy_fills_all(void **state)
{
    uint8_t a[300] = {0};
    uint8_t b[300] = {0};
    size_t zero_tail = 0;

    (void)state;
    assert_int_equal(port->entropy(port->ctx, a, sizeof a), MIDGE_OK);
    assert_int_equal(port->entropy(port->ctx, b, sizeof b), MIDGE_OK);
    assert_memory_not_equal(a, b, sizeof a);
    for (size_t i = sizeof a - 32; i < sizeof a; i++) {
        zero_tail += a[i] == 0;
    }
    assert_true(zero_tail < 32);
    assert_int_equal(port->entropy(port->ctx, a, 0), MIDGE_OK);
}

static void open_refuses_the_impossible(void **state)
{
    struct midge_port *other = port;

    (void)state;
    assert_int_equal(midge_posix_open(&other, SIZE_MAX), MIDGE_ERR_NO_MEMORY);
    assert_null(other);
    midge_posix_close(NULL);
    assert_int_equal(midge_posix_open(&other, 0), MIDGE_OK); /* a second one at the same time */
    midge_posix_close(other);
}

/* ---- Sockets ---- */

static void connect_send_recv(void **state)
{
    struct pair pair = connect_pair();
    uint8_t buf[16];
    size_t n = 99;
    int native = -1;

    (void)state;
    assert_int_equal(port->recv(port->ctx, pair.client, buf, sizeof buf, &n, &native),
                     MIDGE_ERR_AGAIN);
    assert_int_equal(n, 0);
    assert_int_equal(native, 0);
    assert_int_equal(port->send(port->ctx, pair.client, (const uint8_t *)"ping", 4, &n, &native),
                     MIDGE_OK);
    assert_int_equal(n, 4);
    assert_int_equal(recv(pair.server, buf, 4, MSG_WAITALL), 4);
    assert_memory_equal(buf, "ping", 4);
    assert_int_equal(send(pair.server, "pong", 4, MSG_NOSIGNAL), 4);
    assert_int_equal(wait_sock(pair.client, MIDGE_POLL_IN), MIDGE_POLL_IN);
    assert_int_equal(port->recv(port->ctx, pair.client, buf, sizeof buf, &n, &native), MIDGE_OK);
    assert_int_equal(n, 4);
    assert_memory_equal(buf, "pong", 4);
    assert_int_equal(port->recv(port->ctx, pair.client, buf, 0, &n, NULL), MIDGE_ERR_INVALID);
    assert_int_equal(port->send(port->ctx, pair.client, buf, 0, &n, NULL), MIDGE_ERR_INVALID);
    port->close(port->ctx, pair.client);
    assert_int_equal(close(pair.server), 0);
}

static void sockets_do_not_block_nor_leak(void **state)
{
    struct pair pair = connect_pair();
    (void)state;
    assert_true(fcntl((int)pair.client, F_GETFL) & O_NONBLOCK);
    assert_true(fcntl((int)pair.client, F_GETFD) & FD_CLOEXEC);
    port->close(port->ctx, pair.client);
    port->close(port->ctx, MIDGE_SOCK_NONE);
    assert_int_equal(close(pair.server), 0);
}

static void fin_is_eof(void **state)
{
    struct pair pair = connect_pair();
    uint8_t buf[8];
    size_t n;
    int native;

    (void)state;
    assert_int_equal(send(pair.server, "x", 1, MSG_NOSIGNAL), 1);
    assert_int_equal(close(pair.server), 0);
    assert_true(wait_sock(pair.client, MIDGE_POLL_IN) & MIDGE_POLL_IN);
    assert_int_equal(port->recv(port->ctx, pair.client, buf, sizeof buf, &n, &native), MIDGE_OK);
    assert_int_equal(n, 1);
    assert_true(wait_sock(pair.client, MIDGE_POLL_IN) & MIDGE_POLL_IN);
    assert_int_equal(port->recv(port->ctx, pair.client, buf, sizeof buf, &n, &native),
                     MIDGE_ERR_EOF);
    assert_int_equal(n, 0);
    assert_int_equal(native, 0);
    port->close(port->ctx, pair.client);
}

static void reset_is_an_error_without_a_signal(void **state)
{
    struct pair pair = connect_pair();
    uint8_t buf[8] = {0};
    size_t n;
    int native;
    uint8_t ready;

    (void)state;
    server_reset(pair.server);
    ready = wait_sock(pair.client, MIDGE_POLL_IN);
    assert_int_equal(ready, MIDGE_POLL_IN | MIDGE_POLL_ERR);
    assert_int_equal(port->recv(port->ctx, pair.client, buf, sizeof buf, &n, &native),
                     MIDGE_ERR_RECV);
    assert_int_equal(native, ECONNRESET);
    assert_int_equal(port->send(port->ctx, pair.client, buf, 1, &n, &native), MIDGE_ERR_SEND);
    assert_int_equal(native, EPIPE);
    port->close(port->ctx, pair.client);
}

static void reset_is_reported_unasked(void **state)
{
    struct pair pair = connect_pair();
    (void)state;
    server_reset(pair.server);
    assert_int_equal(wait_sock(pair.client, 0), MIDGE_POLL_ERR);
    port->close(port->ctx, pair.client);
}

static void refused_connection(void **state)
{
    uint16_t number;
    int holder = bind_loopback(SOCK_STREAM, &number); /* bound, never listening */
    midge_sock sock;
    int native = 0;

    (void)state;
    if (port->connect(port->ctx, &loopback, number, &sock, &native) == MIDGE_OK) {
        assert_int_equal(finish_connect(sock, &native), MIDGE_ERR_CONNECT);
        port->close(port->ctx, sock);
    } else {
        assert_int_equal(sock, MIDGE_SOCK_NONE);
    }
    assert_int_equal(native, ECONNREFUSED);
    assert_int_equal(close(holder), 0);
}

static void unknown_family_is_invalid(void **state)
{
    const struct midge_addr addr = {.family = 5};
    midge_sock sock = 7;
    int native = 7;
    (void)state;
    assert_int_equal(port->connect(port->ctx, &addr, 80, &sock, &native), MIDGE_ERR_INVALID);
    assert_int_equal(sock, MIDGE_SOCK_NONE);
    assert_int_equal(native, 0);
}

static void send_until_full(void **state)
{
    static const uint8_t block[65536];
    struct pair pair = connect_pair();
    struct midge_pollfd one = {.sock = pair.client, .events = MIDGE_POLL_OUT};
    size_t n;
    int native;
    int err;

    (void)state;
    do {
        err = port->send(port->ctx, pair.client, block, sizeof block, &n, &native);
    } while (err == MIDGE_OK);
    assert_int_equal(err, MIDGE_ERR_AGAIN);
    assert_int_equal(n, 0);
    assert_int_equal(port->poll(port->ctx, &one, 1, 0), MIDGE_OK);
    assert_int_equal(one.revents, 0);
    port->close(port->ctx, pair.client);
    assert_int_equal(close(pair.server), 0);
}

/* ---- Poll and wake ---- */

static void poll_says_what_is_ready(void **state)
{
    struct pair a = connect_pair();
    struct pair b = connect_pair();
    struct midge_pollfd fds[3] = {
        {.sock = a.client, .events = MIDGE_POLL_IN, .revents = 0xff},
        {.sock = MIDGE_SOCK_NONE, .events = MIDGE_POLL_IN, .revents = 0xff},
        {.sock = b.client, .events = MIDGE_POLL_IN | MIDGE_POLL_OUT, .revents = 0xff},
    };

    (void)state;
    assert_int_equal(port->poll(port->ctx, fds, 3, 0), MIDGE_OK);
    assert_int_equal(fds[0].revents, 0);
    assert_int_equal(fds[1].revents, 0);
    assert_int_equal(fds[2].revents, MIDGE_POLL_OUT);
    assert_int_equal(send(a.server, "x", 1, MSG_NOSIGNAL), 1);
    fds[2].events = 0;
    while (fds[0].revents == 0) {
        assert_int_equal(port->poll(port->ctx, fds, 3, -1), MIDGE_OK);
    }
    assert_int_equal(fds[0].revents, MIDGE_POLL_IN);
    assert_int_equal(fds[2].revents, 0);
    port->close(port->ctx, a.client);
    port->close(port->ctx, b.client);
    assert_int_equal(close(a.server), 0);
    assert_int_equal(close(b.server), 0);
}

static void poll_checks_its_bounds(void **state)
{
    struct midge_pollfd fds[MAX_SOCKS + 1];
    (void)state;
    for (size_t i = 0; i <= MAX_SOCKS; i++) {
        fds[i] = (struct midge_pollfd){.sock = MIDGE_SOCK_NONE};
    }
    assert_int_equal(port->poll(port->ctx, fds, MAX_SOCKS, 0), MIDGE_OK);
    assert_int_equal(port->poll(port->ctx, fds, MAX_SOCKS + 1, 0), MIDGE_ERR_INVALID);
    assert_int_equal(port->poll(port->ctx, NULL, 0, 0), MIDGE_OK);
    assert_int_equal(port->poll(port->ctx, NULL, 0, 1), MIDGE_OK);
}

static void *wake_it(void *arg)
{
    const struct midge_port *p = arg;
    p->wake(p->ctx);
    return NULL;
}

static void wake_from_a_thread_ends_an_endless_poll(void **state)
{
    pthread_t thread;
    (void)state;
    assert_int_equal(pthread_create(&thread, NULL, wake_it, port), 0);
    assert_int_equal(port->poll(port->ctx, NULL, 0, -1), MIDGE_OK);
    assert_int_equal(pthread_join(thread, NULL), 0);
}

static void wake_before_poll_ends_one_poll(void **state)
{
    struct midge_pollfd own;
    struct pollfd native = {.events = POLLIN};
    size_t n;
    int timeout_ms = -1;

    (void)state;
    port->wake(port->ctx);
    port->wake(port->ctx);
    assert_int_equal(port->interest(port->ctx, &own, 1, &n, &timeout_ms), MIDGE_OK);
    assert_int_equal(n, 1);
    assert_int_equal(own.events, MIDGE_POLL_IN);
    assert_int_equal(timeout_ms, -1);
    native.fd = (int)own.sock;
    assert_int_equal(poll(&native, 1, 0), 1);
    assert_int_equal(port->poll(port->ctx, NULL, 0, -1), MIDGE_OK);
    assert_int_equal(poll(&native, 1, 0), 0); /* both are used up */
}

static void on_signal(int number)
{
    (void)number;
    port->wake(port->ctx);
}

static void *signal_it(void *arg)
{
    (void)pthread_kill(*(pthread_t *)arg, SIGUSR1);
    return NULL;
}

/* Before, in or after the wait: the handler's wake ends it, and EINTR is no failure. */
static void wake_from_a_signal_handler(void **state)
{
    struct sigaction act = {.sa_handler = on_signal};
    struct sigaction old;
    pthread_t self = pthread_self();
    pthread_t thread;

    (void)state;
    assert_int_equal(sigaction(SIGUSR1, &act, &old), 0);
    assert_int_equal(pthread_create(&thread, NULL, signal_it, &self), 0);
    assert_int_equal(port->poll(port->ctx, NULL, 0, -1), MIDGE_OK);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(sigaction(SIGUSR1, &old, NULL), 0);
}

/* ---- Names without a server ---- */

static void await_query(struct midge_dns_query *query)
{
    while (!query->done) {
        assert_int_equal(port->poll(port->ctx, NULL, 0, -1), MIDGE_OK);
    }
}

static struct midge_dns_query lookup(const char *host, uint8_t family)
{
    struct midge_dns_query query;
    memset(&query, 0xa5, sizeof query); /* the caller sets the family, the port all else */
    query.family = family;
    assert_int_equal(port->dns_start(port->ctx, host, &query), MIDGE_OK);
    await_query(&query);
    port->dns_cancel(port->ctx, &query); /* harmless once done */
    return query;
}

static void assert_addr(const struct midge_addr *addr, const char *text)
{
    uint8_t bytes[16] = {0};
    const int family = strchr(text, ':') == NULL ? AF_INET : AF_INET6;
    assert_int_equal(inet_pton(family, text, bytes), 1);
    assert_int_equal(addr->family, family == AF_INET ? 4 : 6);
    assert_memory_equal(addr->bytes, bytes, sizeof bytes);
    assert_int_equal(addr->scope, 0);
}

static void localhost_needs_nobody(void **state)
{
    static const char *const names[] = {"localhost", "LocalHost", "localhost.", "a.b.localhost",
                                        "api.LOCALHOST."};
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct midge_dns_query query = {.family = 0};
        assert_int_equal(port->dns_start(port->ctx, names[i], &query), MIDGE_OK);
        assert_int_equal(query.done, 1); /* inside the call */
        assert_int_equal(query.err, MIDGE_OK);
        assert_int_equal(query.count, 2);
        assert_addr(&query.addrs[0], "127.0.0.1");
        assert_addr(&query.addrs[1], "::1");
    }
}

static void localhost_of_one_family(void **state)
{
    struct midge_dns_query query = lookup("localhost", 4);
    (void)state;
    assert_int_equal(query.count, 1);
    assert_addr(&query.addrs[0], "127.0.0.1");
    query = lookup("localhost", 6);
    assert_int_equal(query.count, 1);
    assert_addr(&query.addrs[0], "::1");
}

/* The first IPv4 line of /etc/hosts whose name the port does not answer by itself. */
static int hosts_name(char *addr, char *name)
{
    char line[512];
    struct in_addr in;
    int found = 0;
    FILE *hosts = fopen("/etc/hosts", "re");

    while (hosts != NULL && !found && fgets(line, sizeof line, hosts) != NULL) {
        found = sscanf(line, " %63[0-9.] %255[A-Za-z0-9.-]", addr, name) == 2 &&
                inet_pton(AF_INET, addr, &in) == 1 && strstr(name, "localhost") == NULL;
    }
    if (hosts != NULL) {
        (void)fclose(hosts);
    }
    return found;
}

static void hosts_file_answers(void **state)
{
    char addr[64];
    char name[256];
    struct midge_dns_query query;
    int seen = 0;

    (void)state;
    if (!hosts_name(addr, name)) {
        skip(); /* this machine's file names nothing but localhost */
    }
    query = lookup(name, 4);
    assert_int_equal(query.err, MIDGE_OK);
    for (size_t i = 0; i < query.count; i++) {
        uint8_t want[4];
        assert_int_equal(inet_pton(AF_INET, addr, want), 1);
        seen |= memcmp(query.addrs[i].bytes, want, 4) == 0;
    }
    assert_true(seen);
}

/* ---- A name server ---- */

enum { TYPE_A = 1, TYPE_AAAA = 28, MAX_DATAGRAM = 512, MANY = 12 };

struct datagram {
    uint8_t bytes[MAX_DATAGRAM];
    size_t len;
    struct sockaddr_in from;
};

/* Answers *.test as its name says, everything else with NXDOMAIN; an empty datagram ends it. */
struct stub {
    int fd;
    uint16_t number;
    pthread_t thread;
    struct datagram held;   /* the question for late.test, or half.test's for AAAA */
    atomic_uint unanswered; /* questions */
};

/* The question's name as text; its end in *end. */
static int question(const struct datagram *d, char *name, size_t *end)
{
    size_t at = 12;
    size_t len = 0;

    while (at < d->len && d->bytes[at] != 0 && at + d->bytes[at] < d->len && len < 200) {
        memcpy(name + len, d->bytes + at + 1, d->bytes[at]);
        len += d->bytes[at];
        name[len++] = '.';
        at += (size_t)d->bytes[at] + 1;
    }
    name[len == 0 ? 0 : len - 1] = '\0';
    *end = at + 5;
    return *end <= d->len ? d->bytes[at + 2] : 0;
}

static void add_record(struct datagram *d, int type, const char *text)
{
    const uint8_t head[10] = {0xc0, 12, 0, (uint8_t)type, 0, 1, 0, 0, 0, 60};
    const size_t size = type == TYPE_A ? 4 : 16;

    memcpy(d->bytes + d->len, head, sizeof head);
    d->len += sizeof head;
    d->bytes[d->len++] = 0;
    d->bytes[d->len++] = (uint8_t)size;
    (void)inet_pton(type == TYPE_A ? AF_INET : AF_INET6, text, d->bytes + d->len);
    d->len += size;
    d->bytes[7]++; /* answers */
}

static void answer(const struct stub *stub, const struct datagram *asked)
{
    struct datagram d = *asked;
    char name[256];
    size_t end;
    const int type = question(asked, name, &end);
    int known = 1;

    d.len = end;
    d.bytes[2] = 0x84; /* an answer with authority */
    d.bytes[3] = 0x80;
    memset(d.bytes + 6, 0, 6);
    if (strcmp(name, "both.test") == 0) {
        add_record(&d, type, type == TYPE_A ? "192.0.2.7" : "2001:db8::7");
    } else if (strcmp(name, "half.test") == 0 || strcmp(name, "a.test") == 0 ||
               strcmp(name, "aaaa.test") == 0) {
        add_record(&d, type, type == TYPE_A ? "127.0.0.7" : "::1");
    } else if (strcmp(name, "mixed.test") == 0) {
        for (int i = 0; i < (type == TYPE_A ? 3 : 2); i++) {
            add_record(&d, type, type == TYPE_A ? "127.0.0.8" : "::1");
        }
    } else if (strcmp(name, "many.test") == 0) {
        for (int i = 0; type == TYPE_A && i < MANY; i++) {
            add_record(&d, type, "192.0.2.9");
        }
    } else if (strcmp(name, "four.test") == 0 || strcmp(name, "late.test") == 0 ||
               strcmp(name, "flush.test") == 0) {
        if (type == TYPE_A) {
            add_record(&d, type, "192.0.2.4");
        }
    } else {
        known = 0;
    }
    if (!known) {
        d.bytes[3] |= 3; /* NXDOMAIN */
    }
    (void)sendto(stub->fd, d.bytes, d.len, 0, (const struct sockaddr *)&d.from, sizeof d.from);
}

static void serve(struct stub *stub, const struct datagram *asked)
{
    char name[256];
    size_t end;

    const int type = question(asked, name, &end);
    if (strcmp(name, "silent.test") == 0 ||
        strcmp(name, type == TYPE_A ? "aaaa.test" : "a.test") == 0) {
        stub->unanswered++;
        return;
    }
    if (strcmp(name, "late.test") == 0 || (strcmp(name, "half.test") == 0 && type != TYPE_A)) {
        stub->held = *asked;
        return;
    }
    if (strcmp(name, "flush.test") == 0 && stub->held.len > 0) {
        answer(stub, &stub->held);
    }
    answer(stub, asked);
}

static void *stub_main(void *arg)
{
    struct stub *stub = arg;
    for (;;) {
        struct datagram d;
        socklen_t from_len = sizeof d.from;
        const ssize_t got =
            recvfrom(stub->fd, d.bytes, sizeof d.bytes, 0, (struct sockaddr *)&d.from, &from_len);
        if (got == 0) {
            return NULL;
        }
        d.len = got < 0 ? 0 : (size_t)got;
        if (d.len > 16) {
            serve(stub, &d);
        }
    }
}

static int stub_setup(void **state)
{
    struct stub *stub = calloc(1, sizeof *stub);
    char csv[32];

    if (stub == NULL || port_setup(state) != 0) {
        return -1;
    }
    stub->fd = bind_loopback(SOCK_DGRAM, &stub->number);
    (void)snprintf(csv, sizeof csv, "127.0.0.1:%u", (unsigned)stub->number);
    *state = stub;
    return midge_posix_set_dns_servers(port, csv) != MIDGE_OK ||
           pthread_create(&stub->thread, NULL, stub_main, stub) != 0;
}

static int stub_teardown(void **state)
{
    struct stub *stub = *state;
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(stub->number)};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    (void)sendto(fd, "", 0, 0, (struct sockaddr *)&to, sizeof to);
    (void)pthread_join(stub->thread, NULL);
    (void)close(fd);
    (void)close(stub->fd);
    free(stub);
    return port_teardown(state);
}

static void dns_of_both_families(void **state)
{
    struct midge_dns_query query = lookup("both.test", 0);
    int fours = 0;

    (void)state;
    assert_int_equal(query.err, MIDGE_OK);
    assert_int_equal(query.native, 0);
    assert_int_equal(query.count, 2);
    for (size_t i = 0; i < 2; i++) { /* the order is c-ares', by this machine's routes */
        fours += query.addrs[i].family == 4;
        assert_addr(&query.addrs[i], query.addrs[i].family == 4 ? "192.0.2.7" : "2001:db8::7");
    }
    assert_int_equal(fours, 1);
}

static void dns_of_one_family(void **state)
{
    struct midge_dns_query query = lookup("both.test", 4);
    (void)state;
    assert_int_equal(query.count, 1);
    assert_addr(&query.addrs[0], "192.0.2.7");
    query = lookup("both.test", 6);
    assert_int_equal(query.count, 1);
    assert_addr(&query.addrs[0], "2001:db8::7");
    query = lookup("four.test", 0);
    assert_int_equal(query.count, 1);
    assert_addr(&query.addrs[0], "192.0.2.4");
}

/* RFC 8305 3. c-ares asks again after two seconds: one question is a short wait. */
static void assert_other_family_not_waited_for(struct stub *stub, const char *name,
                                               const char *address)
{
    struct midge_dns_query query = lookup(name, 0);

    assert_int_equal(query.err, MIDGE_OK);
    assert_int_equal(query.native, 0);
    assert_int_equal(query.count, 1);
    assert_addr(&query.addrs[0], address);
    assert_int_equal(atomic_exchange(&stub->unanswered, 0), 1);
}

static int has_ipv6(void)
{
    const struct sockaddr_in6 to = {.sin6_family = AF_INET6, .sin6_addr = in6addr_loopback};
    const int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    const int found = fd >= 0 && connect(fd, (const struct sockaddr *)&to, sizeof to) == 0;

    if (fd >= 0) {
        (void)close(fd);
    }
    return found;
}

static void dns_of_a_silent_family(void **state)
{
    assert_other_family_not_waited_for(*state, "a.test", "127.0.0.7");
    if (has_ipv6()) { /* an address without a route ends no wait */
        assert_other_family_not_waited_for(*state, "aaaa.test", "::1");
    }
}

/* Asked for alone, a family is waited for, whatever the other one has. */
static void dns_of_one_silent_family(void **state)
{
    struct midge_dns_query six = {.family = 6}, four = {.family = 4};

    (void)state;
    assert_int_equal(port->dns_start(port->ctx, "a.test", &six), MIDGE_OK);
    assert_int_equal(port->dns_start(port->ctx, "aaaa.test", &four), MIDGE_OK);
    assert_int_equal(lookup("a.test", 0).err, MIDGE_OK); /* that wait is over now */
    assert_int_equal(six.done, 0);
    assert_int_equal(four.done, 0);
    port->dns_cancel(port->ctx, &six);
    port->dns_cancel(port->ctx, &four);
}

static void dns_takes_the_families_in_turn(void **state)
{
    struct midge_dns_query query = lookup("mixed.test", 0);

    (void)state;
    assert_int_equal(query.count, 5);
    assert_int_not_equal(query.addrs[0].family, query.addrs[1].family);
    assert_int_equal(query.addrs[0].family, query.addrs[2].family);
    assert_int_equal(query.addrs[1].family, query.addrs[3].family);
    assert_int_equal(query.addrs[4].family, 4);
    assert_int_equal(query.addrs[0].family, has_ipv6() ? 6 : 4);
}

static void dns_name_that_is_not_there(void **state)
{
    struct midge_dns_query query = lookup("nx.test", 0);
    (void)state;
    assert_int_equal(query.err, MIDGE_ERR_RESOLVE);
    assert_int_not_equal(query.native, 0);
    assert_int_equal(query.count, 0);
    query = lookup("four.test", 6); /* the name is there, the family is not */
    assert_int_equal(query.err, MIDGE_ERR_RESOLVE);
    assert_int_not_equal(query.native, 0);
}

static void dns_keeps_what_fits(void **state)
{
    struct midge_dns_query query = lookup("many.test", 4);
    (void)state;
    assert_int_equal(query.err, MIDGE_OK);
    assert_int_equal(query.count, MIDGE_DNS_ADDRS);
    assert_addr(&query.addrs[MIDGE_DNS_ADDRS - 1], "192.0.2.9");
}

static void dns_many_at_once(void **state)
{
    struct midge_dns_query queries[6];
    (void)state;
    for (size_t i = 0; i < 6; i++) {
        queries[i].family = 4;
        assert_int_equal(port->dns_start(port->ctx, i % 2 ? "nx.test" : "both.test", &queries[i]),
                         MIDGE_OK);
    }
    for (size_t i = 0; i < 6; i++) {
        await_query(&queries[i]);
        assert_int_equal(queries[i].err, i % 2 ? MIDGE_ERR_RESOLVE : MIDGE_OK);
    }
}

static struct midge_dns_query *start_on_heap(const char *host)
{
    struct midge_dns_query *query = calloc(1, sizeof *query);
    assert_non_null(query);
    query->family = 4;
    assert_int_equal(port->dns_start(port->ctx, host, query), MIDGE_OK);
    assert_int_equal(query->done, 0);
    return query;
}

static void cancel_and_free(struct midge_dns_query *query)
{
    port->dns_cancel(port->ctx, query);
    assert_null(query->impl);
    assert_int_equal(query->done, 0);
    free(query); /* ASan and valgrind see any touch from here on */
}

static void dns_interest_while_it_waits(void **state)
{
    struct midge_dns_query *silent = start_on_heap("silent.test");
    struct midge_pollfd own[4];
    size_t n = 0;
    int timeout_ms = -1;

    (void)state;
    assert_int_equal(port->interest(port->ctx, NULL, 0, &n, &timeout_ms), MIDGE_OK);
    assert_int_equal(n, 2); /* wake and the question's socket */
    assert_true(timeout_ms >= 0);
    timeout_ms = 0;
    assert_int_equal(port->interest(port->ctx, own, 4, &n, &timeout_ms), MIDGE_OK);
    assert_int_equal(timeout_ms, 0); /* lowered, never raised */
    assert_int_equal(own[1].events, MIDGE_POLL_IN);
    assert_int_equal(midge_posix_set_dns_servers(port, "127.0.0.1"), MIDGE_ERR_BUSY);
    cancel_and_free(silent);
    assert_int_equal(port->interest(port->ctx, own, 4, &n, &timeout_ms), MIDGE_OK);
    assert_int_equal(n, 1); /* the last one gone, c-ares holds nothing open */
}

static void dns_cancel_of_a_silent_server(void **state)
{
    struct midge_dns_query query;

    (void)state;
    cancel_and_free(start_on_heap("silent.test"));
    assert_int_equal(port->poll(port->ctx, NULL, 0, 0), MIDGE_OK);
    query = lookup("both.test", 4); /* the channel still works */
    assert_int_equal(query.err, MIDGE_OK);
}

static void dns_late_answer_finds_nobody(void **state)
{
    struct midge_dns_query *silent = start_on_heap("silent.test"); /* keeps c-ares going */
    struct midge_dns_query *late = start_on_heap("late.test");
    struct midge_dns_query query;

    (void)state;
    cancel_and_free(late);
    query = lookup("flush.test", 4); /* late.test is answered just before */
    assert_int_equal(query.err, MIDGE_OK);
    assert_int_equal(silent->done, 0);
    cancel_and_free(silent);
}

/* The family that was not waited for answers after all: the query is gone by then. */
static void dns_late_family_finds_nobody(void **state)
{
    struct midge_dns_query *silent = start_on_heap("silent.test"); /* keeps c-ares going */
    struct midge_dns_query *half = calloc(1, sizeof *half);
    struct midge_dns_query query;

    (void)state;
    assert_non_null(half);
    assert_int_equal(port->dns_start(port->ctx, "half.test", half), MIDGE_OK);
    await_query(half);
    assert_int_equal(half->count, 1);
    assert_addr(&half->addrs[0], "127.0.0.7");
    assert_null(half->impl);
    free(half);
    query = lookup("flush.test", 4); /* half.test's AAAA is answered just before */
    assert_int_equal(query.err, MIDGE_OK);
    assert_int_equal(silent->done, 0);
    cancel_and_free(silent);
}

/* Cancelled between the first family's answer and the end of the wait for the other. */
static void dns_cancel_of_half_an_answer(void **state)
{
    struct midge_dns_query *silent = start_on_heap("silent.test");
    struct midge_dns_query *half = calloc(1, sizeof *half);
    size_t n;
    int timeout_ms;

    (void)state;
    assert_non_null(half);
    assert_int_equal(port->dns_start(port->ctx, "half.test", half), MIDGE_OK);
    do {
        assert_int_equal(port->poll(port->ctx, NULL, 0, 1), MIDGE_OK);
        timeout_ms = -1;
        assert_int_equal(port->interest(port->ctx, NULL, 0, &n, &timeout_ms), MIDGE_OK);
    } while (!half->done && timeout_ms > 50); /* else c-ares' two seconds */
    port->dns_cancel(port->ctx, half);
    assert_null(half->impl);
    free(half);
    assert_int_equal(lookup("flush.test", 4).err, MIDGE_OK);
    cancel_and_free(silent);
}

static void dns_close_leaves_queries_alone(void **state)
{
    struct midge_dns_query *silent = start_on_heap("silent.test");
    struct midge_dns_query before;

    (void)state;
    midge_posix_close(port);
    before = *silent;
    assert_int_equal(before.done, 0);
    assert_int_equal(before.err, MIDGE_OK);
    free(silent);
    assert_int_equal(midge_posix_open(&port, MAX_SOCKS), MIDGE_OK); /* for the teardown */
}

static void dns_server_lists(void **state)
{
    (void)state;
    assert_int_equal(midge_posix_set_dns_servers(port, NULL), MIDGE_ERR_INVALID);
    assert_int_equal(midge_posix_set_dns_servers(port, ""), MIDGE_ERR_INVALID);
    assert_int_equal(midge_posix_set_dns_servers(port, "not an address"), MIDGE_ERR_INVALID);
    assert_int_equal(midge_posix_set_dns_servers(port, "127.0.0.1:5353,[::1]:53"), MIDGE_OK);
}

/* ---- Files ---- */

static char dir[] = "/tmp/midge-port-XXXXXX";

static const char *in_dir(const char *name)
{
    static char paths[4][128];
    static unsigned next;
    char *path = paths[next++ % 4];
    (void)snprintf(path, sizeof paths[0], "%s/%s", dir, name);
    return path;
}

static size_t dir_each(int remove_them)
{
    DIR *d = opendir(dir);
    const struct dirent *e;
    size_t n = 0;

    assert_non_null(d);
    while ((e = readdir(d)) != NULL) {
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0) {
            n++;
            if (remove_them) {
                (void)unlinkat(dirfd(d), e->d_name, 0);
            }
        }
    }
    (void)closedir(d);
    return n;
}

static int file_setup(void **state)
{
    memcpy(dir + sizeof dir - 7, "XXXXXX", 6);
    return mkdtemp(dir) == NULL || port_setup(state) != 0;
}

static int file_teardown(void **state)
{
    (void)dir_each(1);
    (void)rmdir(dir);
    return port_teardown(state);
}

static void put(const char *name, const char *text)
{
    FILE *f = fopen(in_dir(name), "we");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

static void assert_content(const char *name, const char *text)
{
    char buf[64] = {0};
    FILE *f = fopen(in_dir(name), "re");
    assert_non_null(f);
    (void)fread(buf, 1, sizeof buf - 1, f);
    assert_int_equal(fclose(f), 0);
    assert_string_equal(buf, text);
}

static midge_file open_file(const char *path, enum midge_file_mode mode)
{
    midge_file file;
    int native = -1;
    assert_int_equal(port->file_open(port->ctx, path, mode, &file, &native), MIDGE_OK);
    assert_int_equal(native, 0);
    return file;
}

static int write_text(midge_file file, const char *text, int *native)
{
    return port->file_write(port->ctx, file, (const uint8_t *)text, strlen(text), native);
}

/* Open for replacement, write, finish: all of it has to go well. */
static void replace(const char *path, const char *text, int commit)
{
    midge_file file = open_file(path, MIDGE_FILE_REPLACE);
    int native = -1;
    assert_int_equal(write_text(file, text, &native), MIDGE_OK);
    assert_int_equal(native, 0);
    native = -1;
    assert_int_equal(port->file_finish(port->ctx, file, commit, &native), MIDGE_OK);
    assert_int_equal(native, 0);
}

static void assert_open_fails(const char *path, enum midge_file_mode mode, int code)
{
    midge_file file;
    int native = 0;
    assert_int_equal(port->file_open(port->ctx, path, mode, &file, &native),
                     mode == MIDGE_FILE_READ ? MIDGE_ERR_READ : MIDGE_ERR_WRITE);
    assert_int_equal(native, code);
    assert_null(file);
}

/* Files and sockets alike: it passes, and is told from what does not. */
static void full_table_of_descriptors(void **state)
{
    const struct midge_addr addr = {.family = 4, .bytes = {127, 0, 0, 1}};
    struct rlimit limit, none;
    midge_file file;
    midge_sock sock;
    int native = 0;

    (void)state;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    none = limit;
    none.rlim_cur = 0;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    const int read = port->file_open(port->ctx, "/dev/null", MIDGE_FILE_READ, &file, &native);
    const int native_read = native;
    const int write = port->file_open(port->ctx, in_dir("new"), MIDGE_FILE_REPLACE, &file, &native);
    const int native_write = native;
    const int connect = port->connect(port->ctx, &addr, 1, &sock, &native);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_int_equal(read, MIDGE_ERR_NO_MEMORY);
    assert_int_equal(native_read, EMFILE);
    assert_int_equal(write, MIDGE_ERR_NO_MEMORY);
    assert_int_equal(native_write, EMFILE);
    assert_int_equal(connect, MIDGE_ERR_NO_MEMORY);
    assert_int_equal(native, EMFILE);
    /* Not looked at: the folder. Under valgrind, which plays the limit, the open did make a file.
     */
}

static void file_new(void **state)
{
    const mode_t old = umask(027);
    struct stat st;

    (void)state;
    replace(in_dir("new"), "hello", 1);
    (void)umask(old);
    assert_content("new", "hello");
    assert_int_equal(stat(in_dir("new"), &st), 0);
    assert_int_equal(st.st_mode & 07777, 0640);
    assert_int_equal(dir_each(0), 1);
}

static void file_replaced_as_a_whole(void **state)
{
    midge_file file;
    struct stat st;
    int native;

    (void)state;
    put("old", "old");
    assert_int_equal(chmod(in_dir("old"), 0606), 0);
    file = open_file(in_dir("old"), MIDGE_FILE_REPLACE);
    assert_int_equal(write_text(file, "ne", &native), MIDGE_OK);
    assert_content("old", "old");
    assert_int_equal(write_text(file, "w!", &native), MIDGE_OK);
    assert_int_equal(port->file_finish(port->ctx, file, 1, &native), MIDGE_OK);
    assert_content("old", "new!");
    assert_int_equal(stat(in_dir("old"), &st), 0);
    assert_int_equal(st.st_mode & 07777, 0606);
    assert_int_equal(dir_each(0), 1);
}

static void file_discarded(void **state)
{
    (void)state;
    put("old", "old");
    replace(in_dir("old"), "new", 0);
    assert_content("old", "old");
    replace(in_dir("never"), "new", 0);
    assert_int_equal(dir_each(0), 1);
}

static void file_with_a_name_as_long_as_can_be(void **state)
{
    char name[256];
    char path[512];
    struct stat st;

    (void)state;
    memset(name, 'n', 255);
    name[255] = '\0';
    (void)snprintf(path, sizeof path, "%s/%s", dir, name);
    replace(path, "x", 1);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(dir_each(0), 1);
}

static void file_in_the_working_directory(void **state)
{
    char cwd[4096];
    (void)state;
    assert_non_null(getcwd(cwd, sizeof cwd));
    assert_int_equal(chdir(dir), 0);
    replace("bare", "here", 1);
    assert_int_equal(chdir(cwd), 0);
    assert_content("bare", "here");
}

static void file_behind_links(void **state)
{
    struct stat st;

    (void)state;
    put("real", "old");
    assert_int_equal(symlink("real", in_dir("one")), 0);
    assert_int_equal(symlink(in_dir("one"), in_dir("two")), 0);
    assert_int_equal(symlink("fresh", in_dir("dangling")), 0);
    replace(in_dir("two"), "new", 1);
    replace(in_dir("dangling"), "born", 1);
    assert_content("real", "new");
    assert_content("fresh", "born");
    assert_int_equal(lstat(in_dir("one"), &st), 0);
    assert_true(S_ISLNK(st.st_mode));
    assert_int_equal(lstat(in_dir("dangling"), &st), 0);
    assert_true(S_ISLNK(st.st_mode));
    assert_int_equal(symlink("loop", in_dir("loop")), 0);
    assert_open_fails(in_dir("loop"), MIDGE_FILE_REPLACE, ELOOP);
}

static void file_that_cannot_be_opened(void **state)
{
    (void)state;
    assert_open_fails(in_dir("none"), MIDGE_FILE_READ, ENOENT);
    assert_open_fails(in_dir("none/x"), MIDGE_FILE_REPLACE, ENOENT);
    assert_open_fails(dir, MIDGE_FILE_READ, EISDIR);
    assert_open_fails(dir, MIDGE_FILE_REPLACE, EISDIR);
    assert_open_fails("", MIDGE_FILE_READ, ENOENT);
    assert_open_fails("", MIDGE_FILE_REPLACE, ENOENT);
    put("file", "x");
    assert_open_fails(in_dir("file/x"), MIDGE_FILE_REPLACE, ENOTDIR);
    if (geteuid() != 0) {
        assert_int_equal(chmod(in_dir("file"), 0444), 0);
        assert_open_fails(in_dir("file"), MIDGE_FILE_REPLACE, EACCES);
    }
    assert_int_equal(dir_each(0), 1);
}

static void file_rename_that_fails(void **state)
{
    midge_file file = open_file(in_dir("target"), MIDGE_FILE_REPLACE);
    int native = 0;

    (void)state;
    assert_int_equal(mkdir(in_dir("target"), 0700), 0);
    assert_int_equal(port->file_finish(port->ctx, file, 1, &native), MIDGE_ERR_WRITE);
    assert_int_equal(native, EISDIR);
    assert_int_equal(rmdir(in_dir("target")), 0);
    assert_int_equal(dir_each(0), 0);
}

static void file_devices_are_written_directly(void **state)
{
    struct stat st;
    midge_file file;
    int native = 0;

    (void)state;
    replace("/dev/null", "gone", 1);
    replace("/dev/null", "gone", 0);
    assert_int_equal(stat("/dev/null", &st), 0);
    assert_true(S_ISCHR(st.st_mode));
    file = open_file("/dev/full", MIDGE_FILE_REPLACE);
    assert_int_equal(write_text(file, "x", &native), MIDGE_ERR_WRITE);
    assert_int_equal(native, ENOSPC);
    native = 0;
    assert_int_equal(port->file_finish(port->ctx, file, 1, &native), MIDGE_ERR_WRITE);
    assert_int_equal(native, ENOSPC);
}

static void file_pipe_without_a_signal(void **state)
{
    char buf[8] = {0};
    midge_file file;
    uint64_t size;
    int native = 0;
    int reader;

    (void)state;
    assert_int_equal(mkfifo(in_dir("fifo"), 0600), 0);
    reader = open(in_dir("fifo"), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    assert_true(reader >= 0);
    file = open_file(in_dir("fifo"), MIDGE_FILE_REPLACE);
    assert_int_equal(write_text(file, "drip", &native), MIDGE_OK);
    assert_int_equal(read(reader, buf, sizeof buf), 4);
    assert_string_equal(buf, "drip");
    assert_int_equal(port->file_size(port->ctx, file, &size), MIDGE_ERR_UNSUPPORTED);
    assert_int_equal(port->file_seek(port->ctx, file, 0), MIDGE_ERR_UNSUPPORTED);
    assert_int_equal(close(reader), 0);
    assert_int_equal(write_text(file, "drop", &native), MIDGE_ERR_WRITE);
    assert_int_equal(native, EPIPE);
    assert_int_equal(port->file_finish(port->ctx, file, 0, &native), MIDGE_OK);
    assert_int_equal(dir_each(0), 1);
}

/* As with `prog -o /dev/stdout > out`: what was written before and after has to stay. */
static void file_descriptors_are_not_names(void **state)
{
    char path[64];
    int fd;

    (void)state;
    fd = open(in_dir("out"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    (void)snprintf(path, sizeof path, "/dev/fd/%d", fd);
    assert_int_equal(write(fd, "a", 1), 1);
    replace(path, "b", 1);
    assert_int_equal(write(fd, "c", 1), 1);
    assert_content("out", "abc");
    assert_int_equal(close(fd), 0);
    assert_open_fails("/dev/fd/999999", MIDGE_FILE_READ, EBADF);
}

struct drain {
    int fd;
    size_t total;
};

static void *drain_main(void *arg)
{
    struct drain *drain = arg;
    char buf[4096];
    ssize_t got;
    while ((got = read(drain->fd, buf, sizeof buf)) > 0) {
        drain->total += (size_t)got;
    }
    return NULL;
}

/* More than a pipe holds, through a descriptor that another program made non-blocking. */
static void file_writes_are_whole(void **state)
{
    static const uint8_t block[300000];
    struct drain drain = {0};
    pthread_t thread;
    midge_file file;
    char path[64];
    int ends[2];
    int native;

    (void)state;
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    assert_int_equal(fcntl(ends[1], F_SETFL, O_NONBLOCK), 0);
    drain.fd = ends[0];
    assert_int_equal(pthread_create(&thread, NULL, drain_main, &drain), 0);
    (void)snprintf(path, sizeof path, "/dev/fd/%d", ends[1]);
    file = open_file(path, MIDGE_FILE_REPLACE);
    assert_int_equal(port->file_write(port->ctx, file, block, sizeof block, &native), MIDGE_OK);
    assert_int_equal(port->file_finish(port->ctx, file, 1, &native), MIDGE_OK);
    assert_int_equal(close(ends[1]), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(drain.total, sizeof block);
    assert_int_equal(close(ends[0]), 0);
}

static void file_read_back(void **state)
{
    uint8_t buf[4];
    uint64_t size = 0;
    size_t n = 0;
    int native = -1;
    midge_file file;

    (void)state;
    put("in", "123456");
    file = open_file(in_dir("in"), MIDGE_FILE_READ);
    assert_int_equal(port->file_size(port->ctx, file, &size), MIDGE_OK);
    assert_int_equal(size, 6);
    assert_int_equal(port->file_read(port->ctx, file, buf, 0, &n, &native), MIDGE_ERR_INVALID);
    assert_int_equal(port->file_read(port->ctx, file, buf, 4, &n, &native), MIDGE_OK);
    assert_int_equal(n, 4);
    assert_int_equal(port->file_seek(port->ctx, file, 5), MIDGE_OK);
    assert_int_equal(port->file_seek(port->ctx, file, UINT64_MAX), MIDGE_ERR_INVALID);
    assert_int_equal(port->file_read(port->ctx, file, buf, 4, &n, &native), MIDGE_OK);
    assert_int_equal(n, 1);
    assert_int_equal(buf[0], '6');
    assert_int_equal(port->file_read(port->ctx, file, buf, 4, &n, &native), MIDGE_ERR_EOF);
    assert_int_equal(n, 0);
    assert_int_equal(native, 0);
    assert_int_equal(port->file_finish(port->ctx, file, 0, &native), MIDGE_OK);
}

#define PORT_TEST(f) cmocka_unit_test_setup_teardown(f, port_setup, port_teardown)
#define DNS_TEST(f)  cmocka_unit_test_setup_teardown(f, stub_setup, stub_teardown)
#define FILE_TEST(f) cmocka_unit_test_setup_teardown(f, file_setup, file_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PORT_TEST(clocks_never_go_back),
        PORT_TEST(entropy_fills_all),
        PORT_TEST(open_refuses_the_impossible),
        PORT_TEST(connect_send_recv),
        PORT_TEST(sockets_do_not_block_nor_leak),
        PORT_TEST(fin_is_eof),
        PORT_TEST(reset_is_an_error_without_a_signal),
        PORT_TEST(reset_is_reported_unasked),
        PORT_TEST(refused_connection),
        PORT_TEST(unknown_family_is_invalid),
        PORT_TEST(send_until_full),
        PORT_TEST(poll_says_what_is_ready),
        PORT_TEST(poll_checks_its_bounds),
        PORT_TEST(wake_from_a_thread_ends_an_endless_poll),
        PORT_TEST(wake_before_poll_ends_one_poll),
        PORT_TEST(wake_from_a_signal_handler),
        PORT_TEST(localhost_needs_nobody),
        PORT_TEST(localhost_of_one_family),
        PORT_TEST(hosts_file_answers),
        PORT_TEST(dns_server_lists),
        DNS_TEST(dns_of_both_families),
        DNS_TEST(dns_of_one_family),
        DNS_TEST(dns_of_a_silent_family),
        DNS_TEST(dns_of_one_silent_family),
        DNS_TEST(dns_takes_the_families_in_turn),
        DNS_TEST(dns_name_that_is_not_there),
        DNS_TEST(dns_keeps_what_fits),
        DNS_TEST(dns_many_at_once),
        DNS_TEST(dns_interest_while_it_waits),
        DNS_TEST(dns_cancel_of_a_silent_server),
        DNS_TEST(dns_late_answer_finds_nobody),
        DNS_TEST(dns_late_family_finds_nobody),
        DNS_TEST(dns_cancel_of_half_an_answer),
        DNS_TEST(dns_close_leaves_queries_alone),
        FILE_TEST(file_new),
        FILE_TEST(file_replaced_as_a_whole),
        FILE_TEST(file_discarded),
        FILE_TEST(file_with_a_name_as_long_as_can_be),
        FILE_TEST(file_in_the_working_directory),
        FILE_TEST(file_behind_links),
        FILE_TEST(file_that_cannot_be_opened),
        FILE_TEST(file_rename_that_fails),
        FILE_TEST(file_devices_are_written_directly),
        FILE_TEST(file_pipe_without_a_signal),
        FILE_TEST(file_descriptors_are_not_names),
        FILE_TEST(file_writes_are_whole),
        FILE_TEST(file_read_back),
        FILE_TEST(full_table_of_descriptors),
    };
    (void)alarm(HANG_SECONDS); /* a hang is a failure, not a wait for ever */
    return cmocka_run_group_tests_name("port_posix", tests, NULL, NULL);
}
