/* SPDX-License-Identifier: MIT */
/*
 * The prompts of `images`: the journey of the robot dog, or the lines of a file. Any number: each
 * is read when it is needed. Lines end with LF, CR LF or CR; lines without text are skipped; a byte
 * order mark before the first is skipped.
 */
#ifndef MIDGE_APPS_PROMPTS_H
#define MIDGE_APPS_PROMPTS_H

#include "app.h"

#define PROMPT_MAX 32000 /* bytes of one; the API takes as many characters */

#ifdef MIDGE_PROFILE_FULL
#define PROMPTS_PIPE 262144 /* bytes of all prompts, if the input cannot be read again */
#else
#define PROMPTS_PIPE 8192
#endif
#define PROMPTS_BUFFER 128

struct prompts {
    struct app *app;
    const char *path;       /* NULL: the journey */
    bool pipe;              /* input that cannot be read again */
    struct midge_blob text; /* pipe: all of the input */
    uint64_t next;          /* place in the file: the first byte not used by a prompt */
    uint64_t at;            /* place after the last byte of the buffer */
    size_t used, len;       /* of the buffer */
    char buffer[PROMPTS_BUFFER];
    unsigned n;    /* prompts taken */
    unsigned line; /* lines behind */
    bool broken;   /* no more prompts can be read */
};

/* Reads the whole input once, so that no request is paid for when a later line is bad. False:
   failed, after one line of error. Call prompts_close in both cases. */
bool prompts_open(struct prompts *prompts, struct app *app);
/* The next prompt, for this item; app_free frees it. EOF: there is none; NO_MEMORY: later (no
   memory, or too many open files); another error was reported. */
int prompts_next(struct prompts *prompts, struct app_item *item, char **prompt);
void prompts_close(struct prompts *prompts);

#endif
