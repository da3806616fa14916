/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "upload.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>
#include <midge/err.h>

static int stdin_ready(void)
{
    struct pollfd fd = {.fd = STDIN_FILENO, .events = POLLIN};

    return poll(&fd, 1, 0) != 0; /* an error makes stdin readable, too */
}

static int stdin_read(struct midge_source *source, uint8_t *buf, size_t cap, size_t *n)
{
    struct upload *upload =
        (struct upload *)(void *)((char *)source - offsetof(struct upload, stdin_source));
    ssize_t got;

    if (!stdin_ready()) {
        upload->waits = 1;
        return MIDGE_ERR_AGAIN;
    }
    got = read(STDIN_FILENO, buf, cap);
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) {
        upload->waits = 1;
        return MIDGE_ERR_AGAIN;
    }
    if (got < 0) {
        upload->native = errno;
        return MIDGE_ERR_READ;
    }
    *n = (size_t)got;
    upload->stdin_bytes += (uint64_t)got;
    return got > 0 ? MIDGE_OK : MIDGE_ERR_EOF;
}

int upload_open(struct upload *upload, const struct midge_port *port, const char *path)
{
    int err = MIDGE_OK;

    if (strcmp(path, "-") == 0 || strcmp(path, ".") == 0) {
        upload->stdin_source = (struct midge_source){.read = stdin_read, .length = -1};
        upload->source = &upload->stdin_source;
        return MIDGE_OK;
    }
    err = midge_file_source_init(&upload->file, port, path);
    if (err != MIDGE_OK) {
        upload->native = upload->file.native;
        return MIDGE_ERR_READ;
    }
    upload->source = &upload->file.source;
    return MIDGE_OK;
}

void upload_drop(struct upload *upload)
{
    if (upload->source != NULL && upload->source->finish != NULL) {
        upload->source->finish(upload->source);
    }
    upload->source = NULL;
}

int upload_ready(struct upload *upload)
{
    if (!upload->waits || !stdin_ready()) {
        return 0;
    }
    upload->waits = 0;
    return 1;
}

int upload_native(const struct upload *upload)
{
    return upload->native != 0 ? upload->native : upload->file.native;
}
