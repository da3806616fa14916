/* SPDX-License-Identifier: MIT */
/*
 * midge in a superloop without an operating system: requests progress in short steps, and between
 * two steps the application works.
 */
#ifndef SUPERLOOP_H
#define SUPERLOOP_H

#include <midge/midge.h>

struct superloop_report {
    size_t ended, failed;
    unsigned long laps;  /* of the loop, each with one step of the application */
    uint32_t longest_us; /* longest time of midge in one lap */
};

/* Makes all n requests at once, with its own on_done. Each lap calls led(on), alternately with 1
   and 0. Returns when all have ended: MIDGE_OK, or the error with which the first could not begin.
 */
int superloop(struct midge_client *client, struct midge_request requests[], size_t n,
              void (*led)(int on), struct superloop_report *report);

#endif
