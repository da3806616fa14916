/* SPDX-License-Identifier: MIT */
/* TCP sockets: non-blocking, never a signal. */
#include "bsd.h"

int midge__bsd_socket(int family, int type)
{
    const int fd = MIDGE_BSD(socket)(family, type, 0);
    int code = 0;

    if (fd < 0) {
        return -1;
    }
#ifdef SO_NOSIGPIPE
    (void)MIDGE_BSD(setsockopt)(fd, SOL_SOCKET, SO_NOSIGPIPE, &(int){1}, sizeof(int));
#endif
    if (MIDGE_BSD_NONBLOCK(fd) != 0) {
        code = errno;
    } else if (MIDGE_BSD_SELECT && fd >= FD_SETSIZE) {
        code = EMFILE;
    }
    if (code == 0) {
        return fd;
    }
    (void)MIDGE_BSD(close)(fd);
    errno = code;
    return -1;
}

/* --- Sockets that end once --- */

#if MIDGE_BSD_ENDS_ONCE
static bool has_ended(const struct bsd *p, midge_sock sock)
{
    return FD_ISSET((unsigned)sock, &p->ended) != 0;
}

static void set_ended(struct bsd *p, midge_sock sock, bool ended)
{
    if (ended) {
        FD_SET((unsigned)sock, &p->ended);
    } else {
        FD_CLR((unsigned)sock, &p->ended);
    }
}
#else
#define has_ended(p, sock)        ((void)(p), (void)(sock), false)
#define set_ended(p, sock, ended) ((void)(p), (void)(sock), (void)(ended))
#endif

/* --- The calls --- */

int midge__bsd_tcp_connect(void *ctx, const struct midge_addr *addr, uint16_t port,
                           midge_sock *sock, int *native)
{
    const int err = midge__bsd_connect(addr, port, sock, native);

    if (err == MIDGE_OK) {
        set_ended(ctx, *sock, false);
    }
    return err;
}

/* SO_ERROR is 0 both for "connected" and for "not yet", and not all stacks know the peer's name
   only when it is connected; but everywhere a socket is not writable before it is connected or has
   failed. */
int midge__bsd_tcp_connected(void *ctx, midge_sock sock, int *native)
{
    int code = 0;
    socklen_t code_len = sizeof code;

    (void)ctx;
    midge__native(native, 0);
    if (!midge__bsd_is_writable((int)sock)) {
        return MIDGE_ERR_AGAIN;
    }
    if (MIDGE_BSD(getsockopt)((int)sock, SOL_SOCKET, SO_ERROR, &code, &code_len) != 0) {
        code = errno;
    }
    if (code == 0) {
        return MIDGE_OK;
    }
    if (MIDGE_BSD_RESET_IS_REFUSAL && code == ECONNRESET) {
        code = ECONNREFUSED;
    }
    return midge__bsd_connect_fails(code, native);
}

int midge__bsd_tcp_recv(void *ctx, midge_sock sock, uint8_t *buf, size_t cap, size_t *n,
                        int *native)
{
    int err;

    if (has_ended(ctx, sock)) {
        *n = 0;
        midge__native(native, 0);
        return MIDGE_ERR_EOF;
    }
    err = midge__bsd_recv(sock, buf, cap, n, native);
    if (err == MIDGE_ERR_EOF) {
        set_ended(ctx, sock, true);
    }
    return err;
}

int midge__bsd_tcp_send(void *ctx, midge_sock sock, const uint8_t *buf, size_t len, size_t *n,
                        int *native)
{
    (void)ctx;
    return midge__bsd_send(sock, buf, len, n, native);
}

void midge__bsd_tcp_close(void *ctx, midge_sock sock)
{
    (void)ctx;
    if (sock != MIDGE_SOCK_NONE) {
        (void)MIDGE_BSD(close)((int)sock);
    }
}
