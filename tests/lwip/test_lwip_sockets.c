/* SPDX-License-Identifier: MIT */
/*
 * What of port/lwip_sockets no peer can see: its own resources, full mailboxes and tables, lookups
 * that outlive it. (tests/conformance holds the port against port.h.) lwIP runs for the whole
 * program; the name server is a socket of the test's, that answers when the test says so.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#define LWIP_DONT_PROVIDE_BYTEORDER_FUNCTIONS /* the system's */

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <lwip/api.h>
#include <lwip/mem.h>
#include <lwip/sys.h>
#include <lwip/tcpip.h>
#include <midge/err.h>
#include <midge/port_lwip.h>

#include "machine.h"

enum { HANG_SECONDS = 60, MANY = 256 };

static struct midge_port port;
static int name_server;
static unsigned heap_at_start; /* of lwIP's */

static int attach(void **state)
{
    (void)state;
    return midge_lwip_sockets_attach(&port);
}

static int detach(void **state)
{
    (void)state;
    midge_lwip_sockets_detach(&port);
    return 0;
}

static struct machine_use in_use(void)
{
    struct machine_use use;

    machine_use(&use);
    return use;
}

static void poll_once(int timeout_ms)
{
    assert_int_equal(port.poll(port.ctx, NULL, 0, timeout_ms), MIDGE_OK);
}

/* --- The name server --- */

static unsigned short open_name_server(void)
{
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof in;

    name_server = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(name_server, (struct sockaddr *)&in, len), 0);
    assert_int_equal(getsockname(name_server, (struct sockaddr *)&in, &len), 0);
    return ntohs(in.sin_port);
}

/* Polls until a question comes, and says that there is no such name; its first letter. */
static char answer_one(void)
{
    struct sockaddr_in from;
    socklen_t from_len = sizeof from;
    uint8_t text[512];
    ssize_t len;

    while ((len = recvfrom(name_server, text, sizeof text, MSG_DONTWAIT, (struct sockaddr *)&from,
                           &from_len)) < 0)
        poll_once(10);
    assert_true(len > 12);
    text[2] = 0x81;
    text[3] = 0x83;
    assert_int_equal(sendto(name_server, text, (size_t)len, 0, (struct sockaddr *)&from, from_len),
                     len);
    return (char)text[13];
}

static bool drop_question(int flags)
{
    uint8_t text[512];

    return recv(name_server, text, sizeof text, flags) > 12;
}

static void finish(struct midge_dns_query *query)
{
    while (!query->done)
        poll_once(-1);
    assert_int_equal(query->err, MIDGE_ERR_RESOLVE);
}

/* --- Attach and detach --- */

static void one_at_a_time(void **state)
{
    struct midge_port other = port;

    (void)state;
    assert_int_equal(midge_lwip_sockets_attach(&other), MIDGE_ERR_BUSY);
    midge_lwip_sockets_detach(&port);
    assert_int_equal(midge_lwip_sockets_attach(&other), MIDGE_OK);
    other.wake(other.ctx);
    assert_int_equal(other.poll(other.ctx, NULL, 0, -1), MIDGE_OK);
}

static void a_zone_is_an_interface(void **state)
{
    uint32_t scope;

    (void)state;
    assert_int_equal(port.zone(port.ctx, "sl0", &scope), MIDGE_OK);
    assert_int_equal(scope, 1);
    assert_int_equal(port.zone(port.ctx, "sl1", &scope), MIDGE_ERR_ZONE);
    assert_int_equal(port.zone(port.ctx, "eth0", &scope), MIDGE_ERR_ZONE);
}

/* lwIP keeps 8 bits of it: no other interface is taken instead. */
static void a_zone_that_is_too_large(void **state)
{
    const struct midge_addr addr = {.family = 6, .bytes = {0xfe, 0x80}, .scope = 257};
    midge_sock sock;
    int native;

    (void)state;
    assert_int_equal(port.connect(port.ctx, &addr, 80, &sock, &native), MIDGE_ERR_CONNECT);
    assert_int_not_equal(native, 0);
}

static void leaves_nothing(void **state)
{
    const struct machine_use before = in_use();

    (void)state;
    for (int i = 0; i < 50; i++) {
        assert_int_equal(midge_lwip_sockets_attach(&port), MIDGE_OK);
        port.wake(port.ctx); /* its message may still be on the way */
        midge_lwip_sockets_detach(&port);
    }
    const struct machine_use after = in_use();
    assert_memory_equal(&before, &after, sizeof before);
}

static void no_socket_left(void **state)
{
    struct netconn *taken[MANY];
    size_t n = 0;

    (void)state;
    while ((taken[n] = netconn_new(NETCONN_UDP)) != NULL)
        n++;
    assert_int_equal(midge_lwip_sockets_attach(&port), MIDGE_ERR_NO_MEMORY);
    while (n > 0)
        assert_int_equal(netconn_delete(taken[--n]), ERR_OK);
    assert_int_equal(midge_lwip_sockets_attach(&port), MIDGE_OK);
    midge_lwip_sockets_detach(&port);
}

/* --- A server that hangs --- */

static int open_server(uint16_t *number)
{
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    const int small = 4096;
    socklen_t len = sizeof in;
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small), 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&in, len), 0);
    assert_int_equal(listen(fd, 8), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&in, &len), 0);
    *number = ntohs(in.sin_port);
    return fd;
}

/* Its kernel takes what fits and answers, the program takes nothing. */
static void a_full_send_buffer_is_given_up(void **state)
{
    static const struct midge_addr router = {.family = 4, .bytes = {192, 0, 2, 2}};
    static const uint8_t zeros[1000];
    const unsigned before = in_use().heap;
    struct midge_pollfd fd = {.sock = MIDGE_SOCK_NONE, .events = MIDGE_POLL_OUT};
    uint16_t number;
    const int server = open_server(&number);
    size_t n, total = 0;

    (void)state;
    assert_int_equal(port.connect(port.ctx, &router, number, &fd.sock, NULL), MIDGE_OK);
    do { /* until it has not been writable for a while */
        if (port.send(port.ctx, fd.sock, zeros, sizeof zeros, &n, NULL) == MIDGE_OK)
            total += n;
        assert_int_equal(port.poll(port.ctx, &fd, 1, 500), MIDGE_OK);
    } while (fd.revents != 0);
    while (port.send(port.ctx, fd.sock, zeros, sizeof zeros, &n, NULL) == MIDGE_OK)
        total += n;
    assert_true(total > 0);
    assert_true(in_use().heap > before);
    port.close(port.ctx, fd.sock);
    while (in_use().heap > before)
        poll_once(10);
    assert_int_equal(close(server), 0);
}

/* --- lwIP's messages --- */

static void nothing(void *arg)
{
    (void)arg;
}

static size_t take_messages(struct tcpip_callback_msg *taken[])
{
    size_t n = 0;

    while ((taken[n] = tcpip_callbackmsg_new(nothing, NULL)) != NULL)
        n++;
    return n;
}

static void give_messages(struct tcpip_callback_msg *taken[], size_t n)
{
    while (n > 0)
        tcpip_callbackmsg_delete(taken[--n]);
}

static void no_message_left(void **state)
{
    struct tcpip_callback_msg *taken[MANY];
    const unsigned sockets = in_use().sockets;
    const size_t n = take_messages(taken);

    (void)state;
    assert_int_equal(midge_lwip_sockets_attach(&port), MIDGE_ERR_NO_MEMORY);
    give_messages(taken, n);
    assert_int_equal(in_use().sockets, sockets);
}

static void lookup_waits_for_a_message(void **state)
{
    struct tcpip_callback_msg *taken[MANY];
    struct midge_dns_query query = {0};
    const size_t n = take_messages(taken);

    (void)state;
    assert_int_equal(port.dns_start(port.ctx, "one.test", &query), MIDGE_OK);
    poll_once(0);
    give_messages(taken, n);
    (void)answer_one(); /* a poll asks again */
    finish(&query);
}

static void signal_it(void *arg)
{
    sys_sem_signal(arg);
}

/* Until lwIP's thread has taken all that is in its mailbox now. */
static void flush_mailbox(void)
{
    sys_sem_t done;

    assert_int_equal(sys_sem_new(&done, 0), ERR_OK);
    assert_int_equal(tcpip_callback(signal_it, &done), ERR_OK);
    (void)sys_arch_sem_wait(&done, 0);
    sys_sem_free(&done);
}

/* Holds lwIP's thread until the test signals. */
static void hold(void *arg)
{
    sys_sem_t *sems = arg;

    sys_sem_signal(&sems[0]);
    (void)sys_arch_sem_wait(&sems[1], 0);
}

static void wake_finds_the_mailbox_full(void **state)
{
    struct tcpip_callback_msg *message = tcpip_callbackmsg_new(nothing, NULL);
    sys_sem_t sems[2];

    (void)state;
    assert_int_equal(sys_sem_new(&sems[0], 0), ERR_OK);
    assert_int_equal(sys_sem_new(&sems[1], 0), ERR_OK);
    assert_int_equal(tcpip_callback(hold, sems), ERR_OK);
    (void)sys_arch_sem_wait(&sems[0], 0);
    while (tcpip_callbackmsg_trycallback(message) == ERR_OK)
        ;
    port.wake(port.ctx);
    poll_once(-1); /* lwIP's thread stands still: only the flag can end this */
    sys_sem_signal(&sems[1]);
    port.wake(port.ctx); /* and it can still be woken */
    poll_once(-1);
    flush_mailbox();
    sys_sem_free(&sems[0]);
    sys_sem_free(&sems[1]);
    tcpip_callbackmsg_delete(message);
}

/* --- Lookups --- */

static void no_heap_left(void **state)
{
    struct midge_dns_query query = {0};
    void *taken[MANY];
    size_t n = 0;

    (void)state;
    for (mem_size_t size = 8192; size >= 16; size /= 2)
        while (n < MANY && (taken[n] = mem_malloc(size)) != NULL)
            n++;
    assert_int_equal(port.dns_start(port.ctx, "two.test", &query), MIDGE_ERR_NO_MEMORY);
    assert_null(query.impl);
    while (n > 0)
        mem_free(taken[--n]);
}

/* lwIP keeps four. The fifth waits for room, which a cancelled one holds until it is answered. */
static void more_than_lwip_keeps(void **state)
{
    static const char *const names[] = {"a.test", "b.test", "c.test", "d.test", "e.test", "f.test"};
    struct midge_dns_query queries[6] = {0};

    (void)state;
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(port.dns_start(port.ctx, names[i], &queries[i]), MIDGE_OK);
    poll_once(0);
    port.dns_cancel(port.ctx, &queries[0]);
    port.dns_cancel(port.ctx, &queries[5]);
    for (size_t i = 0; i < 5; i++)
        (void)answer_one();
    for (size_t i = 1; i < 5; i++)
        finish(&queries[i]);
    assert_false(queries[0].done);
    assert_false(queries[5].done);
}

/* A silent name server does not delay lookups that begin after the others were cancelled. */
static void cancelled_ones_make_room(void **state)
{
    static const char *const names[] = {"g.test", "h.test", "i.test", "j.test", "k.test"};
    struct midge_dns_query queries[5] = {0};

    (void)state;
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(port.dns_start(port.ctx, names[i], &queries[i]), MIDGE_OK);
    flush_mailbox();
    for (size_t i = 0; i < 4; i++) {
        port.dns_cancel(port.ctx, &queries[i]);
        drop_question(0);
    }
    while (drop_question(MSG_DONTWAIT)) /* asked again meanwhile */
        ;
    assert_int_equal(port.dns_start(port.ctx, names[4], &queries[4]), MIDGE_OK);
    assert_int_equal(answer_one(), 'k'); /* none of the others is asked again before */
    finish(&queries[4]);
}

/* Detached with lookups under way: their records are lwIP's to free. */
static void lookups_outlive_the_port(void **state)
{
    struct midge_dns_query queries[6] = {0};
    char name[] = "0.late.test";

    (void)state;
    assert_int_equal(midge_lwip_sockets_attach(&port), MIDGE_OK);
    for (int i = 0; i < 6; i++) {
        name[0] = (char)('0' + i);
        assert_int_equal(port.dns_start(port.ctx, name, &queries[i]), MIDGE_OK);
    }
    port.dns_cancel(port.ctx, &queries[2]);
    midge_lwip_sockets_detach(&port);
    memset(queries, 0xa5, sizeof queries);
    assert_int_equal(midge_lwip_sockets_attach(&port), MIDGE_OK);
    for (int i = 0; i < 4; i++)
        (void)answer_one();
    while (in_use().heap > heap_at_start)
        poll_once(10);
    for (size_t i = 0; i < sizeof queries; i++)
        assert_int_equal(((const uint8_t *)queries)[i], 0xa5);
    midge_lwip_sockets_detach(&port);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(one_at_a_time, attach, detach),
        cmocka_unit_test_setup_teardown(a_zone_is_an_interface, attach, detach),
        cmocka_unit_test_setup_teardown(a_zone_that_is_too_large, attach, detach),
        cmocka_unit_test(leaves_nothing),
        cmocka_unit_test(no_socket_left),
        cmocka_unit_test_setup_teardown(a_full_send_buffer_is_given_up, attach, detach),
        cmocka_unit_test(no_message_left),
        cmocka_unit_test_setup_teardown(lookup_waits_for_a_message, attach, detach),
        cmocka_unit_test_setup_teardown(wake_finds_the_mailbox_full, attach, detach),
        cmocka_unit_test_setup_teardown(no_heap_left, attach, detach),
        cmocka_unit_test_setup_teardown(more_than_lwip_keeps, attach, detach),
        cmocka_unit_test_setup_teardown(cancelled_ones_make_room, attach, detach),
        cmocka_unit_test(lookups_outlive_the_port),
    };
    int failed;

    (void)alarm(HANG_SECONDS);
    machine_open(&port, open_name_server());
    heap_at_start = in_use().heap;
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    machine_close();
    (void)close(name_server);
    return failed;
}
