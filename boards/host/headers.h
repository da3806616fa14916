/* SPDX-License-Identifier: MIT */
/* The headers of a group's requests: the program's own, as -H changes them. */
#ifndef MIDGE_HOST_HEADERS_H
#define MIDGE_HOST_HEADERS_H

#include <midge/header.h>

#include "options.h"

struct headers {
    struct midge_header *at;
    size_t n;
};

/* 0, or EXIT_USAGE after a line. form: a body of -d goes out; json: that of --json. */
int headers_build(struct keep *keep, const struct group *group, int form, int json,
                  struct headers *headers);

/* RFC 9110 5.6.2: what a header's name or a method may be. */
int is_token(const char *text, size_t len);

#endif
