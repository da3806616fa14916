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

/* Takes the text before `end` off, and `end` itself. */
static struct midge_span take(struct midge_span *rest, char end)
{
    struct midge_span taken = midge__span(rest->ptr, midge__span_find(*rest, end));
    const size_t used = taken.len < rest->len ? taken.len + 1 : taken.len;
    *rest = midge__span(rest->ptr + used, rest->len - used);
    return taken;
}

/* RFC 9113 8.3.1. */
static uint8_t *put_request_line(uint8_t *to, struct midge_span line, bool secure)
{
    struct midge_span method = take(&line, ' ');
    struct midge_span path = take(&line, ' ');
    *to++ = MIDGE__HPACK_METHOD;
    to = midge__hpack_put_text(to, method, false);
    *to++ = MIDGE__HPACK_INDEXED | (secure ? MIDGE__HPACK_SCHEME_HTTPS : MIDGE__HPACK_SCHEME_HTTP);
    *to++ = MIDGE__HPACK_PATH;
    return midge__hpack_put_text(to, path, false);
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

static uint8_t *put_line(uint8_t *to, struct midge_span line)
{
    struct midge_span name = take(&line, ':'), value = midge__span_trim(line);
    const enum midge__field field = midge__field_of(name);
    const enum midge__h2_rule rule = midge__h2_rule_of(name, field);
    if (rule == MIDGE__H2_OF_CONNECTION ||
        (rule == MIDGE__H2_TE && !midge__span_is(value, "trailers"))) {
        return to;
    }
    return midge__hpack_put_field(to, indices[field], rule == MIDGE__H2_SECRET, name, value);
}

size_t midge__h2_put_request(uint8_t *to, struct midge_span text, bool secure)
{
    uint8_t *const begin = to;
    struct midge_span line = take(&text, '\r');
    to = put_request_line(to, line, secure);
    while (text.len > 1 && (line = take(&text, '\r')).len > 1) { /* the '\n' before it */
        to = put_line(to, midge__span(line.ptr + 1, line.len - 1));
    }
    return (size_t)(to - begin);
}

#endif
