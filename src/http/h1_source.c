/* SPDX-License-Identifier: MIT */
/* HTTP/1.1, the body of a request from a source: as it is, or as chunks if its length is not known.
   A source gives each byte once, so such an exchange has a send buffer of its own, which keeps what
   the stream has not taken. Each call fills it if it is empty, and sends once. */
#include "http/h1.h"
#include "core/request.h"
#include <string.h>

#if MIDGE_WITH_SOURCES

#define CHUNK_RESERVE (MIDGE__H1_CHUNK_HEAD_MAX + sizeof MIDGE__H1_CHUNK_TAIL)

int midge__h1_source_begin(struct midge__h1 *h, struct midge__memory *memory, unsigned owner)
{
    h->upload = midge__memory_alloc(memory, owner, sizeof *h->upload);
    if (h->upload == NULL) {
        return MIDGE_ERR_NO_MEMORY;
    }
    h->upload->pos = h->upload->len = 0;
    return MIDGE_OK;
}

void midge__h1_source_end(struct midge__h1 *h)
{
    if (h->upload != NULL) {
        midge__memory_wipe(&h->x.conn->client->memory, h->upload);
        h->upload = NULL;
    }
}

static const struct midge_source *source_of(const struct midge__h1 *h)
{
    return h->x.transfer->request->source;
}

static bool is_chunked(const struct midge__h1 *h)
{
    return source_of(h)->length < 0;
}

static uint64_t body_left(const struct midge__h1 *h)
{
    return (uint64_t)source_of(h)->length - h->x.sent;
}

static void put(struct midge__h1_upload *u, const void *bytes, size_t n)
{
    MIDGE_ASSERT(n <= MIDGE_SEND_BUFFER - u->len);
    memmove(u->bytes + u->len, bytes, n);
    u->len += n;
}

/* How many bytes one read of the source may return: the free bytes without the chunk's frame. */
static size_t source_room(const struct midge__h1 *h)
{
    size_t room = MIDGE_SEND_BUFFER - h->upload->len;
    if (is_chunked(h)) {
        return room > CHUNK_RESERVE ? room - CHUNK_RESERVE : 0;
    }
    return room < body_left(h) ? room : (size_t)body_left(h);
}

/* Frames n bytes as a chunk; they lie after the room for the chunk's head. */
static void put_chunk(struct midge__h1_upload *u, const uint8_t *at, size_t n)
{
    uint8_t line[MIDGE__H1_CHUNK_HEAD_MAX];
    put(u, line, midge__h1_chunk_head(line, n));
    put(u, at, n);
    put(u, MIDGE__H1_CHUNK_TAIL, sizeof MIDGE__H1_CHUNK_TAIL - 1);
}

/* One read of the source into the send buffer, framed as a chunk if need be. */
static int fill_body(struct midge__h1 *h)
{
    struct midge__h1_upload *u = h->upload;
    bool chunked = is_chunked(h);
    uint8_t *at = u->bytes + u->len + (chunked ? MIDGE__H1_CHUNK_HEAD_MAX : 0);
    size_t cap = source_room(h), n = 0;
    if (cap == 0) {
        return MIDGE_OK;
    }
    int err = midge__exchange_read(&h->x, at, cap, &n);
    if (err == MIDGE_ERR_EOF) {
        put(u, MIDGE__H1_LAST_CHUNK, sizeof MIDGE__H1_LAST_CHUNK - 1);
        h->send = MIDGE__H1_SEND_DONE;
        return MIDGE_OK;
    }
    if (err != MIDGE_OK) {
        return err == MIDGE_ERR_AGAIN ? MIDGE_OK : err;
    }
    if (chunked) {
        put_chunk(u, at, n);
    } else {
        u->len += n;
    }
    return MIDGE_OK;
}

static int fill(struct midge__h1 *h)
{
    struct midge__h1_upload *u = h->upload;
    u->pos = u->len = 0;
    if (h->send == MIDGE__H1_SEND_HEAD) {
        int err = midge__h1_head(h, u->bytes, MIDGE_SEND_BUFFER, &u->len);
        h->head_sent += (uint32_t)u->len;
        if (err != MIDGE_OK) {
            return MIDGE_OK;
        }
        midge__h1_head_sent(h);
    }
    return h->send == MIDGE__H1_SEND_BODY ? fill_body(h) : MIDGE_OK;
}

int midge__h1_source_send(struct midge__h1 *h, bool *moved)
{
    struct midge__h1_upload *u = h->upload;
    size_t n = 0;
    int err = u->pos == u->len ? fill(h) : MIDGE_OK;
    if (err != MIDGE_OK || u->pos == u->len) {
        return err;
    }
    err = midge__h1_send_once(h, u->bytes + u->pos, u->len - u->pos, &n, moved);
    u->pos += n;
    if (h->send == MIDGE__H1_SEND_BODY && u->pos == u->len && !is_chunked(h) && body_left(h) == 0) {
        h->send = MIDGE__H1_SEND_DONE;
    }
    return err;
}

#endif
