/* SPDX-License-Identifier: MIT */
/* A request's checks and its block (request.h). Copying takes two passes over the strings: the
   first one adds up their sizes, the second one copies them. The URL is the last part of the
   block, since the length of its normal form is not known before it is written: the block is
   allocated for the longest one and shrunk. A URL that is in its normal form already, as most are,
   is only copied. */
#include "core/request.h"
#include "codec/url.h"
#include "core/client.h"
#include "core/limits.h"
#include "core/transfer.h"
#include "midge/config.h"
#include <string.h>

#define HEADERS_MAX 1000U /* of a request that is copied */

/* Bytes of a part of the block, so that the next part is aligned. */
#define PART(n) (((size_t)(n) + sizeof(uint64_t) - 1) / sizeof(uint64_t) * sizeof(uint64_t))
/* Bytes of struct midge_request that are used after the start. */
#define KEPT offsetof(struct midge_request, timeouts)

/* --- method and framing --- */

const char *midge__request_method(const struct midge_request *request)
{
    if (request->method != NULL) {
        return request->method;
    }
    return request->body != NULL || request->source != NULL ? "POST" : "GET";
}

unsigned midge__method_flags(const char *method)
{
    static const struct {
        char name[8];
        uint8_t flags;
    } rows[] = {
        {"GET", MIDGE__METHOD_IDEMPOTENT},
        {"POST", MIDGE__METHOD_LENGTH},
        {"HEAD", MIDGE__METHOD_IDEMPOTENT | MIDGE__METHOD_HEAD},
        {"PUT", MIDGE__METHOD_IDEMPOTENT | MIDGE__METHOD_LENGTH},
        {"PATCH", MIDGE__METHOD_LENGTH},
        {"DELETE", MIDGE__METHOD_IDEMPOTENT},
        {"OPTIONS", MIDGE__METHOD_IDEMPOTENT},
        {"TRACE", MIDGE__METHOD_IDEMPOTENT},
    };
    for (size_t i = 0; i < MIDGE_ARRAY_LEN(rows); i++) {
        if (strcmp(method, rows[i].name) == 0) {
            return rows[i].flags;
        }
    }
    return 0;
}

enum midge__h1_framing midge__request_framing(const struct midge_request *request,
                                              unsigned method_flags)
{
    if (request->source != NULL) {
        return request->source->length < 0 ? MIDGE__H1_FRAMING_CHUNKED : MIDGE__H1_FRAMING_LENGTH;
    }
    return request->body != NULL || (method_flags & MIDGE__METHOD_LENGTH) != 0
               ? MIDGE__H1_FRAMING_LENGTH
               : MIDGE__H1_FRAMING_NONE;
}

uint64_t midge__request_length(const struct midge_request *request)
{
    if (request->source != NULL) {
        return request->source->length < 0 ? 0 : (uint64_t)request->source->length;
    }
    return request->body != NULL ? request->body_len : 0;
}

/* --- checks --- */

static int check(const struct midge_request *r, unsigned method_flags)
{
    if (!midge__timeouts_valid(&r->timeouts) || (r->body != NULL && r->source != NULL) ||
        (r->n_headers > 0 && r->headers == NULL) || (r->sink != NULL && r->sink->write == NULL) ||
        (r->source != NULL && r->source->read == NULL) || (r->kept_size > 0 && r->kept == NULL)) {
        return MIDGE_ERR_INVALID;
    }
    if ((r->content_type != NULL && !midge__h1_value_ok(r->content_type)) ||
        (r->bearer != NULL && !midge__h1_value_ok(r->bearer))) {
        return MIDGE_ERR_HEADER;
    }
    return midge__h1_check(midge__request_method(r),
                           (struct midge__h1_headers){r->headers, r->n_headers},
                           midge__request_framing(r, method_flags), midge__request_length(r));
}

/* --- the strings --- */

/* Copies text to *at, which moves on; without *at it only counts. */
static const char *copy_text(char **at, size_t *size, const char *text)
{
    if (text == NULL) {
        return NULL;
    }
    const size_t n = strlen(text) + 1;
    *size += n;
    if (*at == NULL) {
        return text;
    }
    *at += n;
    return memcpy(*at - n, text, n);
}

/* Copies the strings to `at`, or counts their bytes if it is NULL. kept: at least KEPT bytes that
   hold the request's pointers. */
static size_t copy_strings(struct midge_request *kept, struct midge_header *headers, char *at,
                           const struct midge_request *from)
{
    size_t size = 0;
    const char **const fields[] = {&kept->method, &kept->content_type, &kept->bearer,
                                   &kept->keep_headers};
    for (size_t i = 0; i < MIDGE_ARRAY_LEN(fields); i++) {
        *fields[i] = copy_text(&at, &size, *fields[i]);
    }
    for (size_t i = 0; i < from->n_headers; i++) {
        const char *name = copy_text(&at, &size, from->headers[i].name);
        const char *value = copy_text(&at, &size, from->headers[i].value);
        if (headers != NULL) {
            headers[i] = (struct midge_header){name, value};
        }
    }
    return size;
}

/* --- drafts --- */

/* A borrowed URL that is complete is used as it is. */
static int check_url(struct midge__draft *d)
{
    const struct midge_request *r = d->request;
    size_t len = strlen(r->url);
    if (len > MIDGE_URL_MAX) {
        return MIDGE_ERR_URL;
    }
    d->text = r->url;
    int err = midge_url_parse(&d->url, d->text, len, midge__draft_url_flags(r));
    if (MIDGE_WITH_URL_MENDING) {
        d->mend = err != MIDGE_OK ||
                  (d->copies && !midge__url_is_normal(&d->url, midge__span(d->text, len)));
        err = MIDGE_OK; /* midge__draft_mend shows whether it can be mended */
    }
    d->url_cap = d->copies || d->mend ? len + 1 : 0;
    return err;
}

int midge__draft_init(struct midge__draft *d, const struct midge_request *request)
{
    *d = (struct midge__draft){.request = request, .copies = !request->borrow};
    if (request->url == NULL) {
        return MIDGE_ERR_INVALID;
    }
    d->method = (uint8_t)midge__method_flags(midge__request_method(request));
    int err = check(request, d->method);
    if (err == MIDGE_OK) {
        err = check_url(d);
    }
    if (d->copies && err == MIDGE_OK) {
        struct midge_request scratch = *request;
        d->strings = copy_strings(&scratch, NULL, NULL, request);
    }
    return err;
}

static bool has_timeouts(const struct midge_request *r)
{
    static const struct midge_timeouts none;
    return memcmp(&r->timeouts, &none, sizeof none) != 0;
}

/* Bytes of the block between the fixed part and the URL. */
static size_t copied_bytes(const struct midge__draft *d)
{
    const struct midge_request *r = d->request;
    if (d->copies) {
        return PART(KEPT) + (has_timeouts(r) ? PART(sizeof r->timeouts) : 0) +
               r->n_headers * sizeof *r->headers + d->strings;
    }
    return d->url_cap > 0 ? PART(KEPT) : 0;
}

int midge__draft_block(struct midge_client *client, struct midge__draft *d, size_t fixed,
                       void **out)
{
    if (d->copies && d->request->n_headers > HEADERS_MAX) {
        return MIDGE_ERR_NO_MEMORY;
    }
    if (d->mend) {
        d->url_cap = midge__draft_url_bound(client, strlen(d->request->url)) + 1;
    }
    size_t before = fixed + copied_bytes(d);
    char *block = midge__memory_alloc(&client->memory, 0, before + d->url_cap);
    if (block == NULL) {
        return MIDGE_ERR_NO_MEMORY;
    }
    int err = MIDGE_OK;
    if (d->mend) {
        err = midge__draft_mend(client, d, &block, before);
    } else if (d->url_cap > 0) {
        memcpy(block + before, d->text, d->url_cap);
    }
    if (err != MIDGE_OK) {
        midge__memory_free(&client->memory, block);
        return err;
    }
    memset(block, 0, fixed);
    *out = block;
    return MIDGE_OK;
}

/* The path with its query, as offsets into the URL. */
static void keep_target(struct midge__transfer *t, const struct midge__draft *d)
{
    const struct midge_url *url = &d->url;
    const char *end =
        url->query.ptr != NULL ? url->query.ptr + url->query.len : url->path.ptr + url->path.len;
    t->target_at = (uint16_t)(url->path.ptr - d->text);
    t->target_len = (uint16_t)(end - url->path.ptr);
}

static struct midge_request *copy(const struct midge__draft *d, struct midge__transfer *t, char *at)
{
    const struct midge_request *r = d->request;
    struct midge_request *kept = (struct midge_request *)(void *)at;
    memcpy(kept, r, KEPT);
    at += PART(KEPT);
    if (d->copies && has_timeouts(r)) {
        t->timeouts = memcpy(at, &r->timeouts, sizeof r->timeouts);
        at += PART(sizeof r->timeouts);
    }
    if (d->copies) {
        struct midge_header *headers = (struct midge_header *)(void *)at;
        (void)copy_strings(kept, headers, at + r->n_headers * sizeof *headers, r);
        kept->headers = headers;
    }
    return kept;
}

void midge__draft_fill(const struct midge__draft *d, struct midge__transfer *t, char *at)
{
    const struct midge_request *r = d->request;
    t->method = d->method;
    t->request = r;
    t->timeouts = !d->copies && has_timeouts(r) ? &r->timeouts : NULL;
    keep_target(t, d);
    if (d->url_cap > 0) {
        struct midge_request *kept = copy(d, t, at);
        kept->url = at + copied_bytes(d);
        t->request = kept;
    }
}
