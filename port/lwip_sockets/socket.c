/* SPDX-License-Identifier: MIT */
/*
 * TCP sockets of lwIP: non-blocking. Each thread must have its own errno, because errno
 * distinguishes "try later" from an error.
 */
#include "lwip_sockets.h"

#include <lwip/errno.h>

#include "../bsd_sockets.h"

struct end {
    bool fin;  /* recv has returned EOF */
    bool full; /* the last send had no room for all bytes */
};

static struct end ends[NUM_SOCKETS]; /* indexed by socket. The client's thread only */

static struct end *end_of(midge_sock sock)
{
    return &ends[sock - LWIP_SOCKET_OFFSET];
}

/* --- Connect --- */

int midge__lws_open(int family, int type)
{
    const int fd = lwip_socket(family, type, 0);

    if (fd >= 0) {
        (void)lwip_fcntl(fd, F_SETFL, O_NONBLOCK);
    }
    return fd;
}

int midge__lws_connect(void *ctx, const struct midge_addr *addr, uint16_t port, midge_sock *sock,
                       int *native)
{
    int err;

    (void)ctx;
    if (addr->scope > UINT8_MAX) { /* lwIP would take its last 8 bits */
        *sock = MIDGE_SOCK_NONE;
        midge__native(native, EAFNOSUPPORT);
        return MIDGE_ERR_CONNECT;
    }
    err = midge__bsd_connect(addr, port, sock, native);
    if (err == MIDGE_OK) {
        *end_of(*sock) = (struct end){.fin = false};
    }
    return err;
}

/* SO_ERROR is 0 both for "connected" and for "not yet", and lwIP knows the peer's name from the
   start; but the socket is not writable before it is connected or has failed. */
int midge__lws_connected(void *ctx, midge_sock sock, int *native)
{
    struct pollfd one = {.fd = (int)sock, .events = POLLOUT};
    int code = 0;
    socklen_t code_len = sizeof code;

    (void)ctx;
    midge__native(native, 0);
    if (lwip_poll(&one, 1, 0) == 0) {
        return MIDGE_ERR_AGAIN;
    }
    if (lwip_getsockopt((int)sock, SOL_SOCKET, SO_ERROR, &code, &code_len) != 0) {
        code = errno;
    }
    if (code == 0) {
        return MIDGE_OK;
    }
    /* lwIP has one code for every reset. One that answers the SYN is a refusal; a rare one directly
       after the handshake is reported as a refusal too. */
    return midge__bsd_connect_fails(code == ECONNRESET ? ECONNREFUSED : code, native);
}

/* --- Bytes --- */

/* lwIP reports EOF once and then "not connected", the same as after a reset. */
int midge__lws_recv(void *ctx, midge_sock sock, uint8_t *buf, size_t cap, size_t *n, int *native)
{
    int err;

    (void)ctx;
    if (end_of(sock)->fin) {
        *n = 0;
        midge__native(native, 0);
        return MIDGE_ERR_EOF;
    }
    err = midge__bsd_recv(sock, buf, cap, n, native);
    end_of(sock)->fin = err == MIDGE_ERR_EOF;
    return err;
}

int midge__lws_send(void *ctx, midge_sock sock, const uint8_t *buf, size_t len, size_t *n,
                    int *native)
{
    const int err = midge__bsd_send(sock, buf, len, n, native);

    (void)ctx;
    end_of(sock)->full = err == MIDGE_ERR_AGAIN || *n < len;
    return err;
}

/* Gives up unsent bytes if a send found no room and there is still none at the close: the peer
   reads nothing. It may never, and answer each probe of its closed window, while lwIP would keep
   the bytes. */
static void give_up_unsent(int fd)
{
#if LWIP_SO_LINGER
    struct pollfd one = {.fd = fd, .events = POLLOUT};
    const struct linger at_once = {.l_onoff = 1, .l_linger = 0};

    if (end_of(fd)->full && lwip_poll(&one, 1, 0) == 0) {
        (void)lwip_setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    }
#else
    (void)fd;
#endif
}

void midge__lws_close(void *ctx, midge_sock sock)
{
    (void)ctx;
    if (sock != MIDGE_SOCK_NONE) {
        give_up_unsent((int)sock);
        (void)lwip_close((int)sock);
    }
}
