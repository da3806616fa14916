/* SPDX-License-Identifier: MIT */
/*
 * Waits by select, for stacks that have no poll, or a poor one. Descriptors from FD_SETSIZE on have
 * no place in a set: socket.c refuses them.
 *
 * select has no "error" as POSIX defines it: a socket that failed is readable and writable. So a
 * socket of which only errors are wanted (events 0) reports none, except where the third set has
 * them (MIDGE_BSD_EXCEPT_IS_ERROR); the error comes when a direction is wanted again. Asking for
 * SO_ERROR in between would clear the error, after which recv says EOF: a cut that looks complete.
 */
#include "bsd.h"

#if MIDGE_BSD_SELECT

struct sets {
    fd_set in, out, except;
    int end; /* the largest descriptor + 1 */
};

static void add(struct sets *sets, const struct midge_pollfd *fds, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const unsigned fd = (unsigned)fds[i].sock;
        if (fds[i].sock < 0) {
            continue; /* as poll does */
        }
        if (fds[i].events & MIDGE_POLL_IN) {
            FD_SET(fd, &sets->in);
        }
        if (fds[i].events & MIDGE_POLL_OUT) {
            FD_SET(fd, &sets->out);
        }
        if (MIDGE_BSD_EXCEPT_IS_ERROR) {
            FD_SET(fd, &sets->except);
        }
        sets->end = (int)fd >= sets->end ? (int)fd + 1 : sets->end;
    }
}

static uint8_t revents(struct sets *sets, unsigned fd, uint8_t wanted)
{
    uint8_t out = 0;

    if (MIDGE_BSD_EXCEPT_IS_ERROR && FD_ISSET(fd, &sets->except)) {
        return (uint8_t)(MIDGE_POLL_ERR | (wanted & (MIDGE_POLL_IN | MIDGE_POLL_OUT)));
    }
    if ((wanted & MIDGE_POLL_IN) && FD_ISSET(fd, &sets->in)) {
        out |= MIDGE_POLL_IN;
    }
    if ((wanted & MIDGE_POLL_OUT) && FD_ISSET(fd, &sets->out)) {
        out |= MIDGE_POLL_OUT;
    }
    return out;
}

/* ready: 0 or less means that the sets are not valid. */
static void take(struct sets *sets, int ready, struct midge_pollfd *fds, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        fds[i].revents =
            ready > 0 && fds[i].sock >= 0 ? revents(sets, (unsigned)fds[i].sock, fds[i].events) : 0;
    }
}

static void clear(struct sets *sets)
{
    FD_ZERO(&sets->in);
    FD_ZERO(&sets->out);
    FD_ZERO(&sets->except);
    sets->end = 0;
}

/* Negative: no limit. */
static int wait(struct sets *sets, int timeout_ms)
{
    struct timeval limit = {.tv_sec = timeout_ms / 1000, .tv_usec = timeout_ms % 1000 * 1000};

    return MIDGE_BSD(select)(sets->end, &sets->in, &sets->out,
                             MIDGE_BSD_EXCEPT_IS_ERROR ? &sets->except : NULL,
                             timeout_ms < 0 ? NULL : &limit);
}

bool midge__bsd_is_writable(int fd)
{
    const struct midge_pollfd one = {.sock = fd, .events = MIDGE_POLL_OUT};
    struct sets sets;

    clear(&sets);
    add(&sets, &one, 1);
    return wait(&sets, 0) != 0;
}

int midge__bsd_wait(struct bsd *p, struct midge_pollfd *fds, size_t n, struct midge_pollfd *own,
                    size_t n_own, int timeout_ms)
{
    struct sets sets;
    int ready;

    (void)p;
    clear(&sets);
    add(&sets, fds, n);
    add(&sets, own, n_own);
    ready = wait(&sets, timeout_ms);
    if (ready < 0 && errno != EINTR) {
        return MIDGE_ERR_PORT;
    }
    take(&sets, ready, fds, n);
    take(&sets, ready, own, n_own);
    return MIDGE_OK;
}

#endif
