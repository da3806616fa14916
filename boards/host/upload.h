/* SPDX-License-Identifier: MIT */
/* What -T sends: a file, or stdin in chunks while others go on. */
#ifndef MIDGE_HOST_UPLOAD_H
#define MIDGE_HOST_UPLOAD_H

#include <midge/body.h>

struct upload {
    struct midge_file_source file;
    struct midge_source stdin_source;
    struct midge_source *source; /* the one in use; NULL none */
    int native;                  /* errno of a failed read, 0 none */
    uint8_t waits;               /* stdin had nothing: midge_resume when it has */
};

/* path "-" is stdin. MIDGE_OK, or READ with native set. */
int upload_open(struct upload *upload, const struct midge_port *port, const char *path);
/* No request was started with it. */
void upload_drop(struct upload *upload);
/* It waits for stdin, and there is something now. */
int upload_ready(struct upload *upload);
/* errno of what failed, 0 none. */
int upload_native(const struct upload *upload);

#endif
