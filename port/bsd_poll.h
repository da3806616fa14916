/* SPDX-License-Identifier: MIT */
/*
 * Translates between port.h's poll and the platform's, for the ports posix, bsd and lwip_sockets.
 * Include the platform's header of poll first.
 */
#ifndef MIDGE_PORT_BSD_POLL_H
#define MIDGE_PORT_BSD_POLL_H

#include <stddef.h>
#include <stdint.h>

#include "midge/port.h"

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

static inline short midge__bsd_events(uint8_t wanted)
{
    return (short)(((wanted & MIDGE_POLL_IN) ? POLLIN : 0) |
                   ((wanted & MIDGE_POLL_OUT) ? POLLOUT : 0));
}

/* Fills in n sockets. */
static inline void midge__bsd_fill(struct pollfd *polled, const struct midge_pollfd *fds, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        polled[i].fd = (int)fds[i].sock;
        polled[i].events = midge__bsd_events(fds[i].events);
        polled[i].revents = 0;
    }
}

#endif
