/* SPDX-License-Identifier: MIT */
/* Waits by poll. */
#include "bsd.h"

#if !MIDGE_BSD_SELECT

#include "../bsd_poll.h"

bool midge__bsd_is_writable(int fd)
{
    struct pollfd one = {.fd = fd, .events = POLLOUT};

    return MIDGE_BSD(poll)(&one, 1, 0) != 0;
}

static void take(const struct pollfd *polled, struct midge_pollfd *fds, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        fds[i].revents = midge__bsd_revents(polled[i].revents, fds[i].events);
    }
}

int midge__bsd_wait(struct bsd *p, struct midge_pollfd *fds, size_t n, struct midge_pollfd *own,
                    size_t n_own, int timeout_ms)
{
    int ready;

    midge__bsd_fill(p->polled, fds, n);
    midge__bsd_fill(p->polled + n, own, n_own);
    ready = MIDGE_BSD(poll)(p->polled, (unsigned)(n + n_own), timeout_ms);
    if (ready < 0 && errno != EINTR && errno != EAGAIN) {
        return MIDGE_ERR_PORT;
    }
    /* After a signal all revents are still 0: an early return with nothing ready. */
    take(p->polled, fds, n);
    take(p->polled + n, own, n_own);
    return MIDGE_OK;
}

#endif
