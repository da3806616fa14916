/* SPDX-License-Identifier: MIT */
/*
 * A hook and a sink of one request. The hook sends the stored validators and notes those of the
 * answer; the sink learns whether its body came whole, and only then has them stored.
 *
 *     event                        `got`, the validators to be stored
 *     a head of status 200         those of the answer
 *     a head of status 206         unchanged: the rest of the version that a 200 has begun
 *                                  (download.c); if there was none, empty
 *     any other head               empty
 *     the body ends unverified     empty: it may have been cut
 *
 * The URL of a hop is not copied: it stays until the request's sinks are finished (hooks.h).
 */
#include "midge/conditional.h"

#if MIDGE_WITH_CONDITIONAL

#include <stdbool.h>
#include <string.h>

#include "base/check.h"
#include "base/span.h"
#include "midge/err.h"

static struct midge_conditional *of_sink(struct midge_sink *sink)
{
    return MIDGE_CONTAINER_OF(sink, struct midge_conditional, sink);
}

/* --- validators --- */

/* RFC 9110 8.8.3. `*` would fit each version, a list several ones. */
static bool is_tag(struct midge_span tag)
{
    const size_t from = tag.len > 2 && memcmp(tag.ptr, "W/", 2) == 0 ? 3 : 1;
    if (tag.len <= from || tag.ptr[from - 1] != '"' || tag.ptr[tag.len - 1] != '"') {
        return false;
    }
    for (size_t i = from; i < tag.len - 1; i++) {
        if ((unsigned char)tag.ptr[i] <= ' ' || tag.ptr[i] == '"' || tag.ptr[i] == 0x7f) {
            return false;
        }
    }
    return true;
}

/* Servers compare it with their own text, or read the date: its form is theirs to judge. */
static bool is_date(struct midge_span date)
{
    for (size_t i = 0; i < date.len; i++) {
        if (date.ptr[i] < ' ' || date.ptr[i] > '~') {
            return false;
        }
    }
    return date.len > 0;
}

static void copy(char *to, size_t cap, const struct midge_response *response, const char *name,
                 bool (*is_good)(struct midge_span))
{
    struct midge_span value = {NULL, 0};
    value.ptr = midge_response_header(response, name, &value.len);
    if (value.ptr == NULL || value.len >= cap || !is_good(value)) {
        value.len = 0;
    } else {
        memcpy(to, value.ptr, value.len);
    }
    to[value.len] = '\0';
}

/* --- the hook --- */

static bool has_own(const struct midge_hop *hop)
{
    return midge_hop_get(hop, "If-None-Match") != NULL ||
           midge_hop_get(hop, "If-Modified-Since") != NULL || midge_hop_get(hop, "Range") != NULL;
}

/* text: of the application's store, which may be damaged. */
static int send(struct midge_conditional *c, struct midge_hop *hop, const char *name,
                const char *text, bool (*is_good)(struct midge_span))
{
    if (!is_good(midge__span_of(text))) {
        return MIDGE_OK;
    }
    c->asked = 1;
    return midge_hop_set(hop, name, text);
}

static int on_send(struct midge_hook *hook, struct midge_hop *hop)
{
    struct midge_conditional *c = MIDGE_CONTAINER_OF(hook, struct midge_conditional, hook);
    struct midge_validators known = {.etag = ""};
    c->asked = c->not_modified = 0;
    if (strcmp(hop->method, "GET") != 0 || has_own(hop)) {
        return MIDGE_OK;
    }
    int err = c->load(c->ctx, hop->url, &known);
    known.etag[sizeof known.etag - 1] = known.modified[sizeof known.modified - 1] = '\0';
    if (err == MIDGE_OK) {
        err = send(c, hop, "If-None-Match", known.etag, is_tag);
    }
    return err == MIDGE_OK ? send(c, hop, "If-Modified-Since", known.modified, is_date) : err;
}

static int on_head(struct midge_hook *hook, struct midge_hop *hop,
                   const struct midge_response *response)
{
    struct midge_conditional *c = MIDGE_CONTAINER_OF(hook, struct midge_conditional, hook);
    c->url = hop->url;
    c->not_modified = c->asked && response->status == 304;
    if (response->status != 206) {
        c->got = (struct midge_validators){.etag = ""};
    }
    if (response->status == 200 && strcmp(hop->method, "GET") == 0) {
        copy(c->got.etag, sizeof c->got.etag, response, "ETag", is_tag);
        copy(c->got.modified, sizeof c->got.modified, response, "Last-Modified", is_date);
    }
    return MIDGE_OK;
}

/* --- the sink --- */

static int head(struct midge_sink *sink, struct midge_response *response)
{
    struct midge_sink *next = of_sink(sink)->next;
    return next->head != NULL ? next->head(next, response) : MIDGE_OK;
}

static int write(struct midge_sink *sink, const uint8_t *data, size_t len)
{
    struct midge_sink *next = of_sink(sink)->next;
    return next->write(next, data, len);
}

static int reset(struct midge_sink *sink)
{
    struct midge_sink *next = of_sink(sink)->next;
    return next->reset(next);
}

static int finish(struct midge_sink *sink, int err, enum midge_complete complete)
{
    struct midge_conditional *c = of_sink(sink);
    const bool keeps = err == MIDGE_OK && c->not_modified;
    const int did = c->next->finish(c->next, keeps ? MIDGE_ERR_CANCELED : err,
                                    keeps ? MIDGE_COMPLETE_NO : complete);
    if (keeps || err != MIDGE_OK) {
        return MIDGE_OK; /* the request's error, if there is one, stays */
    }
    if (did != MIDGE_OK || complete == MIDGE_COMPLETE_NO || c->url == NULL) {
        return did;
    }
    if (complete != MIDGE_COMPLETE_YES) {
        c->got = (struct midge_validators){.etag = ""};
    }
    return c->store(c->ctx, c->url, &c->got);
}

void midge_conditional_init(struct midge_conditional *conditional, struct midge_sink *next)
{
    *conditional = (struct midge_conditional){
        .sink = {.write = write,
                 .finish = finish,
                 .reset = next->reset != NULL ? reset : NULL,
                 .head = head},
        .hook = {.on_send = on_send, .on_head = on_head, .keep_headers = "ETag, Last-Modified"},
        .next = next,
    };
}

#endif
