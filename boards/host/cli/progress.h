/* SPDX-License-Identifier: MIT */
/*
 * Live progress on a terminal: a line for all, one with memory and the longest step of a simulated
 * device (--device), and one for each request that is under way, as many as there are rows. A frame
 * is one write that draws over the frame before, so nothing flickers. No mode of the terminal is
 * changed, and the cursor stands below the frame: there is nothing to restore, even after SIGKILL.
 */
#ifndef MIDGE_CLI_PROGRESS_H
#define MIDGE_CLI_PROGRESS_H

#include <stddef.h>
#include <stdint.h>

struct run;

#define PROGRESS_LINES 64u

/* Bytes of a request, for its rate. */
struct progress_rate {
    uint64_t bytes;
    uint32_t ms;    /* when there were so many */
    uint32_t speed; /* bytes a second, smoothed; 0: not known yet */
};
struct progress {
    uint32_t start_ms, drawn_ms;
    struct progress_rate *rates;      /* by the request's index */
    uint16_t lengths[PROGRESS_LINES]; /* columns of the lines on the screen now */
    unsigned lines;
    uint8_t on;
};

/* On when stderr is a terminal without other output of this run. */
void progress_init(struct progress *progress, const struct run *run);
/* Draws at most ten times a second. */
void progress_draw(struct progress *progress, const struct run *run);
/* Removes the progress from the screen. */
void progress_clear(struct progress *progress);

#endif
