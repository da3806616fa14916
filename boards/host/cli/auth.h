/* SPDX-License-Identifier: MIT */
/* -u and the schemes that may be used: --basic, --digest, --anyauth. */
#ifndef MIDGE_CLI_AUTH_H
#define MIDGE_CLI_AUTH_H

#include "fetch.h"

/* Splits the value of -u. 0, or EXIT_USAGE after a line. */
int auth_check(struct keep *keep, struct group *group);
/* Gives the fetch its name and password, if its group has them. */
void auth_apply(struct fetch *fetch);

#endif
