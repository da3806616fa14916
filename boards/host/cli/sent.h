/* SPDX-License-Identifier: MIT */
/* The head of a request as midge sends it. */
#ifndef MIDGE_CLI_SENT_H
#define MIDGE_CLI_SENT_H

#include <midge/hooks.h>

struct fetch;

/* Gets one field. Both texts are valid during the call. */
typedef void (*sent_put)(void *ctx, const char *name, const char *value);

/* The request line "GET /path HTTP/1.1" of one that goes to the server itself; NULL: url is
   malformed. */
const char *sent_line(const struct fetch *fetch, const char *method, const char *url);
/* Calls put for each field of the fetch's newest hop, which goes to url. hop NULL: without the
   fields of hooks. */
void sent_fields(const struct fetch *fetch, const struct midge_hop *hop, const char *url,
                 sent_put put, void *ctx);

#endif
