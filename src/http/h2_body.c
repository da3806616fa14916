/* SPDX-License-Identifier: MIT */
/*
 * HTTP/2, the body of an answer. Its sink slows the server down by the stream's window: what it has
 * not taken gets no credit (RFC 9113 5.2.1). The connection is read all the same, since others use
 * it; so what comes for a sink that pauses is kept (spill), at most as much as the window was open.
 *
 * Credit for the connection is returned when bytes come: only streams' windows are back-pressure.
 */
#include "http/h2.h"
#include "core/pool.h"
#include "midge/config.h"
#include <string.h>

#if MIDGE_WITH_HTTP2

/* --- credit --- */

/*
 * A server far away sends all that it may as one burst in each round trip. While a burst comes,
 * credit is given for each eighth of the window, so frames are few. At its end, when the socket is
 * empty, it is given for a smaller part: what the server is not allowed then is missing in its next
 * burst. Under the limiter only whole windows are given (h2_limit.c).
 */
#define MANY_SHARE (MIDGE_HTTP2_RECORD > 0 ? 2U : 8U)
#define FEW_SHARE  (MIDGE_HTTP2_RECORD > 0 ? 2U : 32U)
#define FEW_LEAST  1024U /* a frame takes a record, and often a segment of TCP */

static uint32_t window_of(const struct midge__h2 *h)
{
    return h->conn->client->config.http2_window;
}

static uint32_t used_of(const struct midge__h2 *h, const struct midge__h2_stream *s)
{
    return window_of(h) - (uint32_t)s->recv_window;
}

bool midge__h2_is_low(const struct midge__h2 *h, const struct midge__h2_stream *s)
{
    const uint32_t used = used_of(h, s);
    return used >= window_of(h) / FEW_SHARE && used >= FEW_LEAST;
}

/* None for the last bytes: the window that is left is larger than they are, since some servers want
   one byte to be free for the end (apache). None before the head (lighttpd). While bytes are kept
   it is not asked (h2_send.c), or RECV_WAITS is set. */
MIDGE__APART uint32_t midge__h2_credit(struct midge__h2 *h, struct midge__h2_stream *s)
{
    const uint32_t used = used_of(h, s);
    const bool wanted = midge__h2_is_low(h, s) && s->recv == MIDGE__H2_RECV_BODY &&
                        s->x.transfer != NULL && (s->x.waits & MIDGE__RECV_WAITS) == 0 &&
                        (s->left < 0 || s->left >= s->recv_window);
    if (!wanted) {
        midge__h2_limit_leave(h, s);
        return 0;
    }
    if (used < window_of(h) / MANY_SHARE && !h->conn->tcp.drained) {
        midge__h2_stream_wake(h, s); /* more comes; it is asked again after that */
        return 0;
    }
    return midge__h2_limit_credit(h, s, used);
}

uint32_t midge__h2_conn_credit(const struct midge__h2 *h, unsigned share)
{
    const uint32_t window = h->conn->client->config.http2_conn_window;
    const uint32_t credit = window - (uint32_t)h->recv_window;
    return credit >= window / share ? credit : 0;
}

/* --- the end --- */

static void finish(struct midge__h2 *h, struct midge__h2_stream *s)
{
    const struct midge__keep_alive none = {MIDGE__KEEP_ALIVE_NONE, MIDGE__KEEP_ALIVE_NONE};
    (void)midge__conn_keeps(h->conn, &none);
    midge__exchange_ended(&s->x, MIDGE_COMPLETE_YES);
    if (midge__h2_is_silent(s)) {
        midge__h2_stream_free(h, s);
    } else {
        midge__h2_stream_reset(h, s,
                               MIDGE__H2_NO_ERROR); /* the rest of the request is not needed */
    }
}

static bool waits(const struct midge__h2_stream *s)
{
    return s->spill != NULL || (s->x.waits & MIDGE__PARSE_WAITS) != 0;
}

void midge__h2_body_end(struct midge__h2 *h, struct midge__h2_stream *s)
{
    s->recv = MIDGE__H2_RECV_ENDED;
    if (s->left > 0) {
        midge__h2_break(s, MIDGE_ERR_PARTIAL, NULL, MIDGE__H2_PROTOCOL_ERROR, MIDGE__REPLAY_NEVER);
    } else if (!waits(s)) {
        finish(h, s);
    }
}

/* --- pieces --- */

/* The first piece that is kept gets memory for all that can still come. */
MIDGE__APART static int keep(struct midge__h2 *h, struct midge__h2_stream *s, const uint8_t *data,
                             size_t len)
{
    struct midge__h2_spill *spill = s->spill;
    if (spill == NULL) {
        const size_t size = len + (size_t)s->recv_window;
        spill = midge__h2_alloc(h, sizeof *spill + size);
        if (spill == NULL) {
            return MIDGE_ERR_NO_MEMORY;
        }
        spill->pos = spill->len = 0;
        spill->size = (uint32_t)size;
        s->spill = spill;
    }
    memmove(spill->bytes, spill->bytes + spill->pos, spill->len - spill->pos);
    spill->len -= spill->pos;
    spill->pos = 0;
    MIDGE_ASSERT(len <= spill->size - spill->len);
    memcpy(spill->bytes + spill->len, data, len);
    spill->len += (uint32_t)len;
    return MIDGE_OK;
}

static int deliver(struct midge__h2 *h, struct midge__h2_stream *s, const uint8_t *data, size_t len)
{
    return waits(s) ? keep(h, s, data, len) : midge__exchange_body(&s->x, data, len);
}

void midge__h2_body(struct midge__h2 *h, struct midge__h2_stream *s, const uint8_t *data,
                    size_t len)
{
    const bool more = s->left >= 0 && s->left < (int64_t)len;
    const size_t n = more ? (size_t)s->left : len;
    s->left -= (int64_t)n;
    midge__exchange_received(&s->x, len);
    int err = n > 0 ? deliver(h, s, data, n) : MIDGE_OK;
    if (err != MIDGE_OK) {
        midge__h2_cancel(s, err);
    } else if (more) {
        midge__h2_malformed(s, MIDGE__TEXT("more bytes than announced"), MIDGE__H2_PROTOCOL_ERROR);
    } else if (s->x.transfer != NULL && (s->x.waits & MIDGE__WAITS_MORE) != 0) {
        midge__h2_stream_wake(h, s);
    }
}

/* --- what was kept --- */

/* The next piece of the spill, or what the sink itself has kept. */
static int pass_on(struct midge__h2 *h, struct midge__h2_stream *s)
{
    struct midge__h2_spill *spill = s->spill;
    if (MIDGE_WITH_GUNZIP && (s->x.waits & MIDGE__WAITS_MORE) != 0) {
        return midge__exchange_more(&s->x);
    }
    size_t n = midge__exchange_budget(&s->x, spill->len - spill->pos);
    n = n < MIDGE_RECV_BUFFER ? n : MIDGE_RECV_BUFFER;
    const uint8_t *from = spill->bytes + spill->pos;
    spill->pos += (uint32_t)n;
    int err = midge__exchange_body(&s->x, from, n);
    if (s->spill != NULL && s->spill->pos == s->spill->len) {
        midge__h2_free(h, s->spill);
        s->spill = NULL;
    }
    return err;
}

void midge__h2_body_resume(struct midge__h2 *h, struct midge__h2_stream *s)
{
    if (!waits(s)) {
        finish(h, s);
        return;
    }
    int err = pass_on(h, s);
    if (err != MIDGE_OK) {
        midge__h2_cancel(s, err);
    } else if (s->x.transfer != NULL) {
        midge__h2_stream_wake(h, s);
    }
}

#endif
