/* SPDX-License-Identifier: MIT */
/* ESP-IDF's C library has this one, but no poll.h. */
#ifndef SYS_POLL_H
#define SYS_POLL_H
#define POLLIN   0x01u
#define POLLOUT  0x08u
#define POLLERR  0x20u
#define POLLHUP  0x40u
#define POLLNVAL 0x80u
struct pollfd {
    int fd;
    short events, revents;
};
typedef unsigned nfds_t;
int poll(struct pollfd *fds, nfds_t n, int timeout_ms);
#endif
