/* SPDX-License-Identifier: MIT */
/* http://user:password@host/: they are taken out of the URL before it is used or shown. */
#ifndef MIDGE_CLI_URL_USER_H
#define MIDGE_CLI_URL_USER_H

#include "keep.h"

struct url_user {
    const char *user, *password; /* decoded; NULL: the URL has none */
};

/* Returns the URL without user and password, which go to *found. *why: NULL, or why these cannot be
   sent. */
const char *url_user_take(struct keep *keep, const char *url, struct url_user *found,
                          const char **why);

#endif
