/* SPDX-License-Identifier: MIT */
/* --resolve and --connect-to: other addresses to connect to. */
#ifndef MIDGE_CLI_ADDRESS_H
#define MIDGE_CLI_ADDRESS_H

#include <midge/request.h>
#include <midge/url.h>

#include "options.h"

/* Checks the options of a group. 0, or EXIT_USAGE after a line. */
int address_check(const struct group *group);
/* Sets the request's connect_host and connect_port by the group's options for this URL. If the
   request has a proxy, that resolves the name, and --resolve does not count. */
void address_apply(struct keep *keep, const struct group *group, const struct midge_url *url,
                   struct midge_request *request);
/* Replaces the proxy's name as --resolve says. */
void address_of_proxy(struct keep *keep, const struct group *group, struct midge_proxy *proxy);

#endif
