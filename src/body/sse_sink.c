/* SPDX-License-Identifier: MIT */
/* The sink around the codec's reader of server-sent events: events to the program. */
#include "base/check.h"
#include "base/span.h"
#include "codec/encoding.h"
#include "codec/sse.h"
#include "midge/err.h"

#if MIDGE_WITH_SSE

/* PAUSE is returned only after all bytes were taken. */
static int sse_write(struct midge_sink *base, const uint8_t *data, size_t len)
{
    struct midge_sse *sse = MIDGE_CONTAINER_OF(base, struct midge_sse, sink);
    struct midge_span in = midge__span((const char *)data, len);
    struct midge_sse_event event;
    int got, err = MIDGE_OK, paused = MIDGE_OK;
    while (err == MIDGE_OK && !sse->over && (got = midge__sse_read(sse, &in, &event)) != MIDGE_OK) {
        if (got != MIDGE__SSE_EVENT) {
            return got;
        }
        sse->events++;
        err = sse->on_event(sse->ctx, &event);
        if (err == MIDGE_ERR_PAUSE) {
            paused = err;
            err = MIDGE_OK;
        }
    }
    return err != MIDGE_OK ? err : paused;
}

/* An event that the body does not end is dropped (WHATWG HTML 9.2.6). Called from within on_event
   if that cancels the request: then no further event is reported. */
static int sse_finish(struct midge_sink *base, int err, enum midge_complete complete)
{
    MIDGE_CONTAINER_OF(base, struct midge_sse, sink)->over = 1;
    (void)err, (void)complete;
    return MIDGE_OK;
}

void midge_sse_again(struct midge_sse *sse)
{
    sse->over = 0;
    midge__sse_begin(sse);
}

void midge_sse_init(struct midge_sse *sse, char *text, size_t cap, midge_sse_event_fn *on_event,
                    void *ctx)
{
    *sse = (struct midge_sse){
        .sink = {.write = sse_write, .finish = sse_finish, .head = midge__encoding_refuse},
        .on_event = on_event,
        .ctx = ctx,
        .retry_ms = UINT32_MAX,
        .state = {.text = text, .cap = cap}};
    midge__sse_begin(sse);
}

#endif
