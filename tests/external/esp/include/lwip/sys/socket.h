/* SPDX-License-Identifier: MIT */
/* ESP-IDF's lwIP has sockets' own names as functions; close, fcntl and poll go through its files.
 */
#ifndef SYS_SOCKET_H
#define SYS_SOCKET_H

#include "lwip/sockets.h"

static inline int socket(int domain, int type, int protocol)
{
    return lwip_socket(domain, type, protocol);
}
static inline int bind(int s, const struct sockaddr *name, socklen_t len)
{
    return lwip_bind(s, name, len);
}
static inline int connect(int s, const struct sockaddr *name, socklen_t len)
{
    return lwip_connect(s, name, len);
}
static inline int getpeername(int s, struct sockaddr *name, socklen_t *len)
{
    return lwip_getpeername(s, name, len);
}
static inline int getsockname(int s, struct sockaddr *name, socklen_t *len)
{
    return lwip_getsockname(s, name, len);
}
static inline int getsockopt(int s, int level, int name, void *value, socklen_t *len)
{
    return lwip_getsockopt(s, level, name, value, len);
}
static inline int setsockopt(int s, int level, int name, const void *value, socklen_t len)
{
    return lwip_setsockopt(s, level, name, value, len);
}
static inline ssize_t recv(int s, void *buf, size_t len, int flags)
{
    return lwip_recv(s, buf, len, flags);
}
static inline ssize_t recvfrom(int s, void *buf, size_t len, int flags, struct sockaddr *from,
                               socklen_t *from_len)
{
    return lwip_recvfrom(s, buf, len, flags, from, from_len);
}
static inline ssize_t send(int s, const void *buf, size_t len, int flags)
{
    return lwip_send(s, buf, len, flags);
}
static inline ssize_t sendto(int s, const void *buf, size_t len, int flags,
                             const struct sockaddr *to, socklen_t to_len)
{
    return lwip_sendto(s, buf, len, flags, to, to_len);
}
static inline int shutdown(int s, int how)
{
    return lwip_shutdown(s, how);
}

#endif
