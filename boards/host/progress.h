/* SPDX-License-Identifier: MIT */
/* Live progress on a terminal: a line for all, and one for each of the first few under way. */
#ifndef MIDGE_HOST_PROGRESS_H
#define MIDGE_HOST_PROGRESS_H

#include <stdint.h>

struct run;

struct progress {
    uint32_t start_ms, drawn_ms;
    unsigned lines; /* on the screen now */
    uint8_t on;
};

/* On when stderr is a terminal that nobody else writes to. */
void progress_init(struct progress *progress, const struct run *run);
/* At most ten times a second. */
void progress_draw(struct progress *progress, const struct run *run);
/* Leaves the screen as if nothing had been there. */
void progress_clear(struct progress *progress);

#endif
