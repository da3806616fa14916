/* SPDX-License-Identifier: MIT */
/* Does an HTTP answer count as a failure? By -f, --fail-with-body, -L, -r and -C. */
#ifndef MIDGE_CLI_VERDICT_H
#define MIDGE_CLI_VERDICT_H

#include "fetch.h"

/* The final head came: MIDGE_OK, or the error that ends the fetch here. */
int verdict_head(struct fetch *fetch, const struct midge_response *response);
/* The request has ended: changes the error of fetch->result. */
void verdict_done(struct fetch *fetch);

#endif
