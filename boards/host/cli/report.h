/* SPDX-License-Identifier: MIT */
/* --report: the results as JSON lines. */
#ifndef MIDGE_CLI_REPORT_H
#define MIDGE_CLI_REPORT_H

#include <stddef.h>

struct run;
struct report {
    int fd; /* -1: no report was asked for */
    const char *path;
};

/* Call it before anything is asked. path NULL: none; "-": stdout. 0, or EXIT_WRITE after a line. */
int report_open(struct report *report, const char *path);
int report_write(struct report *report, const struct run *run);
/* How many of the requests failed. */
size_t report_failures(const struct run *run);

#endif
