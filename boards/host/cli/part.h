/* SPDX-License-Identifier: MIT */
/* The part of a file that -r or -C asks for, and whether the answer brings it. */
#ifndef MIDGE_CLI_PART_H
#define MIDGE_CLI_PART_H

#include <stdint.h>

#include "options.h"

struct fetch;
struct midge_response;

enum part_kind {
    PART_ALL,    /* no Range is sent */
    PART_FROM,   /* first- */
    PART_CLOSED, /* first-last */
    PART_SUFFIX, /* the last `last` bytes */
    PART_SEVERAL
};
struct part {
    uint64_t first, last;
    uint8_t kind;           /* enum part_kind */
    uint8_t resumes;        /* it is the rest of a file */
    uint8_t is_conditional; /* If-Range is sent */
    uint8_t whole;          /* enum midge_complete: the file is complete already. UNVERIFIED: the
                               server did not tell its size; NO: there is a rest */
};

/* Checks -r and -C. 0, or EXIT_USAGE after a line. */
int part_check(const struct group *group);
/* Adds the headers to the request, and sets the output. Call it after output_init. */
void part_apply(struct fetch *fetch);
/* The final head came. OK; RANGE; HTTP_STATUS, by -f, for an answer in place of the rest of a file;
   EOF: part.whole is set, and the body is not wanted. */
int part_head(struct fetch *fetch, const struct midge_response *response);
/* The request has ended: a file that was complete already is no failure. */
void part_done(struct fetch *fetch);

#endif
