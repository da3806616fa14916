/* SPDX-License-Identifier: MIT */
/* Collects lines, RFC 9112 2.2. Part of the parser, for h1_parse.c. */
#ifndef MIDGE__H1_LINE_H
#define MIDGE__H1_LINE_H

#include "codec/h1_parse.h"

struct midge__h1_input {
    const uint8_t *data;
    size_t len;
    size_t pos;
};

enum midge__h1_line_kind { MIDGE__H1_STATUS_LINE, MIDGE__H1_HEADER_LINE, MIDGE__H1_TRAILER_LINE };

/* Results of midge__h1_line; errors are negative. */
enum {
    MIDGE__H1_LINE_MORE, /* all input is consumed */
    MIDGE__H1_LINE_FULL, /* the head buffer is full */
    MIDGE__H1_LINE_READ
};

/* Collects bytes until CRLF. READ: the line is in head from p->line to p->fill, without CRLF and
   with room for one more byte; or the line was skipped, and p->skip is set. */
int midge__h1_line(struct midge__h1_parse *p, struct midge__h1_input *in,
                   enum midge__h1_line_kind kind);

/* The next line starts here. */
void midge__h1_line_begin(struct midge__h1_parse *p, const struct midge__h1_input *in);

/* Drops the collected part of the current line and skips the rest of it. MIDGE_OK, or an error in
   the collected part. */
int midge__h1_line_skip(struct midge__h1_parse *p);
/* Call at the end of a skipped line. MIDGE_OK, or an error: the line was not a header. */
int midge__h1_line_skipped(struct midge__h1_parse *p);

/* Records an error and returns MIDGE_ERR_PROTOCOL. midge__h1_fail: `at` bytes into the input,
   negative for bytes of an earlier input. midge__h1_fail_in_line: `at` bytes into the current line,
   folds not counted. */
int midge__h1_fail(struct midge__h1_parse *p, ptrdiff_t at, const char *why);
int midge__h1_fail_in_line(struct midge__h1_parse *p, size_t at, const char *why);

#endif
