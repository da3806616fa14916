/* SPDX-License-Identifier: MIT */
/*
 * A request. Clear it and set url: that is a GET.
 *
 *     struct midge_request get = {.url = "https://example.com/", .sink = &body.sink};
 *     err = midge_start(client, &get, &id);
 */
#ifndef MIDGE_REQUEST_H
#define MIDGE_REQUEST_H

#include <midge/header.h>
#include <midge/response.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Milliseconds. 0: the client's; the client's 0: the default named in brackets, which config.h sets
   and a build may change. MIDGE_NO_TIMEOUT: none. Otherwise at most 2^31 - 1 (24 days): INVALID at
   start beyond that. */
#define MIDGE_NO_TIMEOUT UINT32_MAX
struct midge_timeouts {
    uint32_t queue_ms;   /* waiting, in sum, for a connection and for room to go on with it; its
                            lookup and its connect are not counted [MIDGE_QUEUE_MS, none] */
    uint32_t dns_ms;     /* [MIDGE_DNS_MS, 10 s] */
    uint32_t connect_ms; /* TCP, all addresses of the name together [MIDGE_CONNECT_MS, 15 s]. Each
                            has its share of what is left when it is tried, the last one all: with
                            three of them the first has a third (MIDGE_CONNECT_SHARE_MS at least, so
                            that a short limit may not reach the last). The address that worked last
                            is tried first, for half of it; when it fails the name is looked up
                            again, and this limit starts anew. An address in place of a name
                            has all of it, and one try. NO_TIMEOUT (and no total_ms):
                            each address has as long as the platform tries */
    uint32_t tls_ms;     /* handshake [MIDGE_TLS_MS, 30 s] */
    uint32_t first_byte_ms; /* from the request sent to the answer's first byte
                               [MIDGE_FIRST_BYTE_MS, 120 s] */
    uint32_t idle_ms;       /* no byte either way while sending or in the body; stands still while
                               the sink pauses or the source has nothing [MIDGE_IDLE_MS, 60 s] */
    uint32_t open_ms;       /* lookup, connect and handshake together [none] */
    uint32_t attempt_ms;    /* everything from when it first leaves the queue [none] */
    uint32_t total_ms;      /* everything, the queue included [MIDGE_TOTAL_MS, none] */
};

struct midge_request {
    const char *method; /* NULL: GET, or POST when there is a body */
    const char *url;    /* absolute, or relative to the client's base_url */

    /* The request's header fields, sent in this order before the client's. Of one name goes out:
       the fields in `headers`, all of them; else `content_type` or `bearer` below; else the
       client's headers; else midge's own (Host, Content-Length or Transfer-Encoding, User-Agent,
       Accept). A field with value NULL sends none of that name, but for Host and the framing.

       HEADER at start: a method or name that is no token (RFC 9110 5.6.2); a control character but
       HTAB in a value (CR and LF would write fields of their own); Transfer-Encoding, which is
       midge's; two of Content-Length or of Host; a Content-Length that is not the body's. */
    const struct midge_header *headers;
    size_t n_headers;
    const char *bearer; /* token for "Authorization: Bearer"; NULL none */

    /* The body: bytes (not copied: they live until completion), or a source. */
    const void *body;
    size_t body_len;
    const char *content_type; /* NULL: none is sent */
    struct midge_source *source;

    /* Names of response headers that on_response reads, with commas: "ETag, Link"; "*" all. When a
       head is longer than max_header, other headers are skipped (headers_skipped says so), but
       these are there or the answer fails with TOO_LARGE; so are, for NULL too, Connection,
       Content-Encoding, Content-Length, Content-Range, Content-Type, Keep-Alive, Location,
       Retry-After and Transfer-Encoding. Trailers likewise. */
    const char *keep_headers;

    struct midge_sink *sink; /* NULL: the body is dropped (and counted) */
    uint64_t max_body;       /* bytes; TOO_LARGE beyond. 0: the client's; UINT64_MAX: no limit */
    struct midge_timeouts timeouts;

    /* Where to connect instead of to the URL's host and port; part of the connection's identity. */
    const char *connect_host;              /* name or literal, fe80::1%eth0 too; NULL: the URL's */
    uint16_t connect_port;                 /* 0: the URL's */
    const char *servername;                /* SNI and the name verified; NULL: the URL's host */
    uint8_t family;                        /* 0 any, 4, 6 */
    uint8_t min_tls, max_tls;              /* 0: the client's */
    uint8_t dangerously_skip_verification; /* for this request, as in struct midge_tls */
    uint8_t allow_userinfo; /* accept user:password@ in the URL (it is not sent anywhere) */
    uint8_t no_reuse;       /* take no kept connection and leave none */
    /* Strings, headers and connect_host are copied at start, one block from the client's memory.
       With `borrow` they are not: everything here, this struct included, must stay unchanged until
       completion. Saves some 300 bytes a waiting request. */
    uint8_t borrow;

    /* Callbacks; each may start, cancel, resume or close. ctx is given to all. */
    void *ctx;
    /* The request's head is about to be sent on its connection. */
    void (*on_send)(void *ctx, midge_id id, const char *method, const char *url);
    /* An interim (1xx) head came. */
    void (*on_interim)(void *ctx, midge_id id, const struct midge_response *response);
    /* A final (not 1xx) head came. A negative return fails the request with it. */
    int (*on_response)(void *ctx, midge_id id, const struct midge_response *response);
    /* A trailer field came (RFC 9112 7.1.2). */
    void (*on_trailer)(void *ctx, midge_id id, const char *name, size_t name_len, const char *value,
                       size_t value_len);
    /* It ended; called exactly once. The result is then taken: the id is stale after this
       callback, unless something awaits it. NULL: the result waits for whoever takes it. */
    void (*on_done)(void *ctx, const struct midge_result *result);
};

#ifdef __cplusplus
}
#endif
#endif
