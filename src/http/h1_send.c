/* SPDX-License-Identifier: MIT */
/*
 * HTTP/1.1, the sending direction, without a source (h1_source.c). A step sends once: the head,
 * with a body in memory that fits behind it, through the client's buffer, which is lent for the
 * step; a larger body without a copy. The stream may take only a part, or ask for the same bytes
 * again: they are composed again, from the counts of bytes that it has taken. So nothing unsent is
 * kept.
 */
#include "http/h1.h"
#include "core/expect.h"
#include "core/head.h"
#include "core/origin.h"
#include "core/prepared.h"
#include "core/request.h"
#include <string.h>

int midge__h1_head(struct midge__h1 *h, uint8_t *buf, size_t cap, size_t *n)
{
    struct midge__h1_write write;
    midge__head_begin(&write, h->x.transfer);
    write.sent = h->head_sent;
    return midge__h1_write(&write, buf, cap, n);
}

int midge__h1_send_once(struct midge__h1 *h, const uint8_t *from, size_t len, size_t *n,
                        bool *moved)
{
    struct midge__stream *s = h->x.conn->stream;
    /* With TLS a repeated send must have the same arguments; there a record limits the bytes of one
       call. */
    if (s == &h->x.conn->tcp.s) {
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

/* A prepared head without framing fields is sent from its own memory: the bytes from h->head_sent
   on. ptr NULL: the head is composed. */
static struct midge_span ready_head(const struct midge__h1 *h)
{
    const struct midge__transfer *t = h->x.transfer;
    struct midge_span head = midge__prepared_head(t);
    if (MIDGE_WITH_PREPARED && head.ptr != NULL &&
        midge__request_framing(t->request, t->method) == MIDGE__H1_FRAMING_NONE) {
        head.ptr += h->head_sent;
        head.len += sizeof "\r\n" - 1 - h->head_sent;
        return head;
    }
    return (struct midge_span){NULL, 0};
}

/* Composes what is left of the head, and a small body, which is sent in one record with it. *head:
   bytes of the head; *len: of both. */
static int compose(struct midge__h1 *h, uint8_t *buf, size_t *head, size_t *len)
{
    size_t body = 0;
    int err = midge__h1_head(h, buf, MIDGE_SEND_BUFFER, head);
    const uint8_t *from = midge__exchange_memory(&h->x, &body);
    *len = *head;
    if (err == MIDGE_OK && body > 0 && !midge__expects(h->x.transfer) &&
        body <= MIDGE_SEND_BUFFER - *head) {
        memcpy(buf + *head, from, body);
        *len += body;
    }
    return err;
}

static int send_head(struct midge__h1 *h, bool *moved)
{
    struct midge_span ready = ready_head(h);
    const uint8_t *from = (const uint8_t *)ready.ptr;
    size_t head = ready.len, len = ready.len, n = 0;
    bool whole = true;
    if (from == NULL) {
        from = h->x.conn->client->send_buffer;
        whole = compose(h, h->x.conn->client->send_buffer, &head, &len) == MIDGE_OK;
    }
    int err = midge__h1_send_once(h, from, len, &n, moved);
    size_t of_head = n < head ? n : head;
    h->head_sent += (uint32_t)of_head;
    h->x.sent += n - of_head;
    if (whole && of_head == head && err == MIDGE_OK) {
        midge__h1_head_sent(h);
    }
    return err;
}

int midge__h1_memory_send(struct midge__h1 *h, bool *moved)
{
    return h->send == MIDGE__H1_SEND_HEAD ? send_head(h, moved) : send_body(h, moved);
}
