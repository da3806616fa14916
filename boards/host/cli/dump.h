/* SPDX-License-Identifier: MIT */
/* The heads and trailers of all answers in a file of their own, for -D. */
#ifndef MIDGE_CLI_DUMP_H
#define MIDGE_CLI_DUMP_H

#include "fetch.h"

struct run;

/* Opens the files of all groups, so that a bad path fails before anything is asked. 0, or
   EXIT_WRITE after a line on stderr. */
int dump_open(struct run *run);
/* A head has come. MIDGE_OK, or WRITE if stdout failed. */
int dump_head(struct fetch *fetch, const struct text *head);
/* Are trailers shown, as -D and -i do? */
static inline int dump_shows(const struct fetch *fetch)
{
    return fetch->group->dump_header != NULL || fetch->group->include;
}
/* A trailer has come, behind the body. */
void dump_trailer(struct fetch *fetch, const char *name, size_t name_len, const char *value,
                  size_t value_len);
/* Writes the files, in the order of the URLs, and closes them. 0, or EXIT_WRITE after a line. */
int dump_close(struct run *run);

#endif
