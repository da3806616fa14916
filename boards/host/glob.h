/* SPDX-License-Identifier: MIT */
/* What curl would take for several URLs: {a,b} and [1-3]. */
#ifndef MIDGE_HOST_GLOB_H
#define MIDGE_HOST_GLOB_H

/* Whether there is such a pattern. Brackets around anything else (an IPv6 address, "a[]=1") are
   none. */
int glob_found(const char *url);

#endif
