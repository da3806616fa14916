/* SPDX-License-Identifier: MIT */
/*
 * HTTP/2, the record limiter: keeps all that a server may send at once below the longest TLS record
 * that the connection's input buffer holds. Most servers put everything that they may send into one
 * record. A connection whose buffer holds all records, or without TLS, has no limit.
 *
 *     what the server may send      counts
 *     a head that has not come      as the longest head of the connection so far, HEAD_GUESS before
 *                                   the first one
 *     DATA                          the stream's window
 *
 * A stream begins with a window of MIDGE_HTTP2_FIRST_WINDOW bytes. When its head has come, and less
 * than half of the client's http2_window is left, it gets credit up to that, but never a part of
 * it: a server may send nothing before its window is 2,048 bytes (lighttpd). If the limit does not
 * allow so much, the stream stands in h->hungry, first come, first served. A stream more begins
 * only if its head and first window fit too, beside one window of full size: answers whose heads
 * have come go on, however long the others wait for theirs.
 *
 * Known weakness: a stream that does not use its large window, as events of a server, keeps it from
 * the others. With 4,096 bytes there is only one such window at a time.
 */
#include "http/h2.h"

#if MIDGE_WITH_HTTP2 && MIDGE_HTTP2_RECORD > 0

#define HEAD_GUESS 512U
#define FRAMES     (2 * MIDGE__H2_FRAME_HEAD) /* of a head and of DATA */
#define OWN_FRAMES 64U                        /* SETTINGS, PING, WINDOW_UPDATE */
/* Of a stream whose head has come. */
#define SMALL (MIDGE_HTTP2_FIRST_WINDOW + FRAMES)

_Static_assert(MIDGE_HTTP2_RECORD >= 4096, "no window fits beside a head");

/* Of the credit for one whole window, and its frame. */
static uint32_t large(const struct midge__h2 *h)
{
    return h->conn->client->config.http2_window - MIDGE_HTTP2_FIRST_WINDOW + MIDGE__H2_FRAME_HEAD;
}

/* How much of the limit is left beside `used` bytes. */
static uint32_t left(const struct midge__h2 *h, uint32_t used)
{
    used += OWN_FRAMES;
    return used < h->limit ? h->limit - used : 0;
}

static uint32_t head_bytes(const struct midge__h2 *h)
{
    return h->head_most != 0 ? h->head_most : HEAD_GUESS;
}

unsigned midge__h2_limit_capacity(const struct midge__h2 *h)
{
    if (h->conn == NULL) {
        return 1; /* it has not begun */
    }
    const uint32_t beside_windows = left(h, h->first + large(h)), all = left(h, h->due);
    unsigned n = (beside_windows < all ? beside_windows : all) / (head_bytes(h) + SMALL);
    return n == 0 && h->live == 0 ? 1 : n;
}

void midge__h2_limit_open(struct midge__h2 *h)
{
    const uint32_t most = h->conn->tls.record_max;
    h->limit = most != 0 ? most : MIDGE__H2_NO_LIMIT;
    midge__list_init(&h->hungry);
}

void midge__h2_limit_begin(struct midge__h2 *h, struct midge__h2_stream *s)
{
    midge__list_init(&s->hungry);
    s->head = (uint16_t)head_bytes(h);
    h->first += s->head + SMALL;
    h->due += s->head + (uint32_t)s->recv_window + FRAMES;
}

static void wake_first(struct midge__h2 *h)
{
    struct midge__list *first = midge__list_first(&h->hungry);
    if (first != NULL) {
        midge__h2_stream_wake(h, MIDGE_CONTAINER_OF(first, struct midge__h2_stream, hungry));
    }
}

/* There may be room for the credit of another, or for one stream more. */
static void freed(struct midge__h2 *h, uint32_t bytes)
{
    h->due -= bytes;
    wake_first(h);
    if (h->conn->state == MIDGE__CONN_READY) {
        midge__conn_offer(h->conn);
    }
}

void midge__h2_limit_head(struct midge__h2 *h, struct midge__h2_stream *s, size_t bytes)
{
    const uint16_t head = s->head;
    if (bytes > h->head_most) {
        h->head_most = (uint16_t)(bytes < UINT16_MAX ? bytes : UINT16_MAX);
    }
    s->head = 0;
    h->first -= head;
    freed(h, head);
    midge__h2_stream_wake(h, s);
}

void midge__h2_limit_used(struct midge__h2 *h, size_t bytes)
{
    freed(h, (uint32_t)bytes);
}

void midge__h2_limit_end(struct midge__h2 *h, struct midge__h2_stream *s)
{
    midge__list_remove(&s->hungry);
    h->first -= s->head + SMALL;
    freed(h, s->head + (uint32_t)s->recv_window + FRAMES);
}

void midge__h2_limit_leave(struct midge__h2 *h, struct midge__h2_stream *s)
{
    if (!midge__list_empty(&s->hungry)) {
        midge__list_remove(&s->hungry);
        wake_first(h);
    }
}

uint32_t midge__h2_limit_credit(struct midge__h2 *h, struct midge__h2_stream *s, uint32_t credit)
{
    if (midge__list_empty(&s->hungry)) {
        midge__list_push_tail(&h->hungry, &s->hungry);
    }
    const bool first = midge__list_first(&h->hungry) == &s->hungry;
    if (!first || credit > left(h, h->due)) {
        return 0;
    }
    h->due += credit;
    midge__h2_limit_leave(h, s);
    return credit;
}

#endif
