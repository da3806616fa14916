/* SPDX-License-Identifier: MIT */
/* Collects lines, RFC 9112 2.2. Part of the parser, for h1_parse.c. */
#ifndef MIDGE__H1_LINE_H
#define MIDGE__H1_LINE_H

#include "codec/h1_fail.h"
#include "codec/h1_parse.h"

/* Results of a step of the parser; errors are negative. */
enum {
    MIDGE__H1_GO,   /* call the next step */
    MIDGE__H1_STOP, /* all input is consumed, or there is an event */
    MIDGE__H1_FULL, /* the head buffer is full */
    MIDGE__H1_READ  /* a line is complete */
};

enum midge__h1_line_kind { MIDGE__H1_STATUS_LINE, MIDGE__H1_HEADER_LINE, MIDGE__H1_TRAILER_LINE };

/* Reads up to and including CRLF. READ: the line without CRLF stands in head, from p->line to
   p->fill, with room for one more byte (none after an empty line). A skipped line (p->skip is set)
   does not. */
int midge__h1_line(struct midge__h1_parse *p, enum midge__h1_line_kind kind);

/* The next line starts here. */
static inline void midge__h1_line_begin(struct midge__h1_parse *p)
{
    p->folded = false;
    midge__h1_mark_line(p);
}

#endif
