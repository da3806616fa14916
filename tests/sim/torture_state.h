/* SPDX-License-Identifier: MIT */
/*
 * For torture.h: a download with cookies, a password and a condition, and a form. The server wants
 * Digest and the cookie that came with its 401, and gives the rest of a body that was cut. Whatever
 * breaks, new validators are stored only if the whole body came.
 */
#ifndef TORTURE_STATE_H
#define TORTURE_STATE_H

#include "sim_world.h"

enum { TORTURE_BODY = 300 };

struct torture_state {
    struct midge_cookies jar;
    unsigned char cookies[256];
    struct midge_auth auth;
    struct midge_conditional conditional;
    struct midge_download download;
    struct midge_validators stored;
    struct midge_part parts[2];
    struct midge_multipart form;
};

static inline void torture_serve_state(void *ctx, const struct midge_sim_request *request,
                                       struct midge_sim_reply *reply)
{
    static char headers[80];
    static uint8_t body[TORTURE_BODY];
    const char *range = strstr(request->head, "\r\nRange: bytes=");
    const unsigned first = range != NULL ? (unsigned)strtoul(range + 15, NULL, 10) : 0;
    (void)ctx;
    if (strstr(request->head, "\r\nAuthorization: Digest ") == NULL) {
        reply->status = 401;
        reply->headers = "WWW-Authenticate: Digest realm=\"r\", nonce=\"n\", qop=\"auth\"\r\n"
                         "Set-Cookie: a=1\r\n";
        reply->body = "who?";
        return;
    }
    for (size_t i = 0; i < sizeof body; i++) {
        body[i] = midge_sim_fill(i);
    }
    (void)snprintf(headers, sizeof headers, "ETag: \"2\"\r\nContent-Range: bytes %u-%d/%d\r\n",
                   first, TORTURE_BODY - 1, TORTURE_BODY);
    reply->status = strstr(request->head, "\r\nCookie: a=1\r\n") == NULL ? 403
                    : first > 0                                          ? 206
                                                                         : 200;
    reply->headers = first > 0 ? headers : "ETag: \"2\"\r\n";
    reply->body = body + first;
    reply->body_len = TORTURE_BODY - first;
}

static inline int torture_load(void *ctx, const char *url, struct midge_validators *validators)
{
    const struct torture_state *s = ctx;
    (void)url;
    *validators = s->stored;
    return MIDGE_OK;
}

static inline int torture_store(void *ctx, const char *url,
                                const struct midge_validators *validators)
{
    struct torture_state *s = ctx;
    (void)url;
    s->stored = *validators;
    return MIDGE_OK;
}

static inline void torture_state_dress(struct torture_state *s, struct midge_port *port,
                                       struct midge_request *request)
{
    static const struct midge_retry retry = {.max = 9, .first_ms = 1};
    s->stored = (struct midge_validators){.etag = "\"1\""};
    midge_cookies_init(&s->jar, port, s->cookies, sizeof s->cookies);
    midge_auth_init(&s->auth, port, MIDGE_AUTH_DIGEST, request->url, "me", "secret");
    midge_download_init(&s->download, request->sink);
    midge_conditional_init(&s->conditional, &s->download.sink);
    s->conditional.load = torture_load;
    s->conditional.store = torture_store;
    s->conditional.ctx = s;
    s->jar.hook.next = &s->auth.hook;
    s->auth.hook.next = &s->conditional.hook;
    s->conditional.hook.next = &s->download.hook;
    request->hooks = &s->jar.hook;
    request->sink = &s->conditional.sink;
    request->retry = &retry;
}

static inline void torture_form_dress(struct torture_state *s, struct midge_port *port,
                                      struct midge_source *source, struct midge_request *request)
{
    s->parts[0] = (struct midge_part){.name = "a", .text = "b"};
    s->parts[1] = (struct midge_part){.name = "file", .filename = "x", .source = source};
    assert_int_equal(midge_multipart_init(&s->form, port, s->parts, 2), MIDGE_OK);
    request->source = &s->form.source;
    request->expect_ms = 100;
}

#endif
