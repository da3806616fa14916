/* SPDX-License-Identifier: MIT */
/* The data of -T: a file, or stdin in chunks while other requests run. */
#ifndef MIDGE_CLI_UPLOAD_H
#define MIDGE_CLI_UPLOAD_H

#include <midge/body.h>

struct upload {
    uint64_t stdin_bytes; /* read so far */
    struct midge_file_source file;
    struct midge_source stdin_source;
    struct midge_source *source; /* the one in use; NULL none */
    int native;                  /* errno of a failed read, 0 none */
    uint8_t waits;               /* stdin had nothing: call midge_resume when it has */
};

/* path "-" is stdin. MIDGE_OK, or READ with native set. */
int upload_open(struct upload *upload, const struct midge_port *port, const char *path);
/* Call it when no request was started with it. */
void upload_drop(struct upload *upload);
/* Does it wait for stdin, and has stdin something now? */
int upload_ready(struct upload *upload);
/* errno of a failed read, 0 none. */
int upload_native(const struct upload *upload);

#endif
