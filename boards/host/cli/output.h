/* SPDX-License-Identifier: MIT */
/*
 * The destination of a response: a file that appears when it is whole, or stdout in the order of
 * the URLs. An output that is not yet first for stdout writes into an unnamed temporary file.
 */
#ifndef MIDGE_CLI_OUTPUT_H
#define MIDGE_CLI_OUTPUT_H

#include <midge/body.h>
#include <midge/hash.h>

#include "keep.h"
#include "kept_file.h"

/* The order of the outputs for stdout. */
struct output_line {
    struct output *first, *last;
    int native;    /* errno when stdout failed: nothing more is written to it */
    size_t spills; /* temporary files that are open */
};

struct output {
    struct midge_sink sink;   /* the body */
    struct midge_sha256 hash; /* of the body, if the report wants it */
    uint64_t body_len;
    const struct midge_port *port;
    const char *path; /* NULL: stdout */
    midge_file file;
    struct kept_file kept; /* in place of `file`, if it has a path */
    uint64_t wanted;       /* bytes of the body, or the answer fails with PARTIAL; UINT64_MAX any */
    struct output_line *line; /* the line for stdout */
    struct text tail;         /* for stdout, behind the body */
    struct text copy;         /* of the body's first copy_max bytes */
    size_t copy_max;          /* 0: no copy */
    struct output *next;
    int spill;         /* temporary file, -1 none */
    int native;        /* errno of a failure here, 0 none */
    uint8_t keeps_old; /* 304: the file stays as it is */
    uint8_t no_body;   /* -I: a body that comes with another method than HEAD is dropped */
    uint8_t wrote;     /* something was written to stdout and cannot be taken back */
    uint8_t in_line;   /* has something for stdout */
    uint8_t over;      /* the body has ended, and the tail is whole */
    uint8_t create_dirs;
    uint8_t hashes; /* the body */
};

/* path NULL: stdout. hashes: 1 computes `hash`, which costs more than all else here. has_tail:
   `tail` will be used. */
void output_init(struct output *output, const struct midge_port *port, const char *path,
                 struct output_line *line, int hashes, int has_tail);
/* Writes bytes that are not body: the headers of -i. MIDGE_OK or WRITE. */
int output_put(struct output *output, const void *data, size_t len);
/* Ends an output whose request was not started. */
void output_drop(struct output *output);
/* Called once, when body and tail are whole: stdout goes to the next one in line. */
void output_end(struct output *output);

#endif
