/* SPDX-License-Identifier: MIT */
/*
 * TCP sockets of the desktop port: non-blocking, closed on exec, never a signal.
 */
#include "posix.h"

#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#define MIDGE__BSD(call)              call
#define MIDGE__BSD_OPEN(family, type) socket(family, (type) | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)
#define MIDGE__BSD_SEND_FLAGS         MSG_NOSIGNAL
#define MIDGE__BSD_INTERRUPTED        (errno == EINTR)
#define MIDGE__BSD_IPV4               1
#define MIDGE__BSD_IPV6               1

#include "../bsd_sockets.h"

int midge__posix_zone(void *ctx, const char *name, uint32_t *scope)
{
    const unsigned index = if_nametoindex(name);

    (void)ctx;
    *scope = index;
    return index != 0 ? MIDGE_OK : MIDGE_ERR_ZONE;
}

int midge__posix_connect(void *ctx, const struct midge_addr *addr, uint16_t port, midge_sock *sock,
                         int *native)
{
    (void)ctx;
    return midge__bsd_connect(addr, port, sock, native);
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
    (void)ctx;
    return midge__bsd_recv(sock, buf, cap, n, native);
}

int midge__posix_send(void *ctx, midge_sock sock, const uint8_t *buf, size_t len, size_t *n,
                      int *native)
{
    (void)ctx;
    return midge__bsd_send(sock, buf, len, n, native);
}

void midge__posix_sock_close(void *ctx, midge_sock sock)
{
    (void)ctx;
    if (sock != MIDGE_SOCK_NONE) {
        (void)close((int)sock);
    }
}
