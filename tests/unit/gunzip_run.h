/* SPDX-License-Identifier: MIT */
/* Drives a midge_gunzip as the core does, and keeps all that it passes on. */
#ifndef GUNZIP_RUN_H
#define GUNZIP_RUN_H

#include "fake_core.h"

#include "base/check.h"
#include "midge/gunzip.h"
#include "midge/response.h"

struct taker {
    struct midge_sink sink;
    struct midge_gunzip *ends; /* its request ends within the write number ends_at */
    uint8_t bytes[400000];
    size_t len;
    unsigned writes, pause_each; /* each nth write pauses; 0: none */
    unsigned ends_at, fails_at;
    unsigned finishes, resets, heads;
    int finish_err;
    enum midge_complete complete;
    uint8_t encoding; /* that the last head had */
};

static inline int taker_write(struct midge_sink *base, const uint8_t *data, size_t len)
{
    struct taker *t = MIDGE_CONTAINER_OF(base, struct taker, sink);
    if (len == 0 || len > sizeof t->bytes - t->len || t->finishes > 0) {
        abort();
    }
    memcpy(t->bytes + t->len, data, len);
    t->len += len;
    t->writes++;
    if (t->writes == t->ends_at) {
        (void)t->ends->sink.finish(&t->ends->sink, MIDGE_ERR_CANCELED, MIDGE_COMPLETE_NO);
    }
    if (t->writes == t->fails_at) {
        return MIDGE_ERR_WRITE;
    }
    return t->pause_each > 0 && t->writes % t->pause_each == 0 ? MIDGE_ERR_PAUSE : MIDGE_OK;
}

static inline int taker_finish(struct midge_sink *base, int err, enum midge_complete complete)
{
    struct taker *t = MIDGE_CONTAINER_OF(base, struct taker, sink);
    t->finishes++;
    t->finish_err = err;
    t->complete = complete;
    return MIDGE_OK;
}

static inline int taker_reset(struct midge_sink *base)
{
    struct taker *t = MIDGE_CONTAINER_OF(base, struct taker, sink);
    t->resets++;
    t->len = 0;
    return MIDGE_OK;
}

static inline int taker_head(struct midge_sink *base, struct midge_response *response)
{
    struct taker *t = MIDGE_CONTAINER_OF(base, struct taker, sink);
    t->heads++;
    t->encoding = response->encoding;
    return MIDGE_OK;
}

static inline void taker_init(struct taker *t)
{
    memset(t, 0, sizeof *t);
    t->sink = (struct midge_sink){
        .write = taker_write, .finish = taker_finish, .reset = taker_reset, .head = taker_head};
}

static inline int gunzip_head_of(struct midge_gunzip *g, enum midge_encoding encoding)
{
    struct midge_response response = {.status = 200, .encoding = (uint8_t)encoding};
    return g->sink.head(&g->sink, &response);
}

/* One write, and `more` until all of it was passed on. `calls` counts, if not NULL, the calls. */
static inline int gunzip_put(struct midge_gunzip *g, const uint8_t *data, size_t len,
                             unsigned *calls)
{
    uint8_t *piece = malloc(len); /* a sanitizer sees a byte that is read later or behind it */
    if (piece == NULL) {
        abort();
    }
    memcpy(piece, data, len);
    int err = g->sink.write(&g->sink, piece, len);
    free(piece);
    while ((err == MIDGE_ERR_PAUSE || err == MIDGE_ERR_AGAIN) && !g->over) {
        err = g->sink.more(&g->sink);
        if (calls != NULL) {
            ++*calls;
        }
    }
    return err;
}

/* A body in pieces of `size` bytes. Its first error, or that of finish. */
static inline int gunzip_all(struct midge_gunzip *g, const uint8_t *data, size_t len, size_t size)
{
    int err = MIDGE_OK;
    for (size_t at = 0; at < len && err == MIDGE_OK && !g->over; at += size) {
        err = gunzip_put(g, data + at, len - at < size ? len - at : size, NULL);
    }
    if (g->over) {
        return err;
    }
    const int finished =
        g->sink.finish(&g->sink, err, err == MIDGE_OK ? MIDGE_COMPLETE_YES : MIDGE_COMPLETE_NO);
    return err != MIDGE_OK ? err : finished;
}

#endif
