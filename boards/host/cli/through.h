/* SPDX-License-Identifier: MIT */
/* The proxy of a URL: --proxy, --proxy-user, --noproxy, and the environment. */
#ifndef MIDGE_CLI_THROUGH_H
#define MIDGE_CLI_THROUGH_H

#include <midge/request.h>
#include <midge/url.h>

#include "fetch.h"

/* May there be proxies? env: the environment counts. */
int through_any(const struct options *options, int env);

/* Finds the proxy of a URL of the group; its host is NULL if there is none. NULL, or a sentence
   that says why it cannot be used. */
const char *through_find(struct keep *keep, const struct group *group, int env,
                         const struct midge_url *url, struct midge_proxy *proxy);

/* Of its result: a proxy's name that is not resolved has a code of its own. */
int through_exit_code(const struct fetch *fetch);

/* The words for a certificate that was refused: `words`, or NULL for the usual ones; the proxy is
   named if it is the proxy's. */
const char *through_cert_words(const struct fetch *fetch, const char *words);
/* The words for a failure in which the proxy has a part; NULL: the usual ones. */
const char *through_words(const struct fetch *fetch);

#endif
