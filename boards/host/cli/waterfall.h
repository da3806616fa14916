/* SPDX-License-Identifier: MIT */
/*
 * --waterfall: the phases of each request over time. waterfall_rows.c says what is drawn,
 * waterfall.c draws it as text, waterfall_svg.c as a picture, page.c in a page.
 */
#ifndef MIDGE_CLI_WATERFALL_H
#define MIDGE_CLI_WATERFALL_H

#include <stddef.h>
#include <stdint.h>

#include "keep.h"

struct run;
struct fetch;

#define WATERFALL_PHASES 7
struct waterfall_phase {
    const char *name;
    char letter;
    const char *colour; /* on a terminal: SGR, text and background */
};
extern const struct waterfall_phase waterfall_phases[WATERFALL_PHASES];

/* One phase of one hop, microseconds of the port's clock; from < to. */
struct waterfall_span {
    uint64_t from, to;
    unsigned phase, hop; /* hop: from 0 */
};
/* Where a request went on to another URL, or was repeated. */
struct waterfall_mark {
    uint64_t at;
    int redirects; /* 0: repeated */
    const char *url;
};
struct waterfall_row {
    struct waterfall_span *spans; /* in order */
    struct waterfall_mark *marks; /* in order */
    size_t n, n_marks;
    uint64_t from, end; /* equal: the request was never started */
};
void waterfall_row(struct keep *keep, const struct fetch *fetch, struct waterfall_row *row);

/* A request, or the heading of a group: the requests of one HTTP/2 connection. */
struct waterfall_line {
    const struct fetch *fetch; /* NULL: a heading */
    const char *label; /* the URL without scheme and password, or the heading; not cleaned */
    const char *words; /* "200, 1 redirect, resumed", "FAILED: TIMEOUT in wait (28)" */
    struct waterfall_row row;
    uint8_t grouped; /* below the heading before it */
};
struct waterfall {
    struct waterfall_line *lines; /* the requests in the order of the URLs, but groups together */
    size_t n;
    uint64_t from, end; /* of all rows; end > from */
};
void waterfall_make(struct waterfall *waterfall, const struct run *run);
/* The words of one request. */
const char *waterfall_words(struct keep *keep, const struct fetch *fetch);
/* "redirect" or "again" */
const char *waterfall_mark_name(const struct waterfall_mark *mark);

/* "1.003 s", "12.40 ms" */
void waterfall_time(char *text, size_t cap, uint64_t us);

/* Draws on stderr, or the picture that was asked for. 0, or EXIT_WRITE after a line. */
int waterfall_draw(const struct run *run);
int waterfall_svg(const struct run *run, const char *path);
/* The picture of two runs of the same work beside each other, of a log in which each work was done
   by one client and then by another. 0, or EXIT_WRITE after a line. */
int compare_svg(const struct run *run, const char *path);

#endif
