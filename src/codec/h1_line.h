/* SPDX-License-Identifier: MIT */
/* The parser's part that gathers lines, RFC 9112 2.2; for h1_parse.c. */
#ifndef MIDGE__H1_LINE_H
#define MIDGE__H1_LINE_H

#include "codec/h1_parse.h"

struct midge__h1_input {
    const uint8_t *data;
    size_t len;
    size_t pos;
};

enum midge__h1_line_kind { MIDGE__H1_STATUS_LINE, MIDGE__H1_HEADER_LINE, MIDGE__H1_TRAILER_LINE };

/* What midge__h1_line answers beside a negative error. */
enum {
    MIDGE__H1_LINE_MORE, /* all input is consumed */
    MIDGE__H1_LINE_FULL, /* the head buffer is */
    MIDGE__H1_LINE_READ
};

/* Gathers bytes until CRLF. READ: the line is in head from p->line to p->fill, without CRLF and
   with room for one byte more; or it is not there and p->skip is set. */
int midge__h1_line(struct midge__h1_parse *p, struct midge__h1_input *in,
                   enum midge__h1_line_kind kind);

/* The next line starts here. */
void midge__h1_line_begin(struct midge__h1_parse *p, const struct midge__h1_input *in);

/* Drops what was gathered of the current line and reads over the rest of it. MIDGE_OK, or an error
   in what was gathered. */
int midge__h1_line_skip(struct midge__h1_parse *p);
/* The end of a line that was skipped. MIDGE_OK, or an error: it was no header. */
int midge__h1_line_skipped(struct midge__h1_parse *p);

/* Notes the error `at` bytes into the input, less than 0 for what an earlier one brought; `at`
   bytes into the current line, where folds are not counted. MIDGE_ERR_PROTOCOL. */
int midge__h1_fail(struct midge__h1_parse *p, ptrdiff_t at, const char *why);
int midge__h1_fail_in_line(struct midge__h1_parse *p, size_t at, const char *why);

#endif
