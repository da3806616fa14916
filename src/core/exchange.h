/* SPDX-License-Identifier: MIT */
/*
 * The seam to the protocols: how a connection carries exchanges.
 *
 * A protocol (src/http) is a table of functions, the carrier. It turns requests into bytes and
 * bytes into answers. Everything that is the same for all protocols is here, on the core's side
 * (exchange.c): sink, source, pause and resume, limits of the body, results, deadlines' activity,
 * replay. A carrier embeds one struct midge__exchange for each exchange that it carries.
 *
 *     asked of the carrier          reported by the carrier
 *     capacity attach step want     sent received head interim body trailer
 *     resume drop detach            then once: ended or broken
 *
 * Each report may run callbacks, which may start, pause, resume and cancel requests and close the
 * client. After each report x->transfer is NULL if the exchange is over; the carrier then forgets
 * it.
 */
#ifndef MIDGE_CORE_EXCHANGE_H
#define MIDGE_CORE_EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "codec/h1_write.h"
#include "midge/config.h"
#include "midge/body.h"
#include "midge/response.h"
#include "midge/span.h"

struct midge__conn;
struct midge__fault;
struct midge__hook_field;
struct midge__transfer;

/* --- asked of the carrier --- */

enum midge__step {
    MIDGE__STEP_WAIT, /* nothing to do until the socket is ready or an exchange is resumed */
    MIDGE__STEP_MORE, /* call again, this turn or the next */
    MIDGE__STEP_OVER  /* the connection cannot be used again: close it in order */
};

/* Parts of an exchange that wait until they are resumed. */
enum {
    MIDGE__WAITS_SINK = 1,
    MIDGE__WAITS_SOURCE = 2,
    MIDGE__WAITS_MEMORY = 4,
    MIDGE__WAITS_MORE = 8,   /* for midge__exchange_more: the sink has kept bytes */
    MIDGE__WAITS_CREDIT = 16 /* the peer has no credit for it; set by the carrier */
};

/* While an exchange waits for one of these, its idle deadline stands still. */
#define MIDGE__FREEZE_WAITS                                                                        \
    (MIDGE__WAITS_SINK | MIDGE__WAITS_SOURCE |                                                     \
     (MIDGE_WITH_HTTP2 ? (unsigned)MIDGE__WAITS_CREDIT : 0U))

/* While an exchange waits for one of these, nothing is delivered to it. */
#define MIDGE__RECV_WAITS (MIDGE__WAITS_SINK | MIDGE__WAITS_MEMORY)
/* Nor then; but a step does follow. */
#define MIDGE__PARSE_WAITS                                                                         \
    (MIDGE__RECV_WAITS | (MIDGE_WITH_GUNZIP ? (unsigned)MIDGE__WAITS_MORE : 0U))

#if MIDGE_WITH_HOOKS
/* The part of an exchange that hooks have set (hooks.c). */
struct midge__hooked {
    struct midge__hook_field *fields; /* NULL: none */
    struct midge__h1_headers headers; /* all that are sent; list NULL: the request's */
    char *keep;                       /* headers of the answer; NULL: the request's */
    size_t bytes;                     /* of the fields' names and values */
    bool is_sent;                     /* it is too late to set more */
};
#endif

/* Features that drop an answer, since the request goes on after it. */
#define MIDGE__DROPS_ANSWERS                                                                       \
    (MIDGE_WITH_REDIRECTS || MIDGE_WITH_RETRY || MIDGE_WITH_HOOKS || MIDGE_WITH_EXPECT)

/* One exchange: a request and its answer. The carrier may read it; exchange.c changes it. */
struct midge__exchange {
    uint8_t waits;   /* MIDGE__WAITS_x */
    uint8_t resumed; /* MIDGE__WAITS_x: resumed since the callback began */
    bool reused;     /* its connection had carried an exchange before */
    bool sent_any;   /* the stream has taken bytes of it */
    bool got_any;    /* bytes of an answer have come */
    bool late;       /* the next bytes may have arrived long ago: the sink had paused */
    bool source_failed;
    bool new_phase; /* since its timer was set */
    struct midge__conn *conn;
    struct midge__transfer *transfer; /* NULL: it is over */
    uint64_t sent;                    /* bytes of the body that the carrier has taken */
#if MIDGE__DROPS_ANSWERS
    uint64_t skipped; /* bytes of the answer's body that were dropped */
#endif
#if MIDGE_WITH_HOOKS
    struct midge__hooked hooked;
#endif
};

struct midge__protocol_ops {
    size_t state_size;    /* bytes of its state, allocated and cleared with the connection */
    size_t exchange_size; /* bytes that it allocates for each exchange, without bodies */
    /* How many more exchanges the connection can carry now. When the number changes by itself,
       the carrier calls midge__conn_offer. */
    unsigned (*capacity)(const struct midge__conn *conn);
    /* Takes the transfer: begins one exchange. NO_MEMORY, URL: nothing changed. */
    int (*attach)(struct midge__conn *conn, struct midge__transfer *t);
    /* One bounded piece of work in both directions; at its end midge__exchange_stepped for each
       exchange that was worked on. A connection without exchanges is stepped too,
       if `idles` is set. */
    enum midge__step (*step)(struct midge__conn *conn);
    /* The MIDGE_POLL_x that it waits for. */
    unsigned (*want)(const struct midge__conn *conn);
    /* x does not wait any more for the parts `who`; a step follows. May be NULL. */
    void (*resume)(struct midge__exchange *x, unsigned who);
    /* Forgets the exchange without a report. True: keep the connection; false: close it. */
    bool (*drop)(struct midge__exchange *x);
    /* The connection ends: frees all that the carrier holds, without reports. In the state READY it
       may say goodbye to the peer. Its state may still be clear: the connection was never READY. */
    void (*detach)(struct midge__conn *conn);
#if MIDGE_WITH_HTTP2
    bool idles;  /* reads an idle connection by itself; otherwise the pool does */
    bool shares; /* one connection carries all requests of an origin (shared.c) */
#endif
};

/* The protocols that a connection can speak (src/http/protocols.c). */
enum midge__protocol {
    MIDGE__PROTOCOL_H1,
#if MIDGE_WITH_HTTP2
    MIDGE__PROTOCOL_H2,
#endif
    MIDGE__PROTOCOLS
};
extern const struct midge__protocol_ops *const midge__protocols[MIDGE__PROTOCOLS];

/* The largest state_size: allocated before the protocol is known. */
static inline size_t midge__protocol_state_size(void)
{
    size_t most = 0;
    for (size_t i = 0; i < MIDGE__PROTOCOLS; i++) {
        size_t size = midge__protocols[i]->state_size;
        most = size > most ? size : most;
    }
    return most;
}

/* --- reported by the carrier --- */

/* How an exchange may be replayed after it broke. */
enum midge__replay {
    MIDGE__REPLAY_NEVER,      /* an answer has begun, or another connection would not help */
    MIDGE__REPLAY_IDEMPOTENT, /* it may have been processed (RFC 9110 9.2.2) */
    MIDGE__REPLAY_SAFE        /* it was not processed: nothing was sent, or the peer says so */
};

/* Begins the exchange x, all zero, with a request's transfer. Runs hooks and on_send, which may end
   it. NO_MEMORY (of a hook): nothing changed. */
int midge__exchange_begin(struct midge__exchange *x, struct midge__conn *conn,
                          struct midge__transfer *t);
/* Bytes moved. */
void midge__exchange_sent(struct midge__exchange *x, size_t n);
void midge__exchange_received(struct midge__exchange *x, size_t n);
/* The request is sent completely. */
void midge__exchange_request_done(struct midge__exchange *x);
/* The final head; a 1xx head. The carrier fills in all but the URL; impl is a struct
   midge__h1_parse. An error ends the exchange: the carrier reports it as broken. */
int midge__exchange_head(struct midge__exchange *x, struct midge_response *head);
void midge__exchange_interim(struct midge__exchange *x, struct midge_response *head);
/* A piece of the body, len > 0. If the sink pauses, x->waits says so. */
int midge__exchange_body(struct midge__exchange *x, const uint8_t *data, size_t len);
/* To be called before each further piece, and before the end, while x->waits has MORE and none of
   RECV_WAITS: the sink passes on what it has kept. The same result as of midge__exchange_body. */
#if MIDGE_WITH_GUNZIP
int midge__exchange_more(struct midge__exchange *x);
#else
#define midge__exchange_more(x) ((void)(x), MIDGE_OK)
#endif
/* Names or values that did not fit were skipped. */
void midge__exchange_skipped(struct midge__exchange *x);
/* A step of the carrier ends, x->transfer is not NULL: sets its timer if its phase has changed. */
#if MIDGE_WITH_PHASE_DEADLINES
void midge__exchange_stepped(struct midge__exchange *x);
#else
#define midge__exchange_stepped(x) ((void)(x))
#endif
/* The answer is complete, its connection is kept if it has capacity. */
void midge__exchange_ended(struct midge__exchange *x, enum midge_complete complete);
/* The exchange failed with err: ends the request or sends it again. fault may be NULL. */
void midge__exchange_broken(struct midge__exchange *x, int err, const struct midge__fault *fault,
                            enum midge__replay replay);
/* How it may be replayed after its connection broke. */
enum midge__replay midge__exchange_replay(const struct midge__exchange *x);
/* There is no memory for so many bytes now. True: the exchange waits until there is. False: none
   will come. */
bool midge__exchange_wait_memory(struct midge__exchange *x, size_t bytes);
/* How many of n bytes this turn may still move: at least one. */
size_t midge__exchange_budget(const struct midge__exchange *x, size_t n);

#if MIDGE_WITH_TRAILERS
void midge__exchange_trailer(struct midge__exchange *x, struct midge_span name,
                             struct midge_span value);
#else
static inline void midge__exchange_trailer(struct midge__exchange *x, struct midge_span name,
                                           struct midge_span value)
{
    (void)x;
    (void)name;
    (void)value;
}
#endif

/* --- the request's body (upload.c) --- */

/* The bytes that follow of a body in memory; *len 0: none. They need no copy. */
const uint8_t *midge__exchange_memory(const struct midge__exchange *x, size_t *len);

/* Did the source fail, or end its own request? */
static inline bool midge__exchange_source_failed(const struct midge__exchange *x)
{
    return MIDGE_WITH_SOURCES && x->source_failed;
}

#if MIDGE_WITH_SOURCES
bool midge__exchange_has_source(const struct midge__exchange *x);
/* Reads the source, cap > 0. OK with *n > 0; EOF; AGAIN: it has no bytes, x->waits says so; else it
   failed. x->transfer NULL: the source ended its own request. */
int midge__exchange_read(struct midge__exchange *x, uint8_t *buf, size_t cap, size_t *n);
#else
static inline bool midge__exchange_has_source(const struct midge__exchange *x)
{
    (void)x;
    return false;
}
#define midge__exchange_read(x, buf, cap, n)                                                       \
    ((void)(x), (void)(buf), (void)(cap), (void)(n), MIDGE_ERR_EOF)
#endif

/* ask is called before a callback of the sink or source `who`, wait when the callback has returned
   PAUSE or AGAIN; both before a wait for CREDIT. */
void midge__exchange_ask(struct midge__exchange *x, unsigned who);
void midge__exchange_wait(struct midge__exchange *x, unsigned who);
/* The parts `who` of x wait no longer. */
void midge__exchange_resume(struct midge__exchange *x, unsigned who);

/* --- for the core --- */

/* The first buffer of an exchange that needs memory of its own. */
#define MIDGE__EXCHANGE_FIRST 512U

/* conn->memory_waiter may continue: there is memory, or there will be none (conn->denied). */
void midge__exchange_fed(struct midge__conn *conn);
/* Forgets the exchange of t: t is about to end or to be sent again. Answers as `drop`. */
bool midge__exchange_drop(struct midge__transfer *t);

#endif
