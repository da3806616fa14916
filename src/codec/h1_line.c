/* SPDX-License-Identifier: MIT */
/*
 * A line is collected in the head buffer. A header has ended when the byte after its CRLF is not
 * white space: after white space the next line belongs to the same header (obs-fold).
 *
 * p->in_line  waits for                           leads to
 * TEXT        the line's bytes, CR                CR
 * CR          LF                                  the line is read; NEXT (a header)
 * NEXT        the byte after the line             FOLD, or the line is read
 * FOLD        the end of a fold's white space     TEXT
 *
 * A skipped line passes through the same states: its bytes are checked but not kept.
 */
#include "codec/h1_line.h"

#include "base/check.h"
#include "base/span.h"
#include "midge/err.h"

enum { TEXT, CR, NEXT, FOLD };

/* p->skip */
enum { KEEP, SKIP_NAME, SKIP_VALUE };

static const char prefix[] = "HTTP/1.";
#define PREFIX_LEN (sizeof prefix - 1)

int midge__h1_fail(struct midge__h1_parse *p, ptrdiff_t at, const char *why)
{
    p->why = why;
    p->offset = p->received + (uint64_t)(int64_t)at;
    return MIDGE_ERR_PROTOCOL;
}

int midge__h1_fail_in_line(struct midge__h1_parse *p, size_t at, const char *why)
{
    p->why = why;
    p->offset += at;
    return MIDGE_ERR_PROTOCOL;
}

static int fail_here(struct midge__h1_parse *p, const struct midge__h1_input *in, const char *why)
{
    return midge__h1_fail(p, (ptrdiff_t)in->pos, why);
}

static void take(struct midge__h1_parse *p, struct midge__h1_input *in, size_t n)
{
    in->pos += n;
    p->budget -= (uint32_t)n;
}

/* ---- bytes of a skipped line ---- */

/* The name is checked also here, so that no reader can see another header in it. */
static int skip_bytes(struct midge__h1_parse *p, const char *bytes, size_t len)
{
    for (size_t i = 0; i < len && p->skip == SKIP_NAME; i++) {
        if (bytes[i] == ':') {
            p->skip = SKIP_VALUE;
        } else if (!midge__is_token(bytes[i])) {
            return midge__h1_fail_in_line(p, 0, MIDGE__TEXT("bad character in header name"));
        }
    }
    return MIDGE_OK;
}

int midge__h1_line_skip(struct midge__h1_parse *p)
{
    size_t len = p->fill - p->line;
    p->fill = p->line;
    p->skip = SKIP_NAME;
    return skip_bytes(p, p->head + p->line, len);
}

int midge__h1_line_skipped(struct midge__h1_parse *p)
{
    bool in_name = p->skip == SKIP_NAME;
    p->skip = KEEP;
    p->tolerated |= p->folded;
    return in_name ? midge__h1_fail_in_line(p, 0, MIDGE__TEXT("header line without colon"))
                   : MIDGE_OK;
}

/* ---- bytes of a kept line ---- */

/* A peer that does not speak HTTP is refused at its first wrong byte, not at its first line end. */
static int check_prefix(struct midge__h1_parse *p)
{
    size_t n = 0;
    while (n < PREFIX_LEN && n < p->fill && p->head[n] == prefix[n]) {
        n++;
    }
    return n == PREFIX_LEN || n == p->fill
               ? MIDGE_OK
               : midge__h1_fail_in_line(p, n, MIDGE__TEXT("not an HTTP/1 response"));
}

/* Adds as many bytes to the line as fit; *len becomes their number. */
static int add_bytes(struct midge__h1_parse *p, const char *bytes, size_t *len)
{
    if (p->skip != KEEP) {
        return skip_bytes(p, bytes, *len);
    }
    size_t room = p->cap - p->fill;
    if (room == 0) {
        return MIDGE__H1_LINE_FULL;
    }
    *len = *len < room ? *len : room;
    memcpy(p->head + p->fill, bytes, *len);
    p->fill += *len;
    return MIDGE_OK;
}

/* How many bytes at the beginning of the input are not control characters. */
static size_t text_len(const struct midge__h1_parse *p, const struct midge__h1_input *in)
{
    size_t most = in->len - in->pos, n = 0;
    most = most < p->budget ? most : p->budget;
    while (n < most && !midge__is_ctl((char)in->data[in->pos + n])) {
        n++;
    }
    return n;
}

static int on_text(struct midge__h1_parse *p, struct midge__h1_input *in, bool status_line)
{
    size_t n = text_len(p, in);
    if (n != 0) {
        int got = add_bytes(p, (const char *)in->data + in->pos, &n);
        if (got == MIDGE_OK) {
            take(p, in, n);
            return status_line ? check_prefix(p) : MIDGE_OK;
        }
        return got;
    }
    char c = (char)in->data[in->pos];
    if (status_line && p->fill < PREFIX_LEN) {
        return fail_here(p, in, MIDGE__TEXT("not an HTTP/1 response"));
    }
    if (c != '\r') {
        return fail_here(p, in,
                         c == '\n' ? MIDGE__TEXT("bare LF in head")
                                   : MIDGE__TEXT("control character in head"));
    }
    if (p->fill == p->cap && p->fill != p->line) {
        return MIDGE__H1_LINE_FULL; /* two NULs need one byte more than the colon and CRLF give */
    }
    take(p, in, 1);
    p->in_line = CR;
    return MIDGE_OK;
}

/* ---- line ends ---- */

static int end_line(struct midge__h1_parse *p)
{
    p->in_line = TEXT;
    return MIDGE__H1_LINE_READ;
}

static int on_cr(struct midge__h1_parse *p, struct midge__h1_input *in, bool header)
{
    if (in->data[in->pos] != '\n') {
        return midge__h1_fail(p, (ptrdiff_t)in->pos - 1, MIDGE__TEXT("bare CR in head"));
    }
    take(p, in, 1);
    bool empty = p->fill == p->line && p->skip == KEEP;
    if (!header || empty) {
        return end_line(p);
    }
    p->in_line = NEXT;
    return MIDGE_OK;
}

static int on_next(struct midge__h1_parse *p, const struct midge__h1_input *in)
{
    if (!midge__is_ows((char)in->data[in->pos])) {
        return end_line(p);
    }
    while (p->fill > p->line && midge__is_ows(p->head[p->fill - 1])) {
        p->fill--;
    }
    p->folded = true;
    p->in_line = FOLD;
    return MIDGE_OK;
}

/* RFC 9112 5.2: a user agent replaces a fold by spaces. A fold with nothing after it could be taken
   for the empty line that ends the head. */
static int on_fold(struct midge__h1_parse *p, struct midge__h1_input *in)
{
    size_t one = 1;
    if (midge__is_ows((char)in->data[in->pos])) {
        take(p, in, 1);
        return MIDGE_OK;
    }
    if (in->data[in->pos] == '\r') {
        return fail_here(p, in, MIDGE__TEXT("folded header line"));
    }
    int got = add_bytes(p, " ", &one);
    if (got == MIDGE_OK) {
        p->in_line = TEXT;
    }
    return got;
}

/* ---- all together ---- */

static int step(struct midge__h1_parse *p, struct midge__h1_input *in,
                enum midge__h1_line_kind kind)
{
    if (p->budget == 0) {
        (void)fail_here(p, in, MIDGE__TEXT("response heads exceed max_head_total"));
        return MIDGE_ERR_TOO_LARGE;
    }
    switch (p->in_line) {
    case TEXT:
        return on_text(p, in, kind == MIDGE__H1_STATUS_LINE);
    case CR:
        return on_cr(p, in, kind == MIDGE__H1_HEADER_LINE);
    case NEXT:
        return on_next(p, in);
    default:
        return on_fold(p, in);
    }
}

int midge__h1_line(struct midge__h1_parse *p, struct midge__h1_input *in,
                   enum midge__h1_line_kind kind)
{
    int got = MIDGE__H1_LINE_MORE;
    while (got == MIDGE__H1_LINE_MORE && in->pos < in->len) {
        got = step(p, in, kind);
    }
    return got;
}

void midge__h1_line_begin(struct midge__h1_parse *p, const struct midge__h1_input *in)
{
    p->folded = false;
    p->offset = p->received + in->pos;
}
