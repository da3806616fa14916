/* SPDX-License-Identifier: MIT */
/*
 * The streams of a connection: their memory, and which requests wait for others.
 *
 * A server may use a dynamic table though our settings forbid it (h2o up to 2.2.5). Then its first
 * answer can be decoded, and no further one; and a request that is not idempotent cannot be sent
 * again. So until a size update or a second head has come, such a request is held while the head of
 * another one is awaited; but not longer than HOLD_MS (h2_silence.c), since that head may take
 * long.
 */
#include "core/origin.h"
#include "core/request.h"
#include "http/h2.h"

#if MIDGE_WITH_HTTP2

void *midge__h2_alloc(const struct midge__h2 *h, size_t size)
{
    return midge__memory_alloc(&h->conn->client->memory, h->conn->owner, size);
}

void midge__h2_free(const struct midge__h2 *h, void *ptr)
{
    midge__memory_free(&h->conn->client->memory, ptr);
}

void midge__h2_wipe(const struct midge__h2 *h, void *ptr)
{
    midge__memory_wipe(&h->conn->client->memory, ptr);
}

struct midge__h2_stream *midge__h2_stream_add(struct midge__h2 *h)
{
    struct midge__h2_stream *s =
        midge__memory_calloc(&h->conn->client->memory, h->conn->owner, 1, sizeof *s);
    if (s != NULL) {
        midge__list_init(&s->ready);
        s->send_window = (int32_t)h->initial_window;
        s->recv_window = (int32_t)midge__h2_first_window(h);
        s->left = h->conn->client->config.max_head_total;
        s->reset = MIDGE__H2_NO_RESET;
        h->live++;
        s->next = h->streams;
        h->streams = s;
        midge__h2_stream_wake(h, s);
    }
    return s;
}

/* A head less is awaited, or a stream less is open. */
static void release(struct midge__h2 *h)
{
    if (!h->trusted || h->live >= h->max_streams) {
        midge__h2_unblock(h);
    }
}

void midge__h2_stream_free(struct midge__h2 *h, struct midge__h2_stream *s)
{
    MIDGE_ASSERT(s->x.transfer == NULL);
    midge__h2_stream_unlink(h, s);
    midge__list_remove(&s->ready);
    if (h->current == s) {
        h->current = NULL;
    }
    midge__h2_free(h, s->spill);
    midge__h2_free(h, s);
    h->live--;
    h->full = false;
    release(h);
    if (h->conn->state == MIDGE__CONN_READY) {
        midge__h2_limit_freed(h);
    }
}

/* RFC 9113 5.1.2. They were taken before the server's SETTINGS came, or have lowered the number. */
static bool are_too_many(const struct midge__h2 *h)
{
    unsigned begun = 0;
    if (h->live <= h->max_streams) {
        return false;
    }
    for (const struct midge__h2_stream *s = h->streams; s != NULL; s = s->next) {
        begun += s->id != 0;
    }
    return begun >= h->max_streams;
}

bool midge__h2_is_held(const struct midge__h2 *h, const struct midge__h2_stream *s)
{
    if (are_too_many(h)) {
        return true;
    }
    if (h->trusted || (s->x.transfer->method & MIDGE__METHOD_IDEMPOTENT) != 0) {
        return false;
    }
    for (const struct midge__h2_stream *at = h->streams; at != NULL; at = at->next) {
        if (at->id != 0 && at->recv == MIDGE__H2_RECV_HEAD) {
            return true;
        }
    }
    return false;
}

void midge__h2_trust(struct midge__h2 *h, bool proven)
{
    h->trusted = true;
    h->conn->origin->no_table |= proven;
    midge__h2_unblock(h);
}

void midge__h2_head_came(struct midge__h2 *h)
{
    if (h->headed && !h->trusted) {
        midge__h2_trust(h, true);
    }
    h->headed = true;
    release(h);
}

/* A head that is sent in part is completed first: the server's decoder must see all of it. */
void midge__h2_stream_reset(struct midge__h2 *h, struct midge__h2_stream *s, unsigned code)
{
    s->reset = (uint8_t)code;
    if (h->current == s) {
        h->current = NULL;
    }
    midge__h2_stream_wake(h, s);
}

#endif
