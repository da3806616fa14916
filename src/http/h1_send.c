/* SPDX-License-Identifier: MIT */
/*
 * HTTP/1.1, the sending direction, without a source (h1_source.c). A step sends once: the head,
 * with a body in memory that fits behind it, through the client's buffer, which is lent for the
 * step; a larger body without a copy. The stream may take only a part, or ask for the same bytes
 * again: they are composed again, from the counts of bytes that it has taken. So nothing unsent is
 * kept.
 */
#include "http/h1.h"
#include "core/head.h"
#include "core/origin.h"
#include <string.h>

int midge__h1_head(struct midge__h1 *h, uint8_t *buf, size_t cap, size_t *n)
{
    struct midge__h1_write write;
    struct midge_url url;
    midge__head_begin(&write, &url, h->x.transfer);
    write.sent = h->head_sent;
    return midge__h1_write(&write, buf, cap, n);
}

int midge__h1_send_once(struct midge__h1 *h, const uint8_t *from, size_t len, size_t *n,
                        bool *moved)
{
    struct midge__stream *s = h->x.conn->stream;
    /* With TLS a repeated send must have the same arguments; there a record limits the bytes of one
       call. */
    if (!h->x.conn->origin->secure) {
        len = midge__exchange_budget(&h->x, len);
    }
    int err = s->ops->send(s, from, len, n);
    if (err == MIDGE_OK) {
        midge__exchange_sent(&h->x, *n);
    }
    *moved = err == MIDGE_OK || err == MIDGE_ERR_BUSY;
    return err == MIDGE_ERR_BUSY ? MIDGE_ERR_AGAIN : err;
}

static int send_body(struct midge__h1 *h, bool *moved)
{
    size_t len, n = 0;
    const uint8_t *from = midge__exchange_memory(&h->x, &len);
    int err = midge__h1_send_once(h, from, len, &n, moved);
    h->x.sent += n;
    return err;
}

static int send_head(struct midge__h1 *h, bool *moved)
{
    uint8_t *buf = h->x.conn->client->send_buffer;
    size_t head = 0, n = 0, body;
    int err = midge__h1_head(h, buf, MIDGE_SEND_BUFFER, &head);
    bool whole = err == MIDGE_OK;
    /* A small body is sent in one record with its head. */
    const uint8_t *from = midge__exchange_memory(&h->x, &body);
    if (!whole || body > MIDGE_SEND_BUFFER - head) {
        body = 0;
    } else if (body > 0) {
        memcpy(buf + head, from, body);
    }
    err = midge__h1_send_once(h, buf, head + body, &n, moved);
    size_t of_head = n < head ? n : head;
    h->head_sent += (uint32_t)of_head;
    h->x.sent += n - of_head;
    if (whole && of_head == head && err == MIDGE_OK) {
        h->send = MIDGE__H1_SEND_BODY;
    }
    return err;
}

int midge__h1_memory_send(struct midge__h1 *h, bool *moved)
{
    return h->send == MIDGE__H1_SEND_HEAD ? send_head(h, moved) : send_body(h, moved);
}
