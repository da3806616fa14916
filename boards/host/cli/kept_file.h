/* SPDX-License-Identifier: MIT */
/*
 * The file of -o under -C. It is written in place, so what has come is kept, also when the program
 * is killed; and it goes on where it ended. The attribute user.midge.validator of an incomplete
 * file has the text for If-Range, where the file system has such attributes; or behind a '~' an
 * ETag or date that is too weak for If-Range (RFC 9110 13.1.5), and only shows a change.
 */
#ifndef MIDGE_CLI_KEPT_FILE_H
#define MIDGE_CLI_KEPT_FILE_H

#include <stddef.h>
#include <stdint.h>
#include <midge/range.h>

#define KEPT_VALIDATOR_BYTES (MIDGE_VALIDATOR_BYTES + 1)
#define KEPT_WEAK            '~'

struct kept_file {
    const char *path;                     /* NULL: there is none */
    uint64_t size;                        /* of what is there; 0 none */
    uint64_t start;                       /* where the body goes, size or 0 */
    int fd;                               /* -1 none */
    char validator[KEPT_VALIDATOR_BYTES]; /* of what is there; "" none */
};

/* Looks at what is there. A file that is not regular counts as empty. */
void kept_file_init(struct kept_file *file, const char *path);
/* Opens it and cuts it to `start`. 0 or errno; EBUSY: it is not as long any more as it was. */
int kept_file_open(struct kept_file *file);
/* Cuts it to `start` again, for another answer, and closes it. 0 or errno. */
int kept_file_reset(struct kept_file *file);
/* Closes it; good: it is complete. 0 or errno. */
int kept_file_end(struct kept_file *file, int good);

#endif
