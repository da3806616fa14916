/* SPDX-License-Identifier: MIT */
/*
 * Hops: a transfer is a loop over them, and each is a request of its own. Redirects make them
 * (policy/redirect.c).
 *
 *     event                                  effect
 *     the head of an answer that redirects   a new hop waits: t->hop, with its origin
 *     its body                               is dropped; a long one ends the connection
 *     the end of that answer, good or bad    the hop begins: QUEUED again, before all others
 *     the end of the transfer                the newest hop stays until its result was taken,
 *                                            since it has the URL
 *
 * A hop is one block. Strings stay where they are, in the block or the struct of the request that
 * was started; so a hop needs its request, its list of headers and its URL only:
 *
 *     | hop | request | headers | URL |
 */
#include "core/hop.h"
#include "base/check.h"
#include "base/span.h"
#include "codec/h1_parse.h"
#include "core/client.h"
#include "core/event.h"
#include "core/origin.h"
#include "core/proxy.h"
#include "core/queue.h"
#include "core/request.h"
#include "core/shared.h"
#include "core/rewind.h"
#include "policy/redirect.h"
#include <string.h>

#if MIDGE_WITH_REDIRECTS

/* RFC 9110 15.4: these are not for another origin. The first one names it, the others are
   credentials. */
static const char *const of_origin[] = {"Host", "Authorization", "Cookie", "Proxy-Authorization"};
/* These describe a body. */
static const char *const of_body[] = {"Content-Type", "Content-Length", "Content-Encoding",
                                      "Content-Language", "Content-Location"};

static struct midge_request *request_of(struct midge__hop *hop)
{
    return (struct midge_request *)(void *)((char *)hop + MIDGE__PART(sizeof *hop));
}

/* --- the hop's request --- */

static bool is_one(const char *name, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (midge__span_is(midge__span_of(name), list[i])) {
            return true;
        }
    }
    return false;
}

/* A field without a value keeps the client's own from being sent. */
static void set_headers(struct midge_request *r, struct midge_header *to,
                        const struct midge_request *from, const struct midge__redirect *how)
{
    const size_t n_origin = how->drops_credentials ? MIDGE_ARRAY_LEN(of_origin) : how->is_foreign;
    size_t n = 0;
    for (size_t i = 0; i < from->n_headers; i++) {
        const char *name = from->headers[i].name;
        if (!is_one(name, of_origin, n_origin) &&
            !(how->is_get && is_one(name, of_body, MIDGE_ARRAY_LEN(of_body)))) {
            to[n++] = from->headers[i];
        }
    }
    for (size_t i = 0; i < n_origin; i++) {
        to[n++] = (struct midge_header){of_origin[i], NULL};
    }
    r->headers = to;
    r->n_headers = n;
}

static void set_request(struct midge__hop *hop, const struct midge__transfer *t,
                        const struct midge__redirect *how)
{
    const struct midge_request *from = t->request;
    struct midge_request *r = request_of(hop);
    memcpy(r, from, MIDGE__REQUEST_KEPT);
    if (how->is_get) {
        r->method = (t->method & MIDGE__METHOD_HEAD) != 0 ? "HEAD" : "GET";
        r->body = NULL;
        r->source = NULL;
        r->content_type = NULL;
    }
    if (how->drops_credentials) {
        r->bearer = NULL;
    }
    set_headers(r, (struct midge_header *)(void *)((char *)r + MIDGE__PART(MIDGE__REQUEST_KEPT)),
                from, how);
}

static void note_first(struct midge__hop *hop, const struct midge__transfer *t)
{
    const struct midge__hop *before = t->hop;
    if (before != NULL) {
        hop->first = before->first;
        hop->method = before->method;
    } else {
        hop->first = t->request;
        hop->method = t->method;
    }
}

/* Puts a new hop before the others. It does not wait yet: it has no origin. */
static int make(struct midge__transfer *t, const struct midge__redirect_from *from,
                struct midge__redirect *how)
{
    struct midge__memory *memory = &t->aw.client->memory;
    const size_t headers =
        (t->request->n_headers + MIDGE_ARRAY_LEN(of_origin)) * sizeof(struct midge_header);
    const size_t bound = midge__redirect_bound(from);
    const size_t before =
        MIDGE__PART(sizeof(struct midge__hop)) + MIDGE__PART(MIDGE__REQUEST_KEPT) + headers;
    char *block = midge__memory_alloc(memory, 0, before + bound);
    if (block == NULL) {
        return MIDGE_ERR_NO_MEMORY;
    }
    int err = midge__redirect(from, block + before, bound, how);
    if (err != MIDGE_OK) {
        midge__memory_free(memory, block);
        return err;
    }
    block = midge__memory_shrink(memory, block, before + how->url_len + 1);
    struct midge__hop *hop = (struct midge__hop *)(void *)block;
    memset(hop, 0, sizeof *hop);
    set_request(hop, t, how);
    request_of(hop)->url = block + before;
    note_first(hop, t);
    hop->before = t->hop;
    t->hop = hop;
    return MIDGE_OK;
}

/* --- where it goes --- */

/* The settings of a request that hold for its other origins too. */
static int other_origin(struct midge__transfer *t, const struct midge_redirect *to,
                        const struct midge_url *url)
{
    const struct midge__origin *o = t->origin;
    struct midge_request r = {.family = o->family,
                              .connect_host = to->connect_host,
                              .connect_port = to->connect_port,
                              .servername = to->servername,
                              .pins = midge__pins_of(o)};
#if MIDGE_WITH_PROXY
    const struct midge_proxy before = midge__origin_proxy(o);
    r.proxy = to->proxy != NULL ? to->proxy : &before;
#endif
#if MIDGE_WITH_OVERRIDES
    r.min_tls = o->min_tls;
    r.max_tls = o->max_tls;
    r.dangerously_skip_verification = o->skip_verification;
#endif
    midge__shared_pass(&r, o);
    return midge__origin_get(t->aw.client, &r, url, &t->hop->origin);
}

/* From here on the hop waits. */
static int set_origin(struct midge__transfer *t, const struct midge_redirect *to, bool is_same)
{
    struct midge_url url;
    int err = midge_url_parse(&url, to->url, strlen(to->url), 0);
    if (err != MIDGE_OK) {
        return err;
    }
    if (!is_same || to->connect_host != NULL || to->connect_port != 0 || to->servername != NULL ||
        to->proxy != NULL) {
        return other_origin(t, to, &url);
    }
    err = midge__origin_use(t->aw.client, t->origin);
    t->hop->origin = err == MIDGE_OK ? t->origin : NULL;
    return err;
}

static int ask(struct midge__exchange *x, const struct midge_response *head,
               struct midge_redirect *to)
{
    const struct midge__transfer *t = x->transfer;
    const struct midge_request *r = t->request;
    return r->on_redirect != NULL ? r->on_redirect(r->ctx, t->aw.id, head, to) : MIDGE_OK;
}

static const char *detail_of(int err)
{
    if (!MIDGE_WITH_TEXTS || (err != MIDGE_ERR_URL && err != MIDGE_ERR_SCHEME)) {
        return "";
    }
    return err == MIDGE_ERR_URL ? "redirect to a malformed URL"
                                : "redirect to a scheme that is not allowed";
}

/* The callback may end the transfer, and then t may be freed. */
static int follow(struct midge__exchange *x, const struct midge_response *head,
                  const struct midge__redirect *how)
{
    struct midge__transfer *t = x->transfer;
    const struct midge_request *next = request_of(t->hop);
    struct midge_redirect to = {.url = next->url,
                                .method = midge__request_method(next),
                                .drops_body = how->is_get,
                                .drops_credentials = how->drops_credentials};
    int err = ask(x, head, &to);
    if (x->transfer == NULL || err < 0) {
        return err;
    }
    return set_origin(t, &to, !how->is_foreign);
}

bool midge__hop_head(struct midge__exchange *x, const struct midge_response *head, int *err)
{
    struct midge__transfer *t = x->transfer;
    const struct midge_request *r = t->request;
    struct midge_span location;
    if (r->max_redirects == 0 || !midge__h1_header_find(head->impl, "Location", &location)) {
        return false;
    }
    const struct midge__redirect_from from = {
        .url = r->url,
        .method = midge__request_method(r),
        .location = location.ptr, /* with a NUL, see h1_parse.h */
        .status = (unsigned)head->status,
        .rules = r->redirect_rules,
        .done = t->result->redirects,
        .most = r->max_redirects,
    };
    if (!midge__redirect_leads(&from)) {
        return false;
    }
    struct midge__redirect how;
    *err = make(t, &from, &how);
    if (*err != MIDGE_OK) {
        t->result->detail = detail_of(*err);
        return false; /* the application sees which answer led nowhere */
    }
    *err = follow(x, head, &how);
    return true;
}

/* --- from one to the next --- */

static void set_begun(struct midge__transfer *t)
{
    struct midge__hop *hop = t->hop;
    const struct midge_request *r = request_of(hop);
    struct midge_url url;
    (void)midge_url_parse(&url, r->url, strlen(r->url), 0); /* as in set_origin */
    midge__request_target(t, &url, r->url);
    t->request = r;
    t->method = (uint8_t)midge__method_flags(midge__request_method(r));
    t->is_prepared = false; /* its head is another one */
    midge__memory_free(&t->aw.client->memory, hop->before);
    hop->before = NULL;
}

static void move(struct midge__transfer *t)
{
    struct midge_client *client = t->aw.client;
    t->needs_fresh = t->frozen = false;
    midge__transfer_requeue(t, true);
    midge__queue_take(t); /* of the origin before */
    midge__origin_put(client, t->origin);
    t->origin = t->hop->origin;
    t->hop->origin = NULL;
    set_begun(t);
    midge__report_renew(t->result);
    t->result->redirects++;
#if MIDGE_WITH_PHASE_DEADLINES
    t->opening_ms = 0; /* the limits of an opening are for each connection */
#endif
    midge__event(t, REDIRECT, t->result->redirects, 0);
    midge__queue_put(t, true);
}

void midge__hop_begin(struct midge__transfer *t)
{
    if (request_of(t->hop)->source == NULL) {
        t->source_begun = false;
    }
    if (midge__request_rewind_or_end(t)) {
        move(t);
    }
}

/* --- the end --- */

void midge__hop_forget(struct midge__transfer *t)
{
    struct midge__hop *hop = t->hop;
    if (hop != NULL && t->request != request_of(hop)) {
        if (hop->origin != NULL) {
            midge__origin_put(t->aw.client, hop->origin);
        }
        t->hop = hop->before;
        midge__memory_free(&t->aw.client->memory, hop);
    }
}

void midge__hop_end(struct midge__transfer *t)
{
    struct midge__hop *hop = t->hop;
    if (hop == NULL) {
        return;
    }
    if (hop->origin != NULL) {
        midge__origin_put(t->aw.client, hop->origin);
    }
    t->request = hop->first;
    t->method = hop->method;
    t->hop = NULL;
    midge__memory_free(&t->aw.client->memory, hop->before);
    midge__memory_free(&t->aw.client->memory, hop);
}

#endif
