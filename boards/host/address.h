/* SPDX-License-Identifier: MIT */
/* --resolve and --connect-to: where to connect instead. */
#ifndef MIDGE_HOST_ADDRESS_H
#define MIDGE_HOST_ADDRESS_H

#include <midge/request.h>
#include <midge/url.h>

#include "options.h"

/* 0, or EXIT_USAGE after a line: the options of a group can be read. */
int address_check(const struct group *group);
/* Sets the request's connect_host and connect_port as the group's options want it for this URL. */
void address_apply(struct keep *keep, const struct group *group, const struct midge_url *url,
                   struct midge_request *request);

#endif
