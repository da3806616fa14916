/* SPDX-License-Identifier: MIT */
/* URLs that curl would expand to several: {a,b} and [1-3]. */
#ifndef MIDGE_CLI_GLOB_H
#define MIDGE_CLI_GLOB_H

/* Is there such a pattern? Brackets around anything else (an IPv6 address, "a[]=1") are not
   patterns. */
int glob_found(const char *url);

#endif
