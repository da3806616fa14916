/* SPDX-License-Identifier: MIT */
/* How much memory a configuration needs. The sizes are sums of upper bounds:
   fixed bytes (tables, TLS context, sessions), bytes for each connection, the peak of a handshake
   above these, and pairs of TLS record slots. midge_memory_needed and midge_memory_least add them
   up; midge__config_fit divides a given block by them. The sums are lists (base/ledger.h), which
   midge_memory_ledger shows line by line. */
#include "core/limits.h"
#include "base/ledger.h"
#include "core/awaitable.h"
#include "core/client.h"
#include "core/conn.h"
#include "core/exchange.h"
#include "core/race.h"
#include "core/transfer.h"
#include "midge/config.h"

#if MIDGE_MAX_FRAGMENT != 0 && MIDGE_MAX_FRAGMENT != 512 && MIDGE_MAX_FRAGMENT != 1024 &&          \
    MIDGE_MAX_FRAGMENT != 2048 && MIDGE_MAX_FRAGMENT != 4096
#error "MIDGE_MAX_FRAGMENT must be 0, 512, 1024, 2048 or 4096: RFC 6066 knows no other lengths"
#endif
#if MIDGE_READ_AHEAD < 64
#error "MIDGE_READ_AHEAD must be at least 64 bytes: it holds a TLS record header and an alert"
#endif
#if MIDGE_RECV_BUFFER < 64 || MIDGE_SEND_BUFFER < 64
#error "MIDGE_RECV_BUFFER and MIDGE_SEND_BUFFER must be at least 64 bytes"
#endif

#define ORIGIN_BYTES    512U /* an origin with names of ordinary length */
#define REQUEST_BYTES   512U
#define LEAST_HEAD      2048U /* each response may have a head of this size */
#define LEAST_SESSION   1024U /* if there is no room for a longer ticket, midge does not resume */
#define SPILL_HEAD      16U   /* beside the bytes that a paused sink leaves */
#define FRAGMENTS_SHARE 32U   /* one part in 32 may be lost to fragmentation */

static unsigned or_else(unsigned value, unsigned otherwise)
{
    return value != 0 ? value : otherwise;
}

uint32_t midge__origin_buckets(const struct midge_config *c)
{
    uint32_t n = 4;
    while (n < c->max_awaitables / 16U) {
        n *= 2;
    }
    return n;
}

/* --- small blocks --- */

/* The first exchange allocates the client's buffers; each one may need a buffer for a head that
   comes in pieces. */
size_t midge__exchange_piece(void)
{
    size_t buffers = MIDGE_SEND_BUFFER + MIDGE_RECV_BUFFER;
    return buffers > MIDGE__EXCHANGE_FIRST ? buffers : MIDGE__EXCHANGE_FIRST;
}

size_t midge__exchange_bytes(void)
{
    return MIDGE__MEMORY_COST(midge__exchange_piece());
}

/* Of the stream below another one, which takes its memory first. */
static size_t below_bytes(unsigned layers)
{
    return MIDGE_WITH_PROXY_TLS && layers > 1 ? midge__tls_held_bytes() : 0;
}

/* Of a connection after its handshake; the exchange begins when the handshake's memory is freed. */
size_t midge__working_bytes(unsigned layers)
{
    return midge__exchange_bytes() +
           (layers > 0 ? midge__tls_held_bytes() + below_bytes(layers) : 0);
}

static size_t least_head(const struct midge_config *c)
{
    return c->max_header < LEAST_HEAD ? c->max_header : LEAST_HEAD;
}

/* If only one connection can be open, it has room for its own head. */
size_t midge__spare_head(const struct midge_config *c)
{
    return c->max_connections > 1 ? least_head(c) : 0;
}

size_t midge__opening_bytes(unsigned layers, bool resumes, bool shakes)
{
    size_t shake =
        (resumes ? midge__tls_resumed_bytes() : midge__tls_handshake_bytes()) + below_bytes(layers);
    size_t work = midge__working_bytes(layers),
           most = MIDGE__MEMORY_COST(sizeof(struct midge_dns_query));
    shake += MIDGE_WITH_HAPPY_EYEBALLS ? most : 0; /* the other addresses: race.c */
    /* One after the other: lookup, handshake, exchange. */
    most = work > most ? work : most;
    most = layers > 0 && shakes && shake > most ? shake : most;
    return MIDGE__MEMORY_COST(MIDGE__CONN_BYTES + midge__protocol_state_size()) + most;
}

/* A head's buffer doubles: while its bytes are copied, the old buffer of half the size exists
   too. */
static size_t growing_bytes(size_t head)
{
    return head + head / 2;
}

/* TLS streams of a connection, at most, as far as the configuration says. */
static unsigned layers_of(const struct midge_config *c)
{
    return MIDGE_WITH_PROXY_TLS && c->proxy != NULL && c->proxy->secure != 0 ? 2 : 1;
}

size_t midge__lonely_bytes(const struct midge_config *c)
{
    unsigned layers = layers_of(c);
    size_t opens = midge__opening_bytes(layers, false, true);
    size_t works = midge__opening_bytes(layers, false, false) +
                   MIDGE__MEMORY_COST(growing_bytes(least_head(c)));
    return opens > works ? opens : works;
}

/* Bytes of the client's tables for each connection. */
static size_t place_bytes(void)
{
    return sizeof(uint16_t) + sizeof(struct midge_pollfd) +
           midge__timers_most(0, 1) * sizeof(struct midge__timer *) +
           sizeof(struct midge__owner_stats);
}

#define CONNECTION_PARTS(X, c, head)                                                               \
    X("head of an answer, or what a paused sink leaves; send buffer of a source", 1,               \
      MIDGE__MEMORY_COST(head))                                                                    \
    X("places in the client's tables", 1, place_bytes())                                           \
    X("origin", 1, MIDGE__MEMORY_COST(ORIGIN_BYTES))                                               \
    X("in use, after its handshake", 1, midge__opening_bytes(layers_of(c), false, false))

static size_t connection_bytes(const struct midge_config *c, size_t head)
{
    return 0 CONNECTION_PARTS(MIDGE__LEDGER_SUM, c, head);
}

static size_t with_slack(size_t bytes)
{
    return bytes + bytes / FRAGMENTS_SHARE;
}

/* A handshake's peak, above the bytes that the connection needs afterwards. */
static size_t beyond(size_t handshake, size_t head)
{
    size_t working = midge__working_bytes(1) + head;
    return handshake > working ? handshake - working : 0;
}

#if MIDGE_WITH_HTTP2
#define h2_bytes(c) ((c)->http >= MIDGE_HTTP_2 ? midge__tls_h2_bytes() : 0)
#else
#define h2_bytes(c) ((size_t)0)
#endif

#define CLIENT_PARTS(X, c, sessions, head)                                                         \
    X("TLS configurations for HTTP/2", 1, h2_bytes(c))                                             \
    X("its structure, owners", 1, sizeof(struct midge_client) + MIDGE__MEMORY_FIXED_COST(1U))      \
    X("awaitables", (c)->max_awaitables,                                                           \
      sizeof(struct midge__slot) + sizeof(struct midge__timer *))                                  \
    X("timers", midge__timers_most((c)->max_awaitables, 0), sizeof(struct midge__timer *))         \
    X("table of origins", midge__origin_buckets(c), sizeof(struct midge__origin *))                \
    X("TLS sessions, with their origins", 1, sessions)                                             \
    X("spare buffer for a head", 1, MIDGE__MEMORY_COST(head))                                      \
    X("alignment", 10, MIDGE__MEMORY_UNIT)                                                         \
    X("TLS context", 1, midge__tls_context_bytes(&(c)->tls))

static size_t fixed_bytes(const struct midge_config *c, size_t sessions, size_t head)
{
    return 0 CLIENT_PARTS(MIDGE__LEDGER_SUM, c, sessions, head);
}

/* --- record slots, in pairs --- */

static bool keeps_slots(void)
{
    return !MIDGE_WITH_SMALL_RECORDS || midge__tls_keeps_slots();
}

#define PAIR_PARTS(X)                                                                              \
    X("input buffer", 1, MIDGE__MEMORY_COST(midge__tls_slot_in()))                                 \
    X("output buffer", 1, MIDGE__MEMORY_COST(midge__tls_slot_out()))

static size_t pair_bytes(void)
{
    return 0 PAIR_PARTS(MIDGE__LEDGER_SUM);
}

/* The most pairs that can be in use: a connection keeps its pair, or gives it back after the
   handshake unless its server sends large records. TLS in TLS has two. */
static unsigned most_pairs(const struct midge_config *c)
{
    unsigned all = c->max_connections * layers_of(c);
    unsigned n = keeps_slots() ? all : c->max_handshakes + MIDGE_MAX_FULL_RECORDS * layers_of(c);
    return n < all ? n : all;
}

/* --- sums --- */

static size_t request_bytes(const struct midge_config *c)
{
    return MIDGE__MEMORY_COST(or_else(c->request_bytes, REQUEST_BYTES));
}

/* Sizes without record slots, except for pair. */
struct sizes {
    size_t fixed;      /* tables, contexts */
    size_t connection; /* one connection, with its own head if there is no spare one */
    size_t handshake;  /* one handshake, above `connection` */
    size_t pair;
    unsigned layers; /* pairs of a connection */
};

static bool has_sessions(const struct midge_config *c)
{
    return MIDGE_WITH_SESSIONS && !c->no_sessions;
}

static struct sizes sizes_of(const struct midge_config *c)
{
    /* If connections keep their slots, each one's share includes a head, and one of these is the
       spare head. */
    size_t spare = keeps_slots() ? 0 : midge__spare_head(c);
    size_t head = spare == 0 ? growing_bytes(LEAST_HEAD) : 0;
    return (struct sizes){
        .fixed = with_slack(fixed_bytes(c, has_sessions(c) ? LEAST_SESSION : 0, spare)),
        .connection = with_slack(connection_bytes(c, head)),
        .handshake = beyond(midge__tls_handshake_bytes(), head),
        .pair = pair_bytes(),
        .layers = layers_of(c),
    };
}

static unsigned layers_in(const struct sizes *s)
{
    return MIDGE_WITH_PROXY_TLS ? s->layers : 1;
}

/* Of them, with one connection and one request. */
MIDGE__APART static size_t least_of(const struct sizes *s, const struct midge_config *c)
{
    return s->fixed + s->connection + layers_in(s) * s->pair + s->handshake +
           MIDGE__MEMORY_COST(sizeof(struct midge__transfer)) + request_bytes(c);
}

/* If connections keep their record slots, the block is divided into equal shares. */
static unsigned fit_keeping(struct midge_config *c, size_t size, const struct sizes *s)
{
    size_t base = s->fixed + s->handshake;
    midge__at_most(&c->max_connections, (size - base) / (s->connection + layers_in(s) * s->pair));
    return c->max_connections * layers_in(s);
}

/* If connections give their slots back, max_connections is the number that could ever be open;
   admission checks the free memory. There is a second pair of slots only if all connections still
   have their full size. */
static unsigned fit_sharing(struct midge_config *c, size_t size, const struct sizes *s)
{
    size_t base = s->fixed + layers_in(s) * s->pair;
    size_t lean = place_bytes() + layers_in(s) * midge__tls_held_least();
    midge__at_most(&c->max_connections, (size - base) / lean);
    unsigned pairs = most_pairs(c);
    size_t rest = s->fixed + s->handshake + c->max_connections * s->connection;
    while (pairs > layers_in(s) && size < rest + pairs * s->pair) {
        pairs--;
    }
    midge__at_most(&c->max_handshakes, pairs);
    return pairs;
}

unsigned midge__config_fit(struct midge_config *c, size_t size)
{
    const struct sizes s = sizes_of(c);
    if (size < least_of(&s, c)) {
        return 0;
    }
    unsigned pairs = keeps_slots() ? fit_keeping(c, size, &s) : fit_sharing(c, size, &s);
    midge__at_most(&c->max_handshakes, c->max_connections);
    return pairs;
}

/* Bytes that one exchange keeps at most: of a head, or those that a paused sink leaves; and a
   source's bytes that are not sent. */
static size_t kept_bytes(const struct midge_config *c)
{
    size_t head = growing_bytes(c->max_header);
    return (head > MIDGE_RECV_BUFFER ? head : MIDGE_RECV_BUFFER) +
           MIDGE__MEMORY_COST(MIDGE_SEND_BUFFER);
}

#if MIDGE_WITH_HTTP2
/* Of a stream, and of all that its sink may leave while it pauses. */
#define STREAM_PARTS(X, c)                                                                         \
    X("stream", 1, MIDGE__MEMORY_COST(midge__protocols[MIDGE__PROTOCOL_H2]->exchange_size))        \
    X("window, which a paused sink leaves", 1,                                                     \
      (c)->no_pauses ? 0 : MIDGE__MEMORY_COST((c)->http2_window + SPILL_HEAD))
#define streams(c) ((c)->http >= MIDGE_HTTP_2 ? (c)->max_transfers : 0)
#else
#define STREAM_PARTS(X, c)
#define streams(c) 0
#endif
#define STREAM_BYTES(c) with_slack((size_t)0 STREAM_PARTS(MIDGE__LEDGER_SUM, c))

/* Each request may have its own origin, and a result that is never taken. */
#define REQUEST_PARTS(X, c)                                                                        \
    X("transfer", 1, MIDGE__MEMORY_COST(sizeof(struct midge__transfer)))                           \
    X("origin", 1, MIDGE__MEMORY_COST(ORIGIN_BYTES))                                               \
    X("copy of the request", 1, request_bytes(c))

static size_t sessions_bytes(const struct midge_config *c)
{
    size_t session = midge__tls_session_bytes() + MIDGE__MEMORY_COST(ORIGIN_BYTES);
    return has_sessions(c) ? MIDGE_MAX_SESSIONS * session : 0;
}

/* X as in base/ledger.h, and the function that adds the lines of one piece. */
#define NEEDED(X, c)                                                                               \
    X("client", 1, with_slack(fixed_bytes(c, sessions_bytes(c), midge__spare_head(c))),            \
      client_lines)                                                                                \
    X("record buffers of TLS", most_pairs(c), pair_bytes(), pair_lines)                            \
    X("connections", (c)->max_connections, with_slack(connection_bytes(c, kept_bytes(c))),         \
      connection_lines)                                                                            \
    X("handshakes, beside their connections", (c)->max_handshakes + 1U,                            \
      beyond(midge__tls_handshake_worst(&(c)->tls), 0), handshake_lines)                           \
    X("requests", or_else((c)->queued_requests, (c)->max_awaitables),                              \
      with_slack((size_t)0 REQUEST_PARTS(MIDGE__LEDGER_SUM, c)), request_lines)                    \
    X("streams of HTTP/2", streams(c), STREAM_BYTES(c), stream_lines)
#define NEEDED_SUM(name, count, each, lines) MIDGE__LEDGER_SUM(name, count, each)

static void needed_defaults(struct midge_config *c, const struct midge_config *config)
{
    midge__config_defaults(c, config);
    midge__at_most(&c->max_handshakes, c->max_connections);
}

size_t midge_memory_needed(const struct midge_config *config)
{
    struct midge_config c;
    needed_defaults(&c, config);
    return 0 NEEDED(NEEDED_SUM, &c);
}

size_t midge_memory_least(const struct midge_config *config)
{
    struct midge_config c;
    midge__config_defaults(&c, config);
    const struct sizes s = sizes_of(&c);
    return least_of(&s, &c);
}

/* --- the lines of the ledger --- */

/* Between the sum of the parts and the whole. */
static void slack_line(const struct midge__ledger *ledger, size_t parts, size_t each)
{
    midge__ledger_add(ledger, "lost between pieces, one part in 32", 1, each - parts, 0);
}

static void client_lines(struct midge__ledger *ledger, const struct midge_config *c, size_t each)
{
    const size_t sessions = sessions_bytes(c), head = midge__spare_head(c);
    CLIENT_PARTS(MIDGE__LEDGER_LINE, c, sessions, head)
    ledger->depth++;
    midge__tls_context_lines(ledger, &c->tls);
    ledger->depth--;
    slack_line(ledger, fixed_bytes(c, sessions, head), each);
}

static void pair_lines(struct midge__ledger *ledger, const struct midge_config *c, size_t each)
{
    (void)c, (void)each;
    PAIR_PARTS(MIDGE__LEDGER_LINE)
}

/* The parts of midge__opening_bytes, which takes the larger one of two. */
static void open_lines(struct midge__ledger *ledger, const struct midge_config *c)
{
    const unsigned layers = layers_of(c);
    const size_t lookup = MIDGE__MEMORY_COST(sizeof(struct midge_dns_query)),
                 working = midge__working_bytes(layers);
    midge__ledger_add(ledger, "connection", 1,
                      MIDGE__MEMORY_COST(MIDGE__CONN_BYTES + midge__protocol_state_size()), 0);
    midge__ledger_add(ledger, "exchange, or buffers of the client", 1, midge__exchange_bytes(), 0);
    midge__ledger_add(ledger, "TLS after the handshake", layers, midge__tls_held_bytes(), 0);
    ledger->depth++;
    midge__tls_held_lines(ledger);
    ledger->depth--;
    midge__ledger_add(ledger, "lookup, beyond these", 1, lookup > working ? lookup - working : 0,
                      0);
}

static void connection_lines(struct midge__ledger *ledger, const struct midge_config *c,
                             size_t each)
{
    const size_t kept = kept_bytes(c);
    CONNECTION_PARTS(MIDGE__LEDGER_LINE, c, kept)
    ledger->depth++;
    open_lines(ledger, c);
    ledger->depth--;
    slack_line(ledger, connection_bytes(c, kept), each);
}

static void handshake_lines(struct midge__ledger *ledger, const struct midge_config *c, size_t each)
{
    const size_t all = midge__tls_handshake_worst(&c->tls);
    midge__tls_handshake_lines(ledger, &c->tls);
    midge__ledger_add(ledger, "less: what the connection has after it", 1, all - each, 1);
}

static void request_lines(struct midge__ledger *ledger, const struct midge_config *c, size_t each)
{
    REQUEST_PARTS(MIDGE__LEDGER_LINE, c)
    slack_line(ledger, (size_t)0 REQUEST_PARTS(MIDGE__LEDGER_SUM, c), each);
}

static void stream_lines(struct midge__ledger *ledger, const struct midge_config *c, size_t each)
{
    (void)c;
    STREAM_PARTS(MIDGE__LEDGER_LINE, c)
    slack_line(ledger, (size_t)0 STREAM_PARTS(MIDGE__LEDGER_SUM, c), each);
}

#define NEEDED_LINE(name, count, each, lines)                                                      \
    MIDGE__LEDGER_LINE(name, count, each)                                                          \
    ledger->depth = 1;                                                                             \
    lines(ledger, &c, each);                                                                       \
    ledger->depth = 0;

size_t midge_memory_ledger(const struct midge_config *config, midge_ledger_fn fn, void *ctx)
{
    struct midge__ledger lines = {fn, ctx, 0}, *ledger = &lines;
    struct midge_config c;
    needed_defaults(&c, config);
    NEEDED(NEEDED_LINE, &c)
    return 0 NEEDED(NEEDED_SUM, &c);
}
