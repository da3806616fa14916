/* SPDX-License-Identifier: MIT */
/*
 * HTTP/1.1: the buffer that an exchange receives into, and where its head is parsed in place.
 *
 * A step borrows the client's buffer. Most heads come whole: such an exchange never allocates. When
 * a step ends in the middle of a head, or a paused sink leaves bytes, they move to a buffer of the
 * connection's own (512 bytes, doubled up to max_header), and the exchange receives into that one,
 * behind the kept text, until nothing is left. If memory is short, it gets the client's spare head,
 * which one exchange at a time may have; if that is lent too, it holds the client's buffer, and the
 * others receive into a buffer of their own, or wait for memory. An exchange that has no room to
 * receive waits for memory; if none will come, the fields that are not needed are removed from its
 * head.
 */
#include "http/h1.h"
#include "core/limits.h"
#include "core/replay.h"
#include <string.h>

static struct midge_client *client_of(const struct midge__h1 *h)
{
    return h->x.conn->client;
}

static void set_buffer(struct midge__h1 *h, uint8_t *buf, size_t size, enum midge__h1_lease lease)
{
    size_t max = client_of(h)->config.max_header;
    h->buf = buf;
    h->size = (uint32_t)size;
    h->lease = (uint8_t)lease;
    midge__h1_parse_grow(&h->parse, (char *)buf, size < max ? size : max);
}

static void give_back(struct midge__h1 *h)
{
    struct midge_client *client = client_of(h);
    if (h->lease == MIDGE__H1_SPARE) {
        client->spare_head = (char *)h->buf;
        client->admission_due = true; /* another exchange may wait for it */
    } else if (h->lease == MIDGE__H1_HELD) {
        client->recv_buffer = h->buf;
        client->admission_due = true;
    } else if (h->lease == MIDGE__H1_OWN) {
        midge__memory_free(&client->memory, h->buf);
    }
}

void midge__h1_buffer_free(struct midge__h1 *h)
{
    if (h->buf != NULL) {
        give_back(h);
        set_buffer(h, NULL, 0, MIDGE__H1_LENT);
    }
    h->rpos = h->rlen = 0;
}

static void move(struct midge__h1 *h, uint8_t *to, size_t size, enum midge__h1_lease lease)
{
    size_t text = h->parse.fill, rest = h->rlen - h->rpos;
    if (h->buf != NULL) {
        memcpy(to, h->buf, text);
        memcpy(to + text + MIDGE__H1_GAP, h->buf + h->rpos, rest);
        give_back(h);
    }
    h->rpos = (uint32_t)(text + MIDGE__H1_GAP);
    h->rlen = h->rpos + (uint32_t)rest;
    set_buffer(h, to, size, lease);
}

/* Moves to a buffer of at least so many bytes. False: there is none. */
static bool enlarge(struct midge__h1 *h, size_t size)
{
    struct midge_client *client = client_of(h);
    size_t spare = client->spare_size;
    uint8_t *to = NULL;
    if (midge__memory_has(&client->memory, size)) {
        to = midge__memory_alloc(&client->memory, h->x.conn->owner, size);
    }
    if (to != NULL) {
        move(h, to, size, MIDGE__H1_OWN);
    } else if (client->spare_head != NULL && spare >= size) {
        to = (uint8_t *)client->spare_head;
        client->spare_head = NULL;
        move(h, to, spare, MIDGE__H1_SPARE);
    }
    return to != NULL;
}

/* There is no room to receive, and no memory for more. A request that may be sent again is sent
   again when it is alone; for others the fields that are not needed are skipped. */
static int cut(struct midge__h1 *h)
{
    bool again = client_of(h)->n_conns > 1 && midge__transfer_steps_back(h->x.transfer);
    return !again && midge__h1_parse_skip(&h->parse) ? MIDGE_OK : MIDGE_ERR_NO_MEMORY;
}

static int wait_for_memory(struct midge__h1 *h, size_t size)
{
    return midge__exchange_wait_memory(&h->x, size) ? MIDGE_ERR_AGAIN : MIDGE_ERR_NO_MEMORY;
}

static int borrow(struct midge__h1 *h)
{
    uint8_t *lent = client_of(h)->recv_buffer;
    if (lent == NULL) {
        return enlarge(h, MIDGE__EXCHANGE_FIRST) ? MIDGE_OK
                                                 : wait_for_memory(h, MIDGE__EXCHANGE_FIRST);
    }
    set_buffer(h, lent, MIDGE_RECV_BUFFER, MIDGE__H1_LENT);
    return MIDGE_OK;
}

size_t midge__h1_room(const struct midge__h1 *h)
{
    size_t used = h->parse.fill + MIDGE__H1_GAP;
    return h->size > used ? h->size - used : 0;
}

int midge__h1_buffer_take(struct midge__h1 *h)
{
    size_t max = client_of(h)->config.max_header + MIDGE__H1_GAP;
    if (h->buf == NULL) {
        return borrow(h);
    }
    size_t room = midge__h1_room(h), wish = h->size < max / 2 ? 2 * h->size : max;
    if (room > h->size / 4 || (h->size < max && enlarge(h, wish)) || room > 0) {
        return MIDGE_OK;
    }
    if (h->size >= max) {
        return midge__h1_parse_skip(&h->parse) ? MIDGE_OK : MIDGE_ERR_TOO_LARGE;
    }
    int err = wait_for_memory(h, wish);
    return err == MIDGE_ERR_NO_MEMORY ? cut(h) : err;
}

void midge__h1_buffer_settle(struct midge__h1 *h)
{
    struct midge_client *client = client_of(h);
    midge__h1_parse_forget(&h->parse);
    size_t left = h->parse.fill + h->rlen - h->rpos, size = MIDGE__EXCHANGE_FIRST;
    if (left == 0) {
        midge__h1_buffer_free(h);
        return;
    }
    if (h->lease != MIDGE__H1_LENT) {
        return;
    }
    while (size < left + MIDGE__H1_GAP) {
        size *= 2;
    }
    if (!enlarge(h, size)) {
        client->recv_buffer = NULL;
        h->lease = MIDGE__H1_HELD;
    }
}
