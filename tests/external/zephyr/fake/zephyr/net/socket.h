/* SPDX-License-Identifier: MIT */
/*
 * As kernel.h: Zephyr's sockets. On Linux they are those of Linux, but for zsock_poll, which has
 * CONFIG_ZVFS_POLL_MAX entries, each direction of a socket takes one, and fails with ENOMEM.
 */
#ifndef FAKE_ZEPHYR_SOCKET_H
#define FAKE_ZEPHYR_SOCKET_H

#include <sys/types.h>
#include <zephyr/net/net_ip.h>

#if defined(CONFIG_ZVFS_POLL_MAX)
#define ZVFS_F_SETFL    4
#define ZVFS_O_NONBLOCK 0x4000
#endif

#if defined(__linux__)
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#define zsock_socket      socket
#define zsock_bind        bind
#define zsock_connect     connect
#define zsock_getsockname getsockname
#define zsock_getsockopt  getsockopt
#define zsock_setsockopt  setsockopt
#define zsock_recv        recv
#define zsock_recvfrom    recvfrom
#define zsock_send        send
#define zsock_sendto      sendto
#define zsock_close       close

static inline int zsock_fcntl(int fd, int cmd, int flags)
{
    if (cmd != ZVFS_F_SETFL || flags != ZVFS_O_NONBLOCK) {
        errno = EINVAL;
        return -1;
    }
    return fcntl(fd, F_SETFL, O_NONBLOCK);
}

static inline int zsock_poll(struct pollfd *fds, int n, int timeout)
{
    int entries = 0;

    for (int i = 0; i < n; i++) {
        entries += ((fds[i].events & POLLIN) != 0) + ((fds[i].events & POLLOUT) != 0);
    }
    if (entries > CONFIG_ZVFS_POLL_MAX) {
        errno = ENOMEM;
        return -1;
    }
    return poll(fds, (nfds_t)n, timeout);
}
#else
#include <errno.h>

#define ZSOCK_POLLIN   1
#define ZSOCK_POLLOUT  4
#define ZSOCK_POLLERR  8
#define ZSOCK_POLLHUP  0x10
#define ZSOCK_POLLNVAL 0x20
#define SOL_SOCKET     1
#define SO_ERROR       4
#define TCP_NODELAY    1

struct zsock_pollfd {
    int fd;
    short events;
    short revents;
};

int zsock_socket(int family, int type, int proto);
int zsock_bind(int sock, const struct sockaddr *addr, socklen_t addrlen);
int zsock_connect(int sock, const struct sockaddr *addr, socklen_t addrlen);
int zsock_getsockname(int sock, struct sockaddr *addr, socklen_t *addrlen);
int zsock_getsockopt(int sock, int level, int name, void *value, socklen_t *len);
int zsock_setsockopt(int sock, int level, int name, const void *value, socklen_t len);
ssize_t zsock_recv(int sock, void *buf, size_t len, int flags);
ssize_t zsock_recvfrom(int sock, void *buf, size_t len, int flags, struct sockaddr *addr,
                       socklen_t *addrlen);
ssize_t zsock_send(int sock, const void *buf, size_t len, int flags);
ssize_t zsock_sendto(int sock, const void *buf, size_t len, int flags, const struct sockaddr *addr,
                     socklen_t addrlen);
int zsock_close(int sock);
int zsock_fcntl(int sock, int cmd, int flags);
int zsock_poll(struct zsock_pollfd *fds, int n, int timeout);
#endif

#endif
