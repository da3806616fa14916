/* SPDX-License-Identifier: MIT */
/*
 * TCP sockets of the desktop port: non-blocking, closed on exec, never a signal.
 */
#include "posix.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../bsd_sockets.h"

int midge__posix_zone(void *ctx, const char *name, uint32_t *scope)
{
    const unsigned index = if_nametoindex(name);

    (void)ctx;
    *scope = index;
    return index != 0 ? MIDGE_OK : MIDGE_ERR_ZONE;
}

/* 0 for an unknown family. */
static socklen_t to_sockaddr(const struct midge_addr *addr, uint16_t port,
                             struct sockaddr_storage *out)
{
    memset(out, 0, sizeof *out);
    if (addr->family == 4) {
        struct sockaddr_in *in = (struct sockaddr_in *)out;
        in->sin_family = AF_INET;
        in->sin_port = htons(port);
        memcpy(&in->sin_addr, addr->bytes, 4);
        return sizeof *in;
    }
    if (addr->family == 6) {
        struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)out;
        in6->sin6_family = AF_INET6;
        in6->sin6_port = htons(port);
        in6->sin6_scope_id = addr->scope;
        memcpy(&in6->sin6_addr, addr->bytes, 16);
        return sizeof *in6;
    }
    return 0;
}

/* Distinguishes a lack of descriptors or memory, which is temporary, from a peer that does not
   answer. */
static int connect_fails(int code, int *native)
{
    midge__native(native, code);
    return code == EMFILE || code == ENFILE || code == ENOBUFS || code == ENOMEM
               ? MIDGE_ERR_NO_MEMORY
               : MIDGE_ERR_CONNECT;
}

int midge__posix_connect(void *ctx, const struct midge_addr *addr, uint16_t port, midge_sock *sock,
                         int *native)
{
    struct sockaddr_storage to;
    const socklen_t to_len = to_sockaddr(addr, port, &to);
    const int on = 1;
    int fd;

    (void)ctx;
    *sock = MIDGE_SOCK_NONE;
    midge__native(native, 0);
    if (to_len == 0) {
        return MIDGE_ERR_INVALID;
    }
    fd = socket(to.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
    if (fd < 0) {
        return connect_fails(errno, native);
    }
    /* Requests are written whole, so Nagle can only delay; if the call fails, everything still
       works. */
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    /* EINTR: by POSIX the connection attempt continues, as with EINPROGRESS. */
    if (connect(fd, (const struct sockaddr *)&to, to_len) != 0 && errno != EINPROGRESS &&
        errno != EINTR) {
        const int code = errno;
        (void)close(fd);
        return connect_fails(code, native);
    }
    *sock = fd;
    return MIDGE_OK;
}

/* SO_ERROR is 0 both for "connected" and for "not yet"; only a connected socket has a peer. */
int midge__posix_connected(void *ctx, midge_sock sock, int *native)
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
    if (code == 0) {
        if (getpeername((int)sock, (struct sockaddr *)&peer, &peer_len) == 0) {
            return MIDGE_OK;
        }
        if (errno == ENOTCONN) {
            return MIDGE_ERR_AGAIN;
        }
        code = errno;
    }
    midge__native(native, code);
    return MIDGE_ERR_CONNECT;
}

int midge__posix_recv(void *ctx, midge_sock sock, uint8_t *buf, size_t cap, size_t *n, int *native)
{
    ssize_t got;

    (void)ctx;
    *n = 0;
    midge__native(native, 0);
    if (cap == 0) {
        return MIDGE_ERR_INVALID; /* recv would return 0, which reads as EOF */
    }
    do {
        got = recv((int)sock, buf, cap, 0);
    } while (got < 0 && errno == EINTR);
    return midge__bsd_received(got, n, native);
}

int midge__posix_send(void *ctx, midge_sock sock, const uint8_t *buf, size_t len, size_t *n,
                      int *native)
{
    ssize_t put;

    (void)ctx;
    *n = 0;
    midge__native(native, 0);
    if (len == 0) {
        return MIDGE_ERR_INVALID; /* no *n > 0 could be returned */
    }
    do {
        put = send((int)sock, buf, len, MSG_NOSIGNAL);
    } while (put < 0 && errno == EINTR);
    return midge__bsd_sent(put, n, native);
}

void midge__posix_sock_close(void *ctx, midge_sock sock)
{
    (void)ctx;
    if (sock != MIDGE_SOCK_NONE) {
        (void)close((int)sock);
    }
}
