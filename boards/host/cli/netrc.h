/* SPDX-License-Identifier: MIT */
/* -n and --netrc-file: names and passwords by host, in a file. */
#ifndef MIDGE_CLI_NETRC_H
#define MIDGE_CLI_NETRC_H

#include "fetch.h"

/* Finds name and password for the host of the fetch's URL. 0: there are none. */
int netrc_find(struct fetch *fetch, const char **user, const char **password);

#endif
