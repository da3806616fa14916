/* SPDX-License-Identifier: MIT */
/*
 * Reads the lines of the text one after the other and composes their fields. A field takes at most
 * as many bytes as its line, which has ": " and CRLF, but for one byte more for each 128 of a long
 * name or value: so a block that is written below its text does not reach what is not read.
 */
#include "codec/h2_request.h"

#if MIDGE_WITH_HTTP2

#include "base/span.h"
#include "codec/field.h"
#include "codec/h2_fields.h"

/* Takes what stands before `end` off; `end` itself is dropped. */
static struct midge_span take(struct midge_span *rest, char end)
{
    struct midge_span taken = midge__span(rest->ptr, midge__span_find(*rest, end));
    const size_t used = taken.len < rest->len ? taken.len + 1 : taken.len;
    *rest = midge__span(rest->ptr + used, rest->len - used);
    return taken;
}

static struct midge_span take_line(struct midge_span *text)
{
    struct midge_span line = take(text, '\r');
    (void)take(text, '\n');
    return line;
}

/* RFC 9113 8.3.1. */
static void put_request_line(struct midge__hpack_out *out, struct midge_span line, bool secure)
{
    struct midge_span method = take(&line, ' ');
    struct midge_span path = take(&line, ' ');
    if (midge__span_eq(method, MIDGE__LIT("GET"))) {
        midge__hpack_put_index(out, MIDGE__HPACK_METHOD_GET);
    } else if (midge__span_eq(method, MIDGE__LIT("POST"))) {
        midge__hpack_put_index(out, MIDGE__HPACK_METHOD_POST);
    } else {
        midge__hpack_put_named(out, MIDGE__HPACK_METHOD_GET, method);
    }
    midge__hpack_put_index(out, secure ? MIDGE__HPACK_SCHEME_HTTPS : MIDGE__HPACK_SCHEME_HTTP);
    midge__hpack_put_named(out, MIDGE__HPACK_PATH, path);
}

/* 8.2.2. */
static bool is_left_out(struct midge_span name, enum midge__field field, struct midge_span value)
{
    return midge__h2_is_of_connection(name, field) ||
           (midge__span_eq_nocase(name, MIDGE__LIT("te")) &&
            !midge__span_eq_nocase(value, MIDGE__LIT("trailers")));
}

static void put_line(struct midge__hpack_out *out, struct midge_span line)
{
    struct midge_span name = take(&line, ':'), value = midge__span_trim(line);
    const enum midge__field field = midge__field_of(name);
    if (field == MIDGE__FIELD_HOST) {
        midge__hpack_put_named(out, MIDGE__HPACK_AUTHORITY, value);
    } else if (!is_left_out(name, field, value)) {
        midge__hpack_put_field(out, name, value);
    }
}

void midge__h2_put_request(struct midge__hpack_out *out, struct midge_span text, bool secure)
{
    put_request_line(out, take_line(&text), secure);
    for (struct midge_span line; (line = take_line(&text)).len > 0;) {
        put_line(out, line);
    }
}

#endif
