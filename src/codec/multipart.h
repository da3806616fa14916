/* SPDX-License-Identifier: MIT */
/* The bytes between the values of a multipart/form-data body (RFC 7578, RFC 2046 5.1). */
#ifndef MIDGE__MULTIPART_H
#define MIDGE__MULTIPART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct midge__multipart_head {
    const char *boundary;
    const char *name;     /* NULL: the end of the body; filename and type do not count then */
    const char *filename; /* NULL: none */
    const char *type;     /* NULL: none */
    bool first;           /* no value is in front */
};

/* Writes the bytes of the head from `from` on, at most cap, to out. Returns the length of the whole
   head. */
size_t midge__multipart_head(const struct midge__multipart_head *head, size_t from, uint8_t *out,
                             size_t cap);

#endif
