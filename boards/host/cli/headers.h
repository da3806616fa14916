/* SPDX-License-Identifier: MIT */
/* The headers of a group's requests: the program's own, changed by -H. */
#ifndef MIDGE_CLI_HEADERS_H
#define MIDGE_CLI_HEADERS_H

#include <midge/header.h>

#include "options.h"

struct headers {
    struct midge_header *at;
    size_t n;
};

/* 0, or EXIT_USAGE after a line. form: the body is -d's; json: the body is --json's. */
int headers_build(struct keep *keep, const struct group *group, int form, int json,
                  struct headers *headers);

/* True for a legal header name or method (token, RFC 9110 5.6.2). */
int is_token(const char *text, size_t len);
/* Has it a control character, which no value of a header may have? */
int has_control(const char *text);

#endif
