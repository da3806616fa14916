/* SPDX-License-Identifier: MIT */
#ifndef MIDGE_HOST_PERCENT_H
#define MIDGE_HOST_PERCENT_H

#include <stddef.h>

/* Takes the percent-encoding of a text away (RFC 3986 2.1); %00 stays as it is, since a string
   cannot hold it. Writes at most len bytes, no NUL; returns the end of the output. */
char *percent_decode(char *out, const char *text, size_t len);

#endif
