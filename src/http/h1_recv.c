/* SPDX-License-Identifier: MIT */
/* HTTP/1.1, the receiving direction: from the stream through the parser to the exchange. The parser
   consumes the receive buffer and returns events, which handle() reports. */
#include "http/h1.h"
#include "codec/encoding.h"
#include "core/origin.h"
#include "core/pool.h"
#include <string.h>

static enum midge__step over_because(struct midge__h1 *h, int err, const char *detail)
{
    const struct midge__fault fault = {.detail = detail};
    return midge__h1_over(h, err, MIDGE_WITH_TEXTS ? &fault : NULL);
}

/* --- the parser's events --- */

static int on_head(struct midge__h1 *h, enum midge__h1_kind kind)
{
    const struct midge__h1_parse *p = &h->parse;
    struct midge_response head; /* its URL is the exchange's */
    head.status = p->status;
    head.http_minor = p->minor;
    head.framing = p->framing;
    head.headers_skipped = p->skipped;
    head.encoding = midge__encoding_of(p);
    head.reason = midge__h1_reason(p).ptr;
    head.content_len = p->content_length;
    head.impl = p;
#if MIDGE_WITH_HTTP2
    head.stream_id = 0;
#endif
    if (kind == MIDGE__H1_HEAD) {
        return midge__exchange_head(&h->x, &head);
    }
    midge__exchange_interim(&h->x, &head);
    if (MIDGE_WITH_EXPECT && p->status == 100 && h->x.transfer != NULL) {
        midge__h1_continue(h);
    }
    return MIDGE_OK;
}

static void give_trailers(struct midge__h1 *h)
{
    struct midge_span name, value;
    size_t at = 0;
    if (MIDGE_WITH_HEAD_SKIPPING && h->parse.skipped) {
        midge__exchange_skipped(&h->x);
    }
    while (MIDGE_WITH_TRAILERS && h->parse.framing == MIDGE__H1_FRAMING_CHUNKED &&
           h->x.transfer != NULL && midge__h1_trailer_next(&h->parse, &at, &name, &value)) {
        midge__exchange_trailer(&h->x, name, value);
    }
}

/* If bytes follow the answer, no request asked for them: such a connection is not used again. */
static enum midge__step on_end(struct midge__h1 *h)
{
    struct midge__conn *conn = h->x.conn;
    bool reusable = h->parse.keep_alive && h->send == MIDGE__H1_SEND_DONE &&
                    midge__h1_unsent(h) == 0 && h->rpos == h->rlen && !conn->client->closing;
    give_trailers(h);
    if (h->x.transfer == NULL) {
        return MIDGE__STEP_OVER;
    }
    reusable = reusable && !h->x.transfer->request->no_reuse;
    h->spent = !reusable || !midge__conn_keeps(conn, &h->parse.keep);
    midge__h1_buffer_free(h);
    midge__h1_source_end(h); /* the connection may be kept */
    midge__exchange_ended(&h->x, MIDGE_COMPLETE_YES);
    return MIDGE__STEP_WAIT;
}

/* Reports one event. *more false: the parser needs more bytes. */
static int handle(struct midge__h1 *h, const struct midge__h1_event *event, bool *more)
{
    switch (event->kind) {
    case MIDGE__H1_BODY:
        return midge__exchange_body(&h->x, event->data, event->len);
    case MIDGE__H1_GROW: /* max_header is reached */
        return midge__h1_parse_skip(&h->parse) ? MIDGE_OK : MIDGE_ERR_TOO_LARGE;
    case MIDGE__H1_NEED_MORE:
        *more = false;
        return MIDGE_OK;
    default:
        return on_head(h, event->kind);
    }
}

static const char *too_large_detail(enum midge__h1_kind kind)
{
    return kind == MIDGE__H1_HEAD || kind == MIDGE__H1_BODY
               ? MIDGE__TEXT("body exceeds sink or max_body")
               : MIDGE__TEXT("response head exceeds max_header");
}

/* The sink passes on bytes that it has kept. False: the exchange is over, *next says how. */
static bool sink_catches_up(struct midge__h1 *h, enum midge__step *next)
{
    int err = midge__exchange_more(&h->x);
    *next = MIDGE__STEP_OVER;
    if (err != MIDGE_OK && h->x.transfer != NULL) {
        *next = over_because(h, err, NULL);
        return false;
    }
    return h->x.transfer != NULL;
}

static enum midge__step parse_some(struct midge__h1 *h)
{
    bool more = true;
    while (more && (h->x.waits & MIDGE__PARSE_WAITS) == 0) {
        struct midge__h1_event event;
        size_t used = 0;
        const uint8_t *in = h->buf != NULL ? h->buf + h->rpos : (const uint8_t *)"";
        int err = midge__h1_parse(&h->parse, in, h->rlen - h->rpos, &used, &event);
        h->rpos += (uint32_t)used;
        if (err != MIDGE_OK) {
            return over_because(h, err, midge__h1_why(&h->parse));
        }
        err = event.kind != MIDGE__H1_END ? handle(h, &event, &more) : MIDGE_OK;
        if (h->x.transfer == NULL) {
            return MIDGE__STEP_OVER; /* canceled in a callback */
        }
        if (err != MIDGE_OK) {
            return over_because(h, err,
                                err == MIDGE_ERR_TOO_LARGE ? too_large_detail(event.kind) : NULL);
        }
        if (h->parse.complete != MIDGE__H1_COMPLETE_NO && (h->x.waits & MIDGE__PARSE_WAITS) == 0) {
            return on_end(h);
        }
    }
    h->parse_on = more;
    midge__h1_buffer_settle(h);
    return MIDGE__STEP_MORE;
}

/* --- from the stream --- */

static enum midge__step on_eof(struct midge__h1 *h)
{
    struct midge__conn *conn = h->x.conn;
    enum midge__h1_eof how = !conn->origin->secure ? MIDGE__H1_EOF_PLAIN
                             : conn->stream->clean ? MIDGE__H1_EOF_CLOSE_NOTIFY
                                                   : MIDGE__H1_EOF_TLS_FIN;
    int err = midge__h1_parse_eof(&h->parse, how);
    if (err == MIDGE_OK) {
        midge__exchange_ended(&h->x, h->parse.complete == MIDGE__H1_COMPLETE_YES
                                         ? MIDGE_COMPLETE_YES
                                         : MIDGE_COMPLETE_UNVERIFIED);
        return MIDGE__STEP_OVER;
    }
    if (midge__h1_send_broke_first(h)) {
        return midge__h1_end_unsent(h);
    }
    return over_because(h, err, midge__h1_why(&h->parse));
}

/* Is it the server's reason to stop reading, rather than what followed from that? */
static bool is_reason(int err)
{
    return MIDGE_WITH_CREDENTIAL && err == MIDGE_ERR_CREDENTIAL;
}

static enum midge__step on_error(struct midge__h1 *h, int err)
{
    switch (err) {
    case MIDGE_ERR_AGAIN:
        h->x.late = false;
        return MIDGE__STEP_WAIT;
    case MIDGE_ERR_BUSY:
        return MIDGE__STEP_MORE;
    case MIDGE_ERR_EOF:
        return on_eof(h);
    default:
        return midge__h1_send_broke_first(h) && !is_reason(err)
                   ? midge__h1_end_unsent(h)
                   : midge__h1_over(h, err, &h->x.conn->stream->fault);
    }
}

static enum midge__step no_buffer(struct midge__h1 *h, int err)
{
    if (err == MIDGE_ERR_AGAIN) {
        return MIDGE__STEP_WAIT;
    }
    return over_because(h, err,
                        err == MIDGE_ERR_TOO_LARGE ? too_large_detail(MIDGE__H1_GROW) : NULL);
}

enum midge__step midge__h1_recv(struct midge__h1 *h)
{
    size_t n = 0;
    if (h->parse_on) {
        enum midge__step next;
        h->parse_on = false; /* bytes that were there when the sink paused */
        return sink_catches_up(h, &next) ? parse_some(h) : next;
    }
    int err = midge__h1_buffer_take(h);
    if (err != MIDGE_OK) {
        return no_buffer(h, err);
    }
    size_t at = h->parse.fill + MIDGE__H1_GAP;
    err = midge__conn_recv(h->x.conn, h->buf + at, midge__exchange_budget(&h->x, midge__h1_room(h)),
                           &n);
    if (err != MIDGE_OK) {
        enum midge__step next = on_error(h, err);
        if (h->x.transfer != NULL && h->lease == MIDGE__H1_LENT) {
            midge__h1_buffer_free(h);
        }
        return next;
    }
    h->rpos = (uint32_t)at;
    h->rlen = (uint32_t)(at + n);
    midge__exchange_received(&h->x, n);
    return parse_some(h);
}
