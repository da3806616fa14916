/* SPDX-License-Identifier: MIT */
/* A request's copy in one block, its absolute URL, method and framing. The copy takes two passes
   over the strings: the first one adds up their sizes, the second one copies them. */
#include "core/request.h"
#include "core/client.h"
#include "midge/config.h"
#include "midge/url.h"
#include <string.h>

/* State of a pass; at NULL: the first one, which only adds up. */
struct copier {
    char *at;
    size_t size;
};

static const char *copy_text(struct copier *c, const char *text)
{
    if (text == NULL) {
        return NULL;
    }
    size_t n = strlen(text) + 1;
    c->size += n;
    if (c->at == NULL) {
        return text;
    }
    char *to = c->at;
    memcpy(to, text, n);
    c->at += n;
    return to;
}

static void copy_strings(struct copier *c, struct midge_request *to, struct midge_header *headers,
                         const struct midge_request *from)
{
    to->method = copy_text(c, from->method);
    to->content_type = copy_text(c, from->content_type);
    to->bearer = copy_text(c, from->bearer);
    to->connect_host = copy_text(c, from->connect_host);
    to->servername = copy_text(c, from->servername);
    to->keep_headers = copy_text(c, from->keep_headers);
    for (size_t i = 0; i < from->n_headers; i++) {
        const char *name = copy_text(c, from->headers[i].name);
        const char *value = copy_text(c, from->headers[i].value);
        if (headers != NULL) {
            headers[i] = (struct midge_header){name, value};
        }
    }
}

struct midge_request *midge__request_copy(struct midge_client *client,
                                          const struct midge_request *request)
{
    struct copier sum = {NULL, 0};
    struct midge_request scratch;
    if (request->n_headers > 1000) {
        return NULL;
    }
    copy_strings(&sum, &scratch, NULL, request);
    size_t list = request->n_headers * sizeof *request->headers;
    char *block = midge__memory_alloc(&client->memory, 0, sizeof *request + list + sum.size);
    if (block == NULL) {
        return NULL;
    }
    struct midge_request *copy = (struct midge_request *)(void *)block;
    struct midge_header *headers = (struct midge_header *)(void *)(block + sizeof *copy);
    struct copier fill = {block + sizeof *copy + list, 0};
    *copy = *request;
    copy_strings(&fill, copy, headers, request);
    copy->headers = headers;
    return copy;
}

static unsigned url_flags(const struct midge_request *request)
{
    return request->allow_userinfo ? MIDGE_URL_ALLOW_USERINFO : 0;
}

#if MIDGE_WITH_URL_MENDING

static size_t url_bound(const struct midge_client *client, size_t len)
{
    const char *base = client->config.base_url;
    return len * 3 + 16 + (base != NULL ? strlen(base) * 3 + 1 : 0);
}

static int write_url(const struct midge_client *client, const struct midge_request *request,
                     char *out, size_t cap, size_t *len)
{
    const char *base = client->config.base_url;
    int err = midge_url_normalise(out, cap, len, request->url, url_flags(request));
    /* Not absolute: anything without a scheme (RFC 3986 4.1) is relative to the session's base. */
    if (err != MIDGE_OK && base != NULL &&
        memchr(request->url, ':', strcspn(request->url, "/?#")) == NULL) {
        err = midge_url_resolve(out, cap, len, base, request->url);
    }
    return err;
}

#else

static size_t url_bound(const struct midge_client *client, size_t len)
{
    (void)client;
    return len + 1;
}

/* Takes the URL unchanged, if it is complete. */
static int write_url(const struct midge_client *client, const struct midge_request *request,
                     char *out, size_t cap, size_t *len)
{
    struct midge_url parsed;
    (void)client;
    memcpy(out, request->url, cap);
    return midge_url_parse(&parsed, out, *len, url_flags(request));
}

#endif

int midge__request_url(struct midge_client *client, const struct midge_request *request,
                       const char **url, bool *own)
{
    struct midge_url parsed;
    size_t len = strlen(request->url);
    if (len > MIDGE_URL_MAX) {
        return MIDGE_ERR_URL;
    }
    *own = false;
    *url = request->url;
    if (request->borrow &&
        midge_url_parse(&parsed, request->url, len, url_flags(request)) == MIDGE_OK) {
        return MIDGE_OK;
    }
    size_t cap = url_bound(client, len);
    char *text = midge__memory_alloc(&client->memory, 0, cap);
    if (text == NULL) {
        return MIDGE_ERR_NO_MEMORY;
    }
    int err = write_url(client, request, text, cap, &len);
    if (err != MIDGE_OK) {
        midge__memory_free(&client->memory, text);
        return err;
    }
    *url = midge__memory_shrink(&client->memory, text, len + 1);
    *own = true;
    return MIDGE_OK;
}

const char *midge__request_method(const struct midge_request *request)
{
    if (request->method != NULL) {
        return request->method;
    }
    return request->body != NULL || request->source != NULL ? "POST" : "GET";
}

/* RFC 9110 8.6: these methods send Content-Length: 0 if they have no body, since servers expect
   one. */
static bool wants_body(const char *method)
{
    return strcmp(method, "POST") == 0 || strcmp(method, "PUT") == 0 ||
           strcmp(method, "PATCH") == 0;
}

enum midge__h1_framing midge__request_framing(const struct midge_request *request, uint64_t *length)
{
    const struct midge_source *source = request->source;
    *length = 0;
    if (source != NULL && source->length < 0) {
        return MIDGE__H1_FRAMING_CHUNKED;
    }
    if (source == NULL && request->body == NULL) {
        return wants_body(midge__request_method(request)) ? MIDGE__H1_FRAMING_LENGTH
                                                          : MIDGE__H1_FRAMING_NONE;
    }
    *length = source != NULL ? (uint64_t)source->length : request->body_len;
    return MIDGE__H1_FRAMING_LENGTH;
}
