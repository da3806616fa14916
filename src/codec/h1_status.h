/* SPDX-License-Identifier: MIT */
/* Reads the status line, RFC 9112 4. Part of the parser. */
#ifndef MIDGE__H1_STATUS_H
#define MIDGE__H1_STATUS_H

#include "codec/h1_parse.h"

#define MIDGE__H1_PREFIX     "HTTP/1."
#define MIDGE__H1_PREFIX_LEN (sizeof MIDGE__H1_PREFIX - 1)
/* Where the reason stands. */
#define MIDGE__H1_REASON 13U

/* Sets status and minor from a line that begins with the prefix and has a NUL or CR after it. NULL,
   or a static text that names the error; `*at` is then its place in the line. */
const char *midge__h1_status(struct midge__h1_parse *p, const char *line, size_t *at);

#endif
