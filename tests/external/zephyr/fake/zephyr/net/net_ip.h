/* SPDX-License-Identifier: MIT */
/* As kernel.h: the names of Zephyr up to 4.3, which later ones keep with
   CONFIG_NET_NAMESPACE_COMPAT_MODE, on by default. */
#ifndef FAKE_ZEPHYR_NET_IP_H
#define FAKE_ZEPHYR_NET_IP_H

#include <stdint.h>
#include <zephyr/kernel.h>

#if defined(__linux__)
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#else
#define AF_UNSPEC   0
#define AF_INET     1
#define AF_INET6    2
#define IPPROTO_TCP 6
#define SOCK_STREAM 1
#define SOCK_DGRAM  2

typedef unsigned short int sa_family_t;
#ifndef socklen_t
typedef size_t fake_socklen_t;
#define socklen_t fake_socklen_t
#endif

struct in_addr {
    uint8_t s4_addr[4];
};
struct in6_addr {
    uint8_t s6_addr[16];
};
struct sockaddr_in {
    sa_family_t sin_family;
    uint16_t sin_port;
    struct in_addr sin_addr;
};
struct sockaddr_in6 {
    sa_family_t sin6_family;
    uint16_t sin6_port;
    struct in6_addr sin6_addr;
    uint8_t sin6_scope_id;
};
/* Large enough for either. */
struct sockaddr {
    sa_family_t sa_family;
    char data[22];
};
#endif

#endif
