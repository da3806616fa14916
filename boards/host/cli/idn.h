/* SPDX-License-Identifier: MIT */
/* Host names in other scripts than ASCII: their A-label (IDNA2008, UTS 46), as DNS has it. */
#ifndef MIDGE_CLI_IDN_H
#define MIDGE_CLI_IDN_H

#include "keep.h"

/* The URL with its host in ASCII: url itself if it is so already, or is no URL with a host. NULL:
   there is no such name, *why says so; a build without libidn2 says that. */
const char *idn_url(struct keep *keep, const char *url, const char **why);

#endif
