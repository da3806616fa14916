/* SPDX-License-Identifier: MIT */
/* HTTP/1.1, the sending direction. Each call fills the send buffer if it is empty and sends once.
   The head, a source's bytes (as chunks if their number is unknown) and the rest of a body that
   fits go through the buffer; a larger body in memory is sent without a copy. */
#include "http/h1.h"
#include "core/client.h"
#include "core/head.h"
#include "core/origin.h"
#include <string.h>

#define CHUNK_RESERVE (MIDGE__H1_CHUNK_HEAD_MAX + sizeof MIDGE__H1_CHUNK_TAIL)

/* --- the head --- */

void midge__h1_send_begin(struct midge__h1 *x)
{
    midge__head_begin(&x->write, &x->url, x->transfer);
}

/* --- the body into the send buffer --- */

static bool is_chunked(const struct midge__h1 *x)
{
    return x->write.framing == MIDGE__H1_FRAMING_CHUNKED;
}

static uint64_t body_left(const struct midge__h1 *x)
{
    return x->write.content_length - x->sent;
}

static bool source_waits(const struct midge__h1 *x)
{
    return (x->waits & MIDGE__RESUME_SOURCE) != 0;
}

static size_t free_bytes(const struct midge__h1 *x)
{
    return sizeof x->wbuf - x->wlen;
}

static void put(struct midge__h1 *x, const void *bytes, size_t n)
{
    MIDGE_ASSERT(n <= free_bytes(x));
    memcpy(x->wbuf + x->wlen, bytes, n);
    x->wlen += n;
}

/* How many bytes one read of the source may return: the free bytes without the chunk's frame. */
static size_t source_room(const struct midge__h1 *x)
{
    size_t room = free_bytes(x);
    if (is_chunked(x)) {
        return room > CHUNK_RESERVE ? room - CHUNK_RESERVE : 0;
    }
    return room < body_left(x) ? room : (size_t)body_left(x);
}

/* Frames n bytes as a chunk; they lie after the room for the chunk's head. */
static void put_chunk(struct midge__h1 *x, const uint8_t *at, size_t n)
{
    uint8_t line[MIDGE__H1_CHUNK_HEAD_MAX];
    put(x, line, midge__h1_chunk_head(line, n));
    MIDGE_ASSERT(n <= free_bytes(x));
    memmove(x->wbuf + x->wlen, at, n);
    x->wlen += n;
    put(x, MIDGE__H1_CHUNK_TAIL, sizeof MIDGE__H1_CHUNK_TAIL - 1);
}

/* Handles the result (err, n) of a read of at most cap bytes to `at`. */
static int take_from_source(struct midge__h1 *x, int err, const uint8_t *at, size_t n, size_t cap)
{
    if (err == MIDGE_ERR_AGAIN) {
        (void)midge__h1_wait(x, MIDGE__RESUME_SOURCE);
        return MIDGE_OK;
    }
    if (err == MIDGE_ERR_EOF && is_chunked(x)) {
        put(x, MIDGE__H1_LAST_CHUNK, sizeof MIDGE__H1_LAST_CHUNK - 1);
        x->send = MIDGE__H1_SEND_DONE;
        return MIDGE_OK;
    }
    if (err != MIDGE_OK || n == 0 || n > cap) {
        x->source_failed = true;
        return err == MIDGE_OK || err == MIDGE_ERR_EOF ? MIDGE_ERR_READ : err;
    }
    x->sent += n;
    if (is_chunked(x)) {
        put_chunk(x, at, n);
    } else {
        x->wlen += n;
    }
    return MIDGE_OK;
}

/* One read of the source into the send buffer, framed as a chunk if need be. */
static int fill_from_source(struct midge__h1 *x)
{
    struct midge_source *source = x->transfer->request->source;
    uint8_t *at = x->wbuf + x->wlen + (is_chunked(x) ? MIDGE__H1_CHUNK_HEAD_MAX : 0);
    size_t cap = source_room(x), n = 0;
    if (!is_chunked(x) && body_left(x) == 0) {
        x->send = MIDGE__H1_SEND_DONE;
    }
    if (x->send == MIDGE__H1_SEND_DONE || cap == 0) {
        return MIDGE_OK;
    }
    MIDGE_ASSERT((size_t)(at - x->wbuf) + cap <= sizeof x->wbuf);
    x->transfer->source_begun = true;
    midge__h1_ask(x, MIDGE__RESUME_SOURCE);
    int err = source->read(source, at, cap, &n);
    if (x->transfer == NULL) {
        return MIDGE_ERR_CANCELED; /* the source canceled the request */
    }
    return take_from_source(x, err, at, n, cap);
}

/* A small body is sent in one record with its head; a large one without a copy. */
static void fill_from_memory(struct midge__h1 *x)
{
    const struct midge_request *r = x->transfer->request;
    size_t left = r->body_len - (size_t)x->sent;
    if (left <= free_bytes(x)) {
        put(x, (const uint8_t *)r->body + (size_t)x->sent, left);
        x->sent += left;
        x->send = MIDGE__H1_SEND_DONE;
    }
}

static int fill(struct midge__h1 *x)
{
    size_t n = 0;
    x->wpos = x->wlen = 0;
    if (x->send == MIDGE__H1_SEND_HEAD) {
        if (midge__h1_write(&x->write, x->wbuf, sizeof x->wbuf, &n) == MIDGE_OK) {
            x->send = MIDGE__H1_SEND_BODY;
        }
        x->wlen = n;
    }
    if (x->send != MIDGE__H1_SEND_BODY || source_waits(x)) {
        return MIDGE_OK;
    }
    const struct midge_request *r = x->transfer->request;
    if (r->source != NULL) {
        return fill_from_source(x);
    }
    if (r->body == NULL) {
        x->send = MIDGE__H1_SEND_DONE;
    } else {
        fill_from_memory(x);
    }
    return MIDGE_OK;
}

/* --- to the stream --- */

/* Are there bytes of the body to send without a copy? */
static bool has_direct(const struct midge__h1 *x)
{
    const struct midge_request *r = x->transfer->request;
    return x->send == MIDGE__H1_SEND_BODY && r->source == NULL && r->body != NULL &&
           x->sent < r->body_len;
}

static void note_sent(struct midge__h1 *x, bool direct, size_t n)
{
    if (direct) {
        x->sent += n;
    } else {
        x->wpos += n;
    }
    x->sent_any = true;
    x->conn->client->bytes_left -= (int32_t)n;
    midge__transfer_active(x->transfer);
}

/* Sends once, from the buffer or directly from the caller's memory. */
static int send_some(struct midge__h1 *x, bool *moved)
{
    struct midge__stream *s = x->conn->stream;
    const struct midge_request *r = x->transfer->request;
    size_t n = 0;
    bool direct = x->wpos == x->wlen;
    size_t at = direct ? (size_t)x->sent : x->wpos;
    const uint8_t *from = (direct ? (const uint8_t *)r->body : x->wbuf) + at;
    size_t len = (direct ? r->body_len : x->wlen) - at;
    /* With TLS a repeated send must have the same arguments; there a record limits the bytes of one
       call. */
    if (!x->conn->origin->secure) {
        len = midge__h1_budget(x, len);
    }
    int err = s->ops->send(s, from, len, &n);
    if (err == MIDGE_OK) {
        note_sent(x, direct, n);
    }
    *moved = err == MIDGE_OK || err == MIDGE_ERR_BUSY;
    return err == MIDGE_ERR_BUSY ? MIDGE_ERR_AGAIN : err;
}

/* Sets DONE in the same step: the answer may have arrived already, and the connection is kept only
   after DONE. */
static void note_done(struct midge__h1 *x)
{
    if (x->wpos != x->wlen) {
        return;
    }
    if (x->send == MIDGE__H1_SEND_BODY && !is_chunked(x) && body_left(x) == 0) {
        x->send = MIDGE__H1_SEND_DONE;
    }
    if (x->send == MIDGE__H1_SEND_DONE && x->transfer->phase == MIDGE_PHASE_SEND) {
        midge__transfer_phase(x->transfer, MIDGE_PHASE_WAIT);
    }
}

int midge__h1_send(struct midge__h1 *x, bool *moved)
{
    if (x->wpos == x->wlen && !has_direct(x) && x->send < MIDGE__H1_SEND_DONE) {
        int err = fill(x);
        if (err != MIDGE_OK) {
            return err;
        }
    }
    if (x->wpos < x->wlen || has_direct(x)) {
        int err = send_some(x, moved);
        if (err != MIDGE_OK && err != MIDGE_ERR_AGAIN) {
            midge__h1_send_broken(x, err);
        }
    }
    note_done(x);
    return MIDGE_OK;
}

bool midge__h1_sending(const struct midge__h1 *x)
{
    return x->wpos < x->wlen || (x->send < MIDGE__H1_SEND_DONE && !source_waits(x));
}
