/* SPDX-License-Identifier: MIT */
/*
 * Keeps SIGPIPE away from the application, for the two places where MSG_NOSIGNAL cannot be given:
 * pipes opened as files, and c-ares 1.18, which writes its TCP queries with writev. The process's
 * signal handlers belong to the application, so the signal is blocked and removed in this thread
 * only; no handler is installed.
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

    /* A signal that was pending before is not this code's to remove. */
    if (!s->was_pending) {
        while (sigtimedwait(&set, NULL, &now) < 0 && errno == EINTR) {
        }
    }
    (void)pthread_sigmask(SIG_SETMASK, &s->old_mask, NULL);
    errno = saved;
}
