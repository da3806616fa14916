/* SPDX-License-Identifier: MIT */
/* Makes one body, or one query string, from -d and similar options. */
#ifndef MIDGE_CLI_DATA_H
#define MIDGE_CLI_DATA_H

#include "options.h"

struct data {
    struct text text;
    int is_json;
    const char *failed; /* the file that could not be read, NULL none */
    int native;         /* why: errno */
};

/* 0, or -1 with failed and native set. */
int data_build(struct keep *keep, const struct items *items, struct data *data);

/* Reads a whole file, "-" for stdin; 0 or errno. */
int data_read_file(const char *path, struct text *text);

#endif
