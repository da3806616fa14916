/* SPDX-License-Identifier: MIT */
#include "poll_loop.h"

#include <errno.h>

static short events_of(unsigned wanted)
{
    return (short)((wanted & MIDGE_POLL_IN ? POLLIN : 0) | (wanted & MIDGE_POLL_OUT ? POLLOUT : 0));
}

/* midge finds out itself which of its sockets are ready: its next turn asks the port. So only the
   wait is shared. */
static size_t add_sockets(const struct midge_client *client, struct pollfd *fds, int *ms)
{
    struct midge_pollfd wanted[POLL_LOOP_SOCKETS];
    size_t n = midge_interest(client, wanted, POLL_LOOP_SOCKETS);
    int deadline = midge_next_timeout(client);
    if (n > POLL_LOOP_SOCKETS) { /* the others are looked at now and then */
        n = POLL_LOOP_SOCKETS;
        deadline = deadline < 0 || deadline > 10 ? 10 : deadline;
    }
    if (deadline >= 0 && (*ms < 0 || deadline < *ms)) {
        *ms = deadline;
    }
    for (size_t i = 0; i < n; i++) {
        fds[i] = (struct pollfd){.fd = (int)wanted[i].sock, .events = events_of(wanted[i].events)};
    }
    return n;
}

int poll_loop_once(struct midge_client *client, struct poll_loop_fd own[], size_t n, int ms)
{
    struct pollfd fds[POLL_LOOP_OWN + POLL_LOOP_SOCKETS];
    const int live = midge_poll(client, 0);
    if (live < 0 || n > POLL_LOOP_OWN) {
        return live < 0 ? live : MIDGE_ERR_INVALID;
    }
    for (size_t i = 0; i < n; i++) {
        fds[i] = own[i].poll;
    }
    const size_t all = n + add_sockets(client, fds + n, &ms);
    if (poll(fds, (nfds_t)all, ms) < 0 && errno != EINTR) {
        return MIDGE_ERR_PORT;
    }
    for (size_t i = 0; i < n; i++) {
        own[i].poll.revents = fds[i].revents;
        if (own[i].poll.fd >= 0 && own[i].poll.revents != 0) {
            own[i].ready(&own[i]);
        }
    }
    return live;
}
