/* SPDX-License-Identifier: MIT */
/* Credentials, which are not written where others may read them: lines of -v, the file of --har. */
#ifndef MIDGE_CLI_SECRET_H
#define MIDGE_CLI_SECRET_H

#include "keep.h"

/* Is the value of a header field of that name a secret? */
int secret_field(const char *name);
/* A text without the userinfo of the first URL in it. */
const char *secret_cut(struct keep *keep, const char *text);

#endif
