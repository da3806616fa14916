/* SPDX-License-Identifier: MIT */
/*
 * Patterns in URLs, as curl has them: {a,b}, [1-3], [001-100:10], [a-z:2]. "\" before one of {}[]
 * takes it literally. Brackets around anything else (an IPv6 address, "a[]=1") are not patterns.
 */
#ifndef MIDGE_CLI_GLOB_H
#define MIDGE_CLI_GLOB_H

#include "options.h"

#define GLOB_MOST 100000 /* URLs of a group */

/* Puts the URLs that the patterns stand for in the place of the patterns, the last one of a URL
   changes fastest. An output for a pattern is repeated for each of its URLs, "#1" in its name is
   the text of the first pattern. A URL whose pattern is malformed stays, with the reason. 0, or
   EXIT_USAGE after a line: more than GLOB_MOST URLs. */
int glob_expand(struct keep *keep, struct group *group);

#endif
