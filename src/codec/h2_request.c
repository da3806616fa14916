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
    midge__hpack_put_field(out, MIDGE__HPACK_METHOD, false, method, method);
    midge__hpack_put_index(out, secure ? MIDGE__HPACK_SCHEME_HTTPS : MIDGE__HPACK_SCHEME_HTTP);
    midge__hpack_put_field(out, MIDGE__HPACK_PATH, false, path, path);
}

/* Indices of the names that midge knows. */
static const uint8_t indices[MIDGE__FIELD_OTHER + 1] = {[MIDGE__FIELD_DATE] = 33,
                                                        [MIDGE__FIELD_HOST] =
                                                            MIDGE__HPACK_AUTHORITY,
                                                        [MIDGE__FIELD_ACCEPT] = 19,
                                                        [MIDGE__FIELD_LOCATION] = 46,
                                                        [MIDGE__FIELD_USER_AGENT] = 58,
                                                        [MIDGE__FIELD_RETRY_AFTER] = 53,
                                                        [MIDGE__FIELD_CONTENT_TYPE] = 31,
                                                        [MIDGE__FIELD_CONTENT_RANGE] = 30,
                                                        [MIDGE__FIELD_AUTHORIZATION] = 23,
                                                        [MIDGE__FIELD_CONTENT_LENGTH] = 28,
                                                        [MIDGE__FIELD_CONTENT_ENCODING] = 26};

static bool is_secret(struct midge_span name, enum midge__field field)
{
    return field == MIDGE__FIELD_AUTHORIZATION || midge__span_is(name, "cookie") ||
           midge__span_is(name, "proxy-authorization");
}

static bool is_other_te(struct midge_span name, struct midge_span value)
{
    return midge__span_is(name, "te") && !midge__span_is(value, "trailers");
}

static void put_line(struct midge__hpack_out *out, struct midge_span line)
{
    struct midge_span name = take(&line, ':'), value = midge__span_trim(line);
    const enum midge__field field = midge__field_of(name);
    if (!midge__h2_is_of_connection(name, field) && !is_other_te(name, value)) {
        midge__hpack_put_field(out, indices[field], is_secret(name, field), name, value);
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
