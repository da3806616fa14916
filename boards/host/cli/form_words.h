/* SPDX-License-Identifier: MIT */
/* Takes an argument of -F apart. */
#ifndef MIDGE_CLI_FORM_WORDS_H
#define MIDGE_CLI_FORM_WORDS_H

#include "form.h"

/* "name=value;type=...;filename=...", "name=@file", "name=<file". 0, or EXIT_USAGE after one line
   on stderr. A path of "-" is stdin. */
int form_words(struct keep *keep, const char *argument, struct form_field *field);

#endif
