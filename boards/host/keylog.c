/* SPDX-License-Identifier: MIT */
/* Lines are added at the end of the file, each by one write: several programs may share it. */
#define _GNU_SOURCE
#include "keylog.h"

#if MIDGE_KEYLOG

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int file = -1;

static void on_key(void *ctx, const char *line)
{
    char text[MIDGE_KEY_LINE + 2];
    int len = snprintf(text, sizeof text, "%s\n", line);
    (void)ctx;
    if (write(file, text, (size_t)len) != len) {
        fprintf(stderr, "midge: a TLS key could not be written: %s\n", strerror(errno));
    }
}

void keylog_set(struct midge_tls *tls)
{
    const char *path = getenv("SSLKEYLOGFILE");
    if (path == NULL || path[0] == '\0') {
        return;
    }
    if (file < 0) {
        file = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
        if (file < 0) {
            fprintf(stderr, "midge: the file of TLS keys %s cannot be opened: %s\n", path,
                    strerror(errno));
            return;
        }
        fprintf(stderr,
                "midge: WARNING: this is a debugging build, and the keys of all connections are "
                "written to %s\n",
                path);
    }
    tls->on_key = on_key;
}

#endif
