/* SPDX-License-Identifier: MIT */
/* -e URL;auto: the Referer of redirects. */
#ifndef MIDGE_CLI_REFERER_H
#define MIDGE_CLI_REFERER_H

#include "fetch.h"
#include "headers.h"

/* Takes ";auto" off the group's referer. */
void referer_check(struct keep *keep, struct group *group);
/* Sets up the fetch's request, which has these headers. */
void referer_apply(struct fetch *fetch, const struct headers *headers);
/* A redirect leads away from fetch->url. */
void referer_hop(struct fetch *fetch);

#endif
