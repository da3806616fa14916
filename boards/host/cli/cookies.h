/* SPDX-License-Identifier: MIT */
/* -b and -c: the jar of all groups that have one of them (cookies.c). */
#ifndef MIDGE_CLI_COOKIES_H
#define MIDGE_CLI_COOKIES_H

#include "fetch.h"

struct run;

/* The text of -b NAME=VALUE, several joined; NULL: none. */
const char *cookies_text(struct keep *keep, const struct group *group);
/* Reads the files of -b into the jar. */
void cookies_open(struct run *run);
/* Uses the jar for the fetch, if its group has it. */
void cookies_apply(struct fetch *fetch);
/* Writes the files of -c. Returns code, or EXIT_WRITE after a line. */
int cookies_save(struct run *run, int code);

#endif
