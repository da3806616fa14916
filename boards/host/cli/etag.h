/* SPDX-License-Identifier: MIT */
/* --etag-save and --etag-compare: a body only if it has changed (RFC 9110 13.1.2). */
#ifndef MIDGE_CLI_ETAG_H
#define MIDGE_CLI_ETAG_H

#include "fetch.h"

struct run;

/* 0, or EXIT_USAGE after a line. */
int etag_check(const struct group *group);
/* The value of If-None-Match; NULL: none is sent. */
const char *etag_wanted(struct keep *keep, const struct group *group);
/* Looks at the fetch's answer, if its group needs that. */
void etag_apply(struct fetch *fetch);
/* Writes the files of --etag-save. Returns code, or EXIT_WRITE after a line. */
int etag_save(const struct run *run, int code);

#endif
