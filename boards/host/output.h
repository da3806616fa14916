/* SPDX-License-Identifier: MIT */
/*
 * Where a response goes: a file that appears when it is whole, or stdout in the order of the
 * URLs. Who is not yet in turn for stdout writes into an unnamed temporary file.
 */
#ifndef MIDGE_HOST_OUTPUT_H
#define MIDGE_HOST_OUTPUT_H

#include <midge/body.h>
#include <midge/hash.h>

/* Whose turn it is on stdout. */
struct output_line {
    struct output *first, *last;
    int native;    /* errno when stdout failed: nothing is written to it any more */
    size_t spills; /* temporary files that are open */
};

struct output {
    struct midge_sink sink; /* the body */
    struct midge_sha256 hash;
    uint64_t body_len;
    const struct midge_port *port;
    const char *path; /* NULL: stdout */
    midge_file file;
    struct output_line *line; /* of stdout, while it stands in it */
    struct output *next;
    int spill;       /* temporary file, -1 none */
    int native;      /* errno of what failed here, 0 none */
    uint8_t no_body; /* -I: what a method other than HEAD brings is dropped */
    uint8_t wrote;   /* something went to stdout: it can't be taken back */
    uint8_t ended;
};

void output_init(struct output *output, const struct midge_port *port, const char *path,
                 struct output_line *line);
/* Bytes that are not body: the headers of -i. MIDGE_OK or WRITE. */
int output_put(struct output *output, const void *data, size_t len);
/* No request was started for it: nothing will come. */
void output_drop(struct output *output);

#endif
