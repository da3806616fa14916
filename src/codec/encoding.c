/* SPDX-License-Identifier: MIT */
/* The fields are one list of codings, in the order in which they were applied. "identity" is none;
   two codings together are SEVERAL, since no decoder here undoes two. */
#include "codec/encoding.h"
#include "base/span.h"
#include "midge/err.h"

#if MIDGE_WITH_ENCODINGS

static enum midge_encoding coding_of(struct midge_span name)
{
    if (name.len == 0 || midge__span_is(name, "identity")) {
        return MIDGE_ENCODING_NONE;
    }
    if (midge__span_is(name, "gzip") || midge__span_is(name, "x-gzip")) { /* RFC 9110 8.4.1.3 */
        return MIDGE_ENCODING_GZIP;
    }
    return midge__span_is(name, "deflate") ? MIDGE_ENCODING_DEFLATE : MIDGE_ENCODING_OTHER;
}

static void add_field(uint8_t *all, struct midge_span list)
{
    struct midge_span item;
    while (midge__span_list_next(&list, &item)) {
        const enum midge_encoding one = coding_of(item);
        if (one != MIDGE_ENCODING_NONE) {
            *all = *all == MIDGE_ENCODING_NONE ? (uint8_t)one : MIDGE_ENCODING_SEVERAL;
        }
    }
}

uint8_t midge__encoding_of_fields(const struct midge__h1_parse *head)
{
    uint8_t all = MIDGE_ENCODING_NONE;
    struct midge_span name, value;
    size_t at = 0;
    while (midge__h1_header_next(head, &at, &name, &value)) {
        if (midge__span_is(name, "Content-Encoding")) {
            add_field(&all, value);
        }
    }
    return all;
}

int midge__encoding_refuse(struct midge_sink *sink, struct midge_response *response)
{
    (void)sink;
    return response->encoding != MIDGE_ENCODING_NONE ? MIDGE_ERR_ENCODING : MIDGE_OK;
}

#endif
