/* SPDX-License-Identifier: MIT */
/* The prompts of `images`: the journey of the robot dog, or the lines of a file. */
#ifndef MIDGE_APPS_PROMPTS_H
#define MIDGE_APPS_PROMPTS_H

#include "app.h"

/* A prompt takes two awaitables: its task, and what that awaits. */
#define PROMPTS_MAX   (MIDGE_MAX_AWAITABLES / 2 - 4)
#define PROMPTS_BYTES (PROMPTS_MAX * 256) /* of the file */

struct prompts {
    const char *const *at;
    size_t n;
    char *text; /* the file's, its lines ended by NUL; NULL: the journey */
    const char **lines;
};

/* False after one line. Either way prompts_close afterwards. */
bool prompts_open(struct prompts *prompts, struct app *app);
void prompts_close(struct prompts *prompts, struct app *app);

#endif
