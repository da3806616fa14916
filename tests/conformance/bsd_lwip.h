/* SPDX-License-Identifier: MIT */
/* MIDGE_BSD_SYSTEM_H of port/bsd on lwIP, with lwIP's own names: the same stack as ESP-IDF's. */
#ifndef CONFORMANCE_BSD_LWIP_H
#define CONFORMANCE_BSD_LWIP_H

#include <lwip/errno.h>
#include <lwip/sockets.h>

#define MIDGE_BSD(call)            lwip_##call
#define MIDGE_BSD_NONBLOCK(fd)     lwip_fcntl(fd, F_SETFL, O_NONBLOCK)
#define MIDGE_BSD_EXCEPT_IS_ERROR  1
#define MIDGE_BSD_ENDS_ONCE        1
#define MIDGE_BSD_RESET_IS_REFUSAL 1

#endif
