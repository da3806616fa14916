/* SPDX-License-Identifier: MIT */
#ifndef MIDGE_JSON_ESCAPE_H
#define MIDGE_JSON_ESCAPE_H

#include <stddef.h>

/* Writes c as in a JSON string (RFC 8259 7): at most 6 characters; returns their number. */
size_t midge__json_escape(char c, char out[6]);

#endif
