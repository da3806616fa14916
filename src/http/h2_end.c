/* SPDX-License-Identifier: MIT */
/*
 * HTTP/2, bad ends: of one stream, or of the connection with all of them. How their requests may be
 * sent again:
 *
 *     event                                            replay
 *     the head has not begun to be sent                safe
 *     GOAWAY with a lower last stream (RFC 9113 6.8)   safe, if no byte of the answer has come
 *     RST_STREAM with REFUSED_STREAM (8.7)             safe
 *     RST_STREAM with HTTP_1_1_REQUIRED                safe, by HTTP/1.1
 *     the server cannot keep to our settings: it uses  if idempotent and no byte of the answer has
 *     a dynamic table (h2o up to 2.2.5)                come, by HTTP/1.1
 *     a TLS record that does not fit (h2_limit.c)      the same, by a connection that has room
 *     the server closed the connection in order: it    if idempotent and no byte of the answer has
 *     may do so while it reloads (apache)              come, also on a new connection
 *     the connection broke, or another RST_STREAM      as in HTTP/1.1 (exchange.c)
 *
 * An answer whose end has come is delivered to its end, though the connection ends.
 */
#include "core/shared.h"
#include "http/h2.h"

#if MIDGE_WITH_HTTP2

void midge__h2_break(struct midge__h2_stream *s, int err, const char *detail, unsigned code,
                     enum midge__replay replay)
{
    const struct midge__fault fault = {.detail = detail};
    if (s->x.transfer != NULL) {
        midge__exchange_broken(&s->x, err, MIDGE_WITH_TEXTS ? &fault : NULL, replay);
        midge__h2_stream_reset(midge__h2_of(s->x.conn), s, code);
    }
}

void midge__h2_cancel(struct midge__h2_stream *s, int err)
{
    midge__h2_break(
        s, err, err == MIDGE_ERR_TOO_LARGE ? MIDGE__TEXT("body exceeds sink or max_body") : NULL,
        MIDGE__H2_CANCEL, MIDGE__REPLAY_NEVER);
}

void midge__h2_malformed(struct midge__h2_stream *s, const char *detail, unsigned code)
{
    midge__h2_break(s, MIDGE_ERR_PROTOCOL, detail, code, MIDGE__REPLAY_NEVER);
}

void midge__h2_drain(struct midge__h2 *h)
{
    h->draining = true;
    midge__shared_end(h->conn);
    midge__conn_offer(h->conn);
}

/* --- the connection --- */

/* Its answer has not come to its end. */
static struct midge__h2_stream *next_live(const struct midge__h2 *h)
{
    struct midge__h2_stream *s = h->streams;
    while (s != NULL && (s->x.transfer == NULL || s->recv == MIDGE__H2_RECV_ENDED)) {
        s = s->next;
    }
    return s;
}

/* not_done: the server has ended without an answer, or cannot answer by HTTP/2. */
MIDGE__APART static enum midge__replay replay_of(const struct midge__h2_stream *s, bool not_done)
{
    const bool is_new = !s->x.got_any && !midge__exchange_source_failed(&s->x);
    return s->id == 0           ? MIDGE__REPLAY_SAFE
           : not_done && is_new ? MIDGE__REPLAY_IDEMPOTENT
                                : midge__exchange_replay(&s->x);
}

/* The end of the connection before the answer's. */
static int cut_error(const struct midge__h2_stream *s)
{
    return s->recv == MIDGE__H2_RECV_HEAD ? MIDGE_ERR_EMPTY_REPLY : MIDGE_ERR_PARTIAL;
}

/* Callbacks may end others meanwhile, so the first one that is left is looked for each time. */
enum midge__step midge__h2_over(struct midge__h2 *h, int err, const struct midge__fault *fault,
                                unsigned code)
{
    struct midge__h2_stream *s;
    const bool not_done = h->deaf || err == MIDGE_ERR_EOF || midge__h2_limit_outgrown(h, err);
    h->code = (uint8_t)code;
    midge__h2_drain(h);
    while (h->conn != NULL && (s = next_live(h)) != NULL) {
        midge__exchange_broken(&s->x, err != MIDGE_ERR_EOF ? err : cut_error(s), fault,
                               replay_of(s, not_done));
        midge__h2_stream_reset(h, s, code);
    }
    h->gone = true;
    return h->conn != NULL && h->conn->exchanges > 0 ? MIDGE__STEP_WAIT : MIDGE__STEP_OVER;
}

enum midge__step midge__h2_violated(struct midge__h2 *h, unsigned code, const char *detail)
{
    const struct midge__fault fault = {.native = (int)code, .detail = detail};
    if (code == MIDGE__H2_COMPRESSION_ERROR || code == MIDGE__H2_HTTP_1_1_REQUIRED) {
        midge__shared_refused(h->conn); /* it does not keep to our settings, or speaks HTTP/1 */
    }
    if (code == MIDGE__H2_HTTP_1_1_REQUIRED) {
        code = MIDGE__H2_PROTOCOL_ERROR;
    }
    return midge__h2_over(h, MIDGE_ERR_PROTOCOL, MIDGE_WITH_TEXTS ? &fault : NULL, code);
}

/* Its answer has not begun: it is asked for again, by HTTP/1.1. */
static void give_up_head(struct midge__h2 *h, struct midge__h2_stream *s, uint32_t code)
{
    if (s->recv == MIDGE__H2_RECV_HEAD || s == h->current) {
        midge__h2_break(s, MIDGE_ERR_PROTOCOL, MIDGE__TEXT("malformed header block"), code,
                        replay_of(s, true));
    }
}

/* Header blocks do not depend on each other, since our settings allow no dynamic table. So the
   answers whose heads have come are received to their end, before the connection ends, as RFC 9113
   4.3 wants it: the second answer of a server with such a table (h2o up to 2.2.5) does not cut the
   first one. */
unsigned midge__h2_undecodable(struct midge__h2 *h)
{
    h->deaf = true;
    midge__shared_refused(h->conn);
    midge__h2_drain(h);
    midge__h2_streams_each(h, give_up_head, MIDGE__H2_COMPRESSION_ERROR);
    return next_live(h) == NULL ? MIDGE__H2_COMPRESSION_ERROR : MIDGE__H2_NO_ERROR;
}

/* --- GOAWAY --- */

/* The server has not processed it, and will not. If its answer has begun, this is not true. */
static void turn_away(struct midge__h2 *h, struct midge__h2_stream *s, uint32_t last)
{
    (void)h;
    if ((s->id == 0 || s->id > last) && s->recv != MIDGE__H2_RECV_ENDED) {
        const bool begun = s->x.transfer != NULL && s->x.got_any;
        midge__h2_break(s, begun ? MIDGE_ERR_PARTIAL : MIDGE_ERR_RECV, NULL, MIDGE__H2_CANCEL,
                        begun ? MIDGE__REPLAY_NEVER : MIDGE__REPLAY_SAFE);
    }
}

void midge__h2_goaway(struct midge__h2 *h, uint32_t last, uint32_t code)
{
    midge__h2_drain(h);
    if (code == MIDGE__H2_HTTP_1_1_REQUIRED || code == MIDGE__H2_COMPRESSION_ERROR) {
        midge__shared_refused(h->conn);
    }
    midge__h2_streams_each(h, turn_away, last);
}

/* --- RST_STREAM --- */

static enum midge__replay reset_replay(const struct midge__h2_stream *s, uint32_t code)
{
    if (s->recv == MIDGE__H2_RECV_HEAD &&
        (code == MIDGE__H2_REFUSED_STREAM || code == MIDGE__H2_HTTP_1_1_REQUIRED)) {
        return MIDGE__REPLAY_SAFE;
    }
    return midge__exchange_replay(&s->x);
}

static const char *reset_detail(uint32_t code)
{
    return code == MIDGE__H2_REFUSED_STREAM      ? MIDGE__TEXT("stream refused")
           : code == MIDGE__H2_HTTP_1_1_REQUIRED ? MIDGE__TEXT("HTTP/1.1 required")
           : code == MIDGE__H2_ENHANCE_YOUR_CALM ? MIDGE__TEXT("stream reset: enhance your calm")
                                                 : MIDGE__TEXT("stream reset by the server");
}

/* After the whole answer (RFC 9113 8.1): the rest of the request is not wanted. */
void midge__h2_reset_came(struct midge__h2 *h, struct midge__h2_stream *s, uint32_t code)
{
    const bool answered = s->recv == MIDGE__H2_RECV_ENDED;
    const enum midge__replay replay = reset_replay(s, code);
    s->send = MIDGE__H2_SEND_DONE; /* no RST_STREAM answers one (RFC 9113 5.4.2) */
    s->recv = MIDGE__H2_RECV_ENDED;
    if (answered) {
        return; /* its exchange ends when the sink has got all bytes */
    }
    if (code == MIDGE__H2_HTTP_1_1_REQUIRED) {
        midge__shared_refused(h->conn);
        midge__h2_drain(h);
    }
    int err = s->x.got_any ? MIDGE_ERR_PARTIAL : MIDGE_ERR_RECV;
    midge__h2_break(s, err, reset_detail(code), MIDGE__H2_NO_ERROR, replay);
}

#endif
