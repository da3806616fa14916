/* SPDX-License-Identifier: MIT */
/*
 * Text is decoded to the end of the head buffer: the name, then ':' in place of the NUL that will
 * stand there, then the value. So the current field looks as a line does in the parser of HTTP/1.1,
 * and h1_skip.c makes room. Three bytes of the buffer's end are kept free for ':' and NUL. A field
 * that is skipped is decoded there too, and what fills the rest of the buffer is dropped. :status
 * is taken out of the buffer when it is complete.
 */
#include "codec/h2_head.h"

#if MIDGE_WITH_HTTP2

#include <string.h>

#include "base/check.h"
#include "base/span.h"
#include "codec/field.h"
#include "codec/h1_framing.h"
#include "codec/h1_skip.h"
#include "codec/h2_fields.h"
#include "codec/h2_frame.h"
#include "midge/err.h"

enum { SPARE = 3 }; /* bytes at the end of the buffer */

static void fail(struct midge__h2_head *h, enum midge__h2_code code, const char *why)
{
    h->code = (uint8_t)code;
#if MIDGE_WITH_TEXTS
    h->why = why;
#else
    (void)why;
#endif
}

/* RFC 9113 8.1.1. */
static void malformed(struct midge__h2_head *h, const char *why)
{
    fail(h, MIDGE__H2_PROTOCOL_ERROR, why);
}

static void broken(struct midge__h2_head *h)
{
    fail(h, MIDGE__H2_COMPRESSION_ERROR, MIDGE__RARE_TEXT("malformed header compression"));
}

static void too_large(struct midge__h2_head *h)
{
    fail(h, MIDGE__H2_CANCEL, MIDGE__TEXT("head too large"));
}

static bool skips(const struct midge__h2_head *h)
{
    return MIDGE_WITH_HEAD_SKIPPING && h->skips;
}

/* --- RFC 9113 8.2 --- */

/* 8.2.1, RFC 9110 5.1: a token in lower case; a pseudo-field's begins with ':'. */
static bool is_name(struct midge_span name)
{
    size_t i = name.len > 1 && name.ptr[0] == ':' ? 1 : 0;
    while (i < name.len && midge__is_token(name.ptr[i]) &&
           !(name.ptr[i] >= 'A' && name.ptr[i] <= 'Z')) {
        i++;
    }
    return i == name.len && i > 0;
}

/* 8.2.1 calls blanks around a value malformed; but servers send them (curl accepts them
   since 7.86), and no two readers take them for different values: they are removed, as in HTTP/1.1.
 */
static struct midge_span trim(struct midge_span value)
{
    const struct midge_span inner = midge__span_trim(value);
    memmove((void *)(uintptr_t)value.ptr, inner.ptr, inner.len);
    return midge__span(value.ptr, inner.len);
}

/* RFC 9110 5.5. */
static bool has_control(struct midge_span value)
{
    size_t i = 0;
    while (i < value.len && !midge__is_ctl(value.ptr[i])) {
        i++;
    }
    return i < value.len;
}

/* --- fields --- */

/* 8.3: before all other fields, once, and the only one of an answer. */
static void on_pseudo(struct midge__h2_head *h, struct midge_span name, struct midge_span value)
{
    uint64_t status = 0;
    if (!midge__span_is(name, ":status") || h->trailers || h->has_field || h->to->status != 0) {
        malformed(h, MIDGE__RARE_TEXT("wrong pseudo-field"));
    } else if (value.len != 3 || !midge__span_u64(value, &status) || status < 100) {
        malformed(h, MIDGE__TEXT("bad status code"));
    }
    h->to->status = (uint16_t)status;
    h->to->fill = h->to->line;
}

static void on_field(struct midge__h2_head *h, struct midge_span name, struct midge_span value)
{
    struct midge__h1_parse *p = h->to;
    const enum midge__field field = midge__field_of(name);
    if ((h->hpack.literal || field == MIDGE__FIELD_TRANSFER_ENCODING) &&
        midge__h2_rule_of(name, field) == MIDGE__H2_OF_CONNECTION) {
        malformed(h, MIDGE__RARE_TEXT("field of HTTP/1 connections"));
    }
    if (!h->trailers) {
        const char *why = midge__h1_note_header(p, field, value);
        if (why != NULL) {
            malformed(h, why);
        }
    } else if (!MIDGE_WITH_TRAILERS) {
        p->fill = p->line;
    }
    h->has_field = true;
    p->line = p->fill;
}

MIDGE__APART static void on_name(struct midge__h2_head *h)
{
    struct midge__h1_parse *p = h->to;
    if (skips(h)) {
        return;
    }
    if (h->hpack.literal && !is_name(midge__span(p->head + p->line, p->fill - p->line))) {
        malformed(h, MIDGE__RARE_TEXT("bad character in header name"));
        return; /* an empty name may have no room behind it */
    }
    p->head[p->fill++] = ':';
    h->value = p->fill;
}

MIDGE__APART static void on_value(struct midge__h2_head *h)
{
    struct midge__h1_parse *p = h->to;
    if (skips(h)) {
        h->skips = false;
        h->has_field = true;
        p->fill = p->line;
        return;
    }
    struct midge_span name = midge__span(p->head + p->line, h->value - p->line - 1);
    struct midge_span value = trim(midge__span(p->head + h->value, p->fill - h->value));
    p->fill = h->value + value.len;
    p->head[h->value - 1] = p->head[p->fill++] = '\0';
    h->value = 0;
    if (h->hpack.unchecked && has_control(value)) {
        malformed(h, MIDGE__RARE_TEXT("bad character in header value"));
    } else if (name.ptr[0] == ':') {
        on_pseudo(h, name, value);
    } else {
        on_field(h, name, value);
    }
}

/* --- public --- */

/* The buffer is full: other fields are removed, or the current one is skipped. */
static void make_room(struct midge__h2_head *h)
{
    struct midge__h1_parse *p = h->to;
    const size_t line = p->line;
    if (skips(h)) {
        p->fill = line;
        return;
    }
    if (!midge__h1_parse_skip(p)) {
        too_large(h);
        return;
    }
    h->value -= h->value > 0 ? line - p->line : 0;
    if (midge__h1_skips(p)) {
        p->skip = 0; /* from here on it is skipped here */
        h->skips = true;
        h->value = 0;
    }
}

/* Where the current name or value goes. */
static struct midge__hpack_text text_of(const struct midge__h2_head *h)
{
    const struct midge__h1_parse *p = h->to;
    const size_t cap = p->cap - (skips(h) ? 0 : SPARE);
    return (struct midge__hpack_text){p->head, p->fill, cap > p->fill ? cap : p->fill};
}

static void decode(struct midge__h2_head *h, const uint8_t *at, const uint8_t *end)
{
    struct midge__h1_parse *p = h->to;
    while (h->code == MIDGE__H2_NO_ERROR) {
        struct midge__hpack_text text = text_of(h);
        enum midge__hpack_kind kind = midge__hpack_read(&h->hpack, &at, end, &text);
        p->fill = text.fill;
        switch (kind) {
        case MIDGE__HPACK_NEED_MORE:
            return;
        case MIDGE__HPACK_NAME:
            on_name(h);
            break;
        case MIDGE__HPACK_FIELD:
            on_value(h);
            break;
        case MIDGE__HPACK_FULL:
            make_room(h);
            break;
        default:
            broken(h);
        }
    }
}

void midge__h2_head_begin(struct midge__h2_head *h, struct midge__h1_parse *to, bool trailers)
{
    *h = (struct midge__h2_head){.to = to, .trailers = trailers};
    if (to->cap < SPARE) {
        too_large(h);
    } else if (!trailers) {
        to->head[0] = '\0'; /* the reason */
        to->fill = to->line = to->fields = 1;
    }
}

MIDGE__APART int midge__h2_head_read(struct midge__h2_head *h, const uint8_t *in, size_t len)
{
    const size_t most = len < h->to->budget ? len : h->to->budget;
    decode(h, in, in + most);
    h->to->budget -= (uint32_t)most;
    if (most < len && h->code == MIDGE__H2_NO_ERROR) {
        too_large(h);
    }
    return h->code == MIDGE__H2_COMPRESSION_ERROR ? MIDGE_ERR_PROTOCOL : MIDGE_OK;
}

/* RFC 9113 8.1: an interim head does not end the stream, trailers do. 8.6: there is no 101. */
static void check_end(struct midge__h2_head *h, bool end_stream)
{
    const unsigned status = h->to->status;
    if (!midge__hpack_is_complete(&h->hpack)) {
        broken(h);
    } else if (h->trailers && !end_stream) {
        malformed(h, MIDGE__RARE_TEXT("trailers that do not end"));
    } else if (status == 0) {
        malformed(h, MIDGE__TEXT("bad status code"));
    } else if (status == 101 || (status < 200 && end_stream)) {
        malformed(h, MIDGE__RARE_TEXT("wrong interim answer"));
    }
}

int midge__h2_head_end(struct midge__h2_head *h, bool end_stream)
{
    if (h->code == MIDGE__H2_NO_ERROR) {
        check_end(h, end_stream);
    }
    if (!h->trailers) {
        h->to->fields_end = h->to->fill;
    }
    return h->code == MIDGE__H2_NO_ERROR ? MIDGE_OK
           : h->code == MIDGE__H2_CANCEL ? MIDGE_ERR_TOO_LARGE
                                         : MIDGE_ERR_PROTOCOL;
}

#endif
