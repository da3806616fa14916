/* SPDX-License-Identifier: MIT */
/*
 * The client: session, connection pool and loop.
 *
 *     struct midge_config config = {.port = port, .tls = {.ca = pem, .ca_len = pem_len}};
 *     config.memory_size = midge_memory_needed(&config);
 *     config.memory = malloc(config.memory_size);
 *     midge_open(&client, &config);
 *     midge_start(client, &request, &id);
 *     while (midge_poll(client, -1) > 0) {}
 *     midge_close(client);
 *
 * One thread drives a client; all clients of a process share one TLS library and must be driven
 * from the same thread unless that library is built for threads.
 */
#ifndef MIDGE_CLIENT_H
#define MIDGE_CLIENT_H

#include <midge/config.h>
#include <midge/events.h>
#include <midge/port.h>
#include <midge/rate.h>
#include <midge/request.h>
#include <midge/tls.h>

#ifdef __cplusplus
extern "C" {
#endif

struct midge_client;
struct midge_peer;
struct midge_stats;

/* Kinds of the lines of config.trace. */
enum midge_trace_kind {
    MIDGE_TRACE_INFO, /* an event of a connection or request, in words */
    MIDGE_TRACE_ERROR /* an error, in words */
};

/* Zero means the default named in brackets (config.h). */
struct midge_config {
    struct midge_port *port; /* required; outlives the client */

    /* The block that all of the client's memory comes from, aligned like malloc's. The client
       owns it until midge_close has returned (or, if a callback called midge_close, until the
       outermost midge_poll has returned). NULL: midge calls alloc once for memory_size bytes (0:
       midge_memory_needed) and gives them back to release. */
    void *memory;
    size_t memory_size;
    void *(*alloc)(void *ctx, size_t size);
    void (*release)(void *ctx, void *block, size_t size);
    void *alloc_ctx;

    /* Ceilings. Values of 32 bits above 2^30 count as 2^30. */
    uint64_t max_body;        /* bytes of a response body [no limit] */
    uint16_t max_connections; /* open at once [MIDGE_MAX_CONNECTIONS], at most 1000 */
    uint16_t max_per_origin;  /* of these, to one origin [MIDGE_MAX_PER_ORIGIN] */
    uint16_t max_handshakes;  /* computing at once [MIDGE_MAX_HANDSHAKES] */
    uint16_t max_transfers;   /* requests in progress at once, the others wait in a queue. One that
                                 ends makes room before its on_done is called, so the on_send of the
                                 next one may come before that [max_connections] */
    uint16_t max_awaitables;  /* [MIDGE_MAX_AWAITABLES], at most 65000 */
    uint32_t max_header;      /* bytes of a response head that are kept [MIDGE_MAX_HEADER] */
    uint32_t max_head_total;  /* bytes of all heads of one answer on the wire
                                 [MIDGE_MAX_HEAD_TOTAL] */
    uint32_t turn_crypto, turn_bytes, turn_steps; /* [MIDGE_TURN_x] */
    /* Milliseconds up to 2^31 - 1, or MIDGE_NO_TIMEOUT, which counts as 2^30 (12 days) too. */
    uint32_t keep_alive_ms;  /* [MIDGE_KEEP_ALIVE_MS] */
    uint32_t ticket_wait_ms; /* [MIDGE_TICKET_WAIT_MS] */
    uint32_t lead_ms;        /* [MIDGE_LEAD_MS] */
    uint8_t no_sessions;     /* never resume, never wait for a ticket */
    /* Requests whose copies are held at once, and bytes of each copy, for memory_needed only
       [max_awaitables, 512]. */
    uint16_t queued_requests;
    uint16_t request_bytes;

    /* Session: these apply to all requests. The list and its strings must stay unchanged as long
       as the client lives; a token that will be renewed must therefore be a header of each
       request. */
    const char *base_url; /* absolute; requests' URLs are resolved against it (RFC 3986 5) */
    const struct midge_header *headers;
    size_t n_headers;
    struct midge_timeouts timeouts;
    const struct midge_retry *retry; /* of requests without their own; lives as long as the client
                                        [no repeats] */
    struct midge_hook
        *hooks;            /* of all requests (hooks.h); they live as long as the client [none] */
    uint16_t retry_budget; /* repeats of all requests together that are in store; ten good answers
                              bring one back [10] */
    /* How often requests are sent (rate.h); these live as long as the client. All requests
       together have `rate`, those of an origin the first of origin_rates that is for its host. */
    const struct midge_rate *rate; /* [no limit] */
    const struct midge_origin_rate *origin_rates;
    size_t n_origin_rates;
    const struct midge_proxy *proxy; /* of requests without their own; lives as long as the client
                                        [none] */
    struct midge_tls tls;

#if MIDGE_WITH_HTTP2
    /* enum midge_http, of requests without their own. From MIDGE_HTTP_2 on max_transfers is by
       default max_awaitables, since one connection carries many requests, and the memory that
       HTTP/2 needs is counted [MIDGE_HTTP_1_1] */
    uint8_t http;
    /* Bytes that a server may send before they are taken (RFC 9113 6.9): for each request, 2048 to
       2^30 [MIDGE_HTTP2_WINDOW], and for all requests of a connection, 65535 to 2^30 and at least
       http2_window [MIDGE_HTTP2_CONN_WINDOW]. Values outside count as the nearest one; with
       MIDGE_HTTP2_RECORD the first is at most 1024 below that. A download gets at most a window in
       each round trip: for 50 MB/s at 20 ms it must be 1 MB. A window takes memory only while a
       sink pauses, or decodes what came before. */
    uint32_t http2_window, http2_conn_window;
    /* No sink of an HTTP/2 request pauses or decodes (gunzip.h): midge_memory_needed counts no
       windows. If one does so all the same, its request may end with NO_MEMORY. */
    uint8_t no_pauses;
#endif

#if MIDGE_WITH_FAULTS
    /* To test a program: this allocation from the block fails, the first one is 1 [0: none];
       sticky: all later ones fail, too. */
    uint32_t fail_alloc;
    uint8_t fail_alloc_sticky;
#endif

#if MIDGE_WITH_STATS
    /* midge_close fills it after it has freed everything: alloc_live is 0 unless something
       leaked. May be NULL. */
    struct midge_stats *stats_at_close;
#endif

    /* Reports events, for logs. line is valid only during the call; the function must not call
       the client. */
    void (*trace)(void *ctx, enum midge_trace_kind kind, midge_id id, const char *line);
    /* Reports the peers of connections, for logs. peer is valid only during the call; the
       function must not call the client. */
    void (*on_peer)(void *ctx, const struct midge_peer *peer);
    void *trace_ctx; /* the ctx of trace and on_peer */

#if MIDGE_WITH_HAPPY_EYEBALLS
    /* A connection begins with the next address of a host beside the ones that have not answered
       for so long, ms: 100 to 2000 (RFC 8305 8), or MIDGE_NO_TIMEOUT: the addresses are tried one
       after the other [MIDGE_ATTEMPT_DELAY_MS]. On a slow path the delay is longer: two round trips
       of the last connection to the host, at most 2 s. */
    uint32_t attempt_delay_ms;
#endif

#if MIDGE_WITH_EVENTS
    /* Gets a record for each step of requests and connections (events.h), also during midge_close
       [none]. */
    midge_event_fn on_event;
    void *event_ctx;
#endif
};

/* Bytes that the worst case under config's ceilings needs. Includes TLS in owned mode. In
   external mode TLS takes its memory from the firmware's own allocator and this is midge's share
   only. Reads tls.ca to count the roots. */
size_t midge_memory_needed(const struct midge_config *config);
/* Bytes of the smallest block with which one connection works (requests then wait for each
   other), with certificate chains of MIDGE_MAX_CHAIN bytes, at most 5 KB: public servers have
   chains of that size, with keys of RSA-2048 or up to P-384. If all servers of a device have
   shorter chains, a lower MIDGE_MAX_CHAIN makes this number smaller (config.h). Fields that hooks
   set or keep (hooks.h) are extra, at most MIDGE_HOOK_BYTES a request. */
size_t midge_memory_least(const struct midge_config *config);

/* Opens a client. INVALID (a port without all its calls, a time that is out of range), HEADER (as
   midge_start), NO_MEMORY (block below midge_memory_least), CA, ENTROPY, UNSUPPORTED. Reads all of
   config during the call; keeps port, base_url, headers. */
int midge_open(struct midge_client **client, const struct midge_config *config);

/* Ends all that was started and has not ended (with CLOSED), and closes the connections. May be
   called in every callback. NULL is ignored. */
void midge_close(struct midge_client *client);

/* One turn: waits at most timeout_ms (0: does not wait; negative: until something happens), then
   works until the turn's budget is spent. Returns how many started things have not completed
   yet, or a negative error of the port. */
int midge_poll(struct midge_client *client, int timeout_ms);

/* For foreign loops: milliseconds until midge_poll should run (0 now, -1 no deadline). */
int midge_next_timeout(const struct midge_client *client);
/* Writes the sockets to wait for, at most cap; returns how many there are. */
size_t midge_interest(const struct midge_client *client, struct midge_pollfd *fds, size_t cap);

/* Ends a poll in progress, or else the next one. The only function that another thread or an
   interrupt may call. */
void midge_wake(struct midge_client *client);

#if MIDGE_WITH_NETWORK_CHANGE
/* The network has changed: this machine got another address or router, or its link was away. Call
   it when the platform says so; on lwIP in the callbacks of the interface (netif_set_link_callback,
   netif_set_status_callback; PORTING.md has an example). It ends a poll in progress, and takes
   effect in the next one.

   Idle connections close, and requests whose connections are being opened begin again with a new
   lookup; their limits of time go on. Addresses of hosts are forgotten, TLS sessions are kept. A
   request that was sent goes on, since TCP survives a short pause and another router; then its
   connection closes. lost nonzero: the address of this machine is gone, and with it all that was
   under way. Then such a request fails with RECV or SEND, or is sent again where that is safe (as
   after any break, see retry.h). A paused one fails when it is resumed.

   Requests may be started without a network: they fail with RESOLVE or CONNECT as the port does,
   or are repeated as their retry policy says. midge does not wait for the link. From another
   thread or an interrupt set a flag and call midge_wake. */
void midge_network_changed(struct midge_client *client, int lost);
#endif

/* --- things that can be awaited: each ends with exactly one completion --- */

/* Begin a request. INVALID, URL, SCHEME, HEADER, UNSUPPORTED, NO_SLOT, NO_MEMORY, CA (https, and
   the client has no trusted root to verify with): nothing was started and no callback comes. id may
   be NULL when request->on_done is set.

   NO_MEMORY: other requests are live, and the block has no room for one more that waits. Start
   it again when one of them has ended: in its on_done, for example, or in a task with
   MIDGE_AWAIT_ROOM (task.h). If no request is live, there is always room for a copy of
   request_bytes, even if kept connections are open. A started request waits for memory that
   others hold. It ends with NO_MEMORY only if memory is short while no other connection is open.
   For the head of an answer 2048 bytes are always there. For a longer head the request waits
   until there is more memory; if all connections wait, an idempotent request is sent again
   later, and any other request ends with NO_MEMORY. */
int midge_start(struct midge_client *client, const struct midge_request *request, midge_id *id);

#if MIDGE__FUTURES
/* Ends with MIDGE_OK after ms milliseconds; MIDGE_NO_TIMEOUT: only when it is canceled. INVALID
   for any other ms above 2^31 - 1. */
int midge_sleep(struct midge_client *client, uint32_t ms, midge_id *id);

/* Calls fn(ctx) once after ms milliseconds, from midge_poll (asyncio: call_later). ms as in
   midge_sleep. The callback takes the result, so nothing is to be taken or detached. Canceled, it
   ends without the call, and so it does with midge_close. A callback that is to be called again and
   again starts the next one itself. id may be NULL. */
int midge_call_later(struct midge_client *client, uint32_t ms, void (*fn)(void *ctx), void *ctx,
                     midge_id *id);

/* An awaitable that the application completes itself (asyncio: Future). on_cancel is called once
   if the future is canceled before that; it may complete the future, otherwise the future ends
   with CANCELED. May be NULL. */
int midge_future(struct midge_client *client, void (*on_cancel)(void *ctx, midge_id id), void *ctx,
                 midge_id *id);
/* Completes a future of midge_future. STALE if id is none, or has ended; the id of a gather, a
   timeout or an acquire is none. All fields of result but id are passed on. If there is no memory
   for a request's result, only its error is, or NO_MEMORY if the error is MIDGE_OK. */
int midge_future_complete(struct midge_client *client, midge_id id,
                          const struct midge_result *result);
/* The same for midge's own: gather, timeout, semaphore, event source. */
int midge__future(struct midge_client *client, void (*on_cancel)(void *ctx, midge_id id), void *ctx,
                  midge_id *id);
int midge__future_complete(struct midge_client *client, midge_id id,
                           const struct midge_result *result);
/* Calls on_cancel of a live one, with the id 0, once after ms milliseconds: a wait that takes
   neither memory nor a slot. The future does not end by that. */
void midge__future_after(struct midge_client *client, midge_id id, uint32_t ms);
#endif

/* Ends it now with CANCELED. Does nothing if it has ended already. STALE. */
int midge_cancel(struct midge_client *client, midge_id id);

/* Continue after a sink's PAUSE or a source's AGAIN. OK also if nothing waits; the call then has no
   effect. But a call within write or read does have one: the PAUSE or AGAIN that this write or read
   returns is ignored (a callback that always does both keeps the loop busy). STALE.

   An answer may begin before the request is sent completely, so the sink and the source may wait
   at the same time. midge_resume resumes both. A source that has nothing yet returns AGAIN once
   more, but a sink must take the bytes that it gets, so it must not be resumed because the
   source has bytes. If both may wait, call the function for one of them. */
int midge_resume(struct midge_client *client, midge_id id);
int midge_resume_sink(struct midge_client *client, midge_id id);
int midge_resume_source(struct midge_client *client, midge_id id);

/* Has it ended? 1 yes (its result can be taken), 0 no, STALE. */
int midge_done(const struct midge_client *client, midge_id id);

/* Takes the result; the id is stale afterwards. AGAIN if it has not ended yet, STALE. */
int midge_take(struct midge_client *client, midge_id id, struct midge_result *result);

/* The result will not be taken: midge drops it when the awaitable has ended and its watcher was
   called. Does not cancel. STALE. */
int midge_detach(struct midge_client *client, midge_id id);

/* Runs the loop until it has ended, then takes its result. Returns result->error. If the wait
   itself fails, the result has only that error: INVALID within a callback, STALE, CLOSED, or an
   error of the port. STALE also when it has ended and its own on_done has taken the result. result
   may be NULL. */
int midge_wait(struct midge_client *client, midge_id id, struct midge_result *result);

/* Sets the watcher of an awaitable, which has one at most: fn is called in the turn in which the
   awaitable ends (or in the next turn if it has ended already); its result is kept until then.
   BUSY if it has a watcher. fn NULL removes the watcher. Gather and tasks use this. */
typedef void (*midge_watch_fn)(void *ctx, midge_id id, const struct midge_result *result);
int midge_watch(struct midge_client *client, midge_id id, midge_watch_fn fn, void *ctx);

/* Memory of the client's block, for contexts of completions, for example. NULL when the block is
   full. Unlike sleeps, tasks, gathers and waiting requests, it may use the memory that midge
   reserves for one connection; while the application keeps that, requests may find too little. */
void *midge_alloc(struct midge_client *client, size_t size);
void midge_free(struct midge_client *client, void *memory);

/* The port of config. */
const struct midge_port *midge_client_port(const struct midge_client *client);
/* The port's clock, extended to 64 bits: it does not wrap. */
uint64_t midge_now_ms(const struct midge_client *client);

/* The events that config.on_peer reports. */
enum midge_peer_event {
    MIDGE_PEER_TRYING,      /* a connect begins */
    MIDGE_PEER_CONNECTED,   /* that address has answered */
    MIDGE_PEER_CERTIFICATE, /* the server has sent its certificate, not verified yet. Not with a
                               resumed session; nor, in profiles small and tiny, when
                               verification is skipped */
    MIDGE_PEER_SECURE       /* the handshake has ended: tls_version, cipher, resumed */
};
/* An event of config.on_peer. A field of some events only names them first. */
struct midge_peer {
    enum midge_peer_event event;      /* the kind of event */
    uint32_t connection;              /* its number, from 1, as in results */
    const char *host;                 /* the name that was looked up, or a literal */
    const char *servername;           /* the name that the certificate must contain */
    const struct midge_addr *address; /* TRYING, CONNECTED */
    uint16_t port;                    /* of the server, or of the proxy */
    uint8_t tls_version;              /* SECURE: 12, 13 */
    uint8_t resumed;                  /* SECURE: 1: by a session */
    uint8_t verified;        /* verification is not skipped; with MIDGE_PIN_ONLY (pins.h) it is
                                that of the key */
    const char *cipher;      /* SECURE */
    const void *certificate; /* CERTIFICATE: for midge_certificate_text */
};

#if MIDGE_WITH_STATS

/* Counters since midge_open. */
struct midge_stats {
    uint64_t turns;              /* calls of midge_poll */
    uint32_t requests;           /* that have ended */
    uint32_t failed;             /* of these, with an error */
    uint32_t connections;        /* that were opened */
    uint32_t peak_connections;   /* open at once at most */
    uint32_t open_connections;   /* now */
    uint32_t handshakes_full;    /* completed, without a session */
    uint32_t handshakes_resumed; /* completed, with a session */
    uint64_t alloc_calls;        /* allocations from the block */
    size_t alloc_peak;           /* bytes taken at once at most */
    size_t alloc_live;           /* bytes taken now */
    size_t memory_size;          /* bytes of the block */
    uint32_t longest_step_us;    /* one call into a connection at most */
    uint32_t longest_turn_us;    /* one turn at most, without the wait in the port's poll */
    uint32_t turn_bytes_peak;    /* plaintext bytes moved in one turn at most */
};
/* Copies the counters as they are now. */
void midge_client_stats(const struct midge_client *client, struct midge_stats *stats);

#endif

#ifdef __cplusplus
}
#endif
#endif
