/* SPDX-License-Identifier: MIT */
/*
 * Proxies that the environment asks for, by curl's rules. This program does not support proxies. A
 * silent direct connection could be refused, or break a firewall's rules.
 */
#ifndef MIDGE_HOST_PROXY_H
#define MIDGE_HOST_PROXY_H

#include <midge/url.h>

/* Does any variable set a proxy, for whatever URL? */
int proxy_any_set(void);

/* The name of the variable that sets a proxy for this URL ("https_proxy"); NULL: there is none.
   noproxy: hosts as in the variable no_proxy, which it replaces; NULL: the variable counts. */
const char *proxy_variable(const struct midge_url *url, const char *noproxy);

#endif
