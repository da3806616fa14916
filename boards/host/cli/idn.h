/* SPDX-License-Identifier: MIT */
/* URLs whose host is in another script than ASCII. */
#ifndef MIDGE_CLI_IDN_H
#define MIDGE_CLI_IDN_H

#include "keep.h"

/* The URL with its host in ASCII: url itself if it is so already, or is no URL with a host. NULL:
   there is no such name, and *why says so. */
const char *idn_url(struct keep *keep, const char *url, const char **why);

#endif
