/* SPDX-License-Identifier: MIT */
/*
 * Each call composes the whole head again and leaves out the bytes that were written before. Heads
 * are short, so this needs neither a buffer nor a state.
 */
#include "codec/h1_write.h"

#include <assert.h>

#include "base/check.h"
#include "base/span.h"
#include "codec/field.h"
#include "midge/config.h"
#include "midge/err.h"

/* ---- checks ---- */

static bool is_token(struct midge_span s)
{
    return s.len != 0 && midge__token_len(s) == s.len;
}

/* RFC 9110 5.5: CR, LF or NUL in a value would let it write headers of its own. */
bool midge__h1_value_ok(const char *value)
{
    while (*value != '\0' && !midge__is_ctl(*value))
        value++;
    return *value == '\0';
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
    unsigned refused = MIDGE__FIELD_BIT(TRANSFER_ENCODING);
    bool ok = is_token(midge__span_of(method));
    for (size_t i = 0; ok && i < headers.count; i++) {
        const struct midge_header *h = &headers.list[i];
        struct midge_span name = midge__span_of(h->name);
        unsigned bit = midge__field_bit(midge__field_of(name));
        ok = is_token(name);
        if (ok && h->value != NULL) { /* without a value it only suppresses a default */
            ok = midge__h1_value_ok(h->value) && (bit & refused) == 0 &&
                 ((bit & MIDGE__FIELD_BIT(CONTENT_LENGTH)) == 0 ||
                  length_agrees(h->value, framing, content_length));
        }
        refused |= bit & (MIDGE__FIELD_BIT(HOST) | MIDGE__FIELD_BIT(CONTENT_LENGTH)); /* a second */
    }
    return ok ? MIDGE_OK : MIDGE_ERR_HEADER;
}

/* ---- the head ---- */

/* Of the head's bytes only those from `begin` to `end` go to buf. */
struct out {
    uint8_t *buf;
    size_t begin, end;
    size_t at; /* bytes composed so far */
};

static void put(struct out *out, struct midge_span part)
{
    size_t from = out->at < out->begin ? out->begin : out->at;
    size_t start = out->at;
    out->at += part.len;
    size_t to = out->at < out->end ? out->at : out->end;
    if (from < to) { /* not for an empty part, whose ptr may be NULL */
        memcpy(out->buf + (from - out->begin), part.ptr + (from - start), to - from);
    }
}

static void put_text(struct out *out, const char *text)
{
    put(out, midge__span_of(text));
}

/* `colon` has what stands between name and value. */
static void put_header(struct out *out, const char *name, const char *colon, const char *value)
{
    put_text(out, name);
    put_text(out, colon);
    put_text(out, value);
    put_text(out, "\r\n");
}

MIDGE__APART static void put_number(struct out *out, uint64_t number)
{
    char digits[MIDGE__U64_DIGITS];
    put(out, midge__span(digits, midge__u64_text(digits, number)));
}

/* Host and port, with texts before and after them. */
static void put_authority(struct out *out, const char *before, const struct midge__h1_write *w,
                          const char *after)
{
    bool brackets = MIDGE_WITH_IPV6 && memchr(w->host.ptr, ':', w->host.len) != NULL;
    put_text(out, before);
    if (brackets) {
        put_text(out, "[");
    }
    put(out, w->host);
    if (brackets) {
        put_text(out, "]");
    }
    if (w->port != 0) {
        put_text(out, ":");
        put_number(out, w->port);
    }
    put_text(out, after);
}

#if MIDGE_WITH_PROXY

/* The part of a target before the path. */
static void put_whole_url(struct out *out, const struct midge__h1_write *w)
{
    if (w->form == MIDGE__H1_FORM_ORIGIN) {
        put_text(out, " ");
    } else {
        put_authority(out, w->form == MIDGE__H1_FORM_ABSOLUTE ? " http://" : " ", w, "");
    }
}
#define has_path(w) ((w)->form != MIDGE__H1_FORM_AUTHORITY)

#else

#define put_whole_url(out, w) put_text(out, " ")
#define has_path(w)           true

#endif

/* RFC 9112 3.2. */
static void put_target(struct out *out, const struct midge__h1_write *w)
{
    put_whole_url(out, w);
    if (has_path(w) && (w->target.len == 0 || *w->target.ptr == '?')) {
        put_text(out, "/");
    }
    put(out, w->target);
}

static unsigned bit_of(const struct midge_header *header)
{
    return midge__field_bit(midge__field_of(midge__span_of(header->name)));
}

/* The set of the list's fields. */
static unsigned fields_of(struct midge__h1_headers headers)
{
    unsigned set = 0;
    for (size_t i = 0; i < headers.count; i++) {
        set |= bit_of(&headers.list[i]);
    }
    return set;
}

static bool has(struct midge__h1_headers headers, const char *name)
{
    for (size_t i = 0; i < headers.count; i++) {
        if (midge__span_is(midge__span_of(headers.list[i].name), name)) {
            return true;
        }
    }
    return false;
}

/* Writes the headers of `list`, apart from the fields in `skip` and the names in `stronger`. */
static void put_headers(struct out *out, struct midge__h1_headers list, unsigned skip,
                        struct midge__h1_headers stronger)
{
    for (size_t i = 0; i < list.count; i++) {
        const struct midge_header *header = &list.list[i];
        if (header->value != NULL && (skip == 0 || (bit_of(header) & skip) == 0) &&
            !(MIDGE_WITH_HEADER_DEFAULTS && has(stronger, header->name))) {
            put_header(out, header->name, ": ", header->value);
        }
    }
}

static const struct midge__h1_headers none = {NULL, 0};

/* Host is the first header (RFC 9110 7.2), also when the caller sets it. A request must have one.
   `given`: the fields of all headers. */
static void put_host(struct out *out, const struct midge__h1_write *w, unsigned given)
{
    const size_t before = out->at;
    if ((given & MIDGE__FIELD_BIT(HOST)) != 0) {
        put_headers(out, w->headers, ~MIDGE__FIELD_BIT(HOST), none);
        if (MIDGE_WITH_HEADER_DEFAULTS) {
            put_headers(out, w->defaults, ~MIDGE__FIELD_BIT(HOST), w->headers);
        }
    }
    if (out->at == before) {
        put_text(out, midge__field_name(MIDGE__FIELD_HOST));
        put_authority(out, ": ", w, "\r\n");
    }
}

/* Writes a field of the request, unless it is in the set `given`. */
static void put_field(struct out *out, unsigned given, enum midge__field field, const char *colon,
                      const char *value)
{
    if (value != NULL && (given & midge__field_bit(field)) == 0) {
        put_header(out, midge__field_name(field), colon, value);
    }
}

#if MIDGE_WITH_EXPECT
#define expects(w) ((w)->expects && (w)->framing != MIDGE__H1_FRAMING_NONE)
#else
#define expects(w) false
#endif

static void put_framing(struct out *out, const struct midge__h1_write *w)
{
    if (w->framing == MIDGE__H1_FRAMING_LENGTH) {
        put_text(out, midge__field_name(MIDGE__FIELD_CONTENT_LENGTH));
        put_text(out, ": ");
        put_number(out, w->content_length);
        put_text(out, "\r\n");
    } else if (MIDGE_WITH_SOURCES && w->framing == MIDGE__H1_FRAMING_CHUNKED) {
        put_field(out, 0, MIDGE__FIELD_TRANSFER_ENCODING, ": ", "chunked");
    }
    if (expects(w)) {
        put_text(out, "Expect: 100-continue\r\n");
    }
}

/* `line`, which may be NULL, unless its field is in the set `given`. */
static void put_line(struct out *out, unsigned given, enum midge__field field, const char *line)
{
    if ((given & midge__field_bit(field)) == 0) {
        put_text(out, line);
    }
}

#if MIDGE_WITH_PROXY

static void put_proxy_line(struct out *out, const struct midge__h1_write *w)
{
    static const char name[] = "Proxy-Authorization";
    for (size_t i = 0; w->proxy_line != NULL && i < w->headers.count; i++) {
        const struct midge_header *header = &w->headers.list[i];
        if (header->value != NULL && midge__span_is(midge__span_of(header->name), name)) {
            return; /* the request's own is sent */
        }
    }
    put_text(out, w->proxy_line);
}

#else

#define put_proxy_line(out, w) ((void)(out), (void)(w))

#endif

static void put_lines(struct out *out, const struct midge__h1_write *w)
{
    const unsigned own = fields_of(w->headers);
    const unsigned all = own | (MIDGE_WITH_HEADER_DEFAULTS ? fields_of(w->defaults) : 0);
    unsigned skip = MIDGE__FIELD_BIT(HOST) |
                    (w->framing != MIDGE__H1_FRAMING_NONE ? MIDGE__FIELD_BIT(CONTENT_LENGTH) : 0);
    put_text(out, w->method);
    put_target(out, w);
    put_text(out, " HTTP/1.1\r\n");
    put_host(out, w, all);
    put_framing(out, w);
    put_headers(out, w->headers, skip & own, none);
    if (MIDGE_WITH_HEADER_DEFAULTS) {
        skip |= w->content_type != NULL ? MIDGE__FIELD_BIT(CONTENT_TYPE) : 0;
        skip |= w->bearer != NULL ? MIDGE__FIELD_BIT(AUTHORIZATION) : 0;
        put_headers(out, w->defaults, skip & all, w->headers);
    }
    put_field(out, own, MIDGE__FIELD_CONTENT_TYPE, ": ", w->content_type);
    put_field(out, own, MIDGE__FIELD_AUTHORIZATION, ": Bearer ", w->bearer);
    put_line(out, all, MIDGE__FIELD_USER_AGENT, w->user_agent_line);
    put_line(out, all, MIDGE__FIELD_ACCEPT, w->accept_line);
    put_proxy_line(out, w);
}

static void put_head(struct out *out, const struct midge__h1_write *w)
{
    if (MIDGE_WITH_PREPARED && w->head.ptr != NULL) {
        put(out, w->head);
        put_framing(out, w);
    } else {
        put_lines(out, w);
    }
    put_text(out, "\r\n");
}

int midge__h1_write(struct midge__h1_write *w, uint8_t *buf, size_t cap, size_t *n)
{
    struct out out = {buf, w->sent, w->sent + cap, 0};
    put_head(&out, w);
    *n = (out.at < out.end ? out.at : out.end) - w->sent;
    w->sent += *n;
    return out.at > out.end ? MIDGE_ERR_AGAIN : MIDGE_OK;
}

size_t midge__h1_head_size(const struct midge__h1_write *w)
{
    struct out out = {NULL, 0, 0, 0};
    put_head(&out, w);
    return out.at;
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
