/* SPDX-License-Identifier: MIT */
/* A request's checks and its block (request.h). The URL is the last part of the block, since the
   length of its normal form is not known before it is written: the block is allocated for the
   longest one and shrunk. A URL that is in its normal form already, as most are, is only copied. */
#include "core/request.h"
#include "codec/url.h"
#include "core/client.h"
#include "core/limits.h"
#include "core/transfer.h"
#include "midge/config.h"
#include <string.h>

/* --- method and framing --- */

const char *midge__request_method(const struct midge_request *request)
{
    if (request->method != NULL) {
        return request->method;
    }
    return request->body != NULL || midge__request_source(request) != NULL ? "POST" : "GET";
}

unsigned midge__method_flags(const char *method)
{
    static const struct {
        char name[8];
        uint8_t flags;
    } rows[] = {
#if MIDGE_WITH_REPLAY || MIDGE_WITH_RETRY /* the users of IDEMPOTENT */
        {"GET", MIDGE__METHOD_IDEMPOTENT},
        {"DELETE", MIDGE__METHOD_IDEMPOTENT},
        {"OPTIONS", MIDGE__METHOD_IDEMPOTENT},
        {"TRACE", MIDGE__METHOD_IDEMPOTENT},
#endif
        {"POST", MIDGE__METHOD_LENGTH},
        {"HEAD", MIDGE__METHOD_IDEMPOTENT | MIDGE__METHOD_HEAD},
        {"PUT", MIDGE__METHOD_IDEMPOTENT | MIDGE__METHOD_LENGTH},
        {"PATCH", MIDGE__METHOD_LENGTH},
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
    const struct midge_source *source = midge__request_source(request);
    if (source != NULL) {
        return source->length < 0 ? MIDGE__H1_FRAMING_CHUNKED : MIDGE__H1_FRAMING_LENGTH;
    }
    return request->body != NULL || (method_flags & MIDGE__METHOD_LENGTH) != 0
               ? MIDGE__H1_FRAMING_LENGTH
               : MIDGE__H1_FRAMING_NONE;
}

uint64_t midge__request_length(const struct midge_request *request)
{
    const struct midge_source *source = midge__request_source(request);
    if (source != NULL) {
        return source->length < 0 ? 0 : (uint64_t)source->length;
    }
    return request->body != NULL ? request->body_len : 0;
}

/* --- checks --- */

static int check(const struct midge_request *r, unsigned method_flags)
{
    const struct midge_source *source = midge__request_source(r);
    if (!midge__timeouts_valid(&r->timeouts) || (r->n_headers > 0 && r->headers == NULL) ||
        (r->sink != NULL && r->sink->write == NULL) ||
        (source != NULL && (source->read == NULL || r->body != NULL)) ||
        (MIDGE_WITH_EXPECT && r->expect_ms > INT32_MAX) ||
        (MIDGE_WITH_KEPT_HEADERS && r->kept_size > 0 && r->kept == NULL)) {
        return MIDGE_ERR_INVALID;
    }
    if ((r->content_type != NULL && !midge__h1_value_ok(r->content_type)) ||
        (r->bearer != NULL && !midge__h1_value_ok(r->bearer))) {
        return MIDGE_ERR_HEADER;
    }
    if ((MIDGE__LEFT_OUT(SOURCES, r->source) | MIDGE__LEFT_OUT(REDIRECTS, r->max_redirects) |
         MIDGE__LEFT_OUT(RETRY, r->retry) | MIDGE__LEFT_OUT(HOOKS, r->hooks) |
         MIDGE__LEFT_OUT(EXPECT, r->expect_ms) | MIDGE__LEFT_OUT(PROXY, r->proxy) |
         MIDGE__LEFT_OUT(PINS, r->pins)) != 0) {
        return MIDGE_ERR_UNSUPPORTED;
    }
    return midge__h1_check(midge__request_method(r),
                           (struct midge__h1_headers){r->headers, r->n_headers},
                           midge__request_framing(r, method_flags), midge__request_length(r));
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
        d->mend = err != MIDGE_OK || (midge__draft_copies(d) &&
                                      !midge__url_is_normal(&d->url, midge__span(d->text, len)));
        err = MIDGE_OK; /* midge__draft_mend shows whether it can be mended */
    }
    d->url_cap = midge__draft_copies(d) || midge__draft_mends(d) ? len + 1 : 0;
    return err;
}

int midge__draft_init(struct midge__draft *d, const struct midge_request *request, bool copies)
{
    *d = (struct midge__draft){.request = request, .copies = copies};
    if (request->url == NULL) {
        return MIDGE_ERR_INVALID;
    }
    d->method = (uint8_t)midge__method_flags(midge__request_method(request));
    int err = check(request, d->method);
    if (err == MIDGE_OK) {
        err = check_url(d);
    }
    if (err == MIDGE_OK && midge__draft_copies(d)) {
        err = midge__copy_measure(d);
    }
    d->holds = midge__draft_copies(d) || midge__draft_mends(d);
    return err;
}

/* Bytes of the block between the fixed part and the URL. */
static size_t held_bytes(const struct midge__draft *d)
{
    return midge__draft_holds(d) ? MIDGE__PART(MIDGE__REQUEST_KEPT) + d->copy_bytes : 0;
}

int midge__draft_block(struct midge_client *client, struct midge__draft *d, size_t fixed,
                       void **out)
{
    if (midge__draft_mends(d)) {
        d->url_cap = midge__draft_url_bound(client, strlen(d->request->url)) + 1;
    }
    size_t before = fixed + held_bytes(d);
    char *block = midge__memory_alloc(&client->memory, 0, before + d->url_cap);
    if (block == NULL) {
        return MIDGE_ERR_NO_MEMORY;
    }
    int err = MIDGE_OK;
    if (midge__draft_mends(d)) {
        err = midge__draft_mend(client, d, &block, before);
    } else if (midge__draft_copies(d)) {
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

void midge__request_target(struct midge__transfer *t, const struct midge_url *url, const char *text)
{
    const char *end =
        url->query.ptr != NULL ? url->query.ptr + url->query.len : url->path.ptr + url->path.len;
    t->target_at = (uint16_t)(url->path.ptr - text);
    t->target_len = (uint16_t)(end - url->path.ptr);
}

void midge__draft_fill(const struct midge__draft *d, struct midge__transfer *t, char *at)
{
    t->method = d->method;
    t->request = d->request;
    t->timeouts = &d->request->timeouts;
    midge__request_target(t, &d->url, d->text);
    if (midge__draft_holds(d)) {
        struct midge_request *kept = (struct midge_request *)(void *)at;
        memcpy(kept, d->request, MIDGE__REQUEST_KEPT);
        t->request = kept;
        if (d->url_cap > 0) {
            kept->url = at + held_bytes(d);
        }
        if (midge__draft_copies(d)) {
            midge__copy_fill(d, t, kept, at + MIDGE__PART(MIDGE__REQUEST_KEPT));
        }
    }
}
