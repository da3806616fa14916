/* SPDX-License-Identifier: MIT */
/*
 * The head goes out line by line. A line that did not fit is put together again on the next
 * call and continued at w->sent: cheaper than a copy, and nothing needs a buffer of ours.
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
static bool is_value(struct midge_span s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (midge__is_ctl(s.ptr[i]))
            return false;
    }
    return s.ptr != NULL;
}

static bool name_is(const struct midge_header *header, const char *name)
{
    return midge__span_is(midge__span_of(header->name), name);
}

static const struct midge_header *find(struct midge__h1_headers headers, const char *name)
{
    for (size_t i = 0; i < headers.count; i++) {
        if (name_is(&headers.list[i], name))
            return &headers.list[i];
    }
    return NULL;
}

/* RFC 9112 6: two parties that read different lengths is how requests get smuggled. */
static bool framing_agrees(const struct midge_header *header, enum midge__h1_framing framing,
                           uint64_t content_length)
{
    uint64_t value;
    if (name_is(header, "Transfer-Encoding"))
        return false;
    if (!name_is(header, "Content-Length"))
        return true;
    if (framing == MIDGE__H1_FRAMING_CHUNKED)
        return false;
    uint64_t actual = framing == MIDGE__H1_FRAMING_LENGTH ? content_length : 0;
    return midge__span_u64(midge__span_of(header->value), &value) && value == actual;
}

static bool is_repeated(struct midge__h1_headers headers, const struct midge_header *header)
{
    bool single = name_is(header, "Host") || name_is(header, "Content-Length");
    return single && find(headers, header->name) != header;
}

int midge__h1_check(const char *method, struct midge__h1_headers headers,
                    enum midge__h1_framing framing, uint64_t content_length)
{
    if (!is_token(midge__span_of(method)))
        return MIDGE_ERR_HEADER;
    for (size_t i = 0; i < headers.count; i++) {
        const struct midge_header *header = &headers.list[i];
        if (!is_token(midge__span_of(header->name)))
            return MIDGE_ERR_HEADER;
        if (header->value == NULL)
            continue; /* only keeps a default away */
        if (!is_value(midge__span_of(header->value)))
            return MIDGE_ERR_HEADER;
        if (!framing_agrees(header, framing, content_length) || is_repeated(headers, header))
            return MIDGE_ERR_HEADER;
    }
    return MIDGE_OK;
}

/* ---- lines ---- */

struct line {
    struct midge_span parts[14];
    size_t count;
    char number[MIDGE__U64_DIGITS];
};

static void add(struct line *line, struct midge_span part)
{
    assert(line->count < sizeof line->parts / sizeof line->parts[0]);
    line->parts[line->count++] = part;
}

static void add_number(struct line *line, uint64_t value)
{
    add(line, midge__span(line->number, midge__u64_text(line->number, value)));
}

static void add_header(struct line *line, const struct midge_header *header)
{
    if (header->value == NULL)
        return;
    add(line, midge__span_of(header->name));
    add(line, MIDGE__LIT(": "));
    add(line, midge__span_of(header->value));
    add(line, MIDGE__LIT("\r\n"));
}

static void add_authority(struct line *line, const struct midge_url *url, bool with_port)
{
    if (url->is_ipv6)
        add(line, MIDGE__LIT("["));
    add(line, url->host);
    if (url->is_ipv6)
        add(line, MIDGE__LIT("]"));
    if (with_port || url->port != (url->is_https ? 443 : 80)) {
        add(line, MIDGE__LIT(":"));
        add_number(line, url->port);
    }
}

/* RFC 9112 3.2. The fragment stays at home, and so does userinfo. */
static void add_target(struct line *line, const struct midge__h1_write *w)
{
    struct midge_span path;
    struct midge_span query;
    if ((w->flags & MIDGE__H1_AUTHORITY_FORM) != 0) {
        add_authority(line, w->url, true);
        return;
    }
    if ((w->flags & MIDGE__H1_ABSOLUTE_FORM) != 0) {
        add(line, w->url->scheme);
        add(line, MIDGE__LIT("://"));
        add_authority(line, w->url, false);
    }
    midge_url_target(w->url, &path, &query);
    add(line, path);
    if (query.ptr != NULL) {
        add(line, MIDGE__LIT("?"));
        add(line, query);
    }
}

static void add_request_line(struct line *line, const struct midge__h1_write *w)
{
    add(line, midge__span_of(w->method));
    add(line, MIDGE__LIT(" "));
    add_target(line, w);
    add(line, MIDGE__LIT(" HTTP/1.1\r\n"));
}

/* First of the headers, as RFC 9110 7.2 asks, also when it is the caller's own. */
static void add_host(struct line *line, const struct midge__h1_write *w)
{
    const struct midge_header *own = find(w->headers, "Host");
    if (own == NULL)
        own = find(w->defaults, "Host");
    if (own != NULL && own->value != NULL) { /* there is no request without it */
        add_header(line, own);
        return;
    }
    add(line, MIDGE__LIT("Host: "));
    add_authority(line, w->url, (w->flags & MIDGE__H1_AUTHORITY_FORM) != 0);
    add(line, MIDGE__LIT("\r\n"));
}

static void add_framing(struct line *line, const struct midge__h1_write *w)
{
    if (w->framing == MIDGE__H1_FRAMING_LENGTH) {
        add(line, MIDGE__LIT("Content-Length: "));
        add_number(line, w->content_length);
        add(line, MIDGE__LIT("\r\n"));
    } else if (w->framing == MIDGE__H1_FRAMING_CHUNKED) {
        add(line, MIDGE__LIT("Transfer-Encoding: chunked\r\n"));
    }
}

/* Host and framing have lines of their own; a default gives way to the request's header. */
static bool is_left_out(const struct midge__h1_write *w, const struct midge_header *header,
                        bool is_default)
{
    if (name_is(header, "Host"))
        return true;
    if (w->framing != MIDGE__H1_FRAMING_NONE && name_is(header, "Content-Length"))
        return true;
    return is_default && find(w->headers, header->name) != NULL;
}

static void add_indexed(struct line *line, const struct midge__h1_write *w,
                        struct midge__h1_headers headers, bool is_default)
{
    const struct midge_header *header = &headers.list[w->index];
    if (!is_left_out(w, header, is_default))
        add_header(line, header);
}

/* ---- the machine ---- */

enum { REQUEST_LINE, HOST, FRAMING, HEADERS, DEFAULTS, EMPTY_LINE, COMPLETE };

/* Passes list states whose headers are used up. */
static void skip_used_up(struct midge__h1_write *w)
{
    if (w->state == HEADERS && w->index == w->headers.count) {
        w->state = DEFAULTS;
        w->index = 0;
    }
    if (w->state == DEFAULTS && w->index == w->defaults.count)
        w->state = EMPTY_LINE;
}

static void current_line(struct line *line, const struct midge__h1_write *w)
{
    line->count = 0;
    switch (w->state) {
    case REQUEST_LINE:
        add_request_line(line, w);
        break;
    case HOST:
        add_host(line, w);
        break;
    case FRAMING:
        add_framing(line, w);
        break;
    case HEADERS:
        add_indexed(line, w, w->headers, false);
        break;
    case DEFAULTS:
        add_indexed(line, w, w->defaults, true);
        break;
    default:
        add(line, MIDGE__LIT("\r\n"));
        break;
    }
}

static void next_line(struct midge__h1_write *w)
{
    w->sent = 0;
    if (w->state == HEADERS || w->state == DEFAULTS)
        w->index++;
    else
        w->state++;
}

/* Copies the line from byte w->sent on; false when `buf` filled up before its end. */
static bool copy_line(struct midge__h1_write *w, const struct line *line, uint8_t *buf, size_t cap,
                      size_t *n)
{
    size_t start = 0; /* of the part, in the line */
    for (size_t i = 0; i < line->count; i++) {
        struct midge_span part = line->parts[i];
        size_t skip = w->sent > start ? w->sent - start : 0;
        start += part.len;
        if (skip >= part.len)
            continue;
        size_t take = part.len - skip < cap - *n ? part.len - skip : cap - *n;
        memcpy(buf + *n, part.ptr + skip, take);
        *n += take;
        w->sent += take;
        if (take < part.len - skip)
            return false;
    }
    return true;
}

void midge__h1_write_init(struct midge__h1_write *w, const char *method,
                          const struct midge_url *url, struct midge__h1_headers headers,
                          struct midge__h1_headers defaults, enum midge__h1_framing framing,
                          uint64_t content_length, unsigned flags)
{
    *w = (struct midge__h1_write){
        .method = method,
        .url = url,
        .headers = headers,
        .defaults = defaults,
        .content_length = content_length,
        .framing = (uint8_t)framing,
        .flags = (uint8_t)flags,
        .state = REQUEST_LINE,
    };
}

int midge__h1_write(struct midge__h1_write *w, uint8_t *buf, size_t cap, size_t *n)
{
    struct line line;
    *n = 0;
    for (;;) {
        skip_used_up(w);
        if (w->state == COMPLETE)
            return MIDGE_OK;
        if (*n == cap)
            return MIDGE_ERR_AGAIN;
        current_line(&line, w);
        if (!copy_line(w, &line, buf, cap, n))
            return MIDGE_ERR_AGAIN;
        next_line(w);
    }
}

size_t midge__h1_chunk_head(uint8_t out[MIDGE__H1_CHUNK_HEAD_MAX], uint64_t len)
{
    static const char hex[] = "0123456789abcdef";
    size_t digits = 1;
    assert(len != 0);
    while (digits < 16 && len >> (4 * digits) != 0)
        digits++;
    for (size_t i = 0; i < digits; i++)
        out[i] = (uint8_t)hex[(len >> (4 * (digits - 1 - i))) & 15];
    out[digits] = '\r';
    out[digits + 1] = '\n';
    return digits + 2;
}
