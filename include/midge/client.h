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

#include <midge/port.h>
#include <midge/request.h>
#include <midge/tls.h>

#ifdef __cplusplus
extern "C" {
#endif

struct midge_client;
struct midge_peer;
struct midge_stats;

enum midge_trace_kind {
    MIDGE_TRACE_INFO, /* a connection's or request's story, in words */
    MIDGE_TRACE_ERROR
};

/* Zero means the default named in brackets (config.h). */
struct midge_config {
    struct midge_port *port; /* required; outlives the client */

    /* The block all of the client's memory comes from, aligned like malloc's; it is the client's
       until midge_close returned (or, when closed in a callback, until the outermost poll did).
       NULL: asked once from alloc and given back to release, memory_size bytes (0: needed). */
    void *memory;
    size_t memory_size;
    void *(*alloc)(void *ctx, size_t size);
    void (*release)(void *ctx, void *block, size_t size);
    void *alloc_ctx;

    /* Ceilings. */
    uint16_t max_connections; /* open at once [MIDGE_MAX_CONNECTIONS], at most 1000 */
    uint16_t max_per_origin;  /* [MIDGE_MAX_PER_ORIGIN] */
    uint16_t max_handshakes;  /* computing at once [MIDGE_MAX_HANDSHAKES] */
    uint16_t max_transfers;   /* requests in work at once, the rest queue [max_connections] */
    uint16_t max_awaitables;  /* [MIDGE_MAX_AWAITABLES], at most 65000 */
    uint32_t max_header;      /* bytes of a response head that are kept [MIDGE_MAX_HEADER] */
    uint32_t max_head_total;  /* bytes of an answer's heads on the wire [MIDGE_MAX_HEAD_TOTAL] */
    uint64_t max_body;        /* bytes of a response body [no limit] */
    uint32_t turn_crypto, turn_bytes, turn_steps; /* [MIDGE_TURN_x] */
    /* Milliseconds up to 2^31 - 1, or MIDGE_NO_TIMEOUT; all beyond 2^30 (12 days) count as that. */
    uint32_t keep_alive_ms;  /* [MIDGE_KEEP_ALIVE_MS] */
    uint32_t ticket_wait_ms; /* [MIDGE_TICKET_WAIT_MS] */
    uint32_t lead_ms;        /* [MIDGE_LEAD_MS] */
    uint8_t no_sessions;     /* never resume, never wait for a ticket */
    /* Requests whose copies are held at once, and bytes of each copy, for memory_needed only
       [max_awaitables, 512]. */
    uint16_t queued_requests;
    uint16_t request_bytes;

    /* Session: all requests. List and strings stay, unchanged, as long as the client: a token that
       is renewed is a header of each request. */
    const char *base_url; /* absolute; requests' URLs are resolved against it (RFC 3986 5) */
    const struct midge_header *headers;
    size_t n_headers;
    struct midge_timeouts timeouts;
    struct midge_tls tls;

    /* Filled by midge_close when everything was given back: alloc_live 0 unless something leaked.
       NULL: not wanted. */
    struct midge_stats *stats_at_close;

    /* What happens, for logs; line lives only during the call, which must not call back into the
       client. */
    void (*trace)(void *ctx, enum midge_trace_kind kind, midge_id id, const char *line);
    /* Whom connections reach, for logs; peer lives only during the call, which must not call back
       into the client. */
    void (*on_peer)(void *ctx, const struct midge_peer *peer);
    void *trace_ctx; /* of trace and on_peer */
};

/* The worst case under config's ceilings, in bytes; true in owned TLS mode. In external mode TLS
   takes its memory from the firmware's own allocator and this is midge's own share. Reads tls.ca
   to know how many roots there are. */
size_t midge_memory_needed(const struct midge_config *config);
/* The least block with which one connection works (requests then wait for each other), with
   public-size chains: 5 KB, keys of RSA-2048 or up to P-384. */
size_t midge_memory_least(const struct midge_config *config);

/* INVALID (a port without all its calls, a time beyond 2^31 - 1 ms), HEADER (as midge_start),
   NO_MEMORY (block below midge_memory_least), CA, ENTROPY, UNSUPPORTED. Reads all of config during
   the call; keeps port, base_url, headers. */
int midge_open(struct midge_client **client, const struct midge_config *config);

/* Cancels what lives (completions say CLOSED), closes connections. Legal in every callback. NULL
   is ignored. */
void midge_close(struct midge_client *client);

/* One turn: waits at most timeout_ms (0 not at all, negative until something happens), then does
   one budget's work. Returns the number of things still live (not yet completed), or a negative
   error of the port. */
int midge_poll(struct midge_client *client, int timeout_ms);

/* For foreign loops: milliseconds until midge_poll should run (0 now, -1 no deadline). */
int midge_next_timeout(const struct midge_client *client);
/* The sockets to wait for; returns how many there are, at most cap are written. */
size_t midge_interest(const struct midge_client *client, struct midge_pollfd *fds, size_t cap);

/* Ends a poll in progress or the next one. The only call that may come from another thread or an
   interrupt. */
void midge_wake(struct midge_client *client);

/* --- things that can be awaited: each ends in exactly one completion --- */

/* Begin a request. INVALID, URL, SCHEME, HEADER, UNSUPPORTED, NO_SLOT, NO_MEMORY, CA (https, and
   the client has no trusted root to verify with): nothing was started and no callback comes. id may
   be NULL when request->on_done is set.

   NO_MEMORY comes while other requests live and the block holds no more that wait: start it again
   when one of them has ended, in its on_done say, or in a task by MIDGE_AWAIT_ROOM (task.h). While
   no request lives, a copy of request_bytes always finds room, also beside kept connections.
   What was started waits for memory that others hold. It ends with NO_MEMORY only if it lacks
   memory when no other connection is open. The head of an answer is sure of 2048 bytes. A longer
   one waits for more; if all connections wait, a request that is idempotent is sent again later,
   and another one ends with NO_MEMORY. */
int midge_start(struct midge_client *client, const struct midge_request *request, midge_id *id);

/* Ends with MIDGE_OK after ms; MIDGE_NO_TIMEOUT: not before it is canceled. INVALID for another ms
   beyond 2^31 - 1. */
int midge_sleep(struct midge_client *client, uint32_t ms, midge_id *id);

/* An awaitable that the application completes itself (asyncio: Future). on_cancel is called once
   if someone cancels it first; unless it completes the future itself, that ends with CANCELED. May
   be NULL. */
int midge_future(struct midge_client *client, void (*on_cancel)(void *ctx, midge_id id), void *ctx,
                 midge_id *id);
/* Completes a future. STALE if it is none or has ended. Of result, all but id is passed on; without
   memory for a request's result only its error, or NO_MEMORY if that is MIDGE_OK. */
int midge_future_complete(struct midge_client *client, midge_id id,
                          const struct midge_result *result);

/* End it now: its completion says CANCELED. Nothing happens to what has ended. */
int midge_cancel(struct midge_client *client, midge_id id);

/* After a sink's PAUSE or a source's AGAIN: go on. OK also when nothing waits, and then it is not
   remembered; but called within write or read it counts, and the PAUSE or AGAIN that this very call
   answers afterwards is void (a callback that always does both keeps the loop busy). STALE.

   An answer may begin before the request is out, so both directions may wait at a time.
   midge_resume is for both: for the source that is harmless, it says AGAIN once more, but a sink
   has to take what it is given, and must not be written to because the source has something. Where
   both may wait, use the one that is meant. */
int midge_resume(struct midge_client *client, midge_id id);
int midge_resume_sink(struct midge_client *client, midge_id id);
int midge_resume_source(struct midge_client *client, midge_id id);

/* Has it ended? 1 yes (its result can be taken), 0 no, STALE. */
int midge_done(const struct midge_client *client, midge_id id);

/* Take the result of what has ended; the id is stale afterwards. AGAIN when it has not, STALE. */
int midge_take(struct midge_client *client, midge_id id, struct midge_result *result);

/* Nobody will take it: its result is dropped when it ends (it is not canceled), after whoever
   watches or awaits it was told. */
int midge_detach(struct midge_client *client, midge_id id);

/* Run the loop until it has ended, then take its result. Not from within a callback: INVALID. */
int midge_wait(struct midge_client *client, midge_id id, struct midge_result *result);

/* One watcher for each awaitable: fn runs in the turn in which it ends (or in the next one if it
   has ended already), before which the result stays. BUSY if there is one. fn NULL takes the watch
   back. This is what gather and tasks stand on. */
typedef void (*midge_watch_fn)(void *ctx, midge_id id, const struct midge_result *result);
int midge_watch(struct midge_client *client, midge_id id, midge_watch_fn fn, void *ctx);

/* Memory of the client's block, for completions' contexts and the like. NULL when full. It is taken
   also from what midge sets apart for one connection, unlike sleeps, tasks, gathers and requests
   that wait: while the application keeps so much, requests may find too little. */
void *midge_alloc(struct midge_client *client, size_t size);
void midge_free(struct midge_client *client, void *memory);

const struct midge_port *midge_client_port(const struct midge_client *client);
/* The port's clock, and on from where its 32 bits wrap. */
uint64_t midge_now_ms(const struct midge_client *client);

/* What config.on_peer is told about. */
enum midge_peer_event {
    MIDGE_PEER_TRYING, /* a connect begins */
    MIDGE_PEER_CONNECTED,
    MIDGE_PEER_CERTIFICATE, /* the server has shown its own, not verified yet. Not with a resumed
                               session; nor, in profiles small and tiny, when verification is
                               skipped */
    MIDGE_PEER_SECURE       /* the handshake has ended: tls_version, cipher, resumed */
};
struct midge_peer {
    enum midge_peer_event event;
    uint32_t connection;              /* its number, from 1, as in results */
    const char *host;                 /* that was looked up, or a literal */
    const char *servername;           /* that the certificate must name */
    const struct midge_addr *address; /* TRYING, CONNECTED */
    uint16_t port;
    uint8_t tls_version, resumed; /* SECURE */
    uint8_t verified;             /* verification is not skipped */
    const char *cipher;           /* SECURE */
    const void *certificate;      /* CERTIFICATE: for midge_certificate_text */
};

/* The client's life in numbers. */
struct midge_stats {
    uint64_t turns;
    uint32_t requests, failed;
    uint32_t connections, peak_connections, open_connections;
    uint32_t handshakes_full, handshakes_resumed;
    uint64_t alloc_calls;
    size_t alloc_peak, alloc_live, memory_size;
    uint32_t longest_step_us, longest_turn_us;
    uint32_t turn_bytes_peak; /* plaintext bytes moved in one turn at most */
};
void midge_client_stats(const struct midge_client *client, struct midge_stats *stats);

#ifdef __cplusplus
}
#endif
#endif
