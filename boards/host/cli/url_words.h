/* SPDX-License-Identifier: MIT */
/* Explains why a URL is refused, and how to write it. */
#ifndef MIDGE_CLI_URL_WORDS_H
#define MIDGE_CLI_URL_WORDS_H

#include "keep.h"

/* For a URL as it was typed, which midge_url_normalise refused with *err (URL or SCHEME). If the
   scheme is only written wrong ("localhost:80/x" has none, "http//host" no colon) *err becomes
   URL. */
const char *url_words(struct keep *keep, const char *url, int *err);

#endif
