/* SPDX-License-Identifier: MIT */
/*
 * For test_mixed_worlds.c: servers that answer by chance. The path is a number, which gives the
 * body's length; the body is the beginning of one pattern, so that a client can tell whether it got
 * the right bytes, and all of them.
 */
#ifndef MIXED_REPLIES_H
#define MIXED_REPLIES_H

#include "sim_world.h"

#include "unit/chance.h"
#include "unit/packed.h"

enum { MIXED_PATHS = 10, MIXED_STEP = 37, MIXED_MOST = MIXED_PATHS * MIXED_STEP };

static char mixed_pattern[MIXED_MOST];
static struct packed mixed_packs[MIXED_PATHS];
static char mixed_ranges[MIXED_PATHS][MIXED_MOST][64];

static inline unsigned mixed_path(const char *target)
{
    const char *slash = strrchr(target, '/');
    return slash != NULL ? (unsigned)strtoul(slash + 1, NULL, 10) % MIXED_PATHS : 0;
}

static inline size_t mixed_len(const char *target)
{
    return (size_t)mixed_path(target) * MIXED_STEP;
}

static inline void mixed_pack(struct packed *p, size_t len)
{
    memset(p, 0, sizeof *p);
    packed_gzip(p, 0);
    packed_fixed(p, true);
    for (size_t i = 0; i < len; i++) {
        packed_symbol(p, midge_sim_fill(i));
        packed_decoded(p, midge_sim_fill(i));
    }
    packed_end(p);
    packed_gzip_end(p);
}

static inline void mixed_init(void)
{
    for (unsigned i = 0; i < MIXED_MOST; i++) {
        mixed_pattern[i] = (char)midge_sim_fill(i);
    }
    for (unsigned n = 0; n < MIXED_PATHS; n++) {
        mixed_pack(&mixed_packs[n], n * MIXED_STEP);
        for (unsigned first = 0; first < n * MIXED_STEP; first++) {
            (void)snprintf(mixed_ranges[n][first], sizeof mixed_ranges[n][first],
                           "ETag: \"v\"\r\nContent-Range: bytes %u-%u/%u\r\n", first,
                           n * MIXED_STEP - 1, n * MIXED_STEP);
        }
    }
}

/* Texts that outlive the answer. */
static inline void mixed_body(const struct midge_sim_request *request,
                              struct midge_sim_reply *reply)
{
    const unsigned path = mixed_path(request->target);
    const char *range = sim_field(request->head, "Range");
    const size_t len = (size_t)path * MIXED_STEP;
    size_t first = range != NULL ? strtoul(range + 6, NULL, 10) : 0;
    reply->headers = one_in(2) ? "ETag: \"v\"\r\nSet-Cookie: a=b\r\n" : "ETag: \"v\"\r\n";
    reply->body = mixed_pattern;
    reply->body_len = len;
    if (range != NULL && first < len && !one_in(5)) {
        reply->status = 206;
        reply->headers = mixed_ranges[path][first];
        reply->body = mixed_pattern + first;
        reply->body_len = len - first;
    } else if (sim_field_is(request->head, "Accept-Encoding", "gzip") && one_in(2)) {
        reply->headers = "Content-Encoding: gzip\r\n";
        reply->body = mixed_packs[path].data;
        reply->body_len = mixed_packs[path].len;
    }
    if (reply->body_len == 0) {
        reply->body = NULL; /* body_len 0 would be the length of a string */
    }
}

static inline void mixed_other(struct midge_sim_reply *reply)
{
    static const struct midge_sim_reply others[] = {
        {.status = 302, .headers = "Location: http://b.test/7\r\nSet-Cookie: moved=1\r\n"},
        {.status = 307, .headers = "Location: http://c.test/3\r\n", .body = "abc"},
        {.status = 303, .headers = "Location: 4\r\n"},
        {.status = 308, .headers = "Location: //d.test/9\r\n", .close = 1},
        {.status = 302, .headers = "Location: http://[\r\n"},
        {.status = 401, .headers = "WWW-Authenticate: Digest realm=\"r\", nonce=\"n\"\r\n"},
        {.status = 401, .body = "ab"},
        {.status = 503, .headers = "Retry-After: 1\r\n", .body = "abcd"},
        {.status = 429, .headers = "Retry-After: 2\r\n"},
        {.status = 500, .close = 1},
        {.status = 204},
        {.status = 407, .headers = "Proxy-Authenticate: Basic realm=\"p\"\r\n"},
        {.status = 416, .headers = "Content-Range: bytes */5\r\n"},
        {.status = 206, .headers = "Content-Range: bytes 900-901/902\r\n", .body = "ab"},
        {.raw = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc"},
        {.raw = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz"},
        {.raw = "nonsense\r\n\r\n"},
        {.raw = "HTTP/1.1 103 Early\r\nLink: <x>\r\n\r\n",
         .forever = "HTTP/1.1 100 Go\r\n\r\n",
         .bytes_per_s = 500},
        {.end = MIDGE_SIM_END_STALL, .cut_at = 3},
        {.end = MIDGE_SIM_END_RESET},
    };
    *reply = others[chance(sizeof others / sizeof others[0])];
}

static inline void mixed_events(struct midge_sim_reply *reply)
{
    reply->headers = "Content-Type: text/event-stream\r\n";
    reply->body = "id: 1\ndata: a\n\nretry: 100\ndata: b\n\ndata: c\n\n";
    reply->until_close = one_in(2);
}

/* How it comes, and whether it comes whole. */
static inline void mixed_manner(struct midge_sim_reply *reply)
{
    reply->chunk = one_in(3) ? 1 + chance(60) : 0;
    reply->until_close = reply->chunk == 0 && one_in(6);
    reply->close = one_in(6);
    reply->early = one_in(6);
    reply->no_continue = one_in(6);
    reply->delay_ms = one_in(3) ? chance(2000) : 0;
    reply->body_ms = one_in(4) ? chance(2000) : 0;
    reply->bytes_per_s = one_in(4) ? 20 + chance(500) : 0;
    if (one_in(4)) {
        reply->end = (enum midge_sim_end)(1 + chance(3));
        reply->cut_at = chance(500);
    }
}

static inline void any_reply(void *ctx, const struct midge_sim_request *request,
                             struct midge_sim_reply *reply)
{
    (void)ctx;
    *reply = (struct midge_sim_reply){0};
    if (one_in(4)) {
        mixed_other(reply);
        return;
    }
    if (strcmp(request->method, "CONNECT") == 0) {
        reply->headers = "Via: 1.1 p\r\n";
        return; /* 200: a tunnel */
    }
    if (strstr(request->target, "/events") != NULL) {
        mixed_events(reply);
    } else {
        mixed_body(request, reply);
    }
    mixed_manner(reply);
}

#endif
