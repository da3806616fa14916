/* SPDX-License-Identifier: MIT */
/* The client's certificate and key: --cert, --key, --pass and their types. */
#ifndef MIDGE_CLI_CREDENTIAL_H
#define MIDGE_CLI_CREDENTIAL_H

#include <midge/credential.h>

#include "keep.h"
#include "options.h"

struct credential {
    struct midge_credential is;
    const char *why; /* the library's reason of a refusal */
};

/* Reads the files. MIDGE_OK: *credential is filled, its certificate NULL if none was asked for.
   CREDENTIAL: *what is the reason, *native an errno or 0. */
int credential_read(struct credential *credential, const struct options *options, int *native,
                    const char **what);

/* Has the library refused them? */
static inline int credential_refused(const struct credential *credential)
{
    return credential->why != NULL && credential->why[0] != '\0';
}

#endif
