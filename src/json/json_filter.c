/* SPDX-License-Identifier: MIT */
/* The sink around the JSON scanner of the codec: values to the callback, errors to the request. */
#include "base/check.h"
#include "base/span.h"
#include "codec/json_scan.h"
#include "midge/err.h"
#include "midge/response.h"

#if MIDGE_WITH_JSON

/* Sets the document's error. It is the request's error too, unless the body need not be JSON. */
static int answer(struct midge_json_filter *filter, int err)
{
    filter->error = err;
    return filter->optional ? MIDGE_OK : err;
}

/* Reports one value to the program. PAUSE is returned only after all of the bytes were taken. */
static int tell(struct midge_json_filter *filter, const struct midge_json_value *value, int *paused)
{
    int err = filter->on_value(filter->ctx, value);
    if (err != MIDGE_ERR_PAUSE) {
        return err;
    }
    *paused = err;
    return MIDGE_OK;
}

#if MIDGE_WITH_ENCODINGS
static int filter_head(struct midge_sink *sink, struct midge_response *response)
{
    return response->encoding == MIDGE_ENCODING_NONE
               ? MIDGE_OK
               : answer(MIDGE_CONTAINER_OF(sink, struct midge_json_filter, sink),
                        MIDGE_ERR_ENCODING);
}
#else
#define filter_head NULL
#endif

/* Scans all of data; data NULL: the end of the body. */
static int pass(struct midge_json_filter *filter, const uint8_t *data, size_t len)
{
    struct midge_span in = midge__span((const char *)data, len);
    struct midge_json_value value;
    int got, told = MIDGE_OK, paused = MIDGE_OK;
    filter->scan.longer = filter->pieces     ? MIDGE__JSON_IN_PIECES
                          : filter->truncate ? MIDGE__JSON_CUT
                                             : MIDGE__JSON_REFUSE;
    do {
        got = midge__json_scan(&filter->scan, &in, &value);
        if (got == MIDGE__JSON_VALUE) {
            told = tell(filter, &value, &paused);
        }
    } while (got == MIDGE__JSON_VALUE && told == MIDGE_OK);
    filter->offset += len - in.len;
    if (told != MIDGE_OK) {
        return told;
    }
    return got == MIDGE_OK ? paused : answer(filter, got);
}

static int filter_write(struct midge_sink *sink, const uint8_t *data, size_t len)
{
    return pass(MIDGE_CONTAINER_OF(sink, struct midge_json_filter, sink), data, len);
}

/* If the request failed, the incomplete body is not reported as malformed JSON. */
static int filter_finish(struct midge_sink *sink, int err, enum midge_complete complete)
{
    (void)complete;
    if (err == MIDGE_OK) {
        err = pass(MIDGE_CONTAINER_OF(sink, struct midge_json_filter, sink), NULL, 0);
        return err == MIDGE_ERR_PAUSE ? MIDGE_OK : err;
    }
    return MIDGE_OK;
}

int midge_json_filter_init(struct midge_json_filter *filter, const char *const *paths, size_t n,
                           char *text, size_t cap, midge_json_value_fn *on_value, void *ctx)
{
    *filter = (struct midge_json_filter){
        .sink = {.write = filter_write, .finish = filter_finish, .head = filter_head},
        .on_value = on_value,
        .ctx = ctx};
    int err = midge__json_scan_init(&filter->scan, paths, n, text, cap);
    return on_value != NULL ? err : MIDGE_ERR_INVALID;
}

#endif
