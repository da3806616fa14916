/* SPDX-License-Identifier: MIT */
/*
 * --report-html: one page with waterfall, memory and table of a run, for any browser. It has no
 * script, no link and no file from outside; its policy forbids them too. It is written for a run
 * that failed or was interrupted as well.
 */
#ifndef MIDGE_CLI_PAGE_H
#define MIDGE_CLI_PAGE_H

struct run;

/* 0, or EXIT_WRITE after a line; the file that was there before stays then. */
int page_write(const struct run *run, const char *path);

#endif
