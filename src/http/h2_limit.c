/* SPDX-License-Identifier: MIT */
/*
 * HTTP/2, the record limiter: keeps all that a server may send at once below the longest TLS record
 * that the input buffer holds. Most servers put everything that they may send into one record.
 *
 *     what the server may send      counts
 *     a head that has not come      as the longest head of the connection so far, HEAD_GUESS before
 *                                   the first one
 *     DATA                          the stream's window
 *
 * A stream begins with a window of MIDGE_HTTP2_FIRST_WINDOW bytes. When it is used up and the head
 * has come, the stream gets up to MIDGE_HTTP2_WINDOW bytes, as far as the limit allows; if it
 * allows less than LEAST_CREDIT, the stream waits until others have used theirs. A stream more
 * begins only if its head and first window fit too.
 */
#include "http/h2.h"

#if MIDGE_WITH_HTTP2 && MIDGE_HTTP2_RECORD > 0

#define HEAD_GUESS   512U
#define LEAST_CREDIT 512U
#define FRAMES       (2 * MIDGE__H2_FRAME_HEAD) /* of a head and of DATA */
#define OWN_FRAMES   64U                        /* SETTINGS, PING, WINDOW_UPDATE */

_Static_assert(MIDGE_HTTP2_RECORD >= 2048, "a record limit that no server keeps to");

static uint32_t free_bytes(const struct midge__h2 *h)
{
    const uint32_t due = h->due + OWN_FRAMES;
    return due < MIDGE_HTTP2_RECORD ? MIDGE_HTTP2_RECORD - due : 0;
}

static uint32_t head_bytes(const struct midge__h2 *h)
{
    return h->head_most != 0 ? h->head_most : HEAD_GUESS;
}

unsigned midge__h2_limit_capacity(const struct midge__h2 *h)
{
    unsigned n = free_bytes(h) / (head_bytes(h) + MIDGE_HTTP2_FIRST_WINDOW + FRAMES);
    return n == 0 && h->live == 0 ? 1 : n;
}

void midge__h2_limit_begin(struct midge__h2 *h, struct midge__h2_stream *s)
{
    s->head = (uint16_t)head_bytes(h);
    h->due += s->head + MIDGE_HTTP2_FIRST_WINDOW + FRAMES;
}

static void feed(struct midge__h2 *h, struct midge__h2_stream *s, uint32_t value)
{
    (void)value;
    if (s->hungry) {
        s->hungry = false;
        midge__h2_stream_wake(h, s);
    }
}

/* There may be room for the credit of others, or for one stream more. */
static void freed(struct midge__h2 *h, uint32_t bytes)
{
    h->due -= bytes;
    if (h->hungry && free_bytes(h) >= LEAST_CREDIT) {
        h->hungry = false;
        midge__h2_streams_each(h, feed, 0);
    }
    if (h->conn->state == MIDGE__CONN_READY) {
        midge__conn_offer(h->conn);
    }
}

void midge__h2_limit_head(struct midge__h2 *h, struct midge__h2_stream *s, size_t bytes)
{
    if (bytes > h->head_most) {
        h->head_most = (uint16_t)(bytes < UINT16_MAX ? bytes : UINT16_MAX);
    }
    uint16_t head = s->head;
    s->head = 0;
    freed(h, head);
}

void midge__h2_limit_used(struct midge__h2 *h, size_t bytes)
{
    freed(h, (uint32_t)bytes);
}

void midge__h2_limit_end(struct midge__h2 *h, struct midge__h2_stream *s)
{
    freed(h, s->head + (uint32_t)s->recv_window + FRAMES);
}

uint32_t midge__h2_limit_credit(struct midge__h2 *h, struct midge__h2_stream *s, uint32_t credit)
{
    const uint32_t most = free_bytes(h), n = credit < most ? credit : most;
    if (n < credit && n < LEAST_CREDIT) {
        s->hungry = h->hungry = true;
        return 0;
    }
    h->due += n;
    return n;
}

#endif
