/* SPDX-License-Identifier: MIT */
/* The lists of a connection's streams. They are few, and the stream of a frame is often that of the
   frame before. */
#include "http/h2.h"

#if MIDGE_WITH_HTTP2

MIDGE__APART void midge__h2_stream_unlink(struct midge__h2 *h, struct midge__h2_stream *s)
{
    struct midge__h2_stream **at = &h->streams;
    while (*at != s) {
        at = &(*at)->next;
    }
    *at = s->next;
}

#if MIDGE_HTTP2_RECORD > 0
void midge__h2_stream_first(struct midge__h2 *h, struct midge__h2_stream *s)
{
    midge__h2_stream_unlink(h, s);
    s->next = h->streams;
    h->streams = s;
}
#endif

struct midge__h2_stream *midge__h2_stream_find(const struct midge__h2 *h, uint32_t id)
{
    struct midge__h2_stream *s = h->streams;
    while (s != NULL && s->id != id) {
        s = s->next;
    }
    return s;
}

void midge__h2_stream_wake(struct midge__h2 *h, struct midge__h2_stream *s)
{
    midge__list_remove(&s->ready);
    midge__list_push_tail(&h->ready, &s->ready);
}

void midge__h2_unblock(struct midge__h2 *h)
{
    midge__list_splice_tail(&h->ready, &h->blocked);
}

void midge__h2_streams_each(struct midge__h2 *h,
                            void (*call)(struct midge__h2 *h, struct midge__h2_stream *s,
                                         uint32_t value),
                            uint32_t value)
{
    struct midge__h2_stream *next;
    for (struct midge__h2_stream *s = h->streams; s != NULL; s = next) {
        next = s->next;
        call(h, s, value);
    }
}

#endif
