/* SPDX-License-Identifier: MIT */
/* --waterfall: the phases of each request over time. */
#ifndef MIDGE_CLI_WATERFALL_H
#define MIDGE_CLI_WATERFALL_H

#include <stddef.h>
#include <stdint.h>

struct run;
struct fetch;

#define WATERFALL_PHASES 7
struct waterfall_phase {
    const char *name;
    char letter;
    const char *colour; /* on a terminal: SGR, text and background */
    const char *fill;   /* in the picture */
};
extern const struct waterfall_phase waterfall_phases[WATERFALL_PHASES];

/* The place of a phase, microseconds from the first request's start. */
struct waterfall_span {
    uint64_t from, to;
};
struct waterfall_row {
    struct waterfall_span spans[WATERFALL_PHASES];
    uint64_t end;
};
/* 0 when the request was never started. */
int waterfall_row(const struct run *run, const struct fetch *fetch, struct waterfall_row *row);
/* The end of the last request, at least 1. */
uint64_t waterfall_end(const struct run *run);

/* "1.003 s", "12.4 ms" */
void waterfall_time(char *text, size_t cap, uint64_t us);

/* Draws on stderr, or the picture that was asked for. 0, or EXIT_WRITE after a line. */
int waterfall_draw(const struct run *run);
int waterfall_svg(const struct run *run, const char *path);

#endif
