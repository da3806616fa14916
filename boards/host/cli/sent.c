/* SPDX-License-Identifier: MIT */
/*
 * The program does not see the bytes of a head. It makes the list again as codec/h1_write.c does:
 * Host, the length of the body, the fields of the request that no hook has replaced, those of
 * hooks. Redirects may have left the body behind, and fields that belong to the first origin.
 */
#define _GNU_SOURCE
#include "sent.h"

#include <string.h>
#include <strings.h>
#include <midge/err.h>
#include <midge/url.h>

#include "fetch.h"
#include "run.h"

/* Fields that hooks of the program set. */
static const char *const hooked[] = {"Referer", "Cookie", "Authorization"};
#define N_HOOKED (sizeof hooked / sizeof hooked[0])

static const char *find(const struct midge_request *request, const char *name)
{
    for (size_t i = 0; i < request->n_headers; i++) {
        if (strcasecmp(request->headers[i].name, name) == 0) {
            return request->headers[i].value;
        }
    }
    return NULL;
}

static int is_lost(const struct fetch *fetch, const char *name)
{
    return (fetch->lost_body && strncasecmp(name, "Content-", 8) == 0) ||
           (fetch->lost_credentials &&
            (strcasecmp(name, "Authorization") == 0 || strcasecmp(name, "Cookie") == 0 ||
             strcasecmp(name, "Proxy-Authorization") == 0));
}

/* Has a hook another value for it than the request? */
static int is_replaced(const struct fetch *fetch, const struct midge_hop *hop, const char *name)
{
    for (size_t i = 0; hop != NULL && i < N_HOOKED; i++) {
        if (strcasecmp(name, hooked[i]) == 0) {
            return midge_hop_get(hop, name) != find(&fetch->request, name);
        }
    }
    return 0;
}

/* --- fields of midge --- */

static void put_host(const struct fetch *fetch, const struct midge_url *url, sent_put put,
                     void *ctx)
{
    const char *own = fetch->lost_credentials ? NULL : find(&fetch->request, "Host");
    const char *left = url->is_ipv6 ? "[" : "", *right = url->is_ipv6 ? "]" : "";
    struct text host = {.keep = fetch->run->keep};

    text_format(&host, "%s%.*s%s", left, (int)url->host.len, url->host.ptr, right);
    if (url->port != (url->is_https ? 443 : 80)) {
        text_format(&host, ":%u", (unsigned)url->port);
    }
    put(ctx, "Host", own != NULL ? own : host.data);
}

/* As midge frames a body: by its length, or in chunks if that is unknown. */
static void put_framing(const struct fetch *fetch, sent_put put, void *ctx)
{
    const struct midge_request *request = &fetch->request;
    uint64_t len = request->source != NULL ? (uint64_t)request->source->length : request->body_len;

    if (fetch->lost_body || (request->source == NULL && request->body == NULL)) {
        return;
    }
    if (request->source != NULL && request->source->length < 0) {
        put(ctx, "Transfer-Encoding", "chunked");
    } else {
        put(ctx, "Content-Length", keep_format(fetch->run->keep, "%llu", (unsigned long long)len));
    }
    if (request->expect_ms != 0 && len > 0) {
        put(ctx, "Expect", "100-continue");
    }
}

/* --- all --- */

const char *sent_line(const struct fetch *fetch, const char *method, const char *url)
{
    struct midge_url parsed;
    struct midge_span path, query;

    if (midge_url_parse(&parsed, url, strlen(url), 0) != MIDGE_OK) {
        return NULL;
    }
    midge_url_target(&parsed, &path, &query);
    return keep_format(fetch->run->keep, "%s %.*s%s%.*s HTTP/1.1", method, (int)path.len, path.ptr,
                       query.ptr != NULL ? "?" : "", (int)query.len,
                       query.ptr != NULL ? query.ptr : "");
}

/* Host and Content-Length come first; NULL only suppresses a default. */
static int is_put(const struct fetch *fetch, const struct midge_hop *hop,
                  const struct midge_header *header)
{
    return header->value != NULL && strcasecmp(header->name, "Host") != 0 &&
           strcasecmp(header->name, "Content-Length") != 0 && !is_lost(fetch, header->name) &&
           !is_replaced(fetch, hop, header->name);
}

static void put_hooked(const struct fetch *fetch, const struct midge_hop *hop, sent_put put,
                       void *ctx)
{
    for (size_t i = 0; hop != NULL && i < N_HOOKED; i++) {
        const char *value = midge_hop_get(hop, hooked[i]);
        if (value != NULL && value != find(&fetch->request, hooked[i])) {
            put(ctx, hooked[i], value);
        }
    }
}

void sent_fields(const struct fetch *fetch, const struct midge_hop *hop, const char *url,
                 sent_put put, void *ctx)
{
    const struct midge_request *request = &fetch->request;
    struct midge_url parsed;

    if (midge_url_parse(&parsed, url, strlen(url), 0) != MIDGE_OK) {
        return;
    }
    put_host(fetch, &parsed, put, ctx);
    put_framing(fetch, put, ctx);
    for (size_t i = 0; i < request->n_headers; i++) {
        if (is_put(fetch, hop, &request->headers[i])) {
            put(ctx, request->headers[i].name, request->headers[i].value);
        }
    }
    if (request->bearer != NULL && !fetch->lost_credentials &&
        find(request, "Authorization") == NULL && !is_replaced(fetch, hop, "Authorization")) {
        put(ctx, "Authorization", keep_format(fetch->run->keep, "Bearer %s", request->bearer));
    }
    put_hooked(fetch, hop, put, ctx);
}
