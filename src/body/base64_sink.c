/* SPDX-License-Identifier: MIT */
/* The sink around the base64 decoder of the codec. */
#include "base/check.h"
#include "base/span.h"
#include "base/base64.h"
#include "midge/config.h"
#include "midge/err.h"

#if MIDGE_WITH_BASE64

#define PIECE 192 /* bytes passed on at a time; on the stack of midge_poll's caller */

static struct midge_base64_sink *sink_of(struct midge_sink *base)
{
    return MIDGE_CONTAINER_OF(base, struct midge_base64_sink, sink);
}

/* PAUSE is returned only after all data was taken. */
static int pass_on(struct midge_base64_sink *sink, const uint8_t *data, size_t len, int *paused)
{
    int err = len > 0 ? sink->next->write(sink->next, data, len) : MIDGE_OK;
    if (err != MIDGE_ERR_PAUSE) {
        return err;
    }
    *paused = err;
    return MIDGE_OK;
}

static int base64_write(struct midge_sink *base, const uint8_t *data, size_t len)
{
    struct midge_base64_sink *sink = sink_of(base);
    struct midge_span in = midge__span((const char *)data, len);
    uint8_t piece[PIECE];
    int err = MIDGE_OK, paused = MIDGE_OK;
    while (in.len > 0 && err == MIDGE_OK) {
        size_t n, left = in.len;
        int decoded = midge__base64_decode(&sink->state, &in, piece, sizeof piece, &n);
        sink->offset += left - in.len;
        err = pass_on(sink, piece, n, &paused);
        err = err == MIDGE_OK ? decoded : err;
    }
    return err == MIDGE_OK ? paused : err;
}

static int base64_finish(struct midge_sink *base, int err, enum midge_complete complete)
{
    struct midge_base64_sink *sink = sink_of(base);
    int decoded = err == MIDGE_OK ? midge__base64_end(&sink->state) : MIDGE_OK;
    int finished = sink->next->finish(sink->next, decoded != MIDGE_OK ? decoded : err, complete);
    return decoded != MIDGE_OK ? decoded : finished;
}

static int base64_reset(struct midge_sink *base)
{
    struct midge_base64_sink *sink = sink_of(base);
    sink->state = (struct midge__base64){.bits = 0};
    sink->offset = 0;
    return sink->next->reset(sink->next);
}

void midge_base64_sink_init(struct midge_base64_sink *sink, struct midge_sink *next)
{
    *sink = (struct midge_base64_sink){
        .sink = {.write = base64_write,
                 .finish = base64_finish,
                 .reset = next->reset != NULL ? base64_reset : NULL},
        .next = next,
    };
}

#endif
