/* SPDX-License-Identifier: MIT */
/* HTTP/2, heads and trailers of answers. Header blocks of several streams never interleave (RFC
   9113 4.3), so a connection has memory for one of them at most, and only while it comes. */
#include "http/h2.h"
#include "codec/encoding.h"
#include "core/hooks.h"
#include "core/request.h"
#include "midge/config.h"
#include <string.h>

#if MIDGE_WITH_HTTP2

#define FIRST_TEXT    4096U /* bytes of the text at first; it doubles up to max_header */
#define SIZE_UPDATE_0 0x20  /* RFC 7541 6.3: the server has emptied its table */
#define SLICE         64U   /* bytes of a block that are decoded at once */
#define EXPANSION                                                                                  \
    32U /* bytes of text that one byte of a block makes at most: 61 fields of the                  \
           static table are shorter */

/* --- the block's memory --- */

/* The first text lies behind the block. */
static char *first_text(struct midge__h2_block *b)
{
    return (char *)(b + 1);
}

static void free_text(struct midge__h2 *h, struct midge__h2_block *b)
{
    if (b->parse.head != first_text(b)) {
        midge__h2_free(h, b->parse.head);
    }
}

static void free_block(struct midge__h2 *h, struct midge__h2_block *b)
{
    free_text(h, b);
    midge__h2_free(h, b);
}

void midge__h2_block_free(struct midge__h2 *h)
{
    if (h->block != NULL) {
        free_block(h, h->block);
        h->block = NULL;
    }
}

static bool allocate(struct midge__h2 *h)
{
    const size_t max = h->conn->client->config.max_header;
    const size_t size = max < FIRST_TEXT ? max : FIRST_TEXT;
    struct midge__h2_block *b = midge__h2_alloc(h, sizeof *b + size);
    if (b != NULL) {
        b->bytes = 0;
        midge__h1_parse_init(&b->parse, first_text(b), size, 0);
    }
    h->block = b;
    return b != NULL;
}

/* If there is no memory, fields are skipped as if max_header were reached. */
static void grow(struct midge__h2 *h)
{
    struct midge__h2_block *b = h->block;
    const size_t max = h->conn->client->config.max_header;
    const size_t size = b->parse.cap < max / 2 ? 2 * b->parse.cap : max;
    char *text = midge__h2_alloc(h, size);
    if (text != NULL) {
        memcpy(text, b->parse.head, b->parse.fill);
        free_text(h, b);
        midge__h1_parse_grow(&b->parse, text, size);
    }
}

/* Without a dynamic table nothing is lost by a block that is skipped. */
void midge__h2_block_begin(struct midge__h2 *h, struct midge__h2_stream *s)
{
    midge__h2_block_free(h);
    if (s == NULL || h->deaf) {
        return;
    }
    if (s->recv == MIDGE__H2_RECV_ENDED) {
        midge__h2_malformed(s, MIDGE__TEXT("a head after the answer"), MIDGE__H2_STREAM_CLOSED);
        return;
    }
    if (!allocate(h)) {
        midge__h2_cancel(s, MIDGE_ERR_NO_MEMORY);
        return;
    }
    struct midge__h2_block *b = h->block;
    const struct midge__transfer *t = s->x.transfer;
    const bool trailers = s->recv == MIDGE__H2_RECV_BODY;
    b->parse.budget = trailers ? h->conn->client->config.max_head_total : (uint32_t)s->left;
    b->parse.wanted = midge__hooks_keep(&s->x, t->request->keep_headers);
    b->parse.status = trailers ? t->result->status : 0;
    midge__h2_head_begin(&b->head, &b->parse, trailers);
}

bool midge__h2_block_read(struct midge__h2 *h, const uint8_t *data, size_t len)
{
    struct midge__h2_block *b = h->block;
    const size_t max = h->conn->client->config.max_header;
    if (b != NULL) {
        if (b->bytes == 0 && len > 0 && data[0] == SIZE_UPDATE_0 && !h->trusted) {
            midge__h2_trust(h, true);
        }
        b->bytes += (uint32_t)len;
    }
    while (b != NULL && len > 0) {
        if (b->parse.cap < max && b->parse.cap - b->parse.fill < (size_t)SLICE * EXPANSION) {
            grow(h);
        }
        const size_t n = len < SLICE ? len : SLICE;
        if (midge__h2_head_read(&b->head, data, n) != MIDGE_OK) {
            return false;
        }
        data += n;
        len -= n;
    }
    return true;
}

/* --- what it says --- */

static void give_trailers(struct midge__h2_stream *s, const struct midge__h1_parse *p)
{
    struct midge_span name, value;
    size_t at = 0;
    if (MIDGE_WITH_HEAD_SKIPPING && p->skipped) {
        midge__exchange_skipped(&s->x);
    }
    while (MIDGE_WITH_TRAILERS && s->x.transfer != NULL &&
           midge__h1_trailer_next(p, &at, &name, &value)) {
        midge__exchange_trailer(&s->x, name, value);
    }
}

/* RFC 9110 6.4.1: no body follows. */
static bool has_no_body(const struct midge__h2_stream *s, unsigned status)
{
    return (s->x.transfer->method & MIDGE__METHOD_HEAD) != 0 || status == 204 || status == 304;
}

/* How much of the body is left to come. */
static int64_t length_of(const struct midge__h1_parse *p, bool none)
{
    return none                            ? 0
           : !p->has_length                ? MIDGE__H2_NO_LENGTH
           : p->content_length < INT64_MAX ? (int64_t)p->content_length
                                           : INT64_MAX;
}

static uint8_t framing_of(const struct midge__h1_parse *p, bool none)
{
    return (uint8_t)(none            ? MIDGE_FRAMING_NONE
                     : p->has_length ? MIDGE_FRAMING_LENGTH
                                     : MIDGE_FRAMING_CLOSE);
}

static int on_head(struct midge__h2_stream *s, const struct midge__h1_parse *p, bool end)
{
    const bool none = has_no_body(s, p->status);
    struct midge_response head = {
        .status = p->status,
        .framing = framing_of(p, none || (end && !p->has_length)),
        .headers_skipped = p->skipped,
        .encoding = midge__encoding_of(p),
        .reason = "",
        .content_len = p->content_length,
        .impl = p,
        .stream_id = s->id,
    };
    if (p->status < 200) {
        s->left = p->budget; /* the limit holds for all heads of an answer */
        midge__exchange_interim(&s->x, &head);
        return MIDGE_OK;
    }
    s->recv = MIDGE__H2_RECV_BODY;
    s->left = length_of(p, none);
    return midge__exchange_head(&s->x, &head);
}

/* The block of s is whole and well-formed. */
static void report(struct midge__h2 *h, struct midge__h2_stream *s, const struct midge__h2_block *b,
                   bool end)
{
    int err = MIDGE_OK;
    h->calm = !b->head.trailers && b->parse.status < 200 ? h->calm : 0;
    midge__exchange_received(&s->x, b->bytes);
    if (!b->head.trailers && b->parse.status >= 200) {
        midge__h2_limit_head(h, s, h->frame.block);
        midge__h2_head_came(h);
    }
    if (b->head.trailers) {
        give_trailers(s, &b->parse);
    } else {
        err = on_head(s, &b->parse, end);
    }
    if (s->x.transfer == NULL) {
        return; /* it was canceled in a callback */
    }
    if (err != MIDGE_OK) {
        midge__h2_cancel(s, err);
        return;
    }
    midge__exchange_stepped(&s->x);
    if (end) {
        midge__h2_body_end(h, s);
    }
}

static void refuse(struct midge__h2_stream *s, int err, const struct midge__h2_head *head)
{
    midge__h2_break(s, err,
                    err == MIDGE_ERR_TOO_LARGE ? MIDGE__TEXT("response head exceeds max_header")
                                               : midge__h2_head_why(head),
                    head->code, MIDGE__REPLAY_NEVER);
}

bool midge__h2_block_end(struct midge__h2 *h)
{
    struct midge__h2_stream *s = h->current;
    struct midge__h2_block *b = h->block;
    const bool end = (h->frame.flags & MIDGE__H2_FLAG_END_STREAM) != 0;
    if (b == NULL) {
        return true;
    }
    h->block = NULL;
    int err = midge__h2_head_end(&b->head, end);
    const bool cut = err != MIDGE_OK && b->head.code == MIDGE__H2_COMPRESSION_ERROR;
    if (cut || s == NULL) {
        free_block(h, b);
        return !cut;
    }
    if (err == MIDGE_OK) {
        report(h, s, b, end);
    } else {
        refuse(s, err, &b->head);
    }
    free_block(h, b);
    return true;
}

#endif
