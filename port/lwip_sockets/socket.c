/* SPDX-License-Identifier: MIT */
/*
 * TCP sockets of lwIP: non-blocking. Each thread must have its own errno, because errno
 * distinguishes "try later" from an error.
 */
#include "lwip_sockets.h"

#include <string.h>

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

/* --- Addresses --- */

socklen_t midge__lws_sockaddr(const struct midge_addr *addr, uint16_t port,
                              union midge__lws_sockaddr *out)
{
    memset(out, 0, sizeof *out);
#if LWIP_IPV4
    if (addr->family == 4) {
        out->in.sin_family = AF_INET;
        out->in.sin_port = lwip_htons(port);
        memcpy(&out->in.sin_addr, addr->bytes, 4);
        return sizeof out->in;
    }
#endif
#if LWIP_IPV6
    if (addr->family == 6 && addr->scope <= UINT8_MAX) {
        out->in6.sin6_family = AF_INET6;
        out->in6.sin6_port = lwip_htons(port);
        out->in6.sin6_scope_id = addr->scope;
        memcpy(&out->in6.sin6_addr, addr->bytes, 16);
        return sizeof out->in6;
    }
#endif
    return 0;
}

/* --- Connect --- */

/* Distinguishes a lack of sockets, PCBs or heap from a peer that does not answer. */
static int connect_fails(int code, int *native)
{
    midge__native(native, code);
    return code == ENFILE || code == ENOBUFS || code == ENOMEM ? MIDGE_ERR_NO_MEMORY
                                                               : MIDGE_ERR_CONNECT;
}

int midge__lws_connect(void *ctx, const struct midge_addr *addr, uint16_t port, midge_sock *sock,
                       int *native)
{
    union midge__lws_sockaddr to;
    const socklen_t to_len = midge__lws_sockaddr(addr, port, &to);
    const int on = 1;
    int fd;

    (void)ctx;
    *sock = MIDGE_SOCK_NONE;
    midge__native(native, 0);
    if (addr->family != 4 && addr->family != 6) {
        return MIDGE_ERR_INVALID;
    }
    if (to_len == 0) {
        return connect_fails(EAFNOSUPPORT, native);
    }
    fd = lwip_socket(to.any.sa_family, SOCK_STREAM, 0);
    if (fd < 0) {
        return connect_fails(errno, native);
    }
    (void)lwip_fcntl(fd, F_SETFL, O_NONBLOCK);
    /* Requests are written whole, so Nagle can only delay; if the call fails, everything still
       works. */
    (void)lwip_setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (lwip_connect(fd, &to.any, to_len) != 0 && errno != EINPROGRESS) {
        const int code = errno;
        (void)lwip_close(fd);
        return connect_fails(code, native);
    }
    *end_of(fd) = (struct end){.fin = false};
    *sock = fd;
    return MIDGE_OK;
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
    return connect_fails(code == ECONNRESET ? ECONNREFUSED : code, native);
}

/* --- Bytes --- */

/* lwIP reports EOF once and then "not connected", the same as after a reset. */
int midge__lws_recv(void *ctx, midge_sock sock, uint8_t *buf, size_t cap, size_t *n, int *native)
{
    ssize_t got;

    (void)ctx;
    *n = 0;
    midge__native(native, 0);
    if (cap == 0) {
        return MIDGE_ERR_INVALID; /* recv would return 0, which reads as EOF */
    }
    if (end_of(sock)->fin) {
        return MIDGE_ERR_EOF;
    }
    got = lwip_recv((int)sock, buf, cap, 0);
    end_of(sock)->fin = got == 0;
    return midge__bsd_received(got, n, native);
}

int midge__lws_send(void *ctx, midge_sock sock, const uint8_t *buf, size_t len, size_t *n,
                    int *native)
{
    (void)ctx;
    *n = 0;
    midge__native(native, 0);
    if (len == 0) {
        return MIDGE_ERR_INVALID; /* no *n > 0 could be returned */
    }
    const int err = midge__bsd_sent(lwip_send((int)sock, buf, len, 0), n, native);
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
