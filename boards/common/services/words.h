/* SPDX-License-Identifier: MIT */
/*
 * A command line without a shell: words between blanks, "several words" in double quotes.
 *
 *     IP=192.0.2.9 CA=/tmp/ca.pem posts --api https://example.org
 *     settings, NAME=VALUE         the app's own words from the first that is none
 */
#ifndef MIDGE_BOARDS_WORDS_H
#define MIDGE_BOARDS_WORDS_H

#include <stddef.h>

/* Splits the line in place. Returns the number of words, or -1 when there are more than `most`.
   words[number] is NULL, so there is room for most + 1. */
int words_split(char *line, char **words, int most);

/* The value of the setting with that name, or NULL. */
const char *words_setting(char *const *words, const char *name);

#endif
