/* SPDX-License-Identifier: MIT */
/*
 * The TCP calls of struct midge_port on BSD sockets, for the ports posix, bsd and lwip_sockets.
 * Before it a port includes its platform's headers of sockets and errno, and defines
 *
 *     MIDGE__BSD(call)                 its name of a call: recv, lwip_recv, zsock_recv
 *     MIDGE__BSD_OPEN(family, type)    a new socket, non-blocking; or -1, and errno
 *     MIDGE__BSD_SEND_FLAGS            so that send raises no signal
 *     MIDGE__BSD_INTERRUPTED           true if errno says that a signal ended a call
 *     MIDGE__BSD_IPV4, MIDGE__BSD_IPV6 1 if the stack has these addresses, else 0
 */
#ifndef MIDGE_PORT_BSD_SOCKETS_H
#define MIDGE_PORT_BSD_SOCKETS_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "midge/err.h"
#include "midge/port.h"

#include "native.h"

/* --- Addresses --- */

union midge__bsd_sockaddr {
    struct sockaddr any;
#if MIDGE__BSD_IPV4
    struct sockaddr_in in;
#endif
#if MIDGE__BSD_IPV6
    struct sockaddr_in6 in6;
#endif
};

/* Its length. 0 for a family that the stack lacks, and for a zone number that it cannot have. */
static inline socklen_t midge__bsd_sockaddr(const struct midge_addr *addr, uint16_t port,
                                            union midge__bsd_sockaddr *out)
{
    const uint8_t order[2] = {(uint8_t)(port >> 8), (uint8_t)port};

    memset(out, 0, sizeof *out);
#if MIDGE__BSD_IPV4
    if (addr->family == 4) {
        out->in.sin_family = AF_INET;
        memcpy(&out->in.sin_port, order, 2);
        memcpy(&out->in.sin_addr, addr->bytes, 4);
        return sizeof out->in;
    }
#endif
#if MIDGE__BSD_IPV6
    if (addr->family == 6) {
        out->in6.sin6_family = AF_INET6;
        memcpy(&out->in6.sin6_port, order, 2);
        out->in6.sin6_scope_id = addr->scope;
        memcpy(&out->in6.sin6_addr, addr->bytes, 16);
        return out->in6.sin6_scope_id == addr->scope ? sizeof out->in6 : 0;
    }
#endif
    return 0;
}

/* The address, without its zone; returns the port. */
static inline uint16_t midge__bsd_read_sockaddr(const union midge__bsd_sockaddr *from,
                                                struct midge_addr *addr)
{
    uint8_t order[2] = {0, 0};

    memset(addr, 0, sizeof *addr);
#if MIDGE__BSD_IPV4
    if (from->any.sa_family == AF_INET) {
        addr->family = 4;
        memcpy(order, &from->in.sin_port, 2);
        memcpy(addr->bytes, &from->in.sin_addr, 4);
    }
#endif
#if MIDGE__BSD_IPV6
    if (from->any.sa_family == AF_INET6) {
        addr->family = 6;
        memcpy(order, &from->in6.sin6_port, 2);
        memcpy(addr->bytes, &from->in6.sin6_addr, 16);
    }
#endif
    return (uint16_t)(order[0] << 8 | order[1]);
}

/* --- Connect --- */

/* Distinguishes a lack of descriptors or memory, which is temporary, from a peer that does not
   answer. */
static inline int midge__bsd_connect_fails(int code, int *native)
{
    midge__native(native, code);
    return code == EMFILE || code == ENFILE || code == ENOBUFS || code == ENOMEM
               ? MIDGE_ERR_NO_MEMORY
               : MIDGE_ERR_CONNECT;
}

static inline int midge__bsd_connect(const struct midge_addr *addr, uint16_t port, midge_sock *sock,
                                     int *native)
{
    union midge__bsd_sockaddr to;
    const socklen_t to_len = midge__bsd_sockaddr(addr, port, &to);
    const int on = 1;
    int fd;

    *sock = MIDGE_SOCK_NONE;
    midge__native(native, 0);
    if (addr->family != 4 && addr->family != 6) {
        return MIDGE_ERR_INVALID;
    }
    if (to_len == 0) {
        return midge__bsd_connect_fails(EAFNOSUPPORT, native);
    }
    fd = MIDGE__BSD_OPEN(to.any.sa_family, SOCK_STREAM);
    if (fd < 0) {
        return midge__bsd_connect_fails(errno, native);
    }
    /* Requests are written whole, so Nagle can only delay; if the call fails, everything still
       works. */
    (void)MIDGE__BSD(setsockopt)(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    /* After a signal the attempt goes on, by POSIX, as with EINPROGRESS. */
    if (MIDGE__BSD(connect)(fd, &to.any, to_len) != 0 && errno != EINPROGRESS &&
        !MIDGE__BSD_INTERRUPTED) {
        const int code = errno;
        (void)MIDGE__BSD(close)(fd);
        return midge__bsd_connect_fails(code, native);
    }
    *sock = fd;
    return MIDGE_OK;
}

/* --- Bytes --- */

/* Returns err, or AGAIN when errno says that the call would block. */
static inline int midge__bsd_failed(int err, int *native)
{
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
        return MIDGE_ERR_AGAIN;
    }
    midge__native(native, errno);
    return err;
}

static inline int midge__bsd_recv(midge_sock sock, uint8_t *buf, size_t cap, size_t *n, int *native)
{
    ssize_t got;

    *n = 0;
    midge__native(native, 0);
    if (cap == 0) {
        return MIDGE_ERR_INVALID; /* recv would return 0, which reads as EOF */
    }
    do {
        got = MIDGE__BSD(recv)((int)sock, buf, cap, 0);
    } while (got < 0 && MIDGE__BSD_INTERRUPTED);
    if (got > 0) {
        *n = (size_t)got;
        return MIDGE_OK;
    }
    return got == 0 ? MIDGE_ERR_EOF : midge__bsd_failed(MIDGE_ERR_RECV, native);
}

static inline int midge__bsd_send(midge_sock sock, const uint8_t *buf, size_t len, size_t *n,
                                  int *native)
{
    ssize_t put;

    *n = 0;
    midge__native(native, 0);
    if (len == 0) {
        return MIDGE_ERR_INVALID; /* no *n > 0 could be returned */
    }
    do {
        put = MIDGE__BSD(send)((int)sock, buf, len, MIDGE__BSD_SEND_FLAGS);
    } while (put < 0 && MIDGE__BSD_INTERRUPTED);
    if (put > 0) {
        *n = (size_t)put;
        return MIDGE_OK;
    }
    return put == 0 ? MIDGE_ERR_AGAIN : midge__bsd_failed(MIDGE_ERR_SEND, native);
}

#endif
