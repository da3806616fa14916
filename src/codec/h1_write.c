/* SPDX-License-Identifier: MIT */
/*
 * Each call composes the whole head again and leaves out the bytes that were written before. Heads
 * are short, so this needs neither a buffer nor a state.
 */
#include "codec/h1_write.h"

#include <assert.h>

#include "base/span.h"
#include "midge/err.h"

/* ---- checks ---- */

static bool is_token(struct midge_span s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (!midge__is_token(s.ptr[i]))
            return false;
    }
    return s.len != 0;
}

/* RFC 9110 5.5: CR, LF or NUL in a value would let it write headers of its own. */
bool midge__h1_value_ok(const char *value)
{
    while (*value != '\0' && !midge__is_ctl(*value))
        value++;
    return *value == '\0';
}

static const struct midge_header *find(struct midge__h1_headers headers, const char *name)
{
    for (size_t i = 0; i < headers.count; i++) {
        if (midge__span_is(midge__span_of(headers.list[i].name), name))
            return &headers.list[i];
    }
    return NULL;
}

/* RFC 9112 6: request smuggling needs two parties that read different lengths. */
static bool length_agrees(const char *value, enum midge__h1_framing framing,
                          uint64_t content_length)
{
    uint64_t said;
    uint64_t actual = framing == MIDGE__H1_FRAMING_LENGTH ? content_length : 0;
    return framing != MIDGE__H1_FRAMING_CHUNKED && midge__span_u64(midge__span_of(value), &said) &&
           said == actual;
}

int midge__h1_check(const char *method, struct midge__h1_headers headers,
                    enum midge__h1_framing framing, uint64_t content_length)
{
    bool ok = is_token(midge__span_of(method));
    for (size_t i = 0; ok && i < headers.count; i++) {
        const char *value = headers.list[i].value;
        struct midge_span name = midge__span_of(headers.list[i].name);
        ok = is_token(name);
        if (!ok || value == NULL) /* no value: it only suppresses a default */
            continue;
        bool is_length = midge__span_is(name, "Content-Length");
        bool is_single = is_length || midge__span_is(name, "Host");
        ok = midge__h1_value_ok(value) && !midge__span_is(name, "Transfer-Encoding") &&
             (!is_length || length_agrees(value, framing, content_length)) &&
             (!is_single || find(headers, name.ptr) == &headers.list[i]);
    }
    return ok ? MIDGE_OK : MIDGE_ERR_HEADER;
}

/* ---- the head ---- */

struct out {
    uint8_t *buf;
    size_t room;
    size_t skip; /* bytes written by earlier calls */
    bool full;   /* something did not fit */
};

static void put(struct out *out, struct midge_span part)
{
    if (out->skip >= part.len) {
        out->skip -= part.len;
        return;
    }
    size_t left = part.len - out->skip;
    size_t take = left < out->room ? left : out->room;
    out->full = out->full || take < left;
    out->skip = 0;
    if (take == 0)
        return;
    memcpy(out->buf, part.ptr + part.len - left, take);
    out->buf += take;
    out->room -= take;
}

static void put_text(struct out *out, const char *text)
{
    put(out, midge__span_of(text));
}

static void put_number(struct out *out, uint64_t value)
{
    char digits[MIDGE__U64_DIGITS];
    put(out, midge__span(digits, midge__u64_text(digits, value)));
}

static void put_header(struct out *out, const char *name, const char *prefix, const char *value)
{
    put_text(out, name);
    put_text(out, ": ");
    put_text(out, prefix);
    put_text(out, value);
    put_text(out, "\r\n");
}

/* RFC 9112 3.2.1. The fragment and userinfo are never sent. */
static void put_target(struct out *out, const struct midge_url *url)
{
    struct midge_span path, query;
    midge_url_target(url, &path, &query);
    put(out, path);
    if (query.ptr != NULL) {
        put_text(out, "?");
        put(out, query);
    }
}

static void put_authority(struct out *out, const struct midge_url *url)
{
    put_text(out, url->is_ipv6 ? "[" : "");
    put(out, url->host);
    put_text(out, url->is_ipv6 ? "]" : "");
    if (url->port != (url->is_https ? 443 : 80)) {
        put_text(out, ":");
        put_number(out, url->port);
    }
}

/* Host is the first header (RFC 9110 7.2), also when the caller sets it. */
static void put_host(struct out *out, const struct midge__h1_write *w)
{
    const struct midge_header *own = find(w->headers, "Host");
    if (own == NULL)
        own = find(w->defaults, "Host");
    if (own != NULL && own->value != NULL) { /* a request must have a Host */
        put_header(out, own->name, "", own->value);
        return;
    }
    put_text(out, "Host: ");
    put_authority(out, w->url);
    put_text(out, "\r\n");
}

static void put_framing(struct out *out, const struct midge__h1_write *w)
{
    if (w->framing == MIDGE__H1_FRAMING_LENGTH) {
        put_text(out, "Content-Length: ");
        put_number(out, w->content_length);
        put_text(out, "\r\n");
    } else if (w->framing == MIDGE__H1_FRAMING_CHUNKED) {
        put_text(out, "Transfer-Encoding: chunked\r\n");
    }
}

/* put_host and put_framing write these. */
static bool has_own_line(const struct midge__h1_write *w, const char *name)
{
    struct midge_span s = midge__span_of(name);
    return midge__span_is(s, "Host") ||
           (w->framing != MIDGE__H1_FRAMING_NONE && midge__span_is(s, "Content-Length"));
}

/* Does the request replace this default, by a header or by a field of its own? */
static bool is_replaced(const struct midge__h1_write *w, const char *name)
{
    struct midge_span s = midge__span_of(name);
    return find(w->headers, name) != NULL ||
           (w->content_type != NULL && midge__span_is(s, "Content-Type")) ||
           (w->bearer != NULL && midge__span_is(s, "Authorization"));
}

static void put_headers(struct out *out, const struct midge__h1_write *w,
                        struct midge__h1_headers list, bool are_defaults)
{
    for (size_t i = 0; i < list.count; i++) {
        const struct midge_header *header = &list.list[i];
        if (header->value != NULL && !has_own_line(w, header->name) &&
            !(are_defaults && is_replaced(w, header->name)))
            put_header(out, header->name, "", header->value);
    }
}

/* Writes a field of the request, unless a header of that name is set. */
static void put_field(struct out *out, const struct midge__h1_write *w,
                      struct midge__h1_headers defaults, const char *name, const char *prefix,
                      const char *value)
{
    if (value != NULL && find(w->headers, name) == NULL && find(defaults, name) == NULL)
        put_header(out, name, prefix, value);
}

int midge__h1_write(struct midge__h1_write *w, uint8_t *buf, size_t cap, size_t *n)
{
    const struct midge__h1_headers none = {NULL, 0};
    struct out out = {buf, cap, w->sent, false};
    put_text(&out, w->method);
    put_text(&out, " ");
    put_target(&out, w->url);
    put_text(&out, " HTTP/1.1\r\n");
    put_host(&out, w);
    put_framing(&out, w);
    put_headers(&out, w, w->headers, false);
    put_headers(&out, w, w->defaults, true);
    put_field(&out, w, none, "Content-Type", "", w->content_type);
    put_field(&out, w, none, "Authorization", "Bearer ", w->bearer);
    put_field(&out, w, w->defaults, "User-Agent", "", w->user_agent);
    put_field(&out, w, w->defaults, "Accept", "", w->accept);
    put_text(&out, "\r\n");
    *n = cap - out.room;
    w->sent += *n;
    return out.full ? MIDGE_ERR_AGAIN : MIDGE_OK;
}

size_t midge__h1_chunk_head(uint8_t out[MIDGE__H1_CHUNK_HEAD_MAX], size_t len)
{
    static const char hex[] = "0123456789abcdef";
    size_t digits = 1;
    assert(len != 0);
    for (size_t rest = len; rest > 15; rest >>= 4)
        digits++;
    for (size_t at = digits; at-- > 0; len >>= 4)
        out[at] = (uint8_t)hex[len & 15];
    out[digits] = '\r';
    out[digits + 1] = '\n';
    return digits + 2;
}
