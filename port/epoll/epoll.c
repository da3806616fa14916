/* SPDX-License-Identifier: MIT */
/*
 * A port that waits by epoll, level-triggered. Section N is step N of port/PORTING.md.
 *
 * The client names the events that it wants in each poll; epoll remembers them. A table by
 * descriptor says which events epoll has, and epoll is told of a change only when it must know:
 *
 *     wanted, and epoll does not have it     at once, before the wait
 *     epoll has it, and it is not wanted     when it comes: then it would come again and again
 *
 * So a new connection costs two calls of epoll_ctl (writable, then readable), a request on an open
 * one none, and a closed descriptor none, as Linux takes it from epoll itself.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "epoll.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <midge/err.h>

#include <localhost.h>

#define MIDGE__BSD(call)       call
#define MIDGE__BSD_OPEN        open_socket
#define MIDGE__BSD_SEND_FLAGS  MSG_NOSIGNAL
#define MIDGE__BSD_INTERRUPTED (errno == EINTR)
#define MIDGE__BSD_IPV4        1
#define MIDGE__BSD_IPV6        1
#define MIDGE__BSD_LOOKUPS     4

static int open_socket(int family, int type);

#include <bsd_names.h>

enum {
    OWN = 1 + MIDGE__BSD_NAME_SOCKS, /* the wake's, and those of lookups */
    FDS = EPOLL_SOCKS + OWN + 64,    /* descriptors below this number; some are the program's */
    AT_ONCE = 32                     /* events that one wait returns; others come with the next */
};

struct watched {
    struct midge_pollfd *at; /* its entry in the poll in progress; NULL: it has none */
    uint8_t has;             /* MIDGE_POLL_IN | MIDGE_POLL_OUT that epoll has */
    bool is_in;              /* it is in epoll */
};

static struct {
    struct midge_port port;
    int epoll_fd, wake_fd;
    size_t n_socks;
    struct watched watched[FDS]; /* by descriptor */
    struct midge__bsd_names names;
    struct midge_addr server;
} p;

/* --- 1. Clocks --- */

static uint64_t clock_us(void *ctx)
{
    struct timespec t;

    (void)ctx;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000u + (uint64_t)t.tv_nsec / 1000u;
}

static uint32_t clock_ms(void *ctx)
{
    return (uint32_t)(clock_us(ctx) / 1000u);
}

static int64_t wall_time(void *ctx)
{
    (void)ctx;
    return (int64_t)time(NULL);
}

/* --- 2. Entropy --- */

static int entropy(void *ctx, uint8_t *buf, size_t len)
{
    (void)ctx;
    while (len > 0) {
        const ssize_t n = getrandom(buf, len, 0);
        if (n < 0 && errno != EINTR) {
            return MIDGE_ERR_ENTROPY;
        }
        buf += n > 0 ? n : 0;
        len -= n > 0 ? (size_t)n : 0;
    }
    return MIDGE_OK;
}

/* --- 3. Poll and wake --- */

static uint32_t to_epoll(uint8_t events)
{
    return (uint32_t)(((events & MIDGE_POLL_IN) ? EPOLLIN : 0) |
                      ((events & MIDGE_POLL_OUT) ? EPOLLOUT : 0));
}

/* A hang-up or an error makes every wanted direction ready, so that recv or send gets the code. */
static uint8_t from_epoll(uint32_t events, uint8_t wanted)
{
    if (events & (EPOLLERR | EPOLLHUP)) {
        return (uint8_t)(MIDGE_POLL_ERR | wanted);
    }
    return (uint8_t)(((events & EPOLLIN) ? MIDGE_POLL_IN : 0) |
                     ((events & EPOLLOUT) ? MIDGE_POLL_OUT : 0));
}

static bool tell_epoll(int fd, uint8_t events)
{
    struct watched *w = &p.watched[fd];
    struct epoll_event event = {.events = to_epoll(events), .data.fd = fd};

    if (epoll_ctl(p.epoll_fd, w->is_in ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event) != 0) {
        return false;
    }
    w->is_in = true;
    w->has = events;
    return true;
}

/* Errors come always: a descriptor of which nothing is wanted leaves epoll. */
static void leave_epoll(int fd)
{
    (void)epoll_ctl(p.epoll_fd, EPOLL_CTL_DEL, fd, NULL);
    p.watched[fd] = (struct watched){.at = NULL};
}

static bool watch(struct midge_pollfd *fds, size_t n)
{
    bool all = true;

    for (size_t i = 0; i < n; i++) {
        struct watched *w;
        fds[i].revents = 0;
        if (fds[i].sock == MIDGE_SOCK_NONE) {
            continue;
        }
        w = &p.watched[fds[i].sock];
        w->at = &fds[i];
        if (!w->is_in || (fds[i].events & ~w->has) != 0) {
            all = tell_epoll((int)fds[i].sock, fds[i].events) && all;
        }
    }
    return all;
}

static void take(const struct epoll_event *event)
{
    const int fd = event->data.fd;
    struct midge_pollfd *at = p.watched[fd].at;

    if (at == NULL) {
        leave_epoll(fd);
        return;
    }
    at->revents = from_epoll(event->events, at->events);
    if ((at->revents & ~(at->events | MIDGE_POLL_ERR)) != 0) {
        at->revents &= at->events;
        (void)tell_epoll(fd, at->events);
    }
}

static void forget(const struct midge_pollfd *fds, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (fds[i].sock != MIDGE_SOCK_NONE) {
            p.watched[fds[i].sock].at = NULL;
        }
    }
}

static size_t list_own(struct midge_pollfd *own, size_t cap)
{
    if (cap > 0) {
        own[0] = (struct midge_pollfd){.sock = p.wake_fd, .events = MIDGE_POLL_IN};
    }
    return 1 + midge__bsd_names_interest(&p.names, cap > 0 ? own + 1 : NULL, cap > 0 ? cap - 1 : 0);
}

static int port_poll(void *ctx, struct midge_pollfd *fds, size_t n, int timeout_ms)
{
    struct midge_pollfd own[OWN];
    struct epoll_event events[AT_ONCE];
    const size_t n_own = list_own(own, OWN);
    uint64_t count;
    int ready = -1;

    (void)ctx;
    if (n > EPOLL_SOCKS) {
        return MIDGE_ERR_INVALID;
    }
    if (watch(fds, n) && watch(own, n_own)) {
        ready =
            epoll_wait(p.epoll_fd, events, AT_ONCE, midge__bsd_names_sleep(&p.names, timeout_ms));
        ready = ready < 0 && errno == EINTR ? 0 : ready;
    }
    for (int i = 0; i < ready; i++) {
        take(&events[i]);
    }
    forget(fds, n);
    forget(own, n_own);
    if (own[0].revents != 0) {
        (void)!read(p.wake_fd, &count, sizeof count);
    }
    midge__bsd_names_run(&p.names);
    return ready < 0 ? MIDGE_ERR_PORT : MIDGE_OK;
}

/* Also for signal handlers. */
static void port_wake(void *ctx)
{
    const uint64_t one = 1;
    const int code = errno;

    (void)ctx;
    (void)!write(p.wake_fd, &one, sizeof one); /* it fails if a wake is pending already */
    errno = code;
}

static int interest(void *ctx, struct midge_pollfd *fds, size_t cap, size_t *n, int *timeout_ms)
{
    (void)ctx;
    *n = list_own(fds, cap);
    *timeout_ms = midge__bsd_names_sleep(&p.names, *timeout_ms);
    return MIDGE_OK;
}

/* --- 4. Connections --- */

/* All sockets come from here, those of lookups too: what epoll had of the descriptor went with its
   last owner. */
static int open_socket(int family, int type)
{
    const int fd = socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd >= FDS) {
        (void)close(fd);
        errno = EMFILE;
        return -1;
    }
    if (fd >= 0) {
        p.watched[fd] = (struct watched){.at = NULL};
    }
    return fd;
}

static int sock_connect(void *ctx, const struct midge_addr *addr, uint16_t port, midge_sock *sock,
                        int *native)
{
    int err;

    (void)ctx;
    if (p.n_socks == EPOLL_SOCKS) {
        *sock = MIDGE_SOCK_NONE;
        return midge__bsd_connect_fails(EMFILE, native);
    }
    err = midge__bsd_connect(addr, port, sock, native);
    p.n_socks += err == MIDGE_OK;
    return err;
}

/* SO_ERROR is 0 both for "connected" and for "not yet"; only a connected socket has a peer. */
static int sock_connected(void *ctx, midge_sock sock, int *native)
{
    struct sockaddr_storage peer;
    socklen_t peer_len = sizeof peer;
    int code = 0;
    socklen_t code_len = sizeof code;

    (void)ctx;
    midge__native(native, 0);
    if (getsockopt((int)sock, SOL_SOCKET, SO_ERROR, &code, &code_len) != 0) {
        code = errno;
    }
    if (code == 0 && getpeername((int)sock, (struct sockaddr *)&peer, &peer_len) == 0) {
        return MIDGE_OK;
    }
    if (code == 0 && errno == ENOTCONN) {
        return MIDGE_ERR_AGAIN;
    }
    return midge__bsd_connect_fails(code != 0 ? code : errno, native);
}

static void sock_close(void *ctx, midge_sock sock)
{
    (void)ctx;
    (void)close((int)sock);
    p.n_socks--;
}

/* --- 5. Bytes --- */

static int sock_recv(void *ctx, midge_sock sock, uint8_t *buf, size_t cap, size_t *n, int *native)
{
    (void)ctx;
    return midge__bsd_recv(sock, buf, cap, n, native);
}

static int sock_send(void *ctx, midge_sock sock, const uint8_t *buf, size_t len, size_t *n,
                     int *native)
{
    (void)ctx;
    return midge__bsd_send(sock, buf, len, n, native);
}

/* --- 6. Limits --- */

/* EPOLL_SOCKS connections (sock_connect, port_poll), descriptors below FDS (open_socket). */

/* --- 7. Names --- */

static unsigned servers(const struct midge__resolver *r, struct midge_addr *out, unsigned cap)
{
    (void)r;
    out[0] = p.server;
    return cap > 0;
}

static unsigned families(const struct midge__resolver *r)
{
    (void)r;
    return 3; /* both: the client tries the addresses beside each other */
}

static int random_bytes(const struct midge__resolver *r, uint8_t *buf, size_t len)
{
    return entropy(r->port->ctx, buf, len);
}

static const struct midge__resolver_net net = {.servers = servers,
                                               .families = families,
                                               .random = random_bytes,
                                               .send = midge__bsd_names_send,
                                               .close = midge__bsd_names_close};

static int dns_start(void *ctx, const char *host, struct midge_dns_query *query)
{
    (void)ctx;
    query->ttl_s = 0;
    if (!midge__is_localhost(host)) {
        return midge__resolver_start(&p.names.resolver, host, query);
    }
    query->addrs[0] = (struct midge_addr){.family = 4, .bytes = {127, 0, 0, 1}};
    query->count = query->family != 6;
    query->err = query->count > 0 ? MIDGE_OK : MIDGE_ERR_RESOLVE;
    query->native = 0;
    query->done = 1;
    return MIDGE_OK;
}

static void dns_cancel(void *ctx, struct midge_dns_query *query)
{
    (void)ctx;
    midge__resolver_cancel(&p.names.resolver, query);
}

/* --- 8. Files --- */

/* None. */

/* --- Open and close --- */

static const struct midge_port calls = {.clock_ms = clock_ms,
                                        .clock_us = clock_us,
                                        .wall_time = wall_time,
                                        .entropy = entropy,
                                        .dns_start = dns_start,
                                        .dns_cancel = dns_cancel,
                                        .connect = sock_connect,
                                        .connected = sock_connected,
                                        .recv = sock_recv,
                                        .send = sock_send,
                                        .close = sock_close,
                                        .poll = port_poll,
                                        .wake = port_wake,
                                        .interest = interest};

struct midge_port *epoll_port_open(const struct midge_addr *server, uint16_t server_port)
{
    memset(&p, 0, sizeof p);
    p.port = calls;
    p.server = *server;
    midge__bsd_names_open(&p.names, &net, &p.port);
    p.names.resolver.server_port = server_port;
    p.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    p.wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (p.epoll_fd < 0 || p.wake_fd < 0 || p.wake_fd >= FDS) {
        epoll_port_close(&p.port);
        return NULL;
    }
    return &p.port;
}

void epoll_port_close(struct midge_port *port)
{
    (void)port;
    if (p.epoll_fd >= 0) {
        (void)close(p.epoll_fd);
    }
    if (p.wake_fd >= 0) {
        (void)close(p.wake_fd);
    }
}
