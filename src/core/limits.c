/* SPDX-License-Identifier: MIT */
/* Defaults of the configuration, and how much memory it needs. The sizes are sums of upper bounds:
   fixed bytes (tables, TLS context, sessions), bytes for each connection, the peak of a handshake
   above these, and pairs of TLS record slots. midge_memory_needed and midge_memory_least add them
   up; midge__config_fit divides a given block by them. */
#include "core/limits.h"
#include "base/millis.h"
#include "core/awaitable.h"
#include "core/client.h"
#include "core/conn.h"
#include "core/exchange.h"
#include "core/race.h"
#include "core/transfer.h"
#include "midge/config.h"
#include <string.h>

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

#define ORIGIN_BYTES      512U /* an origin with names of ordinary length */
#define REQUEST_BYTES     512U
#define LEAST_HEAD        2048U /* each response may have a head of this size */
#define LEAST_SESSION     1024U /* if there is no room for a longer ticket, midge does not resume */
#define WINDOW_LEAST      2048U /* some servers send nothing while it is smaller (lighttpd) */
#define CONN_WINDOW_LEAST 65535U /* a connection begins with it (RFC 9113 6.9.2) */
#define WINDOW_MOST       (1U << 30)
#define SPILL_HEAD        16U /* beside the bytes that a paused sink leaves */
#define FRAGMENTS_SHARE   32U /* one part in 32 may be lost to fragmentation */

_Static_assert(MIDGE_CLOSE_MS <= MIDGE__MILLIS_MAX && MIDGE_EARLY_ANSWER_MS <= MIDGE__MILLIS_MAX &&
                   MIDGE_CONNECT_SHARE_MS <= MIDGE__MILLIS_MAX,
               "a time of the build that is longer than midge counts");
#define VALID(ms) ((ms) == MIDGE_NO_TIMEOUT || (ms) <= MIDGE__MILLIS_MAX)
_Static_assert(VALID(MIDGE_QUEUE_MS) && VALID(MIDGE_DNS_MS) && VALID(MIDGE_CONNECT_MS) &&
                   VALID(MIDGE_TLS_MS) && VALID(MIDGE_FIRST_BYTE_MS) && VALID(MIDGE_IDLE_MS) &&
                   VALID(MIDGE_TOTAL_MS),
               "a limit of the build that is longer than midge counts");

bool midge__timeouts_valid(const struct midge_timeouts *timeouts)
{
    uint32_t ms;
    for (size_t i = 0; i < sizeof *timeouts; i += sizeof ms) { /* it has no other fields */
        memcpy(&ms, (const char *)timeouts + i, sizeof ms);
        if (!midge__millis_valid(ms)) {
            return false;
        }
    }
    return true;
}

/* --- defaults --- */

/* Those from max_connections to max_awaitables. */
static void default_counts(struct midge_config *c)
{
    static const uint16_t build[] = {MIDGE_MAX_CONNECTIONS, MIDGE_MAX_PER_ORIGIN,
                                     MIDGE_MAX_HANDSHAKES, 0, MIDGE_MAX_AWAITABLES};
    char *at = (char *)c + offsetof(struct midge_config, max_connections);
    _Static_assert(offsetof(struct midge_config, max_connections) + 4 * sizeof *build ==
                       offsetof(struct midge_config, max_awaitables),
                   "in the order of the fields");
    for (const uint16_t *next = build; next < build + MIDGE_ARRAY_LEN(build); next++) {
        uint16_t value;
        memcpy(&value, at, sizeof value);
        value = value != 0 ? value : *next;
        memcpy(at, &value, sizeof value);
        at += sizeof value;
    }
}

/* Those from max_header to lead_ms. Budgets are counted down, also below 0; sessions and
   connections are not kept longer than MIDGE__MILLIS_AGED. */
static void default_sizes(struct midge_config *c)
{
    static const uint32_t build[] = {
        MIDGE_MAX_HEADER, MIDGE_MAX_HEAD_TOTAL, MIDGE_TURN_CRYPTO,    MIDGE_TURN_BYTES,
        MIDGE_TURN_STEPS, MIDGE_KEEP_ALIVE_MS,  MIDGE_TICKET_WAIT_MS, MIDGE_LEAD_MS};
    char *at = (char *)c + offsetof(struct midge_config, max_header);
    _Static_assert(offsetof(struct midge_config, max_header) + 7 * sizeof *build ==
                       offsetof(struct midge_config, lead_ms),
                   "in the order of the fields");
    for (const uint32_t *next = build; next < build + MIDGE_ARRAY_LEN(build); next++) {
        uint32_t value;
        memcpy(&value, at, sizeof value);
        value = midge__u32_least(value != 0 ? value : *next, MIDGE__MILLIS_AGED);
        memcpy(at, &value, sizeof value);
        at += sizeof value;
    }
}

static void lower(uint16_t *field, size_t most)
{
    if (most < *field) {
        *field = (uint16_t)most;
    }
}

static unsigned or_else(unsigned value, unsigned otherwise)
{
    return value != 0 ? value : otherwise;
}

#if MIDGE_WITH_HTTP2
#define most_transfers(c) ((c)->http >= MIDGE_HTTP_2 ? (c)->max_awaitables : (c)->max_connections)
#else
#define most_transfers(c) ((c)->max_connections)
#endif

#if MIDGE_WITH_HTTP2
MIDGE__APART static uint32_t within(uint32_t value, uint32_t least, uint32_t most)
{
    return value < least ? least : midge__u32_least(value, most);
}

/* Under the limiter a head must fit beside a window (h2_limit.c). */
static void default_windows(struct midge_config *c)
{
    const uint32_t most = MIDGE_HTTP2_RECORD > 0 ? MIDGE_HTTP2_RECORD - 1024U : WINDOW_MOST;
    c->http2_window = within(or_else(c->http2_window, MIDGE_HTTP2_WINDOW), WINDOW_LEAST, most);
    const uint32_t least = within(c->http2_window, CONN_WINDOW_LEAST, WINDOW_MOST);
    c->http2_conn_window =
        within(or_else(c->http2_conn_window, MIDGE_HTTP2_CONN_WINDOW), least, WINDOW_MOST);
}
#else
#define default_windows(c) ((void)(c))
#endif

void midge__config_defaults(struct midge_config *c, const struct midge_config *from)
{
    *c = *from;
    default_counts(c);
    default_sizes(c);
    lower(&c->max_connections, MIDGE__OWNERS_MAX - 23);
    lower(&c->max_awaitables, 65000);
    c->max_transfers = (uint16_t)or_else(c->max_transfers, most_transfers(c));
    midge__race_defaults(c);
    default_windows(c);
    if (c->max_header < 256) {
        c->max_header = 256;
    }
    if (c->max_head_total < c->max_header) {
        c->max_head_total = c->max_header;
    }
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

static size_t connection_bytes(const struct midge_config *c, size_t head)
{
    return midge__opening_bytes(layers_of(c), false, false) + MIDGE__MEMORY_COST(head) +
           place_bytes() + MIDGE__MEMORY_COST(ORIGIN_BYTES);
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

static size_t fixed_bytes(const struct midge_config *c, size_t sessions, size_t head)
{
    return h2_bytes(c) + sizeof(struct midge_client) + MIDGE__MEMORY_FIXED_COST(1U) +
           c->max_awaitables * (sizeof(struct midge__slot) + sizeof(struct midge__timer *)) +
           midge__timers_most(c->max_awaitables, 0) * sizeof(struct midge__timer *) +
           midge__origin_buckets(c) * sizeof(struct midge__origin *) +
           midge__tls_context_bytes(&c->tls) + sessions + MIDGE__MEMORY_COST(head) +
           10 * MIDGE__MEMORY_UNIT;
}

/* --- record slots, in pairs --- */

static bool keeps_slots(void)
{
    return !MIDGE_WITH_SMALL_RECORDS || midge__tls_keeps_slots();
}

static size_t pair_bytes(void)
{
    return MIDGE__MEMORY_COST(midge__tls_slot_in()) + MIDGE__MEMORY_COST(midge__tls_slot_out());
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
    lower(&c->max_connections, (size - base) / (s->connection + layers_in(s) * s->pair));
    return c->max_connections * layers_in(s);
}

/* If connections give their slots back, max_connections is the number that could ever be open;
   admission checks the free memory. There is a second pair of slots only if all connections still
   have their full size. */
static unsigned fit_sharing(struct midge_config *c, size_t size, const struct sizes *s)
{
    size_t base = s->fixed + layers_in(s) * s->pair;
    size_t lean = place_bytes() + layers_in(s) * midge__tls_held_least();
    lower(&c->max_connections, (size - base) / lean);
    unsigned pairs = most_pairs(c);
    size_t rest = s->fixed + s->handshake + c->max_connections * s->connection;
    while (pairs > layers_in(s) && size < rest + pairs * s->pair) {
        pairs--;
    }
    lower(&c->max_handshakes, pairs);
    return pairs;
}

unsigned midge__config_fit(struct midge_config *c, size_t size)
{
    const struct sizes s = sizes_of(c);
    if (size < least_of(&s, c)) {
        return 0;
    }
    unsigned pairs = keeps_slots() ? fit_keeping(c, size, &s) : fit_sharing(c, size, &s);
    lower(&c->max_handshakes, c->max_connections);
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
/* Of all streams: each one, and all that its sink may leave while it pauses. */
static size_t streams_bytes(const struct midge_config *c)
{
    const size_t each = MIDGE__MEMORY_COST(midge__protocols[MIDGE__PROTOCOL_H2]->exchange_size) +
                        (c->no_pauses ? 0 : MIDGE__MEMORY_COST(c->http2_window + SPILL_HEAD));
    return c->http >= MIDGE_HTTP_2 ? c->max_transfers * with_slack(each) : 0;
}
#else
#define streams_bytes(c) ((size_t)0)
#endif

size_t midge_memory_needed(const struct midge_config *config)
{
    struct midge_config c;
    midge__config_defaults(&c, config);
    lower(&c.max_handshakes, c.max_connections);
    size_t session = midge__tls_session_bytes() + MIDGE__MEMORY_COST(ORIGIN_BYTES);
    size_t sessions = has_sessions(&c) ? MIDGE_MAX_SESSIONS * session : 0;
    /* Each request may have its own origin, and a result that is never taken. */
    size_t transfer =
        MIDGE__MEMORY_COST(sizeof(struct midge__transfer)) + MIDGE__MEMORY_COST(ORIGIN_BYTES);
    return with_slack(fixed_bytes(&c, sessions, midge__spare_head(&c))) +
           most_pairs(&c) * pair_bytes() +
           c.max_connections * with_slack(connection_bytes(&c, kept_bytes(&c))) +
           (c.max_handshakes + 1U) * beyond(midge__tls_handshake_worst(&c.tls), 0) +
           or_else(c.queued_requests, c.max_awaitables) * with_slack(transfer + request_bytes(&c)) +
           streams_bytes(&c);
}

size_t midge_memory_least(const struct midge_config *config)
{
    struct midge_config c;
    midge__config_defaults(&c, config);
    const struct sizes s = sizes_of(&c);
    return least_of(&s, &c);
}
