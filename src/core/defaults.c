/* SPDX-License-Identifier: MIT */
/* The configuration's defaults and ranges. */
#include "base/millis.h"
#include "core/limits.h"
#include "core/client.h"
#include "core/race.h"
#include "midge/config.h"
#include <string.h>

#define WINDOW_LEAST      2048U  /* some servers send nothing while it is smaller (lighttpd) */
#define CONN_WINDOW_LEAST 65535U /* a connection begins with it (RFC 9113 6.9.2) */
#define WINDOW_MOST       (1U << 30)

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
    midge__at_most(&c->max_connections, MIDGE__OWNERS_MAX - 23);
    midge__at_most(&c->max_awaitables, 65000);
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
