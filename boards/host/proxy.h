/* SPDX-License-Identifier: MIT */
/*
 * Proxies that the environment asks for, by curl's rules.
 */
#ifndef MIDGE_HOST_PROXY_H
#define MIDGE_HOST_PROXY_H

#include <midge/url.h>

/* Does any variable set a proxy, for whatever URL? */
int proxy_any_set(void);

/* The name of the variable that sets a proxy for this URL ("https_proxy"), whatever no_proxy says;
   NULL: there is none. */
const char *proxy_variable(const struct midge_url *url);

/* Is the URL's host one of those that are asked without a proxy? noproxy: hosts as in the variable
   no_proxy, which it replaces; NULL: the variable counts. */
int proxy_exempts(const struct midge_url *url, const char *noproxy);

#endif
