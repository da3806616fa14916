/* SPDX-License-Identifier: MIT */
/* -v: prints events on stderr, in curl's manner. */
#ifndef MIDGE_CLI_VERBOSE_H
#define MIDGE_CLI_VERBOSE_H

#include <midge/client.h>

struct fetch;

void verbose_trace(void *ctx, enum midge_trace_kind kind, midge_id id, const char *line);
void verbose_request(const struct fetch *fetch, const char *method, const char *url);

#endif
