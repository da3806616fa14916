/* SPDX-License-Identifier: MIT */
/* MIDGE_BSD_SYSTEM_H of the second form of port/bsd: a system with select, without poll, eventfd
   and fcntl. */
#ifndef CONFORMANCE_BSD_POOR_H
#define CONFORMANCE_BSD_POOR_H

#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef MIDGE_BSD_SELECT
#define MIDGE_BSD_SELECT 1
#endif
#define MIDGE_BSD_LINUX 1 /* for the clocks */

#endif
