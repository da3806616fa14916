/* SPDX-License-Identifier: MIT */
/*
 * port/bsd beyond what the conformance program asks of every port: the calls and the memory of the
 * program, several ports, name servers, wakes by UDP, and descriptors that select cannot take.
 * Built twice, as tests/conformance has it: by poll with an eventfd, by select with UDP.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

#include "midge/err.h"
#include "midge/port.h"
#include "midge/port_bsd.h"

static struct midge_port port;
static const struct midge_addr loopback = {.family = 4, .bytes = {127, 0, 0, 1}};

static void attach(const struct midge_bsd_config *config)
{
    port = (struct midge_port){.ctx = NULL};
    assert_int_equal(midge_bsd_attach(&port, config), MIDGE_OK);
}

/* --- Attach --- */

static void memory_of_the_program(void **state)
{
    struct midge_bsd_config config = {.max_socks = 3};
    const size_t needed = midge_bsd_needed(&config);
    struct midge_pollfd fds[4] = {{.sock = MIDGE_SOCK_NONE}};

    (void)state;
    config.memory = malloc(needed); /* exactly: sanitizers see what goes beyond */
    config.memory_size = needed - 1;
    port = (struct midge_port){.ctx = NULL};
    assert_int_equal(midge_bsd_attach(&port, &config), MIDGE_ERR_INVALID);
    assert_null(port.ctx);
    config.memory_size = needed;
    attach(&config);
    for (size_t i = 0; i < 4; i++) {
        fds[i].sock = MIDGE_SOCK_NONE;
    }
    assert_int_equal(port.poll(port.ctx, fds, 3, 0), MIDGE_OK);
    assert_int_equal(port.poll(port.ctx, fds, 4, 0), MIDGE_ERR_INVALID);
    midge_bsd_detach(&port);
    midge_bsd_detach(&port); /* does nothing */
    free(config.memory);
}

#if !MIDGE_BSD_SELECT
static void too_many_sockets(void **state)
{
    const struct midge_bsd_config config = {.max_socks = SIZE_MAX / 4};

    (void)state;
    assert_int_equal(midge_bsd_needed(&config), SIZE_MAX);
    port = (struct midge_port){.ctx = NULL};
    assert_int_equal(midge_bsd_attach(&port, &config), MIDGE_ERR_NO_MEMORY);
}
#endif

static int home;

static uint32_t home_ms(void *ctx)
{
    assert_ptr_equal(midge_bsd_home(ctx), &home);
    return 7;
}

static int home_dns_start(void *ctx, const char *host, struct midge_dns_query *query)
{
    assert_ptr_equal(midge_bsd_home(ctx), &home);
    (void)host;
    (void)query;
    return MIDGE_ERR_BUSY;
}

static void home_dns_cancel(void *ctx, struct midge_dns_query *query)
{
    (void)ctx;
    (void)query;
}

static void calls_of_the_program_stay(void **state)
{
    const struct midge_bsd_config config = {.home = &home};

    (void)state;
    port = (struct midge_port){
        .clock_ms = home_ms, .dns_start = home_dns_start, .dns_cancel = home_dns_cancel};
    assert_int_equal(midge_bsd_attach(&port, &config), MIDGE_OK);
    assert_int_equal(port.clock_ms(port.ctx), 7);
    assert_int_equal(port.dns_start(port.ctx, "a.example", NULL), MIDGE_ERR_BUSY);
    assert_true(port.wall_time(port.ctx) > 0); /* a default */
    assert_non_null(port.file_open);
    midge_bsd_detach(&port);
    port = (struct midge_port){.dns_start = home_dns_start};
    assert_int_equal(midge_bsd_attach(&port, &config), MIDGE_ERR_INVALID); /* both or none */
}

/* --- Names --- */

enum { CAP = 3 }; /* MIDGE_RESOLVER_SERVERS */

static int server_fd;
static unsigned said;
static bool are_elsewhere;

static unsigned name_servers(void *at, struct midge_addr *servers, unsigned cap)
{
    assert_ptr_equal(at, &home);
    assert_int_equal(cap, CAP);
    for (unsigned i = 0; i < cap; i++) {
        servers[i] =
            are_elsewhere ? (struct midge_addr){.family = 4, .bytes = {192, 0, 2, 1}} : loopback;
    }
    return said; /* more than there is room for, too */
}

static unsigned only_ipv4(void *at)
{
    assert_ptr_equal(at, &home);
    return 1;
}

static int server_open(void **state)
{
    (void)state;
    server_fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    return server_fd < 0;
}

static int server_close(void **state)
{
    (void)state;
    return close(server_fd);
}

/* To the socket of the one lookup. */
static void answer_from_server(const uint8_t *question)
{
    struct sockaddr_in to = {.sin_family = AF_INET};
    socklen_t len = sizeof to;
    struct midge_pollfd own[8];
    size_t n;
    int limit = -1;

    assert_int_equal(port.interest(port.ctx, own, 8, &n, &limit), MIDGE_OK);
    assert_int_equal(n, 2);
    assert_int_equal(getsockname((int)own[1].sock, (struct sockaddr *)&to, &len), 0);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(sendto(server_fd, question, 30, 0, (struct sockaddr *)&to, sizeof to), 30);
}

static void servers_from_a_callback(void **state)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    struct midge_dns_query query = {.family = 0};
    struct midge_bsd_config config = {
        .home = &home, .name_servers = name_servers, .families = only_ipv4};
    uint8_t bytes[512];

    (void)state;
    assert_int_equal(bind(server_fd, (struct sockaddr *)&at, len), 0);
    assert_int_equal(getsockname(server_fd, (struct sockaddr *)&at, &len), 0);
    config.name_port = ntohs(at.sin_port);
    attach(&config);
    said = 0;
    assert_int_equal(port.dns_start(port.ctx, "a.example", &query), MIDGE_OK);
    assert_true(query.done);
    assert_int_equal(query.native, 11); /* no server */
    said = 1000;
    assert_int_equal(port.dns_start(port.ctx, "a.example", &query), MIDGE_OK);
    assert_false(query.done);
    assert_true(recv(server_fd, bytes, sizeof bytes, 0) > 12);
    assert_int_equal(recv(server_fd, bytes, sizeof bytes, 0), -1); /* one family, one question */
    are_elsewhere = true; /* an answer is compared with CAP addresses, not with 1000 */
    answer_from_server(bytes);
    assert_int_equal(port.poll(port.ctx, NULL, 0, 0), MIDGE_OK);
    assert_false(query.done);
    port.dns_cancel(port.ctx, &query);
    midge_bsd_detach(&port);
}

/* --- A long answer: the name server sends the address by TCP only --- */

struct name_server {
    int udp, listener, conn;
    uint8_t question[512];
    size_t len, got; /* got: of the question by TCP, with its length before it */
};

static void serve_udp(struct name_server *s)
{
    struct sockaddr_in from;
    socklen_t from_len = sizeof from;
    const ssize_t n =
        recvfrom(s->udp, s->question, sizeof s->question, 0, (struct sockaddr *)&from, &from_len);

    if (n > 12) {
        s->len = (size_t)n;
        s->question[2] = 0x82; /* an answer, cut off */
        (void)sendto(s->udp, s->question, s->len, 0, (struct sockaddr *)&from, from_len);
    }
}

static void serve_tcp(struct name_server *s)
{
    static const uint8_t record[] = {0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 77};
    uint8_t asked[600];
    ssize_t n;

    if (s->conn < 0) {
        s->conn = accept(s->listener, NULL, NULL);
    }
    n = s->conn >= 0 && s->got < 2 + s->len ? recv(s->conn, asked, sizeof asked, MSG_DONTWAIT) : -1;
    s->got += n > 0 ? (size_t)n : 0;
    if (n > 0 && s->got == 2 + s->len) {
        uint8_t answer[600] = {0, (uint8_t)(s->len + sizeof record)};
        memcpy(answer + 2, asked + 2, s->len);
        answer[4] = 0x80;
        answer[9] = 1; /* one record */
        memcpy(answer + 2 + s->len, record, sizeof record);
        (void)!write(s->conn, answer, 2 + s->len + sizeof record);
    }
}

static uint16_t name_server_open(struct name_server *s)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;

    *s = (struct name_server){.conn = -1};
    s->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    assert_int_equal(bind(s->listener, (struct sockaddr *)&at, len), 0);
    assert_int_equal(listen(s->listener, 1), 0);
    assert_int_equal(getsockname(s->listener, (struct sockaddr *)&at, &len), 0);
    s->udp = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    assert_int_equal(bind(s->udp, (struct sockaddr *)&at, len), 0);
    return ntohs(at.sin_port);
}

static void a_long_answer_comes_by_tcp(void **state)
{
    struct name_server s;
    const struct midge_bsd_config config = {
        .servers = &loopback, .n_servers = 1, .name_port = name_server_open(&s)};
    struct midge_dns_query query = {.family = 4};

    (void)state;
    attach(&config);
    assert_int_equal(port.dns_start(port.ctx, "a.example", &query), MIDGE_OK);
    for (int i = 0; i < 1000 && !query.done; i++) { /* each poll ends when something comes */
        serve_udp(&s);
        serve_tcp(&s);
        assert_int_equal(port.poll(port.ctx, NULL, 0, 10), MIDGE_OK);
    }
    assert_true(query.done);
    assert_int_equal(query.err, MIDGE_OK);
    assert_int_equal(query.count, 1);
    assert_int_equal(query.addrs[0].bytes[3], 77);
    assert_int_equal(query.ttl_s, 60);
    midge_bsd_detach(&port);
    assert_int_equal(close(s.conn) | close(s.listener) | close(s.udp), 0);
}

static void one_loopback_address_of_a_family(void **state)
{
    const struct midge_bsd_config config = {.home = NULL};
    struct midge_dns_query query = {.family = 4};

    (void)state;
    attach(&config);
    assert_int_equal(port.dns_start(port.ctx, "LOCALHOST", &query), MIDGE_OK);
    assert_true(query.done && query.count == 1 && query.addrs[0].family == 4);
    query.family = 6;
    assert_int_equal(port.dns_start(port.ctx, "a.localhost.", &query), MIDGE_OK);
    assert_true(query.done && query.count == 1 && query.addrs[0].family == 6);
    query.family = 0;
    assert_int_equal(port.dns_start(port.ctx, "localhost", &query), MIDGE_OK);
    assert_true(query.done && query.count == 2);
    midge_bsd_detach(&port);
}

/* --- Wake --- */

static bool is_awake(const struct midge_port *which)
{
    struct midge_pollfd own[8];
    size_t n;
    int limit = 1000;

    assert_int_equal(which->interest(which->ctx, own, 8, &n, &limit), MIDGE_OK);
    assert_int_equal(n, 1);
    fd_set in;
    struct timeval none = {.tv_sec = 0};
    FD_ZERO(&in);
    FD_SET((int)own[0].sock, &in);
    return select((int)own[0].sock + 1, &in, NULL, NULL, &none) == 1;
}

static void wakes_are_one(void **state)
{
    const struct midge_bsd_config config = {.home = NULL};

    (void)state;
    attach(&config);
    assert_false(is_awake(&port));
    errno = 77;
    for (int i = 0; i < 100000; i++) {
        port.wake(port.ctx);
    }
    assert_int_equal(errno, 77); /* as a signal handler needs it */
    assert_true(is_awake(&port));
    assert_int_equal(port.poll(port.ctx, NULL, 0, -1), MIDGE_OK);
    assert_false(is_awake(&port));
    midge_bsd_detach(&port);
}

/* The socket takes no more: the next poll does not wait, and the one after it does. */
static void a_wake_that_cannot_be_sent(void **state)
{
    const struct midge_bsd_config config = {.home = NULL};
    struct midge_pollfd own;
    size_t n;
    int limit = 500;

    (void)state;
    attach(&config);
    assert_int_equal(port.interest(port.ctx, &own, 1, &n, &limit), MIDGE_OK);
#if MIDGE_BSD_SELECT
    assert_int_equal(shutdown((int)own.sock, SHUT_WR), 0);
#else
    assert_int_equal(write((int)own.sock, &(uint64_t){UINT64_MAX - 1}, 8), 8);
#endif
    errno = 77;
    port.wake(port.ctx);
    assert_int_equal(errno, 77);
    assert_int_equal(port.interest(port.ctx, &own, 1, &n, &limit), MIDGE_OK);
    assert_int_equal(limit, 0);
    assert_int_equal(port.poll(port.ctx, NULL, 0, -1), MIDGE_OK);
    limit = 500;
    assert_int_equal(port.interest(port.ctx, &own, 1, &n, &limit), MIDGE_OK);
    assert_int_equal(limit, 500);
    midge_bsd_detach(&port);
}

static void each_port_has_its_wake(void **state)
{
    const struct midge_bsd_config config = {.home = NULL};
    struct midge_port other = {.ctx = NULL};

    (void)state;
    attach(&config);
    assert_int_equal(midge_bsd_attach(&other, &config), MIDGE_OK);
    other.wake(other.ctx);
    assert_false(is_awake(&port));
    assert_true(is_awake(&other));
    midge_bsd_detach(&other);
    port.wake(port.ctx);
    assert_true(is_awake(&port));
    midge_bsd_detach(&port);
}

#if MIDGE_BSD_SELECT
/* The socket of the wake is connected to itself: other programs cannot wake the port. */
static void foreign_datagrams_do_not_wake(void **state)
{
    const struct midge_bsd_config config = {.home = NULL};
    struct sockaddr_in at = {.sin_family = AF_INET};
    socklen_t len = sizeof at;
    struct midge_pollfd own;
    size_t n;
    int limit = -1, fd;

    (void)state;
    attach(&config);
    assert_int_equal(port.interest(port.ctx, &own, 1, &n, &limit), MIDGE_OK);
    assert_int_equal(limit, 1000);
    assert_int_equal(getsockname((int)own.sock, (struct sockaddr *)&at, &len), 0);
    assert_int_equal(at.sin_addr.s_addr, htonl(INADDR_LOOPBACK));
    fd = socket(AF_INET, SOCK_DGRAM, 0);
    (void)sendto(fd, "x", 1, 0, (struct sockaddr *)&at, len);
    (void)close(fd);
    assert_false(is_awake(&port));
    midge_bsd_detach(&port);
}

/* Takes all descriptors below FD_SETSIZE; returns the last one. */
static int take_low_descriptors(void)
{
    int fd;

    do {
        fd = dup(0);
        assert_true(fd >= 0);
    } while (fd < FD_SETSIZE - 1);
    return fd;
}

static void descriptors_beyond_a_set(void **state)
{
    const struct midge_bsd_config config = {.home = NULL};
    struct midge_port other = {.ctx = NULL};
    struct rlimit limit;
    int native = 0, last;
    midge_sock sock;

    (void)state;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    if (limit.rlim_max < FD_SETSIZE + 64) {
        skip();
    }
    limit.rlim_cur = FD_SETSIZE + 64;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    attach(&config);
    last = take_low_descriptors();
    assert_int_equal(port.connect(port.ctx, &loopback, 9, &sock, &native), MIDGE_ERR_NO_MEMORY);
    assert_int_equal(native, EMFILE);
    assert_int_equal(sock, MIDGE_SOCK_NONE);
    assert_int_equal(midge_bsd_attach(&other, &config), MIDGE_ERR_NO_MEMORY);
    assert_null(other.ctx);
    assert_int_equal(close(last), 0); /* one is enough */
    assert_int_equal(port.connect(port.ctx, &loopback, 9, &sock, &native), MIDGE_OK);
    assert_int_equal(sock, last);
    port.close(port.ctx, sock);
    midge_bsd_detach(&port);
}
#endif

/* --- Zones --- */

static void zones_have_names(void **state)
{
    const struct midge_bsd_config config = {.home = NULL};
    uint32_t scope = 0;

    (void)state;
    attach(&config);
#if MIDGE_BSD_SELECT /* its system header says nothing of if_nametoindex */
    assert_null(port.zone);
#else
    assert_int_equal(port.zone(port.ctx, "lo", &scope), MIDGE_OK);
    assert_true(scope > 0);
    assert_int_equal(port.zone(port.ctx, "no-such-interface", &scope), MIDGE_ERR_ZONE);
#endif
    (void)scope;
    midge_bsd_detach(&port);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_of_the_program),
        cmocka_unit_test(calls_of_the_program_stay),
        cmocka_unit_test_setup_teardown(servers_from_a_callback, server_open, server_close),
        cmocka_unit_test(a_long_answer_comes_by_tcp),
        cmocka_unit_test(one_loopback_address_of_a_family),
        cmocka_unit_test(wakes_are_one),
        cmocka_unit_test(a_wake_that_cannot_be_sent),
        cmocka_unit_test(each_port_has_its_wake),
        cmocka_unit_test(zones_have_names),
#if MIDGE_BSD_SELECT
        cmocka_unit_test(foreign_datagrams_do_not_wake),
        cmocka_unit_test(descriptors_beyond_a_set), /* the last: it leaves descriptors behind */
#else
        cmocka_unit_test(too_many_sockets),
#endif
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
