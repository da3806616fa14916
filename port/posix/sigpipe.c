/* SPDX-License-Identifier: MIT */
/*
 * SIGPIPE kept away from the application, for the two places where MSG_NOSIGNAL can't be given:
 * pipes opened as files, and c-ares 1.18, which writes its TCP queries with writev. The
 * process's signal handlers are the application's, so the signal is held in this thread only
 * and taken off again; nothing is installed.
 */
#include "posix.h"

#include <errno.h>
#include <time.h>

static sigset_t only_sigpipe(void)
{
    sigset_t set;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGPIPE);
    return set;
}

void midge__posix_sigpipe_hold(struct posix_sigpipe *s)
{
    sigset_t set = only_sigpipe();
    sigset_t pending;

    (void)sigemptyset(&pending);
    (void)sigpending(&pending);
    s->was_pending = sigismember(&pending, SIGPIPE) == 1;
    (void)pthread_sigmask(SIG_BLOCK, &set, &s->old_mask);
}

void midge__posix_sigpipe_release(const struct posix_sigpipe *s)
{
    int saved = errno;
    sigset_t set = only_sigpipe();
    const struct timespec now = {0, 0};

    /* One that was pending before is somebody else's to receive. */
    if (!s->was_pending) {
        while (sigtimedwait(&set, NULL, &now) < 0 && errno == EINTR) {
        }
    }
    (void)pthread_sigmask(SIG_SETMASK, &s->old_mask, NULL);
    errno = saved;
}
