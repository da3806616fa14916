/* SPDX-License-Identifier: MIT */
/* A piece of text that another object owns. Not NUL-terminated unless its description says so. */
#ifndef MIDGE_SPAN_H
#define MIDGE_SPAN_H

#include <stddef.h>

/* The bytes belong to that object, and live as long as it says. */
struct midge_span {
    const char *ptr; /* NULL: absent, which is not the same as empty */
    size_t len;      /* bytes */
};

#endif
