/* SPDX-License-Identifier: MIT */
/*
 * Ends a poll from another thread; where the system allows to write to its eventfd there, also from
 * a signal handler or an interrupt.
 *
 * State | meaning                                  | leads to
 * NONE  | no wake since the last poll              | SENT, LOST
 * SENT  | the socket is readable, now or soon      | NONE, when a poll has ended
 * LOST  | it could not be made so: no memory       | NONE; the next poll does not wait
 *
 * Only the first wake between two polls writes. The socket is an eventfd, or one UDP socket that is
 * bound to 127.0.0.1 and connected to itself, so that it receives its own datagrams and no other
 * ones. With UDP no poll waits longer than a second, as a datagram can be lost for lack of memory
 * while a poll is in progress.
 */
#include "bsd.h"

enum wake_state { WAKE_NONE, WAKE_SENT, WAKE_LOST };

#if MIDGE_BSD_EVENTFD

enum { LONGEST_MS = INT32_MAX };

static int open_own(void)
{
    return MIDGE_BSD_EVENTFD_OPEN();
}

static void close_own(int fd)
{
    (void)MIDGE_BSD_EVENTFD_CLOSE(fd);
}

static bool raise_own(int fd)
{
    return MIDGE_BSD_EVENTFD_SET(fd) >= 0;
}

static bool take_own(int fd)
{
    (void)!MIDGE_BSD_EVENTFD_CLEAR(fd);
    return false;
}

#else

enum { LONGEST_MS = 1000 };

static bool connect_to_itself(int fd)
{
    const struct midge_addr loopback = {.family = 4, .bytes = {127, 0, 0, 1}};
    union midge__bsd_sockaddr own;
    socklen_t len = midge__bsd_sockaddr(&loopback, 0, &own);

    return MIDGE_BSD(bind)(fd, &own.any, len) == 0 &&
           MIDGE_BSD(getsockname)(fd, &own.any, &len) == 0 &&
           MIDGE_BSD(connect)(fd, &own.any, len) == 0;
}

static void close_own(int fd)
{
    (void)MIDGE_BSD(close)(fd);
}

static int open_own(void)
{
    const int fd = midge__bsd_socket(AF_INET, SOCK_DGRAM);

    if (fd >= 0 && !connect_to_itself(fd)) {
        const int code = errno;
        close_own(fd);
        errno = code;
        return -1;
    }
    return fd;
}

static bool raise_own(int fd)
{
    return MIDGE_BSD(send)(fd, "", 1, MIDGE_BSD_SEND_FLAGS) == 1;
}

/* True: there may be more. */
static bool take_own(int fd)
{
    char byte;

    return MIDGE_BSD(recv)(fd, &byte, 1, 0) > 0;
}

#endif

int midge__bsd_wake_open(struct bsd *p)
{
    int native = 0;

    atomic_init(&p->wake, WAKE_NONE);
    p->wake_fd = open_own();
    if (p->wake_fd < 0) {
        return midge__bsd_connect_fails(errno, &native) == MIDGE_ERR_NO_MEMORY ? MIDGE_ERR_NO_MEMORY
                                                                               : MIDGE_ERR_PORT;
    }
    if (MIDGE_BSD_SELECT && p->wake_fd >= FD_SETSIZE) { /* an eventfd */
        midge__bsd_wake_close(p);
        return MIDGE_ERR_PORT;
    }
    return MIDGE_OK;
}

void midge__bsd_wake_close(struct bsd *p)
{
    if (p->wake_fd >= 0) {
        close_own(p->wake_fd);
    }
    p->wake_fd = -1;
}

/* errno is that of the interrupted code, if this is a signal handler. */
void midge__bsd_wake(void *ctx)
{
    struct bsd *p = ctx;
    const int code = errno;
    unsigned char none = WAKE_NONE;

    if (atomic_compare_exchange_strong(&p->wake, &none, WAKE_SENT) && !raise_own(p->wake_fd)) {
        atomic_store(&p->wake, WAKE_LOST);
    }
    errno = code;
}

int midge__bsd_wake_limit(const struct bsd *p, int timeout_ms)
{
    if (atomic_load(&p->wake) == WAKE_LOST) {
        return 0;
    }
    return timeout_ms < 0 || timeout_ms > LONGEST_MS
               ? (LONGEST_MS == INT32_MAX ? timeout_ms : LONGEST_MS)
               : timeout_ms;
}

/* A wake that comes in between has ended this poll too. */
void midge__bsd_wake_take(struct bsd *p, bool is_readable)
{
    unsigned most = 8; /* datagrams; there is hardly ever a second one */

    while (is_readable && most-- > 0) {
        is_readable = take_own(p->wake_fd);
    }
    if (atomic_load(&p->wake) != WAKE_NONE) {
        atomic_store(&p->wake, WAKE_NONE);
    }
}
