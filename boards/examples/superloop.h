/* SPDX-License-Identifier: MIT */
/*
 * midge in a superloop without an operating system: requests go on in short steps, and between two
 * of them it is the application's turn.
 */
#ifndef SUPERLOOP_H
#define SUPERLOOP_H

#include <midge/midge.h>

struct superloop_report {
    size_t ended, failed;
    unsigned long laps;  /* of the loop, each with one step of the application's own */
    uint32_t longest_us; /* what midge took of a lap at most */
};

/* Gets all n URLs at once; the bodies are counted and dropped. Calls led(on) in each lap, in turn
   with 1 and 0. Returns when all have ended: MIDGE_OK, or why the first could not begin. */
int superloop(struct midge_client *client, const char *const urls[], size_t n, void (*led)(int on),
              struct superloop_report *report);

#endif
