/* SPDX-License-Identifier: MIT */
/*
 * The desktop port: the ops table, poll(2) and wake. For Linux and systems with
 * the same calls: eventfd, getrandom, SOCK_NONBLOCK.
 */
#include "posix.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "../bsd_poll.h"

#define DEFAULT_MAX_SOCKS 256

/* --- Wake --- */

/* Also called from signal handlers: it only uses write(2), and restores the interrupted code's
   errno. */
static void wake(void *ctx)
{
    const struct posix *p = ctx;
    const uint64_t one = 1;
    int saved = errno;

    /* EAGAIN means the counter is full: a wake is pending already. */
    while (write(p->wake_fd, &one, sizeof one) < 0 && errno == EINTR) {
    }
    errno = saved;
}

static void drain_wake(const struct posix *p)
{
    uint64_t count;
    while (read(p->wake_fd, &count, sizeof count) < 0 && errno == EINTR) {
    }
}

/* --- Poll --- */

static int posix_poll(void *ctx, struct midge_pollfd *fds, size_t n, int timeout_ms)
{
    struct posix *p = ctx;
    struct pollfd *dns;
    size_t n_dns;
    int ready;

    if (n > p->max_socks) {
        return MIDGE_ERR_INVALID;
    }
    midge__bsd_fill(p->polled, fds, n);
    p->polled[n] = (struct pollfd){.fd = p->wake_fd, .events = POLLIN};
    dns = &p->polled[n + 1];
    n_dns = midge__posix_dns_interest(p, dns, &timeout_ms);
    ready = poll(p->polled, (nfds_t)(n + 1 + n_dns), timeout_ms);
    if (ready < 0 && errno != EINTR && errno != EAGAIN) {
        return MIDGE_ERR_PORT;
    }
    /* After EINTR all revents are still the zeros from above: an early return with nothing
       ready. */
    for (size_t i = 0; i < n; i++) {
        fds[i].revents = midge__bsd_revents(p->polled[i].revents, fds[i].events);
    }
    if (p->polled[n].revents != 0) {
        drain_wake(p);
    }
    midge__posix_dns_process(p, dns, n_dns);
    return MIDGE_OK;
}

static int interest(void *ctx, struct midge_pollfd *fds, size_t cap, size_t *n, int *timeout_ms)
{
    struct posix *p = ctx;
    struct pollfd own[1 + POSIX_DNS_SOCKS];

    own[0] = (struct pollfd){.fd = p->wake_fd, .events = POLLIN};
    *n = 1 + midge__posix_dns_interest(p, &own[1], timeout_ms);
    for (size_t i = 0; i < *n && i < cap; i++) {
        fds[i].sock = own[i].fd;
        fds[i].events = midge__bsd_revents(own[i].events, 0);
        fds[i].revents = 0;
    }
    return MIDGE_OK;
}

/* --- Open and close --- */

static const struct midge_port ops = {
    .clock_ms = midge__posix_clock_ms,
    .clock_us = midge__posix_clock_us,
    .wall_time = midge__posix_wall_time,
    .entropy = midge__posix_entropy,
    .dns_start = midge__posix_dns_start,
    .dns_cancel = midge__posix_dns_cancel,
    .zone = midge__posix_zone,
    .connect = midge__posix_connect,
    .connected = midge__posix_connected,
    .recv = midge__posix_recv,
    .send = midge__posix_send,
    .close = midge__posix_sock_close,
    .poll = posix_poll,
    .interest = interest,
    .wake = wake,
    .file_open = midge__posix_file_open,
    .file_size = midge__posix_file_size,
    .file_seek = midge__posix_file_seek,
    .file_read = midge__posix_file_read,
    .file_write = midge__posix_file_write,
    .file_finish = midge__posix_file_finish,
};

static struct posix *posix_alloc(size_t max_socks)
{
    const size_t room = (SIZE_MAX - sizeof(struct posix)) / sizeof(struct pollfd);
    struct posix *p;

    if (max_socks > room - 1 - POSIX_DNS_SOCKS) {
        return NULL;
    }
    p = calloc(1, sizeof *p + (max_socks + 1 + POSIX_DNS_SOCKS) * sizeof p->polled[0]);
    if (p != NULL) {
        p->port = ops;
        p->port.ctx = p;
        p->max_socks = max_socks;
        p->wake_fd = -1;
    }
    return p;
}

static int posix_start(struct posix *p)
{
    uint8_t probe;

    /* Only the first call of getrandom can block (on a freshly booted kernel). */
    if (midge__posix_entropy(p, &probe, sizeof probe) != MIDGE_OK) {
        return MIDGE_ERR_ENTROPY;
    }
    p->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (p->wake_fd < 0) {
        return MIDGE_ERR_PORT;
    }
    return midge__posix_dns_open(p);
}

int midge_posix_open(struct midge_port **port, size_t max_socks)
{
    struct posix *p = posix_alloc(max_socks == 0 ? DEFAULT_MAX_SOCKS : max_socks);
    int err;

    *port = NULL;
    if (p == NULL) {
        return MIDGE_ERR_NO_MEMORY;
    }
    err = posix_start(p);
    if (err != MIDGE_OK) {
        midge_posix_close(&p->port);
        return err;
    }
    *port = &p->port;
    return MIDGE_OK;
}

void midge_posix_close(struct midge_port *port)
{
    struct posix *p;

    if (port == NULL) {
        return;
    }
    p = port->ctx;
    midge__posix_dns_close(p);
    if (p->wake_fd >= 0) {
        (void)close(p->wake_fd);
    }
    free(p);
}
