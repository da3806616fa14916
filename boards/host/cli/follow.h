/* SPDX-License-Identifier: MIT */
/* -L and the options about redirects. */
#ifndef MIDGE_CLI_FOLLOW_H
#define MIDGE_CLI_FOLLOW_H

#include "fetch.h"

/* Computes max_redirects and redirect_rules of the group. 0, or EXIT_USAGE after a line. */
int follow_check(struct group *group);
/* Sets up the fetch's request. */
void follow_apply(struct fetch *fetch);
/* The request goes on at to->url: sets the address of --resolve and --connect-to. An error ends the
   fetch. */
int follow_hop(struct fetch *fetch, struct midge_redirect *to);
/* Is this final answer one redirect too many, for --max-redirs 0? */
int follow_refuses(const struct fetch *fetch, const struct midge_response *response);
/* Where the final answer would lead; "": nowhere. */
const char *follow_target(const struct fetch *fetch);

#endif
