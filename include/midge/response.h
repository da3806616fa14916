/* SPDX-License-Identifier: MIT */
/*
 * The head of a response, and the result of an awaitable.
 */
#ifndef MIDGE_RESPONSE_H
#define MIDGE_RESPONSE_H

#include <stddef.h>
#include <stdint.h>
#include <midge/body.h>
#include <midge/config.h>
#include <midge/err.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Identifies an awaitable. 0 is never an id. A stale id is harmless: it is used again after 2^32
   / max_awaitables starts of any awaitables (less 2) at the earliest. That is more than 2^24 for
   up to 255 awaitables (the default), and 66,000 for the largest max_awaitables. */
typedef uint32_t midge_id;

/* How the end of a body is found (RFC 9112 6.3). */
enum midge_framing {
    MIDGE_FRAMING_NONE,    /* no body by rule: HEAD, 204, 304 */
    MIDGE_FRAMING_LENGTH,  /* Content-Length */
    MIDGE_FRAMING_CHUNKED, /* Transfer-Encoding: chunked */
    MIDGE_FRAMING_CLOSE /* until the connection closes; HTTP/2: until the stream ends, if the answer
                           has no Content-Length */
};

/* How a body is encoded (Content-Encoding, RFC 9110 8.4). OTHER: a coding that is not one of these;
   SEVERAL: one after the other, which no sink here undoes. The header names them. */
enum midge_encoding {
    MIDGE_ENCODING_NONE,    /* as it is */
    MIDGE_ENCODING_GZIP,    /* gzip, x-gzip */
    MIDGE_ENCODING_DEFLATE, /* deflate, with zlib's head */
    MIDGE_ENCODING_OTHER,   /* one that is not listed here */
    MIDGE_ENCODING_SEVERAL  /* several, one after the other */
};

/* The head of a response; valid only during the callback that gets it. */
struct midge_response {
    int status;              /* 100..999 */
    uint8_t http_minor;      /* HTTP/1.x */
    uint8_t framing;         /* enum midge_framing */
    uint8_t headers_skipped; /* 1: the head was longer than max_header. A header that is not
                                found here may have been sent, unless keep_headers (request.h)
                                names it */
    uint8_t encoding;        /* enum midge_encoding: of the body as it is sent; NONE without
                                MIDGE_WITH_ENCODINGS */
    const char *reason;      /* NUL-terminated, may be empty */
    uint64_t content_len;    /* with FRAMING_LENGTH */
    const char *url;         /* effective URL */
    const void *impl;        /* private */
#if MIDGE_WITH_DATE_HINT
    uint8_t verified; /* 1: it came over TLS, from a server whose chain or key (pins.h) was
                         verified */
#endif
#if MIDGE_WITH_HTTP2
    uint32_t stream_id; /* of HTTP/2; 0: HTTP/1.x. The reason is "" then, and names are in lower
                           case */
#endif
};

/* The first header of that name (case-insensitive): its value, *len bytes, not NUL-terminated.
   NULL when there is none. */
const char *midge_response_header(const struct midge_response *response, const char *name,
                                  size_t *len);
/* Headers in order: *at starts at 0; returns 0 after the last. Spans, not NUL-terminated. */
int midge_response_next(const struct midge_response *response, size_t *at, const char **name,
                        size_t *name_len, const char **value, size_t *value_len);

#if MIDGE_WITH_DATE_HINT
/* The Date header (RFC 9110 6.6.1) as seconds since 1970; 0: there is none, it is malformed, or the
   answer is not `verified`. A hint for a device whose clock is not set: midge itself never uses it.
   It shows how late it is at least as well as the server knows, or as well as its certificate is
   worth: a device without a clock also accepts one that has expired since the floor
   (tls.time_floor), whose thief may tell any date. So show it, compare it, or ask a time server
   (boards/examples/sntp.h), but do not verify certificates by it. An answer from a cache may be
   older by its Age header. */
int64_t midge_response_date(const struct midge_response *response);
#endif

#if MIDGE_WITH_TIMINGS
/* Durations of a request's phases, microseconds each; 0 if the phase did not happen. */
struct midge_timings {
    uint32_t queue_us;   /* waits for a connection, memory, a ticket, a rate */
    uint32_t dns_us;     /* the lookup */
    uint32_t connect_us; /* TCP, and a proxy's tunnel */
    uint32_t tls_us;     /* the handshake */
    uint32_t send_us;    /* the request is written */
    uint32_t wait_us;    /* until the first byte of the answer */
    uint32_t body_us;    /* from then to the end */
    uint32_t total_us;   /* from midge_start to the end */
    uint64_t start_us;   /* the port's clock_us at midge_start, to compare requests */
};
#endif

/* How an awaitable ended. */
struct midge_result {
    int error;      /* MIDGE_OK or MIDGE_ERR_x */
    midge_id id;    /* the awaitable that ended */
    midge_id child; /* gather: the one that failed first, or completed first */
    intptr_t value; /* tasks: the value given to midge_task_return */

    uint8_t is_request;    /* 1: the result of a request, also if midge_timeout passed it on. 0: the
                              fields below are not set, and midge_future_complete does not pass them
                              on */
    uint8_t phase;         /* enum midge_phase: where it ended */
    uint8_t complete;      /* enum midge_complete */
    uint8_t framing;       /* enum midge_framing */
    uint8_t http_minor;    /* HTTP/1.x */
    uint8_t reused;        /* on a kept connection */
    uint8_t resumed;       /* by a TLS ticket or session */
    uint8_t retries;       /* replays after a stale connection, and repeats (request.retry) */
    uint8_t redirects;     /* that were followed (request.max_redirects) */
    uint8_t time_verified; /* certificate dates were checked with a trusted clock */
    uint8_t tls_version;   /* 0, 12, 13 */
    uint8_t headers_skipped; /* headers or trailers beyond max_header, or beyond the request's
                                kept_size, were not kept */
    uint8_t encoding;        /* enum midge_encoding: of the body as `sink` got it, or passed it on:
                                NONE if the sink has decoded it (gunzip.h) */
    uint16_t connects;       /* connections opened for it */
    uint16_t status;         /* HTTP status, 0 when none came */
    int native;              /* errno, lwIP's, mbedTLS's or the resolver's code; PROTOCOL: the
                                code of HTTP/2 that ended the connection (RFC 9113 7), not without
                                MIDGE_WITH_TEXTS; 0 none */
    /* Reasons why a certificate chain was refused: MBEDTLS_X509_BADCERT_x; also 0x100000 name
       constraints do not allow a name, 0x200000 name constraints cannot be read, 0x400000 too
       many names and name constraints to compare, 0x800000 a CA is not for servers, 0x1000000 no
       key is pinned */
    uint32_t verify_flags;
    uint32_t cert_date;     /* YYYYMMDD: the day the refused certificate expired or becomes valid;
                               0: dates are not the reason, or there are no texts (config.h) */
    uint32_t connection;    /* its number, from 1; 0 none */
    uint32_t retry_after_s; /* from a Retry-After header (RFC 9110 10.2.3); a date counts from
                               the answer's own Date. 0 none */
#if MIDGE_WITH_HTTP2
    uint32_t stream_id; /* HTTP/2: that it was sent on last; 0: HTTP/1.x, or it was not sent */
#endif
    uint64_t body_len;  /* body bytes given to the sink, without chunk headers; before a
                           midge_gunzip decodes them */
    uint64_t offset;    /* PROTOCOL: byte offset in the answer, modulo 2^32; 0 without
                           MIDGE_WITH_TEXTS */
    const char *cipher; /* static text, or "" */
    const char *detail; /* static text: the exact reason, or "" */
#if MIDGE_WITH_STATS
    size_t memory_peak;       /* the most bytes that its connection took */
    uint32_t longest_step_us; /* the longest step of its connection */
#endif
#if MIDGE_WITH_TIMINGS
    struct midge_timings t; /* how long each phase took, over all hops */
#endif
    /* The effective URL of a request; NULL: none. Valid in the callback that gets the result, until
       that callback takes or detaches the id itself; after midge_take, midge_wait and MIDGE_AWAIT
       until the client is called again, except for midge_alloc and midge_free. */
    const char *url;
};

/* The one error to look at when a result has come: MIDGE_OK if the request did not fail and its
   status is 1xx..3xx. HTTP_STATUS for 4xx and 5xx, with "401 Client Error: Unauthorized for url:
   URL" in text: the registered phrase of the status (RFC 9110 15) and result->url, so call it while
   that is valid. For any other error that error, with the text of midge_result_text. text is always
   NUL-terminated if cap > 0, and cut if it is too long; it may be NULL.

       (void)midge_wait(client, id, &result);       a failed wait is result.error, too
       if (midge_raise_for_status(&result, text, sizeof text) != MIDGE_OK) {
           log_error(text);
 */
int midge_raise_for_status(const struct midge_result *result, char *text, size_t cap);

/* The registered reason phrase of a status, "" if unknown. */
const char *midge_status_text(int status);

/* One line for people about a result that failed: "certificate expired (tls, X509 flags 0x1)".
   Always NUL-terminated if cap > 0. Returns the length written. */
size_t midge_result_text(const struct midge_result *result, char *text, size_t cap);

#ifdef __cplusplus
}
#endif
#endif
