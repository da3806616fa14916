/* SPDX-License-Identifier: MIT */
/*
 * Types and functions that the files of src/core share. How the objects point to each other:
 *
 *     client ── awaitables (slot table) ── transfer ── request (the user's, or a copy)
 *        │                                    │  └──── result
 *        ├── queue of transfers               │
 *        ├── origins (identity, session) ─────┤
 *        └── connections (tag 1..n) ──────────┴─ exchange (by the protocol's ops)
 *
 * In the structs, bytes and flags come first and embedded structs last: shorter instructions reach
 * the fields near the start (Thumb: 31 bytes for a byte, 124 for a word).
 *
 * Nothing is freed while a function up the stack may still look at it: ended connections wait in
 * client->dead for the end of the turn, ended awaitables in client->ended for their completion.
 */
#ifndef MIDGE_CORE_CORE_H
#define MIDGE_CORE_CORE_H

#include <stdbool.h>
#include "base/check.h"
#include "base/list.h"
#include "base/memory.h"
#include "base/millis.h"
#include "base/timer_heap.h"
#include "codec/h1_write.h"
#include "codec/keep_alive.h"
#include "io/stream.h"
#include "io/tls.h"
#include "midge/client.h"
#include "midge/config.h"
#include "midge/task.h"

struct midge__awaitable;
struct midge__transfer;
struct midge__origin;
struct midge__conn;

/* --- awaitables (awaitable.c) --- */

struct midge__awaitable_ops {
    /* End it with err (CANCELED, CLOSED). Live ones only. */
    void (*cancel)(struct midge__awaitable *aw, int err);
    /* Fill the cleared result. */
    void (*result)(const struct midge__awaitable *aw, struct midge_result *result);
    /* Calls the object's own completion callback; false if it has none. May be NULL. */
    bool (*completed)(struct midge__awaitable *aw, const struct midge_result *result);
    /* Free the object and all that it holds. */
    void (*destroy)(struct midge__awaitable *aw);
};

struct midge__awaitable {
    bool ended, delivered, detached;
    bool taken; /* its result was taken before its completion was delivered */
    struct midge_client *client;
    const struct midge__awaitable_ops *ops;
    midge_watch_fn watch;
    void *watch_ctx;
    struct midge__list link; /* in client->ended until the completion was delivered */
    struct midge__timer timer;
    midge_id id;
};

struct midge__slot {
    struct midge__awaitable *aw; /* NULL: free */
    uint16_t next_free;          /* index + 1 */
};

/* Gives the object (already allocated, ops set) a slot. NO_SLOT, CLOSED. */
int midge__awaitable_add(struct midge_client *client, struct midge__awaitable *aw);
void midge__awaitable_end(struct midge__awaitable *aw);
struct midge__awaitable *midge__awaitable_find(const struct midge_client *client, midge_id id);
/* Deliver completions until there are none, bounded. */
void midge__awaitables_deliver(struct midge_client *client);
/* End all live ones with CLOSED, run the tasks and watchers that wait for them, free all. */
void midge__awaitables_close(struct midge_client *client);

/* Sleeps, futures and tasks: small results. */
struct midge__simple {
    struct midge__awaitable aw;
    int error;
    midge_id child;
    intptr_t value;
    struct midge_result *full; /* a request's result passed on; NULL otherwise */
    void (*on_cancel)(void *ctx, midge_id id);
    void *ctx;
};
extern const struct midge__awaitable_ops midge__simple_ops;
/* Gives simple, just allocated, a slot. NO_MEMORY: too little would be left for requests; NO_SLOT,
   CLOSED. On an error simple is freed. */
int midge__simple_add(struct midge_client *client, struct midge__simple *simple,
                      const struct midge__awaitable_ops *ops);
void midge__simple_result(const struct midge__awaitable *aw, struct midge_result *result);
void midge__simple_destroy(struct midge__awaitable *aw);

/* Run the tasks that are ready (task.c). */
void midge__tasks_run(struct midge_client *client);
/* Tasks that wait for room try again: each one once after memory or a slot came back (came), one in
   each turn. */
void midge__tasks_room(struct midge_client *client, bool came);

/* --- origins: identity, session, leaders (origin.c, leader.c) --- */

struct midge__origin {
    bool address_known, literal; /* literal: the host is an address, nothing to look up */
    bool no_tickets, secure, skip_verification;
    bool next_leads;        /* the leader is silent: one more may lead beside it */
    uint8_t leaders_failed; /* since the last session */
    uint8_t family, min_tls, max_tls;
    uint16_t port, url_port; /* to connect to; of the URL */
    struct midge__list link;
    unsigned refs;                /* transfers and connections */
    unsigned connections, active; /* open ones; transfers in progress */
    struct midge__conn *leader;   /* made progress last: the others wait for its session */
    uint32_t rtt_ms;              /* of the newest connection, or longer; 0 not known */
    struct midge__tls_session *session;
    uint32_t used_ms;
    uint32_t lead_until_ms; /* after this no connection leads, unless its handshake is complete */
    struct midge__timer leader_timer;
    struct midge_client *client;
    struct midge_addr address; /* the one that worked last, or the literal */
    const char *host;          /* where to connect, lower case, without zone */
    const char *servername;    /* the name to verify */
    const char *url_host;      /* the host of the URL */
    const char *zone;          /* of host (RFC 4007), "" none */
    char names[];              /* these four */
};

/* Finds or makes the origin of a request; takes a reference. URL, UNSUPPORTED, CA, NO_MEMORY. */
int midge__origin_get(struct midge_client *client, const struct midge_request *request,
                      const char *url, struct midge__origin **origin);
void midge__origin_put(struct midge_client *client, struct midge__origin *origin);
void midge__origin_session(struct midge__origin *origin, struct midge__conn *conn);
/* Opening conn failed: forgets the origin's address, and its session if conn offered it. */
void midge__origin_doubt(struct midge__origin *origin, const struct midge__conn *conn);
/* Frees one session for its memory, the one of `last` only if it is the only one. False: there is
   none. */
bool midge__origins_forget(struct midge_client *client, const struct midge__origin *last);
/* Forgets sessions and addresses that were not used for MIDGE__MILLIS_AGED, or all of them. */
void midge__origins_expire(struct midge_client *client, bool all);
void midge__origins_close(struct midge_client *client);

/* --- leaders: one full handshake for requests that start together (leader.c) --- */

void midge__leader_timer_init(struct midge__origin *origin);
/* True: requests to this origin wait, since a leader's session is expected. */
bool midge__leader_awaited(const struct midge__origin *origin);
/* conn is new: it leads if its origin needs a leader. */
void midge__leader_open(struct midge__conn *conn);
/* The peer answered for the first time since conn->since_ms: measures the RTT. */
void midge__leader_heard(struct midge__conn *conn);
/* A connection being opened made progress: it began to connect, connected, received or computed. */
void midge__leader_moved(struct midge__conn *conn);
/* Called for any connection. complete: its handshake is complete; failed: it failed, or a limit of
   its phase ended it; gone: it is dead. */
void midge__leader_complete(struct midge__conn *conn);
void midge__leader_failed(struct midge__conn *conn);
void midge__leader_gone(struct midge__conn *conn);
/* A session arrived. */
void midge__leader_session(struct midge__origin *origin);
/* Closes a silent leader to free its place, permit and memory; its request goes to the queue's end.
   origin NULL: a leader of any origin. False: there is none. */
bool midge__leader_yield(struct midge_client *client, const struct midge__origin *origin);

/* --- transfers: a request's life (transfer.c) --- */

enum midge__transfer_state {
    MIDGE__TRANSFER_QUEUED,   /* waits for admission; leads to OPENING or ATTACHED */
    MIDGE__TRANSFER_OPENING,  /* its connection is being made; leads to ATTACHED */
    MIDGE__TRANSFER_ATTACHED, /* a protocol works on it; leads to ENDED, or (replay) to QUEUED */
    MIDGE__TRANSFER_ENDED
};

/* Memory was short for a transfer this many times, although there should have been enough: it is
   tried again when no other connection is open. If it fails then, it is too large for the block. */
#define MIDGE__PUT_OFF_ALONE 2U

struct midge__transfer {
    uint8_t state, phase;
    uint8_t passed;  /* how many were admitted before it although it was next (admission.c) */
    uint8_t put_off; /* how many times memory was short before anything was sent */
    bool own_request, own_url, frozen;
    bool yielded;      /* its silent leader was closed for others: this happens only once */
    bool resolved;     /* went back to the queue after its address was known */
    bool source_begun; /* read from: a replay must rewind it */
    int error;
    struct midge__awaitable aw; /* its timer: the next deadline */
    struct midge__list link;    /* client->queue while QUEUED */
    const struct midge_request *request;
    const char *url; /* absolute */
    struct midge__origin *origin;
    struct midge__conn *conn;
    struct midge_result *result; /* in the same block */
    uint64_t phase_us;           /* when its phase began */
    uint32_t active_ms;  /* when its phase began or the last byte moved: the phase's limit counts
                            from then */
    uint32_t queued_ms;  /* sums of earlier phases, for their limits: in the queue; */
    uint32_t opening_ms; /* lookup, connect and handshake */
    uint32_t start_ms, total_ms; /* the limit of the whole; MIDGE_NO_TIMEOUT: none */
};

/* Takes t out of the queue, for conn. */
void midge__transfer_admit(struct midge__transfer *t, struct midge__conn *conn);
void midge__transfer_phase(struct midge__transfer *t, enum midge_phase phase);
/* Milliseconds until its next deadline, 0 when that has passed; MIDGE_NO_TIMEOUT: there is none. */
uint32_t midge__transfer_left(const struct midge__transfer *t);
/* Bytes moved: the idle deadline starts anew. */
void midge__transfer_active(struct midge__transfer *t);
/* Stops the idle deadline (true) while the application is the one that delays the transfer. */
void midge__transfer_freeze(struct midge__transfer *t, bool frozen);
/* Ends the transfer, with success or an error. The caller takes care of its connection. */
void midge__transfer_end(struct midge__transfer *t, int err);
/* Puts it back to the head of the queue, as if it had not been admitted. */
void midge__transfer_requeue(struct midge__transfer *t);
/* May it be sent again later, if memory is short for the head of its answer? */
bool midge__transfer_steps_back(const struct midge__transfer *t);
/* Its connection broke: sends it again when that is safe, ends it otherwise. */
void midge__transfer_broken(struct midge__transfer *t, int err, const struct midge__fault *fault,
                            bool sent_any, bool got_any);

/* request.c: deep copy of a request, one block. */
struct midge_request *midge__request_copy(struct midge_client *client,
                                          const struct midge_request *request);
int midge__request_url(struct midge_client *client, const struct midge_request *request,
                       const char **url, bool *own);
const char *midge__request_method(const struct midge_request *request);
/* The framing of its body; *length: bytes of the body, 0 unless FRAMING_LENGTH. */
enum midge__h1_framing midge__request_framing(const struct midge_request *request,
                                              uint64_t *length);

/* --- protocol ops: how a connection carries exchanges --- */

enum midge__step {
    MIDGE__STEP_WAIT, /* nothing to do until the socket is ready or the exchange is resumed */
    MIDGE__STEP_MORE, /* call again, this turn or the next */
    MIDGE__STEP_IDLE, /* the exchange is over, and the connection may carry another one */
    MIDGE__STEP_OVER  /* the connection cannot be used again: close it in order */
};

/* Parts of an exchange that wait until they are resumed. */
enum { MIDGE__RESUME_SINK = 1, MIDGE__RESUME_SOURCE = 2, MIDGE__RESUME_MEMORY = 4 };

struct midge__protocol_ops {
    /* How many more exchanges it can carry now. */
    unsigned (*capacity)(const struct midge__conn *conn);
    /* Takes the transfer; NO_MEMORY: nothing changed. */
    int (*attach)(struct midge__conn *conn, struct midge__transfer *t);
    /* One bounded piece of work in both directions. */
    enum midge__step (*step)(struct midge__conn *conn);
    /* The MIDGE_POLL_x that it waits for. */
    unsigned (*want)(const struct midge__conn *conn);
    /* After a sink's PAUSE or a source's AGAIN, or within the callback that is about to return it.
       who: MIDGE__RESUME_x. t NULL: any transfer that the connection carries. */
    void (*resume)(struct midge__conn *conn, struct midge__transfer *t, unsigned who);
    /* Forget the transfer without a call to it. The caller closes the connection. */
    void (*cancel)(struct midge__conn *conn, struct midge__transfer *t);
    /* Free all exchanges. */
    void (*detach)(struct midge__conn *conn);
};
extern const struct midge__protocol_ops midge__h1_ops;

/* --- connections (conn.c) --- */

enum midge__conn_state {
    MIDGE__CONN_WAIT_DNS,   /* the resolver; ok: WAIT_TCP */
    MIDGE__CONN_WAIT_TCP,   /* connect; ok: WAIT_ADMIT (TLS) or READY; failed: the next address */
    MIDGE__CONN_WAIT_ADMIT, /* handshake permit and memory; ok: WAIT_TLS */
    MIDGE__CONN_WAIT_TLS,   /* handshake; ok: READY */
    MIDGE__CONN_READY,      /* carries exchanges, or idles in the pool */
    MIDGE__CONN_WAIT_CLOSE, /* close_notify is being sent; then DEAD */
    MIDGE__CONN_DEAD        /* freed at the end of the turn */
};

struct midge__conn {
    uint8_t state, address_at;
    bool permit; /* it counts in client->handshakes */
    bool no_reuse, idle;
    bool leads, silent; /* leader.c; silent: its peer has been silent for too long */
    bool answered;      /* a byte of an answer has come */
    bool steps_back;    /* while it starves: its transfer may be sent again later */
    struct midge_client *client;
    struct midge__origin *origin;
    struct midge__transfer *transfer; /* the transfer that it is opened for, until READY */
    struct midge_dns_query *query;
    const struct midge__protocol_ops *protocol;
    void *exchange;
    struct midge__stream *stream; /* the top layer: tls or tcp */
    struct midge__list link;      /* client->conns, or client->dead */
    struct midge__list ready;     /* client->ready: has something to do */
    /* WAIT_TCP: the address's share; READY: keep-alive if idle, the protocol's if busy; WAIT_CLOSE:
       its limit */
    struct midge__timer timer;
    unsigned owner;   /* memory tag */
    uint32_t starves; /* READY: bytes its exchange waits for; 0 none */
    uint32_t number;  /* from 1, for reports */
    uint32_t longest_step_us;
    uint32_t served; /* exchanges so far */
    uint32_t rtt_ms; /* the longer of connect and first flight */
    /* From the server's Keep-Alive field; MIDGE__KEEP_ALIVE_NONE: it had none. */
    uint32_t keep_s;      /* seconds that it keeps an idle connection; the newest value counts */
    uint32_t served_most; /* exchanges in all; the smallest value counts */
    /* While it is opened: when it began to wait for the peer. READY: when the last byte of an
       answer came, or when it was taken out of the pool. */
    uint32_t since_ms;
    struct midge__tcp tcp;
    struct midge__tls tls;
};

/* Opens a connection for t and admits t. On an error nothing has changed. */
int midge__conn_open(struct midge_client *client, struct midge__transfer *t);
/* One step. Puts conn on the ready list again if there is more to do. */
void midge__conn_step(struct midge__conn *conn);
/* Something may have changed: step it this turn. */
void midge__conn_kick(struct midge__conn *conn);
unsigned midge__conn_want(const struct midge__conn *conn);
midge_sock midge__conn_sock(const struct midge__conn *conn);
/* WAIT_ADMIT got its permit: begin the handshake. */
void midge__conn_admit(struct midge__conn *conn);
/* The stream's recv; keeps a session that came, and charges the turn for records without data. */
int midge__conn_recv(struct midge__conn *conn, uint8_t *buf, size_t cap, size_t *n);
/* Writes the connection's facts into the result of its transfer, for a good or a bad end. */
void midge__conn_report(const struct midge__conn *conn, struct midge_result *r);
/* An answer is complete, with this hint: may the connection be kept? */
bool midge__conn_keeps(struct midge__conn *conn, const struct midge__keep_alive *hint);
/* A kept connection gave no byte of an answer: closes connections to that origin that have been
   idle since before it was taken. */
void midge__conn_unanswered(const struct midge__conn *conn);
/* Takes an idle connection out of the pool for t if it still lives. */
bool midge__conn_reuse(struct midge__conn *conn, struct midge__transfer *t);
void midge__conn_close(struct midge__conn *conn); /* in order, bounded */
void midge__conn_kill(struct midge__conn *conn);  /* at once */
void midge__conn_fail(struct midge__conn *conn, int err, const struct midge__fault *fault);
/* t goes back to the queue and begins anew with another connection; whole: with a full handshake,
   when there is room for one. */
void midge__conn_start_over(struct midge__conn *conn, struct midge__transfer *t, bool whole);
/* Closes the idle ones. */
void midge__conns_expire(struct midge_client *client);
/* Frees the dead. */
void midge__conns_reap(struct midge_client *client);

/* --- admission (admission.c) --- */

/* Admits transfers, handshakes and exchanges that wait, if there is room. */
void midge__admission_run(struct midge_client *client);
/* For the memory, when no request is live: closes all idle connections and forgets all sessions. */
void midge__admission_clear(struct midge_client *client);
/* Is there any connection apart from `but` and those that wait for a name server? */
bool midge__others_work(const struct midge_client *client, const struct midge__conn *but);
/* An allocation for conn failed. True: others will free memory, try again then. */
bool midge__admission_later(struct midge_client *client, const struct midge__conn *conn);

/* --- room: memory that is free and not promised (room.c) --- */

/* May another request wait? */
bool midge__room_to_wait(const struct midge_client *client);
/* Is there room to open a connection for t; to continue conn after its lookup; to use an idle
   connection again; to begin conn's handshake? */
bool midge__room_to_open(const struct midge_client *client, const struct midge__transfer *t);
bool midge__room_to_connect(const struct midge__conn *conn);
bool midge__room_to_reuse(const struct midge_client *client);
bool midge__room_to_shake(const struct midge__conn *conn);
/* May a response's head get a buffer of so many bytes? */
bool midge__room_to_grow(const struct midge_client *client, size_t bytes);
/* Is there now the memory that conn, which starves, waits for? */
bool midge__room_to_feed(const struct midge__conn *conn);
/* Would closing this idle connection help a handshake that waits for room? */
bool midge__room_comes_from(const struct midge__conn *conn);

/* --- sizes (limits.c) --- */

void midge__config_defaults(struct midge_config *config, const struct midge_config *from);
/* True: all durations are in the valid range. */
bool midge__timeouts_valid(const struct midge_timeouts *timeouts);
/* Lowers max_connections (0: none fits) and max_handshakes to the numbers that a block of that size
   holds; returns the number of pairs of record slots. */
unsigned midge__config_fit(struct midge_config *config, size_t size);
/* Bytes of small blocks, at most. opening: a connection being opened, with its exchange, and with
   its handshake if `shakes`; exchange: an exchange; piece: the largest block of an exchange.
   spare_head: the spare buffer for a head; 0: none. */
size_t midge__opening_bytes(bool secure, bool resumes, bool shakes);
size_t midge__exchange_bytes(void);
size_t midge__exchange_piece(void);
size_t midge__spare_head(const struct midge_config *config);
/* Bytes of a connection that is alone, at most, from its opening to its end: a head of usual size
   included. */
size_t midge__lonely_bytes(const struct midge_config *config);

/* --- the client (client.c) --- */

struct midge_client {
    bool dirty; /* something changed that admission depends on */
    bool busy;  /* within midge_poll or midge_cancel: midge_close waits until these return */
    bool closing;
    bool stepping;      /* a caller up the stack may use a connection */
    uint16_t free_slot; /* index + 1 */
    struct midge_port *port;
    struct midge__slot *slots;
    struct midge__conn **owners; /* by memory tag - 1 */
    struct midge_pollfd *fds;
    struct midge__tls_context *tls;
    char *spare_head; /* midge__spare_head() bytes; NULL none, or lent to an exchange */
    struct midge__list ended, tasks, running, roomless, queue, origins, conns, ready, dead;
    uint32_t serial; /* serial of the newest awaitable: awaitable.c */
    uint32_t live;   /* awaitables whose completion was not delivered */
    unsigned n_conns, handshakes, transfers;
    unsigned room_tries;    /* tasks that wait for room and may try again */
    uint32_t now_ms, wraps; /* the clock when last read; how many times it had wrapped by then */
    uint32_t expired_ms;    /* when expire (client.c) last ran */
    uint32_t wall_s;        /* seconds of the wall clock in the last turn; 0: none */
    int32_t crypto_left, bytes_left, steps_left; /* left of this turn's budget */
    struct midge__timer_heap timers;
    struct midge__memory memory;
    struct midge_stats stats;
    struct midge_config config; /* defaults filled in */
    void *block;
    size_t block_size;
};

/* Brackets of calls that run callbacks: a client closed inside is freed at the outermost leave,
   which then answers true. */
bool midge__client_enter(struct midge_client *client);
bool midge__client_leave(struct midge_client *client, bool outermost);
/* Reads the clock: sets now_ms. */
void midge__client_tick(struct midge_client *client);
/* As midge_poll; *closed: a callback closed the client, which is freed now. */
int midge__client_turn(struct midge_client *client, int timeout_ms, bool *closed);

static inline uint64_t midge__now_us(const struct midge_client *client)
{
    return client->port->clock_us(client->port->ctx);
}

/* A number for a report: saturates, does not wrap. */
static inline uint32_t midge__u32(uint64_t value)
{
    return value > UINT32_MAX ? UINT32_MAX : (uint32_t)value;
}

#if MIDGE_TEXTS
void midge__trace(const struct midge_client *client, enum midge_trace_kind kind, midge_id id,
                  const char *a, const char *b, uint64_t number);
/* peer.c: calls config.on_peer; address and certificate may be NULL. */
void midge__peer_tell(const struct midge__conn *conn, enum midge_peer_event event,
                      const struct midge_addr *address, const void *certificate);
/* As midge__tls_params.show. */
void midge__peer_certificate(struct midge__tls *tls, const void *certificate);
#else
#define midge__peer_certificate                     NULL
#define midge__peer_tell(conn, event, address, crt) ((void)(conn), (void)(address))
/* sizeof does not evaluate its operand, but the compiler counts it as used. */
#define midge__trace(client, kind, id, a, b, number)                                               \
    ((void)(sizeof(id) + sizeof(a) + sizeof(b) + sizeof(number)))
#endif

#endif
