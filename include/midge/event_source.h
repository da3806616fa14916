/* SPDX-License-Identifier: MIT */
/*
 * A stream of server-sent events that is connected again and again (EventSource of browsers, WHATWG
 * HTML 9.2). It is an awaitable that lives as long as the stream:
 *
 *     static const struct midge_request get = {.url = "https://example.com/prices"};
 *     struct midge_event_source prices = {
 *         .request = &get, .text = text, .text_size = sizeof text, .on_event = on_event};
 *     err = midge_event_source_start(client, &prices, &id);
 *     ...
 *     midge_cancel(client, id);
 *
 * A connection that failed or ended is replaced after a wait. Its request has the header
 * Last-Event-ID, so a server that honours it goes on behind the last event that was reported. An
 * event that was cut is dropped, and comes again.
 *
 *     an answer                      effect
 *     200 with text/event-stream     the stream is open
 *     204                            the source ends with MIDGE_OK
 *     408, 429, 5xx                  connected again, after Retry-After if the server gave it. A
 *                                    browser gives up here; but such an answer often means that a
 *                                    server is being restarted
 *     any other                      the source ends with HTTP_STATUS
 *
 * Connected again: after an end in order, a reset, silence, and each failure of the network, the
 * TLS handshake, or the peer; also if a proxy opened no tunnel, unless with another status than
 * these; and when there was no memory or slot for the request. All other errors end the source with
 * that error: TOO_LARGE for example (the event would be too large the next time, too), or HEADER
 * (the id has a control character).
 *
 * Only for GET. A POST whose answer is a stream (a chat) must not be repeated by itself: give it
 * the sink of midge/sse.h.
 */
#ifndef MIDGE_EVENT_SOURCE_H
#define MIDGE_EVENT_SOURCE_H

#include <midge/client.h>
#include <midge/config.h>
#include <midge/sse.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Headers of a source's request: up to three of midge's and the caller's. */
#ifndef MIDGE_EVENT_SOURCE_HEADERS
#define MIDGE_EVENT_SOURCE_HEADERS 8
#endif
#if MIDGE_EVENT_SOURCE_HEADERS < 3
#error "MIDGE_EVENT_SOURCE_HEADERS must be at least 3: Accept, Cache-Control, Last-Event-ID"
#endif

/* States of a source. */
enum midge_event_source_state {
    MIDGE_EVENT_SOURCE_CONNECTING, /* a request is under way */
    MIDGE_EVENT_SOURCE_OPEN,       /* its answer is a stream */
    MIDGE_EVENT_SOURCE_WAITING     /* until the next request, for wait_ms */
};

/* 536 bytes on a machine of 32 bits. Clear it and set the first part; zero means the value in
   brackets. It must stay at its address until the source has ended and all callbacks have returned.
   The callbacks may start, cancel and close; but on_event must not start this source again. No
   callback comes after midge_cancel of the source; after midge_close in a callback, more may come
   until midge_poll returns. */
struct midge_event_source {
    /* Its URL, headers (of other names than Last-Event-ID), limits, and the way to connect. It and
       its strings are not copied: they must live, unchanged, until the source has ended. Must not
       be set: a method other than GET, body, source, sink, callbacks. Not used: retry, borrow.

       idle_ms of its timeouts is the limit of silence: so long without a byte, and the source
       connects again [MIDGE_IDLE_MS, 60 s]. A server should send a comment more often than that.
       All limits count for each connection anew, total_ms too. max_body [no limit], max_redirects
       [20 if redirects are built in]; each connection begins at `url` again. Accept and
       Cache-Control are sent for an event stream, unless its headers have them. */
    const struct midge_request *request;
    char *text; /* memory for one event, as midge_sse_init takes it */
    size_t text_size;
    midge_sse_event_fn *on_event; /* a negative return but PAUSE ends the source with it */
    /* The state has changed; not called for the first CONNECTING, which is the start. last is the
       result of the connection that ended (error EOF: in order) for WAITING, else NULL; valid
       during the call. May be NULL. */
    void (*on_state)(void *ctx, enum midge_event_source_state state,
                     const struct midge_result *last);
    void *ctx;           /* of both */
    const char *last_id; /* where to go on, sent as Last-Event-ID at first [none] */
    /* The wait is by chance up to first_ms after a connection that was good, then up to twice as
       long each time (full jitter), at most most_ms. If the server has sent a time by the field
       retry, the first wait is exactly that, and each next one by chance, but not shorter. The time
       of Retry-After comes before all of that. Both of the server's are taken up to an hour. A
       connection was good if it brought an event, or was open for first_ms. At most 2^30. */
    uint32_t first_ms;       /* [3000] */
    uint32_t most_ms;        /* [60000] */
    uint16_t max_reconnects; /* in a row, without a good connection: then the source ends with the
                                error of the last one [no limit] */

    /* For reading: */
    enum midge_event_source_state state;
    midge_id current;     /* its request, for midge_resume after PAUSE; WAITING: 0 */
    uint32_t wait_ms;     /* the last wait */
    uint32_t connects;    /* requests so far */
    struct midge_sse sse; /* .id: the last id; .events: reported so far; .retry_ms */

    /* private */
    struct midge_client *client;
    midge_id id;
    uint64_t open_ms, open_events; /* when it was opened */
    uint16_t failures;             /* in a row */
    uint8_t stopped;               /* by on_event */
    struct midge_request get;
    struct midge_header headers[MIDGE_EVENT_SOURCE_HEADERS];
};

#if MIDGE_WITH_EVENT_SOURCE

/* Begins the first connection. *id is the source: it ends as the table above says, or with CANCELED
   or CLOSED; its result is that of the last connection. A source takes two awaitables while it is
   connected, one while it waits, and some 100 bytes of the client's block beside its request.

   INVALID: a request that is not allowed (above), more headers than MIDGE_EVENT_SOURCE_HEADERS,
   no on_event, text_size below 16, last_id not shorter than MIDGE_SSE_ID_BYTES, a wait above 2^30.
   The errors of midge_start. On an error nothing was started. */
int midge_event_source_start(struct midge_client *client, struct midge_event_source *source,
                             midge_id *id);

#endif

#ifdef __cplusplus
}
#endif
#endif
