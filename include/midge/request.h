/* SPDX-License-Identifier: MIT */
/*
 * A request. Clear it and set url: that is a GET.
 *
 *     struct midge_request get = {.url = "https://example.com/", .sink = &body.sink};
 *     err = midge_start(client, &get, &id);
 */
#ifndef MIDGE_REQUEST_H
#define MIDGE_REQUEST_H

#include <midge/config.h>
#include <midge/header.h>
#include <midge/response.h>

#ifdef __cplusplus
extern "C" {
#endif

struct midge_hook;

/* Milliseconds. 0: the client's; if that is 0 too: the default in brackets, which config.h sets
   and a build may change. MIDGE_NO_TIMEOUT: none. Otherwise at most 2^31 - 1 (24 days): INVALID
   at start above that. */
#define MIDGE_NO_TIMEOUT UINT32_MAX
/* Limits of time, each counted for itself. */
struct midge_timeouts {
    uint32_t queue_ms;      /* all waits for a connection, for a rate (rate.h), and for memory to
                               continue with the connection, in sum; without lookup and connect
                               [MIDGE_QUEUE_MS, none] */
    uint32_t dns_ms;        /* [MIDGE_DNS_MS, 10 s] */
    uint32_t connect_ms;    /* TCP, all addresses of the name together [MIDGE_CONNECT_MS, 15 s].
                               Each address gets an equal share of the time left, the last one all
                               of it: of three addresses the first one gets a third (at least
                               MIDGE_CONNECT_SHARE_MS, so with a short limit the last ones may not
                               be tried). The address that worked last is tried first, for half of
                               the limit; if it fails, the name is looked up again, and this limit
                               starts anew. If the URL has an address instead of a name, it is tried
                               once, for the whole limit. NO_TIMEOUT (and no total_ms): the platform
                               bounds each try */
    uint32_t tls_ms;        /* handshake [MIDGE_TLS_MS, 30 s] */
    uint32_t first_byte_ms; /* from the request sent to the answer's first byte
                               [MIDGE_FIRST_BYTE_MS, 120 s] */
    uint32_t idle_ms;       /* without a byte in either direction while the request or the body
                               is under way; does not count while the sink pauses or the source
                               has nothing [MIDGE_IDLE_MS, 60 s] */
    uint32_t open_ms;       /* lookup, connect and handshake together [none] */
    uint32_t attempt_ms;    /* everything from when it first leaves the queue [none] */
    uint32_t total_ms;      /* everything, the queue included [MIDGE_TOTAL_MS, none] */
};

/* A repeat, for midge_retry.on_repeat. */
struct midge_repeat {
    int error;        /* of the attempt that failed; OK: it was answered with */
    uint16_t status;  /* of that answer; after an error 0, or that of the answer that was cut */
    uint16_t number;  /* of this repeat, from 1 to max */
    uint32_t wait_ms; /* until then at least: rates and the queue may make it longer */
};

/* Repeats of a request that failed for a reason that may pass: the statuses 408, 429, 500, 502, 503
   and 504; name not resolved, connection, no answer, a cut body, a timeout of a phase or of the
   attempt. A method that is not idempotent (POST, PATCH) is repeated only after 429, after 503 with
   Retry-After, or when nothing was sent. The last answer or error is the request's. The sink gets
   nothing of the answers before, or its `reset` is called; without reset a request whose body has
   begun to arrive is not repeated; on_response may then be called again. A source must rewind. A
   wait is the one of Retry-After (which other requests keep too: rate.h) and then one by chance
   (full jitter); no wait goes beyond total_ms, which counts for all of it, while attempt_ms starts
   anew. */
struct midge_retry {
    uint8_t max;        /* repeats at most; 0: none */
    uint8_t repeatable; /* 1: the method is no reason against it */
    uint8_t all_errors; /* 1: also after TLS, CERT, PIN, PROTOCOL, PROXY, ENCODING and each status
                           from 400 on */
    uint32_t first_ms;  /* the first wait at most; each next one is up to twice as long [1000] */
    uint32_t most_ms;  /* a wait by chance at most, and Retry-After at most: an answer that asks for
                          more is final [60000] */
    uint32_t fixed_ms; /* every wait at least, in place of chance [by chance] */
    uint32_t time_ms;  /* from the start; no repeat begins later [no limit] */
    /* The wait before a repeat begins, for logs; ctx is the request's. It may start, cancel and
       close. repeat is valid during the call. May be NULL. */
    void (*on_repeat)(void *ctx, midge_id id, const struct midge_repeat *repeat);
};

/* An HTTP proxy: requests connect to it in place of their servers, whose names it looks up. It gets
   an http request with its whole URL (RFC 9112 3.2.2). For https, and for http with connect_host or
   connect_port, it is asked to open a tunnel with CONNECT (RFC 9110 9.3.6), in which the connection
   is as without a proxy: the proxy sees the server's name and port only. CONNECT counts as a part
   of the phase CONNECT. If the proxy opens no tunnel, the request fails with PROXY; `native` is the
   proxy's status, or 0 if it gave none. Connections, and sessions of TLS, are kept for one proxy
   and one server. */
struct midge_proxy {
    const char *host; /* name or address, without brackets and zone; NULL or "": no proxy */
    uint16_t port;    /* INVALID at start if 0 */
    /* "user:password", sent to the proxy only, with each request (Basic, RFC 7617: anyone on the
       way to the proxy can read it). NULL or "": none. A request's own Proxy-Authorization is sent
       in its place, but not with CONNECT: in a tunnel the server gets it. */
    const char *credentials;
    /* 1: TLS to the proxy itself; https then has TLS in TLS. The proxy's certificate is verified
       for `host`, with the client's roots and versions. The handshake is a full one each time and
       counts as a part of the phase CONNECT, in which its errors come (CERT, TLS). A connection
       takes the memory of a second TLS stream: midge_memory_needed counts it if config.proxy is so.
       Only with MIDGE_WITH_PROXY_TLS, else UNSUPPORTED; CA: there are no roots. */
    uint8_t secure;
    uint8_t dangerously_skip_verification; /* of the proxy, as in struct midge_tls; without
                                              MIDGE_WITH_OVERRIDES that of the client holds */
};

/* Rules of redirects, for midge_request.redirect_rules. Without them (RFC 9110 15.4): 301, 302 and
   303 turn POST into GET without a body, 303 also other methods but HEAD; from https to http is
   refused (SCHEME). */
enum {
    MIDGE_REDIRECT_POST_301 = 1,    /* POST stays POST after a 301, */
    MIDGE_REDIRECT_POST_302 = 2,    /* a 302, */
    MIDGE_REDIRECT_POST_303 = 4,    /* a 303 */
    MIDGE_REDIRECT_DOWNGRADE = 8,   /* from https to http is allowed: others may read it then */
    MIDGE_REDIRECT_NO_HTTP = 16,    /* http is refused, also from http */
    MIDGE_REDIRECT_CREDENTIALS = 32 /* they are sent to other origins too: only if you trust all */
};

/* Where a redirect leads, for midge_request.on_redirect, which may set the last four: they are
   NULL and 0, and hold for this hop only. If they are not set, another origin is connected to by
   its URL, and the same origin as before; with the proxy as before. */
struct midge_redirect {
    const char *url, *method;  /* of the next request; valid during the callback */
    uint8_t drops_body;        /* 1: it is sent without the body, */
    uint8_t drops_credentials; /* and without Authorization, Cookie and Proxy-Authorization */
    /* As in struct midge_request. The strings must live until midge_poll returns. */
    const char *connect_host, *servername;
    uint16_t connect_port;
    const struct midge_proxy *proxy;
};

#if MIDGE_WITH_HTTP2
/* The versions of HTTP that may be spoken; part of the connection's identity. */
enum midge_http {
    MIDGE_HTTP_1_1 = 1,    /* HTTP/1.1 only */
    MIDGE_HTTP_2 = 2,      /* https: HTTP/2 if the server chooses it (ALPN), else HTTP/1.1 */
    MIDGE_HTTP_2_PRIOR = 3 /* the same; and http: HTTP/2 at once, from a server that is known to
                              speak it (RFC 9113 3.3). Not through a proxy */
};
#endif

/* All fields may be 0 but url. */
struct midge_request {
    const char *method; /* NULL: GET, or POST when there is a body */
    const char *url;    /* absolute, or relative to the client's base_url */

    /* The request's header fields, sent in this order before the client's. For each name midge
       sends the first of these that exists: all fields of that name in `headers`; `content_type` or
       `bearer` below; the client's headers; midge's own (Host, Content-Length or Transfer-Encoding,
       User-Agent, Accept). If a field has the value NULL, no field of that name is sent, except for
       Host, Content-Length and Transfer-Encoding.

       HEADER at start: a method or name that is no token (RFC 9110 5.6.2); a control character
       other than HTAB in a value (CR and LF would add header fields); Transfer-Encoding, which
       only midge sets; two fields Content-Length or Host; a Content-Length that differs from the
       body's. */
    const struct midge_header *headers;
    size_t n_headers;
    const char *bearer; /* token for "Authorization: Bearer"; NULL none */

    /* The body: bytes (not copied: they live until completion), or a source. */
    const void *body;
    size_t body_len;
    const char *content_type; /* NULL: none is sent */
    struct midge_source *source;

    /* Names of response headers that the application reads, with commas: "ETag, Link"; "*" all.
       When a head is longer than max_header, other headers are skipped (headers_skipped is 1
       then), but these are kept, or the answer fails with TOO_LARGE. The following are always
       kept, for NULL too: Connection, Content-Encoding, Content-Length, Content-Range,
       Content-Type, Keep-Alive, Location, Retry-After and Transfer-Encoding. The same applies to
       trailers. */
    const char *keep_headers;
    /* The caller's memory, where the headers that keep_headers names (only these) stay readable
       after the answer, with midge_kept_header; NULL and 0: they can be read in on_response only.
       It must live until completion. A header that does not fit into kept_size bytes is left out,
       and headers_skipped is 1 in the result. Each takes its name, its value and 2 bytes; 1 more
       byte ends the list.

           char kept[96];
           struct midge_request get = {.url = URL, .keep_headers = "ETag, Last-Modified",
                                       .kept = kept, .kept_size = sizeof kept};
           midge_start(client, &get, &id);
           if (midge_wait(client, id, &result) == MIDGE_OK) {
               const char *etag = midge_kept_header(kept, "ETag");    NULL: there was none
     */
    char *kept;
    size_t kept_size;

    struct midge_sink *sink; /* NULL: the body is dropped (and counted) */
    uint8_t no_reuse;        /* do not use a kept connection and do not keep this one */
    /* Redirects (301, 302, 303, 307, 308 with Location) that are followed; one more is an error
       (REDIRECTS). 0: none, each answer is final. The sink and on_response see the last answer
       only; on_response also one that cannot be followed, before the request fails. Authorization,
       Cookie, Proxy-Authorization and Host of this request and of the client, and `bearer`, are not
       sent any more once scheme, host or port have changed. A body is sent again after 307 and 308;
       if its source cannot rewind, that is an error (REWIND). Limits of time count for all hops
       together, except for those of a connection's phases. Each hop takes some 200 bytes, its URL,
       and 8 bytes for each header until the request's result is taken (twice that while one follows
       another). */
    uint8_t max_redirects;
    uint8_t redirect_rules; /* MIDGE_REDIRECT_x */
    /* Expect: 100-continue (RFC 9110 10.1.1): the body is sent when the server has asked for it
       with 100, or after so many milliseconds (1000 is usual; 2^31 - 1 at most), since a server may
       not know it. If a final answer comes before, the body is not sent, and the connection closes;
       but after 417 the request is sent again without Expect. 0: the body follows at once. HTTP/2:
       not used, since the server's windows bound the bytes that are sent in vain. */
    uint32_t expect_ms;
    uint64_t max_body; /* bytes; TOO_LARGE above it. 0: the client's; UINT64_MAX: no limit */

    const struct midge_retry *retry; /* must live until completion; NULL: the client's */
    struct midge_hook *hooks;        /* called after the client's (hooks.h); they must live until
                                        completion; NULL: none */

    /* Callbacks; each may start, cancel, resume or close. All get ctx. */
    void *ctx;
    /* The request's head is about to be sent on its connection. */
    void (*on_send)(void *ctx, midge_id id, const char *method, const char *url);
    /* An interim (1xx) head came. */
    void (*on_interim)(void *ctx, midge_id id, const struct midge_response *response);
    /* An answer redirects the request, which goes on at to->url after this callback. A negative
       return fails it with that error. */
    int (*on_redirect)(void *ctx, midge_id id, const struct midge_response *response,
                       struct midge_redirect *to);
    /* A final (not 1xx) head came. A negative return fails the request with it. */
    int (*on_response)(void *ctx, midge_id id, const struct midge_response *response);
    /* A trailer field came (RFC 9112 7.1.2). */
    void (*on_trailer)(void *ctx, midge_id id, const char *name, size_t name_len, const char *value,
                       size_t value_len);
    /* The request has ended; called exactly once. This callback takes the result: the id is
       stale afterwards, unless something awaits it. NULL: the result stays until midge_take. */
    void (*on_done)(void *ctx, const struct midge_result *result);

    /* From here on: used at start only, but `timeouts` until completion. (A copy of a request ends
       before these.) */
    struct midge_timeouts timeouts;

    /* Host and port to connect to instead of the URL's; part of the connection's identity. */
    const char *connect_host;              /* name or literal, fe80::1%eth0 too; NULL: the URL's */
    uint16_t connect_port;                 /* 0: the URL's */
    const char *servername;                /* SNI and the name verified; NULL: the URL's host */
    const struct midge_proxy *proxy;       /* NULL: the client's; with host NULL: none */
    uint8_t family;                        /* 0 any, 4, 6 */
    uint8_t min_tls, max_tls;              /* 0: the client's */
    uint8_t dangerously_skip_verification; /* for this request, as in struct midge_tls */
    uint8_t allow_userinfo; /* accept user:password@ in the URL (it is not sent anywhere);
                               only with MIDGE_WITH_URL_MENDING */
    /* Strings and headers are copied at start, into the one block that the request takes from the
       client's memory. With `borrow` they are not copied: all of this, the struct included, must
       stay unchanged until completion. Saves some 100 bytes and the strings for each waiting
       request. */
    uint8_t borrow;
    /* Keys that servers must have (pins.h), for redirects too; part of the connection's identity,
       by this pointer. Not copied: the set and its pins must stay unchanged until midge_close, for
       prepared requests too. NULL: the client's; a set without pins: none. UNSUPPORTED without
       MIDGE_WITH_PINS. */
    const struct midge_pins *pins;
#if MIDGE_WITH_HTTP2
    uint8_t http; /* enum midge_http; 0: the client's */
#endif
};

#if MIDGE_WITH_KEPT_HEADERS

/* The value of the first header of that name (case-insensitive) in a request's `kept`,
   NUL-terminated; NULL: there is none. `kept` can be read from the start of the request on: it has
   no headers before the head of a final answer came. */
const char *midge_kept_header(const char *kept, const char *name);

#endif

#ifdef __cplusplus
}
#endif
#endif
