/* SPDX-License-Identifier: MIT */
/* Random bytes of the kernel. Only the first call can block, on a freshly booted kernel. */
#include "posix.h"

#include <errno.h>
#include <sys/random.h>

int midge__posix_entropy(void *ctx, uint8_t *buf, size_t len)
{
    (void)ctx;
    while (len > 0) {
        ssize_t got = getrandom(buf, len, 0);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return MIDGE_ERR_ENTROPY;
        }
        buf += got;
        len -= (size_t)got;
    }
    return MIDGE_OK;
}
