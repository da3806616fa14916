/* SPDX-License-Identifier: MIT */
/* As kernel.h. */
#ifndef FAKE_ZEPHYR_ZVFS_EVENTFD_H
#define FAKE_ZEPHYR_ZVFS_EVENTFD_H

#include <stdint.h>

typedef uint64_t zvfs_eventfd_t;
#define ZVFS_EFD_NONBLOCK 0x4000

#if defined(__linux__)
#include <sys/eventfd.h>

static inline int zvfs_eventfd(unsigned int value, int flags)
{
    return flags == ZVFS_EFD_NONBLOCK ? eventfd(value, EFD_NONBLOCK) : -1;
}

static inline int zvfs_eventfd_read(int fd, zvfs_eventfd_t *value)
{
    eventfd_t read = 0;
    const int result = eventfd_read(fd, &read);

    *value = read;
    return result;
}

static inline int zvfs_eventfd_write(int fd, zvfs_eventfd_t value)
{
    return eventfd_write(fd, value);
}
#else
int zvfs_eventfd(unsigned int value, int flags);
int zvfs_eventfd_read(int fd, zvfs_eventfd_t *value);
int zvfs_eventfd_write(int fd, zvfs_eventfd_t value);
#endif

#endif
