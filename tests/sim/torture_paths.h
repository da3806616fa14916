/* SPDX-License-Identifier: MIT */
/*
 * For torture.h: servers and clients of the features that take more than one answer, or a body of
 * their own: Digest, cookies, downloads that are cut, slices, forms. A server says 200 only if the
 * client did all that the feature promises; so success is never false.
 */
#ifndef TORTURE_PATHS_H
#define TORTURE_PATHS_H

#include <midge/auth.h>
#include <midge/conditional.h>
#include <midge/cookies.h>
#include <midge/download.h>
#include <midge/multipart.h>
#include <midge/slices.h>

#include "sim_world.h"

enum { TORTURE_BODY = 300, TORTURE_UPLOAD = 2000, TORTURE_CUT = 120 };

struct torture_paths {
    struct midge_auth auth;
    struct midge_cookies jar;
    unsigned char jar_memory[512];
    struct midge_download download;
    struct midge_conditional conditional; /* of the download */
    struct midge_validators stored;
    struct midge_slices slices;
    midge_id slices_id; /* 0: they were not started */
    struct midge_result slices_result;
    struct midge_request get; /* of the slices */
    struct midge_multipart form;
    struct midge_part parts[2];
    struct midge_buffer_source part;
    struct midge_header form_header;
};

/* --- servers --- */

static inline void torture_digest(void *ctx, const struct midge_sim_request *request,
                                  struct midge_sim_reply *reply)
{
    const char *field = sim_field(request->head, "Authorization");
    (void)ctx;
    if (field == NULL || strncmp(field, "Digest ", 7) != 0 ||
        strstr(field, "nonce=\"n17\"") == NULL || strstr(field, "response=\"") == NULL) {
        reply->status = 401;
        reply->headers = "WWW-Authenticate: Digest realm=\"r\", nonce=\"n17\", qop=\"auth\"\r\n";
    }
}

static inline void torture_cookie(void *ctx, const struct midge_sim_request *request,
                                  struct midge_sim_reply *reply)
{
    (void)ctx;
    if (!sim_field_is(request->head, "Cookie", "a=b; c=d")) {
        reply->status = 403;
    }
}

/* Parts of one version of the file. The first answer that is a whole file breaks off. */
static inline void torture_part(void *ctx, const struct midge_sim_request *request,
                                struct midge_sim_reply *reply)
{
    static char body[TORTURE_BODY], headers[120]; /* one answer is written at a time */
    const char *range = sim_field(request->head, "Range");
    unsigned first = 0, last = TORTURE_BODY - 1;
    (void)ctx;
    for (unsigned i = 0; i < TORTURE_BODY; i++) {
        body[i] = (char)midge_sim_fill(i);
    }
    if (range != NULL) {
        assert_true(sscanf(range, "bytes=%u-%u", &first, &last) >= 1);
        assert_true(first < TORTURE_BODY);
        last = last < TORTURE_BODY ? last : TORTURE_BODY - 1;
        reply->status = 206;
    } else if (request->number == 1) {
        reply->end = MIDGE_SIM_END_FIN;
        reply->cut_at = TORTURE_CUT;
    }
    (void)snprintf(headers, sizeof headers, "ETag: \"v\"\r\nContent-Range: bytes %u-%u/%u\r\n",
                   first, last, (unsigned)TORTURE_BODY);
    reply->headers = range != NULL ? headers : "ETag: \"v\"\r\n";
    reply->body = body + first;
    reply->body_len = last - first + 1;
}

/* The form comes whole, with both values, or is refused. The first one is asked for again. */
static inline void torture_form(void *ctx, const struct midge_sim_request *request,
                                struct midge_sim_reply *reply)
{
    const char *body = (const char *)request->body;
    size_t len = request->body_len, us = 0;
    (void)ctx;
    for (size_t i = 0; i < len; i++) {
        us += body[i] == 'U';
    }
    bool whole = us == TORTURE_UPLOAD && len > TORTURE_UPLOAD + 4 &&
                 memcmp(body + len - 4, "--\r\n", 4) == 0;
    reply->status = !whole ? 400 : request->number == 1 ? 503 : 200;
}

static inline void torture_serve_paths(struct midge_sim_host *host)
{
    const struct midge_sim_reply replies[] = {
        {.fill = TORTURE_BODY, .on_request = torture_digest},
        {.status = 302,
         .headers = "Set-Cookie: a=b\r\nSet-Cookie: c=d; Path=/\r\nLocation: /in\r\n",
         .body = "there"},
        {.fill = TORTURE_BODY, .on_request = torture_cookie},
        {.on_request = torture_part},
        {.fill = TORTURE_BODY, .on_request = torture_form},
        {.fill = TORTURE_BODY},
        {.method = "CONNECT", .status = 403, .body = "no"},
        {.fill = TORTURE_BODY},
    };
    static const char *const paths[] = {"/digest", "/login", "/in",       "/part",
                                        "/form",   "/asks",  "a.test:82", "http://a.test/"};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        midge_sim_add_reply(host, 80, paths[i], &replies[i]);
    }
}

/* --- clients --- */

static inline void torture_dress_form(struct torture_paths *p, struct midge_port *port,
                                      struct midge_request *request)
{
    static uint8_t us[TORTURE_UPLOAD];
    memset(us, 'U', sizeof us);
    midge_buffer_source_init(&p->part, us, sizeof us);
    p->parts[0] = (struct midge_part){.name = "title", .text = "a \"name\""};
    p->parts[1] = (struct midge_part){
        .name = "file", .filename = "u", .type = "text/plain", .source = &p->part.source};
    assert_int_equal(midge_multipart_init(&p->form, port, p->parts, 2), MIDGE_OK);
    p->form_header = (struct midge_header){"Content-Type", p->form.content_type};
    request->method = "POST";
    request->source = &p->form.source;
    request->headers = &p->form_header;
    request->n_headers = 1;
}

static inline int torture_load(void *ctx, const char *url, struct midge_validators *validators)
{
    (void)url;
    *validators = *(const struct midge_validators *)ctx;
    return MIDGE_OK;
}

static inline int torture_store(void *ctx, const char *url,
                                const struct midge_validators *validators)
{
    (void)url;
    *(struct midge_validators *)ctx = *validators;
    return MIDGE_OK;
}

/* Of a file of which the client has an older version. */
static inline void torture_dress_download(struct torture_paths *p, struct midge_request *request,
                                          struct midge_sink *sink)
{
    p->stored = (struct midge_validators){.etag = "\"old\""};
    midge_download_init(&p->download, sink);
    midge_conditional_init(&p->conditional, &p->download.sink);
    p->conditional.load = torture_load;
    p->conditional.store = torture_store;
    p->conditional.ctx = &p->stored;
    p->conditional.hook.next = &p->download.hook;
    request->sink = &p->conditional.sink;
    request->hooks = &p->conditional.hook;
}

/* Its slices, and the repeats of one that was cut. */
static inline int torture_start_slices(struct torture_paths *p, struct midge_client *client,
                                       const char *url, struct midge_sink *sink)
{
    static const struct midge_retry retry = {.max = 9, .all_errors = 1};
    p->get = (struct midge_request){.url = url, .sink = sink, .retry = &retry};
    p->slices = (struct midge_slices){.request = &p->get, .slice = 70};
    return midge_slices_start(client, &p->slices, &p->slices_id);
}

#endif
