/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "verbose.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <midge/err.h>
#include <midge/url.h>

#include "fetch.h"

void verbose_trace(void *ctx, enum midge_trace_kind kind, midge_id id, const char *line)
{
    (void)ctx;
    (void)kind;
    (void)id;
    fprintf(stderr, "* %s\n", line);
}

static int is_secret(const char *name)
{
    return strcasecmp(name, "Authorization") == 0;
}

void verbose_request(const struct fetch *fetch, const char *method, const char *url)
{
    const struct midge_request *request = &fetch->request;
    struct midge_url parsed;
    struct midge_span path = {.ptr = "/", .len = 1}, query = {0};

    if (midge_url_parse(&parsed, url, strlen(url), 0) == MIDGE_OK)
        midge_url_target(&parsed, &path, &query);
    fprintf(stderr, "> %s %.*s%s%.*s HTTP/1.1\n", method, (int)path.len, path.ptr,
            query.ptr != NULL ? "?" : "", (int)query.len, query.ptr != NULL ? query.ptr : "");
    for (size_t i = 0; i < request->n_headers; i++)
        if (request->headers[i].value != NULL) /* else it only keeps a default away */
            fprintf(stderr, "> %s: %s\n", request->headers[i].name,
                    is_secret(request->headers[i].name) ? "..." : request->headers[i].value);
    fputs(">\n", stderr);
}
