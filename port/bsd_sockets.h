/* SPDX-License-Identifier: MIT */
/*
 * Translates the results of BSD sockets' recv, send and poll into port.h's, for the ports posix and
 * lwip_sockets. Include the platform's own headers of sockets, poll and errno first.
 */
#ifndef MIDGE_PORT_BSD_SOCKETS_H
#define MIDGE_PORT_BSD_SOCKETS_H

#include "midge/err.h"
#include "midge/port.h"

#include "native.h"

/* Returns err, or AGAIN when errno says that the call would block. */
static inline int midge__bsd_failed(int err, int *native)
{
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
        return MIDGE_ERR_AGAIN;
    }
    midge__native(native, errno);
    return err;
}

static inline int midge__bsd_received(ssize_t got, size_t *n, int *native)
{
    if (got > 0) {
        *n = (size_t)got;
        return MIDGE_OK;
    }
    return got == 0 ? MIDGE_ERR_EOF : midge__bsd_failed(MIDGE_ERR_RECV, native);
}

static inline int midge__bsd_sent(ssize_t put, size_t *n, int *native)
{
    if (put > 0) {
        *n = (size_t)put;
        return MIDGE_OK;
    }
    return put == 0 ? MIDGE_ERR_AGAIN : midge__bsd_failed(MIDGE_ERR_SEND, native);
}

/* A hang-up (lwIP reports none) or an error makes every wanted direction ready, so that the next
   recv or send gets the errno; MIDGE_POLL_ERR alone carries none. */
static inline uint8_t midge__bsd_revents(short revents, uint8_t wanted)
{
    uint8_t out = 0;

    if (revents & (POLLERR | POLLHUP | POLLNVAL)) {
        return (uint8_t)(MIDGE_POLL_ERR | (wanted & (MIDGE_POLL_IN | MIDGE_POLL_OUT)));
    }
    if (revents & POLLIN) {
        out |= MIDGE_POLL_IN;
    }
    if (revents & POLLOUT) {
        out |= MIDGE_POLL_OUT;
    }
    return out;
}

/* Fills in the client's n sockets, and after them the descriptor that a wake makes readable. */
static inline void midge__bsd_fill(struct pollfd *polled, const struct midge_pollfd *fds, size_t n,
                                   int wake_fd)
{
    for (size_t i = 0; i < n; i++) {
        const uint8_t events = fds[i].events;
        polled[i].fd = (int)fds[i].sock;
        polled[i].events = (short)(((events & MIDGE_POLL_IN) ? POLLIN : 0) |
                                   ((events & MIDGE_POLL_OUT) ? POLLOUT : 0));
        polled[i].revents = 0;
    }
    polled[n].fd = wake_fd;
    polled[n].events = POLLIN;
    polled[n].revents = 0;
}

#endif
