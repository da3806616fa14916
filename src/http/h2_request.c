/* SPDX-License-Identifier: MIT */
/*
 * HTTP/2, a request: its header block, then its body in DATA frames. The block is made of the text
 * of the HTTP/1.1 head (codec/h2_request.h), both in the send buffer. If they do not fit into it
 * when it is empty, they get memory until the block is sent, in several frames.
 */
#include "codec/h2_request.h"
#include "core/head.h"
#include "core/origin.h"
#include "core/request.h"
#include "http/h2.h"
#include <string.h>

#if MIDGE_WITH_HTTP2

static size_t payload_room(const struct midge__h2 *h)
{
    const size_t room = midge__h2_room(h) - MIDGE__H2_FRAME_HEAD;
    return room < MIDGE__H2_LENGTH_MAX ? room : MIDGE__H2_LENGTH_MAX;
}

static uint8_t *payload_of(struct midge__h2 *h)
{
    return h->out + h->out_len + MIDGE__H2_FRAME_HEAD;
}

/* Puts the head of the frame before its payload of n bytes. */
static void put_frame(struct midge__h2 *h, struct midge__h2_stream *s, size_t n,
                      enum midge__h2_type type, unsigned flags)
{
    (void)midge__h2_write_frame(h->out + h->out_len, n, type, flags, s->id);
    h->out_len += (uint32_t)(MIDGE__H2_FRAME_HEAD + n);
    if (s->x.transfer != NULL) {
        midge__exchange_sent(&s->x, MIDGE__H2_FRAME_HEAD + n);
    }
}

static void request_sent(struct midge__h2_stream *s)
{
    s->send = MIDGE__H2_SEND_DONE;
    midge__exchange_request_done(&s->x);
    midge__exchange_stepped(&s->x);
}

/* --- the head --- */

static bool has_body(const struct midge__h2_stream *s)
{
    size_t len;
    const struct midge_request *r = s->x.transfer->request;
    return midge__exchange_has_source(&s->x) ? midge__request_source(r)->length != 0
                                             : midge__exchange_memory(&s->x, &len) != NULL;
}

static void begin_text(struct midge__h1_write *write, const struct midge__h2_stream *s)
{
    midge__head_begin(write, s->x.transfer);
#if MIDGE_WITH_EXPECT
    write->expects = false; /* the windows bound the bytes that are sent in vain */
#endif
}

/* RFC 7541 6.3: our table is empty and stays so. It stands before the connection's first field,
   since a server whose settings allow a smaller table than at first may demand it (4.2; nghttp2).
 */
#define SIZE_UPDATE_0 0x20

/* Writes the text `gap` bytes behind `to` and makes the block of it at `to`: its length; 0: the
   text does not fit into `size` bytes. */
static size_t make_block(struct midge__h2 *h, struct midge__h1_write *write, uint8_t *to,
                         size_t gap, size_t size)
{
    size_t n;
    const size_t update = h->frame.idle == 1;
    if (gap >= size || midge__h1_write(write, to + gap, size - gap, &n) != MIDGE_OK) {
        return 0;
    }
    const struct midge_span text = midge__span((const char *)to + gap, n);
    *to = SIZE_UPDATE_0;
    return update + midge__h2_put_request(to + update, text, h->conn->origin->secure);
}

/* The block of s, where the payload of its frame goes; len 0: it does not fit. In an empty buffer:
   in h->text then; len 0: there is no memory. */
static struct midge_span block_of(struct midge__h2 *h, struct midge__h2_stream *s)
{
    struct midge__h1_write write;
    const size_t room = payload_room(h);
    uint8_t *to = payload_of(h);
    begin_text(&write, s);
    size_t n = make_block(h, &write, to, MIDGE__H2_REQUEST_GAP(room), room);
    if (n == 0 && h->out_len == 0) {
        const size_t len = midge__h1_head_size(&write), gap = MIDGE__H2_REQUEST_GAP(len);
        to = midge__h2_alloc(h, gap + len);
        write.sent = 0;
        n = to != NULL ? make_block(h, &write, to, gap, gap + len) : 0;
        h->text = midge__span((const char *)to, n);
    }
    return midge__span((const char *)to, n);
}

void midge__h2_text_free(struct midge__h2 *h)
{
    midge__h2_wipe(h, (void *)(uintptr_t)h->text.ptr);
    h->text.ptr = NULL;
    h->text_sent = 0;
    h->heading = NULL;
}

static void head_sent(struct midge__h2 *h, struct midge__h2_stream *s, bool body)
{
    midge__h2_text_free(h);
    s->send = MIDGE__H2_SEND_BODY;
    if (s->x.transfer == NULL || body) { /* to be reset, or to send it */
        midge__h2_stream_wake(h, s);
    } else {
        request_sent(s);
    }
}

/* One frame of the block. */
static void put_block(struct midge__h2 *h, struct midge__h2_stream *s, struct midge_span block)
{
    const bool first = h->text_sent == 0, body = s->x.transfer == NULL || has_body(s);
    const size_t left = block.len - h->text_sent, room = payload_room(h);
    const size_t n = left < room ? left : room;
    unsigned flags = n == left ? MIDGE__H2_FLAG_END_HEADERS : 0;
    flags |= first && !body ? MIDGE__H2_FLAG_END_STREAM : 0;
    if (first) {
        midge__h2_stream_number(h, s);
    }
    if (h->text.ptr != NULL) {
        memcpy(payload_of(h), block.ptr + h->text_sent, n);
    }
    h->text_sent += (uint32_t)n;
    h->heading = s;
    put_frame(h, s, n, first ? MIDGE__H2_TYPE_HEADERS : MIDGE__H2_TYPE_CONTINUATION, flags);
    if (n == left) {
        head_sent(h, s, body);
    }
}

/* A block that has begun is sent to its end, also if its exchange is over: the server's decoder
   needs it (RFC 9113 4.3). */
bool midge__h2_put_head(struct midge__h2 *h, struct midge__h2_stream *s)
{
    const struct midge_span block = h->heading != NULL ? h->text : block_of(h, s);
    if (block.len == 0 && h->out_len > 0) {
        return false;
    }
    if (block.len > 0) {
        put_block(h, s, block);
    } else {
        midge__h2_break(s, MIDGE_ERR_NO_MEMORY, NULL, MIDGE__H2_CANCEL, MIDGE__REPLAY_SAFE);
    }
    return true;
}

/* --- the body --- */

/* How many bytes of a body may follow now. 0: s waits in h->blocked, or to be woken. */
static size_t allowed(struct midge__h2 *h, struct midge__h2_stream *s, size_t room)
{
    if (s->send_window <= 0) {
        return 0;
    }
    if (h->send_window <= 0) {
        midge__list_remove(&s->ready); /* it may stand there again, for its credit */
        midge__list_push_tail(&h->blocked, &s->ready);
        return 0;
    }
    int32_t window = s->send_window < h->send_window ? s->send_window : h->send_window;
    return room < (size_t)window ? room : (size_t)window;
}

static size_t from_memory(struct midge__h2_stream *s, uint8_t *to, size_t most, bool *last)
{
    size_t len;
    const uint8_t *from = midge__exchange_memory(&s->x, &len);
    size_t n = len < most ? len : most;
    memcpy(to, from, n);
    s->x.sent += n;
    *last = n == len;
    return n;
}

/* OK; AGAIN: nothing now; else the source failed. */
static int from_source(struct midge__h2_stream *s, uint8_t *to, size_t most, size_t *n, bool *last)
{
    const int64_t length = midge__request_source(s->x.transfer->request)->length;
    if (length >= 0 && most > (uint64_t)length - s->x.sent) {
        most = (size_t)((uint64_t)length - s->x.sent);
    }
    int err = midge__exchange_read(&s->x, to, most, n);
    *last = err == MIDGE_ERR_EOF || (length >= 0 && s->x.sent == (uint64_t)length);
    return err == MIDGE_ERR_EOF ? MIDGE_OK : err;
}

static int read_body(struct midge__h2 *h, struct midge__h2_stream *s, size_t most, size_t *n,
                     bool *last)
{
    if (MIDGE_WITH_SOURCES && midge__exchange_has_source(&s->x)) {
        return from_source(s, payload_of(h), most, n, last);
    }
    *n = from_memory(s, payload_of(h), most, last);
    return MIDGE_OK;
}

void midge__h2_put_data(struct midge__h2 *h, struct midge__h2_stream *s)
{
    size_t n = 0;
    bool last = false;
    if ((s->x.waits & MIDGE__WAITS_SOURCE) != 0) {
        return;
    }
    const size_t most = allowed(h, s, payload_room(h));
    if (most == 0) {
        return;
    }
    int err = read_body(h, s, most, &n, &last);
    if (s->x.transfer == NULL || err == MIDGE_ERR_AGAIN) {
        return;
    }
    if (err != MIDGE_OK) {
        midge__h2_cancel(s, err);
        return;
    }
    s->send_window -= (int32_t)n;
    h->send_window -= (int32_t)n;
    h->calm = 0; /* credit for these bytes is no flood */
    put_frame(h, s, n, MIDGE__H2_TYPE_DATA, last ? MIDGE__H2_FLAG_END_STREAM : 0);
    if (last) {
        request_sent(s);
    } else {
        midge__h2_stream_wake(h, s);
    }
}

#endif
