/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "input.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>
#include <midge/client.h>

#define SOCKETS 16  /* that are waited for, */
#define MOST_MS 100 /* so long if the client has more */

bool input_is_terminal(void)
{
    return isatty(STDIN_FILENO) != 0;
}

int input_read(char *buf, size_t cap, size_t *n)
{
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    if (poll(&input, 1, 0) < 1) {
        return MIDGE_ERR_AGAIN;
    }
    ssize_t got = read(STDIN_FILENO, buf, cap);
    if (got < 0) {
        return errno == EINTR || errno == EAGAIN ? MIDGE_ERR_AGAIN : MIDGE_ERR_READ;
    }
    *n = (size_t)got;
    return got > 0 ? MIDGE_OK : MIDGE_ERR_EOF;
}

static short events_of(const struct midge_pollfd *wanted)
{
    return (short)((wanted->events & MIDGE_POLL_IN ? POLLIN : 0) |
                   (wanted->events & MIDGE_POLL_OUT ? POLLOUT : 0));
}

void input_wait(const struct midge_client *client)
{
    struct midge_pollfd wanted[SOCKETS];
    struct pollfd fds[1 + SOCKETS] = {{.fd = STDIN_FILENO, .events = POLLIN}};
    size_t n = client != NULL ? midge_interest(client, wanted, SOCKETS) : 0;
    int timeout = client != NULL ? midge_next_timeout(client) : -1;
    if (n > SOCKETS) {
        n = SOCKETS;
        timeout = (unsigned)timeout < MOST_MS ? timeout : MOST_MS;
    }
    for (size_t i = 0; i < n; i++) {
        fds[1 + i] = (struct pollfd){.fd = (int)wanted[i].sock, .events = events_of(&wanted[i])};
    }
    (void)poll(fds, 1 + n, timeout); /* a signal ends it, too */
}
