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

/* Lines of -v are pasted into reports of errors. */
static int is_secret(const char *name)
{
    static const char *const names[] = {
        "Authorization", "Proxy-Authorization", "Cookie", "X-Api-Key", "Api-Key", "X-Auth-Token"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcasecmp(name, names[i]) == 0) {
            return 1;
        }
    }
    return 0;
}

static void show(const char *name, const char *value)
{
    fprintf(stderr, "> %s: %s\n", name, is_secret(name) ? "..." : value);
}

/* Redirects may have left the body behind, and what belongs to the first origin. */
static int is_lost(const struct fetch *fetch, const char *name)
{
    return (fetch->lost_body && strncasecmp(name, "Content-", 8) == 0) ||
           (fetch->lost_credentials &&
            (strcasecmp(name, "Authorization") == 0 || strcasecmp(name, "Cookie") == 0 ||
             strcasecmp(name, "Proxy-Authorization") == 0));
}

static const char *find(const struct midge_request *request, const char *name)
{
    for (size_t i = 0; i < request->n_headers; i++) {
        if (strcasecmp(request->headers[i].name, name) == 0) {
            return request->headers[i].value;
        }
    }
    return NULL;
}

static void show_host(const struct fetch *fetch, const struct midge_url *url)
{
    const char *own = fetch->lost_credentials ? NULL : find(&fetch->request, "Host");
    int is_default = url->port == (url->is_https ? 443 : 80);

    if (own != NULL) {
        show("Host", own);
    } else {
        fprintf(stderr, is_default ? "> Host: %s%.*s%s\n" : "> Host: %s%.*s%s:%u\n",
                url->is_ipv6 ? "[" : "", (int)url->host.len, url->host.ptr, url->is_ipv6 ? "]" : "",
                (unsigned)url->port);
    }
}

/* As midge frames a body: by its length, or in chunks if that is unknown. */
static void show_framing(const struct midge_request *request)
{
    uint64_t len = request->source != NULL ? (uint64_t)request->source->length : request->body_len;

    if (request->source != NULL && request->source->length < 0) {
        show("Transfer-Encoding", "chunked");
    } else if (request->source != NULL || request->body != NULL) {
        fprintf(stderr, "> Content-Length: %llu\n", (unsigned long long)len);
    }
    if (request->expect_ms != 0 && len > 0) {
        show("Expect", "100-continue");
    }
}

/* In the order in which midge sends it (codec/h1_write.c). */
void verbose_request(const struct fetch *fetch, const char *method, const char *url)
{
    const struct midge_request *request = &fetch->request;
    struct midge_url parsed;
    struct midge_span path, query;

    if (midge_url_parse(&parsed, url, strlen(url), 0) != MIDGE_OK) {
        return;
    }
    midge_url_target(&parsed, &path, &query);
    fprintf(stderr, "> %s %.*s%s%.*s HTTP/1.1\n", method, (int)path.len, path.ptr,
            query.ptr != NULL ? "?" : "", (int)query.len, query.ptr != NULL ? query.ptr : "");
    show_host(fetch, &parsed);
    if (!fetch->lost_body) {
        show_framing(request);
    }
    for (size_t i = 0; i < request->n_headers; i++) {
        const struct midge_header *header = &request->headers[i];
        if (header->value != NULL && strcasecmp(header->name, "Host") != 0 &&
            strcasecmp(header->name, "Content-Length") != 0 && !is_lost(fetch, header->name)) {
            show(header->name, header->value); /* NULL only suppresses a default */
        }
    }
    if (request->bearer != NULL && !fetch->lost_credentials &&
        find(request, "Authorization") == NULL) {
        show("Authorization", request->bearer);
    }
    fputs(">\n", stderr);
}
