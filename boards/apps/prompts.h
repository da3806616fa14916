/* SPDX-License-Identifier: MIT */
/*
 * The prompts of `images`: the journey of the robot dog, or the lines of a file. Any number: each
 * is read when its turn comes. Lines end with LF, CR LF or CR; those without text are no prompts; a
 * byte order mark before the first is skipped.
 */
#ifndef MIDGE_APPS_PROMPTS_H
#define MIDGE_APPS_PROMPTS_H

#include "app.h"

#define PROMPT_MAX 32000 /* bytes of one; the API takes as many characters */

#ifdef MIDGE_PROFILE_FULL
#define PROMPTS_PIPE 262144 /* bytes of all, where they can't be read again */
#else
#define PROMPTS_PIPE 8192
#endif
#define PROMPTS_BUFFER 128

struct prompts {
    struct app *app;
    const char *path;       /* NULL: the journey */
    bool pipe;              /* it has no places to go back to: */
    struct midge_blob text; /* all of it */
    uint64_t next;          /* of the file: the first byte that no prompt has taken */
    uint64_t at;            /* and behind the last one of the buffer */
    size_t used, len;       /* of the buffer */
    char buffer[PROMPTS_BUFFER];
    unsigned n;    /* prompts taken */
    unsigned line; /* lines behind */
    bool broken;   /* no more of it */
};

/* Reads all of it once, so that nothing is paid for when a line further down is bad. False after
   one line. Either way prompts_close afterwards. */
bool prompts_open(struct prompts *prompts, struct app *app);
/* The next one, for this item, to be freed by app_free. EOF: there is none; NO_MEMORY: later (there
   is no memory, or too many files are open); another error after telling. */
int prompts_next(struct prompts *prompts, struct app_item *item, char **prompt);
void prompts_close(struct prompts *prompts);

#endif
