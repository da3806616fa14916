/* SPDX-License-Identifier: MIT */
/*
 * HTTP/2, the record limiter: keeps all that a server may send at once below the longest TLS record
 * that the connection's input buffer holds. Most servers put everything that they may send into one
 * record. A connection whose buffer holds all records, or without TLS, has no limit.
 *
 *     what the server may send      counts as
 *     a head that has not come      the longest head that its origin has sent, HEAD_GUESS before
 *                                   the first one
 *     a stream's window             FIRST_WINDOW as long as the stream lives, and what is beyond
 *
 * A stream begins with a window of FIRST_WINDOW bytes. When its head has come, and less than half
 * of the client's http2_window is left, it gets credit up to that, but never a part of it: a server
 * may send nothing before its window is 2,048 bytes (lighttpd). If the limit does not allow so
 * much, the stream waits (MIDGE__WAITS_CREDIT), and its idle deadline stands still. First is the
 * one whose last credit is the longest ago; h->streams has them in this order, the first one last.
 * One more stream begins only if its head and first window fit too, beside one window of full
 * size: answers whose heads have come go on, however long the others wait for theirs.
 *
 * A window cannot be taken back. A stream that does not use its large one, as events of a server,
 * would keep it from the others. When they have waited STALL_MS and no byte of a large window was
 * used, the limiter is stalled: until a whole window is free again, each hungry stream gets its
 * first window again as soon as half of it is used, since that is counted all the time, and the
 * first of them what else is left beside one new stream.
 *
 * Known weakness: lighttpd sends nothing then if more than 2,048 bytes are ready. With 4,096 bytes
 * one silent stream is enough for that, with 8,192 three are.
 */
#include "base/millis.h"
#include "core/origin.h"
#include "http/h2.h"

#if MIDGE_WITH_HTTP2 && MIDGE_HTTP2_RECORD > 0

#define HEAD_GUESS   512U
#define FRAMES       (2 * MIDGE__H2_FRAME_HEAD) /* of a head and of DATA */
#define OWN_FRAMES   64U                        /* SETTINGS, PING, WINDOW_UPDATE */
#define FIRST_WINDOW ((uint32_t)MIDGE_HTTP2_FIRST_WINDOW)
#define SMALL        (FIRST_WINDOW + FRAMES) /* of a stream whose head has come */
#define LEAST_PART   256U                    /* of a window: less is not worth its frames */

_Static_assert(MIDGE_HTTP2_RECORD >= 4096, "no window fits beside a head");

/* --- what counts --- */

/* Bytes of a window that are counted beside SMALL. */
static uint32_t beyond(int32_t window)
{
    return window > (int32_t)FIRST_WINDOW ? (uint32_t)window - FIRST_WINDOW : 0;
}

/* Of a head that has not come. */
static uint32_t head_bytes(const struct midge__h2 *h)
{
    const uint16_t most = h->conn->origin->head_most;
    return most != 0 ? most : HEAD_GUESS;
}

/* How much of the limit is left beside `window` and all streams, of which the windows beyond
   SMALL count if `large`. */
static uint32_t left(const struct midge__h2 *h, uint32_t window, bool large)
{
    const uint32_t head = head_bytes(h);
    uint32_t used = OWN_FRAMES + window;
    for (const struct midge__h2_stream *s = h->streams; s != NULL; s = s->next) {
        used += SMALL + (s->recv == MIDGE__H2_RECV_HEAD ? head : 0);
        used += large ? beyond(s->recv_window) : 0;
    }
    return used < h->limit ? h->limit - used : 0;
}

MIDGE__APART unsigned midge__h2_limit_capacity(const struct midge__h2 *h)
{
    if (h->conn == NULL) {
        return 1; /* it has not begun */
    }
    const uint32_t window = beyond((int32_t)h->conn->client->config.http2_window);
    const uint32_t beside = left(h, window + MIDGE__H2_FRAME_HEAD, false);
    unsigned n = midge__u32_least(beside, left(h, 0, true)) / (head_bytes(h) + SMALL);
    return n == 0 && h->live == 0 ? 1 : n;
}

/* --- streams that wait for credit --- */

static bool is_hungry(const struct midge__h2_stream *s)
{
    return s->x.transfer != NULL && (s->x.waits & MIDGE__WAITS_CREDIT) != 0;
}

/* NULL: none waits. */
static struct midge__h2_stream *first_hungry(const struct midge__h2 *h)
{
    struct midge__h2_stream *first = NULL;
    for (struct midge__h2_stream *s = h->streams; s != NULL; s = s->next) {
        first = is_hungry(s) ? s : first;
    }
    return first;
}

void midge__h2_limit_freed(struct midge__h2 *h)
{
    struct midge__h2_stream *s = first_hungry(h);
    if (s != NULL) {
        midge__h2_stream_wake(h, s);
    }
    if (h->conn->state == MIDGE__CONN_READY) {
        midge__conn_offer(h->conn);
    }
}

/* The timer asks midge__h2_limit_waits (h2_silence.c). Not while a PING is not answered: the
   connection may be at its end. */
static void watch(struct midge__h2 *h)
{
    struct midge__timer *timer = &h->conn->timer;
    struct midge_client *client = h->conn->client;
    const uint32_t at = client->now_ms + MIDGE__H2_STALL_MS;
    if (!h->asked && (!midge__timer_armed(timer) || midge__millis_before(at, timer->at_ms))) {
        (void)midge__timer_arm(&client->timers, timer, at);
    }
}

static void wait_for_credit(struct midge__h2 *h, struct midge__h2_stream *s)
{
    if (!is_hungry(s)) {
        midge__exchange_ask(&s->x, MIDGE__WAITS_CREDIT);
        midge__exchange_wait(&s->x, MIDGE__WAITS_CREDIT);
        watch(h);
    }
}

void midge__h2_limit_leave(struct midge__h2 *h, struct midge__h2_stream *s)
{
    if (is_hungry(s)) {
        midge__exchange_resume(&s->x, MIDGE__WAITS_CREDIT);
        midge__h2_limit_freed(h);
    }
}

static void wake_hungry(struct midge__h2 *h, struct midge__h2_stream *s, uint32_t value)
{
    (void)value;
    if (is_hungry(s)) {
        midge__h2_stream_wake(h, s);
    }
}

MIDGE__APART bool midge__h2_limit_waits(struct midge__h2 *h)
{
    const uint32_t quiet = h->conn->client->now_ms - h->large_ms;
    if (first_hungry(h) == NULL) {
        return false;
    }
    if (!h->stalled && quiet >= MIDGE__H2_STALL_MS) {
        h->stalled = true;
        midge__h2_streams_each(h, wake_hungry, 0);
        midge__conn_kick(h->conn);
    }
    return true;
}

/* While no whole window is free, but `room` bytes are. first: of those that wait. */
static uint32_t stalled_credit(const struct midge__h2 *h, const struct midge__h2_stream *s,
                               uint32_t room, bool first)
{
    const uint32_t window = (uint32_t)s->recv_window, keep = head_bytes(h) + SMALL;
    uint32_t part = window < FIRST_WINDOW / 2 ? FIRST_WINDOW - window : 0;
    if (first && room >= keep + LEAST_PART) {
        part += room - keep;
    }
    return part;
}

uint32_t midge__h2_limit_credit(struct midge__h2 *h, struct midge__h2_stream *s, uint32_t credit)
{
    wait_for_credit(h, s);
    const bool first = first_hungry(h) == s;
    const uint32_t more = beyond(s->recv_window + (int32_t)credit) - beyond(s->recv_window);
    const uint32_t room = left(h, 0, true);
    if (first && more <= room) {
        h->stalled = false;
        h->large_ms = h->conn->client->now_ms;
        midge__h2_stream_first(h, s);
        midge__h2_limit_leave(h, s);
        return credit;
    }
    return h->stalled ? midge__u32_least(stalled_credit(h, s, room, first), credit) : 0;
}

/* --- what the carrier tells --- */

void midge__h2_limit_open(struct midge__h2 *h)
{
    const uint32_t most = h->conn->tls.record_max;
    h->limit = most != 0 ? most : MIDGE__H2_NO_LIMIT;
}

void midge__h2_limit_head(struct midge__h2 *h, struct midge__h2_stream *s, size_t bytes)
{
    struct midge__origin *o = h->conn->origin;
    if (bytes > o->head_most) {
        o->head_most = (uint16_t)(bytes < UINT16_MAX / 2 ? bytes : UINT16_MAX / 2);
    }
    midge__h2_limit_freed(h);
    midge__h2_stream_wake(h, s);
}

void midge__h2_limit_used(struct midge__h2 *h, struct midge__h2_stream *s, size_t bytes)
{
    if (beyond(s->recv_window + (int32_t)bytes) > beyond(s->recv_window)) {
        h->large_ms = h->conn->client->now_ms;
        midge__h2_limit_freed(h);
    }
}

bool midge__h2_limit_outgrown(struct midge__h2 *h, int err)
{
    const bool outgrown = err == MIDGE_ERR_TLS_RECORD_SIZE && h->conn->tls.shrunk;
    if (outgrown) {
        h->conn->origin->large_records = true;
    }
    return outgrown;
}

#endif
