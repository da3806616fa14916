/* SPDX-License-Identifier: MIT */
/* Writes JSON into a text: values one after the other; commas are added automatically. */
#ifndef MIDGE_CLI_JSON_TEXT_H
#define MIDGE_CLI_JSON_TEXT_H

#include <stdint.h>

#include "keep.h"

/* A quoted string. UTF-8 stays; text that is not UTF-8 is read as Latin-1. */
void json_text(struct text *out, const char *string);
/* A quoted string whose bytes above 0x7f are Latin-1 characters. */
void json_latin1(struct text *out, const char *bytes, size_t len);

/* Members of an object. */
void json_name(struct text *out, const char *name);
void json_member(struct text *out, const char *name, const char *string);
void json_number(struct text *out, const char *name, int64_t number);
void json_flag(struct text *out, const char *name, int flag);

#endif
