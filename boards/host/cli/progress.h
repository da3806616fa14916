/* SPDX-License-Identifier: MIT */
/* Live progress on a terminal: one line for all, and one for each of the first few active
   requests. */
#ifndef MIDGE_CLI_PROGRESS_H
#define MIDGE_CLI_PROGRESS_H

#include <stdint.h>

struct run;

struct progress {
    uint32_t start_ms, drawn_ms;
    unsigned lines; /* on the screen now */
    uint8_t on;
};

/* On when stderr is a terminal without other output of this run. */
void progress_init(struct progress *progress, const struct run *run);
/* Draws at most ten times a second. */
void progress_draw(struct progress *progress, const struct run *run);
/* Removes the progress from the screen. */
void progress_clear(struct progress *progress);

#endif
