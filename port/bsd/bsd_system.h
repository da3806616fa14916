/* SPDX-License-Identifier: MIT */
/*
 * The differences between the systems that have BSD sockets: which headers, how a socket becomes
 * non-blocking, how a wake ends a poll. Private to port/bsd; the first header of each of its files.
 *
 * Linux with any C library, Zephyr and ESP-IDF are below; a system with POSIX' headers, as NuttX,
 * needs nothing. For another one define MIDGE_BSD_SYSTEM_H as a header of your own, which includes
 * those of the system, and defines those of these macros whose default is wrong; the build may
 * define them, too:
 *
 *     MIDGE_BSD(call)            the name of a call: zsock_##call. Default: call
 *     MIDGE_BSD_NONBLOCK(fd)     makes a socket non-blocking; 0: done. Default: fcntl with
 *                                O_NONBLOCK; without that macro: ioctl with FIONBIO
 *     MIDGE_BSD_SEND_FLAGS       so that send raises no signal. Default: MSG_NOSIGNAL if it exists,
 *                                else 0; SO_NOSIGPIPE is set wherever it exists
 *     MIDGE_BSD_EVENTFD          1: wakes go through an eventfd, which must work in the wait below,
 *                                by these three macros. 0: through a UDP socket that is connected
 *                                to itself on 127.0.0.1. Default: 0
 *     MIDGE_BSD_EVENTFD_OPEN()   a non-blocking one, or -1. Default: eventfd
 *     MIDGE_BSD_EVENTFD_SET(fd), MIDGE_BSD_EVENTFD_CLEAR(fd), MIDGE_BSD_EVENTFD_CLOSE(fd)
 *                                Defaults: write, read, close
 *     MIDGE_BSD_SELECT           1: waits by select; 0: by poll. Default: 0
 *     MIDGE_BSD_EXCEPT_IS_ERROR  1: select's third set has sockets that failed (lwIP, Zephyr); 0:
 *                                those with urgent data (POSIX). Default: 0
 *     MIDGE_BSD_ENDS_ONCE        1: recv says once that the peer has ended, then ENOTCONN (lwIP).
 *                                Default: 0
 *     MIDGE_BSD_RESET_IS_REFUSAL 1: ECONNRESET of a connect is a refusal (lwIP). Default: 0
 *     MIDGE_BSD_ZONE             1: if_nametoindex exists. Default: 0
 *     MIDGE_BSD_RESOLV_CONF      the file that has name servers. Default: not defined
 *     MIDGE_BSD_LINUX            1: clock_gettime, getrandom and port/posix' files are the defaults
 *                                of the calls that the program does not give. Default: 0
 *     MIDGE_BSD_LOOKUPS          lookups at once, each with up to two UDP sockets. Default: 4
 */
#ifndef MIDGE_BSD_SYSTEM_H_INCLUDED
#define MIDGE_BSD_SYSTEM_H_INCLUDED

#if defined(MIDGE_BSD_SYSTEM_H)
#include MIDGE_BSD_SYSTEM_H

#elif defined(__ZEPHYR__)
/* CONFIG_NET_SOCKETS, CONFIG_EVENTFD. Before Zephyr 4.0 the zvfs_ names do not exist: then set
   CONFIG_POSIX_API and MIDGE_BSD_SYSTEM_H to a header of POSIX' names. */
#include <errno.h>
#include <zephyr/net/socket.h>
#include <zephyr/zvfs/eventfd.h>

#define MIDGE_BSD(call)             zsock_##call
#define MIDGE_BSD_NONBLOCK(fd)      zsock_fcntl(fd, ZVFS_F_SETFL, ZVFS_O_NONBLOCK)
#define MIDGE_BSD_EVENTFD           1
#define MIDGE_BSD_EVENTFD_OPEN()    zvfs_eventfd(0, ZVFS_EFD_NONBLOCK)
#define MIDGE_BSD_EVENTFD_SET(fd)   zvfs_eventfd_write(fd, 1)
#define MIDGE_BSD_EVENTFD_CLEAR(fd) zvfs_eventfd_read(fd, &(zvfs_eventfd_t){0})
#define MIDGE_BSD_EXCEPT_IS_ERROR   1
#ifndef POLLIN
#define pollfd   zsock_pollfd
#define POLLIN   ZSOCK_POLLIN
#define POLLOUT  ZSOCK_POLLOUT
#define POLLERR  ZSOCK_POLLERR
#define POLLHUP  ZSOCK_POLLHUP
#define POLLNVAL ZSOCK_POLLNVAL
#endif
#ifndef FD_SET
#define fd_set     zsock_fd_set
#define FD_ZERO    ZSOCK_FD_ZERO
#define FD_SET     ZSOCK_FD_SET
#define FD_CLR     ZSOCK_FD_CLR
#define FD_ISSET   ZSOCK_FD_ISSET
#define FD_SETSIZE ZSOCK_FD_SETSIZE
#define timeval    zsock_timeval
#endif

#elif defined(ESP_PLATFORM)
/* lwIP behind ESP-IDF's file descriptors. An eventfd would need esp_vfs_eventfd_register before:
   the port does not ask for it. LWIP_NETIF_LOOPBACK is on by default, and needed. */
#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/poll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

#include <lwip/netdb.h>

#define MIDGE_BSD_EXCEPT_IS_ERROR  1
#define MIDGE_BSD_ENDS_ONCE        1
#define MIDGE_BSD_RESET_IS_REFUSAL 1

#else
#if defined(__linux__) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

#define MIDGE_BSD_ZONE 1
#if defined(__linux__)
#ifndef MIDGE_BSD_RESOLV_CONF
#define MIDGE_BSD_RESOLV_CONF "/etc/resolv.conf"
#endif
#ifndef MIDGE_BSD_LINUX
#define MIDGE_BSD_LINUX 1
#endif
#ifndef MIDGE_BSD_EVENTFD
#define MIDGE_BSD_EVENTFD 1
#endif
#endif
#endif

/* --- Defaults --- */

#ifndef MIDGE_BSD
#define MIDGE_BSD(call) call
#endif
#ifndef MIDGE_BSD_NONBLOCK
#ifdef O_NONBLOCK
#define MIDGE_BSD_NONBLOCK(fd) fcntl(fd, F_SETFL, O_NONBLOCK)
#else
#define MIDGE_BSD_NONBLOCK(fd) ioctl(fd, FIONBIO, &(int){1})
#endif
#endif
#ifndef MIDGE_BSD_SEND_FLAGS
#ifdef MSG_NOSIGNAL
#define MIDGE_BSD_SEND_FLAGS MSG_NOSIGNAL
#else
#define MIDGE_BSD_SEND_FLAGS 0
#endif
#endif
#ifndef MIDGE_BSD_EVENTFD
#define MIDGE_BSD_EVENTFD 0
#endif
#if MIDGE_BSD_EVENTFD && !defined(MIDGE_BSD_EVENTFD_OPEN)
#include <sys/eventfd.h>
#define MIDGE_BSD_EVENTFD_OPEN() eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)
#endif
#ifndef MIDGE_BSD_EVENTFD_SET
#define MIDGE_BSD_EVENTFD_SET(fd)   write(fd, &(uint64_t){1}, 8)
#define MIDGE_BSD_EVENTFD_CLEAR(fd) read(fd, &(uint64_t){0}, 8)
#endif
#ifndef MIDGE_BSD_EVENTFD_CLOSE
#define MIDGE_BSD_EVENTFD_CLOSE(fd) MIDGE_BSD(close)(fd)
#endif
#ifndef MIDGE_BSD_SELECT
#define MIDGE_BSD_SELECT 0
#endif
#ifndef MIDGE_BSD_EXCEPT_IS_ERROR
#define MIDGE_BSD_EXCEPT_IS_ERROR 0
#endif
#ifndef MIDGE_BSD_ENDS_ONCE
#define MIDGE_BSD_ENDS_ONCE 0
#endif
#ifndef MIDGE_BSD_RESET_IS_REFUSAL
#define MIDGE_BSD_RESET_IS_REFUSAL 0
#endif
#ifndef MIDGE_BSD_ZONE
#define MIDGE_BSD_ZONE 0
#endif
#ifndef MIDGE_BSD_LINUX
#define MIDGE_BSD_LINUX 0
#endif
#ifndef MIDGE_BSD_LOOKUPS
#define MIDGE_BSD_LOOKUPS 4
#endif

#endif
