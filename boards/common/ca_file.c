/* SPDX-License-Identifier: MIT */
/* A file of trusted roots, read before there is a client. */
#include "common/ca_file.h"

#include <midge/err.h>

int ca_file_read(const struct midge_port *port, const char *path, uint8_t *buf, size_t cap,
                 size_t *len)
{
    midge_file file;
    int native;
    *len = 0;
    if (port->file_open == NULL) {
        return MIDGE_ERR_UNSUPPORTED;
    }
    int err = port->file_open(port->ctx, path, MIDGE_FILE_READ, &file, &native);
    if (err != MIDGE_OK) {
        return err;
    }
    for (size_t n = 0; err == MIDGE_OK && *len < cap; *len += n) {
        n = 0;
        err = port->file_read(port->ctx, file, buf + *len, cap - *len, &n, &native);
    }
    (void)port->file_finish(port->ctx, file, 0, &native);
    return err == MIDGE_ERR_EOF ? MIDGE_OK : err == MIDGE_OK ? MIDGE_ERR_TOO_LARGE : err;
}
